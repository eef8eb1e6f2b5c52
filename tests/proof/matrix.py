# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crash matrix: each moment of a run, with each fault that can befall it, and how the next run ends.

The moments are those of a run without a fault, so a new request or save of the product has its cases by itself. As a
program, this prints docs/crash-matrix.md.
"""

from __future__ import annotations

import multiprocessing
import typing as t
from dataclasses import dataclass

from engine import Engine
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
    """How a case ended, in words.

    :ivar run: The run that was disturbed.
    :ivar next_run: The one after it.
    """

    run: str
    next_run: str


def moments(simulator: Simulator, scenario: Scenario) -> list[tuple[Moment, int]]:
    """What the run of a scenario does without a fault, each moment with its number among those of its kind."""
    world = World.after(scenario.prepare, simulator)
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


def cases_of(simulator: Simulator, scenario: Scenario) -> list[Case]:
    """All of a scenario."""
    return [
        Case(scenario, moment, number, fault, lasting)
        for moment, number in moments(simulator, scenario)
        for fault, lasting in faults_of(scenario, moment)
    ]


def cases(simulator: Simulator) -> list[Case]:
    """All of them."""
    return [case for scenario in SCENARIOS for case in cases_of(simulator, scenario)]


def play(simulator: Simulator, case: Case, engine: type[Engine] = Engine) -> Outcome:
    """Run a case, and then runs without a fault.

    :raises BrokenPromise: A promise was broken on the way.
    """
    world = World.after(case.scenario.prepare, simulator)
    faults = Faults(case.moment.kind, case.number, case.fault, case.lasting)
    disturbed = engine(world, faults, **case.scenario.settings(world)).run()
    world.deliver_late()
    # The lease has not expired: whoever held it is seen to be gone.
    world.wait(600)
    following = engine(world, **case.scenario.after(world)).run()
    world.check_outputs()
    return Outcome(str(disturbed), "finished" if world.finished else str(following))


# The page.

_HEAD = """\
<!--
Copyright (c) 2026, community.vonage contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What a rotation survives

Each request, each save of the record and each hand-over of a rotation is disturbed in each way below, in {cases} cases.
This page is written by `make crash-matrix`. `make test` plays some of the cases, and `make test-all` all of them, on
ansible-core 2.16, 2.19 and 2.21; they fail when the page is no longer what happens.

Each case runs the playbook `community.vonage.rotate_api_secret` as it is shipped, with the role's own tasks and the
collection's own plugins, in one process, against the simulator of this collection. What is not the collection's is
made for the test: the place where the record is kept, the consumers, and the clock. After each request, save and
hand-over it is checked that Vonage accepts what each consumer uses, that every secret which a rotation made is in the
record, and that nothing was revoked which somebody else made.

| what befalls it | |
|---|---|
{faults}

A request that may be repeated is repeated up to three times, so many of these do not end a run.

