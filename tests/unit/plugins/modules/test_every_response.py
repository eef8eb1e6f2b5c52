# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every task of every module, in check mode and not, with a diff and not; and every error at each of its requests."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._operations import run as _task
from ansible_collections.community.vonage.tests.unit.plugins.module_run import Run, assert_nothing_secret
from ansible_collections.community.vonage.tests.unit.plugins.wire import (
    BALANCE,
    INDEPENDENT,
    KEY,
    NEW,
    NEW_ID,
    OLD_ID,
    PRIMARY,
    SECRETS,
    SETTINGS,
    SHARING,
    SUBACCOUNT,
    SUBACCOUNTS,
    TOP_UP,
    UNAUTHORIZED,
    ClientFactory,
    Wire,
    family,
    legacy,
    listing,
    problem,
    returned_account,
    row,
    scripted,
    vonage_row,
)

URL = "https://hooks.example.net/receipt"
TRX = "00X123456Y7890123Z"


@dataclass(frozen=True)
class Step:
    """A request that a task makes.

    :ivar request: The request and its good answer, as `Wire.expect` takes them.
    :ivar changes: Whether it is a write, which check mode leaves out.
    :ivar looks: What the task asks for when the write was refused.
    :ivar resolves: What the task asks for when the outcome of the write is unknown.
    :ivar probe: Whether a refused login is an answer to it, and no failure.
    """

    request: dict[str, t.Any]
    changes: bool = False
    looks: tuple[Step, ...] = ()
    resolves: tuple[Step, ...] = ()
    probe: bool = False

    @property
    def path(self) -> str:
        return t.cast(str, self.request["path"])

    def expect(self, wire: Wire, **answer: t.Any) -> None:
        wire.expect(**{**self.request, **answer})


@dataclass(frozen=True)
class Task:
    """A task, the requests that it makes, and what it returns beside `changed`.

    :ivar result: What it returns; in check mode too, unless `predicted` says something else.
    """

    module: str
    options: dict[str, t.Any]
    steps: tuple[Step, ...]
    result: dict[str, t.Any]
    predicted: dict[str, t.Any] | None = None
    changed: bool = False


def get(path: str, body: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"method": "GET", "path": path, "body": body, **more}


def settings(**callbacks: str) -> dict[str, t.Any]:
    """Settings as Vonage returns them."""
    return {"mo-callback-url": "", "dr-callback-url": "", "max-calls-per-second": 30, **callbacks}


def returned(dr: str = "") -> dict[str, t.Any]:
    """The same as a module returns them."""
    limits = {"max_outbound_request": None, "max_inbound_request": None, "max_calls_per_second": 30}
    return {"mo_callback_url": "", "dr_callback_url": dr, **limits}


def difference(before: t.Any, after: t.Any) -> dict[str, t.Any]:
    return {"before": before, "after": after}


def secrets(*rows: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"secrets": list(rows)}


BALANCE_STEP = Step(get(BALANCE, '{"value": 12.5, "autoReload": true}'))
BALANCE_FOUND = {"value": 12.5, "currency": "EUR", "auto_reload": True}
PAYMENT = Step(
    {"method": "POST", "path": TOP_UP, "form": {"trx": TRX}, "body": legacy("200", "success")},
    changes=True,
    resolves=(BALANCE_STEP,),
)
SETTINGS_STEP = Step({"method": "POST", "path": SETTINGS, "form": {}, "body": settings()})
SETTINGS_SET = Step(
    {"method": "POST", "path": SETTINGS, "form": {}, "body": settings(**{"dr-callback-url": URL})},
)


def written(form: dict[str, str], after: dict[str, t.Any], read: Step) -> Step:
    """The settings are written; when that is uncertain, they are read again and found unchanged."""
    request = {"method": "POST", "path": SETTINGS, "form": form, "body": after}
    return Step(request, changes=True, resolves=(read,))


def listed(*secret_ids: str, account: str = KEY) -> Step:
    return Step(get(f"/accounts/{account}/secrets", listing(*secret_ids)))


