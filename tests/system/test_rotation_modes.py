# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modes of a rotation, leases, and secrets that somebody else made, through the shipped playbook."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import ACCOUNT, FIRST_SECRET, Rehearsal
from workplace import wait_for

SECRETS = f"/accounts/{ACCOUNT}/secrets"
FORCED = ("-e", "rotate_api_secret_force=true")
GRACE = ("-e", "rotate_api_secret_grace=1h")
ROLLBACK = ("-e", "rotate_api_secret_mode=rollback")
OTHER = "SomebodyElses1"


def emergency(reason: str = "INC-4711", **settings: Any) -> tuple[str, ...]:
    variables = {"mode": "emergency", "emergency_reason": reason, "accept_cut_off": True, **settings}
    return ("-e", json.dumps({f"rotate_api_secret_{name}": value for name, value in variables.items()}))


def add_foreign_secret(place: Rehearsal, value: str = OTHER) -> str:
    """Somebody else creates a second secret."""
    found = place.account()
    return place.simulator.state.create_secret(found, value).id


def values(place: Rehearsal) -> list[str]:
    """The values that Vonage accepts."""
    found = place.account()
    return [secret.value for secret in found.live]


def served(place: Rehearsal) -> str:
    """The value in the consumer's file."""
    lines = place.env_file.read_text(encoding="utf-8").splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("VONAGE_API_SECRET="))