How a run ends: `done`; `stopped`, because it saw nothing safe to do, with the reason; `failed`, with the request, or
what else failed, and the stage of the record then; `killed`. The next run is not disturbed. It has `finished` when one
secret is left, every consumer uses it, and the record says so.
"""

_MEANINGS = {
    "killed before": "the run is killed before it",
    "killed after": "the run is killed right after it",
    "lost": "it never arrives",
    "answer lost": "it is done, and the answer never arrives",
    "answer cut off": "it is done, and half of the answer arrives",
    "500, undone": "Vonage answers 500, and has not done it",
    "500, done": "Vonage answers 500, and has done it",
    "503": "Vonage answers 503, and has not done it",
    "429": "Vonage answers that there are too many requests",
    "403 of a proxy": "a proxy answers 403",
    "401 of a portal": "a captive portal answers 401",
    "page of a portal": "a captive portal answers 200, with a page",
    "late": "no answer comes, and it arrives when the run has ended",
    "... and after": "so do all requests from there on",
}


def _befalls(case: Case) -> str:
    return f"{case.fault} and after" if case.lasting else case.fault


def _label(case: Case) -> str:
    name = case.moment.name.replace("DELETE /secrets", "DELETE /secrets/{id}")
    return f"{case.moment.kind} {case.number}: `{name}`"


def case_of(title: str, label: str, befalls: str) -> Case:
    """The case that a page has in one place, without a run."""
    (scenario,) = [scenario for scenario in SCENARIOS if scenario.title == title]
    numbered, _colon, name = label.partition(": ")
    kind, _space, number = numbered.rpartition(" ")
    fault, onward, _rest = befalls.partition(" and after")
    return Case(scenario, Moment(kind, name.strip("`").replace("/{id}", "")), int(number), fault, bool(onward))


def page(outcomes: t.Mapping[Case, Outcome]) -> str:
    """The page.

    :param outcomes: Of all cases, in their order.
    """
    faults = "\n".join(f"| {name} | {meaning} |" for name, meaning in _MEANINGS.items())
    lines = [_HEAD.format(cases=len(outcomes), faults=faults)]
    for scenario in SCENARIOS:
        lines += [
            f"## {scenario.title}",
            "",
            "| moment | what befalls it | the run | the next run |",
            "|---|---|---|---|",
        ]
        rows: dict[tuple[str, Outcome], list[str]] = {}
        for case, outcome in outcomes.items():
            if case.scenario is scenario:
                rows.setdefault((_label(case), outcome), []).append(_befalls(case))
        lines += [
            f"| {label} | {'; '.join(faults)} | {' | '.join(outcome)} |" for (label, outcome), faults in rows.items()
        ]
        lines.append("")
    return "\n".join(lines)


def read_page(text: str) -> dict[tuple[str, str, str], Outcome]:
    """What a page says: title, moment, what befalls it -> the outcome."""
    found = {}
    for section in text.split("\n## ")[1:]:
        title, *lines = section.splitlines()
        for line in lines:
            if line.startswith("| ") and not line.startswith("| moment"):
                label, faults, *outcome = line.strip("| ").split(" | ")
                found.update({(title, label, fault): Outcome(*outcome) for fault in faults.split("; ")})
    return found


def key(case: Case) -> tuple[str, str, str]:
    """Where a page has a case."""
    return case.scenario.title, _label(case), _befalls(case)


TRAITS: tuple[t.Callable[[Case], t.Any], ...] = (
    lambda case: (case.scenario.name, case.moment.kind),
    lambda case: case.moment.name,
    lambda case: (case.fault, case.lasting),
)


def cases_in(places: t.Iterable[tuple[str, str, str]]) -> list[Case]:
    """The cases of a page, in an order that does not depend on how they end."""
    found = [case_of(*place) for place in places]
    moments = list(dict.fromkeys((case.scenario.name, case.moment, case.number) for case in found))
    faults = list(_MEANINGS)

    def order(case: Case) -> tuple[int, bool, int]:
        moment = case.scenario.name, case.moment, case.number
        return moments.index(moment), case.lasting, faults.index(case.fault)

    return sorted(found, key=order)


def some_of(all_cases: t.Sequence[Case]) -> list[Case]:
    """One in six, and what these lack of kinds of cases."""
    some = list(all_cases[::6])
    for case in all_cases:
        if any(trait(case) not in map(trait, some) for trait in TRAITS):
            some.append(case)
    return some


def _play_all_of(number: int) -> list[Outcome]:
    with Simulator() as simulator:
        return [play(simulator, case) for case in cases_of(simulator, SCENARIOS[number])]


def main() -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        # Scenarios and cases hold functions, which do not go from one process to another.
        parts = pool.map(_play_all_of, range(len(SCENARIOS)), chunksize=1)
    with Simulator() as simulator:
        outcomes = {
            case: outcome
            for number, part in enumerate(parts)
            for case, outcome in zip(cases_of(simulator, SCENARIOS[number]), part, strict=True)
        }
    print(page(outcomes), end="")


if __name__ == "__main__":
    main()
