# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Looks in the tasks files of a store for tasks whose output may show the record, because they have no `no_log`."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from ansible.module_utils.parsing.convert_bool import boolean

Task = Mapping[str, t.Any]

# The record, in the variables that the role and its stores have it in; and what of it is no secret.
_RECORD = re.compile(r"rotate_api_secret_(stored|next|api_secret|\w*value)\b")
_HARMLESS = re.compile(r"rotate_api_secret_(stored\.record|next)\.(account_id|generation|schema|stage|version)\b")
# Ansible shows how a condition is written, and not the values in it.
_CONDITIONS = ("changed_when", "failed_when", "that", "until", "when")

_INCLUDES = re.compile(r"(ansible\.(builtin|legacy)\.)?(include|import)_(role|tasks)")
_OF_THE_STORE = re.compile(r"\{\{\s*rotate_api_secret_store\s*\}\}/")


class _Loader(yaml.SafeLoader):
    """Reads a value with a tag, such as !vault, as text."""


_Loader.add_multi_constructor("!", lambda _loader, _tag, node: str(node.value))


def tasks_that_show(directory: str) -> dict[str, list[str]]:
    """Look through what a store does to load and to save.

    :param directory: Of the store.
    :returns: The names of tasks without `no_log`: in `record`, those whose text mentions the record; in `other`, those
        that may have it by another name.
    :raises ValueError: A file cannot be read, or is no YAML.
    """
    found: dict[str, dict[str, None]] = {"record": {}, "other": {}}
    try:
        for file in ("load.yml", "save.yml"):
            for task in _of_file(Path(directory, file), False, ()):
                kind = "record" if _RECORD.search(_HARMLESS.sub("", _text(task))) else "other"
                found[kind][str(task.get("name") or "a task without a name")] = None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"The tasks of the store cannot be read: {error}") from None
    return {kind: list(names) for kind, names in found.items()}


def _of_file(path: Path, masked: bool, within: Sequence[Path]) -> Iterator[Task]:
    """The tasks of a file, and of what it includes, that are not masked.

    :param masked: Whether a task without a no_log of its own is masked.
    :param within: The files that include this one, from the outside in.
    """
    path = path.resolve()
    if path not in within:
        tasks = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - of a safe one
        if isinstance(tasks, list) and all(isinstance(task, Mapping) for task in tasks):
            for task in tasks:
                yield from _of_task(task, masked, (*within, path))
        elif tasks is not None:
            # Such as one that is encrypted.
            yield {"name": f"the file {path.name}, which cannot be looked through"}


def _of_task(task: Task, around: bool, files: Sequence[Path]) -> Iterator[Task]:
    masked = boolean(task.get("no_log", around), strict=False)
    parts = [part for section in ("block", "rescue", "always") for part in task.get(section) or ()]
    include = next(filter(_INCLUDES.fullmatch, task), None)
    if parts:
        for part in parts:
            yield from _of_task(part, masked, files)
    elif include:
        options = task[include] if isinstance(task[include], Mapping) else {"file": task[include]}
        path = files[-1].parent / _OF_THE_STORE.sub(f"{files[0].parent}/", str(options.get("file")))
        if path.is_file():
            if not masked:
                yield from _of_items(task)
            # Keywords of a task that includes are its own; those of one that imports, of all that it imports.
            apply = options.get("apply")
            applied = apply.get("no_log", around) if isinstance(apply, Mapping) else around
            yield from _of_file(path, masked if "import_" in include else boolean(applied, strict=False), files)
        else:
            # It shows nothing itself.
            yield {"name": task.get("name")}
    elif not masked and any(name.startswith("community.vonage.") for name in task):
        # They mask their options themselves, and no more.
        yield from _of_items(task)
    elif not masked:
        yield task


def _of_items(task: Task) -> Iterator[Task]:
    """A task with a loop as far as Ansible shows each item of it."""
    loops = {name: value for name, value in task.items() if name == "loop" or name.startswith("with_")}
    if loops:
        yield {"name": task.get("name"), **loops}


def _text(value: t.Any) -> str:
    """All that is written in a task, but its conditions."""
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_text(part)}" for name, part in value.items() if name not in _CONDITIONS)
    return " ".join(map(_text, value)) if isinstance(value, list) else str(value)
