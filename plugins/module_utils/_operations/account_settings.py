# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What vonage_account_settings does."""

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
    asking_first,
)

# Option: (form field of the request, key of the answer). The capital B is Vonage's; the field with a small one is
# ignored without an error.
_CALLBACKS = {
    "mo_callback_url": ("moCallBackUrl", "mo-callback-url"),
    "dr_callback_url": ("drCallBackUrl", "dr-callback-url"),
}

_LIMITS = {
    "max_outbound_request": "max-outbound-request",
    "max_inbound_request": "max-inbound-request",
    "max_calls_per_second": "max-calls-per-second",
}

# Of a limit; Python does not convert any number of them.
_MOST_DIGITS = 19


def _account_settings(client: Client, params: Params, check_mode: bool) -> Result:
    for option in _CALLBACKS:
        if params[option] and not params[option].lower().startswith(("http://", "https://")):
            raise NotSent(f"{option} must be a URL that begins with https:// or http://, or empty to unset it")
    with asking_first("Nothing was changed"):
        before = _settings(client.read_settings())
    wanted = {option: params[option] for option in _CALLBACKS if params[option] is not None}
    different = _different(wanted, before)
    fields = {_CALLBACKS[option][0]: value for option, value in different.items()}
    if params["http_forward_method"] is not None:
        # Vonage never returns it, so it cannot be compared and is sent each time.
        fields["httpForwardMethod"] = params["http_forward_method"]
    after = {**before, **different}
    if fields and not check_mode:
        after = _write_settings(client, fields, different)
    diff = {"before": dict(before), "after": dict(after)}
    if params["http_forward_method"] is not None:
        diff["before"]["http_forward_method"] = "(Vonage does not show it)"
        diff["after"]["http_forward_method"] = params["http_forward_method"]
    result: Result = {"changed": bool(fields), "settings": after, "diff": diff}
    respelt = [option for option, value in wanted.items() if after[option] != value]
    if respelt:
        result["warnings"] = [
            f"Vonage writes {option} as {after[option]}, which is the same URL as {wanted[option]}"
            for option in respelt
        ]
    return result


def _write_settings(client: Client, fields: Mapping[str, str], callbacks: Mapping[str, str]) -> dict[str, t.Any]:
    """Write settings, and make sure that Vonage took them.

    :param fields: What to send.
    :param callbacks: Those of it that can be read back, by option.
    :returns: The settings afterwards.
    :raises Refused: Vonage kept an old value, in either of the two ways in which it may say so.
    :raises UnknownOutcome: No answer came, and it cannot be seen that the settings were taken.
    """
    check = (
        "Vonage saves a callback URL only when the URL answers a GET with 200 at that moment: bring the webhook up,"
        " without authentication, and run the task again"
    )
    try:
        after = _settings(client.write_settings(fields))
    except Refused as error:
        # 420 is the rest host's way to refuse for reasons of its own; the one that is documented is the URL check.
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
            message = f"{error.message}. Read again, {' and '.join(old)} still had the old value"
        elif len(callbacks) < len(fields):
            message = f"{error.message}. Vonage never shows http_forward_method, so it may not be saved"
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
    """Those of the wanted callbacks that are not what is stored."""
    return {option: url for option, url in wanted.items() if not _same_url(url, stored[option])}


def _same_url(one: str, other: str) -> bool:
    """Whether two URLs differ at most in what RFC 3986 normalises: nobody knows whether Vonage does."""
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
    """Vonage's settings under the names of this collection; a callback that is "", null or absent is unset."""
    settings: dict[str, t.Any] = {option: body.get(key) or "" for option, (_field, key) in _CALLBACKS.items()}
    for name, key in _LIMITS.items():
        value = body.get(key)
        # Seen as numbers and as numeric strings, and one of them not at all.
        digits = str(value)
        settings[name] = int(digits) if digits.isdecimal() and len(digits) < _MOST_DIGITS else None
    return settings


ACCOUNT_SETTINGS = Operation(
    _account_settings,
    {
        "mo_callback_url": {"type": "str"},
        "dr_callback_url": {"type": "str"},
        "http_forward_method": {"type": "str", "choices": ["GET_QUERY_PARAMS", "POST_QUERY_PARAMS", "POST_JSON"]},
    },
)
