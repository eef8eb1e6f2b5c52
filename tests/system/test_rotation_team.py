# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a team sees of a rotation, and what it has a say in: the report, the metrics, and the hooks of a run."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from conftest import ACCOUNT, FIRST_SECRET, Rehearsal, forms


def watch(place: Rehearsal, **settings: Any) -> tuple[Path, Path]:
    """Have a report and metrics written.

    :param settings: Further variables of the role, without its prefix.
    :returns: The paths of both.
    """
    report, metrics = place.directory / "report.jsonl", place.directory / "vonage.prom"
    place.write_inventory(report=str(report), metrics=str(metrics), **settings)
    return report, metrics


def entries(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


def hook(place: Rehearsal, name: str, *tasks: dict[str, Any]) -> str:
    """Write a tasks file that imports the tasks from another one, and return its path."""
    directory = place.directory / name
    directory.mkdir()
    (directory / "tasks.yml").write_text(json.dumps(list(tasks)), encoding="utf-8")
    imported = {"name": "Always", "ansible.builtin.import_tasks": "tasks.yml"}
    path = directory / "hook.yml"
    path.write_text(json.dumps([{"block": [{"ansible.builtin.meta": "noop"}], "always": [imported]}]), encoding="utf-8")
    return str(path)


@pytest.mark.every_core
def test_the_report_and_the_metrics_of_a_rotation(place: Rehearsal) -> None:
    report, metrics = watch(place)
    old_id = place.secret_ids()[0]
    place.start_consumer()
    begun = datetime.now(timezone.utc).replace(microsecond=0)
    place.rotate(environment={"AWX_JOB_ID": "4711"})
    assert place.stop_consumer()["refused"] == 0
    record = place.stored()
    found = entries(report)
    assert [entry["event"] for entry in found] == ["created", "revoked", "ended"]
    assert [entry["secret_id"] for entry in found[:2]] == [record["current"]["id"], old_id]
    times = [begun, *(datetime.fromisoformat(entry["time"]) for entry in found), datetime.now(timezone.utc)]
    assert times == sorted(times)
    created, revoked = (entry["request_id"] for entry in found[:2])
    assert created
    assert revoked not in (None, created)
    ended = found[-1]
    assert (ended["account_id"], ended["job"], ended["mode"]) == (ACCOUNT, "4711", "rotate")
    assert (ended["outcome"], ended["generation"], ended["stage"]) == ("rotate", 1, "idle")
    assert ended["secret_ids"] == [record["current"]["id"]]
    assert ended["consumers"] == {"hosts": 1, "missing": []}
    assert ended["decisions"][0].startswith("rotate (max_age): ")
    assert ended["decisions"][1].startswith("rotate (confirmed): ")
    assert " process " in ended["run"]
    # Of the new secret: the old one was made long ago.
    assert 0 <= ended["age_seconds"] <= (times[-1] - begun).total_seconds() + 1

    account = f'{{account_id="{ACCOUNT}"'
    text = metrics.read_text(encoding="utf-8")
    for sample in (
        f"vonage_rotation_active_secrets{account}}} 1",
        f"vonage_rotation_generation{account}}} 1",
        f"vonage_rotation_secret_age_seconds{account}}} {ended['age_seconds']}\n",
        f"vonage_rotation_overlap_seconds{account}}} 0",
        f'vonage_rotation_stage{account},stage="idle"}} 1',
        f'vonage_rotation_outcome{account},outcome="rotate"}} 1',
    ):
        assert sample in text
    for value in (FIRST_SECRET, record["current"]["value"]):
        for form in forms(value):
            assert form not in text + report.read_text(encoding="utf-8")


def test_a_run_that_fails_is_reported_and_told_of_and_still_fails(place: Rehearsal) -> None:
    events = place.directory / "events"
    line = "{{ rotate_api_secret_event }} {{ rotate_api_secret_result.failed_task }}"
    note = {"ansible.builtin.copy": {"dest": str(events), "content": line, "mode": "0600"}}
    report, metrics = watch(place, notify_tasks=hook(place, "notify", note))
    place.simulator.add_fault("status_before", status=500, method="POST", path="/secrets", times=1)
    run = place.run()
    assert run.status == 2
    entry = entries(report)[-1]
    assert (entry["event"], entry["failed_task"]) == ("failed", "Create | Create the secret at Vonage")
    assert entry["error"]["outcome"] == "unknown"
    assert entry["error"]["status"] == 500
    assert entry["message"] in run.text
    assert entry["stage"] == "prepared"
    assert "last_run" in metrics.read_text(encoding="utf-8")
    assert "last_success" not in metrics.read_text(encoding="utf-8")
    assert events.read_text(encoding="utf-8") == "failed Create | Create the secret at Vonage"


@pytest.mark.full
def test_a_run_that_is_blocked_is_reported(place: Rehearsal) -> None:
    report, metrics = watch(place)
    found = place.account()
    place.simulator.state.create_secret(found, "SomebodyElses1")
    assert place.run().status == 2
    entry = entries(report)[-1]
    assert (entry["event"], entry["outcome"], entry["reason"]) == ("failed", "blocked", "unknown_second_secret")
    assert 'outcome="blocked"' in metrics.read_text(encoding="utf-8")
    assert "vonage_rotation_active_secrets" in metrics.read_text(encoding="utf-8")


def test_a_setting_of_the_wrong_type_is_reported(place: Rehearsal) -> None:
    report, metrics = watch(place)
    run = place.run("-e", "rotate_api_secret_force=maybe", "-e", "rotate_api_secret_mode=rotat")
    assert run.status == 2
    message = entries(report)[-1]["message"]
    for part in ("rotate_api_secret_force", "rotate_api_secret_mode", "got: rotat", "Nothing was changed"):
        assert part in message
    assert message in run.text
    assert "last_run" in metrics.read_text(encoding="utf-8")
    assert place.writes() == []


@pytest.mark.full
def test_a_run_that_only_looks_writes_nothing(place: Rehearsal) -> None:
    report, metrics = watch(place)
    place.rotate("--check")
    place.rotate("-e", "rotate_api_secret_mode=status")
    assert not report.exists()
    assert not metrics.exists()


def test_a_team_that_cannot_be_told_does_not_stop_a_rotation(place: Rehearsal) -> None:
    silent = hook(place, "notify", {"ansible.builtin.fail": {"msg": "the chat is down"}})
    place.write_inventory(report="/nowhere/report.jsonl", metrics=5, notify_tasks=silent)
    place.start_consumer()
    run = place.rotate()
    assert place.stored()["stage"] == "idle"
    for what in ("report", "metrics"):
        assert f"The {what} of {ACCOUNT} cannot be written" in run.text
    assert "the rotation goes on" in run.text
    assert place.stop_consumer()["refused"] == 0


def told(events: Path) -> list[str]:
    """What a team was told since this was asked for."""
    lines = events.read_text(encoding="utf-8").splitlines()
    events.unlink()
    return lines


@pytest.mark.every_core
def test_hooks_are_told_what_happens_in_order(place: Rehearsal) -> None:
    events = place.directory / "events"
    note = {"ansible.builtin.lineinfile": {"path": str(events), "create": True, "mode": "0600"}}

    def noting(line: str) -> dict[str, Any]:
        return {"ansible.builtin.lineinfile": {**note["ansible.builtin.lineinfile"], "line": line}}

    place.write_inventory(
        approve_tasks=hook(place, "approve", noting("approve {{ rotate_api_secret_result.steps | first }}")),
        verify_tasks=hook(
            place,
            "verify",
            noting("verify {{ rotate_api_secret_generation }} {{ rotate_api_secret_value | length }}"),
        ),
        notify_tasks=hook(place, "notify", noting("{{ rotate_api_secret_event }}")),
    )
    place.start_consumer()
    place.rotate("-e", "rotate_api_secret_grace=1h")
    assert told(events) == ["approve prepare", "verify 1 25", "promoted", "ended"]
    place.rotate("-e", "rotate_api_secret_mode=rollback")
    assert told(events) == ["approve rollback", "rolled_back", "revoked", "ended"]
    assert place.stop_consumer()["refused"] == 0


def test_what_is_not_approved_is_not_begun(place: Rehearsal) -> None:
    deny = {"ansible.builtin.fail": {"msg": "Not on a Friday"}}
    place.write_inventory(approve_tasks=hook(place, "approve", deny))
    run = place.run()
    assert run.status == 2
    assert "Not on a Friday" in run.text
    assert place.writes() == []
    assert not place.record.exists()


def test_a_value_that_the_users_check_refuses_is_given_to_nobody_and_what_it_hides_is_not_reported(
    place: Rehearsal,
) -> None:
    hidden = {
        "ansible.builtin.command": "sh -c 'echo {{ rotate_api_secret_value }} >&2; false'",
        "no_log": True,
        "changed_when": False,
    }
    report, _metrics = watch(place, verify_tasks=hook(place, "verify", hidden))
    run = place.run("-vvv")
    assert run.status == 2
    assert place.stored()["stage"] == "created"
    assert FIRST_SECRET in place.env_file.read_text(encoding="utf-8")
    value = place.stored()["pending"]["value"]
    assert entries(report)[-1]["message"] == "The output of the task is hidden"
    assert value not in run.output + report.read_text(encoding="utf-8")
