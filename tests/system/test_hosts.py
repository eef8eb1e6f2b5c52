# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Consumers on many hosts: batches, strategies, hosts that fail, come and go, and runs that leave plays out.

Each host has a process that logs in all the time with the secret that it read last. None of them may be refused.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal, Run, account
from workplace import HANGS, wait_for

HOSTS = ["gateway1", "gateway2", "gateway3"]
GRACE = ("-e", "rotate_api_secret_grace=1h")
HAND_OVER = "Hand the secret over, and ask which one is in use"
REVOKE = "Revoke the old secret, when every consumer uses the new one"


class Gateways:
    """The hosts of the inventory group, and a process on each.

    :ivar hosts: Those that are in the group now.
    :ivar variables: Further ones of a host.
    """

    def __init__(self, place: Rehearsal) -> None:
        self.place = place
        self.hosts = list(HOSTS)
        self.variables: dict[str, dict[str, Any]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        for host in HOSTS:
            self.start(host)

    def start(self, host: str) -> None:
        """Start the process of a host, with the first secret."""
        directory = self._directory(host)
        directory.mkdir()
        env_file = directory / "vonage.env"
        env_file.write_text(f"VONAGE_API_KEY={ACCOUNT}\nVONAGE_API_SECRET={FIRST_SECRET}\n", encoding="utf-8")
        command = [sys.executable, ROOT / "tests" / "demo" / "consumer.py", env_file, self.place.url, directory]
        self._processes[host] = subprocess.Popen(command)
        wait_for((directory / "generation").exists, f"the first login of {host}")

    def run(self, *arguments: str, **options: Any) -> Run:
        """Rotate on the hosts of the group.

        :param arguments: Of ansible-playbook.
        :param options: Of `Rehearsal.run`.
        """
        here = f"{self.place.directory}/{{{{ inventory_hostname }}}}"
        group = {
            host: {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                **self.variables.get(host, {}),
            }
            for host in self.hosts
        }
        settings = {
            "record": str(self.place.record),
            "consumers": "sms_gateways",
            "env_file": f"{here}/vonage.env",
            "reload": ["sh", "-c", f"kill -HUP $(cat {here}/pid)"],
            "confirm": ["cat", f"{here}/generation"],
        }
        inventory = {
            "all": {
                "children": {"sms_gateways": {"hosts": group}},
                "vars": {f"rotate_api_secret_{name}": value for name, value in settings.items()},
            }
        }
        self.place.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        self.place.simulator.clear_log()
        return self.place.run(*arguments, **options)

    def generations(self) -> set[str]:
        """Which secrets the processes use, by their numbers."""
        return {(self._directory(host) / "generation").read_text() for host in self.hosts}

    def assert_rotated(self, generation: int = 1) -> None:
        """The rotation is over, everybody has the new secret, and nobody was refused."""
        record = self.place.stored()
        assert (record["stage"], record["generation"]) == ("idle", generation)
        assert self.place.secret_ids() == [record["current"]["id"]]
        assert self.generations() == {str(generation)}
        self.assert_served()

    def assert_served(self) -> None:
        """Nobody in the group was refused at any time."""
        for host in self.hosts:
            counts = json.loads((self._directory(host) / "counts.json").read_text(encoding="utf-8"))
            assert counts["accepted"] > 0
            assert counts["refused"] == 0, host

    def unreachable(self) -> dict[str, Any]:
        """Variables of a host that is down."""
        return {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": 9,
            "ansible_ssh_common_args": "-o ConnectTimeout=2",
        }

    def close(self) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            process.wait(HANGS)

    def _directory(self, host: str) -> Path:
        return self.place.directory / host


@pytest.fixture
def gateways(place: Rehearsal) -> Iterator[Gateways]:
    made = Gateways(place)
    yield made
    made.close()


def own_playbook(place: Rehearsal, **keywords: Any) -> str:
    """The playbook of the guide, with other keywords for the play on the consumers."""
    guide = (ROOT / "docs" / "rotation.md").read_text(encoding="utf-8").partition("### On many hosts")[2]
    begin, deploy, finish = yaml.safe_load(guide.partition("```yaml\n")[2].partition("```")[0])
    assert deploy.pop("serial") == 5
    return place.write_playbook(begin, {**deploy, **keywords}, finish)


# -- batches and strategies --------------------------------------------------------------------------------------------

KEYWORDS: list[Any] = [
    pytest.param({"serial": ["34%", "100%"], "order": "reverse_inventory"}, marks=pytest.mark.full),
    pytest.param({"strategy": "free"}, marks=pytest.mark.full),
    {"strategy": "host_pinned", "serial": 2, "throttle": 1},
]


@pytest.mark.every_core
@pytest.mark.parametrize("keywords", KEYWORDS, ids=str)
def test_hosts_in_any_order_and_batches_all_count(gateways: Gateways, keywords: dict[str, Any]) -> None:
    run = gateways.run(playbook=own_playbook(gateways.place, **keywords))
    assert run.status == 0, run.output
    gateways.assert_rotated()


@pytest.mark.parametrize(
    "keywords",
    [
        pytest.param({"serial": 1}, marks=pytest.mark.full),
        pytest.param({"strategy": "free"}, marks=pytest.mark.full),
        {"any_errors_fatal": True},
    ],
    ids=str,
)
def test_a_host_that_fails_in_a_batch_keeps_the_old_secret_for_all(
    gateways: Gateways, keywords: dict[str, Any]
) -> None:
    playbook = own_playbook(gateways.place, **keywords)
    gateways.variables["gateway2"] = {"rotate_api_secret_env_file": "/nowhere/vonage.env"}
    run = gateways.run(playbook=playbook)
    assert run.status == 2, run.output
    assert "name a file in a directory that exists on this host, or create /nowhere first" in run.text
    assert len(gateways.place.secret_ids()) == 2
    gateways.assert_served()


@pytest.mark.full
def test_the_strategy_of_the_configuration_does_not_matter(gateways: Gateways) -> None:
    run = gateways.run(environment={"ANSIBLE_STRATEGY": "free"})
    assert run.status == 0, run.output
    gateways.assert_rotated()


# -- hosts that fail, come and go --------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_all_who_are_missing_are_named_and_the_next_run_serves_them(gateways: Gateways) -> None:
    gateways.variables = {
        "gateway1": gateways.unreachable(),
        # Fails between the file and the process.
        "gateway2": {"rotate_api_secret_reload": ["false"]},
        # Has the file, and goes on with the old secret.
        "gateway3": {"rotate_api_secret_reload": ["true"], "rotate_api_secret_confirm_retries": 1},
    }
    run = gateways.run()
    assert run.status != 0
    assert "have not confirmed generation 1: gateway1, gateway2, gateway3" in run.text
    assert len(gateways.place.secret_ids()) == 2

    gateways.variables.clear()
    run = gateways.run()
    assert run.status == 0, run.output
    gateways.assert_rotated()


def test_a_host_that_is_down_keeps_no_other_from_the_secret(gateways: Gateways) -> None:
    gateways.variables["gateway2"] = gateways.unreachable()
    report = gateways.place.directory / "report.jsonl"
    run = gateways.run("-e", f"rotate_api_secret_report={report}", environment={"ANSIBLE_ANY_ERRORS_FATAL": "true"})
    assert "have not confirmed generation 1: gateway2" in run.text
    assert "unconfirmed_consumers" in report.read_text(encoding="utf-8")
    gateways.hosts = ["gateway1", "gateway3"]
    assert gateways.generations() == {"1"}


@pytest.mark.full
def test_what_was_confirmed_for_another_account_does_not_count(gateways: Gateways) -> None:
    place = gateways.place
    other = {"api_key": "efgh5678", "secrets": [{"value": "OfAnotherAccount1"}]}
    place.simulator.engine.load_accounts([account(), account(**other)])
    fails = place.directory / "fails.yml"
    fails.write_text("- ansible.builtin.fail:\n", encoding="utf-8")
    settings = {
        "api_key": "efgh5678",
        "api_secret": "OfAnotherAccount1",
        "account_id": "efgh5678",
        "record": str(place.directory / "other.yml"),
        "force": True,
        "distribute_tasks": str(fails),
    }
    rotation = {"ansible.builtin.import_playbook": "community.vonage.rotate_api_secret"}
    variables = {f"rotate_api_secret_{name}": value for name, value in settings.items()}
    run = gateways.run(playbook=place.write_playbook(rotation, {**rotation, "vars": variables}))
    # Each host has said that it uses generation 1, which is that of both accounts by now.
    assert "have not confirmed generation 1: gateway1, gateway2, gateway3" in run.text
    assert len(place.account("efgh5678").live) == 2
    gateways.assert_rotated()


@pytest.mark.full
def test_what_localhost_said_before_it_failed_does_not_count_for_the_next_account(place: Rehearsal) -> None:
    """As a consumer, localhost stays in the run when its hook has failed."""
    others = [account(api_key=key, secrets=[{"value": f"Of{key}Secret1"}]) for key in ("efgh5678", "ijkl9012")]
    place.simulator.engine.load_accounts(others)
    confirm = place.directory / "confirm.yml"
    first = {"when": "rotate_api_secret_account_id == 'efgh5678'"}
    tasks = [
        {"ansible.builtin.set_fact": {"rotate_api_secret_confirmed_generation": 1}, **first},
        {"ansible.builtin.fail": {"msg": "after it has confirmed"}, **first},
    ]
    confirm.write_text(yaml.safe_dump(tasks), encoding="utf-8")
    place.write_inventory(distribute_tasks="", confirm_tasks=str(confirm))
    inventory = yaml.safe_load(place.inventory.read_text(encoding="utf-8"))
    inventory["all"]["children"]["sms_gateways"]["hosts"] = {"localhost": {"ansible_connection": "local"}}
    place.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    rotations = [
        {
            "import_playbook": "community.vonage.rotate_api_secret",
            "vars": {
                "rotate_api_secret_account_id": key,
                "rotate_api_secret_api_key": key,
                "rotate_api_secret_api_secret": f"Of{key}Secret1",
                "rotate_api_secret_record": str(place.directory / f"{key}.yml"),
            },
        }
        for key in ("efgh5678", "ijkl9012")
    ]
    run = place.run("-e", "rotate_api_secret_force=true", playbook=place.write_playbook(*rotations))
    assert run.output.count("grace (unconfirmed_consumers)") >= 2, run.output
    assert [len(place.account(key).live) for key in ("efgh5678", "ijkl9012")] == [2, 2]


def test_a_host_that_is_added_during_grace_is_served_before_the_old_secret_goes(gateways: Gateways) -> None:
    gateways.hosts = HOSTS[:2]
    run = gateways.run(*GRACE)
    assert "grace (grace_period)" in run.text

    # It came with the old secret, and is not up when the time is over.
    gateways.hosts = list(HOSTS)
    gateways.variables["gateway3"] = gateways.unreachable()
    run = gateways.run("-e", "rotate_api_secret_mode=finish")
    assert "have not confirmed generation 1: gateway3" in run.text
    assert len(gateways.place.secret_ids()) == 2

    gateways.variables.clear()
    record = gateways.place.stored()
    gateways.place.store(previous={**record["previous"], "revoke_not_before": record["current"]["since"]})
    run = gateways.run("-e", "rotate_api_secret_mode=finish")
    assert run.status == 0, run.output
    gateways.assert_rotated()


@pytest.mark.full
def test_a_host_that_is_removed_during_grace_is_not_waited_for(gateways: Gateways) -> None:
    gateways.variables["gateway3"] = gateways.unreachable()
    run = gateways.run()
    assert "have not confirmed generation 1: gateway3" in run.text

    gateways.hosts.remove("gateway3")
    gateways.variables.clear()
    run = gateways.run()
    assert run.status == 0, run.output
    gateways.assert_rotated()


@pytest.mark.full
def test_a_group_that_became_empty_confirms_nothing(gateways: Gateways) -> None:
    gateways.variables = {host: gateways.unreachable() for host in HOSTS}
    run = gateways.run()
    assert "have not confirmed generation 1: gateway1, gateway2, gateway3" in run.text

    gateways.hosts.clear()
    run = gateways.run()
    assert "grace (nobody_confirms)" in run.text
    assert len(gateways.place.secret_ids()) == 2


# -- runs that leave something out -------------------------------------------------------------------------------------


@pytest.mark.every_core
@pytest.mark.parametrize("task", [pytest.param(HAND_OVER, marks=pytest.mark.full), REVOKE])
def test_a_run_that_starts_later_does_nothing(gateways: Gateways, task: str) -> None:
    assert gateways.run(*GRACE).status == 0
    run = gateways.run("-e", "rotate_api_secret_mode=finish", "--start-at-task", task)
    assert run.status == 2
    assert "run the playbook from its start, without --start-at-task and --tags" in run.text
    assert gateways.place.calls() == []


@pytest.mark.full
@pytest.mark.parametrize(
    "arguments",
    [("--tags", "finish"), ("--skip-tags", "begin")],
)
def test_a_play_that_is_left_out_by_tags_leaves_nothing_to_finish(
    gateways: Gateways, arguments: tuple[str, ...]
) -> None:
    assert gateways.run(*GRACE).status == 0
    plays = yaml.safe_load(Path(own_playbook(gateways.place)).read_text(encoding="utf-8"))
    for play, tag in zip(plays, ("begin", "deploy", "finish"), strict=True):
        # As they are inherited by the tasks of the role.
        role = play["tasks"][0].pop("ansible.builtin.include_role")
        play["tasks"] = [{"ansible.builtin.import_role": role}]
        play["tags"] = [tag]
    run = gateways.run(
        "-e", "rotate_api_secret_mode=finish", *arguments, playbook=gateways.place.write_playbook(*plays)
    )
    assert run.status == 2
    assert "run the playbook from its start, without --start-at-task and --tags" in run.text
    assert gateways.place.calls() == []


@pytest.mark.full
def test_the_hand_over_that_is_left_out_by_tags_leaves_the_old_secret(gateways: Gateways) -> None:
    plays = yaml.safe_load(Path(own_playbook(gateways.place)).read_text(encoding="utf-8"))
    plays[1]["tags"] = ["deploy"]
    playbook = gateways.place.write_playbook(*plays)
    run = gateways.run("--skip-tags", "deploy", playbook=playbook)
    assert "have not confirmed generation 1: gateway1, gateway2, gateway3" in run.text
    assert len(gateways.place.secret_ids()) == 2
    run = gateways.run(playbook=playbook)
    assert run.status == 0, run.output
    gateways.assert_rotated()
