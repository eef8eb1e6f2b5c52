# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The consumers on hosts: what they write, what confirms it, and what they refuse."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal, Run, account, documented
from fakes.systemctl import FakeSystemd
from oracle import Oracle

NOTE = ".vonage.json.rotate_api_secret"


class Consumer:
    """A consumer on the host of a rehearsal.

    :ivar file: The file with the secret.
    """

    def __init__(self, place: Rehearsal) -> None:
        self.place = place
        self.directory = place.env_file.parent
        self.file = place.env_file
        self.environment: dict[str, str] = {}
        self.prepare()

    def prepare(self) -> None:
        """Write the inventory."""

    def run(self, *arguments: str) -> Run:
        return self.place.run(*arguments, environment=self.environment)

    def in_use(self) -> str:
        """The value that the running process uses."""
        raise NotImplementedError

    def belongs_to_others(self) -> Path:
        """Have a file of others where the consumer writes."""
        raise NotImplementedError

    def has_generation(self, number: int) -> None:
        """Change what the consumer has to another generation."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop what was started."""


class EnvFile(Consumer):
    def prepare(self) -> None:
        here = {
            "env_file": str(self.file),
            "reload": ["sh", "-c", f"kill -HUP $(cat {self.directory}/pid)"],
            "confirm": ["cat", f"{self.directory}/generation"],
            "env_file_reload": [],
            "env_file_confirm": [],
        }
        self.place.write_inventory(**documented("docs/consumers.md 1") | here)
        self.place.start_consumer()

    def in_use(self) -> str:
        # The process accepts a generation as its own when Vonage has accepted it.
        generation = (self.directory / "generation").read_text()
        settings = dict(line.split("=", 1) for line in self.file.read_text().splitlines()[1:])
        assert settings["VONAGE_API_SECRET_GENERATION"] == generation
        return settings["VONAGE_API_SECRET"]

    def belongs_to_others(self) -> Path:
        self.file.write_text(self.file.read_text() + "DB_PASSWORD=keepme\n")
        return self.file

    def has_generation(self, number: int) -> None:
        self.file.write_text(f"VONAGE_API_KEY={ACCOUNT}\nVONAGE_API_SECRET=x\nVONAGE_API_SECRET_GENERATION={number}\n")


class TemplateFile(Consumer):
    """Its process is a copy of the file, made by the reload."""

    def prepare(self) -> None:
        template = self.place.directory / "vonage.json.j2"
        guide = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8")
        template.write_text(guide.partition("```jinja\n")[2].partition("```")[0])
        self.file = self.directory / "vonage.json"
        self.loaded = self.directory / "loaded.json"
        here = {
            "template_file": str(self.file),
            "template_file_source": str(template),
            "reload": ["cp", str(self.file), str(self.loaded)],
            "confirm": ["sed", "-n", 's/.*"generation": //p', str(self.loaded)],
            "confirm_retries": 1,
        }
        self.place.write_inventory(**documented("docs/consumers.md 2") | here)

    def in_use(self) -> str:
        return json.loads(self.loaded.read_text())["login"][1]

    def belongs_to_others(self) -> Path:
        self.file.write_text('{"db_password": "keepme"}')
        return self.file

    def has_generation(self, number: int) -> None:
        self.file.write_text('{"login": []}')
        (self.directory / NOTE).write_text(f"{ACCOUNT} {number}\n")


class SystemdDropin(Consumer):
    def prepare(self) -> None:
        self.systemd = FakeSystemd(self.place.directory / "systemd")
        self.systemd.start()
        self.dropin = self.systemd.units / "sms-gateway.service.d" / "vonage.conf"
        self.environment = {"PATH": f"{self.systemd.directory}{os.pathsep}{self.place.environment()['PATH']}"}
        here = {
            "env_file": str(self.file),
            "systemd_directory": str(self.systemd.units),
            "env_file_reload": [],
            "env_file_confirm": [],
            "confirm_retries": 1,
        }
        self.place.write_inventory(**documented("docs/consumers.md 3") | here)

    def in_use(self) -> str:
        return self.systemd.environment()["VONAGE_API_SECRET"]

    def belongs_to_others(self) -> Path:
        self.dropin.parent.mkdir()
        self.dropin.write_text("[Service]\nRestart=always\n")
        return self.dropin

    def has_generation(self, number: int) -> None:
        EnvFile.has_generation(self, number)

    def close(self) -> None:
        self.systemd.stop()


