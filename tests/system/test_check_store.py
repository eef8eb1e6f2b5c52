# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a store: of a file, and of stores of one's own that keep their contract, or break it."""

from __future__ import annotations

import json
import re

import pytest
from conftest import ACCOUNT, ROOT, Rehearsal, Run
from fakes.server import Answer, Fake, Request
from test_forgotten import SHOW

# What is wrong with a store, and what the check finds of: a first save, two stale ones, the next save.
FAULTS = {
    "none": ["kept", "kept", "kept", "kept"],
    "no comparison": ["kept", "BROKEN", "BROKEN", "kept"],
    "no read back": ["BROKEN", "kept", "kept", "BROKEN"],
    "texts for numbers": ["BROKEN", "kept", "kept", "BROKEN"],
    "forgets": ["BROKEN", "kept", "kept", "BROKEN"],
    "shows": ["kept", "kept", "kept", "kept"],
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
@pytest.mark.parametrize(
    "fault",
    [pytest.param(name, marks=() if name in ("no comparison", "shows") else pytest.mark.full) for name in FAULTS],
)
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
        "no_log": fault != "shows",
    }
    (store / "write.yml").write_text(json.dumps([write]), encoding="utf-8")
    say = {"name": "Say so", "ansible.builtin.debug": {"msg": "done"}}
    imported = {"name": "Write", "ansible.builtin.import_tasks": "write.yml"}
    save = [load, compare, {"block": [imported], "always": [say]}, load]
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
    shows = "BROKEN: no task shows the record; this one has no no_log: Write the file"
    assert (shows in run.text) == (fault == "shows")
    assert "it has no no_log: Say so" in run.text


@pytest.mark.every_core
def test_the_check_of_a_file_leaves_nothing(place: Rehearsal) -> None:
    place.write_inventory(record_in_clear=True)
    run = check_store(place)
    assert run.status == 0, run.output
    assert findings(run) == FAULTS["none"]
    assert not place.record.exists()


@pytest.mark.full
@pytest.mark.every_core
@pytest.mark.parametrize("variable", ["account_id", "check_account_id"])
def test_the_record_of_an_account_that_is_rotated_is_left_alone(place: Rehearsal, variable: str) -> None:
    place.write_inventory(record_in_clear=True, consumers="")
    place.rotate(vault=False)
    record = place.record.read_bytes()
    run = check_store(place, "-e", f"rotate_api_secret_{variable}={ACCOUNT}")
    assert run.status == 2
    assert {"account_id": "leave it out", "check_account_id": "is left alone"}[variable] in run.text
    assert place.record.read_bytes() == record


@pytest.mark.full
def test_in_check_mode_nothing_can_be_found_out(place: Rehearsal) -> None:
    place.write_inventory(record_in_clear=True)
    run = check_store(place, "--check")
    assert run.status == 2
    assert "run without --check" in run.text


class Records(Fake):
    """A web server that knows ETags."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def answer(self, request: Request) -> Answer:
        content = self.files.get(request.path)
        etag = f'"{hash(content)}"'
        if request.method == "GET":
            return Answer(404, {}) if content is None else Answer(200, content, {"ETag": etag})
        assert request.method == "PUT"
        expected, none = request.headers.get("if-match"), request.headers.get("if-none-match")
        assert expected or none == "*", "nothing to compare with"
        if (content is not None) if none else (expected != etag):
            return Answer(412, {})
        self.files[request.path] = request.body
        return Answer(201 if none else 204)


def store_of_the_guide(place: Rehearsal, server: Records) -> None:
    text = (ROOT / "docs" / "stores.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```yaml\n(# load.yml\n.*?)^```", text, re.MULTILINE | re.DOTALL)
    load, save = example.split("# save.yml\n")
    (place.directory / "own").mkdir()
    (place.directory / "own" / "load.yml").write_text(load, encoding="utf-8")
    (place.directory / "own" / "save.yml").write_text(save, encoding="utf-8")
    place.write_inventory(store=str(place.directory / "own"), record="")
    variables = place.directory / "group_vars" / "all.yml"
    variables.parent.mkdir()
    variables.write_text(f"records_url: {server.url}/records\n", encoding="utf-8")


@pytest.mark.full
@pytest.mark.every_core
def test_the_store_in_the_guide_keeps_its_contract(place: Rehearsal) -> None:
    with Records() as server:
        store_of_the_guide(place, server)
        run = check_store(place)
        assert run.status == 0, run.output
        assert findings(run) == FAULTS["none"]
        place.start_consumer()
        # No value is left in the variables of the run, either.
        playbook = place.write_playbook({"import_playbook": "community.vonage.rotate_api_secret"}, SHOW)
        place.rotate(playbook=playbook, vault=False)
        assert place.stop_consumer()["refused"] == 0
        [record] = [json.loads(content) for path, content in server.files.items() if "storecheck" not in path]
        assert (record["stage"], record["version"]) == ("idle", 5)
        assert place.secret_ids() == [record["current"]["id"]]


@pytest.mark.full
def test_the_store_in_the_guide_compares_while_it_stores(place: Rehearsal) -> None:
    def step_in(request: Request) -> None:
        if request.method == "PUT":
            server.step_in = None
            server.files[request.path] = b'{"version": 1}'

    with Records() as server:
        server.step_in = step_in
        store_of_the_guide(place, server)
        run = place.run(vault=False)
        assert run.status == 2
        assert list(server.files.values()) == [b'{"version": 1}']
        assert place.writes() == []