def login(answer: dict[str, t.Any], account: str = KEY) -> Step:
    return Step(get(f"/accounts/{account}/secrets", login=(account, NEW), **answer), probe=True)


REFUSED = {"status": 401, "body": UNAUTHORIZED}


def created(account: str = KEY) -> Step:
    request = {"path": f"/accounts/{account}/secrets", "json_body": {"secret": NEW}, "body": vonage_row(NEW_ID)}
    look, read = login(REFUSED, account), listed(OLD_ID, account=account)
    return Step(
        {"method": "POST", "status": 201, **request},
        changes=True,
        looks=(look, read),
        resolves=(look, look, look, read),
    )


REVOKED = Step(
    {"method": "DELETE", "path": f"{SECRETS}/{OLD_ID}", "status": 204},
    changes=True,
    resolves=(listed(OLD_ID, NEW_ID),),
)
TO_BE_CREATED = {"id": "(to be created)", "created_at": ""}
CREATED = {
    "secret": row(NEW_ID),
    "secrets": [row(OLD_ID), row(NEW_ID)],
    "diff": difference(secrets(row(OLD_ID)), secrets(row(OLD_ID), row(NEW_ID))),
}
CREATION_PREDICTED = {
    "secret": None,
    "secrets": [row(OLD_ID)],
    "diff": difference(secrets(row(OLD_ID)), secrets(row(OLD_ID), TO_BE_CREATED)),
}

TASKS = {
    "balance": Task("vonage_balance_info", {}, (BALANCE_STEP,), {"balance": BALANCE_FOUND}),
    "top up": Task(
        "vonage_topup",
        {"transaction_reference": TRX},
        (BALANCE_STEP, PAYMENT),
        {"balance": BALANCE_FOUND, "topped_up": True},
        predicted={"balance": BALANCE_FOUND, "topped_up": False},
        changed=True,
    ),
    "top up below more than there is": Task(
        "vonage_topup",
        {"transaction_reference": f" {TRX}\n", "below": 12.51},
        (BALANCE_STEP, PAYMENT),
        {"balance": BALANCE_FOUND, "topped_up": True},
        predicted={"balance": BALANCE_FOUND, "topped_up": False},
        changed=True,
    ),
    "top up below what there is": Task(
        "vonage_topup",
        {"transaction_reference": TRX, "below": 12.5},
        (BALANCE_STEP,),
        {"balance": BALANCE_FOUND, "topped_up": False},
    ),
    "settings read": Task(
        "vonage_account_settings",
        {"dr_callback_url": None},
        (SETTINGS_STEP,),
        {"settings": returned(), "diff": difference(returned(), returned())},
    ),
    "settings as declared": Task(
        "vonage_account_settings",
        {"dr_callback_url": URL},
        (SETTINGS_SET,),
        {"settings": returned(URL), "diff": difference(returned(URL), returned(URL))},
    ),
    "settings changed": Task(
        "vonage_account_settings",
        {"dr_callback_url": URL},
        (SETTINGS_STEP, written({"drCallBackUrl": URL}, SETTINGS_SET.request["body"], SETTINGS_STEP)),
        {"settings": returned(URL), "diff": difference(returned(), returned(URL))},
        changed=True,
    ),
    "settings unset": Task(
        "vonage_account_settings",
        {"dr_callback_url": ""},
        (SETTINGS_SET, written({"drCallBackUrl": ""}, settings(), SETTINGS_SET)),
        {"settings": returned(), "diff": difference(returned(URL), returned())},
        changed=True,
    ),
    "settings not comparable": Task(
        "vonage_account_settings",
        {"dr_callback_url": URL, "http_forward_method": "POST_JSON"},
        (SETTINGS_SET, written({"httpForwardMethod": "POST_JSON"}, SETTINGS_SET.request["body"], SETTINGS_SET)),
        {
            "settings": returned(URL),
            "diff": difference(
                {**returned(URL), "http_forward_method": "(Vonage does not show it)"},
                {**returned(URL), "http_forward_method": "POST_JSON"},
            ),
        },
        changed=True,
    ),
    "secret there": Task(
        "vonage_api_secret",
        {"secret": NEW},
        (login({"body": listing(OLD_ID, NEW_ID)}),),
        {
            "secret": None,
            "secrets": CREATED["secrets"],
            "diff": difference(secrets(*CREATED["secrets"]), secrets(*CREATED["secrets"])),
        },
    ),
    "secret created": Task(
        "vonage_api_secret",
        {"secret": NEW},
        (login(REFUSED), listed(OLD_ID), created()),
        CREATED,
        predicted=CREATION_PREDICTED,
        changed=True,
    ),
    "secret of a subaccount created": Task(
        "vonage_api_secret",
        {"secret": NEW, "account_id": SUBACCOUNT},
        (login(REFUSED, SUBACCOUNT), listed(OLD_ID, account=SUBACCOUNT), created(SUBACCOUNT)),
        CREATED,
        predicted=CREATION_PREDICTED,
        changed=True,
    ),
    "secret gone": Task(
        "vonage_api_secret",
        {"secret": None, "state": "absent", "secret_id": OLD_ID, "api_secret_id": NEW_ID},
        (listed(NEW_ID),),
        {"secret": None, "secrets": [row(NEW_ID)], "diff": difference(secrets(row(NEW_ID)), secrets(row(NEW_ID)))},
    ),
    "secret revoked": Task(
        "vonage_api_secret",
        {"secret": None, "state": "absent", "secret_id": OLD_ID, "api_secret_id": NEW_ID},
        (listed(OLD_ID, NEW_ID), REVOKED),
        {
            "secret": row(OLD_ID),
            "secrets": [row(NEW_ID)],
            "diff": difference(secrets(row(OLD_ID), row(NEW_ID)), secrets(row(NEW_ID))),
        },
        changed=True,
    ),
    "secrets listed": Task(
        "vonage_api_secret_info",
        {"candidates": None},
        (listed(OLD_ID, NEW_ID),),
        {
            "secrets": CREATED["secrets"],
            "accounts": [{"account_id": KEY, "secrets": CREATED["secrets"], "error": None}],
            "candidates": [],
        },
    ),
    "subaccounts listed": Task(
        "vonage_subaccount_info",
        {},
        (Step(get(SUBACCOUNTS, family(SHARING, INDEPENDENT))),),
        {
            "primary": returned_account(PRIMARY),
            "subaccounts": [returned_account(SHARING), returned_account(INDEPENDENT)],
        },
    ),
    "subaccount read": Task(
        "vonage_subaccount_info",
        {"account_id": SUBACCOUNT},
        (Step(get(f"{SUBACCOUNTS}/{SUBACCOUNT}", SHARING)),),
        {"primary": None, "subaccounts": [returned_account(SHARING)]},
    ),
}


