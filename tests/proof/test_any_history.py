# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any history of runs, mishaps and other people: the promises hold, and in the end the work can be finished."""

from __future__ import annotations

import functools
import itertools
import typing as t

from baton import MANY, together
from engine import Ending, Engine
from faults import OF_HAND_OVERS, OF_REQUESTS, OF_SAVES, Faults
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from world import FIRST, Consumer, World

from vonage_simulator.server import Simulator

faults = st.one_of(
    st.builds(Faults),
    st.builds(Faults, st.just("request"), st.integers(1, 25), st.sampled_from(OF_REQUESTS), st.booleans()),
    st.builds(Faults, st.just("save"), st.integers(1, 6), st.sampled_from(OF_SAVES)),
    st.builds(Faults, st.sampled_from(["hand over", "reload"]), st.integers(1, 3), st.sampled_from(OF_HAND_OVERS)),
)
modes = st.sampled_from(["rotate", "rotate", "rotate", "finish", "rollback", "status"])
clock_errors = st.sampled_from([-40 * 86400, -7200, -90, 0, 90, 7200, 40 * 86400])
graces = st.sampled_from(["0s", "0s", "1h"])

# A run that stops says why with one of these; any other is a gap.
STOPS = {
    "unknown_second_secret",
    "no_free_slot",
    "no_valid_credential",
    "adopted_refused",
    "rollback_impossible",
    "retired_lingers",
    "lists_disagree",
    "max_attempts",
    "nobody_confirms",
    "grace_period",
    "unconfirmed_consumers",
}


