# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook rotate_fleet: who comes first and last, when it stops, and that it goes on later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, HANGS, Rehearsal, Run, account, snippets
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request

PLAYBOOK = "community.vonage.rotate_fleet"
SUBACCOUNTS = [f"5ab0000{number}" for number in range(1, 6)]


class Accounts:
    """A primary account and its subaccounts, which are the hosts of a group."""

    def __init__(self, place: Rehearsal, with_secrets: bool = True) -> None:
        self.place = place
        secret = {"created_at": "2026-03-04T05:06:07Z"}
        place.simulator.engine.load_accounts(
            [
                account(),
                *(
                    account(api_key=key, primary_account=ACCOUNT, secrets=[{**secret, "value": f"First0f{key}"}])
                    for key in SUBACCOUNTS
                ),
            ]
        )
        self.secrets = {key: f"First0f{key}" for key in SUBACCOUNTS if with_secrets} | {ACCOUNT: FIRST_SECRET}
        # What a host is called when it is not named after its account.
        self.names: dict[str, str] = {}
        # Further variables of hosts.
        self.variables: dict[str, dict[str, Any]] = {}
        (place.directory / "records").mkdir()

    def arguments(self, **settings: Any) -> tuple[str, ...]:
        """Write the inventory, and name the settings."""
        hosts = {
            self.names.get(key, key): {
                **({"rotate_fleet_secret": self.secrets[key]} if key in self.secrets else {}),
                **({"vonage_api_key": key} if key in self.names else {}),
                **self.variables.get(key, {}),
            }
            for key in (ACCOUNT, *SUBACCOUNTS)
        }
        variables = {
            "rotate_api_secret_record_in_clear": True,
            "rotate_api_secret_consumers": "",
            "rotate_api_secret_report": f"{self.place.directory}/report.jsonl",
        }
        inventory = {"all": {"vars": variables, "children": {"accounts": {"hosts": hosts}}}}
        self.place.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        extra = {
            "rotate_fleet_accounts": "accounts",
            "rotate_fleet_records": f"{self.place.directory}/records",
            **settings,
        }
        return "-e", json.dumps(extra)

    def run(
        self, *arguments: str, keep_log: bool = False, environment: dict[str, str] | None = None, **settings: Any
    ) -> Run:
        if not keep_log:
            self.place.simulator.clear_log()
        arguments = (*self.arguments(**settings), *arguments)
        return self.place.run(*arguments, playbook=PLAYBOOK, vault=False, environment=environment or {})

    def have_rotated(self) -> None:
        """Give each account the record of a rotation that is over, and a secret that is not due."""
        now = datetime.now(timezone.utc).replace(microsecond=0)
        since = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        for key in (ACCOUNT, *SUBACCOUNTS):
            (secret,) = self.place.account(key).live
            secret.created_at = now.timestamp()
            nothing = dict.fromkeys(("pending", "previous", "lease"))
            self.write(key, {
                **{"schema": 1, "account_id": key, "version": 9, "generation": 1, "stage": "idle"},
                "current": {"value": secret.value, "id": secret.id, "created_at": since, "since": since},
                **{**nothing, "retired": [], "ids_before": []},
            })  # fmt: skip

    def write(self, key: str, record: dict[str, Any]) -> None:
        self.record_file(key).write_text(yaml.safe_dump({"vonage_rotation": record}), encoding="utf-8")

    def finish(self, **options: Any) -> None:
        """Rotate all accounts, and have their rotations end."""
        for mode in ("rotate", "finish"):
            run = self.run("-e", f"rotate_api_secret_mode={mode}", **options)
            assert run.status == 0, run.output

    def run_and_kill(self, creations: int) -> None:
        """Run, and kill the run before it has the answer to so many creations."""

        def killing(request: Request, answer: Answer) -> Delivery:
            delivery = answer(request)
            if len(self.created()) >= creations:
                os.killpg(process.pid, signal.SIGKILL)
            return delivery

        end = intercept(self.place.simulator, killing)
        # One account at a time, so that none is created beside it.
        command = self.place.command(*self.arguments(), "--forks=1", playbook=PLAYBOOK, vault=False)
        process = subprocess.Popen(
            command, env=self.place.environment(), stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            assert process.wait(HANGS) == -signal.SIGKILL
        finally:
            process.kill()
            end()

    def created(self) -> list[str]:
        """The accounts that got a new secret in the last run, in this order."""
        return [
            entry.path.split("/")[2]
            for entry in self.place.simulator.log
            if entry.method == "POST" and entry.status == 201
        ]

    def touched(self) -> set[str]:
        """The accounts that were asked for anything in the last run."""
        return {entry.path.split("/")[2] for entry in self.place.simulator.log}

    def record_file(self, key: str) -> Path:
        return self.place.directory / "records" / f"{key}.yml"

    def record(self, key: str) -> dict[str, Any]:
        record: dict[str, Any] = yaml.safe_load(self.record_file(key).read_text(encoding="utf-8"))["vonage_rotation"]
        return record

    def lease(self, key: str) -> None:
        """Have a run on another machine hold the record of an account."""
        holder = f"{key} 2026-11-26T12:00:00+00:00 root@elsewhere process 1, 5/another-boot/pid:[1]"
        self.write(key, {**self.record(key), "lease": {"holder": holder, "expires": "2999-01-01T00:00:00Z"}})


@pytest.mark.every_core
def test_a_canary_is_first_and_the_primary_account_is_last(place: Rehearsal) -> None:
    accounts = Accounts(place)
    run = accounts.run()
    assert run.status == 0, run.output
    created = accounts.created()
    assert sorted(created) == sorted([ACCOUNT, *SUBACCOUNTS])
    assert created[-1] == ACCOUNT
    for key in created:
        assert accounts.record(key)["account_id"] == key
        assert accounts.record(key)["generation"] == 1
    assert f"done: {', '.join([*SUBACCOUNTS, ACCOUNT])}" in run.text
    # The report of all of them is one file.
    lines = (place.directory / "report.jsonl").read_text(encoding="utf-8").splitlines()
    entries = sorted((entry["account_id"], entry["event"]) for entry in map(json.loads, lines))
    assert entries == sorted((key, event) for key in created for event in ("created", "ended"))

    again = accounts.run()
    assert (again.status, again.changed) == (0, 0), again.output
    assert accounts.created() == []


def test_a_canary_that_fails_keeps_the_others_from_being_begun(place: Rehearsal) -> None:
    accounts = Accounts(place)
    # The order of the inventory counts.
    canary = SUBACCOUNTS[0]
    accounts.secrets[canary] = "NotTheSecret1"
    run = accounts.run(rotate_fleet_max_fail=5)
    assert run.status == 2
    assert accounts.created() == []
    assert accounts.touched() == {canary}
    assert f"failed: {canary}" in run.text
    assert f"left alone: {', '.join([*SUBACCOUNTS[1:], ACCOUNT])}" in run.text


@pytest.mark.full
def test_no_value_is_left_in_the_variables_of_the_run(place: Rehearsal) -> None:
    accounts = Accounts(place, with_secrets=False)
    accounts.secrets.clear()
    assert accounts.run().status == 0
    shown = [{"ansible.builtin.debug": {"var": name}} for name in ("hostvars", "hostvars['localhost']")]
    show = {"hosts": "localhost", "gather_facts": False, "tasks": shown}
    playbook = place.write_playbook({"import_playbook": PLAYBOOK}, show)
    # The records have the values now. `Rehearsal` looks for them in the output.
    run = place.run(*accounts.arguments(), playbook=playbook, vault=False)
    assert run.status == 0, run.output
    assert f"done: {', '.join([*SUBACCOUNTS, ACCOUNT])}" in run.text
    assert "rotate_api_secret_look" in run.output


@pytest.mark.full
def test_too_many_failures_end_it_and_the_primary_account_stays(place: Rehearsal) -> None:
    accounts = Accounts(place)
    for key in SUBACCOUNTS[1:3]:
        place.simulator.add_fault("status_before", status=500, method="POST", path=f"/{key}/", times=1)
    run = accounts.run(rotate_fleet_batch=1, rotate_fleet_max_fail=2)
    assert run.status == 2
    assert accounts.created() == [SUBACCOUNTS[0]]
    assert f"failed: {', '.join(SUBACCOUNTS[1:3])}" in run.text
    assert f"left alone: {', '.join([*SUBACCOUNTS[3:], ACCOUNT])}" in run.text

    values = {key: accounts.record(key)["pending"]["value"] for key in SUBACCOUNTS[1:3]}
    run = accounts.run()
    assert run.status == 0, run.output
    assert sorted(accounts.created()) == sorted([ACCOUNT, *SUBACCOUNTS[1:]])
    assert {key: accounts.record(key)["current"]["value"] for key in values} == values


@pytest.mark.full
def test_one_failure_of_several_that_are_allowed_leaves_the_others_rotated(place: Rehearsal) -> None:
    accounts = Accounts(place)
    place.simulator.add_fault("status_before", status=500, method="POST", path=f"/{SUBACCOUNTS[2]}/", times=1)
    run = accounts.run(rotate_fleet_max_fail=2)
    assert run.status == 2
    # But not the primary account, which the one that failed may have to log in with.
    assert sorted(accounts.created()) == [key for key in SUBACCOUNTS if key != SUBACCOUNTS[2]]


@pytest.mark.full
def test_the_others_log_in_with_the_secret_that_the_primary_account_has_now(place: Rehearsal) -> None:
    accounts = Accounts(place, with_secrets=False)
    run = accounts.run()
    assert run.status == 0, run.output
    assert accounts.created()[-1] == ACCOUNT
    # The primary account's first secret is revoked.
    accounts.run("-e", "rotate_api_secret_mode=finish", "--limit", f"localhost,{ACCOUNT}")
    found = place.account()
    assert [secret.value for secret in found.live] == [accounts.record(ACCOUNT)["current"]["value"]]
    again = accounts.run()
    assert again.status == 0, again.output


@pytest.mark.full
def test_the_inventory_of_the_guide_logs_in_with_the_secret_of_the_record(place: Rehearsal) -> None:
    accounts = Accounts(place)
    assert accounts.run().status == 0
    accounts.run("-e", "rotate_api_secret_mode=finish")
    inventory = place.directory / "vonage_subaccounts.yml"
    snippet = dict(snippets())["docs/rotation.md 6"]
    inventory.write_text(snippet.replace("/srv/rotation", f"{place.directory}/records"), encoding="utf-8")
    run = accounts.run("-i", str(inventory), rotate_fleet_accounts="vonage_accounts")
    assert run.status == 0, run.output
    assert "left alone: none" in run.text
    assert accounts.touched() >= {*SUBACCOUNTS, ACCOUNT}


@pytest.mark.full
def test_a_run_that_is_killed_is_finished_and_an_account_that_is_leased_is_left_to_its_holder(place: Rehearsal) -> None:
    accounts = Accounts(place)
    # The canary is done by then, and the secret of another account was just made.
    accounts.run_and_kill(creations=2)
    _canary, begun = accounts.created()
    assert accounts.record(begun)["lease"] is not None
    made = accounts.record(begun)["pending"]["value"]
    run = accounts.run(keep_log=True)
    assert run.status == 0, run.output
    # No secret was made twice.
    assert sorted(accounts.created()) == sorted([ACCOUNT, *SUBACCOUNTS])
    assert accounts.record(begun)["current"]["value"] == made
    for key in (ACCOUNT, *SUBACCOUNTS):
        record = accounts.record(key)
        assert (record["stage"], record["generation"], record["lease"]) == ("distributed", 1, None)

    leased, others = SUBACCOUNTS[2], [key for key in SUBACCOUNTS if key != SUBACCOUNTS[2]]
    accounts.lease(leased)
    before = accounts.record_file(leased).read_bytes()
    run = accounts.run("-e", "rotate_api_secret_mode=finish", rotate_fleet_max_fail=2)
    assert run.status == 2
    assert "blocked (leased)" in run.text
    assert f"failed: {leased}" in run.text
    assert f"left alone: {ACCOUNT}" in run.text
    assert f"done: {', '.join(others)}" in run.text
    assert accounts.record_file(leased).read_bytes() == before
    for key in others:
        record = accounts.record(key)
        assert (record["stage"], record["generation"], record["lease"]) == ("idle", 1, None)
        assert place.secret_ids(key) == [record["current"]["id"]]
    assert [len(place.secret_ids(key)) for key in (leased, ACCOUNT)] == [2, 2]


@pytest.mark.every_core
def test_an_account_with_nothing_to_do_costs_a_request_and_no_task(place: Rehearsal) -> None:
    accounts = Accounts(place)
    metrics = place.directory / "metrics.prom"
    accounts.have_rotated()
    report = place.directory / "report.jsonl"
    run = accounts.run(rotate_api_secret_metrics=str(metrics))
    keys = [*SUBACCOUNTS, ACCOUNT]
    assert (run.status, run.changed) == (0, 0), run.output
    assert f"nothing to do: {', '.join(keys)}" in run.text
    assert sorted(place.calls()) == sorted(f"GET /accounts/{key}/secrets 200" for key in keys)
    assert "TASK [community.vonage.rotate_api_secret : Load the rotation record]" not in run.output
    entries = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert [(entry["account_id"], entry["event"], entry["outcome"]) for entry in entries] == [
        (key, "ended", "idle") for key in keys
    ]
    text = metrics.read_text(encoding="utf-8")
    for key in keys:
        assert f'vonage_rotation_generation{{account_id="{key}"}} 1\n' in text
        assert f'vonage_rotation_last_success_timestamp_seconds{{account_id="{key}"}} ' in text


@pytest.mark.full
def test_what_is_due_unfinished_or_other_than_recorded_is_rotated(place: Rehearsal) -> None:
    due, foreign, refused, leased, idle = SUBACCOUNTS
    accounts = Accounts(place)
    accounts.have_rotated()
    accounts.variables[due] = {"rotate_api_secret_force": True}
    place.simulator.state.create_secret(place.account(foreign), "SomebodyElses1")
    record = accounts.record(refused)
    accounts.write(refused, {**record, "current": {**record["current"], "value": "NotTheSecret1"}})
    accounts.lease(leased)
    run = accounts.run(rotate_fleet_max_fail=9)
    assert accounts.created() == [due]
    assert f"failed: {foreign}, {refused}, {leased}" in run.text
    assert f"done: {due}" in run.text
    assert f"nothing to do: {idle}, {ACCOUNT}" in run.text
    assert "unknown_second_secret" in run.text


def test_two_hosts_that_are_one_account_are_refused(place: Rehearsal) -> None:
    accounts = Accounts(place)
    accounts.variables[SUBACCOUNTS[1]] = {"vonage_api_key": SUBACCOUNTS[0]}
    run = accounts.run()
    assert run.status == 2
    assert f"The hosts {SUBACCOUNTS[0]} and {SUBACCOUNTS[1]} are the same account, {SUBACCOUNTS[0]}" in run.text
    assert accounts.touched() == set()


@pytest.mark.full
def test_a_setting_of_the_wrong_type_is_said_by_the_first_account(place: Rehearsal) -> None:
    accounts = Accounts(place)
    accounts.have_rotated()
    run = accounts.run(rotate_api_secret_force="maybe")
    assert run.status == 2
    assert "rotate_api_secret_force" in run.text
    assert accounts.created() == []


@pytest.mark.full
def test_two_slices_of_a_job_rotate_their_own_accounts_at_once(place: Rehearsal) -> None:
    accounts = Accounts(place)
    accounts.have_rotated()
    # From now on, the primary account logs in for the others.
    accounts.secrets.clear()
    command = place.command(*accounts.arguments(), playbook=PLAYBOOK, vault=False)
    # A slice has the group, with a part of its hosts. The primary account is in one of them.
    slices = []
    for number, keys in enumerate([[ACCOUNT, *SUBACCOUNTS[:2]], SUBACCOUNTS[2:]]):
        inventory = yaml.safe_load(place.inventory.read_text(encoding="utf-8"))
        hosts = inventory["all"]["children"]["accounts"]["hosts"]
        inventory["all"]["children"]["accounts"]["hosts"] = {key: hosts[key] for key in keys}
        path = place.directory / f"slice{number}.yml"
        path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        slices.append([str(path) if word == str(place.inventory) else word for word in command])
    place.simulator.clear_log()
    for setting, secrets in (("force=true", 2), ("mode=finish", 1), ("mode=rotate", 1)):
        jobs = [
            subprocess.Popen(
                [*one, "-e", f"rotate_api_secret_{setting}"],
                env=place.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for one in slices
        ]
        for job in jobs:
            output, _nothing = job.communicate(timeout=HANGS)
            assert job.returncode == 0, output
        for key in (ACCOUNT, *SUBACCOUNTS):
            record = accounts.record(key)
            assert (record["generation"], record["lease"]) == (2, None)
            assert len(place.secret_ids(key)) == secrets
            assert record["current"]["id"] in place.secret_ids(key)
    assert sorted(accounts.created()) == sorted([ACCOUNT, *SUBACCOUNTS])


@pytest.mark.full
def test_the_records_may_be_in_a_store_of_ones_own(place: Rehearsal) -> None:
    accounts = Accounts(place)
    # The tasks of the store are modules.
    accounts.variables = {key: {"ansible_python_interpreter": sys.executable} for key in (ACCOUNT, *SUBACCOUNTS)}
    store = place.directory / "own"
    store.mkdir()
    found = "lookup('file', file) | from_json if file is file else none"
    variables = {"file": f"{place.directory}/records/{{{{ rotate_api_secret_account_id }}}}.json"}
    load = {
        "ansible.builtin.set_fact": {"rotate_api_secret_stored": f"{{{{ {{'record': {found}}} }}}}"},
        "no_log": True,
        "vars": variables,
    }
    copy = {"content": "{{ rotate_api_secret_next | to_json }}", "dest": "{{ file }}", "mode": "0600"}
    save = {"ansible.builtin.copy": copy, "no_log": True, "diff": False, "vars": variables}
    (store / "load.yml").write_text(json.dumps([load]), encoding="utf-8")
    (store / "save.yml").write_text(json.dumps([save, load]), encoding="utf-8")
    options = {"rotate_api_secret_store": str(store), "rotate_fleet_records": ""}
    accounts.finish(**options)
    run = accounts.run(**options)
    assert (run.status, run.changed) == (0, 0), run.output
    assert "nothing to do: none" in run.text
    for key in SUBACCOUNTS:
        record = json.loads((place.directory / "records" / f"{key}.json").read_text(encoding="utf-8"))
        assert place.secret_ids(key) == [record["current"]["id"]]


@pytest.mark.full
@pytest.mark.every_core
def test_the_primary_account_is_last_whatever_its_host_is_called(place: Rehearsal) -> None:
    accounts = Accounts(place, with_secrets=False)
    accounts.names = {ACCOUNT: "Headquarters", SUBACCOUNTS[0]: "Lyon"}
    run = accounts.run()
    assert run.status == 0, run.output
    created = accounts.created()
    assert sorted(created) == sorted([ACCOUNT, *SUBACCOUNTS])
    assert created[-1] == ACCOUNT


def test_a_limit_without_localhost_is_refused(place: Rehearsal) -> None:
    accounts = Accounts(place)
    for key in (SUBACCOUNTS[0], ACCOUNT):
        run = accounts.run("--limit", key)
        assert run.status == 2
        assert f"name localhost too, as in --limit localhost,{key}" in run.text
        assert accounts.touched() == set()


def test_consumers_on_hosts_are_refused(place: Rehearsal) -> None:
    accounts = Accounts(place)
    run = accounts.run(rotate_api_secret_consumers="accounts")
    assert run.status == 2
    assert "set rotate_api_secret_consumers to an empty string, or run the playbook" in run.text
    assert accounts.touched() == set()


@pytest.mark.parametrize(
    "settings",
    [
        {"rotate_fleet_accounts": "nobody"},
        pytest.param({"rotate_fleet_records": "records"}, marks=pytest.mark.full),
        pytest.param({"rotate_fleet_max_fail": 0}, marks=pytest.mark.full),
    ],
    ids=str,
)
def test_settings_that_are_wrong(place: Rehearsal, settings: dict[str, Any]) -> None:
    accounts = Accounts(place)
    run = accounts.run(**settings)
    assert run.status == 2
    assert "Set rotate_fleet_accounts to an inventory group" in run.text
    assert accounts.touched() == set()