@dataclass(frozen=True)
class Shape:
    """An error as Vonage, or what stands before it, answers it; and the `error` that it must become."""

    status: int
    body: t.Any
    code: str | None = None
    title: str = ""
    detail: str | None = None
    instance: str | None = None
    invalid_parameters: tuple[dict[str, str], ...] = ()
    content_type: str = "application/json"
    # Of the request; a server that broke down may have carried it out.
    outcome: str = "refused"


WEAK = ({"name": "secret", "reason": "Does not meet complexity requirements"},)
PAGE = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
ZEROED = {"max-outbound-request": 0, "max-inbound-request": 0, "max-calls-per-second": 0}
SHAPES = {
    "problem": Shape(
        403,
        problem("invalid-ip", "Invalid IP", "Not on the list."),
        "invalid-ip",
        "Invalid IP",
        "Not on the list.",
        "0f00ba12",
    ),
    "problem without detail": Shape(
        500,
        problem("Internal-Error", "Internal Error"),
        "internal-error",
        "Internal Error",
        instance="0f00ba12",
        outcome="unknown",
    ),
    "problem with parameters": Shape(
        400,
        problem("validation", "Bad Request", "It failed.", invalid_parameters=list(WEAK)),
        "validation",
        "Bad Request",
        "It failed.",
        "0f00ba12",
        WEAK,
    ),
    "problem labelled as text": Shape(
        401, UNAUTHORIZED, "unauthorized", "Unauthorized", UNAUTHORIZED["detail"], "0f00ba12", content_type="text/plain"
    ),
    "legacy": Shape(401, legacy("401", "authentication failed"), "401", "authentication failed"),
    "legacy among zeroed fields": Shape(420, {**ZEROED, **legacy("420", "a label")}, "420", "a label"),
    "legacy of another status": Shape(401, legacy("420", "topup failed"), "420", "topup failed"),
    "variant": Shape(401, {"code": "401", "error-code-label": "authentication failed"}, "401", "authentication failed"),
    "object of parameters": Shape(
        400,
        {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": {"trx": "Is required."}},
        None,
        "Bad Request",
        invalid_parameters=({"name": "trx", "reason": "Is required."},),
    ),
    "text of the gateway": Shape(
        403, "RBAC: access denied", None, "Forbidden", "RBAC: access denied", content_type="text/plain"
    ),
    "page": Shape(503, PAGE, None, "Service Unavailable", PAGE, content_type="text/html", outcome="unknown"),
    "page labelled as JSON": Shape(502, PAGE, None, "Bad Gateway", PAGE, outcome="unknown"),
    "nothing": Shape(429, "", None, "Too Many Requests"),
    "list": Shape(500, "[1]", None, "Internal Server Error", "[1]", outcome="unknown"),
    "nothing in time": Shape(408, "", None, "Request Timeout", outcome="unknown"),
    "xml": Shape(404, "<error/>", None, "Not Found", "<error/>", content_type="application/xml"),
}

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
both_modes = pytest.mark.parametrize("check_mode", [False, True], ids=["real", "check"])
both_displays = pytest.mark.parametrize("diff", [False, True], ids=["plain", "diff"])


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = ClientFactory()
    monkeypatch.setattr(_task, "Client", functools.partial(Client, sleep=clients.nap, clock=lambda: clients.now))


@every_task
@both_modes
@both_displays
def test_success(wire: Wire, run: Run, task: Task, check_mode: bool, diff: bool) -> None:
    for step in task.steps:
        if not (check_mode and step.changes):
            step.expect(wire)
    result = run(task.module, task.options, check_mode, diff=diff)
    expected = task.predicted if check_mode and task.predicted is not None else task.result
    assert result["changed"] is task.changed
    assert {name: result[name] for name in expected} == expected
    assert_nothing_secret(run.printed)


POSITIONS = [
    pytest.param(task, position, id=f"{name}-{position + 1}")
    for name, task in TASKS.items()
    for position in range(len(task.steps))
]


@pytest.mark.parametrize(("task", "position"), POSITIONS)
@both_modes
def test_every_error_at_each_request(run: Run, task: Task, position: int, check_mode: bool) -> None:
    failing = task.steps[position]
    for name, shape in SHAPES.items():
        # Check mode never gets as far as a write; and to a probe, a 401 of Vonage's is a good answer.
        if (check_mode and failing.changes) or (failing.probe and shape.status == 401):
            continue
        with scripted() as wire:
            for step in task.steps[:position]:
                step.expect(wire)
            failing.expect(wire, status=shape.status, body=shape.body, content_type=shape.content_type)
            for step in failing.resolves if shape.outcome == "unknown" else failing.looks:
                step.expect(wire)
            result = run(task.module, task.options, check_mode, fails=True)
        # A question before a change leaves nothing in doubt: nothing was changed.
        asked = not task.module.endswith("_info") and not failing.changes and shape.outcome == "unknown"
        assert result["error"] == {
            "status": shape.status,
            "code": shape.code,
            "title": shape.title,
            "detail": shape.detail,
            "instance": shape.instance,
            "request_id": None,
            "invalid_parameters": list(shape.invalid_parameters),
            "method": failing.request["method"],
            "path": failing.path,
            "outcome": "not_sent" if asked else shape.outcome,
        }, name
        assert f"failed: HTTP {shape.status} {shape.title}" in result["msg"], name
        assert result.get("changed", False) is False
        assert_nothing_secret(run.printed)
