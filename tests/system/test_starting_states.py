# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every state that a rotation may find: what the role decides, what check mode says before, and what people are told.

Secrets listed {0, 1, 2} x the value in use {accepted, refused, none, no answer} x the value on its way {none, accepted,
refused, lost}, and who asks: the account itself or its primary account.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ACCOUNT, Rehearsal, account
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request, Response, json_response, text_response

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


def pending(secret_id: str | None = None, value: str | None = NEW, **changes: Any) -> dict[str, Any]:
    entry = {"value": value, "id": secret_id, "prepared_at": ago(hours=2), "attempts": 1, **changes}
    return {"stage": "prepared", "pending": entry, "ids_before": [IDS[FIRST]]}


def previous(value: str = FIRST, wait: str | None = None) -> dict[str, Any]:
    entry = {"value": value, "id": IDS[value], "revoke_not_before": wait or ago(hours=1)}
    return {"stage": "distributed", "generation": 1, "current": current(NEW, IDS[NEW]), "previous": entry}


def lists_lag(requests: float) -> Callable[[Rehearsal], None]:
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


def slow(place: Rehearsal) -> None:
    """The second secret is not accepted for a long time."""
    found = place.account()
    secret = found.live[-1]
    found.secrets.remove(secret)
    place.simulator.switches["propagation_delay_api"] = place.simulator.switches["propagation_delay_rest"] = 15.0
    place.simulator.state.create_secret(found, NEW).id = secret.id


def nothing_listed(place: Rehearsal) -> None:
    found = place.account()
    place.simulator.state.revoke_secret(found, found.live[0])


def ill(place: Rehearsal) -> None:
    place.simulator.add_fault("status_before", status=503, times=None)


def answered(login: str, response: Response) -> Callable[[Rehearsal], None]:
    """All requests with this value get this answer."""
    authorization = base64.b64encode(f"{ACCOUNT}:{login}".encode()).decode()

    def prepare(place: Rehearsal) -> None:
        def mine(request: Request, answer: Answer) -> Delivery:
            with_it = authorization in request.headers.get("authorization", "")
            return Delivery(response) if with_it else answer(request)

        intercept(place.simulator, mine)

    return prepare


def unanswered(value: str) -> Callable[[Rehearsal], None]:
    """No login with this value gets an answer of Vonage's."""
    return answered(value, text_response(503, "Service Unavailable"))


empty_list = answered(FIRST, json_response(200, {"_embedded": {"secrets": []}}))


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


