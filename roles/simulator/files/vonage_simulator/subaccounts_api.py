# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/accounts/{primary}/subaccounts`` and the transfers between a primary account and its subaccounts."""

from __future__ import annotations

import contextlib
import math
import secrets
from decimal import Decimal
from typing import Any

from . import errors
from .auth import target_account
from .clock import milliseconds, parse_time
from .secrets_api import check_unused, weakness
from .service import Call, Service
from .state import Account, Transfer
from .wire import Refusal, Response, json_response

_FOUR_PLACES = Decimal("0.0001")
_LONGEST_NAME = 80
_CHANGEABLE = ("name", "suspended", "use_primary_account_balance")


def list_subaccounts(service: Service, call: Call) -> Response:
    """GET of the collection; no pagination is documented."""
    primary = _primary(service, call)
    subaccounts = service.state.subaccounts(primary.api_key)
    payers = [primary, *(account for account in subaccounts if not account.shares_balance)]
    return json_response(
        200,
        {
            "_links": {"self": {"href": f"/accounts/{primary.api_key}/subaccounts"}},
            # The totals are observed; the published schema lacks them.
            "total_balance": _money(sum((account.balance for account in payers), Decimal(0))),
            "total_credit_limit": _money(sum((account.credit_limit for account in payers), Decimal(0))),
            "_embedded": {
                "primary_account": _shown(primary),
                "subaccounts": [_shown(account) for account in subaccounts],
            },
        },
    )


def read_subaccount(service: Service, call: Call) -> Response:
    """GET of one subaccount."""
    return json_response(200, _shown(_subaccount(service, call, _primary(service, call))))


def create_subaccount(service: Service, call: Call) -> Response:
    """POST to the collection. The answer is 200 and shows the secret, for the only time (documented)."""
    primary = _primary(service, call)
    body = _body(call)
    _validate(body)
    if "name" not in body:
        raise Refusal(_invalid("name", "Is required"))
    own_balance = body.get("use_primary_account_balance") is False
    if own_balance and service.switches["independent_balance"] == "refused":
        raise Refusal(errors.no_independent_balance())
    value = body.get("secret", _generated_secret())
    if weakness(value) is not None:
        raise Refusal(_invalid("secret", "Does not meet complexity requirements"))
    limit: int = service.switches["max_subaccounts"]
    with primary.lock:
        siblings = service.state.subaccounts(primary.api_key)
        if limit and len(siblings) >= limit:
            raise Refusal(errors.too_many_subaccounts())
        # The secret "must be unique" (documented); among which accounts is unknown, so: among those of this primary.
        for account in (primary, *siblings):
            check_unused(service, account, value)
        account = Account(
            api_key=secrets.token_hex(4),
            created_at=service.clock.now(),
            primary_account=primary.api_key,
            name=body["name"],
            auto_reload=False,
            use_primary_account_balance=not own_balance,
        )
        service.state.create_secret(account, value)
        service.state.add(account)
    # Only this answer has real milliseconds (observed).
    shown = {**_shown(account), "secret": value, "created_at": milliseconds(account.created_at)}
    return json_response(200, shown, committed=True)


def modify_subaccount(service: Service, call: Call) -> Response:
    """PATCH of one subaccount. The body is validated before the key in the path (observed)."""
    primary = _primary(service, call)
    body = _body(call)
    changes = {key: value for key, value in body.items() if key in _CHANGEABLE}
    if not changes:
        raise Refusal(errors.invalid_subaccount_request([]))
    _validate(changes)
    account = _subaccount(service, call, primary)
    with account.lock:
        shares = changes.get("use_primary_account_balance", account.use_primary_account_balance)
        if shares and not account.use_primary_account_balance:  # one way only (documented)
            raise Refusal(_invalid("use_primary_account_balance", "Transitioning from false to true is not supported"))
        if not shares and account.use_primary_account_balance and service.switches["independent_balance"] == "refused":
            raise Refusal(errors.no_independent_balance())
        committed = any(getattr(account, name) != value for name, value in changes.items())
        for name, value in changes.items():
            setattr(account, name, value)
        return json_response(200, _shown(account), committed=committed)


def transfer(service: Service, call: Call) -> Response:
    """POST to the balance or credit transfers: moves money, and is not idempotent (documented)."""
    primary = _primary(service, call)
    kind = call.params["kind"]
    body = _body(call)
    amount = body.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)) or not amount > 0:
        raise Refusal(_invalid("amount", "Only positive values of data type JSON number are allowed"))
    sender, receiver = _parties(service, primary, body)
    with contextlib.ExitStack() as stack:
        # Always in the same order, so that two opposite transfers cannot wait for each other.
        for account in sorted((sender, receiver), key=lambda item: item.api_key):
            stack.enter_context(account.lock)
        _move(kind, sender, receiver, Decimal(amount))
        done = Transfer(
            kind=kind,
            sender=sender.api_key,
            receiver=receiver.api_key,
            amount=Decimal(amount),
            reference=str(body.get("reference") or ""),  # comes back as an empty text when omitted (observed)
            created_at=service.clock.now(),
        )
        primary.transfers.append(done)
    shown = {"masterAccountId": primary.api_key, **_shown_transfer(service, primary, done)}
    return json_response(200, shown, committed=True)


