# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations of many accounts at once, with the accounts as hosts: each on its own, however the play runs them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal, Run, account
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request

# What one account's rotation sends; docs/rotation.md says why.
ROTATION = [
    "GET secrets 200",  # observe
    "GET secrets 401",  # create: is the value there already?
    "GET secrets 200",  # create: is there a free slot?
    "POST secrets 201",  # create
    *["GET get-balance 200"] * 3,  # verify
    *["GET secrets 200"] * 3,
    "GET secrets 200",  # observe again
]
FINISH = [
    "GET secrets 200",  # observe
    "GET secrets 200",  # observe again
    "GET secrets 200",  # revoke: is it still there?
    "DELETE id 204",  # revoke
    "GET secrets 200",  # settle: is the new one alone?
    "GET secrets 401",  # settle: is the old one refused?
]


class Fleet:
    """Accounts that are hosts, each with a secret of its own.

    At each answer to an account, the value in use that its record names is looked for among the valid ones.

    :ivar keys: The API keys, which are the names of the hosts.
    :ivar cut_off: The accounts whose record named a value that was not valid.
    """

    def __init__(self, place: Rehearsal, count: int) -> None:
        self.keys = [f"acc{number:05}" for number in range(count)]
        self.cut_off: list[str] = []
        self._place = place
        self._variables: dict[str, dict[str, Any]] = {key: {} for key in self.keys}
        secret = {"created_at": "2026-03-04T05:06:07Z"}
        accounts = [account(api_key=key, secrets=[{**secret, "value": self.first_secret(key)}]) for key in self.keys]
        place.simulator.engine.load_accounts([account(), *accounts])
        intercept(place.simulator, self._watch)

    @staticmethod
    def first_secret(key: str) -> str:
        return f"First0f{key}"

    def set(self, key: str, **variables: Any) -> None:
        """Change variables of one account, without the prefix of the role."""
        self._variables[key].update(variables)

    def run(self, *arguments: str, strategy: str = "linear", forks: int = 5, **keywords: Any) -> Run:
        """Run the role for all accounts.

        :param keywords: Further keywords of the play.
        """
        hosts = {
            key: {
                f"rotate_api_secret_{name}": value
                for name, value in {"api_secret": self.first_secret(key), **self._variables[key]}.items()
            }
            for key in self.keys
        }
        variables = {
            "rotate_api_secret_account_id": "{{ inventory_hostname }}",
            "rotate_api_secret_record": f"{self._place.directory}/{{{{ inventory_hostname }}}}.yml",
            "rotate_api_secret_record_in_clear": True,
            "rotate_api_secret_consumers": "",
        }
        inventory = {"all": {"children": {"vonage_accounts": {"hosts": hosts, "vars": variables}}}}
        self._place.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        play = {
            "hosts": "vonage_accounts",
            "gather_facts": False,
            "connection": "local",
            "strategy": strategy,
            "tasks": [{"ansible.builtin.import_role": {"name": "community.vonage.rotate_api_secret"}}],
            **keywords,
        }
        self._place.simulator.clear_log()
        return self._place.run(
            *("--forks", str(forks), *arguments),
            playbook=self._place.write_playbook(play),
            vault=False,
            # The credentials are the hosts' own.
            environment={"VONAGE_API_KEY": "", "VONAGE_API_SECRET": ""},
        )

    def rotate(self, *arguments: str, **options: Any) -> Run:
        run = self.run(*arguments, **options)
        assert run.status == 0, run.output
        return run

    def path(self, key: str) -> Path:
        return self._place.directory / f"{key}.yml"

    def record(self, key: str) -> dict[str, Any]:
        record: dict[str, Any] = yaml.safe_load(self.path(key).read_text(encoding="utf-8"))["vonage_rotation"]
        return record

    def valid(self, key: str) -> list[str]:
        """The values that Vonage accepts for an account."""
        found = self._place.account(key)
        return [secret.value for secret in found.live]

    def calls(self, key: str) -> list[str]:
        """The requests for an account, each as verb, the end of its path and status."""
        return [
            f"{entry.method} {'id' if entry.method == 'DELETE' else entry.path.rpartition('/')[2]} {entry.status}"
            for entry in self._place.simulator.log
            if key in (entry.api_key, entry.path.split("/")[2])
        ]

    def assert_rotated(self, *keys: str) -> None:
        """These accounts have a new value in their record, and the old one besides."""
        for key in keys:
            record = self.record(key)
            assert (record["account_id"], record["generation"]) == (key, 1)
            assert self.valid(key) == [self.first_secret(key), record["current"]["value"]]

    def _watch(self, request: Request, answer: Answer) -> Delivery:
        delivery = answer(request)
        for key in self.keys:
            if f"/{key}/" in request.path and self.path(key).exists():
                current = self.record(key)["current"]
                if current is not None and current["value"] not in self.valid(key):
                    self.cut_off.append(key)
        return delivery