STATES = {
    # -- one secret ----------------------------------------------------------------------------------------------------
    "one, accepted, due": State([FIRST], {}, "rotate (max_age)", ALL, ["made"]),
    "one, accepted, no record": State([FIRST], None, "rotate (max_age)", ALL, ["made"]),
    "one, accepted, not due": State([FIRST], {}, "idle (not_due)", "none", [FIRST], settings={"max_age": "52w"}),
    "one, accepted, pending refused": State(
        [FIRST], pending(), "rotate (resumed)", RESUMED + "create -> verify" + REST, [NEW]
    ),
    "one, accepted, pending lost": State([FIRST], pending(value=None), "rotate (resumed)", ALL, ["made"]),
    "one, accepted, pending accepted": State(
        [FIRST, NEW],
        pending(),
        "inconclusive (lists_disagree)",
        "",
        [FIRST],
        "set rotate_api_secret_record to the newest",
        {"propagation_timeout": "1s"},
        lists_lag(math.inf),
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
    "one, refused, pending refused": State(
        [FOREIGN], pending(), "blocked (no_valid_credential)", "", [FOREIGN], "move the record away"
    ),
    "one, refused, pending lost": State(
        [FOREIGN], pending(value=None), "blocked (no_valid_credential)", "", [FOREIGN], "move the record away"
    ),
    "one, refused, pending refused, seen by the primary account": State(
        [FOREIGN],
        pending(),
        "rotate (bootstrap)",
        RESUMED + "create -> verify" + REST.removesuffix(" -> revoke -> settle"),
        [FOREIGN, NEW],
        settings=AS_PRIMARY,
    ),
    "one, no value known, pending accepted, seen by the primary account": State(
        [NEW],
        {**pending(), "current": None},
        "rotate (resumed)",
        (RESUMED + "verify" + REST).replace("revoke -> ", ""),
        [NEW],
        settings=AS_PRIMARY,
    ),
    "one, refused, seen by the primary account": State(
        [FOREIGN],
        {},
        "rotate (bootstrap)",
        ALL.removesuffix(" -> revoke -> settle"),
        [FOREIGN, "made"],
        settings=AS_PRIMARY,
    ),
    "one, no value known, and its id is named by the primary account": State(
        [FOREIGN],
        {"current": None},
        "rotate (bootstrap)",
        ALL,
        ["made"],
        settings={**AS_PRIMARY, "current_secret_id": IDS[FOREIGN]},
    ),
    # -- two secrets ---------------------------------------------------------------------------------------------------
    "two, accepted, superseded": State(
        [FIRST, NEW], previous(), "rotate (resumed)", "claim -> distribute -> confirm -> revoke -> settle", [NEW]
    ),
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
    "two, accepted, a retired value answers that may linger": State(
        [FIRST, NEW],
        {
            "generation": 1,
            "current": current(NEW, IDS[NEW]),
            "retired": [{"value": FIRST, "id": None, "retired_at": ago(minutes=3)}],
        },
        "inconclusive (retired_lingers)",
        "",
        [FIRST, NEW],
        "Run again 1h after it was retired",
    ),
    "two, accepted, the other unknown": State(
        [FIRST, FOREIGN],
        {"current": current(FIRST, IDS[FIRST])},
        "blocked (unknown_second_secret)",
        "",
        [FIRST, FOREIGN],
        "set rotate_api_secret_current_secret_id to the id of the secret in use",
    ),
    "two, accepted, the other unknown, the one in use named": State(
        [FIRST, FOREIGN],
        {},
        "rotate (adopted)",
        "adopt -> distribute -> confirm -> revoke -> settle",
        [FIRST],
        settings={"current_secret_id": IDS[FIRST]},
    ),
    "two, accepted, the other unknown, its value named": State(
        [FIRST, FOREIGN],
        {"current": current(FIRST, IDS[FIRST])},
        "rotate (adopted)",
        "adopt_value -> verify -> promote -> distribute -> confirm -> revoke -> settle",
        [FOREIGN],
        settings={"adopt_value": FOREIGN},
    ),
    "two, accepted, the other unknown, a wrong value named": State(
        [FIRST, FOREIGN],
        {"current": current(FIRST, IDS[FIRST])},
        "blocked (adopted_refused)",
        "",
        [FIRST, FOREIGN],
        "set rotate_api_secret_adopt_value to that of the second secret",
        settings={"adopt_value": NEW},
    ),
    "two, accepted, pending accepted": State(
        [FIRST, NEW], pending(), "rotate (resumed)", RESUMED + "verify" + REST, [NEW]
    ),
    "two, accepted, pending slow": State(
        [FIRST, NEW],
        pending(IDS[NEW]),
        "rotate (resumed)",
        RESUMED + "verify" + REST,
        [NEW],
        prepare=slow,
    ),
    "two, accepted, pending never accepted": State(
        [FIRST, FOREIGN], pending(IDS[FOREIGN]), "rotate (replaced)", f"drop -> {ALL}", ["made"]
    ),
    "two, accepted, pending never accepted, for the third time": State(
        [FIRST, FOREIGN],
        pending(IDS[FOREIGN], attempts=3),
        "blocked (max_attempts)",
        "",
        [FIRST, FOREIGN],
        "set rotate_api_secret_mode=rollback to give the last one up",
    ),
    "two, accepted, pending refused, its id unknown": State(
        [FIRST, FOREIGN],
        pending(),
        "blocked (no_free_slot)",
        "",
        [FIRST, FOREIGN],
        "Find out in the Vonage dashboard whose the second one is",
    ),
    "two, accepted, pending lost": State(
        [FIRST, NEW], pending(IDS[NEW], value=None), "rotate (replaced)", f"drop -> {ALL}", ["made"]
    ),
    "two, accepted, pending lost with its id": State(
        [FIRST, NEW], pending(value=None), "blocked (no_free_slot)", "", [FIRST, NEW], "remove it there, and run again"
    ),
    "two, refused, pending accepted": State(
        [FOREIGN, NEW],
        pending(),
        "rotate (current_refused)",
        "promote -> distribute -> confirm",
        [FOREIGN, NEW],
    ),
    "two, refused, pending lost": State(
        [FOREIGN, NEW], pending(value=None), "blocked (no_valid_credential)", "", [FOREIGN, NEW], "move the record away"
    ),
    "two, refused, pending refused": State(
        [FOREIGN, "SomebodyElses4"],
        pending(),
        "blocked (no_valid_credential)",
        "",
        [FOREIGN, "SomebodyElses4"],
        "move the record away",
    ),
    "two, refused, the one before accepted": State(
        [FIRST, FOREIGN],
        previous(),
        "blocked (no_valid_credential)",
        "",
        [FIRST, FOREIGN],
        "if the secret before the one in use still works, set rotate_api_secret_mode=rollback",
    ),
    # -- none ----------------------------------------------------------------------------------------------------------
    "none": State([FIRST], {}, "blocked (no_valid_credential)", "", [], "move the record away", prepare=nothing_listed),
    "none, seen by the primary account": State(
        [FIRST],
        {},
        "rotate (first_secret)",
        ALL.replace("revoke -> ", ""),
        ["made"],
        settings=AS_PRIMARY,
        prepare=nothing_listed,
    ),
    "none, pending refused, seen by the primary account": State(
        [FIRST],
        pending(),
        "rotate (first_secret)",
        (RESUMED + "create -> verify" + REST).replace("revoke -> ", ""),
        [NEW],
        settings=AS_PRIMARY,
        prepare=nothing_listed,
    ),
    "none, and the login works": State(
        [FIRST], {}, "blocked (protocol_error)", "", [FIRST], "ask Vonage support", prepare=empty_list
    ),
    # -- no answer -----------------------------------------------------------------------------------------------------
    "no answer": State([FIRST], {}, "inconclusive (not_listed)", "", [FIRST], "safe to run again", prepare=ill),
    "no answer about the value in use": State(
        [FIRST],
        {},
        "inconclusive (probe_unknown)",
        "",
        [FIRST],
        "neither yes nor no to a login with the secret in use",
        AS_PRIMARY,
        unanswered(FIRST),
    ),
    "no answer about the value on its way": State(
        [FIRST, NEW],
        pending(),
        "inconclusive (probe_unknown)",
        "",
        [FIRST, NEW],
        "neither yes nor no to a login with the secret on its way",
        prepare=unanswered(NEW),
    ),
    "no answer about a retired value": State(
        [FIRST, NEW],
        {
            "generation": 1,
            "current": current(NEW, IDS[NEW]),
            "retired": [{"value": FIRST, "id": None, "retired_at": ago(hours=3)}],
        },
        "inconclusive (probe_unknown)",
        "",
        [FIRST, NEW],
        "neither yes nor no to a login with a value retired before",
        prepare=unanswered(FIRST),
    ),
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
    """The steps that a run took on localhost, by the tasks that it says it is at."""
    steps: list[str] = []
    for task in re.findall(rf"\(item={ACCOUNT}: ([a-z_ ]+)\)", output):
        step = task.removeprefix("save ")
        # These end what a step has begun.
        if step not in (*steps[-1:], "dropped", "distribute", "release"):
            steps.append(step)
    return steps


def plan(output: str) -> list[str]:
    """The decision of a run, and its steps."""
    return re.findall(r"\b(?:rotate|idle|grace|blocked|inconclusive) \(\w+\)", output)[:1] + re.findall(
        r"steps: ([^\"\n]*)", output
    )


@pytest.mark.parametrize("name", STATES)
def test_from_every_state_what_is_planned_is_done(place: Rehearsal, name: str) -> None:
    state = STATES[name]
    start(place, state)
    before = place.record.exists() and place.record.read_bytes()
    stops = state.outcome.startswith(("blocked", "inconclusive"))
    expected = [state.outcome] if stops else [state.outcome, state.steps]

    shown = place.run("--check", vault=False, environment=ONCE)
    assert plan(shown.text) == expected, shown.output
    assert place.writes() == []
    assert (place.record.exists() and place.record.read_bytes()) == before

    if state.prepare is slow:
        # The time counts from now on.
        slow(place)
    run = place.run(vault=False, environment=ONCE)
    if state.prepare is slow:
        assert any(call.startswith("GET /account/get-balance 401") for call in place.calls()), "it was not waited for"
    assert plan(run.text) == expected, run.output
    assert (shown.status, run.status) == ((2, 2) if stops else (0, 0))
    assert state.said in run.text
    taken = [step for step in state.steps.split(" -> ") if step not in ("", "none", "distribute", "confirm")]
    assert (done(shown.output), done(run.output)) == ([], taken)
    found = place.account()
    assert [secret.value if secret.value in (*IDS, *state.listed) else "made" for secret in found.live] == state.left
    if stops:
        assert "Nothing was changed" in run.text
        assert place.writes() == []
        assert place.record.read_bytes() == before
    elif "distribute" in state.steps:
        # Who uses it has one that Vonage accepts.
        in_use = re.findall("^VONAGE_API_SECRET=(.*)$", place.env_file.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(in_use) <= {secret.value for secret in found.live}
        record = yaml.safe_load(place.record.read_text(encoding="utf-8"))["vonage_rotation"]
        assert in_use == [record["current"]["value"]]
