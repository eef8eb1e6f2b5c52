# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision of a rotation: every cell of its table, its variants, and what holds for all of them."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import Plan
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import ListedSecret, Observation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.plan import lists_agree
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.plan import plan as make_plan
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    STAGES,
    CurrentSecret,
    Lease,
    PendingSecret,
    PreviousSecret,
    Record,
    RetiredSecret,
    new_record,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.run import ORDER, planned_begin, planned_finish
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.situation import MAX_ATTEMPTS

NOW = "2026-11-22T12:00:00Z"
RECENT = "2026-11-20T12:00:00Z"
LONG_AGO = "2026-01-02T03:04:05Z"

ALL = "prepare create verify promote distribute confirm revoke settle"
FROM_CREATE = "claim create verify promote distribute confirm revoke settle"
FROM_VERIFY = "claim verify promote distribute confirm revoke settle"
TO_CONFIRM = "prepare create verify promote distribute confirm"
CREATE_TO_CONFIRM = "claim create verify promote distribute confirm"

LISTED = (0, 1, 2)
CURRENT = ("accepted", "refused", "unknown", "none")
PENDING = ("none", "accepted", "refused", "lost", "unknown")
WHO = ("own", "admin")

# Listed, current, pending, whose credentials -> outcome, reason, steps. A star stands for every answer; a cell that is
# named by a row of its own is taken from there. The record has pinned the current secret and nothing else.
TABLE = [
    ("0", "*", "*", "own", "blocked", "protocol_error", ""),
    ("0", "*", "none lost", "admin", "rotate", "first_secret", f"{TO_CONFIRM} settle"),
    ("0", "*", "accepted refused unknown", "admin", "rotate", "first_secret", f"{CREATE_TO_CONFIRM} settle"),
    ("1 2", "unknown", "*", "*", "inconclusive", "probe_unknown", ""),
    ("1 2", "accepted refused none", "unknown", "*", "inconclusive", "probe_unknown", ""),
    ("1", "accepted", "none", "*", "rotate", "max_age", ALL),
    ("1", "accepted", "accepted", "*", "inconclusive", "lists_disagree", ""),
    ("1", "accepted", "refused", "*", "rotate", "resumed", FROM_CREATE),
    ("1", "accepted", "lost", "*", "rotate", "resumed", ALL),
    ("1", "refused", "accepted", "*", "rotate", "current_refused", "promote distribute confirm settle"),
    ("1", "refused none", "none refused lost", "own", "blocked", "no_valid_credential", ""),
    ("1", "refused none", "none lost", "admin", "rotate", "bootstrap", TO_CONFIRM),
    ("1", "refused none", "refused", "admin", "rotate", "bootstrap", CREATE_TO_CONFIRM),
    ("1", "none", "accepted", "*", "rotate", "resumed", "claim verify promote distribute confirm settle"),
    ("2", "accepted", "none", "*", "blocked", "unknown_second_secret", ""),
    ("2", "accepted", "accepted", "*", "rotate", "resumed", FROM_VERIFY),
    ("2", "accepted", "refused", "*", "blocked", "no_free_slot", ""),
    ("2", "accepted", "lost", "*", "blocked", "no_free_slot", ""),
    ("2", "refused", "accepted", "*", "rotate", "current_refused", "promote distribute confirm"),
    ("2", "refused none", "none refused lost", "*", "blocked", "no_valid_credential", ""),
    ("2", "none", "accepted", "*", "rotate", "resumed", FROM_VERIFY),
]


def cells() -> dict[tuple[int, str, str, str], tuple[str, str, list[str]]]:
    """The table above, one entry a cell."""
    found = {}
    for listed, current, pending, who, outcome, reason, steps in TABLE:
        for cell in itertools.product(
            [int(number) for number in listed.split()],
            CURRENT if current == "*" else current.split(),
            PENDING if pending == "*" else pending.split(),
            WHO if who == "*" else who.split(),
        ):
            assert cell not in found, f"{cell} stands twice in the table"
            found[cell] = (outcome, reason, steps.split())
    return found


CELLS = cells()


def secret(name: str, created_at: str = LONG_AGO) -> ListedSecret:
    return ListedSecret(id=name, created_at=created_at)


def current_secret(name: str | None, created_at: str | None = None, since: str | None = LONG_AGO) -> CurrentSecret:
    return CurrentSecret(value=f"S3cret{name}", id=name, created_at=created_at, since=since)


def previous_secret(name: str | None, revoke_not_before: str, **changes: Any) -> PreviousSecret:
    return PreviousSecret(value=f"S3cret{name}", id=name, revoke_not_before=revoke_not_before, **changes)


def record(**changes: Any) -> Record:
    current = current_secret("current", created_at=LONG_AGO)
    return replace(
        new_record("abcd1234", "S3cretcurrent"), **{"version": 7, "generation": 3, "current": current, **changes}
    )


def pending_secret(pending: str, **changes: Any) -> PendingSecret | None:
    if pending == "none":
        return None
    value = None if pending == "lost" else "S3cretpending"
    return PendingSecret(**{"value": value, "id": None, "prepared_at": RECENT, "attempts": 1, **changes})


def observation(
    listed: int | tuple[ListedSecret, ...] | None, current: Any, pending: Any, **changes: Any
) -> Observation:
    if isinstance(listed, int):
        listed = (secret("current"), secret("other", RECENT))[:listed]
    return Observation(secrets=listed, current=current, pending=pending, **changes)


def policy(**changes: Any) -> Policy:
    options = {"max_age": "30d", "grace": "0s", "propagation_timeout": "60s", "consumers": ["web1", "web2"]}
    return Policy.from_options({**options, **changes})


def decide(the_record: Record, seen: Observation, now: str = NOW, **the_policy: Any) -> tuple[str, str, list[str]]:
    plan = make_plan(the_record, seen, policy(**the_policy), now)
    assert "S3cret" not in str(plan)
    return plan.outcome, plan.reason, list(plan.steps)


def test_the_table_has_every_cell() -> None:
    assert set(CELLS) == set(itertools.product(LISTED, CURRENT, PENDING, WHO))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: " ".join(map(str, cell)))
def test_cell(cell: tuple[int, str, str, str]) -> None:
    listed, current, pending, who = cell
    the_record = record(pending=pending_secret(pending))
    assert decide(the_record, observation(listed, current, pending), admin=who == "admin") == CELLS[cell]


PREVIOUS = previous_secret("other", revoke_not_before=RECENT)
RETIRED = (RetiredSecret(value="S3cretother", id="other", retired_at=RECENT),)
IN_USE = {"stage": "promoted", "previous": PREVIOUS}

