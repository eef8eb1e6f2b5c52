# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input ends in one line that says what to do, without a traceback, and with nothing lost or changed."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import FIRST_SECRET, Rehearsal, Run


def assert_stopped(place: Rehearsal, run: Run, *words: str) -> None:
    """The run failed with these words, and Vonage and the consumer are as before."""
    assert run.status != 0, run.output
    for word in words:
        assert word in run.text, run.output
    assert "Traceback" not in run.output
    assert place.writes() == []
    assert FIRST_SECRET in place.env_file.read_text(encoding="utf-8")


def test_a_wrong_secret(place: Rehearsal) -> None:
    run = place.run(environment={"VONAGE_API_SECRET": "NotTheSecret1"})
    assert_stopped(place, run, "blocked (no_valid_credential)", "HTTP 401", "Check api_key and api_secret")
    assert "There is no record yet" in run.text


@pytest.mark.full
@pytest.mark.parametrize("path", ["rotation/record.yml", 5])
def test_a_path_of_the_record_that_is_not_absolute(place: Rehearsal, path: str | int) -> None:
    place.write_inventory(record=path)
    assert_stopped(place, place.run(), "to the absolute path of the file", f"not to {path}")


@pytest.mark.full
def test_consumers_are_not_said(place: Rehearsal) -> None:
    place.write_inventory(consumers=None)
    assert_stopped(place, place.run(), "Set rotate_api_secret_consumers to the inventory group", "empty string")


def test_no_secret_to_start_with(place: Rehearsal) -> None:
    run = place.run(environment={"VONAGE_API_SECRET": ""})
    assert_stopped(place, run, "no API secret to start with: set VONAGE_API_SECRET")
    assert place.calls() == []


@pytest.mark.full
def test_no_account(place: Rehearsal) -> None:
    run = place.run(environment={"VONAGE_API_KEY": ""})
    assert_stopped(place, run, "Set rotate_api_secret_account_id, or VONAGE_API_KEY")


@pytest.mark.full
def test_no_record_named(place: Rehearsal) -> None:
    place.write_inventory(record="")
    assert_stopped(place, place.run(), "Set rotate_api_secret_record to the absolute path")


def test_a_group_that_does_not_exist(place: Rehearsal) -> None:
    place.write_inventory(consumers="smsgateways")
    assert_stopped(place, place.run(), "names smsgateways, which is not a group of the inventory")


def test_no_vault_password(place: Rehearsal) -> None:
    run = place.run(vault=False)
    assert_stopped(place, run, "this run has no vault password: give one with --vault-password-file")
    assert "rotate_api_secret_record_in_clear" in run.text
    assert place.calls() == []
    assert not place.record.exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"env_file_reload": "systemctl reload sms-gateway"},
            "For gateway1, rotate_api_secret_env_file_reload must",
        ),
        ({"max_age": "1month"}, "write seconds, or a number with s, m, h, d or w such as 30d"),
        # A failure is notified of by these tasks, in a run that has begun.
        ({"notify_tasks": "/nowhere/notify.yml"}, "names /nowhere/notify.yml, which is not a file on the controller"),
    ],
    ids=str,
)
def test_a_setting_that_is_wrong(place: Rehearsal, settings: dict[str, Any], words: str) -> None:
    place.write_inventory(**settings)
    assert_stopped(place, place.run(), words)
    assert place.calls() == []


def test_a_record_of_another_account(place: Rehearsal) -> None:
    current = {"value": FIRST_SECRET, "id": None, "created_at": None, "since": None}
    place.write_record({"vonage_rotation": {"schema": 1, "account_id": "c0ffee01", "version": 1, "current": current}})
    record = place.record.read_bytes()
    assert_stopped(place, place.run(), "belongs to account c0ffee01, not to abcd1234", "Nothing was changed")
    assert place.calls() == []
    assert place.record.read_bytes() == record
