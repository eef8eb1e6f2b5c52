# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode: from every state that a rotation can be in, the plan that is shown is what the run after it does."""

from __future__ import annotations

import typing as t

import pytest
from engine import Engine
from faults import Faults
from matrix import adopt, created, emergency, first_run, foreign, in_grace, named, poison, promoted
from world import FIRST, World

from vonage_simulator.server import Simulator

Settings = dict[str, t.Any]
State = t.Callable[[World], t.Optional[Settings]]

FOREIGN = "SomebodyElses1"


def rotated(world: World) -> None:
    Engine(world).run()
    world.wait(7200)


def overdue(world: World) -> None:
    rotated(world)
    world.wait(40 * 86400)


def prepared(world: World) -> None:
    Engine(world, Faults("save", 1, "killed after")).run()


def revoking(world: World) -> None:
    in_grace(world)
    Engine(world, Faults("save", 2, "killed after")).run()


def revoked(world: World) -> None:
    in_grace(world)
    Engine(world, Faults("request", 4, "killed after")).run()


def old_one_gone(world: World) -> None:
    created(world)
    world.revoke(FIRST)


def pending_lost(world: World) -> None:
    """The record lost the value of a secret that it has the id of."""
    Engine(world, Faults("save", 2, "killed after")).run()
    _edit(world, "pending", value=None)


def pending_lost_before_creation(world: World) -> None:
    prepared(world)
    _edit(world, "pending", value=None)


def pending_is_slow(world: World) -> None:
    world.simulator.switches["propagation_delay_api"] = 300.0
    Engine(world, Faults("save", 2, "killed after")).run()
    world.wait(200)


def slot_taken(world: World) -> None:
    prepared(world)
    world.create(FOREIGN)


def late_creation(world: World) -> None:
    """A value that was retired came back."""
    rotated(world)
    world.simulator.switches["reused_secret"] = "accepted"
    world.simulator.state.create_secret(world.account, FIRST)


def current_revoked(world: World) -> None:
    rotated(world)
    world.revoke(world.made[-1]) if len(world.live) > 1 else _garble(world)


def _garble(world: World) -> None:
    # Somebody has changed the only secret: the one that was in the record is gone.
    world.create(FOREIGN)
    world.revoke(world.made[-1])


def new_one_revoked(world: World) -> None:
    in_grace(world)
    world.revoke(world.made[-1])


def both_changed(world: World) -> None:
    created(world)
    world.revoke(FIRST)
    world.revoke(world.made[-1])
    world.create(FOREIGN)


def unreachable(world: World) -> None:
    world.simulator.add_fault("status_before", status=503, times=None)


def given_back(world: World) -> None:
    in_grace(world)
    Engine(world, Faults("save", 1, "killed after"), mode="rollback").run()


def nothing_listed(world: World) -> None:
    for secret in list(world.live):
        world.revoke(secret.value)


def _edit(world: World, name: str, **changes: t.Any) -> None:
    record = world.store.versions[-1]
    world.store.versions.append({**record, name: {**record[name], **changes}, "version": record["version"] + 1})


def of_the_primary(_world: World) -> Settings:
    return {"admin": True}


def forced(_world: World) -> Settings:
    return {"force": True}


def plain(mode: str) -> t.Callable[[World], Settings]:
    return lambda _world: {"mode": mode}


STATES = [
    first_run, rotated, overdue, prepared, created, pending_is_slow, poison, pending_lost,
    pending_lost_before_creation, slot_taken, promoted, in_grace, revoking, revoked, given_back, old_one_gone,
    new_one_revoked, current_revoked, both_changed, foreign, late_creation, unreachable, nothing_listed,
]  # fmt: skip

ASKED: dict[str, t.Callable[[World], t.Any]] = {
    "rotate": plain("rotate"),
    "forced": forced,
    "finish": plain("finish"),
    "rollback": plain("rollback"),
    "emergency": emergency,
    "name": named,
    "adopt": adopt,
    "primary": of_the_primary,
}


ALL = [(state, asked) for state in STATES for asked in ASKED]
# Every state, and everything that is asked for.
SOME = ALL[::5]


@pytest.mark.parametrize(
    ("state", "asked"),
    [pytest.param(*each, marks=() if each in SOME else pytest.mark.full) for each in ALL],
    ids=[f"{state.__name__}, {asked}" for state, asked in ALL],
)
def test_the_run_does_what_was_shown(simulator: Simulator, state: t.Any, asked: str) -> None:
    world = World.after(state, simulator)
    settings = ASKED[asked](world)
    # A run that is given the value of another secret gives it away.
    world.given_away = set(world.foreign)
    world.cut_off_accepted = asked == "emergency"
    before = len(world.store.versions), [vars(secret).copy() for secret in world.account.secrets]
    shown = Engine(world, check=True, **settings)
    shown_end = shown.run()
    assert (len(world.store.versions), [vars(secret) for secret in world.account.secrets]) == before
    assert [moment.name for moment in shown.faults.moments if not moment.name.startswith("GET")] == []
    run = Engine(world, **settings)
    end = run.run()
    if shown_end.kind == "failed":
        assert end == shown_end
        return
    plan = shown.plan
    assert plan is not None
    assert run.plan == plan
    if end.kind == "failed":
        # Nobody can foresee that Vonage does not accept a secret yet, nor that it had this value before.
        assert world.store.record
        assert world.store.record["stage"] == ("prepared" if state is both_changed else "created")
        assert run.steps == plan[: len(run.steps)]
    elif "confirm" in plan:
        assert run.steps == plan
    else:
        assert (run.steps, end) == (plan, shown_end)