VARIANTS = {
    "the service is down": (
        record(),
        observation(None, "unknown", "none", status=503),
        {},
        "inconclusive",
        "not_listed",
        "",
    ),
    "nothing could be listed": (record(), observation(None, "refused", "none"), {}, "inconclusive", "not_listed", ""),
    "young": (
        record(),
        observation((secret("current", RECENT),), "accepted", "none"),
        {},
        "idle",
        "not_due",
        "",
    ),
    "young, forced": (
        record(),
        observation((secret("current", RECENT),), "accepted", "none"),
        {"force": True},
        "rotate",
        "forced",
        ALL,
    ),
    "old, but no age is set": (record(), observation(1, "accepted", "none"), {"max_age": ""}, "idle", "not_due", ""),
    "old, but the age is 0": (record(), observation(1, "accepted", "none"), {"max_age": "0d"}, "idle", "not_due", ""),
    "old, but only to finish": (
        record(),
        observation(1, "accepted", "none"),
        {"mode": "finish", "force": True},
        "idle",
        "not_due",
        "",
    ),
    "without a record": (
        new_record("abcd1234", "S3cretcurrent"),
        observation(1, "accepted", "none"),
        {},
        "rotate",
        "max_age",
        ALL,
    ),
    "with a grace period": (
        record(),
        observation(1, "accepted", "none"),
        {"grace": "1d"},
        "rotate",
        "max_age",
        TO_CONFIRM,
    ),
    "without consumers": (
        record(),
        observation(1, "accepted", "none"),
        {"consumers": []},
        "rotate",
        "max_age",
        TO_CONFIRM,
    ),
    "handed over, consumers not asked": (
        record(**IN_USE),
        observation(2, "accepted", "none"),
        {},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "handed over, all confirmed": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {},
        "rotate",
        "confirmed",
        "revoke settle",
    ),
    "handed over, all confirmed in text": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": "3", "web2": "3"}),
        {},
        "rotate",
        "confirmed",
        "revoke settle",
    ),
    "handed over, one behind": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 2}),
        {},
        "grace",
        "unconfirmed_consumers",
        "",
    ),
    "handed over, one silent": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": 3}),
        {},
        "grace",
        "unconfirmed_consumers",
        "",
    ),
    "handed over, one silent, to finish": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": 3}),
        {"mode": "finish"},
        "grace",
        "unconfirmed_consumers",
        "",
    ),
    "handed over, too early": (
        record(stage="promoted", previous=previous_secret("other", revoke_not_before="2026-11-22T12:00:01Z")),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {},
        "grace",
        "grace_period",
        "",
    ),
    "handed over, too early, consumers not asked": (
        record(stage="distributed", previous=previous_secret("other", revoke_not_before="2026-11-22T12:00:01Z")),
        observation(2, "accepted", "none"),
        {},
        "grace",
        "grace_period",
        "claim distribute confirm",
    ),
    "handed over, nobody to confirm": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={}),
        {"consumers": []},
        "grace",
        "nobody_confirms",
        "",
    ),
    "handed over, all confirmed, and read back centrally": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}, central_confirmed=3),
        {"central": "hashi_vault"},
        "rotate",
        "confirmed",
        "revoke settle",
    ),
    "handed over, all confirmed, and not read back centrally": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {"central": "hashi_vault"},
        "grace",
        "unconfirmed_consumers",
        "",
    ),
    "handed over, an older generation read back centrally, to finish": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={}, central_confirmed="2"),
        {"central": "hashi_vault", "consumers": [], "mode": "finish", "operator_confirmed": True},
        "grace",
        "unconfirmed_consumers",
        "",
    ),
    "handed over, read back centrally, and nobody to confirm": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={}, central_confirmed=3),
        {"central": "hashi_vault", "consumers": []},
        "grace",
        "nobody_confirms",
        "",
    ),
    "handed over, and the central consumer not asked yet": (
        record(**IN_USE),
        observation(2, "accepted", "none"),
        {"central": "hashi_vault"},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "handed over just now, nobody to confirm, to finish": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={}),
        {"consumers": [], "mode": "finish"},
        "grace",
        "nobody_confirms",
        "",
    ),
    # Somebody has revoked it: a value that Vonage had once may never be created again.
    "created, not listed and refused": (
        record(pending=pending_secret("refused", id="pending")),
        observation(1, "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        ALL,
    ),
    "created a moment ago, not listed and refused": (
        record(pending=pending_secret("refused", id="pending", prepared_at=NOW)),
        observation(1, "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "created in the future, when a clock was wrong, not listed and refused": (
        record(pending=pending_secret("refused", id="pending", prepared_at="2027-01-01T12:00:00Z")),
        observation(1, "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        ALL,
    ),
    "created a moment ago by a clock that is ahead, not listed and refused": (
        record(pending=pending_secret("refused", id="pending", prepared_at="2026-11-22T12:00:05Z")),
        observation(1, "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "created a moment ago, refused, and the clock is behind that of Vonage": (
        record(pending=pending_secret("refused", id="other", prepared_at=NOW, created_at=NOW)),
        observation((secret("current"), secret("other", "2026-11-22T12:01:30Z")), "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "a first secret that was created a moment ago": (
        record(current=None, pending=pending_secret("refused", id="pending", prepared_at=NOW)),
        observation(0, "none", "refused"),
        {"admin": True},
        "rotate",
        "resumed",
        "claim verify promote distribute confirm settle",
    ),
    "created a moment ago beside one that nobody knows": (
        record(current=None, pending=pending_secret("refused", id="current", prepared_at=NOW)),
        observation(1, "none", "refused"),
        {"admin": True},
        "rotate",
        "resumed",
        "claim verify promote distribute confirm",
    ),
    "created for the third time, not listed and refused": (
        record(pending=pending_secret("refused", id="pending", attempts=3)),
        observation(1, "accepted", "refused"),
        {},
        "blocked",
        "max_attempts",
        "",
    ),
    "not created, since one that was given up takes its place": (
        record(
            pending=pending_secret("refused"),
            retired=RETIRED,
        ),
        observation(2, "accepted", "refused"),
        {},
        "rotate",
        "given_up",
        "abandon",
    ),
    "to be given up, and no value works": (
        record(pending=pending_secret("refused")),
        observation(1, "refused", "refused"),
        {"mode": "rollback"},
        "blocked",
        "no_valid_credential",
        "",
    ),
    "to be given up, accepted, and an old list": (
        record(pending=pending_secret("accepted")),
        observation(1, "accepted", "accepted"),
        {"mode": "rollback"},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "created beside one that nobody knows, and an old list": (
        record(current=None, pending=pending_secret("accepted"), ids_before=("current",)),
        observation(1, "none", "accepted"),
        {"admin": True},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "created beside one that is refused, and an old list": (
        record(pending=pending_secret("accepted", id="other")),
        observation(1, "refused", "accepted"),
        {},
        "rotate",
        "current_refused",
        "promote distribute confirm",
    ),
    "another one is listed than the one in use": (
        record(),
        observation((secret("other"),), "accepted", "none"),
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "another one is listed than the one in use, and named": (
        record(),
        observation((secret("other"),), "accepted", "none"),
        {"current_secret_id": "other"},
        "rotate",
        "max_age",
        ALL,
    ),
    "interrupted before the hand-over, nobody to confirm, to finish": (
        record(pending=pending_secret("refused")),
        observation(1, "accepted", "refused"),
        {"consumers": [], "mode": "finish"},
        "rotate",
        "resumed",
        "claim create verify promote distribute confirm",
    ),
    "handed over in an earlier run, nobody to confirm, to finish": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={}),
        {"consumers": [], "mode": "finish", "operator_confirmed": True},
        "rotate",
        "confirmed",
        "revoke settle",
    ),
    "handed over beside a secret whose id is not known, consumers not asked": (
        record(stage="promoted"),
        observation(2, "accepted", "none"),
        {},
        "grace",
        "unknown_second_secret",
        "claim distribute confirm",
    ),
    "handed over beside a secret whose id is not known": (
        record(stage="promoted"),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {},
        "grace",
        "unknown_second_secret",
        "",
    ),
    "handed over beside a secret whose id is not known, the one in use named": (
        record(stage="distributed"),
        observation(2, "accepted", "none"),
        {"current_secret_id": "current"},
        "rotate",
        "adopted",
        "adopt distribute confirm revoke settle",
    ),
    "handed over, but the current id is not listed": (
        record(**IN_USE),
        observation((secret("other"), secret("foreign")), "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "handed over, the current id never known, the old one is": (
        record(current=current_secret(None, created_at=None, since=LONG_AGO), **IN_USE),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {},
        "rotate",
        "confirmed",
        "revoke settle",
    ),
    "killed between the revoke and its record": (
        record(stage="revoking", previous=PREVIOUS),
        observation(1, "accepted", "none"),
        {},
        "rotate",
        "resumed",
        "claim distribute confirm settle",
    ),
    "killed before the revoke": (
        record(stage="revoking", previous=PREVIOUS),
        observation(2, "accepted", "none"),
        {},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "the old one was removed by hand": (
        record(**IN_USE),
        observation(1, "accepted", "none"),
        {},
        "rotate",
        "resumed",
        "claim distribute confirm settle",
    ),
    "the list shows the old one alone, and the new one works": (
        record(**IN_USE),
        observation((secret("other"),), "accepted", "none"),
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "the list shows the pending one alone, and the current one works": (
        record(pending=pending_secret("refused", id="pending")),
        observation((secret("pending"),), "accepted", "refused"),
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "a retired value is back": (
        record(retired=RETIRED),
        observation(2, "accepted", "none", retired="accepted"),
        {},
        "rotate",
        "retired_revived",
        "drop",
    ),
    "a retired value is back so soon that it may never have gone": (
        record(retired=(replace(RETIRED[0], retired_at="2026-11-22T11:00:01Z"),)),
        observation(2, "accepted", "none", retired="accepted"),
        {},
        "inconclusive",
        "retired_lingers",
        "",
    ),
    "a retired value is perhaps back": (
        record(retired=RETIRED),
        observation(2, "accepted", "none", retired="unknown"),
        {},
        "inconclusive",
        "probe_unknown",
        "",
    ),
    "a retired value is back, but the current id is not pinned": (
        record(current=current_secret(None, created_at=None, since=LONG_AGO), retired=RETIRED),
        observation(2, "accepted", "none", retired="accepted"),
        {},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "an unknown second secret, the one in use named": (
        record(),
        observation(2, "accepted", "none"),
        {"current_secret_id": "current"},
        "rotate",
        "adopted",
        "adopt distribute confirm revoke settle",
    ),
    "an unknown second secret, another one named than recorded": (
        record(),
        observation(2, "accepted", "none"),
        {"current_secret_id": "other"},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "an unknown second secret, one named that is not listed": (
        record(),
        observation(2, "accepted", "none"),
        {"current_secret_id": "gone"},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "created, not yet accepted": (
        record(pending=pending_secret("refused", id="other", prepared_at="2026-11-22T11:59:30Z")),
        observation(2, "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "created late, not yet accepted": (
        record(pending=pending_secret("refused", id="other")),
        observation((secret("current"), secret("other", "2026-11-22T11:59:30Z")), "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "created, never accepted": (
        record(pending=pending_secret("refused", id="other")),
        observation(2, "accepted", "refused"),
        {},
        "rotate",
        "replaced",
        f"drop {ALL}",
    ),
    "created, never accepted, too often": (
        record(pending=pending_secret("refused", id="other", attempts=MAX_ATTEMPTS)),
        observation(2, "accepted", "refused"),
        {},
        "blocked",
        "max_attempts",
        "",
    ),
    "created, its value lost": (
        record(pending=pending_secret("lost", id="other")),
        observation(2, "accepted", "lost"),
        {},
        "rotate",
        "replaced",
        f"drop {ALL}",
    ),
    "created by somebody else, perhaps": (
        record(pending=pending_secret("refused"), ids_before=("current",)),
        observation(2, "accepted", "refused"),
        {},
        "blocked",
        "no_free_slot",
        "",
    ),
    "both accepted, no id known": (
        record(current=current_secret(None, created_at=None, since=LONG_AGO), pending=pending_secret("accepted")),
        observation(2, "accepted", "accepted"),
        {},
        "rotate",
        "resumed",
        "claim verify promote distribute confirm",
    ),
    "both accepted, the list of before known": (
        record(
            current=current_secret(None, created_at=None, since=LONG_AGO),
            pending=pending_secret("accepted"),
            ids_before=("current",),
        ),
        observation(2, "accepted", "accepted"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "the first secret is refused beside the new one": (
        record(generation=0, pending=pending_secret("accepted")),
        observation(2, "refused", "accepted"),
        {},
        "rotate",
        "current_refused",
        "promote distribute confirm",
    ),
    "bootstrap, the one to replace named": (
        new_record("abcd1234", None),
        observation(1, "none", "none"),
        {"admin": True, "current_secret_id": "current"},
        "rotate",
        "bootstrap",
        ALL,
    ),
}


BACK = {"mode": "rollback"}
REJECTED = {"stage": "promoted", "previous": replace(PREVIOUS, rejected=True)}
LEAK = "the log was public"
LEAKED = replace(PREVIOUS, emergency=LEAK)
NOW_OR_NEVER = {"mode": "emergency", "emergency_reason": LEAK, "accept_cut_off": True}
DONE = (replace(RETIRED[0], emergency=LEAK),)
UNPINNED = current_secret(None, created_at=None, since=LONG_AGO)
LATER = "2026-11-22T12:00:01Z"
LEASE = {"lease": Lease(holder="ci 17", expires=LATER)}
EVERY_STEP_AGAIN = f"revoke settle {ALL}"
THREE = (secret("current"), secret("other", RECENT), secret("foreign", RECENT))

# Name -> changes of the record, of the observation, of the policy; outcome, reason, steps. Unless it says otherwise,
# two are listed and the one in use is accepted.
FURTHER: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str, str, str]] = {
    # Leases
    "another run's lease": (LEASE, {}, {"holder": "ci 18"}, "blocked", "leased", ""),
    "another run's lease, to a run without a name": (LEASE, {}, {}, "blocked", "leased", ""),
    "another run's lease, and nothing listed": (LEASE, {"secrets": None}, {}, "blocked", "leased", ""),
    "its own lease": (
        {**LEASE, **IN_USE},
        {},
        {"holder": "ci 17"},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "a lease that has expired": (
        {"lease": Lease(holder="ci 17", expires=NOW), **IN_USE},
        {},
        {"holder": "ci 18"},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "a lease of a process that is gone": (
        {**LEASE, **IN_USE},
        {},
        {"holder": "ci 18", "holder_gone": True},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "a lease that the operator breaks": (
        {**LEASE, **IN_USE},
        {},
        {"holder": "ci 18", "break_lease": True},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "another run's lease, to an onlooker": (
        {**LEASE, **IN_USE},
        {},
        {"mode": "status"},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    # Rollbacks
    "back": (
        IN_USE,
        {"previous": "accepted"},
        BACK,
        "rotate",
        "rolled_back",
        "rollback distribute confirm revoke settle",
    ),
    "back, from a secret that is refused": (
        IN_USE,
        {"previous": "accepted", "current": "refused"},
        BACK,
        "rotate",
        "rolled_back",
        "rollback distribute confirm revoke settle",
    ),
    "back, from a secret that is gone": (
        IN_USE,
        {"previous": "accepted", "current": "refused", "secrets": (secret("other"),)},
        BACK,
        "rotate",
        "rolled_back",
        "rollback distribute confirm settle",
    ),
    "back, from a secret that is gone, beside one of somebody else": (
        IN_USE,
        {"previous": "accepted", "current": "refused", "secrets": (secret("other"), secret("foreign"))},
        BACK,
        "rotate",
        "rolled_back",
        "rollback distribute confirm",
    ),
    "back, with nobody to confirm": (
        IN_USE,
        {"previous": "accepted"},
        {**BACK, "consumers": []},
        "rotate",
        "rolled_back",
        "rollback distribute confirm",
    ),
    "back, but the id before is not known": (
        {"stage": "promoted", "previous": replace(PREVIOUS, id=None)},
        {"previous": "accepted"},
        BACK,
        "rotate",
        "rolled_back",
        "rollback distribute confirm",
    ),
    "back, but the id before is not listed": (
        IN_USE,
        {"previous": "accepted", "secrets": (secret("current"), secret("foreign"))},
        BACK,
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "back, both accepted and one listed": (
        IN_USE,
        {"previous": "accepted", "secrets": (secret("other"),)},
        BACK,
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "back, but it is refused": (IN_USE, {"previous": "refused"}, BACK, "blocked", "rollback_impossible", ""),
    "back, perhaps": (IN_USE, {"previous": "unknown"}, BACK, "inconclusive", "probe_unknown", ""),
    "back, but it was not tried": (IN_USE, {"previous": "none"}, BACK, "inconclusive", "probe_unknown", ""),
    "back, perhaps from a secret that works": (
        IN_USE,
        {"previous": "accepted", "current": "unknown"},
        BACK,
        "inconclusive",
        "probe_unknown",
        "",
    ),
    "back, but the value before was never known": (
        {"stage": "promoted", "previous": replace(PREVIOUS, value=None)},
        {},
        BACK,
        "blocked",
        "rollback_impossible",
        "",
    ),
    # The request that revokes it may still be on its way.
    "back, but it is being revoked": (
        {"stage": "revoking", "previous": PREVIOUS},
        {"previous": "accepted"},
        BACK,
        "blocked",
        "rollback_impossible",
        "",
    ),
    # What would revoke it logs in with the one that is refused.
    "back, although it was to be revoked, from a secret that is refused": (
        {"stage": "revoking", "previous": PREVIOUS},
        {"previous": "accepted", "current": "refused"},
        BACK,
        "rotate",
        "rolled_back",
        "rollback distribute confirm revoke settle",
    ),
    "back, but readers of an environment file would read another value": (
        {"stage": "promoted", "previous": replace(PREVIOUS, value="Abcd1234!!;")},
        {"previous": "accepted"},
        {**BACK, "distribute_tasks": "env_file"},
        "blocked",
        "rollback_impossible",
        "",
    ),
    "back, for readers of another file": (
        {"stage": "promoted", "previous": replace(PREVIOUS, value="Abcd1234!!;")},
        {"previous": "accepted"},
        BACK,
        "rotate",
        "rolled_back",
        "rollback distribute confirm revoke settle",
    ),
    "back, but it has leaked": (
        {"stage": "promoted", "previous": LEAKED},
        {"previous": "accepted"},
        BACK,
        "blocked",
        "rollback_impossible",
        "",
    ),
    "back already": (
        REJECTED,
        {"previous": "accepted"},
        BACK,
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "back already, all confirmed": (
        REJECTED,
        {"confirmed": {"web1": 3, "web2": 3}},
        BACK,
        "rotate",
        "confirmed",
        "revoke settle",
    ),
    "back already, one behind": (
        REJECTED,
        {"confirmed": {"web1": 3}},
        BACK,
        "grace",
        "unconfirmed_consumers",
        "",
    ),
    "back already, on a schedule": (
        REJECTED,
        {},
        {"mode": "rotate"},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "nothing to go back to": ({}, {"secrets": (secret("current"),)}, BACK, "idle", "nothing_to_roll_back", ""),
    "nothing to go back to, forced": (
        {},
        {"secrets": (secret("current"),)},
        {**BACK, "force": True},
        "idle",
        "nothing_to_roll_back",
        "",
    ),
    "given up before it was created": (
        {"pending": pending_secret("refused")},
        {"pending": "refused", "secrets": (secret("current"),)},
        BACK,
        "rotate",
        "given_up",
        "abandon",
    ),
    "given up, its value lost": (
        {"pending": pending_secret("lost")},
        {"pending": "lost", "secrets": (secret("current"),)},
        BACK,
        "rotate",
        "given_up",
        "abandon",
    ),
    "given up, its id gone": (
        {"pending": pending_secret("refused", id="gone")},
        {"pending": "refused"},
        BACK,
        "rotate",
        "given_up",
        "abandon",
    ),
    "given up after it was created": (
        {"pending": pending_secret("accepted", id="other")},
        {"pending": "accepted"},
        BACK,
        "rotate",
        "given_up",
        "drop abandon",
    ),
    "given up after it was created, the answer lost": (
        {"pending": pending_secret("accepted")},
        {"pending": "accepted"},
        BACK,
        "rotate",
        "given_up",
        "drop abandon",
    ),
    "given up, created and not yet accepted": (
        {"pending": pending_secret("refused", id="other", prepared_at=NOW)},
        {"pending": "refused"},
        BACK,
        "rotate",
        "given_up",
        "drop abandon",
    ),
    "given up, the drop interrupted": (
        {"pending": pending_secret("lost", id="other")},
        {"pending": "lost"},
        BACK,
        "rotate",
        "given_up",
        "drop abandon",
    ),
    "given up, but no id is known": (
        {"pending": pending_secret("refused")},
        {"pending": "refused"},
        BACK,
        "blocked",
        "no_free_slot",
        "",
    ),
    "given up, both accepted and no id known": (
        {"current": UNPINNED, "pending": pending_secret("accepted")},
        {"pending": "accepted"},
        BACK,
        "blocked",
        "no_free_slot",
        "",
    ),
    "given up, but it is the only one that works": (
        {"pending": pending_secret("accepted", id="other")},
        {"pending": "accepted", "current": "refused"},
        BACK,
        "blocked",
        "rollback_impossible",
        "",
    ),
    "given up, perhaps accepted": (
        {"pending": pending_secret("unknown", id="other")},
        {"pending": "unknown"},
        BACK,
        "inconclusive",
        "probe_unknown",
        "",
    ),
    "given up, one that was adopted": (
        {"pending": pending_secret("accepted", id="other", adopted=True)},
        {"pending": "accepted"},
        BACK,
        "rotate",
        "given_up",
        "abandon",
    ),
    # Emergencies
    "an emergency without a reason": (
        {},
        {},
        {**NOW_OR_NEVER, "emergency_reason": ""},
        "blocked",
        "emergency_needs_reason",
        "",
    ),
    "an emergency that may cut nobody off": (
        {},
        {},
        {**NOW_OR_NEVER, "accept_cut_off": False},
        "blocked",
        "emergency_not_accepted",
        "",
    ),
    "an emergency, with a young secret, a grace period and nobody to confirm": (
        {},
        {"secrets": (secret("current", RECENT),)},
        {**NOW_OR_NEVER, "grace": "1d", "consumers": []},
        "rotate",
        "emergency",
        ALL,
    ),
    "an emergency, both slots full": (IN_USE, {}, NOW_OR_NEVER, "rotate", "emergency", EVERY_STEP_AGAIN),
    "an emergency, after another one was interrupted": (
        {"stage": "promoted", "previous": replace(LEAKED, emergency="another one")},
        {},
        NOW_OR_NEVER,
        "rotate",
        "emergency",
        EVERY_STEP_AGAIN,
    ),
    "an emergency, the slot just made free": (
        {"stage": "revoking", "previous": PREVIOUS},
        {"secrets": (secret("current"),)},
        NOW_OR_NEVER,
        "rotate",
        "emergency",
        f"settle {ALL}",
    ),
    "an emergency, an unknown second secret": ({}, {}, NOW_OR_NEVER, "blocked", "unknown_second_secret", ""),
    "an emergency, an unknown second secret beside one that was handed over": (
        {"stage": "promoted"},
        {},
        NOW_OR_NEVER,
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "an emergency, the one in use named": (
        {},
        {},
        {**NOW_OR_NEVER, "current_secret_id": "current"},
        "rotate",
        "emergency",
        f"adopt {EVERY_STEP_AGAIN}",
    ),
    "an emergency, the wrong one named": (
        {},
        {},
        {**NOW_OR_NEVER, "current_secret_id": "other"},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "an emergency, a retired secret is back": (
        {"retired": RETIRED},
        {"retired": "accepted"},
        NOW_OR_NEVER,
        "rotate",
        "retired_revived",
        f"drop {ALL}",
    ),
    "an emergency with a value on its way": (
        {"pending": pending_secret("accepted", id="other")},
        {"pending": "accepted"},
        {**NOW_OR_NEVER, "grace": "1d", "consumers": []},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "a marked value on its way, on a schedule": (
        {"pending": pending_secret("accepted", id="other", emergency=LEAK)},
        {"pending": "accepted"},
        {"grace": "1d", "consumers": []},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "an emergency that was promoted": (
        {"stage": "promoted", "previous": LEAKED},
        {},
        NOW_OR_NEVER,
        "rotate",
        "emergency",
        "claim distribute confirm revoke settle",
    ),
    "an emergency that was promoted, on a schedule, too early and with nobody to confirm": (
        {"stage": "promoted", "previous": replace(LEAKED, revoke_not_before=LATER)},
        {},
        {"consumers": []},
        "rotate",
        "emergency",
        "claim distribute confirm revoke settle",
    ),
    "an emergency that was promoted, all confirmed": (
        {"stage": "promoted", "previous": LEAKED},
        {"confirmed": {"web1": 3, "web2": 3}},
        NOW_OR_NEVER,
        "rotate",
        "emergency",
        "revoke settle",
    ),
    "an emergency that was promoted, one behind": (
        {"stage": "promoted", "previous": LEAKED},
        {"confirmed": {"web1": 3}},
        {},
        "rotate",
        "emergency",
        "revoke",
    ),
    "an emergency that has revoked": (
        {"stage": "revoking", "previous": LEAKED},
        {"secrets": (secret("current"),)},
        NOW_OR_NEVER,
        "rotate",
        "resumed",
        "claim distribute confirm settle",
    ),
    "an emergency that has revoked, one behind": (
        {"stage": "revoking", "previous": LEAKED},
        {"secrets": [secret("current")], "confirmed": {"web1": 3}},
        NOW_OR_NEVER,
        "grace",
        "unconfirmed_consumers",
        "",
    ),
    "an emergency whose leaked id is not known": (
        {"stage": "promoted", "current": UNPINNED, "previous": replace(LEAKED, id=None)},
        {"confirmed": {"web1": 3, "web2": 3}},
        {},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "an emergency that is over": (
        {"retired": DONE},
        {"secrets": (secret("current"),)},
        {**NOW_OR_NEVER, "force": True},
        "idle",
        "emergency_done",
        "",
    ),
    "an emergency after another one": (
        {"retired": DONE},
        {"secrets": (secret("current"),)},
        {**NOW_OR_NEVER, "emergency_reason": "again"},
        "rotate",
        "emergency",
        ALL,
    ),
    # Adoptions
    "an unknown second secret, its value named": (
        {},
        {"adopted": "accepted"},
        {},
        "rotate",
        "adopted",
        f"adopt_value {FROM_VERIFY[6:]}",
    ),
    "an unknown second secret, its value named, no id known": (
        {"current": UNPINNED},
        {"adopted": "accepted"},
        {},
        "rotate",
        "adopted",
        "adopt_value verify promote distribute confirm",
    ),
    "an unknown second secret, its value and the id in use named": (
        {"current": UNPINNED},
        {"adopted": "accepted"},
        {"current_secret_id": "current"},
        "rotate",
        "adopted",
        f"adopt_value {FROM_VERIFY[6:]}",
    ),
    "an unknown second secret, its value and the wrong id named": (
        {},
        {"adopted": "accepted"},
        {"current_secret_id": "other"},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "an unknown second secret, a wrong value named": (
        {},
        {"adopted": "refused"},
        {},
        "blocked",
        "adopted_refused",
        "",
    ),
    "an unknown second secret, a value named that is perhaps accepted": (
        {},
        {"adopted": "unknown"},
        {},
        "inconclusive",
        "probe_unknown",
        "",
    ),
    "a value named beside a previous one": (
        IN_USE,
        {"adopted": "accepted"},
        {},
        "rotate",
        "resumed",
        "claim distribute confirm revoke settle",
    ),
    "a value named beside a previous one whose id is not known": (
        {"stage": "promoted", "previous": replace(PREVIOUS, id=None), "current": UNPINNED},
        {"adopted": "accepted"},
        {},
        "grace",
        "unknown_second_secret",
        "claim distribute confirm",
    ),
    "an adopted value that is refused": (
        {"pending": pending_secret("refused", id="other", adopted=True)},
        {"pending": "refused"},
        {},
        "blocked",
        "adopted_refused",
        "",
    ),
    "an adopted value whose secret is gone": (
        {"pending": pending_secret("refused", id="other", adopted=True)},
        {"pending": "refused", "secrets": (secret("current"),)},
        {},
        "rotate",
        "resumed",
        ALL,
    ),
    # Ids that are recorded and not listed prove nothing of the others.
    "both accepted, and the pending id is not listed": (
        {"pending": pending_secret("accepted", id="pending")},
        {"pending": "accepted"},
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "the list shows the old one alone, and the id in use was never known": (
        {**IN_USE, "current": UNPINNED},
        {"secrets": (secret("other"),)},
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "the list shows the pending one alone, and the id in use was never known": (
        {"current": UNPINNED, "pending": pending_secret("refused", id="other")},
        {"pending": "refused", "secrets": (secret("other"),)},
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "back, but nothing is listed": (
        {"stage": "promoted", "previous": replace(PREVIOUS, id=None)},
        {"previous": "accepted", "secrets": ()},
        {**BACK, "admin": True},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    # The secret in use is never dropped, whatever the record says of the one on its way.
    "created, never accepted, with the id of the one in use": (
        {"pending": pending_secret("refused", id="current")},
        {"pending": "refused"},
        {},
        "blocked",
        "no_free_slot",
        "",
    ),
    "given up, with the id of the one in use": (
        {"pending": pending_secret("refused", id="current")},
        {"pending": "refused"},
        BACK,
        "blocked",
        "no_free_slot",
        "",
    ),
    "created, its value lost, with the id of the one in use": (
        {"pending": pending_secret("lost", id="current")},
        {"pending": "lost"},
        {},
        "blocked",
        "no_free_slot",
        "",
    ),
    # What was begun to be dropped goes, however often.
    "created, its value lost, too often": (
        {"pending": pending_secret("lost", id="other", attempts=MAX_ATTEMPTS)},
        {"pending": "lost"},
        {},
        "rotate",
        "replaced",
        f"drop {ALL}",
    ),
    "given up by an administrator, when no value works": (
        {"pending": pending_secret("refused")},
        {"pending": "refused", "current": "refused", "secrets": (secret("current"),)},
        {**BACK, "admin": True},
        "rotate",
        "given_up",
        "abandon",
    ),
    "given up by an administrator, one that was adopted, when no value works": (
        {"pending": pending_secret("refused", id="other", adopted=True)},
        {"pending": "refused", "current": "refused"},
        {**BACK, "admin": True},
        "rotate",
        "given_up",
        "abandon",
    ),
    # Handed over, with nothing left to revoke
    "promoted, and there was none before": (
        {"stage": "promoted"},
        {"secrets": (secret("current"),)},
        {},
        "rotate",
        "resumed",
        "claim distribute confirm settle",
    ),
    "distributed, and there was none before, all confirmed": (
        {"stage": "distributed"},
        {"secrets": [secret("current")], "confirmed": {"web1": 3, "web2": 3}},
        {},
        "rotate",
        "confirmed",
        "settle",
    ),
    "the old one was removed by hand, too early and with nobody to confirm": (
        {"stage": "promoted", "previous": replace(PREVIOUS, revoke_not_before=LATER)},
        {"secrets": (secret("current"),)},
        {"consumers": []},
        "rotate",
        "resumed",
        "claim distribute confirm settle",
    ),
    # A record may say no more than which one it was.
    "handed over, all confirmed, and no time is recorded": (
        {"stage": "promoted", "previous": replace(PREVIOUS, revoke_not_before=None)},
        {"confirmed": {"web1": 3, "web2": 3}},
        {},
        "rotate",
        "confirmed",
        "revoke settle",
    ),
    # The ID of a second secret
    "an unknown second secret, one named that is not listed, and the id in use never known": (
        {"current": UNPINNED},
        {},
        {"current_secret_id": "gone"},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "an unknown second secret, the one in use named, with a grace period": (
        {},
        {},
        {"current_secret_id": "current", "grace": "1d"},
        "rotate",
        "adopted",
        "adopt distribute confirm",
    ),
    "an unknown second secret, the one in use named, with nobody to confirm": (
        {},
        {},
        {"current_secret_id": "current", "consumers": []},
        "rotate",
        "adopted",
        "adopt distribute confirm",
    ),
    "what leaked has no known id, and the one in use is named, with a grace period and nobody to confirm": (
        {"stage": "promoted", "current": UNPINNED, "previous": replace(LEAKED, id=None)},
        {},
        {"current_secret_id": "current", "grace": "1d", "consumers": []},
        "rotate",
        "adopted",
        "adopt distribute confirm revoke settle",
    ),
    # Which one of three it is cannot be told.
    "three listed, a retired value is back": (
        {"retired": RETIRED},
        {"retired": "accepted", "secrets": THREE},
        {},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "three listed, the one in use named": (
        {},
        {"secrets": THREE},
        {"current_secret_id": "current"},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    "three listed, a value named": (
        {},
        {"secrets": THREE, "adopted": "accepted"},
        {},
        "blocked",
        "unknown_second_secret",
        "",
    ),
    # Logins that are refused
    "no login, without a record": (
        {"version": 0},
        {"secrets": None, "status": 401},
        {},
        "blocked",
        "no_valid_credential",
        "",
    ),
    "no login, with a record": ({}, {"secrets": None, "status": 401}, {}, "blocked", "no_valid_credential", ""),
    "no login of an administrator": (
        {},
        {"secrets": None, "status": 401},
        {"admin": True},
        "blocked",
        "no_valid_credential",
        "",
    ),
    "no value works, and there is one before": (
        IN_USE,
        {"current": "refused"},
        {},
        "blocked",
        "no_valid_credential",
        "",
    ),
    "no value works, and the one before was never known": (
        {"stage": "promoted", "previous": replace(PREVIOUS, value=None)},
        {"current": "refused"},
        {},
        "blocked",
        "no_valid_credential",
        "",
    ),
    "no value works, not even the one before": (
        REJECTED,
        {"current": "refused"},
        BACK,
        "blocked",
        "no_valid_credential",
        "",
    ),
}


@pytest.mark.parametrize("name", FURTHER)
def test_further_variant(name: str) -> None:
    changes, shown, policies, outcome, reason, steps = FURTHER[name]
    seen = replace(observation(2, "accepted", "none"), **shown)
    assert decide(record(**changes), seen, **policies) == (outcome, reason, steps.split())


def further(name: str) -> Plan:
    changes, shown, policies = FURTHER[name][:3]
    seen = replace(observation(2, "accepted", "none"), **shown)
    return make_plan(record(**changes), seen, policy(**policies), NOW)


@pytest.mark.parametrize(
    ("name", "secret_id"),
    [
        ("an emergency, both slots full", "other"),
        ("an emergency, the one in use named", "other"),
        ("an emergency, a retired secret is back", "other"),
        ("an emergency that was promoted, one behind", "other"),
        ("given up after it was created", "other"),
        ("given up after it was created, the answer lost", "other"),
        ("back already, all confirmed", "other"),
        ("back", None),
        ("given up, one that was adopted", None),
    ],
)
def test_the_plan_names_what_it_deletes(name: str, secret_id: str | None) -> None:
    assert further(name).secret_id == secret_id


def test_an_emergency_names_who_is_cut_off() -> None:
    plan = further("an emergency that was promoted, one behind")
    assert plan.missing == ("web2",)
    assert "web2" in plan.message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("another run's lease", ["ci 17", LATER, "wait", "rotate_api_secret_break_lease=true"]),
        ("an emergency without a reason", ["rotate_api_secret_emergency_reason"]),
        ("an emergency that may cut nobody off", ["rotate_api_secret_accept_cut_off=true", "cut off"]),
        ("nothing to go back to", ["revoked cannot come back"]),
        ("back, but it is refused", ["cannot come back", "rotate_api_secret_force=true"]),
        ("an unknown second secret, a wrong value named", ["rotate_api_secret_adopt_value"]),
        ("an emergency, an unknown second secret", ["rotate_api_secret_current_secret_id", "current, other"]),
        (
            "an unknown second secret, one named that is not listed, and the id in use never known",
            ["is gone, which Vonage does not list", "current, other"],
        ),
        ("an emergency, the wrong one named", ["is other, but", "current is in use"]),
        ("no login, without a record", ["rotate_api_secret_api_key and rotate_api_secret_api_secret"]),
        ("no login, with a record", ["move the record away"]),
        ("no login of an administrator", ["rotate_api_secret_api_key and rotate_api_secret_api_secret"]),
        ("no value works, and there is one before", ["rotate_api_secret_mode=rollback"]),
    ],
)
def test_a_message_says_what_to_do(name: str, words: list[str]) -> None:
    message = further(name).message
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    "name",
    [
        "no value works, not even the one before",
        "no value works, and the one before was never known",
        "no login, with a record",
    ],
)
def test_a_rollback_is_offered_only_where_there_is_a_value_to_go_back_to(name: str) -> None:
    assert "rollback" not in further(name).message


@pytest.mark.parametrize("mode", ["rotate", "finish", "rollback", "emergency"])
@pytest.mark.parametrize(("answer", "agrees"), [("accepted", False), ("refused", True)])
def test_an_old_list_does_not_agree_whoever_has_the_lease(mode: str, answer: str, agrees: bool) -> None:
    lease = Lease(holder="somebody", expires="2099-01-01T00:00:00Z")
    the_record = record(pending=pending_secret(answer), lease=lease)
    info = {
        "accounts": [{"error": None, "secrets": [{"id": "current", "created_at": LONG_AGO}]}],
        "candidates": ["accepted", answer],
    }
    assert lists_agree(the_record, info, mode, "", NOW) is agrees


def test_that_consumers_are_cut_off_is_a_warning() -> None:
    the_record = record(pending=pending_secret("accepted"))
    seen = observation(1, "refused", "accepted")
    (warning,) = make_plan(the_record, seen, policy(), NOW).warnings
    assert "cut off until they have the new one: find out who revoked it" in warning


def test_an_onlooker_is_told_of_a_lease() -> None:
    (warning,) = further("another run's lease, to an onlooker").warnings
    assert "ci 17" in warning
    assert LATER in warning


@pytest.mark.parametrize(
    ("changes", "listed", "limit", "overlap", "warning"),
    [
        ({**IN_USE, "current": current_secret("current", created_at=LONG_AGO, since=RECENT)}, 2, "2d", 172800, ""),
        (
            {**IN_USE, "current": current_secret("current", created_at=LONG_AGO, since=RECENT)},
            2,
            "1d",
            172800,
            "for 2 days",
        ),
        ({**IN_USE, "current": current_secret("current", created_at=LONG_AGO, since=RECENT)}, 2, "", 172800, ""),
        (
            {**IN_USE, "current": current_secret("current", created_at=LONG_AGO, since="2026-11-22T11:00:00Z")},
            2,
            "1s",
            3600,
            "1 hour",
        ),
        (
            {**IN_USE, "current": current_secret("current", created_at=LONG_AGO, since="2026-11-22T11:59:20Z")},
            2,
            1,
            40,
            "40 seconds",
        ),
        ({**IN_USE, "current": current_secret("current", created_at=LONG_AGO, since=None)}, 2, "1s", 0, ""),
        (IN_USE, 1, "1s", 0, ""),
        ({}, 2, "1s", 0, ""),
        (
            {**IN_USE, "current": current_secret("current", created_at=LONG_AGO, since="2027-01-01T00:00:00Z")},
            2,
            "1s",
            0,
            "",
        ),
    ],
)
def test_an_overlap_is_measured_from_the_promotion(
    changes: dict[str, Any], listed: int, limit: Any, overlap: int, warning: str
) -> None:
    seen = observation(listed, "accepted", "none")
    plan = make_plan(record(**changes), seen, policy(overlap_warning=limit), NOW)
    assert plan.overlap_seconds == overlap
    assert len(plan.warnings) == bool(warning)
    assert warning in "".join(plan.warnings)


@pytest.mark.parametrize(
    ("the_record", "listed", "age"),
    [
        (record(), [secret("current", RECENT)], 172800),
        (record(), [secret("current", "2026-11-22T11:59:58.400Z")], 1),
        # Not listed, or not to be listed: as it was recorded.
        (record(current=current_secret("gone", created_at=RECENT, since=LONG_AGO)), [secret("a"), secret("b")], 172800),
        (record(current=current_secret(None, created_at=None, since=RECENT)), None, 172800),
        (new_record("abcd1234", "S3cretcurrent"), None, None),
        (new_record("abcd1234", None), [secret("current")], None),
    ],
)
def test_the_age_is_that_of_the_secret_in_use(the_record: Any, listed: Any, age: int | None) -> None:
    current = "accepted" if the_record.current else "none"
    assert make_plan(the_record, observation(listed, current, "none"), policy(), NOW).age_seconds == age


@pytest.mark.parametrize("name", VARIANTS)
def test_variant(name: str) -> None:
    the_record, seen, changes, outcome, reason, steps = VARIANTS[name]
    assert decide(the_record, seen, **changes) == (outcome, reason, steps.split())


def test_the_plan_names_the_id_it_would_revoke() -> None:
    plan = make_plan(
        record(**IN_USE), observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}), policy(), NOW
    )
    assert plan.secret_id == "other"


def test_the_plan_says_how_a_central_consumer_confirms() -> None:
    seen = observation(2, "accepted", "none", confirmed={"web1": 3}, central_confirmed=-1)
    plan = make_plan(record(**IN_USE), seen, policy(central="/srv/hand_over.yml"), NOW)
    assert plan.missing == ("web2", "central consumer /srv/hand_over.yml")
    assert "setting rotate_api_secret_central_confirmed_generation" in plan.message


def test_the_plan_names_the_consumers_that_are_missing() -> None:
    plan = make_plan(record(**IN_USE), observation(2, "accepted", "none", confirmed={"web1": 3}), policy(), NOW)
    assert plan.missing == ("web2",)
    assert "web2" in plan.message


MUTATIONS = {
    "claim",
    "adopt",
    "adopt_value",
    "drop",
    "abandon",
    "prepare",
    "create",
    "promote",
    "rollback",
    "distribute",
    "revoke",
    "settle",
}
REASONS = ["", LEAK, "another one"]

ids = st.sampled_from(["current", "other", "pending", "foreign"])
maybe_id = st.none() | ids
emergency = st.sampled_from(["", "", LEAK, "another one"])

records = st.builds(
    record,
    generation=st.integers(0, 3),
    stage=st.sampled_from(STAGES),
    current=st.none() | st.builds(current_secret, maybe_id, created_at=st.none() | st.just(LONG_AGO)),
    pending=st.none()
    | st.builds(
        PendingSecret,
        value=st.none() | st.just("S3cretpending"),
        id=maybe_id,
        prepared_at=st.just(RECENT),
        attempts=st.integers(1, 4),
        adopted=st.booleans(),
        emergency=emergency,
    ),
    previous=st.none()
    | st.builds(
        PreviousSecret,
        value=st.none() | st.just("S3cretprevious"),
        id=maybe_id,
        revoke_not_before=st.sampled_from([LONG_AGO, "2027-01-01T00:00:00Z"]),
        rejected=st.booleans(),
        emergency=emergency,
    ),
    retired=st.sampled_from([(), RETIRED, DONE]),
    ids_before=st.lists(ids, max_size=2, unique=True).map(tuple),
    lease=st.none()
    | st.builds(Lease, holder=st.sampled_from(["ci 17", "ci 18"]), expires=st.sampled_from([NOW, LATER])),
)
answers = st.sampled_from(["accepted", "refused", "unknown"])
policies = st.builds(
    policy,
    mode=st.sampled_from(["rotate", "finish", "status", "rollback", "emergency"]),
    force=st.booleans(),
    max_age=st.sampled_from(["", "30d"]),
    grace=st.sampled_from(["0s", "1d"]),
    admin=st.booleans(),
    current_secret_id=st.just("") | ids,
    consumers=st.sampled_from([[], ["web1"], ["web1", "web2"]]),
    central=st.sampled_from(["", "hashi_vault"]),
    operator_confirmed=st.booleans(),
    overlap_warning=st.sampled_from(["", "1d"]),
    holder=st.sampled_from(["", "ci 17"]),
    holder_gone=st.booleans(),
    break_lease=st.booleans(),
    emergency_reason=st.sampled_from(REASONS),
    accept_cut_off=st.sampled_from([True, True, False]),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Record, Observation, Policy]:
    """A record, an observation that is possible with it, and a policy."""
    the_record = draw(records)
    listed = draw(st.none() | st.lists(ids, max_size=3, unique=True))
    pending = draw(answers) if the_record.pending and the_record.pending.value else "lost"
    seen = Observation(
        secrets=None if listed is None else tuple(map(secret, listed)),
        current=draw(answers) if the_record.current else "none",
        pending=pending if the_record.pending else "none",
        previous=draw(answers | st.just("none")) if the_record.previous and the_record.previous.value else "none",
        retired=draw(answers | st.just("none")),
        adopted=draw(answers | st.just("none")),
        confirmed=draw(st.none() | st.dictionaries(st.sampled_from(["web1", "web2"]), st.integers(0, 3))),
        central_confirmed=draw(st.none() | st.integers(-1, 3)),
    )
    return the_record, seen, draw(policies)


def has_an_outcome(plan: Plan) -> None:
    assert plan.outcome in ("rotate", "idle", "grace", "blocked", "inconclusive")
    assert plan.reason
    assert plan.message
    assert set(plan.steps) <= MUTATIONS | {"verify", "confirm"}
    if plan.outcome not in ("rotate", "grace"):
        assert plan.steps == ()
    if plan.outcome in ("blocked", "inconclusive"):
        assert re.search("rotate_api_secret_|VONAGE_|[Rr]un again", plan.message)
        assert not plan.message.endswith(".")
    assert "S3cret" not in str(plan)


def has_no_mutation_more(unknown: Plan, known: Plan) -> None:
    assert set(unknown.steps) & MUTATIONS <= set(known.steps) & MUTATIONS


def deletes_only_what_is_known(plan: Plan, the_record: Record, seen: Observation, the_policy: Policy) -> None:
    """An ID is only ever deleted when it is known whose it is."""
    first, deleted = next(iter(plan.steps), ""), plan.secret_id
    current, previous, pending = the_record.current, the_record.previous, the_record.pending
    if first in ("drop", "revoke", "adopt"):
        assert deleted
    if deleted is None:
        return
    assert deleted in {listed.id for listed in seen.secrets or ()}
    assert current is None or deleted != current.id
    assert seen.current == "accepted"
    superseded = previous and deleted == previous.id and first != "adopt" and "drop" not in plan.steps
    never_promoted = (
        first == "drop"
        and pending
        and not pending.adopted
        and plan.reason in ("replaced", "given_up")
        # Without an id on record only when the value answers, so that there is a proof.
        and (deleted == pending.id or seen.pending == "accepted")
    )
    came_back = plan.reason == "retired_revived" and seen.retired == "accepted"
    implied = first == "adopt" and the_policy.current_secret_id not in ("", deleted)
    assert superseded or never_promoted or came_back or implied
    if first == "revoke":
        confirmed = seen.confirmed is not None and all(
            seen.confirmed.get(host) == the_record.generation for host in the_policy.consumers
        )
        read_back = not the_policy.central or seen.central_confirmed == the_record.generation
        skip_waiting = the_policy.mode == "emergency" or (previous and previous.emergency)
        can_be_confirmed = the_policy.consumers or the_policy.operator_confirmed
        assert skip_waiting or (confirmed and read_back and can_be_confirmed)


def rolls_back_to_what_is_accepted(plan: Plan, the_record: Record, seen: Observation) -> None:
    previous = the_record.previous
    assert "prepare" not in plan.steps or (previous and previous.rejected)
    if "rollback" in plan.steps:
        assert seen.previous == "accepted"
        assert previous
        assert not previous.emergency
    if "abandon" in plan.steps:
        assert seen.current == "accepted" or seen.pending in ("refused", "lost")


def saves_its_lease_and_yields(plan: Plan, the_record: Record, the_policy: Policy) -> None:
    """A run saves its lease before it acts, and yields to that of another run."""
    assert next(iter(plan.steps), "") not in ("create", "verify", "distribute", "confirm")
    assert "claim" not in plan.steps[1:]
    if (
        the_record.lease == Lease(holder="ci 18", expires=LATER)
        and the_policy.mode != "status"
        and not the_policy.holder_gone
        and not the_policy.break_lease
    ):
        assert (plan.outcome, plan.steps) == ("blocked", ())


def keeps_to_the_order_of_the_role(plan: Plan) -> None:
    """The role takes the steps in the order of its files, whatever the plan."""
    planned = planned_begin(plan.steps)
    assert planned == [step for step in ORDER if step in planned]
    # A file of the role takes these together.
    for first, second in (
        ("prepare", "create"),
        ("create", "verify"),
        ("verify", "promote"),
        ("promote", "distribute"),
    ):
        assert first not in planned or second in planned
    assert planned_finish(plan.steps) in ([], ["revoke"], ["settle"], ["revoke", "settle"])


@given(situations())
@settings(max_examples=300, deadline=None)
def test_every_situation_has_one_plan_and_a_safe_one(situation: tuple[Record, Observation, Policy]) -> None:
    the_record, seen, the_policy = situation
    plan = make_plan(the_record, seen, the_policy, NOW)
    assert plan == make_plan(the_record, seen, the_policy, NOW)
    has_an_outcome(plan)
    saves_its_lease_and_yields(plan, the_record, the_policy)
    deletes_only_what_is_known(plan, the_record, seen, the_policy)
    for probe in ("current", "pending", "previous", "retired", "adopted"):
        if getattr(seen, probe) not in ("none", "lost"):
            unknown = replace(seen, **{probe: "unknown"})
            has_no_mutation_more(make_plan(the_record, unknown, the_policy, NOW), plan)
    back = make_plan(the_record, seen, replace(the_policy, mode="rollback"), NOW)
    rolls_back_to_what_is_accepted(back, the_record, seen)
    for each in (plan, back):
        keeps_to_the_order_of_the_role(each)


def test_a_plan_is_written_in_plain_types() -> None:
    seen = observation(2, "accepted", "none", confirmed={"web1": 3})
    assert make_plan(record(**IN_USE), seen, policy(), NOW).as_dict() == {
        "outcome": "grace",
        "reason": "unconfirmed_consumers",
        "message": "These consumers have not confirmed generation 3: web2",
        "steps": [],
        "secret_id": "other",
        "missing": ["web2"],
        "warnings": [],
        "overlap_seconds": 28025755,
        "age_seconds": 28025755,
    }
