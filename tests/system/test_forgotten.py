# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables of all hosts hold in a play that follows a rotation: no value. `Rehearsal` looks for values."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, Rehearsal

SHOW = {
    "hosts": "localhost:all",
    "gather_facts": False,
    "tasks": [
        {"ansible.builtin.debug": {"var": "hostvars"}},
        # It is none of the hosts that the whole shows.
        {"ansible.builtin.debug": {"var": "hostvars['localhost']"}},
    ],
}

# Its output is hidden, and its result holds the value.
FAILS = {"ansible.builtin.set_fact": {"user": "{{ rotate_api_secret_value }}"}, "failed_when": True, "no_log": True}


def hook(place: Rehearsal, *tasks: dict[str, Any]) -> str:
    path = place.directory / "hook.yml"
    path.write_text(json.dumps(list(tasks)), encoding="utf-8")
    return str(path)


def role(part: str, **keywords: Any) -> dict[str, Any]:
    include = {"name": "community.vonage.rotate_api_secret", "tasks_from": part}
    return {"ansible.builtin.include_role": include, **keywords}


@pytest.mark.every_core
def test_nothing_is_left_of_a_rotation(place: Rehearsal) -> None:
    place.start_consumer()
    playbook = place.write_playbook({"import_playbook": "community.vonage.rotate_api_secret"}, SHOW)
    run = place.rotate(playbook=playbook)
    assert place.stored()["stage"] == "idle"
    assert f'"account_id": "{ACCOUNT}"' in run.output.rpartition("PLAY [localhost:all]")[2]


@pytest.mark.every_core
def test_nothing_is_left_of_a_run_that_fails(place: Rehearsal) -> None:
    place.write_inventory(verify_tasks=hook(place, FAILS))
    fail = {"hosts": "localhost", "gather_facts": False}
    begin = {"block": [role("begin")], "rescue": [{"ansible.builtin.debug": {"msg": "go on"}}]}
    run = place.run(playbook=place.write_playbook({**fail, "tasks": [begin]}, SHOW))
    assert run.status == 0, run.output
    assert place.stored()["stage"] == "created"
    assert '"failed_task": ' in run.output.rpartition("PLAY [localhost:all]")[2]


@pytest.mark.full
@pytest.mark.every_core
def test_nothing_is_left_on_a_consumer_that_fails(place: Rehearsal) -> None:
    handled = {"block": [FAILS], "rescue": [{"ansible.builtin.fail": {"msg": "not taken"}}]}
    place.write_inventory(distribute_tasks=hook(place, handled))
    run = place.run(playbook=place.write_playbook({"import_playbook": "community.vonage.rotate_api_secret"}, SHOW))
    assert run.status == 2
    assert "not taken" in run.text
    assert '"outcome": "grace"' in run.output.rpartition("PLAY [localhost:all]")[2]


@pytest.mark.full
def test_localhost_may_be_a_consumer_beside_others(place: Rehearsal) -> None:
    place.write_inventory(confirm_tasks="", env_file_reload=[])
    inventory = yaml.safe_load(place.inventory.read_text(encoding="utf-8"))
    group = inventory["all"]["children"]["sms_gateways"]
    # One after the other, and localhost first: it has the record.
    group["hosts"] = {"localhost": group["hosts"]["gateway1"], "gateway1": group["hosts"]["gateway1"]}
    place.inventory.write_text(yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")
    here = {"hosts": "localhost", "gather_facts": False}
    deploy = {"hosts": "sms_gateways", "gather_facts": False, "serial": 1, "tasks": [role("deploy")]}
    plays = ({**here, "tasks": [role("begin")]}, deploy, {**here, "tasks": [role("finish")]}, SHOW)
    run = place.run(playbook=place.write_playbook(*plays))
    assert run.status == 0, run.output


@pytest.mark.full
@pytest.mark.every_core
def test_nothing_is_left_when_localhost_is_a_consumer_that_fails(place: Rehearsal) -> None:
    report = place.directory / "report.jsonl"
    place.write_inventory(distribute_tasks=hook(place, FAILS), report=str(report))
    inventory = yaml.safe_load(place.inventory.read_text(encoding="utf-8"))
    group = inventory["all"]["children"]["sms_gateways"]
    group["hosts"] = {"localhost": group["hosts"]["gateway1"]}
    place.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    run = place.run(playbook=place.write_playbook({"import_playbook": "community.vonage.rotate_api_secret"}, SHOW))
    assert "grace (unconfirmed_consumers)" in run.text
    assert [json.loads(line)["event"] for line in report.read_text(encoding="utf-8").splitlines()][-1] == "ended"
    assert len(place.secret_ids()) == 2
