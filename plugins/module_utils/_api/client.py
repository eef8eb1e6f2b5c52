# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The client of the Vonage Account API: the only place that speaks HTTP.

One method for each call that the collection makes. Each says for itself whether it may be repeated; an answer comes
back as plain data, anything else as one of the errors of `errors`. The service is described at
https://developer.vonage.com/en/api/account.
"""

from __future__ import annotations

import codecs
import email.utils
import http.cookiejar
import logging
import math
import random
import re
import socket
import ssl
import threading
import time
import traceback
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timezone
from decimal import Decimal
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies_environment

from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection
from ansible_collections.community.vonage.plugins.module_utils._api.error_body import parse_error
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._api.limits import (
    DeadlineError,
    Exchange,
    LimitedAdapter,
    LimitError,
    limited,
    read_body,
    unpack,
)
from ansible_collections.community.vonage.plugins.module_utils._api.parsing import (
    amount,
    is_id,
    legacy_failure,
    moment,
    parse_json,
)
from ansible_collections.community.vonage.plugins.module_utils._api.rate_limit import Pace, TooLate
from ansible_collections.community.vonage.plugins.module_utils._api.redaction import Redactor

# All imports stand here and none in a function: calls run in threads, and on Python 3.9 two threads that import modules
# of the same zip file at the same moment fail with "cannot import name".
from ansible_collections.community.vonage.plugins.module_utils._api.subaccounts import Account, Family
from ansible_collections.community.vonage.plugins.module_utils._api.text import one_line

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
    _REQUESTS_ERRORS = (requests.RequestException, ConnectionError, TimeoutError, socket.timeout, ssl.SSLError)
    _TRANSPORT_ERRORS = (OSError, urllib3.exceptions.HTTPError)
    _MALFORMED = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        urllib3.exceptions.LocationValueError,
    )

Login = tuple[str, str]
Answered = t.Literal["accepted", "refused", "unknown"]
Host = t.Literal["rest", "api"]

# Seconds. Vonage documents Retry-After but no figure; an absurd one must not hold a play.
_LONGEST_WAIT = 60.0
_FIRST_WAIT = 0.5

# Kept open, of each host; there are never more calls under way than this.
MOST_CONNECTIONS = 64

# Of the body of a response, unpacked. Two secrets take 700 bytes and the settings take two URLs, while JSON made for it
# takes 35 times as much in memory as on the wire: 64 responses of this length stay below 80 MB.
_MOST_BYTES = 32 * 1024
# Of the list of subaccounts, which is read alone: some ten thousand.
_MOST_BYTES_OF_SUBACCOUNTS = 4 * 1024 * 1024

_RETRIED_READ_STATUSES = frozenset({429, 500, 502, 503, 504})

_TOP_UP_SUCCESS = re.compile(
    r"\s*|\s*success\s*|\s*(<\?xml[^>]*>)?\s*<response>\s*success\s*</response>\s*", re.IGNORECASE
)

_LENGTH = re.compile("[0-9]{1,18}")

_ACCOUNT_OF_LIST = re.compile(r"/accounts/([^/?#]+)/secrets(?:[/?#]|$)")

# How older releases of urllib3 begin their messages.
_OBJECT = re.compile("<[^<>]* object at 0x[0-9a-fA-F]+>: ")

_LOGIN_IN_URL = re.compile(r"//[^/\s]*@")

# What may stand in a password, and should have been quoted in the address of a proxy.
_ENDS_HOST = re.compile("[/?#@]")
# A shorter one would be found in other words.
_SHORTEST_PASSWORD = 4

_REQUEST_ID = re.compile(r"[\w.:-]{1,64}")

# The codes of a 401 that says that the secret is wrong; another one speaks of the account, or of the method.
_WRONG_LOGIN = frozenset({None, "401", "unauthorized", "unathorized"})

_CALLBACK_KEYS = ("mo-callback-url", "dr-callback-url")
_SETTINGS_KEYS = {*_CALLBACK_KEYS, "max-outbound-request", "max-inbound-request", "max-calls-per-second"}

_HINTS: dict[t.Any, str] = {
    401: (
        "Check api_key and api_secret: the key is wrong, the secret is wrong or was revoked, or the account does not"
        " take HTTP Basic authentication"
    ),
    "not auto-reload enabled": (
        "The credentials are right, but auto-reload is off: switch it on in the Vonage dashboard under Billing &"
        " Payments"
    ),
    "topup failed": (
        "The payment was declined, or transaction_reference is not that of the payment that switched auto-reload on;"
        " nothing was charged"
    ),
    "invalid-api-key": (
        "The account does not exist or these credentials may not manage it; only a primary account may act on its"
        " subaccounts"
    ),
    "throttled": "Vonage limits the rate of calls: run fewer tasks at once",
    429: "Vonage limits the rate of calls: run fewer tasks at once",
    "add-excess-secret": "An account holds two secrets at most: remove one that is no longer used",
    "maximum-secrets-allowed": "An account holds two secrets at most: remove one that is no longer used",
    "delete-last-secret": "An account always keeps one secret: create the new one first",
    "unprovisioned": (
        "The account is not provisioned for this API: ask Vonage support to switch it on (for subaccounts, that is the"
        " Subaccounts API)"
    ),
    "account-suspended": "The account is suspended: ask Vonage support",
    "invalid-ip": "The account's IP allow list does not hold the address that this task runs from",
}


class Secret(t.NamedTuple):
    """An API secret as Vonage lists it: never its value.

    :ivar id: Vonage's id of the secret.
    :ivar created_at: When it was created, ISO 8601 in UTC with whole seconds.
    """

    id: str
    created_at: str

    def as_dict(self) -> dict[str, str]:
        return {"id": self.id, "created_at": self.created_at}


class Probe(t.NamedTuple):
    """What authenticating with a value showed.

    :ivar answered: `accepted` for a 200; `refused` for a 401 of Vonage's own from a server whose identity is sure;
        `unknown` for everything else, because a 403, a 5xx, a proxy or a broken network says nothing of the value.
    :ivar secrets: The secrets of the account, when the value was accepted.
    :ivar error: Why it was not accepted.
    """

    answered: Answered
    secrets: list[Secret] | None = None
    error: VonageError | None = None


class Balance(t.NamedTuple):
    """The prepaid balance.

    :ivar value: The amount in euro.
    :ivar auto_reload: Whether Vonage tops the account up by itself; None when the answer does not say.
    """

    value: Decimal
    auto_reload: bool | None


class _Call(t.NamedTuple):
    """One call: where it goes, what it carries, and when it may be sent again.

    `repeat` is `read` for calls that change nothing, `write` for calls that may be sent again only when Vonage
    surely did not process them, and `never` for spending money. `most_bytes` is how long its response may be.
    """

    method: str
    host: Host
    path: str
    repeat: t.Literal["read", "write", "never"]
    form: Mapping[str, str] | None = None
    json: Mapping[str, str] | None = None
    most_bytes: int = _MOST_BYTES


class _Received(t.NamedTuple):
    """A response as it came.

    :ivar body: Unpacked.
    :ivar cut: Whether the body is only the beginning, because it is too long.
    :ivar whole: Whether the response itself says where it ends. Without that, its rest may be missing.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    whole: bool


