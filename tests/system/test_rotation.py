# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations through the shipped playbook: what is sent, what is kept, that nobody is cut off, and how runs end."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import pytest
from conftest import ACCOUNT, Rehearsal, Run, account
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request

SECRETS = f"/accounts/{ACCOUNT}/secrets"
CHECK_FORCED = ("--check", "-e", "rotate_api_secret_force=true")
FORCED = ("-e", "rotate_api_secret_force=true")


def assert_rotated(place: Rehearsal, generation: int = 1) -> None:
    """The rotation is over: one secret at Vonage, and the record and the consumer have it."""
    record = place.stored()
    assert record["stage"] == "idle"
    assert record["generation"] == generation
    assert place.secret_ids() == [record["current"]["id"]]
    assert (record["pending"], record["previous"]) == (None, None)
    assert f"VONAGE_API_SECRET={record['current']['value']}\n" in place.env_file.read_text(encoding="utf-8")


def assert_a_whole_rotation(place: Rehearsal, *arguments: str, **environment: str) -> Run:
    """A run does all of a rotation by the requests that are named here, and ends with the result that is here."""
    old_id = place.secret_ids()[0]
    result = place.directory / "result.json"
    show = {"content": "{{ rotate_api_secret_result | to_json }}", "dest": str(result), "mode": "0600"}
    run = place.rotate(
        *arguments,
        playbook=place.write_playbook(
            {"import_playbook": "community.vonage.rotate_api_secret"},
            {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.copy": show}]},
        ),
        environment=environment,
    )
    assert_rotated(place)
    record = place.stored()
    assert record["retired"][0]["id"] == old_id

    # The README promises at most 16.
    assert place.calls() == [
        f"GET {SECRETS} 200",  # observe, and prove the secret in use
        f"GET {SECRETS} 401",  # create: is the value there already?
        f"GET {SECRETS} 200",  # create: is there a free slot?
        f"POST {SECRETS} 201",  # create
        *["GET /account/get-balance 200"] * 3,  # verify, on one host, three times in a row
        *[f"GET {SECRETS} 200"] * 3,  # verify, on the other host
        f"GET {SECRETS} 200",  # observe again, with the new secret
        f"GET {SECRETS} 200",  # revoke: is it still there?
        f"DELETE {SECRETS}/{old_id} 204",  # revoke
        f"GET {SECRETS} 200",  # settle: is the new one alone?
        f"GET {SECRETS} 401",  # settle: is the old one refused?
    ]
    assert len(place.calls()) <= 16
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    assert found.pop("run").startswith(f"{ACCOUNT} ")
    assert 0 <= found.pop("age_seconds") < 120
    # What ansible-core adds depends on its release.
    found.pop("failed", None)
    current = record["current"]
    assert found == {
        "outcome": "rotate",
        "reason": "confirmed",
        "message": "Every consumer uses the new secret",
        "steps": ["revoke", "settle"],
        "secret_id": old_id,
        "missing": [],
        "overlap_seconds": 0,
        "account_id": ACCOUNT,
        "generation": 1,
        "stage": "idle",
        "secret_ids": [current["id"]],
        "changed": False,
        "msg": [
            "rotate (max_age): The secret is older than 30d",
            "rotate (confirmed): Every consumer uses the new secret",
            f"account: {ACCOUNT}",
            "steps: prepare -> create -> verify -> promote -> distribute -> confirm -> revoke -> settle",
            f"secrets: {current['id']} of {current['created_at']}",
            "consumers: gateway1",
            f"record: {place.record}, generation 1, stage idle",
        ],
    }
    return run


@pytest.mark.full
def test_a_rotation_by_modules_is_that_of_the_controllers_own_process(place: Rehearsal) -> None:
    place.start_consumer()
    run = assert_a_whole_rotation(place, "-vvv", VONAGE_IN_PROCESS="false")
    # Or two runs in process would be the same.
    for module in ("balance_info", "api_secret", "api_secret_info"):
        assert f"community.vonage.vonage_{module} runs as a module: vonage_in_process is false" in run.output
    assert place.stop_consumer()["refused"] == 0


@pytest.mark.every_core
def test_a_rotation_and_a_second_run(place: Rehearsal) -> None:
    place.start_consumer()
    first = assert_a_whole_rotation(place)
    for step in ("prepare -> create -> verify -> promote -> distribute -> confirm -> revoke -> settle", "max_age"):
        assert step in first.output

    place.simulator.clear_log()
    second = place.rotate()
    assert second.changed == 0
    assert place.calls() == [f"GET {SECRETS} 200"]
    assert "idle (not_due)" in second.output

    counts = place.stop_consumer()
    assert counts["refused"] == counts["failed"] == 0
    assert counts["accepted"] > 0


@pytest.mark.full
@pytest.mark.every_core
def test_a_setting_that_is_null_is_as_one_that_is_empty(place: Rehearsal) -> None:
    names = ("approve_tasks", "verify_tasks", "notify_tasks", "distribute_central_tasks", "report", "metrics")
    place.start_consumer()
    place.rotate("-e", json.dumps({f"rotate_api_secret_{name}": None for name in names}))
    assert_rotated(place)


@pytest.mark.every_core
def test_check_mode_shows_the_plan_and_sends_nothing(place: Rehearsal) -> None:
    run = place.rotate(*CHECK_FORCED)
    assert "rotate (forced)" in run.output
    assert "prepare -> create -> verify -> promote -> distribute -> confirm -> revoke -> settle" in run.output
    assert place.calls() == [f"GET {SECRETS} 200"]
    assert not place.record.exists()


# Those of the role's own tasks that test_killed.py has no moment for.
@pytest.mark.full
@pytest.mark.parametrize(
    "task",
    ["Write the environment file, and have the process use it", "Note which generation the process uses"],
)
def test_a_run_that_is_killed_while_it_hands_over_is_finished_by_the_next_one(place: Rehearsal, task: str) -> None:
    place.start_consumer()
    killed = place.run(kill_after=task)
    assert killed.status == -9, killed.output
    place.rotate()
    assert_rotated(place)
    # The value that was made first is the one in use: nothing was made twice, and nothing lost.
    assert place.writes() == [f"POST {SECRETS} 201", f"DELETE {SECRETS}/{place.stored()['retired'][0]['id']} 204"]
    counts = place.stop_consumer()
    assert counts["refused"] == 0


@pytest.mark.every_core
def test_an_unknown_second_secret_blocks(place: Rehearsal) -> None:
    found = place.account()
    place.simulator.state.create_secret(found, "SomebodyElses1")
    before = place.secret_ids()
    run = place.run()
    assert run.status == 2
    assert "blocked (unknown_second_secret)" in run.text
    assert "Nothing was changed" in run.text
    assert all(secret_id in run.text for secret_id in before)
    assert place.writes() == []
    assert place.secret_ids() == before
    assert not place.record.exists()


@pytest.mark.full
@pytest.mark.every_core
def test_a_consumer_that_is_silent_keeps_the_other_secret_even_at_generation_0(place: Rehearsal) -> None:
    found = place.account()
    in_use = place.secret_ids()[0]
    place.simulator.state.create_secret(found, "SomebodyElses1")
    place.write_inventory(env_file_reload=["true"], env_file_confirm_retries=1)
    run = place.run("-e", f"rotate_api_secret_current_secret_id={in_use}")
    assert "have not confirmed generation 0: gateway1" in run.text
    assert len(place.secret_ids()) == 2


@pytest.mark.every_core
def test_grace_keeps_the_old_secret_until_a_later_run(place: Rehearsal) -> None:
    place.start_consumer()
    run = place.rotate("-e", "rotate_api_secret_grace=1h")
    assert "grace (grace_period)" in run.output
    assert len(place.secret_ids()) == 2
    record = place.stored()
    assert record["stage"] == "distributed"

    # Some time later.
    record = place.store(current={**record["current"], "since": "2026-05-06T07:08:09Z"})
    place.simulator.clear_log()
    metrics = place.directory / "vonage.prom"
    again = place.rotate(
        *("-e", "rotate_api_secret_grace=1h"),
        *("-e", "rotate_api_secret_overlap_warning=1s"),
        *("-e", f"rotate_api_secret_metrics={metrics}"),
    )
    assert again.changed == 0
    # A run that waits gives the record up.
    assert place.stored()["lease"] is None
    assert place.writes() == []
    promoted = datetime.fromisoformat(record["current"]["since"].replace("Z", "+00:00"))
    [overlap] = re.findall("vonage_rotation_overlap_seconds{.*} (.*)", metrics.read_text(encoding="utf-8"))
    assert 1 < int(overlap) <= (datetime.now(timezone.utc) - promoted).total_seconds()
    assert "since the promotion, longer than rotate_api_secret_overlap_warning, which is 1s" in again.text

    place.store(previous={**record["previous"], "revoke_not_before": record["current"]["since"]})
    place.rotate()
    assert_rotated(place)
    assert place.stop_consumer()["refused"] == 0


@pytest.mark.every_core
def test_a_new_secret_that_is_slow_to_arrive_is_waited_for(place: Rehearsal) -> None:
    delays = {"get-balance": "propagation_delay_rest", "secrets": "propagation_delay_api"}
    place.simulator.switches.update(dict.fromkeys(delays.values(), 3600.0))

    def end_with_the_first_refusal(request: Request, answer: Answer) -> Delivery:
        delivery = answer(request)
        # The first of them asks whether the value is there already.
        if place.calls().count(f"GET {request.path} 401") > ("secrets" in request.path):
            place.simulator.switches[delays[request.path.rpartition("/")[2]]] = 0.0
        return delivery

    intercept(place.simulator, end_with_the_first_refusal)
    place.start_consumer()
    place.rotate("-e", "rotate_api_secret_verify_interval=0")
    assert_rotated(place)
    logins = [call for call in place.calls()[4:] if call.endswith("401")]
    assert logins[:2] == ["GET /account/get-balance 401", f"GET {SECRETS} 401"]
    assert place.stop_consumer()["refused"] == 0


def test_a_new_secret_that_does_not_arrive_stops_the_run_and_is_kept(place: Rehearsal) -> None:
    place.simulator.switches["propagation_delay_rest"] = 3600.0
    place.start_consumer()
    run = place.run("-e", "rotate_api_secret_propagation_timeout=1s")
    assert run.status == 2
    assert "does not accept it after 1s" in run.text
    assert place.stored()["pending"]["id"] in place.secret_ids()
    assert place.stop_consumer()["refused"] == 0


@pytest.mark.full
def test_a_secret_of_somebody_else_is_not_taken_for_a_retired_one_that_lingers(place: Rehearsal) -> None:
    place.simulator.switches["revocation_lag_api"] = 7200.0
    place.start_consumer()
    place.rotate("-e", "rotate_api_secret_verify_interval=0")
    assert place.stored()["retired"][0]["value"] is None
    found = place.account()
    place.simulator.state.create_secret(found, "SomebodyElses1")
    run = place.run()
    assert "blocked (unknown_second_secret)" in run.text
    assert len(place.secret_ids()) == 2


@pytest.mark.full
@pytest.mark.parametrize(
    "task",
    [
        "Revoke the secret",
        "Save the rotation record (dropped)",
    ],
)
def test_a_run_that_is_killed_while_it_drops_a_secret_is_finished_by_the_next_one(place: Rehearsal, task: str) -> None:
    report = place.directory / "report.jsonl"
    place.write_inventory(report=str(report))
    # A secret that was created and that Vonage never accepts.
    place.simulator.switches["propagation_delay_api"] = 86400.0
    place.start_consumer()
    place.run("-e", "rotate_api_secret_propagation_timeout=1s")
    poison = place.stored()["pending"]
    assert poison["id"] in place.secret_ids()
    place.store(pending={**poison, "prepared_at": "2026-11-20T12:00:00Z"})
    killed = place.run("-e", "rotate_api_secret_propagation_timeout=0s", kill_after=task)
    assert killed.status == -9, killed.output
    place.simulator.switches["propagation_delay_api"] = 0.0
    place.rotate()
    assert_rotated(place)
    entries = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    if not task.startswith("Revoke"):
        # A run that is killed between the two has no time to report it.
        assert [entry["secret_id"] for entry in entries if entry["event"] == "dropped"] == [poison["id"]]
    assert place.stop_consumer()["refused"] == 0


def test_a_module_that_crashes_is_no_accepted_login(place: Rehearsal) -> None:
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"community.vonage.vonage_balance_info": {"timeout": "soon"}},
        "tasks": [
            {
                "ansible.builtin.include_role": {
                    "name": "community.vonage.rotate_api_secret",
                    "tasks_from": "begin",
                }
            }
        ],
    }
    playbook = place.directory / "crash.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    run = place.run("-e", "rotate_api_secret_propagation_timeout=1s", playbook=str(playbook))
    assert run.status == 2
    assert "timeout" in run.text
    assert "does not accept it after" not in run.text
    assert (place.stored()["stage"], place.stored()["generation"]) == ("created", 0)


