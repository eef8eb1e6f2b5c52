# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crash matrix: each moment of a run, with each fault that can befall it, and how the next run ends.

The moments are those of a run without a fault, so a new request or save of the product has its cases by itself. Run as a
program, this prints docs/crash-matrix.md.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from engine import Ending, Engine
from faults import KILLS, OF_HAND_OVERS, OF_REQUESTS, OF_SAVES, Faults, Moment
from world import FIRST, HOSTS, PRIMARY, World

from vonage_simulator.server import Simulator

REASON = "incident 4711"
EMERGENCY = {"mode": "emergency", "emergency_reason": REASON, "accept_cut_off": True}

# From the n-th request on, all of them.
LASTING = ("lost", "answer lost", "503")

_FAULTS = {"request": OF_REQUESTS, "save": OF_SAVES, "hand over": OF_HAND_OVERS, "reload": OF_HAND_OVERS}


@dataclass(frozen=True)
class Scenario:
    """A run that is disturbed, from a state that earlier runs have led to.

    :ivar name: What it is called.
    :ivar title: The same, in a sentence.
    :ivar prepare: Leads a new world to where the run begins.
    :ivar settings: Of the run.
    :ivar after: Settings of the next run, which is not disturbed.
    """

    name: str
    title: str
    prepare: t.Callable[[World], None]
    settings: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]


def _nothing(world: World) -> None:
    """The first run."""


def _in_grace(world: World) -> None:
    """Everybody has the new secret, and the old one is still there."""
    Engine(world, grace="1h").run()
    world.wait(7200)


def _created(world: World) -> None:
    """A run was killed after it had created its secret."""
    Engine(world, Faults("save", 2, "killed before")).run()


def _promoted(world: World) -> None:
    """A run was killed when the first of the consumers had the new secret."""
    Engine(world, Faults("hand over", 2, "killed before")).run()


def _poison(world: World) -> None:
    """A secret was created that Vonage never accepts."""
    world.simulator.switches["propagation_delay_api"] = 86400.0
    Engine(world).run()
    world.wait(600)


def _foreign(world: World) -> None:
    """Somebody else has made a second secret."""
    world.create("SomebodyElses1")
    world.given_away = set(world.foreign)


SCENARIOS = [
    Scenario("rotate", "A rotation, from the first request to the last", _nothing, {}, {}),
    Scenario("resume", "A run that goes on with what a killed one had created", _created, {}, {}),
    Scenario("hand over", "A run that hands over what a killed one had promoted", _promoted, {}, {}),
    Scenario("finish", "The run after the grace period", _in_grace, {"mode": "finish"}, {}),
    Scenario("replace", "A run that replaces a secret which Vonage never accepted", _poison, {}, {}),
    Scenario("rollback", "A rollback, when everybody has the new secret", _in_grace, {"mode": "rollback"}, {}),
    Scenario("give up", "A rollback, before anybody has the new secret", _created, {"mode": "rollback"}, {}),
    Scenario("emergency", "An emergency", _nothing, EMERGENCY, EMERGENCY),
    Scenario(
        "emergency in grace",
        "An emergency while the secret before is still there",
        _in_grace,
        EMERGENCY,
        EMERGENCY,
    ),
    Scenario("adopt", "A second secret of somebody else, of which the operator gives the value", _foreign,
             {"adopt_value": "SomebodyElses1"}, {"adopt_value": "SomebodyElses1"}),
]  # fmt: skip


class Case(t.NamedTuple):
    """A moment of a scenario, and what befalls it.

    :ivar number: Which one of its kind it is.
    """

    scenario: Scenario
    moment: Moment
    number: int
    fault: str
    lasting: bool

    def __str__(self) -> str:
        onward = " and after" if self.lasting else ""
        return f"{self.scenario.name}: {self.moment.kind} {self.number}{onward}, {self.fault}"


class Outcome(t.NamedTuple):
    """How a case ended.

    :ivar disturbed: The disturbed run.
    :ivar later: The runs after it, until one finds nothing to do any more or stops.
    """

    disturbed: Ending
    later: list[Ending]
    finished: bool

    def __str__(self) -> str:
        ended = "finished" if self.finished else str(self.later[-1])
        return f"{self.disturbed}, then {ended}"


def moments(simulator: Simulator, scenario: Scenario) -> list[tuple[Moment, int]]:
    """What the run of a scenario does without a fault, each moment with its number among those of its kind."""
    world = World(simulator)
    scenario.prepare(world)
    engine = Engine(world, **scenario.settings)
    engine.run()
    counts: dict[str, int] = {}
    found = []
    for moment in engine.faults.moments:
        counts[moment.kind] = counts.get(moment.kind, 0) + 1
        found.append((moment, counts[moment.kind]))
    return found


def cases(simulator: Simulator) -> list[Case]:
    """All of them."""
    found = []
    for scenario in SCENARIOS:
        for moment, number in moments(simulator, scenario):
            faults = [(fault, False) for fault in _FAULTS[moment.kind]]
            if moment.kind == "request":
                faults += [(fault, True) for fault in LASTING]
            for fault, lasting in faults:
                # A question that arrives late is asked of nobody.
                if fault != "late" or moment.name.startswith(("POST", "DELETE")):
                    found.append(Case(scenario, moment, number, fault, lasting))
    return found


def play(simulator: Simulator, case: Case, engine: type[Engine] = Engine) -> Outcome:
    """Run a case, and then runs without a fault.

    :raises BrokenPromise: A promise was broken on the way.
    """
    world = World(simulator)
    case.scenario.prepare(world)
    faults = Faults(case.moment.kind, case.number, case.fault, case.lasting)
    disturbed = engine(world, faults, **case.scenario.settings).run()
    world.deliver_late()
    # Long enough for a backup or a person to have a look, and not for the lease to expire.
    world.wait(600)
    later = [engine(world, **case.scenario.after).run()]
    world.check_outputs()
    return Outcome(disturbed, later, world.finished)
