# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Takes secrets out of texts that may quote a request."""

from __future__ import annotations

import base64
import functools
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote
from urllib.request import getproxies_environment

# Also of Python, JavaScript and C, and when quoted again: with more backslashes.
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|u\{0*([0-9a-fA-F]{1,5})\}|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|[nrt])?")

# What a quotation may put around and into a text, the ends of lines of base64, and what cannot be seen.
_QUOTES = re.compile("[\\s\"'`\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")

_BASE64 = re.compile("[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile("[0-9a-fA-F]{8,}")

_LONG_NUMBER = re.compile("&#[xX]?[0-9a-fA-F]{9,};?")

# How often a text may be quoted again.
_MOST_QUOTATIONS = 3

# What is shorter would be found in other words: of a secret, and of its base64.
_SHORTEST_SECRET = 4
_SHORTEST_BASE64 = 8

# Characters that a password in the URL of a proxy may contain although they should be escaped.
_URL_DELIMITERS = re.compile("[/?#@]")


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
        plain = {_without_quotes(stage) for value in self._values for stage in (value, *_unquoted(value))}
        return {part for part in plain if len(part) >= _SHORTEST_SECRET} | {
            digits for digits in self._encoded if len(digits) >= _SHORTEST_BASE64
        }

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "********")
        # There are more ways to quote, and to quote again, than can be listed: undone, they show what is left.
        return "********" if any(part in reading for reading in _readings(text) for part in self._plain) else text


def _readings(text: str) -> Iterator[str]:
    """Every plausible decoding of a text: with escapes resolved several times, and with base64 and hex decoded.

    Quotes and white space are removed, so that a secret that they wrap or split is found.
    """
    for stage in (text, *_unquoted(text)):
        bare = _without_quotes(stage)
        yield bare
        decoded = _decoded(bare)
        for inner in (decoded, *_unquoted(decoded)):
            yield _without_quotes(inner)


def _without_quotes(text: str) -> str:
    return _QUOTES.sub("", text)


def _decoded(text: str) -> str:
    """All that a text holds in base64 and hexadecimal digits, wherever among other digits it begins."""
    found = []
    for run in _HEX.findall(text):
        found += [bytes.fromhex(run[start : start + (len(run) - start) // 2 * 2]) for start in range(2)]
    for run in _BASE64.findall(text):
        digits = run.replace("-", "+").replace("_", "/")
        found += [_from_base64(digits[start:]) for start in range(4)]
    return " ".join(octets.decode("utf-8", "replace") for octets in found)


def _from_base64(digits: str) -> bytes:
    # A single digit at the end is less than a character.
    digits = digits[:-1] if len(digits) % 4 == 1 else digits
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def _unquoted(text: str) -> list[str]:
    """A text without the escapes of JSON, URLs and HTML, and without all other backslashes: once, and again."""
    stages = []
    for _repetition in range(_MOST_QUOTATIONS):
        # Python does not convert any number of digits, and there are no characters of such numbers.
        text = _LONG_NUMBER.sub("", text)
        text = html.unescape(unquote(_ESCAPE.sub(_resolved, text)))
        stages.append(text)
    return stages


def _resolved(escape: re.Match[str]) -> str:
    # An end of a line and a tab are as nothing, as a backslash alone is.
    digits = escape[1] or escape[2] or escape[3]
    return chr(int(digits, 16)) if digits else chr(int(escape[4], 8)) if escape[4] else ""


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


def proxy_credentials() -> Iterator[tuple[str, str]]:
    """The user names and passwords in the proxy variables of the environment.

    Malformed URLs are included, with each reading that a library may choose.
    """
    for url in getproxies_environment().values():
        before, at, _host = url.rpartition("@")
        if at:
            for userinfo in dict.fromkeys((before.rpartition("//")[2], before.partition("//")[2] or before)):
                user, _colon, password = userinfo.partition(":")
                for text in {password, unquote(password), *_URL_DELIMITERS.split(password)}:
                    if len(text) >= _SHORTEST_SECRET:
                        yield unquote(user), text
