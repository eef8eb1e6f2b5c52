# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What can go wrong in a call to Vonage, as typed errors, and the one parser of Vonage's error bodies.

Vonage answers errors in five shapes: problem JSON (api host, and the gateway of both hosts), the legacy `error-code`
object and its variant `code` (rest host), `BAD_REQUEST` with an object of parameters (rest host), and anything that
is not JSON (gateway text, HTML of a proxy, XML, nothing at all). Nothing here speaks HTTP or knows Ansible.
"""

from __future__ import annotations

import base64
import functools
import html
import json
import re
import typing as t
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import quote, quote_plus, unquote

Outcome = t.Literal["not_sent", "refused", "unknown"]

_LONGEST_TEXT = 500

# Also of Python, and when quoted again: with more backslashes.
_JSON_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))?")

_LONG_NUMBER = re.compile("&#[xX]?[0-9a-fA-F]{9,};?")

# How often a text may be quoted again.
_MOST_QUOTATIONS = 3

# What is shorter would be found in other words: of a secret, and of its base64.
_SHORTEST_SECRET = 4
_SHORTEST_BASE64 = 8
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class VonageError(Exception):
    """A call to Vonage that did not do what it was asked.

    :ivar message: One line that says what happened and what to do; free of secrets.
    :ivar from_vonage: Whether an error body of Vonage's own stands behind it.
    :ivar details: The `error` object that a failed module returns.
    :ivar result: What a failed module returns beside `msg` and `error`.
    :ivar repeated: Whether the same request had reached Vonage before, and was answered that it may be repeated.
    """

    outcome: t.ClassVar[Outcome]

    def __init__(self, message: str, *, from_vonage: bool = False, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.from_vonage = from_vonage
        self.result: dict[str, t.Any] = {}
        self.repeated = False
        self.details: dict[str, t.Any] = {
            "status": None,
            "code": None,
            "title": None,
            "detail": None,
            "instance": None,
            "request_id": None,
            "method": None,
            "path": None,
            "invalid_parameters": [],
            **details,
            "outcome": self.outcome,
        }

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer, or None when there was no answer."""
        return t.cast("int | None", self.details["status"])

    @property
    def code(self) -> str | None:
        """Vonage's own code of the error (the fragment of `type`, or `error-code`), lower-cased."""
        return t.cast("str | None", self.details["code"])

    def restated(self, message: str, kind: type[VonageError] | None = None) -> VonageError:
        """The same failure in other words.

        :param message: The new message.
        :param kind: What it is from now on; by default what it was.
        """
        return (kind or type(self))(message, from_vonage=self.from_vonage, **self.details)


class NotSent(VonageError):
    """Nothing left this machine: bad input, no connection, or a certificate that does not verify."""

    outcome: t.ClassVar[Outcome] = "not_sent"


class Refused(VonageError):
    """Vonage answered, and the answer says that it did not do it."""

    outcome: t.ClassVar[Outcome] = "refused"


class UnknownOutcome(VonageError):
    """The request left, and no answer came that tells whether Vonage carried it out."""

    outcome: t.ClassVar[Outcome] = "unknown"


class Redactor:
    """Takes secrets out of a text, also as they are quoted and encoded where a request is repeated.

    :param logins: The (API key, API secret) pairs that a request was made with.
    :param values: Further secret values, such as one that is being created.
    """

    def __init__(self, logins: Iterable[tuple[str, str]], values: Iterable[str] = ()) -> None:
        self._logins = list(logins)
        self._values = [*values, *(secret for _key, secret in self._logins)]

    # All three are made when there is something to search, which most requests leave out.

    @functools.cached_property
    def _encoded(self) -> set[str]:
        logins = {_base64(_bytes(f"{key}:{secret}")) for key, secret in self._logins}
        return logins.union(*(_encoded(value) for value in self._values))

    @functools.cached_property
    def _forms(self) -> list[str]:
        # The longest first: a form that contains another must not be cut in two.
        return sorted(self._encoded.union(*(_quoted(value) for value in self._values)) - {""}, key=len, reverse=True)

    @functools.cached_property
    def _plain(self) -> set[str]:
        plain = {stage for value in self._values for stage in (value, *_unquoted(value))}
        return {part for part in plain if len(part) >= _SHORTEST_SECRET} | {
            digits for digits in self._encoded if len(digits) >= _SHORTEST_BASE64
        }

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "********")
        # There are more ways to quote, and to quote again, than can be listed: undone, they show what is left.
        return "********" if any(part in stage for stage in _unquoted(text) for part in self._plain) else text


def _unquoted(text: str) -> list[str]:
    """A text without the escapes of JSON, URLs and HTML, and without all other backslashes: once, and again."""
    stages = []
    for _repetition in range(_MOST_QUOTATIONS):
        # Python does not convert any number of digits, and there are no characters of such numbers.
        text = _LONG_NUMBER.sub("", text)
        text = html.unescape(unquote(_JSON_ESCAPE.sub(_resolved, text)))
        stages.append(text)
    return stages