class _Answer(t.NamedTuple):
    """An answer with a 2xx.

    :ivar whole: Whether the response itself says where it ends.
    """

    status: int
    text: str
    body: t.Any
    whole: bool


def new_session() -> requests.Session:
    """What holds the open connections of a client, and nothing else."""
    session = requests.Session()
    # Even when it is not to follow, requests reads the target of a redirect, and trips over one that is no URL.
    session.get_redirect_target = _no_target  # type: ignore[assignment, method-assign]
    # A login must not ride on what a gateway remembers of the one before.
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        # Whether a call is repeated is decided per call: urllib3 would send a DELETE twice, and would obey any
        # Retry-After.
        session.mount(scheme, LimitedAdapter(max_retries=0, pool_maxsize=MOST_CONNECTIONS))
    return session


class Client:
    """One account's access to the Account API, for any number of threads.

    :param connection: Where and as whom to connect.
    :param warn: Is told of repeated calls, in one sentence without secrets.
    :param session: From `new_session`, used before with the same connection alone; by default a new one.
    :param sleep: Waits the given number of seconds between two attempts; by default, until `stop` at the most.
    :param clock: Tells the time in seconds, from any start.
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
        # Vonage's own id of the last write that it carried out, which its support asks for.
        self.write_id: str | None = None
        self._pace = Pace(self._sleep, clock)
        if connection.verify is False:
            warn("validate_certs is false: whoever stands between this host and Vonage can read the secret")
            # urllib3 would say so for each request, and on a stream that is nobody's to read.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    @property
    def api_key(self) -> str:
        """The API key of the account that this client logs in to."""
        return self._connection.api_key

    @property
    def login(self) -> Login:
        """The credentials that calls are made with unless they name others."""
        return self._connection.api_key, self._connection.api_secret

    def hide(self, values: Iterable[str]) -> None:
        """Take further values out of every message, whichever login a request is made with.

        :param values: Secrets that a response may quote.
        """
        self._hidden = self._hidden.union(values)

    def wait(self, seconds: float) -> None:
        """Let some time pass, for Vonage to settle.

        :param seconds: How long.
        """
        self._sleep(seconds)

    def stop(self) -> None:
        """Let no attempt begin any more: nobody waits for the calls of other threads."""
        self._stopped.set()

    def get_balance(self) -> Balance:
        """Read the balance: `GET /account/get-balance`.

        :raises VonageError: The balance could not be read.
        """
        call = _Call("GET", "rest", "/account/get-balance", "read")
        answer = self._send(call)
        body = self._object(call, answer)
        value = amount(body.get("value"))
        if value is None:
            raise self._not_understood(call, answer, "holds no balance")
        auto_reload = body.get("autoReload")
        return Balance(value, auto_reload if isinstance(auto_reload, bool) else None)

    def top_up(self, transaction_reference: str) -> None:
        """Repeat the payment that switched auto-reload on: `POST /account/top-up`. Sent once, whatever happens.

        :param transaction_reference: Reference of that payment.
        :raises Refused: Vonage did not charge.
        :raises UnknownOutcome: Nobody can tell whether Vonage charged; there is no way to ask.
        """
        call = _Call("POST", "rest", "/account/top-up", "never", form={"trx": transaction_reference})
        answer = self._send(call)
        if isinstance(answer.body, dict) and _paid(answer.body):
            return
        # An empty answer, and success as a word or as XML, are what other clients expect; a proxy's page is neither.
        if not _TOP_UP_SUCCESS.fullmatch(answer.text) or not answer.whole:
            raise self._not_understood(call, answer, "does not say success; the account may have been charged")
        self._warn(
            f"{call.method} {call.path} was answered with HTTP {answer.status} and no JSON, which counts as success:"
            " look at the balance"
        )

    def read_settings(self) -> dict[str, t.Any]:
        """Read the account's settings: an empty `POST /account/settings`, which changes nothing.

        :returns: The answer as Vonage gives it, in kebab-case.
        :raises VonageError: The settings could not be read.
        """
        return self._settings(_Call("POST", "rest", "/account/settings", "read", form={}))

    def write_settings(self, fields: Mapping[str, str]) -> dict[str, t.Any]:
        """Change settings: `POST /account/settings`.

        :param fields: Form fields in Vonage's camelCase; an empty value unsets, an absent field is left alone.
        :returns: The settings after the call, which may still be the old ones: Vonage keeps a callback URL only when
            it answers 200.
        :raises VonageError: The settings could not be written.
        """
        return self._settings(_Call("POST", "rest", "/account/settings", "write", form=fields))

    def list_secrets(self, account_id: str, login: Login | None = None, complete: bool = False) -> list[Secret]:
        """List the secrets of an account: `GET /accounts/{api_key}/secrets`.

        :param account_id: API key of the account: one's own, or a subaccount's.
        :param login: Other credentials to list with.
        :param complete: Refuse an empty list, since an account always keeps one secret, and the list of another
            account, so that an id that is missing proves a revocation.
        :returns: The secrets, the oldest first; of two of the same second, by id.
        :raises VonageError: The list could not be read.
        """
        call = _Call("GET", "api", _secrets_path(account_id), "read")
        answer = self._send(call, login)
        embedded = self._object(call, answer).get("_embedded")
        rows = embedded.get("secrets") if isinstance(embedded, dict) else None
        if not isinstance(rows, list):
            raise self._not_understood(call, answer, "holds no list of secrets")
        if complete and not rows:
            raise self._not_understood(call, answer, "lists no secret, though an account always keeps one")
        if complete and _other_account(self._object(call, answer), account_id):
            raise self._not_understood(call, answer, "is the list of another account")
        secrets = (self._secret(call, answer, row) for row in rows)
        return sorted(secrets, key=lambda secret: (secret.created_at, secret.id))

    def probe(self, account_id: str, value: str) -> Probe:
        """Find out whether a value is a valid secret of an account, by logging in to the account with it.

        :param account_id: API key of the account.
        :param value: The value in question.
        """
        try:
            secrets = self.list_secrets(account_id, login=(account_id, value))
        except VonageError as error:
            # Only Vonage itself can refuse: a captive portal answers 401 as well.
            refused = error.status == 401 and error.from_vonage and error.code in _WRONG_LOGIN
            refused = refused and self._connection.trusted(self._url("api"))
            return Probe("refused" if refused else "unknown", error=error)
        return Probe("accepted", secrets=secrets)

    def create_secret(self, account_id: str, value: str) -> Secret:
        """Create a secret: `POST /accounts/{api_key}/secrets`.

        :param account_id: API key of the account.
        :param value: The value; see `_operations.secret_policy`.
        :raises Refused: Vonage did not create it.
        :raises UnknownOutcome: It may exist now; probe for it.
        """
        call = _Call("POST", "api", _secrets_path(account_id), "write", json={"secret": value})
        answer = self._send(call)
        return self._secret(call, answer, self._object(call, answer))

    def delete_secret(self, account_id: str, secret_id: str) -> None:
        """Revoke a secret: `DELETE /accounts/{api_key}/secrets/{secret_id}`. There is no way back.

        :param account_id: API key of the account.
        :param secret_id: Id of the secret.
        :raises Refused: Vonage did not revoke it; code `invalid-id` when it does not exist.
        :raises UnknownOutcome: It may be gone; list to find out.
        """
        call = _Call("DELETE", "api", f"{_secrets_path(account_id)}/{_path_segment('secret_id', secret_id)}", "write")
        answer = self._send(call)
        # Anything else may be the page of a proxy.
        if answer.status != 204:
            raise self._not_understood(call, answer, "is not the 204 that Vonage gives")

    def list_subaccounts(self) -> Family:
        """List the subaccounts of the account that logs in: `GET /accounts/{api_key}/subaccounts`.

        :returns: All of them, with their primary account.
        :raises VonageError: The list could not be read, or is not the whole list.
        """
        call = _Call("GET", "api", _subaccounts_path(self.api_key), "read", most_bytes=_MOST_BYTES_OF_SUBACCOUNTS)
        answer = self._send(call)
        body = self._object(call, answer)
        links, embedded = body.get("_links"), body.get("_embedded")
        if isinstance(links, dict) and links.get("next"):
            raise self._not_understood(
                call, answer, "is one page of several, which Vonage does not document", "look for a newer release"
            )
        if not isinstance(embedded, dict):
            raise self._not_understood(call, answer, "holds no list of subaccounts")
        try:
            return Family.from_rows(embedded.get("primary_account"), embedded.get("subaccounts"))
        except ValueError as error:
            raise self._not_understood(call, answer, str(error)) from None

    def get_subaccount(self, account_id: str) -> Account:
        """Read one subaccount of the account that logs in: `GET /accounts/{api_key}/subaccounts/{account_id}`.

        :param account_id: API key of the subaccount.
        :raises VonageError: The subaccount could not be read.
        """
        call = _Call("GET", "api", f"{_subaccounts_path(self.api_key)}/{_account_segment(account_id)}", "read")
        answer = self._send(call)
        try:
            return Account.from_row_of_subaccount(self._object(call, answer))
        except ValueError as error:
            raise self._not_understood(call, answer, str(error)) from None

    def _settings(self, call: _Call) -> dict[str, t.Any]:
        answer = self._send(call)
        body = self._object(call, answer)
        # One of them alone may be missing.
        if not _SETTINGS_KEYS & set(body):
            raise self._not_understood(call, answer, "holds no settings")
        if not all(isinstance(body.get(key), (str, type(None))) for key in _CALLBACK_KEYS):
            raise self._not_understood(call, answer, "holds a callback that is no text")
        return body

    def _url(self, host: Host) -> str:
        return self._connection.rest_url if host == "rest" else self._connection.api_url

    def _where(self, call: _Call) -> str:
        """A call as messages name it."""
        return f"{call.method} {self._url(call.host)}{call.path}"

    def _send(self, call: _Call, login: Login | None = None) -> _Answer:
        """Send a call, again where it may be, and return a successful answer.

        :raises VonageError: The last attempt failed.
        """
        login = login or self.login
        attempts, attempt, latest = self._connection.retries + 1, 1, math.inf
        # Keep the last error that came from Vonage.
        reached: VonageError | None = None
        error: VonageError = NotSent("No attempt began before the deadline")
        turn = self._pace.turn()
        while True:
            if self._stopped.is_set():
                raise NotSent("The task was interrupted")
            try:
                with turn:
                    latest = turn.latest = min(latest, self._clock() + self._connection.deadline)
                    return self._attempt(call, login, latest)
            except TooLate:
                raise error from None
            except _Failure as failure:
                error, seconds = failure.error, failure.wait(attempt)
                if reached is not None:
                    error = reached if isinstance(error, NotSent) else error
                    error.repeated = True
                limited = failure.error.status == 429
                # While others come through, a call that is told to wait has not failed.
                waits = limited and attempts > 1 and self._pace.moved_on(turn)
                too_late = self._clock() + seconds > latest
                if (attempt == attempts and not waits) or too_late or not failure.may_repeat(call):
                    raise error from None
                if not isinstance(error, NotSent):
                    reached = error
                attempt += not waits
                if not limited or self._pace.slow_down(turn, seconds):
                    again = f"trying again in {seconds:.1f} s (attempt {attempt} of {attempts})"
                    self._warn(f"{failure.error.message}; {again}")
                self.wait(seconds)

    def _attempt(self, call: _Call, login: Login, latest: float) -> _Answer:
        exchange = Exchange(self._clock, latest, call.most_bytes)
        try:
            with limited(exchange):
                received = self._request(call, login, exchange)
            return self._answer(call, received, login)
        except _Failure:
            raise
        except Exception as error:
            # Of any kind: what breaks while an answer is read must not hide that the request may have been carried out.
            raise self._no_answer(call, error, login, exchange) from None

    def _request(self, call: _Call, login: Login, exchange: Exchange) -> _Received:
        """Send a request and read its response.

        :raises Exception: Of any kind; `exchange` says how far it came.
        """
        headers = {
            "Accept": "application/json",
            # A response is short, and what is packed may be of any length.
            "Accept-Encoding": "identity",
            "User-Agent": self._connection.user_agent,
        }
        if call.form is not None:
            # Stated, because requests labels an empty form with nothing at all.
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = self._url(call.host) + call.path
        if call.repeat != "read":
            # A connection that has been idle may be closed by the server in the very moment of the write, which would
            # leave its outcome unknown for nothing; a new one cannot be.
            self._session.close()
        try:
            _logging.silent = True
            response = self._session.request(
                call.method,
                url,
                headers=headers,
                data=call.form,
                json=call.json,
                # Bytes, or requests would encode Latin-1; an explicit auth, or ~/.netrc would replace it.
                auth=HTTPBasicAuth(login[0].encode(), login[1].encode()),
                timeout=exchange.rest(self._connection.timeout),
                # Per request, because REQUESTS_CA_BUNDLE overrides what a session says.
                verify=self._connection.verify,
                # A redirect would carry the credentials to wherever it points.
                allow_redirects=False,
                # A proxy of the environment would be shown the credentials, and would look on its own machine.
                proxies={"no_proxy": urlsplit(url).hostname or ""} if self._connection.is_local(url) else None,
                stream=True,
            )
            return _received(response, call.most_bytes)
        except UnicodeEncodeError:
            message = f"{call.method} {call.path} was not sent: an option holds characters that are no valid Unicode"
            raise _Failure(NotSent(message, method=call.method, path=call.path), repeatable=False) from None
        finally:
            _logging.silent = False

    def _answer(self, call: _Call, received: _Received, login: Login) -> _Answer:
        """Read an answer.

        :raises _Failure: It says that the call failed.
        :raises LimitError: It is too long.
        """
        # The codec that does both would be imported anew in each worker of Ansible.
        text = received.body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
        body = parse_json(text)
        # The rest host may answer 200 with an error inside; on the api host the same keys mean nothing.
        failed = call.host == "rest" and legacy_failure(body)
        if 200 <= received.status < 300 and not failed:
            if received.cut:
                raise LimitError(f"the response has more than {call.most_bytes} bytes")
            if call.repeat != "read":
                found = _REQUEST_ID.fullmatch(received.headers.get("X-Request-Id", ""))
                self.write_id = found[0] if found and self._redactor(call, login)(found[0]) == found[0] else None
            return _Answer(received.status, text, body, received.whole)
        raise self._error_answer(call, received, text, login)

    def _no_answer(self, call: _Call, error: Exception, login: Login, exchange: Exchange) -> _Failure:
        cause = _root_cause(error)
        what = _OBJECT.sub("", self._redactor(call, login)(one_line(str(cause))))
        what = _LOGIN_IN_URL.sub("//********@", what)[:300]
        what = what or type(cause).__name__
        if isinstance(error, DeadlineError):
            what = f"the deadline of {self._connection.deadline:g} s passed while {exchange.doing}"
        elif not isinstance(cause, (LimitError, *_TRANSPORT_ERRORS)):
            what = f"{type(cause).__name__}: {what}"
        details: dict[str, t.Any] = {"method": call.method, "path": call.path}
        if not exchange.sent:
            found = self._unsent(error, cause, what, exchange)
            if found is not None:
                message, repeatable = found
                return _Failure(NotSent(f"{self._where(call)} was not sent: {message}", **details), repeatable)
        if isinstance(error, (requests.Timeout, urllib3.exceptions.ReadTimeoutError)):
            what = f"timed out after {self._connection.timeout:g} s"
        happened = "got no answer" if call.repeat == "read" else "was sent, but its outcome is unknown"
        message = f"{self._where(call)} {happened}: {what}"
        return _Failure(UnknownOutcome(message, **details), repeatable=not isinstance(error, LimitError))

    def _unsent(self, error: Exception, cause: BaseException, what: str, exchange: Exchange) -> tuple[str, bool] | None:
        """Say why a request was not sent, and whether it may be tried again; None when it may have been sent."""
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"the certificate of the server does not verify ({what}); set ca_path to the CA that signed it",
                False,
            )
        # Of requests, every error of a connection is one of its own; a file is another matter.
        unreadable = isinstance(error, OSError) and not isinstance(error, _REQUESTS_ERRORS)
        if unreadable or getattr(cause, "library", None) == "X509":
            return (
                f"no certificates to verify with ({what}); check ca_path and REQUESTS_CA_BUNDLE",
                False,
            )
        if exchange.in_handshake and not isinstance(error, LimitError):
            # A server that speaks it wrongly always does; one that is silent or gone may come back.
            repeatable = not isinstance(cause, ssl.SSLError) or isinstance(cause, ssl.SSLEOFError)
            return (
                f"the server does not speak TLS there as it should ({what}); check the base URL and proxies",
                repeatable,
            )
        if exchange.connecting or isinstance(error, LimitError) or _before_any_connection(error):
            repeatable = not isinstance(error, (LimitError, *_MALFORMED)) and isinstance(cause, _TRANSPORT_ERRORS)
            return f"no connection ({what}); check the network, proxies and the base URL", repeatable
        return None

    def _error_answer(self, call: _Call, received: _Received, text: str, login: Login) -> _Failure:
        details = parse_error(received.status, received.headers, text, self._redactor(call, login))
        problem = details.pop("problem")
        status, title, detail = received.status, details["title"], details["detail"]
        # The rest host may say in the code of its body what its status does not.
        code = str(details["code"])
        effective = max(status, int(code)) if call.host == "rest" and code.isdecimal() else status
        kind = UnknownOutcome if _perhaps_done(call, effective) else Refused
        message = f"{self._where(call)} failed: HTTP {status} {title}"
        if detail and detail != title:
            message += f": {detail.rstrip('.')}"
        for parameter in details["invalid_parameters"]:
            message += f" [{parameter['name']}: {parameter['reason']}]"
        if 300 <= status < 400:
            target = _host(received.headers.get("Location", ""), self._redactor(call, login))
            message += f". It points to {target}, and is not followed with credentials: check the base URL"
        else:
            # What a hint says of the cause is true of a refusal.
            hint = kind is Refused and (
                _HINTS.get(str(title).lower()) or _HINTS.get(details["code"]) or _HINTS.get(effective)
            )
            if hint:
                message += f". {hint}"
            elif not problem:
                message += ". This is not an answer of Vonage's API: check the base URL, and what stands in between"
            if kind is Refused and effective == 401:
                message += _odd_characters(login)
        details.update(method=call.method, path=call.path)
        error = kind(message, from_vonage=problem, **details)
        return _Failure(error, retry_after=_retry_after(received.headers.get("Retry-After")))

    def _redactor(self, call: _Call, login: Login) -> Callable[[str], str]:
        """Takes out of a text what a call must not show."""
        values = call.json.values() if call.json else ()
        return Redactor([self.login, login, *_logins_of_proxies()], [*values, *self._hidden])

    def _object(self, call: _Call, answer: _Answer) -> dict[str, t.Any]:
        if isinstance(answer.body, dict):
            return answer.body
        raise self._not_understood(call, answer, "is not JSON, so something other than Vonage answered")

    def _secret(self, call: _Call, answer: _Answer, row: t.Any) -> Secret:
        if not isinstance(row, dict) or not is_id(row.get("id")):
            raise self._not_understood(call, answer, "holds a secret whose id is missing or malformed")
        if row["id"] in self._hidden:
            raise self._not_understood(call, answer, "holds the value of a secret in place of its id")
        return Secret(row["id"], moment(row))

    def _not_understood(
        self, call: _Call, answer: _Answer, why: str, advice: str = "check the base URL and proxies"
    ) -> VonageError:
        why = self._redactor(call, self.login)(why)
        message = f"{self._where(call)} was answered with HTTP {answer.status}, but the answer {why}; {advice}"
        return UnknownOutcome(message, status=answer.status, method=call.method, path=call.path)


class _Logging(threading.local):
    """Keeps what urllib3 says of our requests out of Ansible's log: it quotes answers, and they may quote a login."""

    silent = False

    def filter(self, _record: logging.LogRecord) -> bool:
        return not self.silent


