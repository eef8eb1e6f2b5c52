# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Explains failed attempts: what an exception or an error response means, and whether a retry can help.

The transport passes in the URL and the redactor; nothing here sends a request.
"""

from __future__ import annotations

import re
import socket
import ssl
import typing as t
from collections.abc import Callable
from urllib.parse import urlsplit

from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection
from ansible_collections.community.vonage.plugins.module_utils._api.error_body import parse_error
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    ErrorInfo,
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._api.limits import DeadlineError, Exchange, LimitError
from ansible_collections.community.vonage.plugins.module_utils._api.request import (
    AttemptFailed,
    Credentials,
    RawResponse,
    Request,
    Response,
    parse_retry_after,
)
from ansible_collections.community.vonage.plugins.module_utils._api.text import one_line

try:
    import requests
    import urllib3.exceptions
except ImportError:
    pass  # The transport reports it.
else:
    _REQUESTS_ERRORS = (requests.RequestException, ConnectionError, TimeoutError, socket.timeout, ssl.SSLError)
    _TRANSPORT_ERRORS = (OSError, urllib3.exceptions.HTTPError)
    _INVALID_URL_ERRORS = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        urllib3.exceptions.LocationValueError,
    )

Redact = Callable[[str], str]

# Older releases of urllib3 begin their messages with the repr of an object.
_OBJECT_REPR = re.compile("<[^<>]* object at 0x[0-9a-fA-F]+>: ")

_USERINFO_IN_URL = re.compile(r"//[^/\s]*@")

_CHECK_URLS = "check rest_url, api_url and any proxy"

# By title, code or status.
_HINTS: dict[t.Any, str] = {
    401: (
        "Check api_key and api_secret: the key is wrong, the secret is wrong or was revoked, or the account does not"
        " allow HTTP Basic authentication"
    ),
    "not auto-reload enabled": (
        "The credentials are valid, but auto-reload is off: enable it in the Vonage dashboard under Billing & Payments"
    ),
    "topup failed": (
        "The payment was declined, or transaction_reference is not the reference of the payment that enabled"
        " auto-reload; nothing was charged"
    ),
    "invalid-api-key": (
        "The account does not exist, or these credentials may not manage it; only a primary account may manage its"
        " subaccounts"
    ),
    "throttled": "Rate limit exceeded: run fewer tasks at the same time",
    429: "Rate limit exceeded: run fewer tasks at the same time",
    "add-excess-secret": "An account can have two secrets at most: revoke one that is no longer used",
    "maximum-secrets-allowed": "An account can have two secrets at most: revoke one that is no longer used",
    "delete-last-secret": "An account must keep one secret: create the new secret first",
    "unprovisioned": (
        "The account is not provisioned for this API: ask Vonage support to enable it (for subaccounts: the Subaccounts"
        " API)"
    ),
    "account-suspended": "The account is suspended: contact Vonage support",
    "invalid-ip": "The IP allow list of the account does not contain the address of the host where the task runs",
}


def invalid_unicode(request: Request) -> NotSent:
    """Make the error for a request that cannot be encoded."""
    message = f"{request.method} {request.path} was not sent: an option contains invalid Unicode"
    return NotSent(message, ErrorInfo(method=request.method, path=request.path))


def no_response(
    request: Request, error: Exception, exchange: Exchange, connection: Connection, url: str, redact: Redact
) -> AttemptFailed:
    """Explain an attempt that ended with an exception.

    :param error: The exception.
    :param exchange: How far the attempt came.
    :param url: The URL of the request.
    """
    cause = _root_cause(error)
    reason = _OBJECT_REPR.sub("", redact(one_line(str(cause))))
    reason = _USERINFO_IN_URL.sub("//********@", reason)[:300]
    reason = reason or type(cause).__name__
    if isinstance(error, DeadlineError):
        reason = f"the deadline of {connection.deadline:g} s passed while {exchange.phase}"
    elif not isinstance(cause, (LimitError, *_TRANSPORT_ERRORS)):
        reason = f"{type(cause).__name__}: {reason}"
    where = f"{request.method} {url}"
    info = ErrorInfo(method=request.method, path=request.path)
    if not exchange.connected:
        unsent = _unsent(error, cause, reason, exchange)
        if unsent is not None:
            message, retryable = unsent
            return AttemptFailed(NotSent(f"{where} was not sent: {message}", info), retryable)
    if isinstance(error, (requests.Timeout, urllib3.exceptions.ReadTimeoutError)):
        reason = f"timed out after {connection.timeout:g} s"
    happened = "got no response" if request.kind == "read" else "was sent, but its outcome is unknown"
    message = f"{where} {happened}: {reason}"
    return AttemptFailed(UnknownOutcome(message, info), retryable=not isinstance(error, LimitError))


def _unsent(error: Exception, cause: BaseException, reason: str, exchange: Exchange) -> tuple[str, bool] | None:
    """Explain why a request was not sent.

    :returns: The message, and whether a retry can help; None if the request may have been sent.
    """
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"cannot verify the server's certificate ({reason}); set ca_path to the CA that signed it", False
    # requests wraps every connection error; a plain OSError comes from reading a CA file.
    unreadable = isinstance(error, OSError) and not isinstance(error, _REQUESTS_ERRORS)
    if unreadable or getattr(cause, "library", None) == "X509":
        return f"cannot load CA certificates ({reason}); check ca_path and REQUESTS_CA_BUNDLE", False
    if exchange.in_handshake and not isinstance(error, LimitError):
        # A protocol error will occur again; a server that was silent or closed the connection may recover.
        retryable = not isinstance(cause, ssl.SSLError) or isinstance(cause, ssl.SSLEOFError)
        return f"the TLS handshake failed ({reason}); {_CHECK_URLS}", retryable
    if exchange.connecting or isinstance(error, LimitError) or _before_any_connection(error):
        retryable = not isinstance(error, (LimitError, *_INVALID_URL_ERRORS)) and isinstance(cause, _TRANSPORT_ERRORS)
        return f"cannot connect ({reason}); check the network, rest_url, api_url and any proxy", retryable
    return None


def error_response(
    request: Request, response: RawResponse, text: str, credentials: Credentials, url: str, redact: Redact
) -> AttemptFailed:
    """Explain an error response.

    :param text: The decoded body.
    :param credentials: What the request logged in with.
    :param url: The URL of the request.
    """
    info, from_vonage = parse_error(response.status, response.headers, text, redact)
    status = response.status
    # The rest host may put another status into the code of the body.
    code = str(info.code)
    effective = max(status, int(code)) if request.host == "rest" and code.isdecimal() else status
    kind = UnknownOutcome if _maybe_processed(request, effective) else Refused
    message = f"{request.method} {url} failed: HTTP {status} {info.title}"
    if info.detail and info.detail != info.title:
        message += f": {info.detail.rstrip('.')}"
    for name, reason in info.invalid_parameters:
        message += f" [{name}: {reason}]"
    if 300 <= status < 400:
        target = _displayed_host(response.headers.get("Location", ""), redact)
        message += f". The redirect to {target} was not followed, to protect the credentials; {_CHECK_URLS}"
    else:
        # The hints name causes of a refusal; they do not apply to an unknown outcome.
        hint = kind is Refused and (
            _HINTS.get(str(info.title).lower()) or _HINTS.get(info.code) or _HINTS.get(effective)
        )
        if hint:
            message += f". {hint}"
        elif not from_vonage:
            message += f". Not a response from Vonage; {_CHECK_URLS}"
        if kind is Refused and effective == 401:
            message += _suspicious_characters(credentials)
    error = kind(message, info._replace(method=request.method, path=request.path), from_vonage)
    return AttemptFailed(error, retry_after=parse_retry_after(response.headers.get("Retry-After")))


def unexpected_response(
    response: Response, reason: str, url: str, redact: Redact, advice: str = _CHECK_URLS
) -> VonageError:
    """Make the error for a response with a successful status and an unexpected body.

    :param reason: What is wrong with the response; continues "the response ...".
    :param url: The URL of the request.
    :param advice: What to do.
    """
    request = response.request
    message = f"{request.method} {url} returned HTTP {response.status}, but the response {redact(reason)}; {advice}"
    return UnknownOutcome(message, ErrorInfo(status=response.status, method=request.method, path=request.path))


def _maybe_processed(request: Request, status: int) -> bool:
    """Whether Vonage may have processed a request in spite of its error status.

    A server that fails (5xx) or times out (408) may do so after its work is done. A write that gets a redirect, or a
    2xx with an error code, may have been processed, too; 1xx is no final status. Every other status is a refusal.
    """
    return status < 200 or status >= 500 or status == 408 or (request.kind != "read" and status < 400)


def _suspicious_characters(credentials: Credentials) -> str:
    """Point out white space or quotes around api_key or api_secret."""
    for option, value in credentials._asdict().items():
        if value != value.strip():
            return f". {option} has white space around it"
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            return f". {option} has quotes around it"
    return ""


def _displayed_host(url: str, redact: Redact) -> str:
    """The host of a URL, safe to display."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "an invalid URL"
    # Redact the original spelling: `hostname` is in lower case.
    if redact(parts.netloc) != parts.netloc:
        return "********"
    return host if host.isascii() and host.isprintable() and host else "an invalid URL"


def _root_cause(error: BaseException) -> BaseException:
    """The innermost exception, below the wrappers of requests and urllib3."""
    seen = [error]
    while True:
        last = seen[-1]
        inner = getattr(last, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in reversed(last.args) if isinstance(arg, BaseException)), None) or last.__cause__
        if inner is None or inner in seen:
            return last
        seen.append(inner)


def _before_any_connection(error: Exception) -> bool:
    """Whether the type of an error alone proves that no connection was made.

    Resets and read timeouts do not: they also occur after the request was sent.
    """
    reason = getattr(error.args[0], "reason", None) if error.args else None
    no_connection = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    return isinstance(error, (requests.exceptions.ConnectTimeout, *_INVALID_URL_ERRORS)) or isinstance(
        reason, no_connection
    )
