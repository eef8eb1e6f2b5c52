# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a store: of a file, and of stores of one's own that keep their contract, or break it."""

from __future__ import annotations

import json
import re

import pytest
from conftest import Rehearsal, Run

# What is wrong with a store, and what the check finds of: a first save, two stale ones, the next save.
FAULTS = {
    "none": ["kept", "kept", "kept", "kept"],
    "no comparison": ["kept", "BROKEN", "BROKEN", "kept"],
    "no read back": ["BROKEN", "kept", "kept", "BROKEN"],
    "texts for numbers": ["BROKEN", "kept", "kept", "BROKEN"],
    "forgets": ["BROKEN", "kept", "kept", "BROKEN"],
}


def check_store(place: Rehearsal, *arguments: str) -> Run:
    role = {"name": "community.vonage.rotate_api_secret", "tasks_from": "check_store"}
    return place.play({"ansible.builtin.include_role": role}, arguments=arguments, vault=False)


def findings(run: Run) -> list[str]:
    """What was found, in the order in which it was tried."""
    found = dict(reversed(promise) for promise in re.findall('"(kept|BROKEN): ([^"]+)"', run.output))
    tried = ["a record is read back", "what was made from an older", "what was made from a version", "the next version"]
    return [verdict for begin in tried for promise, verdict in found.items() if promise.startswith(begin)]


@pytest.mark.every_core
@pytest.mark.parametrize("fault", FAULTS)
def test_a_store_of_ones_own_is_checked(place: Rehearsal, fault: str) -> None:
    store, file = place.directory / "own", place.directory / "stored.json"
    store.mkdir()
    file.write_text('{"record": null}', encoding="utf-8")
    load = {
        "name": "Read the file",
        "ansible.builtin.set_fact": {"rotate_api_secret_stored": f"{{{{ lookup('file', '{file}') | from_json }}}}"},
        "no_log": True,
    }
    version = "((rotate_api_secret_stored.record or {'version': 0}).version) == rotate_api_secret_next.version - 1"
    compare = {"name": "Compare", "ansible.builtin.assert": {"that": version}, "no_log": True}
    spoilt = "{'generation': '4'}" if fault == "texts for numbers" else "{}"
    record = f"rotate_api_secret_next | combine({spoilt})" if fault != "forgets" else "none"
    write = {
        "name": "Write the file",
        "ansible.builtin.copy": {"content": f"{{{{ {{'record': {record}}} | to_json }}}}", "dest": str(file)},
        "diff": False,
    }
    save = [load, compare, write, load]
    if fault == "no comparison":
        save.remove(compare)
    if fault == "no read back":
        save.pop()
    (store / "load.yml").write_text(json.dumps([load]), encoding="utf-8")
    (store / "save.yml").write_text(json.dumps(save), encoding="utf-8")
    place.write_inventory(store=str(store), record="")
    run = check_store(place)
    assert findings(run) == FAULTS[fault], run.output
    assert (run.status == 0) == (fault == "none")
    assert "it has no no_log: Write the file" in run.text


@pytest.mark.every_core
def test_the_check_of_a_file_leaves_nothing(place: Rehearsal) -> None:
    place.write_inventory(record_in_clear=True)
    run = check_store(place)
    assert run.status == 0, run.output
    assert findings(run) == FAULTS["none"]
    assert not place.record.exists()


def test_in_check_mode_nothing_can_be_found_out(place: Rehearsal) -> None:
    place.write_inventory(record_in_clear=True)
    run = check_store(place, "--check")
    assert run.status == 2
    assert "run without --check" in run.text
