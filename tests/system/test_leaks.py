# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret in any output: neither its value nor the forms in which it travels."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from conftest import FIRST_SECRET, Rehearsal, Run, forms

LOUD = ("-vvvv", "--diff")


def environment(place: Rehearsal) -> dict[str, str]:
    """Everything that Ansible can write beside the screen."""
    return {
        "ANSIBLE_LOG_PATH": str(place.directory / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(place.directory / "facts"),
        "ANSIBLE_GATHERING": "implicit",
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true",
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
        "JUNIT_OUTPUT_DIR": str(place.directory / "junit"),
    }


def values(place: Rehearsal) -> set[str]:
    record = place.stored()
    entries = [record["current"], record["pending"], record["previous"], *record["retired"]]
    return {FIRST_SECRET, "NotTheSecret1"} | {entry["value"] for entry in entries if entry and entry["value"]}


def assert_silent(place: Rehearsal, runs: Iterable[Run]) -> None:
    """None of the recorded values is in what was written, anywhere but in the record and at the consumer."""
    texts = {f"run {number}": run.output for number, run in enumerate(runs)}
    for name in ("ansible.log", "facts", "junit"):
        path = place.directory / name
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            texts[str(file.relative_to(place.directory))] = file.read_text(encoding="utf-8")
    texts["requests"] = "\n".join(str(entry.as_dict()) for entry in place.simulator.log)
    assert "ansible.log" in texts
    for value in values(place):
        for form in forms(value):
            assert [name for name, text in texts.items() if form in text] == []


@pytest.mark.every_core
def test_a_rotation_shows_no_secret(place: Rehearsal) -> None:
    place.start_consumer()
    first = place.rotate(*LOUD, environment=environment(place))
    forced = place.rotate(*LOUD, "-e", "rotate_api_secret_force=true", environment=environment(place))
    idle = place.rotate(*LOUD, environment=environment(place))
    check = place.rotate(*LOUD, "--check", "-e", "rotate_api_secret_force=true", environment=environment(place))
    assert len(values(place)) >= 4
    assert_silent(place, [first, forced, idle, check])


def test_a_rotation_that_fails_shows_no_secret(place: Rehearsal) -> None:
    place.start_consumer()
    runs = []
    # Each stops the run at another place: observe, create, verify, distribute, revoke.
    for fault in (
        {"action": "status_before", "status": 503, "method": "GET", "path": "/secrets$"},
        {"action": "drop_before", "method": "POST", "path": "/secrets$"},
        {"action": "status_before", "status": 403, "shape": "html", "path": "/account/get-balance", "nth": 1},
        {"action": "drop_after", "method": "DELETE"},
    ):
        place.simulator.add_fault(fault.pop("action"), **fault)
        runs.append(place.run(*LOUD, environment={**environment(place), "VONAGE_RETRIES": "0"}))
        place.simulator.clear_faults()
    place.write_inventory(env_file="/nowhere/vonage.env")
    runs.append(place.run(*LOUD, "-e", "rotate_api_secret_force=true", environment=environment(place)))
    assert any(run.status != 0 for run in runs)
    assert_silent(place, runs)


@pytest.mark.every_core
def test_modules_show_no_secret(place: Rehearsal) -> None:
    place.start_consumer()
    place.rotate()
    # Not as literals: Ansible shows the text of a task, as it stands in a playbook, to whoever asks for it.
    wrong, first, second = (f"{{{{ lookup('env', '{name}') }}}}" for name in ("WRONG", "VONAGE_API_SECRET", "SECOND"))
    tasks = [
        {"community.vonage.vonage_balance_info": {"api_secret": wrong}},
        {"community.vonage.vonage_api_secret_info": {"candidates": [wrong, first]}},
        {"community.vonage.vonage_api_secret": {"secret": wrong, "api_secret": wrong}},
        {"community.vonage.vonage_account_settings": {"mo_callback_url": "https://example.com/sms"}},
        {"community.vonage.vonage_topup": {"trx": "00X123", "api_secret": wrong}},
        {"community.vonage.vonage_api_secret": {"secret": second, "api_secret": second}},
    ]
    run = place.play(
        *({**task, "ignore_errors": True} for task in tasks),
        arguments=LOUD,
        environment={**environment(place), "WRONG": "NotTheSecret1", "SECOND": place.stored()["current"]["value"]},
    )
    assert run.status == 0, run.output
    assert_silent(place, [run])


def test_the_search_finds_what_it_looks_for(place: Rehearsal) -> None:
    """Shows a secret on purpose: a search that found nothing then would prove nothing."""
    place.start_consumer()
    place.rotate()
    run = place.play(
        {"ansible.builtin.debug": {"msg": "{{ lookup('env', 'VONAGE_API_SECRET') }}"}}, environment=environment(place)
    )
    with pytest.raises(AssertionError, match="run 0"):
        assert_silent(place, [run])
