# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input ends in one line that says what to do, without a traceback, and with nothing lost or changed."""

from __future__ import annotations

import socket
import subprocess
from typing import Any

import pytest
from conftest import ACCOUNT, FIRST_SECRET, Rehearsal, Run

FORCED = ("-e", "rotate_api_secret_force=true")
ERROR_KEYS = {"status", "code", "title", "detail", "instance", "method", "path", "outcome", "invalid_parameters"}


def assert_stopped(place: Rehearsal, run: Run, *words: str) -> None:
    """The run failed with these words, and Vonage and the consumer are as before."""
    assert run.status != 0, run.output
    for word in words:
        assert word in run.text, run.output
    assert "Traceback" not in run.output
    assert place.writes() == []
    assert FIRST_SECRET in place.env_file.read_text(encoding="utf-8")


def closed_port() -> int:
    """A loopback port on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_wrong_secret(place: Rehearsal) -> None:
    run = place.run(environment={"VONAGE_API_SECRET": "NotTheSecret1"})
    assert_stopped(place, run, "blocked (no_valid_credential)", "HTTP 401", "Check api_key and api_secret")
    assert "There is no record yet" in run.text


def test_a_secret_that_was_changed_elsewhere(place: Rehearsal) -> None:
    place.start_consumer()
    place.rotate()
    place.store(current={**place.stored()["current"], "value": "ChangedElsewhere1"})
    run = place.run()
    assert run.status == 2
    assert "blocked (no_valid_credential)" in run.text
    assert "move the record away and run again with the valid secret" in run.text


@pytest.mark.parametrize("variable", ["reload", "confirm"])
def test_a_command_that_is_no_list(place: Rehearsal, variable: str) -> None:
    place.write_inventory(**{f"env_file_{variable}": "systemctl reload sms-gateway"})
    run = place.run()
    assert_stopped(place, run, f"For gateway1, rotate_api_secret_env_file_{variable} must be a list of arguments")
    assert place.calls() == []


def test_a_relative_path_of_the_record(place: Rehearsal) -> None:
    place.write_inventory(record="rotation/record.yml")
    assert_stopped(place, place.run(), "to the absolute path of the file", "not to rotation/record.yml")


def test_consumers_are_not_said(place: Rehearsal) -> None:
    place.write_inventory(consumers=None)
    assert_stopped(place, place.run(), "Set rotate_api_secret_consumers to the inventory group", "empty string")


def test_an_environment_file_with_other_settings_is_left_as_it_is(place: Rehearsal) -> None:
    content = place.env_file.read_text(encoding="utf-8") + "DB_PASSWORD=keepme\n"
    place.env_file.write_text(content, encoding="utf-8")
    run = place.run("-vvv")
    assert run.status == 2
    assert "holds other settings, which would be lost" in run.text
    assert place.env_file.read_text(encoding="utf-8") == content
    assert "keepme" not in run.output
    assert len(place.secret_ids()) == 2


def test_an_unknown_account(place: Rehearsal) -> None:
    run = place.run("-e", "rotate_api_secret_account_id=nosuch01", "-e", f"rotate_api_secret_api_key={ACCOUNT}")
    assert_stopped(place, run, "HTTP 404", "only a primary account may act on its subaccounts")


def test_no_secret_to_start_with(place: Rehearsal) -> None:
    run = place.run(environment={"VONAGE_API_SECRET": ""})
    assert_stopped(place, run, "no API secret to start with: set VONAGE_API_SECRET")
    assert place.calls() == []


def test_no_account(place: Rehearsal) -> None:
    run = place.run(environment={"VONAGE_API_KEY": ""})
    assert_stopped(place, run, "Set rotate_api_secret_account_id, or VONAGE_API_KEY")


def test_no_record_named(place: Rehearsal) -> None:
    place.write_inventory(record="")
    assert_stopped(place, place.run(), "must say where the record is kept: set rotate_api_secret_record")


def test_a_group_that_does_not_exist(place: Rehearsal) -> None:
    place.write_inventory(consumers="smsgateways")
    assert_stopped(place, place.run(), "names smsgateways, which is not a group of the inventory")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"distribute_tasks": "envfile"}, "rotate_api_secret_distribute_tasks is envfile: name one of awx_credential"),
        ({"distribute_tasks": "template_file"}, "rotate_api_secret_template_file is not set, which the consumer"),
        ({"distribute_central_tasks": "hashi_vault"}, "rotate_api_secret_hashi_vault_path is not set"),
        ({"confirm_tasks": "hashi_vault"}, "has nobody to ask"),
        ({"notify_tasks": "/nowhere/notify.yml"}, "names /nowhere/notify.yml, which is no file on the controller"),
    ],
    ids=str,
)
def test_a_consumer_that_could_not_be_served(place: Rehearsal, settings: dict[str, Any], words: str) -> None:
    place.write_inventory(**settings)
    assert_stopped(place, place.run(), words)
    assert place.calls() == []


@pytest.mark.parametrize("variable", ["max_age", "grace", "propagation_timeout"])
def test_a_duration_that_is_none(place: Rehearsal, variable: str) -> None:
    run = place.run("-e", f"rotate_api_secret_{variable}=1month")
    assert_stopped(place, run, "write seconds, or a number with s, m, h, d or w such as 30d")
    assert place.calls() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account_id": "c0ffee01"}, "belongs to account c0ffee01, not to abcd1234"),
        ({"schema": 2}, "has schema 2 and this release of community.vonage knows 1"),
        ({"stage": "dancing"}, "damaged (stage)"),
    ],
)
def test_a_record_that_cannot_be_used(place: Rehearsal, changes: dict[str, Any], words: str) -> None:
    place.start_consumer()
    place.rotate()
    place.store(**changes)
    record = place.record.read_bytes()
    place.simulator.clear_log()
    run = place.run(*FORCED)
    assert run.status == 2
    assert words in run.text
    assert "Nothing was changed" in run.text
    assert "Traceback" not in run.output
    assert place.calls() == []
    assert place.record.read_bytes() == record


def test_a_file_that_is_no_record(place: Rehearsal) -> None:
    place.write_record({"something": "else"})
    assert_stopped(place, place.run(), "holds no record of a rotation (no vonage_rotation)")


def test_a_file_that_is_no_yaml(place: Rehearsal) -> None:
    place.record.write_text(f"vonage_rotation: [{FIRST_SECRET}", encoding="utf-8")
    run = place.run()
    assert_stopped(place, run, "holds no record of a rotation")
    assert FIRST_SECRET not in run.output


def test_a_vault_password_that_does_not_open_the_record(place: Rehearsal) -> None:
    place.write_record({"vonage_rotation": {}})
    record = place.record.read_bytes()
    place.vault_password.write_text("another\n", encoding="utf-8")
    assert_stopped(place, place.run(), "cannot be opened with any vault password of this run")
    assert place.record.read_bytes() == record
    assert place.calls() == []


def test_no_vault_password(place: Rehearsal) -> None:
    run = place.run(vault=False)
    assert_stopped(place, run, "this run has no vault password: give one with --vault-password-file")
    assert "rotate_api_secret_record_in_clear" in run.text
    assert place.calls() == []
    assert not place.record.exists()


def test_a_directory_that_does_not_exist(place: Rehearsal) -> None:
    place.write_inventory(record=str(place.directory / "nowhere" / "record.yml"))
    assert_stopped(place, place.run(), "Create the directory first")


def test_vonage_cannot_be_reached(place: Rehearsal) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    run = place.run(environment={"VONAGE_API_URL": url, "VONAGE_REST_URL": url, "VONAGE_RETRIES": "0"})
    assert_stopped(place, run, "inconclusive (not_listed)", "was not sent: no connection", "safe to run again")


def test_an_answer_that_is_not_json(place: Rehearsal) -> None:
    place.simulator.add_fault("html_200", path="/secrets", times=None)
    run = place.run(environment={"VONAGE_RETRIES": "0"})
    assert_stopped(place, run, "inconclusive (not_listed)", "something other than Vonage answered")


def test_a_directory_for_the_environment_file_that_does_not_exist(place: Rehearsal) -> None:
    place.write_inventory(env_file="/nowhere/at/all/vonage.env")
    run = place.run()
    assert run.status == 2
    assert "name a file in a directory that exists on gateway1" in run.text
    assert "have not confirmed generation 1: gateway1" in run.text
    assert len(place.secret_ids()) == 2


MODULE_FAILURES = {
    "wrong secret": ("vonage_balance_info", {"api_secret": "NotTheSecret1"}, "Check api_key and api_secret", "refused"),
    "unknown account": ("vonage_api_secret_info", {"account_ids": ["nosuch01"]}, "HTTP 404", "refused"),
    "short secret": ("vonage_api_secret", {"secret": "abc"}, "have 8 to 25 characters (it has 3)", "not_sent"),
    "plain http": (
        "vonage_balance_info",
        {"rest_url": "http://vonage.example.com"},
        "must begin with https",
        "not_sent",
    ),
    "no such host": (
        "vonage_balance_info",
        {"rest_url": "https://vonage.invalid", "retries": 0},
        "was not sent: no connection",
        "not_sent",
    ),
    "the only secret": (
        "vonage_api_secret",
        {"state": "absent", "secret_id": "ONLY"},
        "must always keep one",
        "refused",
    ),
}


@pytest.mark.parametrize("name", MODULE_FAILURES)
def test_a_module_that_fails_fills_error(place: Rehearsal, name: str) -> None:
    module, options, words, outcome = MODULE_FAILURES[name]
    options = {key: place.secret_ids()[0] if value == "ONLY" else value for key, value in options.items()}
    call = {f"community.vonage.{module}": options, "register": "failure", "ignore_errors": True}
    show = {"ansible.builtin.debug": {"msg": "KEYS {{ failure.error.keys() | sort | join(',') }} END"}}
    outcome_shown = {"ansible.builtin.debug": {"msg": "OUTCOME {{ failure.error.outcome }}"}}
    run = place.play(call, show, outcome_shown)
    assert run.status == 0, run.output
    assert words in run.text
    assert f"OUTCOME {outcome}" in run.text
    assert set(run.text.partition("KEYS ")[2].partition(" END")[0].split(",")) >= ERROR_KEYS
    assert "Traceback" not in run.output


def test_requests_is_missing(place: Rehearsal) -> None:
    bare = place.directory / "bare"
    subprocess.run(["python3", "-m", "venv", "--without-pip", str(bare)], check=True, env=place.environment())
    python = bare / "bin" / "python"
    run = place.play(
        {
            "community.vonage.vonage_balance_info": {},
            "vars": {"ansible_python_interpreter": str(python)},
        }
    )
    assert run.status == 2
    assert "Failed to import the required Python library (requests)" in run.text
    assert str(python) in run.text
