# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asking: reads the credentials of a request and checks them against the secrets valid right now."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from . import errors
from .state import Account, State
from .switches import Switches
from .wire import REST, Refusal, Request


@dataclass(frozen=True)
class Claim:
    """Credentials as they stand in a request; ``method`` is basic, query, body or unsupported."""

    method: str
    api_key: str = ""
    value: str = ""


@dataclass(frozen=True)
class Identity:
    """An authenticated account and the id of the secret it used."""

    account: Account
    secret_id: str


def claims(request: Request, family: str) -> list[Claim]:
    """Return all credentials of a request, the Authorization header first."""
    found = []
    if "authorization" in request.headers:
        found.append(_header_claim(request.headers["authorization"]))
    query = request.query
    if "api_key" in query or "api_secret" in query:
        found.append(Claim("query", query.get("api_key", [""])[-1], query.get("api_secret", [""])[-1]))
    # Credentials in the body of a GET are ignored (observed), and /accounts/* never reads any from a body (documented).
    if family == REST and request.method == "POST":
        fields = request.fields()
        if "api_key" in fields or "api_secret" in fields:
            found.append(Claim("body", fields.get("api_key", ""), fields.get("api_secret", "")))
    return found


def authenticate(found: list[Claim], family: str, state: State, switches: Switches) -> Identity:
    """Check the credentials of a request.

    Args:
        found: what `claims` returned.
        family: the host family of the path.
        state: the accounts.
        switches: how to answer.

    Raises:
        Refusal: with the answer, if the request is not to be served.
    """
    if len(found) > 1:
        raise Refusal(errors.multiple_auth_methods())
    claim = found[0] if found else Claim("unsupported")
    # /accounts/* takes Basic only (documented); JWT and signatures are accepted nowhere here (documented).
    usable = claim.method == "basic" or (
        family == REST and claim.method in ("query", "body") and switches["legacy_credentials"] == "accepted"
    )
    secret = state.authenticate(claim.api_key, claim.value, family) if usable else None
    account = state.find(claim.api_key)
    if secret is None or account is None:
        raise Refusal(errors.unauthorized(switches[f"unauthorized_{family}"]))
    if account.suspended:
        raise Refusal(errors.account_suspended(account.api_key))
    return Identity(account, secret.id)


def target_account(identity: Identity, api_key: str, state: State) -> Account:
    """Return the account that a URL names, if the caller may act on it: its own, or its subaccount's (documented).

    Raises:
        Refusal: 404 for an unknown and for a foreign key alike (policy; observed).
    """
    account = state.find(api_key)
    if account is None or identity.account.api_key not in (account.api_key, account.primary_account):
        raise Refusal(errors.unknown_api_key(api_key))
    return account


def _header_claim(header: str) -> Claim:
    scheme, _space, encoded = header.partition(" ")
    text = _decoded(encoded.strip()) if scheme.lower() == "basic" else None
    if text is None or ":" not in text:
        return Claim("unsupported")
    # The first colon ends the key; the secret may contain more of them (documented by RFC 7617).
    api_key, _colon, value = text.partition(":")
    return Claim("basic", api_key, value)


def _decoded(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
