# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/account/*`` of the rest host: balance, top-up, settings."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from . import errors
from .service import Call, Service
from .state import Account
from .wire import Refusal, Response, dumps, json_response, text_response

_EIGHT_PLACES = Decimal("0.00000001")
_FORWARD_METHODS = ("GET_QUERY_PARAMS", "POST_QUERY_PARAMS", "POST_JSON")


def balance(service: Service, call: Call) -> Response:
    """GET /account/get-balance."""
    account = call.caller.account
    # That a subaccount with a shared balance shows its primary's is inferred.
    value = service.state.payer(account).balance.quantize(_EIGHT_PLACES)
    as_xml = call.request.wants_xml or (
        "accept" not in call.request.headers and service.switches["balance_without_accept"] == "xml"
    )
    if as_xml:
        flag = "true" if account.auto_reload else "false"
        body = f"<accountBalance><value>{value:f}</value><autoReload>{flag}</autoReload></accountBalance>"
        return text_response(200, body, "application/xml")
    return json_response(200, {"value": value, "autoReload": account.auto_reload})


def top_up(service: Service, call: Call) -> Response:
    """POST /account/top-up: charges the payment method behind ``trx``."""
    variant: str = service.switches["top_up"]
    if variant not in ("auto", "T1", "T2", "T3", "T3_xml"):
        raise Refusal(errors.top_up(variant))
    trx = call.request.fields().get("trx", "")
    if not trx:
        raise Refusal(errors.top_up("T10"))
    account = call.caller.account
    with account.lock:
        if not account.auto_reload:
            raise Refusal(errors.top_up("T7"))
        if trx != account.trx:
            raise Refusal(errors.top_up("T8"))
        account.charges += 1
        account.balance += account.top_up_amount
    response = _top_up_success(variant)
    response.committed = True
    return response


def _top_up_success(variant: str) -> Response:
    if variant == "T2":  # inferred: two SDKs expect an empty body
        return Response(200)
    if variant == "T3":  # inferred: a draft of 2019
        return json_response(200, {"response": "success"})
    if variant == "T3_xml":
        return text_response(200, "<response>success</response>", "application/xml")
    return json_response(200, {"error-code": "200", "error-code-label": "success"})  # T1, documented


def settings(service: Service, call: Call) -> Response:
    """POST /account/settings: reads when no known field is sent, writes otherwise, answers the current settings.

    Unknown fields are ignored (inferred), so the wrong case ``moCallbackUrl`` is a silent no-op.
    """
    fields = call.request.fields()
    account = call.caller.account
    changes: dict[str, Any] = {}
    for field, name in (("moCallBackUrl", "mo_callback_url"), ("drCallBackUrl", "dr_callback_url")):
        if field in fields and _url_check(service, fields[field]):
            changes[name] = fields[field]
    # Stored and never returned (documented by its absence); a value that is not in the list is ignored (inferred).
    if fields.get("httpForwardMethod") in _FORWARD_METHODS:
        changes["http_forward_method"] = fields["httpForwardMethod"]
    with account.lock:
        committed = any(getattr(account.settings, name) != value for name, value in changes.items())
        for name, value in changes.items():
            setattr(account.settings, name, value)
        response = _settings_response(account, service.switches["unset_callback"])
    response.committed = committed
    return response


def _url_check(service: Service, url: str) -> bool:
    """Return whether a callback URL may be saved; unsetting needs no check.

    Raises:
        Refusal: if the check fails and that is to be answered with an error (switch ``dead_url_answer``).
    """
    if not url:
        return True
    # The write waits while Vonage calls the URL (documented that it does, unknown how long): real time.
    time.sleep(service.switches["url_check_seconds"])
    if url not in service.switches["dead_urls"]:
        return True
    if service.switches["dead_url_answer"] == "V-a":
        raise Refusal(errors.dead_url())
    return False


def _settings_response(account: Account, unset: str) -> Response:
    shown: dict[str, Any] = {}
    for key, url in (
        ("mo-callback-url", account.settings.mo_callback_url),
        ("dr-callback-url", account.settings.dr_callback_url),
    ):
        if url or unset == "empty":
            shown[key] = url
        elif unset == "null":
            shown[key] = None
    shown["max-outbound-request"] = account.settings.max_outbound_request
    shown["max-inbound-request"] = account.settings.max_inbound_request
    if account.settings.max_calls_per_second is not None:
        shown["max-calls-per-second"] = account.settings.max_calls_per_second
    # Slashes come escaped (observed).
    return Response(200, dumps(shown).replace("/", "\\/").encode(), "application/json")
