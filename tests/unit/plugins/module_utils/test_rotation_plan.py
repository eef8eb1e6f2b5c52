# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision of a rotation: every cell of its table, its variants, and what holds for all of them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils import _rotation, _rotation_record

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
    ("1", "none", "accepted", "*", "rotate", "resumed", "claim verify promote distribute confirm"),
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


def secret(name: str, created_at: str = LONG_AGO) -> dict[str, str]:
    return {"id": name, "created_at": created_at}


def entry(name: str | None, **fields: Any) -> dict[str, Any]:
    return {"value": f"S3cret{name}", "id": name, **fields}


def record(**changes: Any) -> dict[str, Any]:
    return {
        **_rotation_record.new_record("abcd1234", "S3cretcurrent"),
        "version": 7,
        "generation": 3,
        "current": entry("current", created_at=LONG_AGO, since=LONG_AGO),
        **changes,
    }


def pending_entry(pending: str, **changes: Any) -> dict[str, Any] | None:
    if pending == "none":
        return None
    value = None if pending == "lost" else "S3cretpending"
    return {"value": value, "id": None, "prepared_at": RECENT, "attempts": 1, **changes}


def observation(
    listed: int | list[dict[str, str]] | None, current: str, pending: str, **changes: Any
) -> dict[str, Any]:
    if isinstance(listed, int):
        listed = [secret("current"), secret("other", RECENT)][:listed]
    return {"secrets": listed, "current": current, "pending": pending, "retired": "none", "confirmed": None, **changes}


def policy(**changes: Any) -> dict[str, Any]:
    return {
        "mode": "rotate",
        "force": False,
        "max_age": "30d",
        "grace": "0s",
        "propagation_timeout": "60s",
        "admin": False,
        "current_secret_id": "",
        "consumers": ["web1", "web2"],
        **changes,
    }


def decide(
    the_record: dict[str, Any], seen: dict[str, Any], now: str = NOW, **the_policy: Any
) -> tuple[str, str, list[str]]:
    plan = _rotation.plan(the_record, seen, policy(**the_policy), now)
    return plan["outcome"], plan["reason"], plan["steps"]


def test_the_table_has_every_cell() -> None:
    assert set(CELLS) == set(itertools.product(LISTED, CURRENT, PENDING, WHO))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: " ".join(map(str, cell)))
def test_cell(cell: tuple[int, str, str, str]) -> None:
    listed, current, pending, who = cell
    the_record = record(pending=pending_entry(pending))
    assert decide(the_record, observation(listed, current, pending), admin=who == "admin") == CELLS[cell]


PREVIOUS = entry("other", revoke_not_before=RECENT)
RETIRED = [{"value": "S3cretother", "id": "other", "retired_at": RECENT}]
IN_USE = {"stage": "promoted", "previous": PREVIOUS}