_logging = _Logging()
for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_logging)


class _Failure(Exception):
    """A failed attempt: the error it would end as, and what its call may do about it."""

    def __init__(self, error: VonageError, repeatable: bool = True, retry_after: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self._repeatable = repeatable
        self._retry_after = retry_after

    def may_repeat(self, call: _Call) -> bool:
        if not self._repeatable or call.repeat == "never":
            return False
        if isinstance(self.error, NotSent) or self.error.status == 429:
            return True
        return call.repeat == "read" and (self.error.status is None or self.error.status in _RETRIED_READ_STATUSES)

    def wait(self, attempt: int) -> float:
        """Seconds until the next attempt: what Vonage asks for, else twice as long each time; never in step."""
        seconds = self._retry_after if self._retry_after is not None else _FIRST_WAIT * 2.0 ** (attempt - 1)
        return min(_LONGEST_WAIT, seconds + random.uniform(0, _FIRST_WAIT))


def _perhaps_done(call: _Call, status: int) -> bool:
    """Whether a call may have been carried out in spite of its answer.

    A server that broke down, or gave up waiting, may have done its work before; a redirect may be the way to its
    result; a success with an odd code may be one; and 1xx is no final answer. Every other one says that it was not.
    """
    no_refusal = call.repeat != "read" and status < 400
    return no_refusal or status < 200 or status >= 500 or status == 408


def _paid(body: Mapping[str, t.Any]) -> bool:
    """Whether an object says that a top-up was made. An empty one does, as an empty answer does."""
    codes = [str(body[key]) for key in ("error-code", "code") if key in body]
    return "200" in codes or str(body.get("response")).strip().lower() == "success" or not body


def _other_account(body: Mapping[str, t.Any], account_id: str) -> bool:
    """Whether a list of secrets says that it is another account's; a link that says nothing is no contradiction."""
    links = body.get("_links")
    link = links.get("self") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    found = _ACCOUNT_OF_LIST.search(href) if isinstance(href, str) else None
    return found is not None and found[1].lower() != quote(account_id, safe="").lower()


def check_account_id(option: str, account_id: str) -> None:
    """Check that a value can be an API key in a URL.

    :param option: The option that holds it, for the message.
    :raises NotSent: It cannot.
    """
    _account_segment(account_id, option)


def _secrets_path(account_id: str) -> str:
    return f"/accounts/{_account_segment(account_id)}/secrets"


def _subaccounts_path(api_key: str) -> str:
    return f"/accounts/{_path_segment('api_key', api_key)}/subaccounts"


def _account_segment(account_id: str, option: str = "account_id") -> str:
    if ":" in account_id:
        raise NotSent(f"{option} must be an API key as the Vonage dashboard shows it; there is no ':' in it")
    return _path_segment(option, account_id)


def _path_segment(option: str, value: str) -> str:
    if not value or value in (".", "..") or not value.isprintable():
        raise NotSent(f"{option} must be an id as Vonage shows it; {value!r} cannot be part of a URL")
    return quote(value, safe="")


def _retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date; None when it asks for nothing sensible."""
    if value is None:
        return None
    try:
        return float(max(0, min(int(value), int(_LONGEST_WAIT))))
    except ValueError:
        pass
    try:
        date = email.utils.parsedate_to_datetime(value)
        # A date without a zone is one of UTC, as HTTP has no others.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - time.time())
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


def _odd_characters(login: Login) -> str:
    """Name white space or quotes around api_key or api_secret."""
    for option, value in zip(("api_key", "api_secret"), login):
        if value != value.strip():
            return f". There is white space around {option}"
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            return f". There are quotes around {option}"
    return ""


def _no_target(_response: requests.Response) -> None:
    return None


def _host(url: str, redact: Callable[[str], str]) -> str:
    """The host that a URL names, fit to be shown."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "nowhere"
    # As it is written: `hostname` is in small letters.
    if redact(parts.netloc) != parts.netloc:
        return "********"
    return host if host.isascii() and host.isprintable() and host else "nowhere"


def _root_cause(error: BaseException) -> BaseException:
    """What really went wrong, below the layers of requests and urllib3."""
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
    return isinstance(error, (requests.exceptions.ConnectTimeout, *_MALFORMED)) or isinstance(reason, no_connection)


def _received(response: requests.Response, most_bytes: int) -> _Received:
    """Read the body of a response.

    :raises Exception: Of any kind: it breaks off, or cannot be unpacked.
    """
    if not 200 <= response.status_code < 300:
        # What is used of an error is short, and all of it is searched for secrets.
        most_bytes = min(most_bytes, _MOST_BYTES)
    body, cut = read_body(response, most_bytes)
    length = response.headers.get("Content-Length", "")
    measured = bool(_LENGTH.fullmatch(length))
    # Older releases of urllib3 take an answer that was cut off for a whole one.
    if measured and not cut and int(length) > len(body):
        raise requests.ConnectionError("the answer was cut off")
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    whole = measured or chunked or response.status_code == 204
    if not cut:
        body, cut = unpack(body, response.headers.get("Content-Encoding", ""), most_bytes)
    return _Received(response.status_code, response.headers, body, cut, whole)


def _logins_of_proxies() -> Iterator[Login]:
    """The logins in the addresses of proxies, also in an address that is malformed, and as libraries take it apart."""
    for address in getproxies_environment().values():
        before, at, _host = address.rpartition("@")
        if at:
            for login in dict.fromkeys((before.rpartition("//")[2], before.partition("//")[2] or before)):
                user, _colon, password = login.partition(":")
                for text in {password, unquote(password), *_ENDS_HOST.split(password)}:
                    if len(text) >= _SHORTEST_PASSWORD:
                        yield unquote(user), text
