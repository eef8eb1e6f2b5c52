# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States that a rotation may find: what the role decides, what check mode says before, and what people are told.

One state of each kind of outcome, and of each thing that the role's YAML observes or does. All states are in the table
of plans of the unit tests, and in the proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ACCOUNT, Rehearsal, account
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request

FIRST, NEW, FOREIGN = "RehearsalSecret1", "RehearsalSecret2", "SomebodyElses3"
IDS = {FIRST: "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa", NEW: "22222222-bbbb-4bbb-8bbb-bbbbbbbbbbbb"}
IDS[FOREIGN] = "33333333-cccc-4ccc-8ccc-cccccccccccc"
PRIMARY, PRIMARY_SECRET = "9a1b2c3d", "PrimarysSecret1"
ONCE = {"VONAGE_RETRIES": "0"}
AS_PRIMARY = {"api_key": PRIMARY, "api_secret": PRIMARY_SECRET}
REST = " -> promote -> distribute -> confirm -> revoke -> settle"
ALL = f"prepare -> create -> verify{REST}"
# A run that goes on with another one's rotation takes the record first.
RESUMED = "claim -> "


def ago(**span: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def current(value: str = FIRST, secret_id: str | None = None) -> dict[str, Any]:
    return {"value": value, "id": secret_id, "created_at": None, "since": ago(days=40)}


def pending(secret_id: str | None = None, value: str | None = NEW) -> dict[str, Any]:
    entry = {"value": value, "id": secret_id, "prepared_at": ago(hours=2), "attempts": 1}
    return {"stage": "prepared", "pending": entry, "ids_before": [IDS[FIRST]]}


def previous(wait: str) -> dict[str, Any]:
    entry = {"value": FIRST, "id": IDS[FIRST], "revoke_not_before": wait}
    return {"stage": "distributed", "generation": 1, "current": current(NEW, IDS[NEW]), "previous": entry}


LEASED = {
    "lease": {
        "holder": f"{ACCOUNT} 2026-11-26T12:00:00+00:00 root@elsewhere process 1, 5/another-boot/pid:[1]",
        "expires": "2999-01-01T00:00:00Z",
    }
}


def lists_lag(requests: int) -> Callable[[Rehearsal], None]:
    """The second secret was revoked, and is no longer listed, but accepted for so many requests more."""

    def prepare(place: Rehearsal) -> None:
        switches, left = place.simulator.switches, requests
        switches["revocation_lag_api"] = switches["revocation_lag_rest"] = 600.0
        # Vonage may be asked for the same value again.
        switches["reused_secret"] = "accepted"
        found = place.account()
        place.simulator.state.revoke_secret(found, found.live[-1])

        def count(request: Request, answer: Answer) -> Delivery:
            nonlocal left
            left -= 1
            if left < 0:
                switches["revocation_lag_api"] = switches["revocation_lag_rest"] = 0.0
            return answer(request)

        intercept(place.simulator, count)

    return prepare


def nothing_listed(place: Rehearsal) -> None:
    found = place.account()
    place.simulator.state.revoke_secret(found, found.live[0])


def ill(place: Rehearsal) -> None:
    place.simulator.add_fault("status_before", status=503, times=None)


class State(NamedTuple):
    """What is there, and what is to become of it.

    :ivar listed: The values of the secrets at Vonage.
    :ivar record: How the record differs from one of an account whose first value is in use; None for no record.
    :ivar outcome: With its reason.
    :ivar steps: Of the plan, of a run that has any.
    :ivar left: The values of the secrets at Vonage afterwards, `made` for one that was made.
    :ivar said: What the operator is told to do.
    :ivar settings: Variables of the role.
    :ivar prepare: What else has happened.
    """

    listed: list[str]
    record: dict[str, Any] | None
    outcome: str
    steps: str
    left: list[str]
    said: str = ""
    settings: dict[str, Any] = {}
    prepare: Callable[[Rehearsal], None] | None = None


# What another state shows too, or another file of tests.
FURTHER = (
    "one, accepted, held by another run",
    "one, accepted, held by another run that is said to be gone",
    "one, refused, pending accepted",
    "two, accepted, superseded, in grace",
    "none, seen by the primary account",
)
STATES = {
    # -- one secret ----------------------------------------------------------------------------------------------------
    "one, accepted, not due": State([FIRST], None, "idle (not_due)", "none", [FIRST], settings={"max_age": "52w"}),
    "one, accepted, held by another run": State(
        [FIRST], LEASED, "blocked (leased)", "", [FIRST], "set rotate_api_secret_break_lease=true"
    ),
    "one, accepted, held by another run that is said to be gone": State(
        [FIRST], LEASED, "rotate (max_age)", ALL, ["made"], settings={"break_lease": True}
    ),
    "one, accepted, pending accepted, until the list is right": State(
        [FIRST, NEW], pending(), "rotate (resumed)", RESUMED + "create -> verify" + REST, [NEW], prepare=lists_lag(3)
    ),
    "one, refused, pending accepted": State(
        [NEW], pending(), "rotate (current_refused)", "promote -> distribute -> confirm -> settle", [NEW]
    ),
    "one, refused": State(
        [FOREIGN],
        {},
        "blocked (no_valid_credential)",
        "",
        [FOREIGN],
        "move the record away and run again with the valid secret in VONAGE_API_SECRET",
    ),
    # -- two secrets ---------------------------------------------------------------------------------------------------
    "two, accepted, superseded, in grace": State(
        [FIRST, NEW],
        previous(wait="2099-01-01T00:00:00Z"),
        "grace (grace_period)",
        "claim -> distribute -> confirm",
        [FIRST, NEW],
        "stays until 2099-01-01T00:00:00Z",
    ),
    "two, accepted, a retired value answers": State(
        [FIRST, NEW],
        {
            "generation": 1,
            "current": current(NEW, IDS[NEW]),
            "retired": [{"value": FIRST, "id": None, "retired_at": ago(hours=3)}],
        },
        "rotate (retired_revived)",
        "drop",
        [NEW],
    ),
    "two, accepted, pending lost": State(
        [FIRST, NEW], pending(IDS[NEW], value=None), "rotate (replaced)", f"drop -> {ALL}", ["made"]
    ),
    # -- none ----------------------------------------------------------------------------------------------------------
    "none, seen by the primary account": State(
        [FIRST],
        {},
        "rotate (first_secret)",
        ALL.replace("revoke -> ", ""),
        ["made"],
        settings=AS_PRIMARY,
        prepare=nothing_listed,
    ),
    # -- no answer -----------------------------------------------------------------------------------------------------
    "no answer": State([FIRST], {}, "inconclusive (not_listed)", "", [FIRST], "safe to run again", prepare=ill),
}


def start(place: Rehearsal, state: State) -> None:
    """Have the state."""
    secrets = [
        {"value": value, "created_at": ago(days=40), **({"id": IDS[value]} if value in IDS else {})}
        for value in state.listed
    ]
    primary = {"api_key": PRIMARY, "secrets": [{"value": PRIMARY_SECRET, "created_at": ago(days=9)}]}
    place.simulator.engine.load_accounts(
        [account(secrets=secrets, primary_account=PRIMARY if state.settings.get("api_key") else None), primary]
    )
    if state.record is not None:
        record = {
            **{"schema": 1, "account_id": ACCOUNT, "version": 3, "generation": 0, "stage": "idle"},
            **{"current": current(), "pending": None, "previous": None},
            **{"retired": [], "ids_before": [], "lease": None},
            **state.record,
        }
        place.record.write_text(yaml.safe_dump({"vonage_rotation": record}), encoding="utf-8")
    if state.prepare:
        state.prepare(place)
    running = place.env_file.with_name("running")
    place.write_inventory(
        record_in_clear=True,
        env_file_reload=["cp", str(place.env_file), str(running)],
        env_file_confirm=["sed", "-n", "s/^VONAGE_API_SECRET_GENERATION=//p", str(running)],
        **{"propagation_timeout": "60s", **state.settings},
    )


def done(output: str) -> list[str]:
    """The steps that a run took on localhost, by the tasks that did something."""
    steps: list[str] = []
    for task, status in re.findall(r"TASK \[[^\n]* : ([^\n]*)\] \*+\n(ok|changed): \[localhost\]", output):
        saved = re.fullmatch(r"Save the rotation record \((\w+)\)", task)
        step = saved[1] if saved else "verify" if task == "Verify | Read the balance with the new value" else ""
        # A value that is prepared already is kept, and some saves end what a step has begun.
        kept = step == "prepare" and status == "ok"
        if step and not kept and step not in (*steps[-1:], "dropped", "distribute", "release"):
            steps.append(step)
    return steps


def plan(output: str) -> list[str]:
    """The decision of a run, and its steps."""
    return re.findall(r"\b(?:rotate|idle|grace|blocked|inconclusive) \(\w+\)", output)[:1] + re.findall(
        r"steps: ([^\"\n]*)", output
    )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full if name in FURTHER else ()) for name in STATES]
)
def test_what_is_planned_is_done(place: Rehearsal, name: str) -> None:
    state = STATES[name]
    start(place, state)
    before = place.record.exists() and place.record.read_bytes()
    stops = state.outcome.startswith(("blocked", "inconclusive"))
    expected = [state.outcome] if stops else [state.outcome, state.steps]

    shown = place.run("--check", vault=False, environment=ONCE)
    assert plan(shown.text) == expected, shown.output
    assert place.writes() == []
    assert (place.record.exists() and place.record.read_bytes()) == before

    run = place.run(vault=False, environment=ONCE)
    assert plan(run.text) == expected, run.output
    assert (shown.status, run.status) == ((2, 2) if stops else (0, 0))
    assert state.said in run.text
    taken = [step for step in state.steps.split(" -> ") if step not in ("", "none", "distribute", "confirm")]
    assert (done(shown.output), done(run.output)) == ([], taken)
    found = place.account()
    assert [secret.value if secret.value in (*IDS, *state.listed) else "made" for secret in found.live] == state.left
    if stops or state.steps == "none":
        assert ("Nothing was changed" in run.text) == stops
        assert place.writes() == []
        assert (place.record.exists() and place.record.read_bytes()) == before
    elif "distribute" in state.steps:
        # Who uses it has one that Vonage accepts.
        in_use = re.findall("^VONAGE_API_SECRET=(.*)$", place.env_file.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(in_use) <= {secret.value for secret in found.live}
        record = yaml.safe_load(place.record.read_text(encoding="utf-8"))["vonage_rotation"]
        assert in_use == [record["current"]["value"]]
