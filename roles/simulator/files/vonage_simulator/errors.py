# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error body the simulator answers with. The comments name the strength of each."""

from __future__ import annotations

import uuid
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from .wire import Response, json_response, text_response

_GENERIC = "https://developer.vonage.com/api-errors#"
_SECRETS = "https://developer.nexmo.com/api-errors/account/secret-management#"
_SUBACCOUNTS = "https://developer.nexmo.com/api-errors/account/subaccounts#"

_KNOWN_STATUSES = {status.value for status in HTTPStatus}

InvalidParameters = list[dict[str, str]]


def problem(
    status: int, kind: str, title: str, detail: str | None = None, invalid: InvalidParameters | None = None
) -> Response:
    """Build a problem JSON answer (shape E1, observed).

    Args:
        status: the HTTP status.
        kind: the whole ``type``, whose fragment is the error's code.
        title: the short text.
        detail: the long text; it is missing in some recordings.
        invalid: the parameters at fault, as ``name`` and ``reason``.
    """
    data: dict[str, Any] = {"type": kind, "title": title}
    if detail is not None:
        data["detail"] = detail
    data["instance"] = uuid.uuid4().hex
    if invalid is not None:
        data["invalid_parameters"] = invalid
    return json_response(status, data, "application/problem+json")


def legacy(status: int, code: str, label: str, **normal_fields: Any) -> Response:
    """Build a legacy answer (shape E2, observed): texts, possibly among the fields of the normal answer."""
    fields = {key.replace("_", "-"): value for key, value in normal_fields.items()}
    return json_response(status, {**fields, "error-code": code, "error-code-label": label})


# Authentication


def unauthorized(variant: str) -> Response:
    """401 for a wrong key, a wrong secret or a wrong method; all three look the same."""
    if variant == "legacy":  # documented
        return legacy(401, "401", "authentication failed")
    if variant == "service":  # observed
        return problem(
            401, _GENERIC + "unauthorized", "Invalid credentials supplied", "You did not provide correct credentials."
        )
    return problem(  # observed
        401, _GENERIC + "unauthorized", "Unauthorized", "You did not provide correct credentials."
    )


def multiple_auth_methods() -> Response:
    """401 for two methods in one request: the code is documented, the status inferred, the text invented."""
    return problem(
        401,
        _GENERIC + "multiple-auth-methods",
        "Multiple Auth Methods",
        "Multiple authentication methods were provided. Send one only.",
    )


def account_suspended(api_key: str) -> Response:
    """403 for a suspended account: the code is documented, the status inferred, the effect on secrets unknown."""
    return problem(403, _GENERIC + "account-suspended", "Account Suspended", f"Account {api_key} is suspended")


def settings_without_key() -> Response:
    """420 with zeroed settings when no API key was sent (observed)."""
    return zeroed_settings(420, "420", "API key is required")


# Gateway


def verb_denied() -> Response:
    """403 text for a verb that the route does not know (observed)."""
    return text_response(403, "RBAC: access denied")


def route_not_found() -> Response:
    """404 text for a path that no route serves (observed)."""
    return text_response(404, "not found")


# Generic


def wrong_verb(method: str) -> Response:
    """405 for a verb that is known, but wrong here (status and title observed)."""
    return problem(405, _GENERIC + "wrong-verb", "Method Not Allowed", f"{method} is not supported here")


def unsupported_media_type() -> Response:
    """415 for anything but JSON (status observed, text inferred)."""
    return problem(
        415,
        _GENERIC + "content-type-header",
        "Unsupported Media Type",
        "Set the Content-Type header to application/json",
    )


def invalid_json() -> Response:
    """400 for a body that is not JSON (code and status documented, text inferred)."""
    return problem(400, _GENERIC + "invalid-json", "Bad Request", "The request body did not contain valid JSON")


def rate_limited() -> Response:
    """429 (documented)."""
    return problem(429, _GENERIC + "rate-limit", "Rate Limit Hit", "Please wait, then retry your request")


def internal_error() -> Response:
    """500 without a detail (observed)."""
    return problem(500, _GENERIC + "internal-error", "Internal Error")


def unknown_api_key(api_key: str) -> Response:
    """404 for a key that does not exist or is another's (status and title observed, same answer by policy)."""
    return problem(
        404,
        _GENERIC + "invalid-api-key",
        "Invalid API Key",
        f"API key '{api_key}' does not exist, or you do not have access",
    )


# Secrets


def unknown_id(secret_id: str) -> Response:
    """404 for an unknown secret id (documented)."""
    return problem(404, _GENERIC + "invalid-id", "Invalid ID", f"ID '{secret_id}' could not be found")


def invalid_secret(status: int, reason: str) -> Response:
    """400 or 422 for a secret that may not be created (documented)."""
    return problem(
        status,
        _SECRETS + "validation",
        "Bad Request",
        "The request failed due to validation errors",
        [{"name": "secret", "reason": reason}],
    )


