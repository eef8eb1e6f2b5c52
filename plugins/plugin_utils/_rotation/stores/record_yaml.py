# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""How a record is written as YAML. The file serves as vars_files, and Ansible takes the texts in it for templates."""

from __future__ import annotations

import contextlib
import re
import typing as t

import yaml

# Ansible's tag of a text that is no template.
_UNSAFE = "!unsafe"

# Every template has one of these characters. Other texts have no tag, so that other programs read them too.
_NO_TEMPLATE = re.compile(r"[^{#]*")


class _Dumper(yaml.SafeDumper):
    """Gives the tag to each text that could be a template."""


class _Loader(yaml.SafeLoader):
    """Reads what `_Dumper` writes."""


_FAST: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _FastLoader(_FAST):  # type: ignore[misc]
    """Does so ten times as fast, but for a text with half a character. PyYAML has it as a rule."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    if _NO_TEMPLATE.fullmatch(text):
        return dumper.represent_str(text)
    return dumper.represent_scalar(_UNSAFE, text)


def _construct(loader: yaml.SafeLoader, node: yaml.Node) -> t.Any:
    return loader.construct_scalar(t.cast(yaml.ScalarNode, node))


_Dumper.add_representer(str, _represent)
_Loader.add_constructor(_UNSAFE, _construct)
_FastLoader.add_constructor(_UNSAFE, _construct)


def dump(document: t.Any) -> bytes:
    """Write a document of plain types.

    :returns: YAML in ASCII.
    """
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False).encode("ascii")


def load(content: bytes) -> t.Any:
    """Read a document.

    :returns: The document; None when it cannot be read, because the parser's own message would quote it.
    """
    for loader in (_FastLoader, _Loader):
        with contextlib.suppress(yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
            return yaml.load(content, loader)  # noqa: S506 - both are safe ones
    return None