@contextmanager
def at_work(place: Rehearsal, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has leased the record and waits for something, until the block is left and it is killed."""
    waiting, entered = place.directory / "wait.yml", place.directory / "entered"
    entered.touch()
    # Left behind by the run that is killed, it ends when the block is left.
    wait = ["sh", "-c", f"while [ -e {entered} ]; do sleep 0.1; done"]
    waiting.write_text(json.dumps([{"ansible.builtin.command": {"argv": wait}}]), encoding="utf-8")
    arguments = ("-e", f"rotate_api_secret_verify_tasks={waiting}", *arguments)
    process = subprocess.Popen(
        place.command(*arguments),
        env=place.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(
            lambda: process.poll() is not None or (place.record.exists() and place.stored()["stage"] == "created"),
            "the creation of the secret",
        )
        assert process.poll() is None, "it ended early"
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        entered.unlink()


# -- leases ------------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_a_second_run_leaves_the_record_to_the_first_one(place: Rehearsal) -> None:
    place.start_consumer()
    with at_work(place) as first:
        record = place.record.read_bytes()
        second = place.run(*FORCED)
        assert second.status == 2
        assert "blocked (leased)" in second.text
        assert f" process {first.pid}, " in second.text
        assert "rotate_api_secret_break_lease=true" in second.text
        assert "Nothing was changed" in second.text
        assert place.record.read_bytes() == record
        # It may look.
        assert "may change what is shown here" in place.rotate("-e", "rotate_api_secret_mode=status").text
    assert len(place.writes()) == 1
    assert place.stop_consumer()["refused"] == 0


# -- rollback ----------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_a_rollback_goes_back_to_the_secret_before(place: Rehearsal) -> None:
    old_id = place.secret_ids()[0]
    place.start_consumer()
    place.rotate(*GRACE)
    new = place.stored()["current"]
    run = place.rotate(*ROLLBACK)
    assert "rotate (rolled_back)" in run.text
    record = place.stored()
    assert (record["stage"], record["generation"]) == ("idle", 2)
    assert (record["current"]["value"], record["current"]["id"]) == (FIRST_SECRET, old_id)
    assert record["retired"][0]["id"] == new["id"]
    assert values(place) == [FIRST_SECRET]
    assert served(place) == FIRST_SECRET
    assert place.stop_consumer()["refused"] == 0

    again = place.rotate(*ROLLBACK)
    assert "idle (nothing_to_roll_back)" in again.text
    assert again.changed == 0


@pytest.mark.full
def test_a_rollback_that_is_killed_is_finished_by_any_run(place: Rehearsal) -> None:
    place.start_consumer()
    place.rotate(*GRACE)
    killed = place.run(*ROLLBACK, kill_after="Save the rotation record (rollback)")
    assert killed.status == -9, killed.output
    # As on a schedule, where nobody knows of the rollback.
    place.rotate("-e", "rotate_api_secret_max_age=3650d")
    assert (place.stored()["stage"], place.stored()["generation"]) == ("idle", 2)
    assert values(place) == [FIRST_SECRET] == [served(place)]
    assert place.stop_consumer()["refused"] == 0


# -- emergency ---------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_an_emergency_replaces_the_secret_once(place: Rehearsal) -> None:
    place.start_consumer()
    leaked_id = place.secret_ids()[0]
    run = place.rotate(*emergency())
    assert "rotate (emergency)" in run.text
    record = place.stored()
    assert (record["stage"], record["generation"]) == ("idle", 1)
    assert record["retired"][0]["id"] == leaked_id
    assert record["retired"][0]["emergency"] == "INC-4711"
    assert values(place) == [record["current"]["value"]] == [served(place)]
    place.stop_consumer()

    again = place.rotate(*emergency())
    assert "idle (emergency_done)" in again.text
    assert place.stored()["generation"] == 1


@pytest.mark.full
def test_an_emergency_does_not_wait_for_those_who_are_missing(place: Rehearsal) -> None:
    place.write_inventory(env_file_reload=["true"], env_file_confirm=["echo", "0"], env_file_confirm_retries=1)
    run = place.run(*emergency())
    assert "gateway1" in run.text
    assert FIRST_SECRET not in values(place)
    # Whoever was missing is served by the next run.
    place.write_inventory(env_file_confirm=["echo", "1"], env_file_reload=["true"])
    place.rotate()
    assert place.stored()["stage"] == "idle"
    assert served(place) == values(place)[0]


def test_an_emergency_that_is_not_accepted_cuts_nobody_off(place: Rehearsal) -> None:
    run = place.run(*emergency(accept_cut_off=False))
    assert run.status == 2
    assert "blocked (emergency_not_accepted)" in run.text
    assert place.writes() == []


@pytest.mark.full
def test_an_emergency_that_is_killed_is_finished_by_the_next_run_on_schedule(place: Rehearsal) -> None:
    place.start_consumer()
    place.rotate()
    leaked = place.stored()["current"]["value"]
    killed = place.run(*emergency(), kill_after="Save the rotation record (promote)")
    assert killed.status == -9, killed.output
    place.rotate()
    assert leaked not in values(place)
    assert (place.stored()["stage"], place.stored()["generation"]) == ("idle", 2)
    place.stop_consumer()


# -- adoption ----------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_a_second_secret_is_adopted_by_its_value(place: Rehearsal) -> None:
    in_use = place.secret_ids()[0]
    other_id = add_foreign_secret(place)
    place.start_consumer()
    adopt = f"rotate_api_secret_adopt_value={OTHER} rotate_api_secret_current_secret_id={in_use}"
    run = place.rotate("-e", adopt)
    assert "rotate (adopted)" in run.text
    assert OTHER not in run.output
    assert values(place) == [OTHER] == [served(place)]
    record = place.stored()
    assert (record["stage"], record["current"]["id"]) == ("idle", other_id)
    assert place.writes() == [f"DELETE {SECRETS}/{record['retired'][0]['id']} 204"]
    assert place.stop_consumer()["refused"] == 0


@pytest.mark.full
def test_of_two_secrets_without_a_record_none_is_revoked_unasked(place: Rehearsal) -> None:
    add_foreign_secret(place)
    place.start_consumer()
    run = place.rotate("-e", f"rotate_api_secret_adopt_value={OTHER}")
    # Both values are accepted, so nobody can tell whose id is whose.
    assert "grace (unknown_second_secret)" in run.text
    assert values(place) == [FIRST_SECRET, OTHER]
    assert served(place) == OTHER
    assert place.stop_consumer()["refused"] == 0


def test_a_value_that_vonage_does_not_accept_is_not_adopted(place: Rehearsal) -> None:
    add_foreign_secret(place)
    run = place.run("-e", "rotate_api_secret_adopt_value=NotTheOther1")
    assert run.status == 2
    assert "blocked (adopted_refused)" in run.text
    assert place.writes() == []
    assert not place.record.exists()