def too_many_secrets(variant: str, maximum: int) -> Response:
    """The answer at the maximum, in its three published variants."""
    if variant == "M3":  # documented since 2019; without invalid_parameters
        return problem(
            400, _SECRETS + "validation", "Bad Request", "The account exceeded the allowed number of secrets"
        )
    if variant == "M2":  # documented in 2018; the misspelling is Vonage's
        return problem(
            403,
            _SECRETS + "maximum-secrets-allowed",
            "Maxmimum number of secrets already met",
            f"This account has reached maximum number of '{maximum}' allowed secrets",
        )
    return problem(  # observed
        403,
        _SECRETS + "add-excess-secret",
        "Secret Addition Forbidden",
        f"Account reached maximum number [{maximum}] of allowed secrets",
    )


def last_secret() -> Response:
    """403 for the revocation of the only secret (observed)."""
    return problem(
        403,
        _SECRETS + "delete-last-secret",
        "Secret Deletion Forbidden",
        "Can not delete the last secret. The account must always have at least 1 secret active at any time",
    )


# Settings and top-up


def zeroed_settings(status: int, code: str, label: str) -> Response:
    """An error of the settings endpoint: the normal object with zeroed fields (observed for a missing key)."""
    return legacy(status, code, label, max_outbound_request=0, max_inbound_request=0, max_calls_per_second=0)


def dead_url() -> Response:
    """V-a of a callback URL that failed its check (inferred; the label is invented)."""
    return zeroed_settings(420, "420", "callback url check failed")


def top_up(variant: str) -> Response:
    """The failures T4 to T11 of a top-up, as numbered in the guide's table."""
    if variant == "T4":  # inferred: a failure served as 200
        return legacy(200, "420", "topup failed")
    if variant == "T5":  # documented
        return unauthorized("legacy")
    if variant == "T6":  # documented; observed on this host, other path
        return unauthorized("gateway")
    if variant == "T7":  # documented: credentials are fine, auto-reload is off
        return legacy(401, "401", "not auto-reload enabled")
    if variant == "T8":  # status documented, body inferred
        return legacy(420, "420", "topup failed")
    if variant == "T9":  # inferred: HTTP status and code differ
        return legacy(401, "420", "topup failed")
    if variant == "T10":  # inferred: invalid_parameters is an object, the title's key is error_title
        return json_response(
            400,
            {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": {"trx": "Is required."}},
        )
    return rate_limited() if variant == "T11_429" else internal_error()  # documented


# Subaccounts


def unprovisioned(api_key: str) -> Response:
    """403 when the account may not have subaccounts (documented)."""
    return problem(
        403,
        _GENERIC + "unprovisioned",
        "Authorisation error",
        f"Account {api_key} is not provisioned to access Subaccount Provisioning API",
    )


def too_many_subaccounts() -> Response:
    """403 at the maximum number of subaccounts (documented in a newer draft)."""
    return problem(403, _SUBACCOUNTS + "provisioning", "Maximum number of sub-accounts reached")


def no_independent_balance() -> Response:
    """403 when a subaccount may not have its own balance (documented in a newer draft)."""
    return problem(
        403,
        _SUBACCOUNTS + "validation",
        "Invalid use_primary_account_balance",
        "Primary account does not allow independent balance",
    )


def invalid_subaccount_request(invalid: InvalidParameters) -> Response:
    """422 with the parameters at fault (observed)."""
    return problem(
        422, _SUBACCOUNTS + "validation", "Bad Request", "The request failed due to validation errors", invalid
    )


def insufficient_credit(available: Decimal) -> Response:
    """422 when the sender has too little (title and fragment observed)."""
    return problem(422, _SUBACCOUNTS + "valid-transfers", "Insufficient Credit", f"Available: {available:f}")


def foreign_transfer() -> Response:
    """422 for a transfer that is not between a primary account and its subaccount (observed)."""
    return problem(
        422,
        _SUBACCOUNTS + "invalid-transfers",
        "Invalid Transfer",
        "Transfers are only allowed between a primary account and its subaccount",
    )


# Faults


def fault(status: int, shape: str) -> Response:
    """An answer that a fault rule asked for.

    Args:
        status: the HTTP status.
        shape: json, legacy, html, text or empty; all of them have been seen (shapes E1, E2 and E5).
    """
    title = HTTPStatus(status).phrase if status in _KNOWN_STATUSES else "Simulated Fault"
    if shape == "json":
        return problem(status, _GENERIC + ("internal-error" if status >= 500 else "simulated-fault"), title)
    if shape == "legacy":
        return legacy(status, str(status), "unknown error")
    if shape == "html":
        page = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>"
        return text_response(status, page, "text/html")
    return text_response(status, title) if shape == "text" else Response(status)