@pytest.mark.parametrize("hand_over", ["is silent", pytest.param("fails", marks=pytest.mark.full)])
def test_confirmations_of_one_account_do_not_count_for_another(place: Rehearsal, hand_over: str) -> None:
    place.simulator.engine.load_accounts([account(), {**account(), "api_key": "c0ffee01"}])
    place.start_consumer()
    hook = place.directory / "hook.yml"
    task = {"name": "Fail", "ansible.builtin.fail": {"msg": "not today"}, "when": hand_over == "fails"}
    hook.write_text(json.dumps([task]), encoding="utf-8")
    other = {
        "rotate_api_secret_account_id": "c0ffee01",
        "rotate_api_secret_record": str(place.directory / "other.yml"),
        "rotate_api_secret_distribute_tasks": str(hook),
        "rotate_api_secret_confirm_tasks": str(hook),
    }
    playbook = place.directory / "both.yml"
    imported = "community.vonage.rotate_api_secret"
    play = [{"import_playbook": imported}, {"import_playbook": imported, "vars": other}]
    playbook.write_text(json.dumps(play), encoding="utf-8")
    run = place.run(playbook=str(playbook))
    assert "grace (unconfirmed_consumers)" in run.output
    assert_rotated(place)
    assert len(place.secret_ids("c0ffee01")) == 2
    assert place.stop_consumer()["refused"] == 0