KINDS = [EnvFile, TemplateFile, SystemdDropin]


IDS = ["env_file", "template_file", "systemd_dropin"]


@pytest.fixture(params=KINDS, ids=IDS)
def consumer(request: pytest.FixtureRequest, place: Rehearsal) -> Iterator[Consumer]:
    made = request.param(place)
    yield made
    made.close()


def assert_in_use(consumer: Consumer, generation: int) -> None:
    """The rotation is over, and the running process has its value."""
    record = consumer.place.stored()
    assert (record["stage"], record["generation"]) == ("idle", generation)
    assert consumer.place.secret_ids() == [record["current"]["id"]]
    assert consumer.in_use() == record["current"]["value"]
    assert consumer.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.every_core
def test_a_consumer_is_served_and_confirms_and_shows_nothing(consumer: Consumer) -> None:
    place, grace = consumer.place, ("-e", "rotate_api_secret_grace=1h")
    with Oracle(place) as oracle:
        runs = [oracle.run(*grace, environment=consumer.environment)]
        record = place.stored()
        # It is so when every consumer has confirmed.
        assert record["stage"] == "distributed", runs[0].output
        assert consumer.in_use() == record["current"]["value"]
        # What is there already is not handed over again, and the process is only asked.
        runs.append(oracle.run(*grace, environment=consumer.environment))
        assert "Note which generation the process uses" in runs[1].output
        assert runs[1].changed == 0, runs[1].output
        assert [run.status for run in runs] == [0, 0], runs[-1].output
        assert consumer.file.stat().st_mode & 0o777 == 0o600
        oracle.assert_silent([consumer.in_use()])


def one_of_them(kind: str) -> pytest.MarkDecorator:
    """All consumers, of which the others are further cases."""
    params = [
        pytest.param(made, id=name, marks=() if name == kind else pytest.mark.full)
        for made, name in zip(KINDS, IDS, strict=True)
    ]
    return pytest.mark.parametrize("consumer", params, indirect=True)


@pytest.mark.every_core
@one_of_them("template_file")
def test_an_older_generation_is_refused_but_not_one_of_another_account(consumer: Consumer) -> None:
    consumer.has_generation(5)
    content = consumer.file.read_text()
    run = consumer.run()
    assert run.status == 2, run.output
    assert "has generation 5, and this run has generation 1: the record is out of date" in run.text
    assert consumer.file.read_text() == content
    assert len(consumer.place.secret_ids()) == 2
    for file in (consumer.file, consumer.directory / NOTE):
        if file.exists():
            file.write_text(file.read_text().replace(ACCOUNT, "efgh5678"))
    assert consumer.run().status == 0
    assert_in_use(consumer, 1)


@pytest.mark.every_core
@one_of_them("env_file")
def test_a_file_of_others_is_left_alone(consumer: Consumer) -> None:
    file = consumer.belongs_to_others()
    content = file.read_text()
    run = consumer.run("-vvvv", "--diff")
    assert run.status == 2, run.output
    assert "Nothing was changed on this host" in run.text
    assert file.read_text() == content
    assert "keepme" not in run.output
    assert len(consumer.place.secret_ids()) == 2


def test_a_link_stays_and_a_user_who_does_not_exist_is_named(place: Rehearsal) -> None:
    consumer = EnvFile(place)
    shared = consumer.file.rename(consumer.file.with_name("shared.env"))
    consumer.file.symlink_to(shared.name)
    shared.chmod(0o640)
    place.write_inventory(env_file_owner="nobody-here")
    run = consumer.run()
    assert run.status == 2, run.output
    assert "There is no user nobody-here on this host" in run.text
    assert FIRST_SECRET in shared.read_text()
    assert len(place.secret_ids()) == 2

    place.write_inventory(env_file_mode="")
    assert consumer.run().status == 0
    assert consumer.file.is_symlink()
    assert place.stored()["current"]["value"] in shared.read_text()
    assert shared.stat().st_mode & 0o777 == 0o640
    assert len(place.secret_ids()) == 1


