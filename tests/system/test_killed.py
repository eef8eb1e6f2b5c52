# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cases of the crash matrix through ansible-playbook: runs that are killed, or that lose a request."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal, forms
from intercept import Answer, intercept
from workplace import wait_for

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request

sys.path.append(str(ROOT / "tests" / "proof"))

from faults import Moment  # noqa: E402
from matrix import SCENARIOS, Case, case_of, key, read_page  # noqa: E402

(ROTATION,) = (scenario for scenario in SCENARIOS if scenario.name == "rotate")

PAGE = read_page((ROOT / "docs" / "crash-matrix.md").read_text(encoding="utf-8"))
# What a rotation does, each moment with its number among those of its kind.
MOMENTS = dict.fromkeys(
    (case.moment, case.number) for case in (case_of(*place) for place in PAGE) if case.scenario is ROTATION
)

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
    """Before each request that writes and after each save, with the signals in turn; after those requests, with all.

    What a run that is killed at a request that reads leaves is what the save or the request before it left.
    """
    signals = itertools.cycle(SIGNALS)
    found = []
    for moment, number in MOMENTS:
        if moment.kind == "request" and not moment.name.startswith("GET"):
            found.append(Kill("request", number, moment.name, False, next(signals)))
            found += [Kill("request", number, moment.name, True, which) for which in SIGNALS]
        elif moment.kind == "save":
            found.append(Kill("save", number, moment.name, True, next(signals)))
    return found


KILLS = kills()
# Those that leave the most to find out: after what was not recorded.
SPREAD = (
    "request 4, POST /secrets: SIGKILL after",
    "request 13, DELETE /secrets: SIGTERM after",
)


def further(cases: Iterable[Any], spread: Collection[str]) -> list[Any]:
    """The cases as parameters; those that are not in the spread are further ones."""
    return [pytest.param(case, id=str(case), marks=[] if str(case) in spread else pytest.mark.full) for case in cases]


def test_there_are_enough_cases() -> None:
    assert len(KILLS) == 13
    assert set(SPREAD) <= {str(kill) for kill in KILLS}
    assert set(SPREAD_OF_LOSSES) <= {str(case) for case, _number in LOSSES}


class Watch:
    """Counts the collection's requests, has something done at one of them, and looks at the record at all of them."""

    def __init__(self, place: Rehearsal) -> None:
        self._place = place
        self._count = 0
        self._lock = threading.Lock()
        self.at: int = 0
        self.met = False
        self.after = False
        self.do: Callable[[], None] = lambda: None
        self.unrecorded: list[str] = []
        intercept(place.simulator, self._watched)

    def _watched(self, request: Request, answer: Answer) -> Delivery:
        if not request.headers.get("user-agent", "").startswith("ansible-vonage-account/"):
            return answer(request)
        with self._lock:
            self._count += 1
            met = self._count == self.at
        self.met = self.met or met
        if met and not self.after:
            self.do()
            return Delivery(None)
        delivery = answer(request)
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
            KILL_AFTER=f"Save the rotation record ({kill.name})",
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
        return watch.met if kill.kind == "request" else f"Save the rotation record ({kill.name})" in written

    try:
        wait_for(lambda: is_killed() or process.poll() is not None, f"the moment of {kill}")
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


def finish(place: Rehearsal, watch: Watch) -> str:
    """One more run finishes the work of the one before, and all promises were kept on the way.

    :returns: The new secret.
    """
    place.rotate(*IN_CLEAR, vault=False)
    counts = place.stop_consumer()
    record = yaml.safe_load(place.record.read_text(encoding="utf-8"))["vonage_rotation"]
    assert (record["stage"], record["pending"], record["previous"], record["lease"]) == ("idle", None, None, None)
    assert record["generation"] == 1
    assert place.secret_ids() == [record["current"]["id"]]
    assert f"VONAGE_API_SECRET={record['current']['value']}\n" in place.env_file.read_text(encoding="utf-8")
    assert len([entry for entry in place.simulator.log if entry.method == "POST" and entry.committed]) == 1
    assert counts["refused"] == counts["failed"] == 0
    assert watch.unrecorded == []
    return str(record["current"]["value"])


def start(place: Rehearsal) -> Watch:
    place.write_inventory(report=str(place.directory / "report.jsonl"), metrics=str(place.directory / "vonage.prom"))
    place.start_consumer()
    return Watch(place)


@pytest.mark.parametrize("kill", further(KILLS, SPREAD))
def test_a_run_that_is_killed_at_any_moment_is_finished_by_the_next_one(place: Rehearsal, kill: Kill) -> None:
    watch = start(place)
    status = run_and_kill(place, watch, kill)
    killed = (place.directory / "killed.log").read_text(encoding="utf-8", errors="replace")
    assert status != 0, killed
    for value in (FIRST_SECRET, finish(place, watch)):
        assert not [form for form in forms(value) if form in killed]


def losses() -> list[tuple[Case, int]]:
    """What is lost of each request that writes, and of the read before it, which is repeated when it is lost only once.

    :returns: Each with the number of the request among those for secrets, which the consumer has none of.
    """
    names = [moment.name for moment, _number in MOMENTS if moment.kind == "request"]
    writes = [number for number, name in enumerate(names, 1) if not name.startswith("GET")]
    wanted = [
        (number, fault)
        for number in writes
        for fault in (("lost", False), ("answer lost", False), ("answer lost", True))
    ]
    wanted += [(number - 1, ("lost", True)) for number in writes]
    return [
        (
            Case(ROTATION, Moment("request", names[number - 1]), number, *fault),
            sum("/secrets" in name for name in names[:number]),
        )
        for number, fault in wanted
    ]


LOSSES = losses()
SPREAD_OF_LOSSES = ("rotate: request 4 and after, answer lost",)


@pytest.mark.parametrize("case", further((case for case, _number in LOSSES), SPREAD_OF_LOSSES))
def test_a_run_that_loses_a_request_ends_as_the_matrix_says_and_is_finished_by_the_next_one(
    place: Rehearsal, case: Case
) -> None:
    number = dict(LOSSES)[case]
    watch = start(place)
    action = "drop_before" if case.fault == "lost" else "drop_after"
    rule = place.simulator.add_fault(action, path="/secrets", nth=number, times=None if case.lasting else 1)
    # One repetition says as much as three, without their pauses.
    run = place.run(*IN_CLEAR, vault=False, environment={"VONAGE_RETRIES": "1"})
    assert rule.fired
    place.simulator.clear_faults()
    ended = json.loads((place.directory / "report.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    published = PAGE[key(case)].run
    assert published.startswith("failed ") if run.status else published == f"done ({ended['reason']})", run.output
    finish(place, watch)