def test_a_limit_without_localhost_is_refused(place: Rehearsal) -> None:
    run = place.run("--limit", "sms_gateways")
    assert run.status == 2
    assert "name localhost too, as in --limit localhost,gateway1" in run.text
    assert place.calls() == []


@pytest.mark.full
def test_a_limit_does_not_shrink_who_must_confirm(place: Rehearsal) -> None:
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory = json.dumps({"all": {"children": {"sms_gateways": {"hosts": {"gateway2": host}}}}})
    (place.directory / "more.json").write_text(inventory, encoding="utf-8")
    place.start_consumer()
    run = place.rotate("-i", str(place.directory / "more.json"), "--limit", "localhost,gateway1")
    assert "have not confirmed generation 1: gateway2" in run.text
    assert len(place.secret_ids()) == 2
    assert place.stop_consumer()["refused"] == 0


def test_status_only_reads(place: Rehearsal) -> None:
    run = place.rotate("-e", "rotate_api_secret_mode=status")
    assert "rotate (max_age)" in run.output
    assert place.calls() == [f"GET {SECRETS} 200"]
    assert not place.record.exists()


@pytest.mark.full
@pytest.mark.every_core
def test_a_store_of_ones_own_is_given_the_same_record_each_time_it_looks(place: Rehearsal) -> None:
    store, file = place.directory / "store", place.directory / "stored.json"
    store.mkdir()
    file.write_text('{"record": null}', encoding="utf-8")
    stored = f"{{{{ lookup('file', '{file}') | from_json }}}}"
    load = {"ansible.builtin.set_fact": {"rotate_api_secret_stored": stored}}
    content = "{{ {'record': rotate_api_secret_next} | to_json }}"
    expected = f"({stored[3:-3]}).record"
    version = f"rotate_api_secret_next.version - 1 == ({expected} or {{'version': 0}}).version"
    save = [
        {"ansible.builtin.assert": {"that": version}},
        {"ansible.builtin.copy": {"content": content, "dest": str(file), "mode": "0600"}, "diff": False},
        {"ansible.builtin.assert": {"that": f"rotate_api_secret_next == {expected}"}},
        load,
    ]
    (store / "load.yml").write_text(json.dumps([load]), encoding="utf-8")
    (store / "save.yml").write_text(json.dumps([{**task, "no_log": True} for task in save]), encoding="utf-8")
    place.write_inventory(store=str(store), record="")
    place.start_consumer()
    place.rotate()
    record = json.loads(file.read_text(encoding="utf-8"))["record"]
    assert (record["stage"], record["generation"], record["version"]) == ("idle", 1, 5)
    assert place.secret_ids() == [record["current"]["id"]]
    assert f"VONAGE_API_SECRET={record['current']['value']}\n" in place.env_file.read_text(encoding="utf-8")
    assert place.stop_consumer()["refused"] == 0