def list_transfers(service: Service, call: Call) -> Response:
    """GET of the balance or credit transfers; ``start_date`` is required (observed)."""
    primary = _primary(service, call)
    kind = call.params["kind"]
    query = call.request.query
    start = _date(query.get("start_date", [""])[-1], "start_date")
    end = _date(query["end_date"][-1], "end_date") if "end_date" in query else math.inf
    wanted = query.get("subaccount")
    found = [
        _shown_transfer(service, primary, item)
        for item in list(primary.transfers)
        if item.kind == kind
        and start <= item.created_at <= end
        and (wanted is None or item.sender in wanted or item.receiver in wanted)
    ]
    documented_credit = kind == "credit" and service.switches["transfer_spelling"] == "documented"
    return json_response(
        200,
        {
            "_links": {"self": {"href": f"/accounts/{primary.api_key}/{kind}-transfers"}},
            "_embedded": {"credit-transfers" if documented_credit else f"{kind}_transfers": found},
        },
    )


def _primary(service: Service, call: Call) -> Account:
    """Return the primary account of the URL. Only its own credentials may use these paths (documented)."""
    account = target_account(call.caller, call.params["api_key"], service.state)
    if account is not call.caller.account:
        raise Refusal(errors.unknown_api_key(account.api_key))
    # Subaccounts cannot have subaccounts (documented); that they answer "unprovisioned" is inferred.
    if account.primary_account is not None or service.switches["subaccounts"] == "unprovisioned":
        raise Refusal(errors.unprovisioned(account.api_key))
    return account


def _subaccount(service: Service, call: Call, primary: Account) -> Account:
    api_key = call.params["subaccount_key"]
    account = service.state.find(api_key)
    if account is None or account.primary_account != primary.api_key:
        raise Refusal(errors.unknown_api_key(api_key))
    return account


def _body(call: Call) -> dict[str, Any]:
    if call.request.media_type != "application/json":
        raise Refusal(errors.unsupported_media_type())
    try:
        body = call.request.json()
    except ValueError:
        raise Refusal(errors.invalid_json()) from None
    if not isinstance(body, dict):
        raise Refusal(errors.invalid_subaccount_request([]))
    return body


def _validate(body: dict[str, Any]) -> None:
    if "name" in body:
        name = body["name"]
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            raise Refusal(_invalid("name", f"Must have 1 to {_LONGEST_NAME} characters"))
    for flag in ("suspended", "use_primary_account_balance"):
        if flag in body and not isinstance(body[flag], bool):
            raise Refusal(_invalid(flag, "Must be a boolean"))


def _parties(service: Service, primary: Account, body: dict[str, Any]) -> tuple[Account, Account]:
    """Return sender and receiver, which must be the primary account and one of its own subaccounts."""
    sender_key, receiver_key = body.get("from"), body.get("to")
    if sender_key == receiver_key:
        raise Refusal(_invalid("from", "Invalid transfer. From and To accounts should be different"))
    family = {account.api_key: account for account in (primary, *service.state.subaccounts(primary.api_key))}
    if sender_key not in family or receiver_key not in family or primary.api_key not in (sender_key, receiver_key):
        raise Refusal(errors.foreign_transfer())
    sender, receiver = family[str(sender_key)], family[str(receiver_key)]
    for name, account in (("from", sender), ("to", receiver)):
        if account.shares_balance:  # unknown: no source says what happens; refusing is stricter
            raise Refusal(_invalid(name, "Account shares the balance of its primary account"))
    return sender, receiver


def _move(kind: str, sender: Account, receiver: Account, amount: Decimal) -> None:
    """Move money or credit, if the sender has enough (formulas documented). Credit limits are negative numbers."""
    if kind == "balance":
        available = abs(sender.balance - sender.credit_limit)
    else:
        available = abs(sender.credit_limit) - abs(min(sender.balance, Decimal(0)))
    if amount > available:
        raise Refusal(errors.insufficient_credit(available))
    if kind == "balance":
        sender.balance -= amount
        receiver.balance += amount
    else:
        sender.credit_limit += amount
        receiver.credit_limit -= amount


def _date(text: str, name: str) -> float:
    try:
        return parse_time(text)
    except ValueError:
        raise Refusal(_invalid(name, "Malformed")) from None


def _invalid(name: str, reason: str) -> Response:
    return errors.invalid_subaccount_request([{"name": name, "reason": reason}])


def _generated_secret() -> str:
    # The prefix makes sure that every character class is there.
    return "Aa0" + secrets.token_hex(8)


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(_FOUR_PLACES)


def _shown(account: Account) -> dict[str, Any]:
    shown: dict[str, Any] = {"api_key": account.api_key}
    if account.primary_account is not None:
        shown["primary_account_api_key"] = account.primary_account
        shown["use_primary_account_balance"] = account.use_primary_account_balance
    shown["name"] = account.name
    # Null when the balance is shared (documented).
    shown["balance"] = None if account.shares_balance else _money(account.balance)
    shown["credit_limit"] = None if account.shares_balance else _money(account.credit_limit)
    shown["suspended"] = account.suspended
    # Later reads have no milliseconds (observed).
    shown["created_at"] = milliseconds(math.floor(account.created_at))
    return shown


def _shown_transfer(service: Service, primary: Account, item: Transfer) -> dict[str, Any]:
    id_key = "id" if service.switches["transfer_spelling"] == "observed" else f"{item.kind}_transfer_id"
    return {
        "_links": {"self": {"href": f"/accounts/{primary.api_key}/{item.kind}-transfers/{item.id}"}},
        "from": item.sender,
        "to": item.receiver,
        "amount": item.amount,
        "reference": item.reference,
        id_key: item.id,
        "created_at": milliseconds(math.floor(item.created_at)),
    }