@pytest.mark.parametrize(
    ("strategy", "forks"),
    [
        pytest.param("free", 5, marks=pytest.mark.every_core),
        pytest.param("linear", 20, marks=pytest.mark.full),
    ],
)
def test_each_account_is_rotated_once_and_on_its_own(place: Rehearsal, strategy: str, forks: int) -> None:
    fleet = Fleet(place, 6)
    fleet.rotate(strategy=strategy, forks=forks)
    assert {key: fleet.calls(key) for key in fleet.keys} == dict.fromkeys(fleet.keys, ROTATION)
    fleet.assert_rotated(*fleet.keys)
    assert len({fleet.record(key)["current"]["value"] for key in fleet.keys}) == 6

    fleet.rotate("-e", "rotate_api_secret_mode=finish", strategy=strategy, forks=forks)
    assert {key: fleet.calls(key) for key in fleet.keys} == dict.fromkeys(fleet.keys, FINISH)
    for key in fleet.keys:
        assert fleet.valid(key) == [fleet.record(key)["current"]["value"]]
        assert fleet.record(key)["stage"] == "idle"

    idle = fleet.rotate(strategy=strategy, forks=forks)
    assert idle.changed == 0
    assert {key: fleet.calls(key) for key in fleet.keys} == dict.fromkeys(fleet.keys, ["GET secrets 200"])
    assert fleet.cut_off == []


@pytest.mark.full
def test_the_guide_says_how_many_tasks_and_requests_a_run_takes(place: Rehearsal) -> None:
    fleet = Fleet(place, 1)
    counted = []
    for arguments in ((), ("-e", "rotate_api_secret_mode=finish"), ()):
        run = fleet.rotate(*arguments)
        counted.append((run.output.count("\nTASK ["), len(fleet.calls(*fleet.keys))))
    guide = (ROOT / "docs" / "rotation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| the role, .* \| (\d+) \| (\d+) \|$", guide, re.MULTILINE)
    assert [(int(tasks), int(requests)) for tasks, requests in rows] == counted


@pytest.mark.full
@pytest.mark.parametrize(
    "keywords",
    [{"strategy": "linear"}, {"strategy": "free"}, {"serial": 2}],
    ids=str,
)
def test_accounts_that_fail_leave_the_others_rotated(place: Rehearsal, keywords: dict[str, Any]) -> None:
    fleet = Fleet(place, 4)
    locked_out, unanswered = fleet.keys[1:3]
    others = [key for key in fleet.keys if key not in (locked_out, unanswered)]
    fleet.set(locked_out, api_secret="NotTheSecret1")
    place.simulator.add_fault("status_before", status=500, method="POST", path=f"/{unanswered}/", times=1)
    run = fleet.run(**keywords)
    assert run.status == 2
    assert f"fatal: [{locked_out}]: FAILED!" in run.output
    assert f"fatal: [{unanswered}]: FAILED!" in run.output
    fleet.assert_rotated(*others)
    assert {key: fleet.calls(key) for key in others} == dict.fromkeys(others, ROTATION)
    assert not fleet.path(locked_out).exists()
    value = fleet.record(unanswered)["pending"]["value"]

    fleet.set(locked_out, api_secret=fleet.first_secret(locked_out))
    fleet.rotate(**keywords)
    fleet.assert_rotated(*fleet.keys)
    assert fleet.record(unanswered)["current"]["value"] == value
    assert [call for key in others for call in fleet.calls(key) if not call.startswith("GET ")] == []
    assert fleet.cut_off == []


@pytest.mark.full
@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_an_account_that_has_to_wait_waits_alone(place: Rehearsal, strategy: str) -> None:
    fleet = Fleet(place, 3)
    slow = fleet.keys[1]
    # The first login with its new value.
    place.simulator.add_fault("status_before", status=401, path=f"/{slow}/", nth=5)
    fleet.rotate("-e", "rotate_api_secret_verify_interval=0", strategy=strategy)
    fleet.assert_rotated(*fleet.keys)
    counts = {key: fleet.calls(key).count("GET get-balance 200") for key in fleet.keys}
    assert counts == {**dict.fromkeys(fleet.keys, 3), slow: 6}


@pytest.mark.full
@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_two_accounts_with_one_record_are_refused_before_anything_is_created(place: Rehearsal, strategy: str) -> None:
    fleet = Fleet(place, 3)
    one, other, third = fleet.keys
    fleet.set(other, record=str(fleet.path(one)))
    fleet.set(one, record=str(fleet.path(one)))
    run = fleet.run(strategy=strategy)
    assert run.status == 2
    owner = fleet.record(one)["account_id"]
    refused = other if owner == one else one
    # It was saved by the owner before the other account read it, or in between.
    said = (f"belongs to account {owner}, not to {refused}", f"it became the record of account {owner} meanwhile")
    assert any(words in run.text for words in said), run.output
    assert fleet.valid(refused) == [fleet.first_secret(refused)]
    assert fleet.valid(owner) == [fleet.first_secret(owner), fleet.record(one)["current"]["value"]]
    fleet.assert_rotated(third)


@pytest.mark.full
def test_subaccounts_start_with_the_credentials_of_the_primary_account(place: Rehearsal) -> None:
    fleet = Fleet(place, 3)
    for key in fleet.keys:
        found = place.account(key)
        found.primary_account = ACCOUNT
        fleet.set(key, api_key=ACCOUNT, api_secret=FIRST_SECRET)
    fleet.rotate()
    fleet.assert_rotated(*fleet.keys)
    # Which secret the new one replaces is said by nobody, so that it stays.
    fleet.rotate("-e", "rotate_api_secret_mode=finish")
    fleet.assert_rotated(*fleet.keys)
    assert fleet.cut_off == []
