# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Removes secrets from texts that may quote a request."""

from __future__ import annotations

import base64
import functools
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote
from urllib.request import getproxies_environment

# Escapes of JSON, Python, JavaScript and C, also with more backslashes when they are quoted again.
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|u\{0*([0-9a-fA-F]{1,5})\}|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|[nrt])?")

# Characters that quoting puts around or into a text, the line ends of base64, and invisible characters.
_SEPARATORS = re.compile("[\\s\"'`\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")

_BASE64 = re.compile("[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile("[0-9a-fA-F]{8,}")

_HUGE_REFERENCE = re.compile("&#[xX]?[0-9a-fA-F]{9,};?")

# How often a text may be quoted again.
_MAX_QUOTE_DEPTH = 3

# Shorter secrets, and shorter parts of their base64, would match parts of other words.
_MIN_SECRET_LENGTH = 4
_MIN_BASE64_LENGTH = 8

# Characters that a password in the URL of a proxy may contain although they should be escaped.
_URL_DELIMITERS = re.compile("[/?#@]")


class Redactor:
    """Replaces secrets in a text with asterisks, also when they are quoted or encoded.

    :param credentials: Pairs of user name and password, such as API key and API secret.
    :param values: Further secret values, such as a secret that is being created.
    """

    def __init__(self, credentials: Iterable[tuple[str, str]], values: Iterable[str] = ()) -> None:
        self._credentials = list(credentials)
        self._values = [*values, *(secret for _key, secret in self._credentials)]

    # Computed on first use: most requests have nothing to redact.

    @functools.cached_property
    def _encoded(self) -> set[str]:
        pairs = {_base64(_bytes(f"{key}:{secret}")) for key, secret in self._credentials}
        return pairs.union(*(_encoded(value) for value in self._values))

    @functools.cached_property
    def _forms(self) -> list[str]:
        # The longest form first, because it may contain a shorter one.
        return sorted(self._encoded.union(*(_quoted(value) for value in self._values)) - {""}, key=len, reverse=True)

    @functools.cached_property
    def _plain(self) -> set[str]:
        plain = {_strip_separators(stage) for value in self._values for stage in (value, *_unquoted(value))}
        return {part for part in plain if len(part) >= _MIN_SECRET_LENGTH} | {
            digits for digits in self._encoded if len(digits) >= _MIN_BASE64_LENGTH
        }

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "********")
        # Quoting and encoding can be combined in more ways than can be listed. Undo them, and search the results.
        return "********" if any(part in decoding for decoding in _decodings(text) for part in self._plain) else text


def _decodings(text: str) -> Iterator[str]:
    """Every plausible decoding of a text: with escapes resolved several times, and with base64 and hex decoded.

    Quotes and white space are removed, so that a secret that they wrap or split is found.
    """
    for stage in (text, *_unquoted(text)):
        bare = _strip_separators(stage)
        yield bare
        decoded = _decoded(bare)
        for inner in (decoded, *_unquoted(decoded)):
            yield _strip_separators(inner)


def _strip_separators(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _decoded(text: str) -> str:
    """Everything that a text contains in base64 or hexadecimal digits, at any offset."""
    found = []
    for run in _HEX.findall(text):
        found += [bytes.fromhex(run[start : start + (len(run) - start) // 2 * 2]) for start in range(2)]
    for run in _BASE64.findall(text):
        digits = run.replace("-", "+").replace("_", "/")
        found += [_from_base64(digits[start:]) for start in range(4)]
    return " ".join(octets.decode("utf-8", "replace") for octets in found)


def _from_base64(digits: str) -> bytes:
    # A single digit at the end encodes nothing.
    digits = digits[:-1] if len(digits) % 4 == 1 else digits
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def _unquoted(text: str) -> list[str]:
    """Resolve the escapes of JSON, URLs and HTML, and remove other backslashes: once, twice and three times."""
    stages = []
    for _repetition in range(_MAX_QUOTE_DEPTH):
        # Python limits the digits of a number, and such a number is no character.
        text = _HUGE_REFERENCE.sub("", text)
        text = html.unescape(unquote(_ESCAPE.sub(_resolved, text)))
        stages.append(text)
    return stages


def _resolved(escape: re.Match[str]) -> str:
    # Line ends, tabs and single backslashes are removed.
    digits = escape[1] or escape[2] or escape[3]
    return chr(int(digits, 16)) if digits else chr(int(escape[4], 8)) if escape[4] else ""


def _quoted(value: str) -> set[str]:
    """A value as it is, and quoted in all common ways."""
    return {value, *(quote_text(value) for quote_text in _QUOTATIONS)}


def _encoded(value: str) -> set[str]:
    """A value in base64: alone, and as part of a longer text.

    In a longer text it has three forms, one for each offset modulo three, without the digits at both ends that also
    encode neighbouring characters.
    """
    octets = _bytes(value)
    found = {_base64(octets), _base64(octets).rstrip("=")}
    for before in range(3):
        digits = _base64(bytes(before) + octets)[-(-before * 4 // 3) : (before + len(octets)) * 4 // 3]
        if len(digits) >= _MIN_BASE64_LENGTH:
            found.add(digits)
    # The URL-safe alphabet.
    return found | {digits.replace("+", "-").replace("/", "_") for digits in found}


def _bytes(text: str) -> bytes:
    # A variable of the environment in another encoding arrives as surrogates.
    return text.encode(errors="surrogatepass")


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


_QUOTATIONS: tuple[Callable[[str], str], ...] = (
    lambda text: quote(_bytes(text), safe=""),
    lambda text: quote(_bytes(text), safe="/"),
    lambda text: quote_plus(_bytes(text)),
    lambda text: json.dumps(text)[1:-1],
    # Vonage's JSON escapes slashes.
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
                    if len(text) >= _MIN_SECRET_LENGTH:
                        yield unquote(user), text
