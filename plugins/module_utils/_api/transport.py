# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Sends requests to Vonage: authentication, retries, deadlines and rate limits."""

from __future__ import annotations

import codecs
import http.cookiejar
import logging
import math
import re
import threading
import time
import traceback
import typing as t
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

# Import everything here, and nothing inside a function: requests are sent by several threads, and on Python 3.9 two
# threads that import from the same zip file at the same time fail with "cannot import name".
from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection
from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent, VonageError
from ansible_collections.community.vonage.plugins.module_utils._api.failures import (
    error_response,
    invalid_unicode,
    no_response,
)
from ansible_collections.community.vonage.plugins.module_utils._api.limits import (
    Exchange,
    LimitedAdapter,
    LimitError,
    decompress,
    limited,
    read_body,
)
from ansible_collections.community.vonage.plugins.module_utils._api.parsing import is_legacy_error, parse_json
from ansible_collections.community.vonage.plugins.module_utils._api.rate_limit import AdaptiveLimiter, LimiterTimeout
from ansible_collections.community.vonage.plugins.module_utils._api.redaction import Redactor, proxy_credentials
from ansible_collections.community.vonage.plugins.module_utils._api.request import (
    MAX_BODY_BYTES,
    AttemptFailed,
    Credentials,
    Host,
    RawResponse,
    Request,
    Response,
)

try:
    import requests
    import urllib3
    import urllib3.exceptions
    from requests.auth import HTTPBasicAuth
except ImportError:
    HAS_REQUESTS = False
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_REQUESTS = True
    REQUESTS_IMPORT_ERROR = None

# Connections kept open to each host; also the limit of concurrent requests.
MAX_CONNECTIONS = 64

_CONTENT_LENGTH = re.compile("[0-9]{1,18}")

_REQUEST_ID = re.compile(r"[\w.:-]{1,64}")


def new_session() -> requests.Session:
    """Make a session, which keeps connections open and no other state."""
    session = requests.Session()
    # requests parses the target of a redirect that it does not follow, and fails if that is not a URL.
    session.get_redirect_target = _no_redirect_target  # type: ignore[assignment, method-assign]
    # A request must not send cookies that a gateway set for other credentials.
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        # The transport decides about retries. urllib3 would retry a DELETE, and wait for any Retry-After.
        session.mount(scheme, LimitedAdapter(max_retries=0, pool_maxsize=MAX_CONNECTIONS))
    return session


def _no_redirect_target(_response: requests.Response) -> None:
    return None