def _resolved(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2]
    return chr(int(digits, 16)) if digits else ""


def _quoted(value: str) -> set[str]:
    """A value as it is, and quoted in each of the usual ways."""
    return {value, *(quote_text(value) for quote_text in _QUOTATIONS)}


def _encoded(value: str) -> set[str]:
    """A value in base64: alone, and after anything, such as another API key.

    In the middle of a text it has three forms, one for each position that it can begin at. In them, the digits that its
    neighbours have a part in are missing.
    """
    octets = _bytes(value)
    found = {_base64(octets), _base64(octets).rstrip("=")}
    for before in range(3):
        digits = _base64(bytes(before) + octets)[-(-before * 4 // 3) : (before + len(octets)) * 4 // 3]
        if len(digits) >= _SHORTEST_BASE64:
            found.add(digits)
    # Base64 has another alphabet for URLs.
    return found | {digits.replace("+", "-").replace("/", "_") for digits in found}


def _bytes(text: str) -> bytes:
    # What the environment holds in another encoding arrives as surrogates.
    return text.encode(errors="surrogatepass")


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


_QUOTATIONS: tuple[Callable[[str], str], ...] = (
    lambda text: quote(_bytes(text), safe=""),
    lambda text: quote(_bytes(text), safe="/"),
    lambda text: quote_plus(_bytes(text)),
    lambda text: json.dumps(text)[1:-1],
    # Vonage's own JSON writes a slash as \\/.
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    html.escape,
    lambda text: repr(text)[1:-1],
)


def parse_json(text: str) -> t.Any:
    """Parse a body as JSON whatever its Content-Type says, with every number exact.

    :param text: The decoded body.
    :returns: The value, with a Decimal for each number that is not an integer; None when it is not JSON.
    """
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def parse_error(
    status: int, headers: Mapping[str, str], text: str, redact: Callable[[str], str] = str
) -> dict[str, t.Any]:
    """Read an error out of an answer of any of the five shapes.

    :param status: The HTTP status of the answer.
    :param headers: Its headers, looked up without regard to case.
    :param text: Its body.
    :param redact: Takes out what must not be shown, after escapes are resolved and before anything is cut.
    :returns: `status`, `code`, `title`, `detail`, `instance`, `request_id` and `invalid_parameters` of the
        `error` object, and `problem`, true when the body is an error object of Vonage's own.
    """
    document = parse_json(text)
    body: Mapping[str, t.Any] = document if isinstance(document, dict) else {}
    read = _Reader(redact)
    title = read.first(body, ("title", "error_title", "error-code-label", "description"))
    code = read.code(body)
    detail = read.first(body, ("detail",))
    if not body and text.strip():
        detail = read.text(text)
    return {
        "status": status,
        "code": code,
        "title": title or _reason(status),
        "detail": detail,
        "instance": read.first(body, ("instance",)),
        "request_id": read.text(headers.get("X-Request-Id") or "") or None,
        "invalid_parameters": read.invalid_parameters(body.get("invalid_parameters")),
        "problem": title is not None or code is not None,
    }


def legacy_failure(body: t.Any) -> bool:
    """Whether a 2xx body of the rest host is an error all the same.

    :param body: The parsed body.
    :returns: True when it is an object with an `error-code` or `code` other than 200.
    """
    if not isinstance(body, dict):
        return False
    return any(str(body[key]) != "200" for key in ("error-code", "code") if body.get(key) is not None)


class _Reader:
    """Reads texts out of an error body, each as one short line without secrets."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def text(self, value: t.Any) -> str:
        return _CONTROL_CHARACTERS.sub(" ", self._redact(str(value))).strip()[:_LONGEST_TEXT]

    def first(self, body: Mapping[str, t.Any], keys: Iterable[str]) -> str | None:
        for key in keys:
            value = body.get(key)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and self.text(value):
                return self.text(value)
        return None

    def code(self, body: Mapping[str, t.Any]) -> str | None:
        kind = body.get("type")
        if isinstance(kind, str) and "#" in kind:
            # The part before the fragment varies between hosts and years; the fragment is what Vonage documents.
            return self.text(kind.rsplit("#", 1)[1]).lower() or None
        return self.first(body, ("error-code", "code"))

    def invalid_parameters(self, value: t.Any) -> list[dict[str, str]]:
        """Both published forms (an array of name and reason, an object of field and text) as one list."""
        rows: list[tuple[t.Any, t.Any]] = []
        if isinstance(value, dict):
            if "parameter" in value:
                rows.append((value["parameter"], value.get("message", "")))
            else:
                rows.extend(value.items())
        elif isinstance(value, list):
            rows.extend((row.get("name", ""), row.get("reason", "")) for row in value if isinstance(row, dict))
        return [{"name": self.text(name), "reason": self.text(reason)} for name, reason in rows]


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unexpected status"