class Rotations(RuleBasedStateMachine):
    """Each rule is one thing that happens. What the runs see is checked by the world, at each of their moments."""

    simulator: t.ClassVar[Simulator]

    @initialize(duplicates=st.sampled_from(["refused", "accepted"]), hosts=st.integers(0, 3), central=st.booleans())
    def begin(self, duplicates: str, hosts: int, central: bool) -> None:
        names = [f"web{number}" for number in range(1, hosts + 1)]
        self.world = World(self.simulator, hosts=names, central=central)
        # Nobody knows whether Vonage takes a value that it had before.
        self.simulator.switches["reused_secret"] = duplicates
        self.hosts = itertools.count(hosts + 1)
        self.emergencies = itertools.count(1)
        # Reason of an emergency -> the secret that was in use when it was first run.
        self.leaked: dict[str, str] = {}
        # Values of secrets that somebody else made.
        self.foreign: list[str] = []

    # Runs.

    @rule(kind=st.sampled_from(["request", "save"]), number=st.integers(1, 15), fault=st.sampled_from(OF_SAVES[:2]))
    def run_that_is_killed(self, kind: str, number: int, fault: str) -> None:
        self._run(Faults(kind, number, fault), force=True)

    @rule(faults=faults, mode=modes, force=st.booleans(), grace=graces)
    def run_once(self, faults: Faults, mode: str, force: bool, grace: str) -> None:
        self._run(faults, mode=mode, force=force, grace=grace)

    @rule(faults=faults, again=st.booleans())
    def run_in_an_emergency(self, faults: Faults, again: bool) -> None:
        if not again:
            next(self.emergencies)
        self._run_emergency(faults)

    @precondition(lambda self: len(self.world.live) == 2)
    @rule(faults=faults, mode=modes, names=st.sampled_from(["ID", "value", "both"]))
    def run_that_is_told_what_the_second_secret_is(self, faults: Faults, mode: str, names: str) -> None:
        """The operator names the ID of the secret in use, the value of the one that somebody else made, or both."""
        self._run(faults, mode=mode, **self._told(names))

    @rule(first=modes, second=modes, turns=st.lists(st.integers(0, 1), max_size=60), sleep=st.sampled_from([0, 7200]))
    def run_two_at_once(self, first: str, second: str, turns: list[int], sleep: int) -> None:
        def order() -> t.Iterator[int]:
            yield from turns
            self.world.wait(sleep)
            yield from itertools.repeat(1, MANY)

        engines = [Engine(self.world, mode=first, force=True), Engine(self.world, mode=second)]
        together(engines, order())

    def _run(self, faults: Faults | None = None, **chosen: t.Any) -> Ending:
        return Engine(self.world, faults, **chosen).run()

    def _run_emergency(self, faults: Faults | None = None, **chosen: t.Any) -> Ending:
        number = next(self.emergencies)
        self.emergencies = itertools.count(number)
        reason = f"incident {number}"
        leaked = self.leaked.setdefault(reason, self._in_use())
        self.world.cut_off_accepted = True
        ending = self._run(faults, mode="emergency", emergency_reason=reason, accept_cut_off=True, **chosen)
        if ending == Ending("done", "emergency_done"):
            assert leaked not in self.world.values(), "what leaked is still accepted"
        return ending

    def _in_use(self) -> str:
        """The value of the secret in use."""
        record = self.world.store.record
        return str(record["current"]["value"]) if record else FIRST

    def _told(self, names: str) -> dict[str, t.Any]:
        """What an operator sets who says what the second secret is. Until then, no run may revoke it."""
        in_use, foreign = self._in_use(), [value for value in self.world.values() if value in self.foreign]
        told = {}
        if names != "value" and in_use in self.world.values():
            told["current_secret_id"] = self.world.id_of(in_use)
        if names != "ID" and foreign:
            told["adopt_value"] = foreign[0]
        if told:
            self.world.given_away |= {secret.id for secret in self.world.live if secret.value != in_use}
        return told

    # Other people, and the world.

    @precondition(lambda self: len(self.world.live) == 1)
    @rule()
    def somebody_makes_a_secret(self) -> None:
        self.foreign.append(f"SomebodyElses{len(self.foreign) + 1}")
        self.world.create(self.foreign[-1])

    @precondition(lambda self: len(self.world.live) == 2 and self.foreign and self.foreign[-1] in self.world.values())
    @rule()
    def somebody_revokes_what_he_made(self) -> None:
        self.world.revoke(self.foreign[-1])

    @precondition(lambda self: len(self.world.live) == 2)
    @rule(anyone=st.integers(0, 4))
    def somebody_revokes_a_secret(self, anyone: int) -> None:
        others = [value for value in self.world.values() if value != self._in_use()]
        self.world.revoke(self.world.values()[0] if anyone == 0 or not others else others[0])

    @rule()
    def what_was_late_arrives(self) -> None:
        self.world.deliver_late()
        self.world.check()

    @rule(seconds=st.sampled_from([30, 600, 7200, 40 * 86400]))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds)

    @rule(seconds=clock_errors, number=st.integers(0, 15))
    def the_clock_steps_in_a_run(self, seconds: int, number: int) -> None:
        """Where the runs are made, and not at Vonage. It stays so until it steps again."""

        def steps() -> None:
            self.world.clock_error = seconds

        self._run(Faults("request", number, meanwhile=steps), force=True)
        steps()

    @rule(seconds=st.sampled_from([5.0, 45.0, 900.0]), name=st.sampled_from(["rest", "api"]))
    def vonage_is_slow(self, seconds: float, name: str) -> None:
        # Nobody has a secret that is on its way now, so that nobody can be cut off by what a switch does to the past.
        self.world.wait(1000)
        self.simulator.switches[f"propagation_delay_{name}"] = seconds

    @rule(number=st.integers(0, 5))
    def the_store_goes_down_in_a_run(self, number: int) -> None:
        def goes_down() -> None:
            self.world.store.down = True

        self._run(Faults("save", number, meanwhile=goes_down), force=True)
        self.world.store.down = False

    @precondition(lambda self: self.world.consumers)
    @rule(data=st.data(), up=st.booleans())
    def a_host_goes_down_or_up(self, data: st.DataObject, up: bool) -> None:
        data.draw(st.sampled_from(list(self.world.consumers.values()))).up = up

    @precondition(lambda self: self.world.central)
    @rule(up=st.booleans())
    def a_central_hook_does_nothing_or_works_again(self, up: bool) -> None:
        assert self.world.central is not None
        self.world.central.up = up

    @precondition(lambda self: self.world.consumers)
    @rule(data=st.data())
    def a_host_is_restored_from_a_backup(self, data: st.DataObject) -> None:
        """It is back at the first secret: that is only our concern as long as Vonage accepts it."""
        consumer = data.draw(st.sampled_from(list(self.world.consumers.values())))
        consumer.file = consumer.running = (FIRST, 0)
        consumer.confirmed = 0
        if not self.world.accepts(FIRST):
            consumer.excused = FIRST

    @precondition(lambda self: self.world.consumers)
    @rule(data=st.data())
    def a_host_restarts(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(list(self.world.consumers.values()))).read_file()

    @rule()
    def a_host_is_added(self) -> None:
        """With the secret in use, as whoever adds it reads it in the record."""
        record = self.world.store.record
        if len(self.world.consumers) < 4:
            consumer = Consumer(self.world, f"web{next(self.hosts)}")
            value, generation = (record["current"]["value"], record["generation"]) if record else (FIRST, 0)
            consumer.file = consumer.running = (value, generation)
            if not self.world.accepts(value):
                consumer.excused = value
            self.world.consumers[consumer.name] = consumer

    @precondition(lambda self: len(self.world.consumers) > 1)
    @rule(data=st.data())
    def a_host_is_removed(self, data: st.DataObject) -> None:
        del self.world.consumers[data.draw(st.sampled_from(list(self.world.consumers)))]

    @invariant()
    def nothing_is_broken(self) -> None:
        if hasattr(self, "world"):
            self.world.check()
            if self.world.broken:
                raise self.world.broken
            self.world.check_outputs()
            record = self.world.store.record or {}
            under_way = [record.get(name) or {} for name in ("pending", "previous")]
            if not any(entry.get("emergency") for entry in under_way):
                served = all(self.world.accepts(consumer.running[0]) for consumer in self.world.everybody)
                self.world.cut_off_accepted = self.world.cut_off_accepted and not served

    def teardown(self) -> None:
        """All is well again: runs come to an end, or say what a person has to decide."""
        if not hasattr(self, "world") or self.world.broken:
            return
        world = self.world
        world.store.down = False
        world.clock_error = 0
        world.deliver_late()
        for consumer in world.everybody:
            consumer.up = True
        world.wait(7200)
        endings = self._finish()
        if endings[-1].kind == "failed" and (world.store.record or {}).get("stage") == "prepared":
            # Somebody has revoked what was created before the record said so, and Vonage takes no value twice.
            self._run(mode="rollback")
            endings = self._finish()
        if len(world.live) == 1 and endings[-1] == Ending("done", "not_due"):
            # Whatever has happened before, a secret of somebody else stays until it is named.
            self.somebody_makes_a_secret()
            endings = self._finish(turns=1)
            assert endings == [Ending("stopped", "unknown_second_secret")] * 2, endings
        if Ending("stopped", "unknown_second_secret") in endings:
            assert len(world.live) == 2, endings
            endings = self._finish(**self._told("ID"))
            assert Ending("stopped", "unknown_second_secret") not in endings, endings
        said = {ending.reason for ending in endings if ending.kind == "stopped"}
        assert said <= STOPS, endings
        assert {ending.kind for ending in endings} <= {"done", "stopped"}, endings
        if not said and self.leaked:
            # The last emergency is repeated with its reason until it says that it is over.
            endings = self._until(Ending("done", "emergency_done"), [self._run_emergency] * 4)
            assert endings[-1] == Ending("done", "emergency_done"), endings
        record = world.store.record
        if not said and record is not None:
            assert world.values() == [record["current"]["value"]], endings
            assert record["stage"] == "idle", endings
            assert not set(self.leaked.values()) & set(world.values()), "what leaked is still accepted"

    def _finish(self, turns: int = 4, **told: t.Any) -> list[Ending]:
        """Runs without a fault, in turns; how the last two of them ended."""
        runs = [functools.partial(self._run, mode=mode, **told) for mode in ("rotate", "finish")]
        return self._until(Ending("done", "not_due"), runs * turns)[-2:]

    def _until(self, nothing_to_do: Ending, runs: t.Sequence[t.Callable[[], Ending]]) -> list[Ending]:
        """Run until two in a row find nothing to do."""
        endings: list[Ending] = []
        for run in runs:
            endings.append(run())
            self.world.wait(7200)
            if endings[-2:] == [nothing_to_do] * 2:
                break
        return endings


def test_the_promises_hold_in_any_history(simulator: Simulator) -> None:
    Rotations.simulator = simulator
    Rotations.TestCase.settings = settings(stateful_step_count=30)
    Rotations.TestCase("runTest").runTest()
