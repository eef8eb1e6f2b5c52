# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/accounts/{api_key}/secrets``: list, read, create, revoke."""

from __future__ import annotations

import re
from typing import Any

from . import errors
from .auth import target_account
from .clock import whole_seconds
from .service import Call, Service
from .state import Account, Secret
from .wire import Refusal, Response, json_response

_PRINTABLE_ASCII = re.compile(r"[!-~]+")
_CLASSES = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))


def list_secrets(service: Service, call: Call) -> Response:
    """GET and HEAD of the collection."""
    account = target_account(call.caller, call.params["api_key"], service.state)
    secrets = _listed(service, account)
    order = service.switches["list_order"]
    if order == "shuffled":
        service.random.shuffle(secrets)
    else:
        secrets.sort(key=lambda secret: secret.created_at, reverse=order == "newest")
    return json_response(
        200,
        {
            "_links": {"self": {"href": f"/accounts/{account.api_key}/secrets"}},
            "_embedded": {"secrets": [_shown(account, secret) for secret in secrets]},
        },
    )


def read_secret(service: Service, call: Call) -> Response:
    """GET and HEAD of one secret."""
    account = target_account(call.caller, call.params["api_key"], service.state)
    return json_response(200, _shown(account, _find(_listed(service, account), call.params["secret_id"])))


def create_secret(service: Service, call: Call) -> Response:
    """POST to the collection."""
    # Checked before the account (observed, status).
    if call.request.media_type != "application/json":
        raise Refusal(errors.unsupported_media_type())
    account = target_account(call.caller, call.params["api_key"], service.state)
    value = _requested_value(service, call)
    maximum: int = service.switches["max_secrets"]
    with account.lock:
        check_unused(service, account, value)
        if len(account.live) >= maximum:
            raise Refusal(errors.too_many_secrets(service.switches["max_secrets_error"], maximum))
        secret = service.state.create_secret(account, value)
    # The value is never returned, not even here (documented).
    return json_response(201, _shown(account, secret), committed=True)


def revoke_secret(service: Service, call: Call) -> Response:
    """DELETE of one secret. That the caller used this very secret is forbidden by no text (unknown)."""
    account = target_account(call.caller, call.params["api_key"], service.state)
    with account.lock:
        secret = _find(account.live, call.params["secret_id"])
        if len(account.live) == 1:
            raise Refusal(errors.last_secret())
        service.state.revoke_secret(account, secret)
    return Response(204, committed=True)


def weakness(value: Any) -> str | None:
    """Return why a value may not become a secret, or None.

    Length and character classes are documented. No list of allowed characters is; the stricter reading is printable
    ASCII without spaces.
    """
    if not isinstance(value, str) or not value:
        return "Is required"
    complex_enough = 8 <= len(value) <= 25 and all(pattern.search(value) for pattern in _CLASSES)
    return None if complex_enough and _PRINTABLE_ASCII.fullmatch(value) else "Does not meet complexity requirements"


def check_unused(service: Service, account: Account, value: str) -> None:
    """Refuse a value that the account has or had, if the switches say so. Hold the account's lock.

    Raises:
        Refusal: 400 or 422; the text is invented, for none is published.
    """
    for secret in account.secrets:
        switch = "duplicate_secret" if secret.revoked_at is None else "reused_secret"
        if secret.value == value and service.switches[switch] == "refused":
            raise Refusal(errors.invalid_secret(service.switches["weak_secret_status"], "Must be unique"))


def _requested_value(service: Service, call: Call) -> str:
    try:
        body = call.request.json()
    except ValueError:
        raise Refusal(errors.invalid_json()) from None
    value = body.get("secret") if isinstance(body, dict) else None
    reason = weakness(value)
    if reason is not None or not isinstance(value, str):
        raise Refusal(errors.invalid_secret(service.switches["weak_secret_status"], reason or "Is required"))
    return value


def _listed(service: Service, account: Account) -> list[Secret]:
    delay: float = service.switches["list_delay"]
    now = service.clock.now()
    with account.lock:
        return [secret for secret in account.secrets if secret.alive(now, delay, delay)]


def _find(secrets: list[Secret], secret_id: str) -> Secret:
    for secret in secrets:
        if secret.id == secret_id:
            return secret
    raise Refusal(errors.unknown_id(secret_id))


def _shown(account: Account, secret: Secret) -> dict[str, Any]:
    return {
        "_links": {"self": {"href": f"/accounts/{account.api_key}/secrets/{secret.id}"}},
        "id": secret.id,
        "created_at": whole_seconds(secret.created_at),
    }
