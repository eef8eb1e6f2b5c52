# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""A request to the Account API, its response, and an attempt that failed. Nothing here does I/O."""

from __future__ import annotations

import email.utils
import random
import time
import typing as t
from collections.abc import Mapping
from datetime import timezone
from urllib.parse import quote

from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent, VonageError

Host = t.Literal["rest", "api"]

# Limit of a response body, after decompression. Two secrets take 700 bytes, the settings two URLs. Parsed JSON can take
# 35 times as much memory as its text: 64 responses of this size stay below 80 MB.
MAX_BODY_BYTES = 32 * 1024

# Seconds. Vonage documents Retry-After but no values; an absurd value must not block a play.
_MAX_DELAY = 60.0
_FIRST_DELAY = 0.5

_RETRIED_READ_STATUSES = frozenset({429, 500, 502, 503, 504})


class Credentials(t.NamedTuple):
    """What a request logs in with."""

    api_key: str
    api_secret: str


class Request(t.NamedTuple):
    """A request, before the base URL and the credentials are added.

    :ivar host: `rest` for rest_url, `api` for api_url.
    :ivar kind: Decides about retries. A `read` changes nothing and may be retried. A `write` is retried only if Vonage
        certainly did not process it. A `payment` is never retried.
    :ivar form: Form fields to send.
    :ivar json: JSON object to send.
    :ivar max_body_bytes: Limit of the response body.
    """

    method: str
    host: Host
    path: str
    kind: t.Literal["read", "write", "payment"]
    form: Mapping[str, str] | None = None
    json: Mapping[str, str] | None = None
    max_body_bytes: int = MAX_BODY_BYTES


class RawResponse(t.NamedTuple):
    """A response with any status, before its body is decoded.

    :ivar body: The decompressed body.
    :ivar truncated: Whether the body exceeded the limit, and only its beginning is here.
    :ivar length_known: Whether the response states where its body ends. If not, a part of it may be missing.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    length_known: bool


class Response(t.NamedTuple):
    """A successful response.

    :ivar text: The decoded body.
    :ivar body: The body parsed as JSON; None if it is not JSON.
    :ivar length_known: As in `RawResponse`.
    """

    request: Request
    status: int
    text: str
    body: t.Any
    length_known: bool


class AttemptFailed(Exception):
    """An attempt to send a request failed.

    :param error: The error to raise when there is no further attempt.
    :param retryable: Whether another attempt can succeed.
    :param retry_after: Seconds to wait, if Vonage asked for that.
    """

    def __init__(self, error: VonageError, retryable: bool = True, retry_after: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self._retryable = retryable
        self._retry_after = retry_after

    def may_retry(self, request: Request) -> bool:
        """Whether the request may be sent again."""
        if not self._retryable or request.kind == "payment":
            return False
        if isinstance(self.error, NotSent) or self.error.status == 429:
            return True
        return request.kind == "read" and (self.error.status is None or self.error.status in _RETRIED_READ_STATUSES)

    def delay(self, attempt: int) -> float:
        """Seconds until the next attempt: Retry-After or exponential backoff, with jitter.

        :param attempt: Number of the failed attempt, from 1.
        """
        seconds = self._retry_after if self._retry_after is not None else _FIRST_DELAY * 2.0 ** (attempt - 1)
        return min(_MAX_DELAY, seconds + random.uniform(0, _FIRST_DELAY))


def parse_retry_after(value: str | None) -> float | None:
    """Parse a Retry-After header.

    :param value: A number of seconds or an HTTP date.
    :returns: Seconds; None if the header is missing or invalid.
    """
    if value is None:
        return None
    try:
        return float(max(0, min(int(value), int(_MAX_DELAY))))
    except ValueError:
        pass
    try:
        date = email.utils.parsedate_to_datetime(value)
        # HTTP dates are in UTC, also without a time zone.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - time.time())
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


def check_account_id(option: str, account_id: str) -> None:
    """Check that an account id can be used in a URL.

    :param option: The option that holds it, for the message.
    :raises NotSent: It cannot.
    """
    _account_segment(account_id, option)


def secrets_path(account_id: str) -> str:
    return f"/accounts/{_account_segment(account_id)}/secrets"


def secret_path(account_id: str, secret_id: str) -> str:
    return f"{secrets_path(account_id)}/{_path_segment('secret_id', secret_id)}"


def subaccounts_path(api_key: str) -> str:
    return f"/accounts/{_path_segment('api_key', api_key)}/subaccounts"


def subaccount_path(api_key: str, account_id: str) -> str:
    return f"{subaccounts_path(api_key)}/{_account_segment(account_id)}"


def _account_segment(account_id: str, option: str = "account_id") -> str:
    if ":" in account_id:
        raise NotSent(f"{option} must be an API key from the Vonage dashboard; it contains no ':'")
    return _path_segment(option, account_id)


def _path_segment(option: str, value: str) -> str:
    if not value or value in (".", "..") or not value.isprintable():
        raise NotSent(f"{option} must be an id from Vonage; {value!r} cannot be part of a URL")
    return quote(value, safe="")
