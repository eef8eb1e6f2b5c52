# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cases of the crash matrix through ansible-playbook: runs that are killed at a request or a save, and check mode."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal
from workplace import wait_for

from vonage_simulator.faults import Delivery
from vonage_simulator.server import Simulator

sys.path.append(str(ROOT / "tests" / "proof"))

from matrix import SCENARIOS, moments  # noqa: E402

IN_CLEAR = ("-e", "rotate_api_secret_record_in_clear=true")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class Kill(NamedTuple):
    """When a run is killed, and how.

    :ivar kind: `request` or `save`.
    :ivar number: Which one of them.
    :ivar name: What it is.
    :ivar after: Whether it is carried out.
    """

    kind: str
    number: int
    name: str
    after: bool
    number_of_signal: signal.Signals

    def __str__(self) -> str:
        name = self.name.replace(f"/accounts/{ACCOUNT}", "")
        return f"{self.kind} {self.number}, {name}: {self.number_of_signal.name} {'after' if self.after else 'before'}"


def kills() -> list[Kill]:
    """At each request and after each save, with the signals in turn; after each request that writes, with all."""
    signals = itertools.cycle(SIGNALS)
    found = []
    with Simulator() as simulator:
        (rotation,) = (scenario for scenario in SCENARIOS if scenario.name == "rotate")
        for moment, number in moments(simulator, rotation):
            if moment.kind == "request":
                found.append(Kill("request", number, moment.name, False, next(signals)))
                if moment.name.startswith(("POST", "DELETE")):
                    found += [Kill("request", number, moment.name, True, which) for which in SIGNALS]
            elif moment.kind == "save":
                found.append(Kill("save", number, moment.name, True, next(signals)))
    return found


KILLS = kills()


def test_there_are_enough_cases() -> None:
    assert len(KILLS) >= 25


class Watch:
    """Counts the collection's requests, has something done at one of them, and looks at the record at all of them."""

    def __init__(self, place: Rehearsal) -> None:
        self._place = place
        self._count = 0
        self._lock = threading.Lock()
        self._answer = place.simulator.engine.answer
        self.at: int = 0
        self.met = False
        self.after = False
        self.do: Callable[[], None] = lambda: None
        self.unrecorded: list[str] = []
        place.simulator.engine.answer = self._watched  # type: ignore[method-assign]

    def _watched(self, request: Any, families: Any) -> Delivery:
        if not request.headers.get("user-agent", "").startswith("ansible-vonage-account/"):
            return self._answer(request, families)
        with self._lock:
            self._count += 1
            met = self._count == self.at
        self.met = self.met or met
        if met and not self.after:
            self.do()
            return Delivery(None)
        delivery = self._answer(request, families)
        self._look()
        if met:
            self.do()
        return delivery

    def _look(self) -> None:
        found = self._place.account()
        text = self._place.record.read_text(encoding="utf-8") if self._place.record.exists() else ""
        made = [secret for secret in found.live if secret.value != FIRST_SECRET]
        self.unrecorded += [secret.id for secret in made if secret.value not in text and secret.id not in text]


def run_and_kill(place: Rehearsal, watch: Watch, kill: Kill) -> int:
    """Run the playbook and kill it; returns its exit status."""
    environment = place.environment()
    if kill.kind == "save":
        environment.update(
            ANSIBLE_CALLBACK_PLUGINS=str(ROOT / "tests" / "system" / "callback"),
            ANSIBLE_CALLBACKS_ENABLED="kill_after",
            KILL_AFTER=f"Write the record after {kill.name}",
            KILL_WITH=kill.number_of_signal.name,
        )
    log_file = place.directory / "killed.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            place.command(*IN_CLEAR, vault=False),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    watch.at, watch.after = (kill.number if kill.kind == "request" else 0), kill.after
    watch.do = lambda: os.killpg(process.pid, kill.number_of_signal)

    def is_killed() -> bool:
        written = log_file.read_text(encoding="utf-8", errors="replace")
        return watch.met if kill.kind == "request" else f"Write the record after {kill.name}" in written

    try:
        wait_for(lambda: is_killed() or process.poll() is not None, f"the moment of {kill}", timeout=100)
        assert is_killed(), log_file.read_text(encoding="utf-8", errors="replace")
        return process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        # Ansible may hang after SIGINT, and is killed by whoever sent that.
        return -signal.SIGINT
    finally:
        # What is left of it is a worker that waits for nothing.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        watch.at = 0


@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_a_run_that_is_killed_at_any_moment_is_finished_by_the_next_one(place: Rehearsal, kill: Kill) -> None:
    watch = Watch(place)
    place.start_consumer()
    status = run_and_kill(place, watch, kill)
    killed = (place.directory / "killed.log").read_text(encoding="utf-8", errors="replace")
    assert status != 0, killed
    following = place.rotate(*IN_CLEAR, vault=False)
    counts = place.stop_consumer()
    record = yaml.safe_load(place.record.read_text(encoding="utf-8"))["vonage_rotation"]
    assert (record["stage"], record["pending"], record["previous"], record["lease"]) == ("idle", None, None, None)
    assert record["generation"] == 1
    assert place.secret_ids() == [record["current"]["id"]]
    assert f"VONAGE_API_SECRET={record['current']['value']}\n" in place.env_file.read_text(encoding="utf-8")
    assert len([call for call in place.writes() if re.match("POST .* 201", call)]) == 1
    assert counts["refused"] == counts["failed"] == 0
    assert watch.unrecorded == []
    for value in (FIRST_SECRET, record["current"]["value"]):
        assert value not in killed + following.output


def _second_secret(place: Rehearsal) -> None:
    found = place.account()
    place.simulator.state.create_secret(found, "SomebodyElses1")


# Name -> what has happened before; settings of the run.
STATES: dict[str, tuple[Callable[[Rehearsal], Any], dict[str, Any]]] = {
    "the first run": (lambda place: None, {}),
    "created": (lambda place: place.run(*IN_CLEAR, vault=False, kill_after="Create the secret at Vonage"), {}),
    "promoted": (lambda place: place.run(*IN_CLEAR, vault=False, kill_after="Write the record after promote"), {}),
    "in grace": (lambda place: place.run(*IN_CLEAR, "-e", "rotate_api_secret_grace=1h", vault=False), {}),
    "in grace, back": (
        lambda place: place.run(*IN_CLEAR, "-e", "rotate_api_secret_grace=1h", vault=False),
        {"mode": "rollback"},
    ),
    "a second secret": (_second_secret, {}),
    "an emergency": (
        lambda place: None,
        {"mode": "emergency", "emergency_reason": "incident 4711", "accept_cut_off": True},
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_check_mode_shows_what_the_run_does(place: Rehearsal, state: str) -> None:
    prepare, settings = STATES[state]
    place.start_consumer()
    prepare(place)
    variables = json.dumps({f"rotate_api_secret_{name}": value for name, value in settings.items()})
    before = place.secret_ids(), place.record.exists() and place.record.read_bytes()
    shown = place.run(*IN_CLEAR, "-e", variables, "--check", vault=False)
    assert _plan(shown.output), shown.output
    assert (place.secret_ids(), place.record.exists() and place.record.read_bytes()) == before
    run = place.run(*IN_CLEAR, "-e", variables, vault=False)
    assert _plan(shown.output) == _plan(run.output)
    assert shown.status == run.status
    assert place.stop_consumer()["refused"] == 0


def _plan(output: str) -> list[str]:
    """The steps and the first decision, or why there are none."""
    return re.findall(r"steps: [^\"\n]*", output) or re.findall(r"(?:blocked|inconclusive) \(\w+\)", output)[:1]
