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
from world import FIRST, World

from vonage_simulator.server import Simulator

# From the n-th request on, all of them.
LASTING = ("lost", "answer lost", "503")

# Of the rotation itself, every request meets every fault. Of the others, those that a repetition does not heal.
_OF_OTHERS = {"read": (*KILLS, "403 of a proxy"), "write": (*KILLS, "lost", "answer lost", "500, done", "late")}


Settings = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Scenario:
    """A run that is disturbed, from a state that earlier runs have led to.

    :ivar name: What it is called.
    :ivar title: The same, in a sentence.
    :ivar prepare: Leads a new world to where the run begins.
    :ivar settings: Of the run, in its world.
    :ivar after: Of the next run, which is not disturbed.
    """

    name: str
    title: str
    prepare: t.Callable[[World], None]
    settings: t.Callable[[World], Settings]
    after: t.Callable[[World], Settings]


def first_run(world: World) -> None:
    """Nothing has happened yet."""


def in_grace(world: World) -> None:
    """Everybody has the new secret, and the old one is still there."""
    Engine(world, grace="1h").run()
    world.wait(7200)


def created(world: World) -> None:
    """A run was killed after it had created its secret."""
    Engine(world, Faults("save", 2, "killed before")).run()


def promoted(world: World) -> None:
    """A run was killed when the first of the consumers had the new secret."""
    Engine(world, Faults("hand over", 2, "killed before")).run()


def poison(world: World) -> None:
    """A secret was created that Vonage never accepts."""
    world.simulator.switches["propagation_delay_api"] = 600.0
    Engine(world).run()
    world.simulator.switches["propagation_delay_api"] = 0.0
    world.live[-1].value = "NotAsItWasSent1"
    world.wait(600)


def foreign(world: World) -> None:
    """Somebody else has made a second secret."""
    world.create("SomebodyElses1")
    world.given_away = set(world.foreign)


def rotate(_world: World) -> Settings:
    return {}


def emergency(_world: World) -> Settings:
    return {"mode": "emergency", "emergency_reason": "incident 4711", "accept_cut_off": True}


def adopt(world: World) -> Settings:
    """The operator gives the value of the second secret, and says which one is in use."""
    if len(world.live) == 1:
        return {}
    return {"adopt_value": "SomebodyElses1", "current_secret_id": world.id_of(FIRST)}


def named(world: World) -> Settings:
    """The operator says which secret is in use, and that the other one is not."""
    return {"current_secret_id": world.id_of(FIRST)} if len(world.live) == 2 else {}


def mode(name: str) -> t.Callable[[World], Settings]:
    return lambda _world: {"mode": name}


SCENARIOS = [
    Scenario("rotate", "A rotation, from the first request to the last", first_run, rotate, rotate),
    Scenario("resume", "A run that goes on with what a killed one had created", created, rotate, rotate),
    Scenario("hand over", "A run that hands over what a killed one had promoted", promoted, rotate, rotate),
    Scenario("finish", "A run after the grace period", in_grace, mode("finish"), rotate),
    Scenario("replace", "A run that replaces a secret which Vonage never accepted", poison, rotate, rotate),
    Scenario("roll back", "A rollback, when everybody has the new secret", in_grace, mode("rollback"), rotate),
    Scenario("give up", "A rollback, before anybody has the new secret", created, mode("rollback"), rotate),
    Scenario("emergency", "An emergency", first_run, emergency, emergency),
    Scenario("leak", "An emergency, while the secret before is still there", in_grace, emergency, emergency),
    Scenario("adopt", "A run that is given the value of a second secret", foreign, adopt, adopt),
    Scenario("name", "A run that is told which of two secrets is in use", foreign, named, named),
]


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
    engine = Engine(world, **scenario.settings(world))
    engine.run()
    counts: dict[str, int] = {}
    found = []
    for moment in engine.faults.moments:
        counts[moment.kind] = counts.get(moment.kind, 0) + 1
        found.append((moment, counts[moment.kind]))
    return found


def faults_of(scenario: Scenario, moment: Moment) -> list[tuple[str, bool]]:
    """What befalls a moment, each with whether it lasts."""
    if moment.kind != "request":
        return [(fault, False) for fault in (OF_SAVES if moment.kind == "save" else OF_HAND_OVERS)]
    writes = moment.name.startswith(("POST", "DELETE"))
    if scenario.name != "rotate":
        return [(fault, False) for fault in _OF_OTHERS["write" if writes else "read"]] + [("lost", True)]
    # A question that arrives late is asked of nobody.
    once = [(fault, False) for fault in OF_REQUESTS if fault != "late" or writes]
    return once + [(fault, True) for fault in LASTING]


def cases(simulator: Simulator) -> list[Case]:
    """All of them."""
    return [
        Case(scenario, moment, number, fault, lasting)
        for scenario in SCENARIOS
        for moment, number in moments(simulator, scenario)
        for fault, lasting in faults_of(scenario, moment)
    ]


def play(simulator: Simulator, case: Case, engine: type[Engine] = Engine) -> Outcome:
    """Run a case, and then runs without a fault.

    :raises BrokenPromise: A promise was broken on the way.
    """
    world = World(simulator)
    case.scenario.prepare(world)
    faults = Faults(case.moment.kind, case.number, case.fault, case.lasting)
    disturbed = engine(world, faults, **case.scenario.settings(world)).run()
    world.deliver_late()
    # Long enough for a backup or a person to have a look, and not for the lease to expire.
    world.wait(600)
    later = [engine(world, **case.scenario.after(world)).run()]
    world.check_outputs()
    return Outcome(disturbed, later, world.finished)
