# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the matrix has no place for: outsiders, hosts that are down, delays at Vonage, and two runs at once.

Each of these runs with an engine that it is given, so that the mutants can be run through them, too.
"""

from __future__ import annotations

import functools
import itertools
import typing as t

from baton import MANY, together
from engine import Engine
from faults import Faults
from matrix import SCENARIOS, Scenario, cases, cases_of, created, emergency, first_run, in_grace, promoted
from world import FIRST, HOSTS, World

from vonage_simulator.server import Simulator

Kind = type[Engine]
Check = t.Callable[[Simulator, Kind], None]

# How it stands, the mode of the first run, and that of the second.
Pair = tuple[t.Callable[[World], None], str, str]

# Longer than a lease.
HOURS = 7200


def stage(world: World) -> str:
    """How far the record says that it is."""
    return str((world.store.record or {}).get("stage"))


def a_host_is_down(simulator: Simulator, engine: Kind) -> None:
    """It keeps the old secret valid, in every mode but an emergency, until it is back."""
    for prepare, mode in ((first_run, "rotate"), (in_grace, "finish"), (promoted, "rotate"), (in_grace, "rollback")):
        world = World.after(prepare, simulator)
        world.consumers["web2"].up = False
        ending = engine(world, mode=mode).run()
        assert str(ending) == "stopped (unconfirmed_consumers)"
        assert len(world.live) == 2
        world.consumers["web2"].up = True
        engine(world).run()
        assert world.finished


def a_central_hook_does_nothing(simulator: Simulator, engine: Kind) -> None:
    """The secret that the service has stays valid, in every mode but an emergency, until the service has another."""
    for hosts in (HOSTS, ()):
        for mode in ("rotate", "finish", "rollback"):
            world = World(simulator, hosts=hosts, central=True)
            assert world.central
            if mode != "rotate":
                engine(world, grace="1h").run()
                world.wait(HOURS)
            world.central.up = False
            if mode == "finish":
                # Of a hook that ended well in an earlier run.
                world.central.file = world.central.running = (FIRST, 0)
            ending = engine(world, mode=mode).run()
            assert str(ending) == "stopped (unconfirmed_consumers)"
            assert len(world.live) == 2
            world.central.up = True
            engine(world, mode="finish").run()
            assert world.finished


def _be_slow(simulator: Simulator, engine: Kind, host: str, seconds: float, regions: int) -> None:
    world = World(simulator)
    simulator.switches[f"propagation_delay_{host}"] = seconds
    simulator.switches["flap"] = regions
    engine(world).run()
    world.wait(900)
    engine(world).run()
    assert world.finished, (host, seconds, regions)


def vonage_is_slow(simulator: Simulator, engine: Kind) -> None:
    """Nobody is given a value that one of the hosts of Vonage does not accept yet."""
    _be_slow(simulator, engine, "rest", 5.0, 1)
    _be_slow(simulator, engine, "api", 30.0, 3)
    _be_slow(simulator, engine, "rest", 600.0, 3)


def vonage_is_slow_in_any_way(simulator: Simulator, engine: Kind) -> None:
    """The same, for each host, a short and a long time, and one region or several."""
    for host, seconds, regions in itertools.product(("rest", "api"), (5.0, 30.0, 600.0), (1, 3)):
        _be_slow(simulator, engine, host, seconds, regions)


def the_list_is_slow(simulator: Simulator, engine: Kind) -> None:
    """A list that shows changes late leads to no revocation of the wrong one."""
    world = World(simulator)
    simulator.switches["list_delay"] = 120.0
    for _run in range(4):
        engine(world).run()
        world.wait(300)
    assert world.finished


def a_bootstrap_meets_a_slow_list(simulator: Simulator, engine: Kind) -> None:
    """What was there before is not taken for what was created, so that the wrong one is never revoked."""
    for number, seconds, named in itertools.product((1, 2, 3), (60.0, 120.0), (False, True)):
        world = World(simulator)
        settings: dict[str, t.Any] = {"admin": True, "current_secret_id": world.id_of(FIRST) if named else ""}
        simulator.switches["list_delay"] = seconds
        engine(world, Faults("save", number, "killed after"), **settings).run()
        for wait in (2, 100, HOURS, HOURS, HOURS):
            engine(world, **settings).run()
            world.wait(wait)
        assert stage(world) == ("idle" if named else "distributed"), (number, seconds, named)
        assert world.values() == ([] if named else [FIRST]) + world.made, (number, seconds, named)


def a_value_is_created_long_after_it_was_made(simulator: Simulator, engine: Kind) -> None:
    """Vonage takes its time from the creation on, whenever the value was made."""
    for delay in (30.0, 600.0):
        world = World(simulator)
        for switch in ("list_delay", "propagation_delay_rest", "propagation_delay_api"):
            simulator.switches[switch] = delay
        engine(world, Faults("save", 1, "killed after")).run()
        world.wait(HOURS)
        engine(world, Faults("save", 2, "killed after")).run()
        assert stage(world) == "created"
        # With 600 s the secret is given up, and appears when another one is on its way.
        world.wait(2 if delay < 60 else 120)
        engine(world).run()
        for _run in range(6):
            world.wait(HOURS)
            engine(world).run()
        assert world.finished, delay
        # With 30 s it is waited for, and not given up.
        assert (len(world.made) == 1) == (delay < 60), world.made


def somebody_always_revokes_the_new_secret(simulator: Simulator, engine: Kind) -> None:
    """What keeps going wrong stops in the end, and a rollback gets out of it."""
    world = World(simulator)
    for _run in range(6):
        ending = engine(world, Faults("save", 2, "killed after")).run()
        if stage(world) == "created":
            for secret in [secret for secret in world.live if secret.value != FIRST]:
                world.revoke(secret.value)
        world.wait(HOURS)
    assert str(ending) == "stopped (max_attempts)"
    assert len(world.made) <= 4
    engine(world, mode="rollback").run()
    engine(world).run()
    assert world.finished


def somebody_takes_the_free_slot(simulator: Simulator, engine: Kind) -> None:
    """At each moment of a rotation that comes before its own secret: it makes no room."""
    for number in (1, 2, 3, 4):
        world = World(simulator)
        makes_a_secret = functools.partial(world.create, "SomebodyElses1")
        engine(world, Faults("request", number, meanwhile=makes_a_secret)).run()
        world.wait(600)
        assert str(engine(world).run()) in ("stopped (no_free_slot)", "stopped (unknown_second_secret)")
        assert "SomebodyElses1" in world.values()
        world.revoke("SomebodyElses1")
        engine(world).run()
        assert world.finished


def somebody_revokes_the_secret_before(simulator: Simulator, engine: Kind) -> None:
    """A rollback does not go back to it, even if Vonage still lists it."""
    for lag in (0.0, 3600.0):
        world = World.after(in_grace, simulator)
        simulator.switches["list_delay"] = lag
        world.revoke(FIRST)
        ending = engine(world, mode="rollback").run()
        assert str(ending) in ("stopped (rollback_impossible)", "stopped (lists_disagree)")
        world.wait(HOURS)
        engine(world).run()
        assert world.finished


def somebody_revokes_the_new_secret(simulator: Simulator, engine: Kind) -> None:
    """The one before is handed over again when the operator says so, since that is what works."""
    for stage in range(1, 4):
        world = World.after(in_grace, simulator)
        if stage > 1:
            # The old one was about to be revoked.
            engine(world, Faults("save", 2, "killed after"), mode="finish").run()
        world.revoke(world.made[-1])
        assert str(engine(world).run()) == "stopped (no_valid_credential)"
        engine(world, mode="rollback").run()
        assert world.finished
        assert world.values() == [FIRST]


def a_creation_arrives_when_all_is_over(simulator: Simulator, engine: Kind) -> None:
    """It brings a value back that a rotation made, or retired: it is in the record, and goes again."""
    for rotations in (1, 2):
        for duplicates in ("refused", "accepted"):
            world = World(simulator)
            simulator.switches.update({"reused_secret": "accepted", "duplicate_secret": duplicates})
            engine(world, Faults("request", 4, "late")).run()
            for _rotation in range(rotations):
                world.wait(HOURS)
                engine(world, force=_rotation > 0).run()
                assert world.finished
            world.deliver_late()
            world.check()
            if duplicates == "refused" or rotations > 1:
                world.wait(HOURS)
                engine(world).run()
                assert world.finished


def a_revocation_arrives_late(
    simulator: Simulator, engine: Kind, scenarios: t.Sequence[Scenario] = tuple(SCENARIOS)
) -> None:
    """What is being revoked is not handed over again by a rollback, nor what is dropped by another rotation."""
    for case in (case for scenario in scenarios for case in cases_of(simulator, scenario)):
        if case.fault == "late":
            for mode in ("rotate", "rollback", "finish"):
                world = World.after(case.scenario.prepare, simulator)
                settings = case.scenario.settings(world)
                # What has leaked goes without waiting for a host that is down.
                world.cut_off_accepted = settings.get("accept_cut_off", False)
                engine(world, Faults(case.moment.kind, case.number, "late"), **settings).run()
                world.wait(HOURS)
                # What cannot be finished for now is halfway when it arrives.
                world.consumers["web2"].up = False
                engine(world, mode=mode).run()
                world.consumers["web2"].up = True
                world.deliver_late()
                world.check()
                assert not world.broken, f"{case}, then {mode}: {world.broken}"
                for _run in range(2):
                    world.wait(HOURS)
                    ending = engine(world).run()
                assert world.finished or ending.kind == "stopped", f"{case}, then {mode}: {ending}"


def late_in(name: str) -> Check:
    """The same, in one scenario of the matrix."""
    return functools.partial(
        a_revocation_arrives_late, scenarios=[scenario for scenario in SCENARIOS if scenario.name == name]
    )


def a_rollback_follows(simulator: Simulator, engine: Kind) -> None:
    """Whatever the run before had done when it was killed. After a question, that is no more than before it."""
    for case in cases(simulator):
        if case.fault == "killed after" and not case.moment.name.startswith("GET "):
            world = World.after(case.scenario.prepare, simulator)
            settings = case.scenario.settings(world)
            engine(world, Faults(case.moment.kind, case.number, case.fault), **settings).run()
            world.wait(600)
            engine(world, mode="rollback").run()
            world.wait(600)
            engine(world, **case.scenario.after(world)).run()
            assert world.finished, str(case)


PAIRS: list[Pair] = [
    (first_run, "rotate", "rotate"),
    (created, "rotate", "rotate"),
    (created, "rotate", "rollback"),
    (created, "rollback", "rotate"),
    (promoted, "rotate", "rollback"),
    (in_grace, "finish", "finish"),
    (in_grace, "finish", "rollback"),
    (in_grace, "rollback", "finish"),
    (first_run, "emergency", "rotate"),
    (first_run, "rotate", "emergency"),
    (in_grace, "finish", "emergency"),
    (in_grace, "emergency", "rollback"),
]


def _play_two(simulator: Simulator, engine: Kind, pair: Pair, turns: t.Callable[[World], t.Iterable[int]]) -> Engine:
    """Two runs, the promises, and what follows.

    :returns: The first of them.
    """
    prepare, modes = pair[0], pair[1:]
    world = World.after(prepare, simulator)
    before = len(world.account.secrets)
    # One that is on an older secret than the one that has leaked is cut off to make room.
    world.cut_off_accepted = "emergency" in modes
    urgent = emergency(world) if "emergency" in modes else {}
    runs = [engine(world, **(urgent if mode == "emergency" else {"mode": mode})) for mode in modes]
    for ending in together(runs, turns(world)):
        assert ending.reason
    if modes == ("rotate", "rotate"):
        assert len(world.account.secrets) == before + (prepare is first_run), "two secrets were made"
    world.consumers["web2"].up = True
    for _run in range(2):
        world.wait(HOURS)
        engine(world, **urgent).run()
    assert world.finished
    world.check_outputs()
    return runs[0]


def _sleeps(run: Engine) -> list[int]:
    """Numbers of steps after which a run is before one of its moments, or at its end.

    A question that is asked several times in a row, such as the logins of `verify`, is one moment.

    :param run: The same run, made with nobody beside it.
    """
    moments = run.faults.moments
    first_of_a_kind = [n for n, moment in enumerate(moments) if n == 0 or moment != moments[n - 1]]
    return [2 * number + 1 for number in [*first_of_a_kind, len(moments)]]


def two_runs(pair: Pair, wait: float = 0, host_goes_down: bool = False, once: bool = False) -> Check:
    """The second one runs to its end before each moment of the first, which then wakes up.

    :param pair: The two, of `PAIRS`.
    :param wait: So long the first one sleeps: longer than its lease, or not.
    :param host_goes_down: Whether the second one cannot reach a consumer.
    :param once: Whether this is done in the middle of the first one only.
    """

    def check(simulator: Simulator, engine: Kind) -> None:
        def turns(world: World, steps: int) -> t.Any:
            yield from itertools.repeat(0, steps)
            world.wait(wait)
            world.consumers["web2"].up = not host_goes_down
            yield from itertools.repeat(1, MANY)

        world = World.after(pair[0], simulator)
        alone = engine(world, **(emergency(world) if pair[1] == "emergency" else {"mode": pair[1]}))
        alone.run()
        sleeps = _sleeps(alone)
        # The last ones first: what is wrong is found there as a rule.
        for steps in [sleeps[len(sleeps) // 2]] if once else reversed(sleeps):
            _play_two(simulator, engine, pair, functools.partial(turns, steps=steps))

    return check


def _repeated(pattern: list[int], _world: World) -> t.Iterable[int]:
    return pattern * MANY


def two_runs_in_turns(simulator: Simulator, engine: Kind) -> None:
    """They begin in the same moment, and one is as fast as the other, or faster."""
    for pair in PAIRS:
        for pattern in ([0, 1], [1, 0], [0, 0, 1], [1, 1, 0]):
            _play_two(simulator, engine, pair, functools.partial(_repeated, pattern))


def a_run_that_confirmed_meets_a_rollback(simulator: Simulator, engine: Kind) -> None:
    """It sleeps between the confirmations and what it does with them, while another one is stopped anywhere."""
    world = World.after(in_grace, simulator)
    alone = engine(world, mode="rollback")
    alone.run()
    for steps in _sleeps(alone):

        def turns(world: World, steps: int = steps) -> t.Any:
            # Until it is about to save its intent.
            yield from itertools.repeat(0, 11)
            world.wait(HOURS)
            yield from itertools.repeat(1, steps)
            yield from itertools.repeat(0, MANY)

        first = _play_two(simulator, engine, (in_grace, "finish", "rollback"), turns)
        assert [moment.kind for moment in first.faults.moments[2:5]] == ["hand over", "hand over", "request"]


def a_slow_run_wakes_up_after_two_others(simulator: Simulator, engine: Kind) -> None:
    """What it has to hand over was revoked meanwhile."""
    alone = engine(World(simulator))
    alone.run()
    sleeps = _sleeps(alone)
    middle = sleeps[len(sleeps) // 2]
    # Around the hand-over first: what is wrong is found there as a rule.
    for steps in sorted(sleeps, key=lambda steps: abs(steps - middle)):
        world = World(simulator)
        runs = [engine(world), engine(world), engine(world, force=True)]

        def turns(world: World = world, steps: int = steps) -> t.Any:
            yield from itertools.repeat(0, steps)
            world.wait(HOURS)
            yield from itertools.repeat(1, MANY)
            yield from itertools.repeat(2, MANY)

        together(runs, turns())
        world.wait(HOURS)
        engine(world).run()
        assert world.finished


BESIDE_THE_MATRIX: tuple[Check, ...] = (
    a_host_is_down,
    a_central_hook_does_nothing,
    vonage_is_slow,
    the_list_is_slow,
    a_value_is_created_long_after_it_was_made,
    somebody_always_revokes_the_new_secret,
    somebody_takes_the_free_slot,
    somebody_revokes_the_secret_before,
    somebody_revokes_the_new_secret,
    a_creation_arrives_when_all_is_over,
)

# These take many runs.
LONG: tuple[Check, ...] = (
    vonage_is_slow_in_any_way,
    a_bootstrap_meets_a_slow_list,
    a_revocation_arrives_late,
    a_rollback_follows,
    two_runs_in_turns,
    a_run_that_confirmed_meets_a_rollback,
    a_slow_run_wakes_up_after_two_others,
)