class Transport:
    """Sends requests for one account, from any number of threads.

    :param connection: Where to connect, and with which credentials.
    :param warn: Is called with a warning, free of secrets, for each retry.
    :param session: From `new_session`, and used for the same connection only; by default a new one.
    :param sleep: Waits between attempts, for a number of seconds; by default interrupted by `stop`.
    :param clock: Returns the time in seconds, from any start.
    :ivar write_request_id: Vonage's id of the last successful write, which its support asks for.
    """

    def __init__(
        self,
        connection: Connection,
        warn: Callable[[str], None],
        session: requests.Session | None = None,
        sleep: Callable[[float], t.Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._warn = warn
        self._stopped = threading.Event()
        self._sleep = sleep or self._stopped.wait
        self._clock = clock
        self._session = session or new_session()
        self._hidden: frozenset[str] = frozenset()
        self.write_request_id: str | None = None
        self._limiter = AdaptiveLimiter(self._sleep, clock)
        if connection.verify is False:
            warn("validate_certs is false: anyone between this host and Vonage can read the secret")
            # urllib3 would print a warning for each request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    @property
    def api_key(self) -> str:
        """The API key of the account."""
        return self._connection.api_key

    @property
    def credentials(self) -> Credentials:
        """The default credentials of a request."""
        return Credentials(self._connection.api_key, self._connection.api_secret)

    def hide(self, values: Iterable[str]) -> None:
        """Redact further values in all messages.

        :param values: Secrets that a response may echo.
        """
        self._hidden = self._hidden.union(values)

    def is_hidden(self, value: str) -> bool:
        return value in self._hidden

    def wait(self, seconds: float) -> None:
        """Wait, for example until Vonage has applied a change."""
        self._sleep(seconds)

    def stop(self) -> None:
        """Start no further attempts, in any thread."""
        self._stopped.set()

    def base_url(self, host: Host) -> str:
        return self._connection.rest_url if host == "rest" else self._connection.api_url

    def url(self, request: Request) -> str:
        return self.base_url(request.host) + request.path

    def redactor(self, request: Request, credentials: Credentials) -> Redactor:
        """Make a redactor for everything secret that a response to a request may contain."""
        values = request.json.values() if request.json else ()
        return Redactor([self.credentials, credentials, *proxy_credentials()], [*values, *self._hidden])

    def send(self, request: Request, credentials: Credentials | None = None) -> Response:
        """Send a request, retry it where that is allowed, and return a successful response.

        :raises VonageError: The last attempt failed.
        """
        credentials = credentials or self.credentials
        attempts, number, deadline = self._connection.retries + 1, 1, math.inf
        # Keep the last error that came from Vonage.
        reached: VonageError | None = None
        error: VonageError = NotSent("The deadline passed before the first attempt")
        attempt = self._limiter.attempt()
        while True:
            if self._stopped.is_set():
                raise NotSent("The task was interrupted")
            try:
                with attempt:
                    deadline = attempt.deadline = min(deadline, self._clock() + self._connection.deadline)
                    return self._attempt(request, credentials, deadline)
            except LimiterTimeout:
                raise error from None
            except AttemptFailed as failure:
                error, delay = failure.error, failure.delay(number)
                if reached is not None:
                    error = reached if isinstance(error, NotSent) else error
                    error.after_retry = True
                limited = failure.error.status == 429
                # As long as other requests succeed, a 429 does not count as a failed attempt.
                uncounted = limited and attempts > 1 and self._limiter.progressed_since(attempt)
                too_late = self._clock() + delay > deadline
                if (number == attempts and not uncounted) or too_late or not failure.may_retry(request):
                    raise error from None
                if not isinstance(error, NotSent):
                    reached = error
                number += not uncounted
                if not limited or self._limiter.slow_down(attempt, delay):
                    retry = f"retrying in {delay:.1f} s (attempt {number} of {attempts})"
                    self._warn(f"{failure.error.message}; {retry}")
                self.wait(delay)

    def _attempt(self, request: Request, credentials: Credentials, deadline: float) -> Response:
        exchange = Exchange(self._clock, deadline, request.max_body_bytes)
        try:
            with limited(exchange):
                response = self._send_once(request, credentials, exchange)
            return self._decode(request, response, credentials)
        except AttemptFailed:
            raise
        except Exception as error:
            # Any exception: an error in reading the response must not hide that Vonage may have processed the request.
            redact = self.redactor(request, credentials)
            raise no_response(request, error, exchange, self._connection, self.url(request), redact) from None

    def _send_once(self, request: Request, credentials: Credentials, exchange: Exchange) -> RawResponse:
        """Send a request, without retries, and read the response.

        :raises Exception: Of any kind; `exchange` says how far it came.
        """
        headers = {
            "Accept": "application/json",
            # Responses are short, and compression would allow them to be of any length.
            "Accept-Encoding": "identity",
            "User-Agent": self._connection.user_agent,
        }
        if request.form is not None:
            # requests sends no Content-Type with an empty form.
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = self.url(request)
        if request.kind != "read":
            # The server may close an idle connection just when the write is sent, and the outcome would be unknown. A
            # new connection avoids that.
            self._session.close()
        try:
            _log_filter.silent = True
            response = self._session.request(
                request.method,
                url,
                headers=headers,
                data=request.form,
                json=request.json,
                # Bytes, because requests would encode as Latin-1. An explicit auth, because ~/.netrc would replace it.
                auth=HTTPBasicAuth(credentials.api_key.encode(), credentials.api_secret.encode()),
                timeout=exchange.remaining(self._connection.timeout),
                # Per request, because REQUESTS_CA_BUNDLE overrides the value of the session.
                verify=self._connection.verify,
                # A redirect would receive the credentials.
                allow_redirects=False,
                # A proxy from the environment would see the credentials, and connect to its own loopback address.
                proxies={"no_proxy": urlsplit(url).hostname or ""} if self._connection.is_loopback(url) else None,
                stream=True,
            )
            return _read_raw(response, request.max_body_bytes)
        except UnicodeEncodeError:
            raise AttemptFailed(invalid_unicode(request), retryable=False) from None
        finally:
            _log_filter.silent = False

    def _decode(self, request: Request, response: RawResponse, credentials: Credentials) -> Response:
        """Decode a response.

        :raises AttemptFailed: It is an error response.
        :raises LimitError: It is too long.
        """
        # The codec utf-8-sig would be imported again in each worker of Ansible.
        text = response.body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
        body = parse_json(text)
        # The rest host may return an error with status 200; on the api host the same keys have no meaning.
        failed = request.host == "rest" and is_legacy_error(body)
        if failed or not 200 <= response.status < 300:
            redact = self.redactor(request, credentials)
            raise error_response(request, response, text, credentials, self.url(request), redact)
        if response.truncated:
            raise LimitError(f"the response is larger than {request.max_body_bytes} bytes")
        if request.kind != "read":
            found = _REQUEST_ID.fullmatch(response.headers.get("X-Request-Id", ""))
            secret = found and self.redactor(request, credentials)(found[0]) != found[0]
            self.write_request_id = found[0] if found and not secret else None
        return Response(request, response.status, text, body, response.length_known)


def _read_raw(response: requests.Response, max_bytes: int) -> RawResponse:
    """Read the body of a response.

    :raises Exception: Of any kind: the body is incomplete, or cannot be decompressed.
    """
    if not 200 <= response.status_code < 300:
        # Only the beginning of an error is used, and all of it is searched for secrets.
        max_bytes = min(max_bytes, MAX_BODY_BYTES)
    body, truncated = read_body(response, max_bytes)
    length = response.headers.get("Content-Length", "")
    has_length = bool(_CONTENT_LENGTH.fullmatch(length))
    # Older releases of urllib3 do not report an incomplete body.
    if has_length and not truncated and int(length) > len(body):
        raise requests.ConnectionError("the response is incomplete")
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    length_known = has_length or chunked or response.status_code == 204
    if not truncated:
        body, truncated = decompress(body, response.headers.get("Content-Encoding", ""), max_bytes)
    return RawResponse(response.status_code, response.headers, body, truncated, length_known)


class _LogFilter(threading.local):
    """Keeps log messages of urllib3 out of Ansible's log: they quote responses, which may contain credentials."""

    silent = False

    def filter(self, _record: logging.LogRecord) -> bool:
        return not self.silent


_log_filter = _LogFilter()
for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_log_filter)
