# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed anywhere, against a model of Vonage: whatever has happened, the next ones come to an end.

The model executes plans as the role does: up to the confirmations, then again with what was confirmed. After every
save and every request it is checked that nobody is cut off, that nothing is deleted which may not be, and that no
secret of a rotation is missing in the record.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils import _rotation, _rotation_record

FIRST, FOREIGN = "FirstValue", "ForeignValue"
HOSTS = ["web1", "web2"]
REASON = "a laptop was stolen"
PROMOTED = ("promoted", "distributed", "revoking")


class Killed(Exception):
    """The run ends here, with whatever it has done."""


@dataclass
class Run:
    """One run of the role, and what befalls it."""

    mode: str = "rotate"
    # So many saves and requests are left to it; one that is lost in addition is not answered.
    moments: int = 1000
    lost: str = ""
    down: frozenset[str] = frozenset()
    unknown: bool = False
    waits: int = 3 * 3600
    force: bool = False
    named: str = ""
    adopts: bool = False
    reason: str = REASON
    foreign: bool = False


@dataclass
class World:
    """Vonage, the store, the consumers and the clock."""

    consumers: list[str] = field(default_factory=lambda: list(HOSTS))
    secrets: dict[str, tuple[str, str]] = field(default_factory=lambda: {"id0": (FIRST, "2026-01-01T00:00:00Z")})
    record: dict[str, Any] = field(default_factory=lambda: _rotation_record.new_record("abcd1234", FIRST))
    used: dict[str, tuple[int, str]] = field(default_factory=lambda: dict.fromkeys(HOSTS, (0, FIRST)))
    clock: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 12))
    serial: Any = field(default_factory=lambda: itertools.count(1))
    made: set[str] = field(default_factory=set)
    late: list[str] = field(default_factory=list)
    # Ids that the operator has given away, by naming the other one or the value.
    implied: set[str] = field(default_factory=set)
    cut_off: bool = False
    run: Run = field(default_factory=Run)
    vouched: bool = False
    holder: str = ""

    @property
    def now(self) -> str:
        return self.clock.strftime("%Y-%m-%dT%H:%M:%SZ")

    def valid(self) -> list[str]:
        return [value for value, _created_at in self.secrets.values()]

    def listed(self) -> list[dict[str, str]]:
        return [{"id": name, "created_at": created_at} for name, (_value, created_at) in self.secrets.items()]

    def moment(self) -> None:
        self.clock += timedelta(seconds=1)
        self.check()
        self.run.moments -= 1
        if self.run.moments < 0:
            raise Killed

    def check(self) -> None:
        if not self.cut_off:
            cut_off = [host for host in self.consumers if self.used[host][1] not in self.valid()]
            assert not cut_off, f"{cut_off} hold a value that was revoked"
        recorded = _rotation_record.recorded_values(self.record)
        ids = [(self.record[name] or {}).get("id") for name in ("current", "pending", "previous")]
        for name, (value, _created_at) in self.secrets.items():
            assert value not in self.made or value in recorded or name in ids, f"{name} is in no record"
        assert not _rotation_record.problem(self.record, "abcd1234")

    def add(self, value: str) -> dict[str, str]:
        name = f"id{next(self.serial)}"
        self.secrets[name] = (value, self.now)
        return {"id": name, "created_at": self.now}

    def answer(self, value: str) -> str:
        if self.run.unknown:
            return "unknown"
        return "accepted" if value in self.valid() else "refused"

    # What the role does.

    def go(self, run: Run) -> dict[str, Any]:
        """One run of the role: the plan it began with, or the one that it ended with."""
        self.clock += timedelta(seconds=run.waits)
        self.run = run
        while self.late and len(self.secrets) < 2:
            self.add(self.late.pop())
        if run.foreign and len(self.secrets) < 2 and FOREIGN not in self.valid():
            self.add(FOREIGN)
        self.holder = f"run {next(self.serial)}"
        self.vouched = run.mode == "finish" and self.record["stage"] in PROMOTED
        self.cut_off = self.cut_off or run.mode == "emergency"
        plan = self.plan(None)
        try:
            steps = plan["steps"]
            before = steps[: steps.index("confirm")] if "confirm" in steps else steps
            for step in before:
                getattr(self, step)(plan)
            if "confirm" in steps:
                plan = self.plan({host: self.used[host][0] for host in self.consumers if host not in run.down})
                for step in [step for step in plan["steps"] if step in ("revoke", "settle")]:
                    getattr(self, step)(plan)
                if plan["outcome"] == "grace" and not plan["missing"] and self.record["stage"] == "promoted":
                    self.save("distribute")
            if (self.record["lease"] or {}).get("holder") == self.holder:
                self.save("claim", lease=None)
        except Killed:
            pass
        return plan

    def policy(self) -> dict[str, Any]:
        run = self.run
        return {
            "mode": run.mode,
            "force": run.force,
            "max_age": "30d",
            "grace": "0s",
            "propagation_timeout": "60s",
            "overlap_warning": "1h",
            "consumers": self.consumers,
            "vouched": self.vouched,
            "current_secret_id": run.named,
            "holder": self.holder,
            "emergency_reason": run.reason,
            "accept_cut_off": True,
        }

    def id_of(self, value: str | None) -> str:
        return next((name for name, (held, _created_at) in self.secrets.items() if held == value), "")

    def observe(self, confirmed: dict[str, int] | None) -> Any:
        policy, record = self.policy(), self.record
        answers = [self.answer(value) for value in _rotation.candidates(record, policy)]
        login = self.answer(record["current"]["value"])
        status = {"refused": 401, "unknown": 503}.get(login)
        account = {
            "secrets": self.listed() if "accepted" in (login, *answers) else [],
            "error": {"status": status} if status else None,
        }
        retired = [self.answer(entry["value"]) for entry in record["retired"] if entry["value"]]
        second = len(self.secrets) > 1 and not record["pending"] and not record["previous"]
        adopted = {"adopted": self.answer(FOREIGN), "adopted_value": FOREIGN} if self.run.adopts else {}
        info = {"accounts": [account], "candidates": answers}
        return _rotation.observe(record, info, retired if second else [], confirmed, policy, **adopted)

    def plan(self, confirmed: dict[str, int] | None) -> dict[str, Any]:
        self.seen = self.observe(confirmed)
        plan = _rotation.plan(self.record, self.seen, self.policy(), self.now)
        if {"drop", "revoke"} & set(plan["steps"]) and plan["secret_id"]:
            assert plan["secret_id"] != self.id_of(self.record["current"]["value"])
        return plan

    def save(self, step: str, **facts: Any) -> None:
        expires = (self.clock + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        emergency = self.run.reason if self.run.mode == "emergency" else ""
        self.record = _rotation_record.advance(
            self.record,
            step,
            self.now,
            **{
                "secrets": self.listed(),
                "current": self.seen["current"],
                "secret_id": self.policy()["current_secret_id"],
                "lease": {"holder": self.holder, "expires": expires},
                "emergency": emergency,
                **facts,
            },
        )
        self.moment()

    def delete(self, name: str) -> None:
        value, _created_at = self.secrets.get(name, (None, None))
        assert self.record["current"]["value"] in self.valid()
        assert value != self.record["current"]["value"]
        assert value in (None, FIRST) or value in self.made or name in self.implied, f"{name} was made by somebody else"
        if self.run.lost != "delete request":
            self.secrets.pop(name, None)
        self.moment()
        if self.run.lost.startswith("delete"):
            raise Killed

    def claim(self, plan: dict[str, Any]) -> None:
        self.save("claim")

    def adopt(self, plan: dict[str, Any]) -> None:
        self.implied.add(plan["secret_id"])
        self.save("adopt")

    def adopt_value(self, plan: dict[str, Any]) -> None:
        # From here on the operator's secret is one of the rotation.
        self.implied.add(self.id_of(FOREIGN))
        self.save("adopt_value", value=FOREIGN)

    def prepare(self, plan: dict[str, Any]) -> None:
        value = f"Value{next(self.serial)}"
        self.made.add(value)
        self.save("prepare", value=value)

    def create(self, plan: dict[str, Any]) -> None:
        value = self.record["pending"]["value"]
        if value in self.valid():
            secret = next(row for row in self.listed() if row["id"] == self.id_of(value))
        elif len(self.secrets) == 2:
            raise Killed  # max-secrets
        elif self.run.lost == "create request":
            raise Killed
        elif self.run.lost == "create, late":
            self.late.append(value)
            raise Killed
        else:
            secret = self.add(value)
        self.moment()
        if self.run.lost == "create answer":
            raise Killed
        self.save("create", secret=secret)

    def verify(self, plan: dict[str, Any]) -> None:
        if self.record["pending"]["value"] not in self.valid():
            raise Killed

    def promote(self, plan: dict[str, Any]) -> None:
        assert self.record["pending"]["value"] in self.valid()
        self.save("promote")

    def rollback(self, plan: dict[str, Any]) -> None:
        assert self.record["previous"]["value"] in self.valid()
        self.save("rollback")

    def distribute(self, plan: dict[str, Any]) -> None:
        for host in self.consumers:
            if host not in self.run.down:
                assert self.record["generation"] >= self.used[host][0]
                self.used[host] = (self.record["generation"], self.record["current"]["value"])
                self.moment()

    def drop(self, plan: dict[str, Any]) -> None:
        self.save("drop")
        self.delete(plan["secret_id"])
        self.save("dropped")

    def abandon(self, plan: dict[str, Any]) -> None:
        self.save("abandon")

    def revoke(self, plan: dict[str, Any]) -> None:
        assert plan["secret_id"] == self.record["previous"]["id"] or "adopt" in plan["steps"]
        self.save("revoke")
        self.delete(self.record["previous"]["id"])

    def settle(self, plan: dict[str, Any]) -> None:
        if len(self.secrets) != 1:
            raise Killed
        self.save("settle", refused=(self.record["previous"] or {}).get("value") not in self.valid())


runs = st.builds(
    Run,
    mode=st.sampled_from(["rotate", "rotate", "finish", "rollback", "emergency", "status"]),
    moments=st.integers(0, 25),
    lost=st.sampled_from(["", "create request", "create answer", "create, late", "delete request", "delete answer"]),
    down=st.sampled_from([frozenset(), frozenset(["web2"]), frozenset(HOSTS)]),
    unknown=st.sampled_from([False, False, False, True]),
    # The next one may come while the lease of the one before it lasts.
    waits=st.sampled_from([10, 3 * 3600, 40 * 86400]),
    force=st.booleans(),
)


def runs_by_hand(world: World, histories: list[Run]) -> None:
    for run in histories:
        if run.mode == "status":
            before = world.record, dict(world.secrets)
            world.run, world.holder = run, "an onlooker"
            world.plan(None)
            assert (world.record, world.secrets) == before
            continue
        world.go(run)


def settle_down(world: World, *modes: str, **chosen: Any) -> list[dict[str, Any]]:
    """Runs without a fault, in turns, until one finds nothing to do: their plans."""
    plans = []
    for mode in itertools.islice(itertools.cycle(modes), 12):
        plans.append(world.go(Run(mode=mode, **chosen)))
        if plans[-1]["outcome"] == "idle":
            break
    return plans


@given(st.lists(runs, max_size=5))
@settings(max_examples=300, deadline=None)
def test_runs_that_are_killed_anywhere_are_finished_by_the_next_ones(histories: list[Run]) -> None:
    world = World()
    runs_by_hand(world, histories)
    plans = settle_down(world, "rotate")
    assert (plans[-1]["outcome"], plans[-1]["reason"]) == ("idle", "not_due"), [plan["reason"] for plan in plans]
    assert world.valid() == [world.record["current"]["value"]]
    assert set(world.used.values()) == {(world.record["generation"], world.record["current"]["value"])}
    assert (world.record["stage"], world.record["pending"], world.record["previous"]) == ("idle", None, None)


@given(st.lists(runs, max_size=5))
@settings(max_examples=150, deadline=None)
def test_without_consumers_the_operator_finishes(histories: list[Run]) -> None:
    world = World(consumers=[])
    runs_by_hand(world, histories)
    plans = settle_down(world, "rotate", "finish")
    assert plans[-1]["outcome"] == "idle", [plan["reason"] for plan in plans]
    assert world.valid() == [world.record["current"]["value"]]


@given(st.lists(runs, max_size=4), st.lists(runs, max_size=3))
@settings(max_examples=200, deadline=None)
def test_an_emergency_ends_with_what_leaked_revoked_whatever_was_under_way(before: list[Run], after: list[Run]) -> None:
    world = World()
    runs_by_hand(world, before)
    leaked = world.record["current"]["value"]
    reason = "the log was public"
    for run in after:
        world.go(Run(**{**vars(run), "mode": "emergency", "reason": reason}))
    plans = settle_down(world, "emergency", reason=reason)
    assert (plans[-1]["outcome"], plans[-1]["reason"]) == ("idle", "emergency_done"), [plan["reason"] for plan in plans]
    assert leaked not in world.valid()
    assert world.valid() == [world.record["current"]["value"]]
    assert set(world.used.values()) == {(world.record["generation"], world.record["current"]["value"])}


@given(st.lists(runs, max_size=5), st.sampled_from(["nothing", "id", "value", "both"]), st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_a_secret_that_somebody_else_makes_stays_until_the_operator_says_what_it_is(
    histories: list[Run], says: str, when: int
) -> None:
    world = World()
    for number, run in enumerate([*histories, Run()]):
        runs_by_hand(world, [Run(**{**vars(run), "foreign": number >= when})])
    named = world.id_of(world.record["current"]["value"]) if says in ("id", "both") else ""
    plans = settle_down(world, "rotate", named=named, adopts=says in ("value", "both"))
    reasons = [plan["reason"] for plan in plans]
    if plans[-1]["outcome"] == "idle":
        assert world.valid() == [world.record["current"]["value"]], reasons
        assert says != "nothing" or FOREIGN not in world.valid()
    else:
        assert FOREIGN in world.valid(), reasons
        assert reasons[-1] in ("unknown_second_secret", "no_free_slot"), reasons
        assert says != "both" or reasons[-1] == "no_free_slot"
