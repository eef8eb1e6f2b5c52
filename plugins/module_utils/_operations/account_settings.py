# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The operation of vonage_account_settings."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from urllib.parse import urlsplit

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    ErrorInfo,
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import (
    Operation,
    Params,
    Result,
    read_before_change,
)

# Option: (form field of the request, key of the response). Vonage ignores the form fields with a lower-case b.
_CALLBACKS = {
    "mo_callback_url": ("moCallBackUrl", "mo-callback-url"),
    "dr_callback_url": ("drCallBackUrl", "dr-callback-url"),
}

_LIMITS = {
    "max_outbound_request": "max-outbound-request",
    "max_inbound_request": "max-inbound-request",
    "max_calls_per_second": "max-calls-per-second",
}

# Longer limits are invalid; Python limits the digits that it converts.
_MAX_DIGITS = 19


def _account_settings(client: Client, params: Params, check_mode: bool) -> Result:
    for option in _CALLBACKS:
        if params[option] and not params[option].lower().startswith(("http://", "https://")):
            raise NotSent(f"{option} must be a URL that begins with https:// or http://, or empty to unset it")
    with read_before_change("Nothing was changed"):
        before = _settings(client.read_settings())
    wanted = {option: params[option] for option in _CALLBACKS if params[option] is not None}
    different = _different(wanted, before)
    fields = {_CALLBACKS[option][0]: value for option, value in different.items()}
    if params["http_forward_method"] is not None:
        # Vonage does not return it, so it cannot be compared and is always sent.
        fields["httpForwardMethod"] = params["http_forward_method"]
    after = {**before, **different}
    if fields and not check_mode:
        after = _write_settings(client, fields, different)
    diff = {"before": dict(before), "after": dict(after)}
    if params["http_forward_method"] is not None:
        diff["before"]["http_forward_method"] = "(Vonage does not show it)"
        diff["after"]["http_forward_method"] = params["http_forward_method"]
    result: Result = {"changed": bool(fields), "settings": after, "diff": diff}
    normalized = [option for option, value in wanted.items() if after[option] != value]
    if normalized:
        result["warnings"] = [
            f"Vonage returns {option} as {after[option]}, which is equivalent to {wanted[option]}"
            for option in normalized
        ]
    return result


def _write_settings(client: Client, fields: Mapping[str, str], callbacks: Mapping[str, str]) -> dict[str, t.Any]:
    """Write settings, and verify that Vonage saved them.

    :param fields: The form fields to send.
    :param callbacks: The new callback URLs, by option.
    :returns: The settings afterwards.
    :raises Refused: Vonage rejected the request, or kept an old value.
    :raises UnknownOutcome: There was no response, and the new settings are not all visible.
    """
    check = (
        "Vonage saves a callback URL only if the URL responds to a GET with 200: start the webhook, without"
        " authentication, and run the task again"
    )
    try:
        after = _settings(client.write_settings(fields))
    except Refused as error:
        # The rest host uses 420 for several reasons. The documented one is the check of the URL.
        if error.status == 420 and callbacks:
            raise error.with_message(f"{error.message}. {check}") from None
        raise
    except UnknownOutcome as error:
        try:
            after = _settings(client.read_settings())
        except VonageError:
            raise error from None
        old = _different(callbacks, after)
        if old:
            message = f"{error.message}. {' and '.join(old)} still had the old value afterwards"
        elif len(callbacks) < len(fields):
            message = f"{error.message}. Vonage does not return http_forward_method, so it may not be saved"
        else:
            return after
        raise error.with_message(f"{message}: run the task again, which is safe") from None
    kept = _different(callbacks, after)
    if kept:
        saved = [option for option in callbacks if option not in kept]
        also = f", and saved {', '.join(saved)}" if saved else ""
        raise Refused(
            f"Vonage kept the old value of {', '.join(kept)}{also}. {check}", ErrorInfo(code="callback-not-saved")
        )
    return after


def _different(wanted: Mapping[str, str], stored: Mapping[str, t.Any]) -> dict[str, str]:
    """The wanted callback URLs that differ from the stored ones."""
    return {option: url for option, url in wanted.items() if not _same_url(url, stored[option])}


def _same_url(one: str, other: str) -> bool:
    """Whether two URLs are equivalent after RFC 3986, because Vonage may normalize them."""
    return one == other or _normal_url(one) == _normal_url(other)


def _normal_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = (parts.hostname or "").lower()
    if port is not None and (parts.scheme.lower(), port) not in (("http", 80), ("https", 443)):
        host = f"{host}:{port}"
    user = parts.netloc.rpartition("@")[0]
    path = f"{parts.path or '/'}?{parts.query}#{parts.fragment}"
    escapes = re.sub(r"%[0-9a-fA-F]{2}", lambda escape: escape[0].upper(), path)
    return f"{parts.scheme.lower()}://{user}@{host}{escapes}"


def _settings(body: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The settings under the names of this collection. A missing or null callback URL becomes ""."""
    settings: dict[str, t.Any] = {option: body.get(key) or "" for option, (_field, key) in _CALLBACKS.items()}
    for name, key in _LIMITS.items():
        value = body.get(key)
        # Vonage returns numbers or numeric strings, and omits some limits.
        digits = str(value)
        settings[name] = int(digits) if digits.isdecimal() and len(digits) < _MAX_DIGITS else None
    return settings


ACCOUNT_SETTINGS = Operation(
    _account_settings,
    {
        "mo_callback_url": {"type": "str"},
        "dr_callback_url": {"type": "str"},
        "http_forward_method": {"type": "str", "choices": ["GET_QUERY_PARAMS", "POST_QUERY_PARAMS", "POST_JSON"]},
    },
)