VARIANTS = {
    "the login is refused, without a record": (
        _rotation_record.new_record("abcd1234", "S3cretcurrent"),
        observation(None, "unknown", "none", status=401),
        {},
        "blocked",
        "no_valid_credential",
        "",
    ),
    "the login is refused, with a record": (
        record(),
        observation(None, "unknown", "none", status=401),
        {},
        "blocked",
        "no_valid_credential",
        "",
    ),
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
        observation([secret("current", RECENT)], "accepted", "none"),
        {},
        "idle",
        "not_due",
        "",
    ),
    "young, forced": (
        record(),
        observation([secret("current", RECENT)], "accepted", "none"),
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
        _rotation_record.new_record("abcd1234", "S3cretcurrent"),
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
        record(stage="promoted", previous=entry("other", revoke_not_before="2026-11-22T12:00:01Z")),
        observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {},
        "grace",
        "grace_period",
        "",
    ),
    "handed over, too early, consumers not asked": (
        record(stage="distributed", previous=entry("other", revoke_not_before="2026-11-22T12:00:01Z")),
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
    "handed over just now, nobody to confirm, to finish": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={}),
        {"consumers": [], "mode": "finish"},
        "grace",
        "nobody_confirms",
        "",
    ),
    "interrupted before the hand-over, nobody to confirm, to finish": (
        record(pending=pending_entry("refused")),
        observation(1, "accepted", "refused"),
        {"consumers": [], "mode": "finish"},
        "rotate",
        "resumed",
        "claim create verify promote distribute confirm",
    ),
    "handed over in an earlier run, nobody to confirm, to finish": (
        record(**IN_USE),
        observation(2, "accepted", "none", confirmed={}),
        {"consumers": [], "mode": "finish", "vouched": True},
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
        observation([secret("other"), secret("foreign")], "accepted", "none", confirmed={"web1": 3, "web2": 3}),
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "handed over, the current id never known, the old one is": (
        record(current=entry(None, created_at=None, since=LONG_AGO), **IN_USE),
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
        observation([secret("other")], "accepted", "none"),
        {},
        "inconclusive",
        "lists_disagree",
        "",
    ),
    "the list shows the pending one alone, and the current one works": (
        record(pending=pending_entry("refused", id="pending")),
        observation([secret("pending")], "accepted", "refused"),
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
        record(retired=[{**RETIRED[0], "retired_at": "2026-11-22T11:00:01Z"}]),
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
        record(current=entry(None, created_at=None, since=LONG_AGO), retired=RETIRED),
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
        record(pending=pending_entry("refused", id="other", prepared_at="2026-11-22T11:59:30Z")),
        observation(2, "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "created late, not yet accepted": (
        record(pending=pending_entry("refused", id="other")),
        observation([secret("current"), secret("other", "2026-11-22T11:59:30Z")], "accepted", "refused"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "created, never accepted": (
        record(pending=pending_entry("refused", id="other")),
        observation(2, "accepted", "refused"),
        {},
        "rotate",
        "replaced",
        f"drop {ALL}",
    ),
    "created, never accepted, too often": (
        record(pending=pending_entry("refused", id="other", attempts=_rotation.MAX_ATTEMPTS)),
        observation(2, "accepted", "refused"),
        {},
        "blocked",
        "max_attempts",
        "",
    ),
    "created, its value lost": (
        record(pending=pending_entry("lost", id="other")),
        observation(2, "accepted", "lost"),
        {},
        "rotate",
        "replaced",
        f"drop {ALL}",
    ),
    "created by somebody else, perhaps": (
        record(pending=pending_entry("refused"), ids_before=["current"]),
        observation(2, "accepted", "refused"),
        {},
        "blocked",
        "no_free_slot",
        "",
    ),
    "both accepted, no id known": (
        record(current=entry(None, created_at=None, since=LONG_AGO), pending=pending_entry("accepted")),
        observation(2, "accepted", "accepted"),
        {},
        "rotate",
        "resumed",
        "claim verify promote distribute confirm",
    ),
    "both accepted, the list of before known": (
        record(
            current=entry(None, created_at=None, since=LONG_AGO),
            pending=pending_entry("accepted"),
            ids_before=["current"],
        ),
        observation(2, "accepted", "accepted"),
        {},
        "rotate",
        "resumed",
        FROM_VERIFY,
    ),
    "the first secret is refused beside the new one": (
        record(generation=0, pending=pending_entry("accepted")),
        observation(2, "refused", "accepted"),
        {},
        "rotate",
        "current_refused",
        "promote distribute confirm",
    ),
    "bootstrap, the one to replace named": (
        _rotation_record.new_record("abcd1234", None),
        observation(1, "none", "none"),
        {"admin": True, "current_secret_id": "current"},
        "rotate",
        "bootstrap",
        ALL,
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_variant(name: str) -> None:
    the_record, seen, changes, outcome, reason, steps = VARIANTS[name]
    assert decide(the_record, seen, **changes) == (outcome, reason, steps.split())


def test_the_plan_names_the_id_it_would_revoke() -> None:
    plan = _rotation.plan(
        record(**IN_USE), observation(2, "accepted", "none", confirmed={"web1": 3, "web2": 3}), policy(), NOW
    )
    assert plan["secret_id"] == "other"


def test_the_plan_names_the_consumers_that_are_missing() -> None:
    plan = _rotation.plan(record(**IN_USE), observation(2, "accepted", "none", confirmed={"web1": 3}), policy(), NOW)
    assert plan["missing"] == ["web2"]
    assert "web2" in plan["message"]


MUTATIONS = {
    "claim",
    "adopt",
    "adopt_value",
    "drop",
    "abandon",
    "rollback",
    "prepare",
    "create",
    "promote",
    "distribute",
    "revoke",
    "settle",
}

ids = st.sampled_from(["current", "other", "pending", "foreign"])
maybe_id = st.none() | ids
records = st.builds(
    record,
    generation=st.integers(0, 3),
    stage=st.sampled_from(_rotation_record.STAGES),
    current=st.none() | st.builds(entry, maybe_id, created_at=st.none() | st.just(LONG_AGO), since=st.just(LONG_AGO)),
    pending=st.none()
    | st.builds(
        lambda value, secret_id, attempts: {
            "value": value,
            "id": secret_id,
            "prepared_at": RECENT,
            "attempts": attempts,
        },
        st.none() | st.just("S3cretpending"),
        maybe_id,
        st.integers(1, 4),
    ),
    previous=st.none()
    | st.builds(entry, maybe_id, revoke_not_before=st.sampled_from([LONG_AGO, "2027-01-01T00:00:00Z"])),
    retired=st.just([]) | st.just(RETIRED),
    ids_before=st.lists(ids, max_size=2, unique=True),
)
answers = st.sampled_from(["accepted", "refused", "unknown"])
policies = st.builds(
    policy,
    mode=st.sampled_from(["rotate", "finish", "status"]),
    force=st.booleans(),
    max_age=st.sampled_from(["", "30d"]),
    grace=st.sampled_from(["0s", "1d"]),
    admin=st.booleans(),
    current_secret_id=st.just("") | ids,
    consumers=st.sampled_from([[], ["web1"], ["web1", "web2"]]),
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A record, an observation that is possible with it, and a policy."""
    the_record = draw(records)
    listed = draw(st.none() | st.lists(ids, max_size=3, unique=True))
    has = {name: the_record[name] and the_record[name]["value"] for name in ("current", "pending")}
    seen = {
        "secrets": None if listed is None else [secret(name) for name in listed],
        "current": draw(answers) if has["current"] else "none",
        "pending": draw(answers) if has["pending"] else "lost" if the_record["pending"] else "none",
        "retired": draw(answers | st.just("none")),
        "confirmed": draw(st.none() | st.dictionaries(st.sampled_from(["web1", "web2"]), st.integers(0, 3))),
    }
    return the_record, seen, draw(policies)


@given(situations())
@settings(max_examples=300, deadline=None)
def test_every_situation_has_one_plan(situation: tuple[Any, Any, Any]) -> None:
    plan = _rotation.plan(*situation, NOW)
    assert plan == _rotation.plan(*situation, NOW)
    assert plan["outcome"] in ("rotate", "idle", "grace", "blocked", "inconclusive")
    assert plan["reason"]
    assert plan["message"]
    assert set(plan["steps"]) <= MUTATIONS | {"verify", "confirm"}
    if plan["outcome"] not in ("rotate", "grace"):
        assert plan["steps"] == []


@given(situations(), st.sampled_from(["current", "pending", "retired"]))
@settings(max_examples=300, deadline=None)
def test_an_unknown_answer_never_adds_a_mutation(situation: tuple[Any, Any, Any], probe: str) -> None:
    the_record, seen, the_policy = situation
    if seen[probe] in ("none", "lost"):
        return
    known = _rotation.plan(the_record, seen, the_policy, NOW)
    unknown = _rotation.plan(the_record, {**seen, probe: "unknown"}, the_policy, NOW)
    assert set(unknown["steps"]) & MUTATIONS <= set(known["steps"]) & MUTATIONS


@given(situations())
@settings(max_examples=300, deadline=None)
def test_an_id_is_only_ever_deleted_when_it_is_recorded_and_not_the_current_one(
    situation: tuple[Any, Any, Any],
) -> None:
    the_record, seen, the_policy = situation
    plan = _rotation.plan(the_record, seen, the_policy, NOW)
    if plan["secret_id"] is None:
        return
    recorded = {(the_record[name] or {}).get("id") for name in ("previous", "pending")}
    assert plan["secret_id"] in {row["id"] for row in seen["secrets"]}
    assert plan["secret_id"] in recorded or plan["reason"] == "retired_revived"
    if "revoke" in plan["steps"] and plan["reason"] == "confirmed":
        assert seen["current"] == "accepted"
        assert all(seen["confirmed"].get(host) == the_record["generation"] for host in the_policy["consumers"])


@given(situations())
@settings(max_examples=300, deadline=None)
def test_no_value_stands_in_a_plan(situation: tuple[Any, Any, Any]) -> None:
    assert "S3cret" not in str(_rotation.plan(*situation, NOW))
