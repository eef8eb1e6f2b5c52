# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tasks of a store may show the record."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import store_tasks as _store_tasks

DEBUG = "ansible.builtin.debug"
NEXT = {"name": "it", DEBUG: {"var": "rotate_api_secret_next"}}
HIDDEN = {**NEXT, "no_log": True}

# What save.yml has, and which tasks are found: of the record, and others.
SAVES: dict[str, tuple[t.Any, list[str], list[str]]] = {
    "nothing": ([], [], []),
    "hidden": ([HIDDEN], [], []),
    "shown": ([NEXT], ["it"], []),
    "no_log is off": ([{**NEXT, "no_log": False}], ["it"], []),
    "no_log depends": ([{**NEXT, "no_log": "{{ not loud }}"}], ["it"], []),
    "something else": ([{"name": "else", DEBUG: {"msg": "done"}}, {DEBUG: {}}], [], ["else", "a task without a name"]),
    "what the role's own stores save": ([{"name": "it", DEBUG: {"var": "__rotate_api_secret_next"}}], ["it"], []),
    "in a fact": (
        [{"name": "it", "ansible.builtin.set_fact": {"rotate_api_secret_stored": {"record": "{{ x }}"}}}],
        ["it"],
        [],
    ),
    "registered": ([{"name": "it", "ansible.builtin.uri": {}, "register": "rotate_api_secret_stored"}], ["it"], []),
    "a value": ([{"name": "it", DEBUG: {"msg": ["a", "{{ rotate_api_secret_adopt_value }}"]}}], ["it"], []),
    "an item": ([{"name": "it", DEBUG: {}, "loop": "{{ rotate_api_secret_stored.record.retired }}"}], ["it"], []),
    "where the store is": ([{"name": "else", DEBUG: {"msg": "{{ rotate_api_secret_store }}"}}], [], ["else"]),
    "conditions": (
        [
            {
                "name": "else",
                "ansible.builtin.assert": {"that": ["rotate_api_secret_next == x"]},
                "when": "rotate_api_secret_stored.record != rotate_api_secret_next",
            }
        ],
        [],
        ["else"],
    ),
    "no secret of it": (
        [{"name": "else", DEBUG: {"msg": "{{ rotate_api_secret_stored.record.version }}"}}],
        [],
        ["else"],
    ),
    "masks itself": (
        [{"community.vonage.rotation_record": {"record": "{{ rotate_api_secret_next }}", "path": "x"}}],
        [],
        [],
    ),
    "masks itself, but not what it loops over": (
        [{"name": "it", "community.vonage.rotation_record": {}, "loop": "{{ rotate_api_secret_next.retired }}"}],
        ["it"],
        [],
    ),
    "included, and loops": (
        [{"name": "loops", "include_tasks": "shows.yml", "with_items": "{{ rotate_api_secret_next.retired }}"}],
        ["loops", "it"],
        [],
    ),
    "no tasks": ({"a": "b"}, [], ["the file save.yml, which cannot be looked through"]),
    "in a block": ([{"block": [{"block": [NEXT]}]}], ["it"], []),
    "in rescue": ([{"block": [HIDDEN], "rescue": [NEXT]}], ["it"], []),
    "in always": ([{"block": [HIDDEN], "always": [NEXT]}], ["it"], []),
    "in a hidden block": ([{"block": [{"block": [NEXT]}], "no_log": True}], [], []),
    "shown in a hidden block": ([{"block": [{**NEXT, "no_log": False}], "no_log": True}], ["it"], []),
    "included": ([{"ansible.builtin.include_tasks": "shows.yml"}], ["it"], []),
    "included by its file": ([{"include_tasks": {"file": "shows.yml"}}], ["it"], []),
    "included in a folder": ([{"include_tasks": "more/includes.yml"}], ["it"], []),
    "included from the store": ([{"include_tasks": "{{ rotate_api_secret_store }}/shows.yml"}], ["it"], []),
    "imported": ([{"ansible.builtin.import_tasks": "shows.yml"}], ["it"], []),
    # As ansible-core has it: what is included gets the keywords of blocks, and not those of the task that includes it.
    "included by a hidden task": ([{"include_tasks": "shows.yml", "no_log": True}], ["it"], []),
    "included in a hidden block": ([{"block": [{"include_tasks": "shows.yml"}], "no_log": True}], [], []),
    "included with no_log applied": ([{"include_tasks": {"file": "shows.yml", "apply": {"no_log": True}}}], [], []),
    "imported by a hidden task": ([{"import_tasks": "shows.yml", "no_log": True}], [], []),
    "included by a template": (
        [{"name": "else", "include_tasks": "{{ x }}.yml", "vars": {"y": "{{ rotate_api_secret_next }}"}}],
        [],
        ["else"],
    ),
    "a role": ([{"name": "else", "ansible.builtin.include_role": {"name": "x"}}], [], ["else"]),
    "a file that includes itself": ([NEXT, {"include_tasks": "more/../save.yml"}], ["it"], []),
    "applied by a template": ([{"include_tasks": {"file": "shows.yml", "apply": "{{ x }}"}}], ["it"], []),
}


@pytest.mark.parametrize("case", SAVES)
def test_tasks_that_may_show_the_record(tmp_path: Path, case: str) -> None:
    tasks, record, other = SAVES[case]
    (tmp_path / "more").mkdir()
    files: dict[str, t.Any] = {
        "load.yml": [HIDDEN],
        "save.yml": tasks,
        "shows.yml": [NEXT],
        "more/includes.yml": [{"include_tasks": "shows.yml"}],
        "more/shows.yml": [NEXT],
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    assert _store_tasks.tasks_that_show(str(tmp_path)) == {"record": record, "other": other}


def test_files_may_have_what_only_ansible_reads(tmp_path: Path) -> None:
    (tmp_path / "load.yml").write_text("- {name: else, debug: {msg: !unsafe '{{', x: !vault y}}\n", encoding="utf-8")
    (tmp_path / "save.yml").write_text("", encoding="utf-8")
    assert _store_tasks.tasks_that_show(str(tmp_path)) == {"record": [], "other": ["else"]}


@pytest.mark.parametrize("content", ["- {", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "load.yml").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="The tasks of the store cannot be read"):
        _store_tasks.tasks_that_show(str(tmp_path))