@pytest.mark.full
def test_no_rollback_to_a_secret_that_its_readers_would_read_differently(place: Rehearsal) -> None:
    typed = "Abcd12345!!;"
    place.simulator.engine.load_accounts([account(secrets=[{"value": typed}])])
    shows = ["sed", "-n", "s/^VONAGE_API_SECRET_GENERATION=//p", str(place.env_file)]
    place.write_inventory(env_file_reload=["true"], env_file_confirm=shows)
    forced = ("-e", "rotate_api_secret_grace=1h", "-e", "rotate_api_secret_force=true")
    run = place.run(*forced, environment={"VONAGE_API_SECRET": typed})
    assert run.status == 0, run.output
    content = place.env_file.read_text()
    run = place.run("-e", "rotate_api_secret_mode=rollback")
    assert run.status == 2, run.output
    assert "blocked (rollback_impossible): The previous secret has characters that a shell" in run.text
    assert place.env_file.read_text() == content
    assert len(place.secret_ids()) == 2


KILLS: list[tuple[Callable[[Rehearsal], Consumer], str]] = [
    (TemplateFile, "Write the file, and have the process use it"),
    (SystemdDropin, "Write the environment file, and have the process use it"),
]


@pytest.mark.full
@pytest.mark.parametrize(("kind", "task"), KILLS)
def test_a_run_that_is_killed_is_finished_by_the_next_one(
    place: Rehearsal, kind: Callable[[Rehearsal], Consumer], task: str
) -> None:
    consumer = kind(place)
    try:
        assert place.run(kill_after=task, environment=consumer.environment).status == -9
        run = consumer.run()
        assert run.status == 0, run.output
        assert_in_use(consumer, 1)
    finally:
        consumer.close()


@pytest.mark.every_core
@pytest.mark.parametrize("command", ["confirm", pytest.param("reload", marks=pytest.mark.full)])
def test_a_command_that_fails_does_not_show_the_secret(place: Rehearsal, command: str) -> None:
    file = TemplateFile(place).file
    prints = ["sh", "-c", f"echo it fails >&2; cat {file} | tee /dev/stderr; exit 1"]
    run = place.run("-vvv", "-e", json.dumps({f"rotate_api_secret_{command}": prints}))
    assert run.status == 2
    assert "it fails" in run.text
    assert "grace (unconfirmed_consumers)" in run.text
    assert place.stored()["current"]["value"] in file.read_text()


@pytest.mark.full
@pytest.mark.every_core
def test_a_command_that_does_not_end_is_given_up(place: Rehearsal) -> None:
    TemplateFile(place)
    number = place.directory / "number"
    hangs = ["sh", "-c", f"echo $$ > {number}; exec sleep 1000"]
    settings = {"rotate_api_secret_reload": hangs, "rotate_api_secret_consumer_timeout": 5}
    run = place.run("-e", json.dumps(settings))
    os.kill(int(number.read_text()), signal.SIGKILL)
    assert "grace (unconfirmed_consumers)" in run.text
    assert len(place.secret_ids()) == 2


COLLECTIONS = {
    "awx_credential": "awx.awx",
    "hashi_vault": "community.hashi_vault",
    "kubernetes_secret": "kubernetes.core",
}


@pytest.mark.full
@pytest.mark.every_core
@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_missing_collection_is_named(place: Rehearsal, name: str) -> None:
    needed = {"awx_credential": "a", "awx_credential_type": "a", "hashi_vault_path": "a", "kubernetes_secret": "a"}
    place.write_inventory(consumers="", distribute_central_tasks=name, **needed)
    run = place.run()
    assert run.status == 2, run.output
    assert f"ansible-galaxy collection install {COLLECTIONS[name]}" in run.text
    assert len(place.secret_ids()) == 2


@pytest.mark.full
def test_a_service_that_is_not_running_is_not_started_and_does_not_confirm(place: Rehearsal) -> None:
    consumer = SystemdDropin(place)
    consumer.close()
    run = consumer.run()
    started = consumer.systemd.pid
    consumer.close()
    assert "grace (unconfirmed_consumers)" in run.text
    assert not started
    assert len(place.secret_ids()) == 2


@pytest.mark.full
def test_a_template_without_a_place_for_the_secret_is_refused(place: Rehearsal) -> None:
    TemplateFile(place)
    (place.directory / "vonage.json.j2").write_text("generation: {{ rotate_api_secret_generation }}\n")
    run = place.run()
    assert "does not write rotate_api_secret_value. Nothing was changed on gateway1" in run.text
    (place.directory / "vonage.json.j2").write_text("{{ rotate_api_secret_valu }}\n")
    run = place.run()
    assert "'rotate_api_secret_valu' is undefined" in run.text
    assert not (place.env_file.parent / "vonage.json").exists()
