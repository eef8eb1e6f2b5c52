# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log, and the redaction that keeps secrets out of it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

from .wire import Request

REDACTED = "[redacted]"
_SECRET_FIELDS = frozenset({"secret", "api_secret", "newsecret", "password"})
_HIDDEN_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True)
class LogEntry:
    """What is remembered of one request.

    Args:
        sequence: its number, from 1, in the order in which requests were finished.
        time: simulated time, ISO 8601.
        method, path: as sent, below the path prefix.
        query: decoded parameters.
        headers: names in lower case, without credentials.
        body: the text as sent, with secret values replaced.
        api_key: the key that the credentials named, or None.
        secret_id: the id of the secret that authenticated, or None.
        status: the status that was sent, or None if nothing was.
        committed: whether the request changed the state.
        fault: ``{"id": ..., "action": ...}`` of the fault rule that fired, or None.
    """

    sequence: int
    time: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: str
    api_key: str | None
    secret_id: str | None
    status: int | None
    committed: bool
    fault: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the entry for JSON."""
        return asdict(self)


class RequestLog:
    """The requests to the API so far, in order. The control path is not logged."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LogEntry] = []
        self._last_sequence = 0

    def add(self, request: Request, known_secrets: Iterable[str], **facts: Any) -> None:
        """Remember a request.

        Args:
            request: as it came in.
            known_secrets: every value the simulator knows, to be replaced wherever it stands.
            facts: the remaining fields of LogEntry.
        """
        redact = _Redactor(known_secrets, request)
        facts.update(
            method=request.method,
            path=redact.text(request.path),
            query=redact.query(request.query),
            headers=redact.headers(request.headers),
            body=redact.body(request.body),
        )
        with self._lock:
            self._last_sequence += 1
            self._entries.append(LogEntry(sequence=self._last_sequence, **facts))

    def entries(self) -> list[LogEntry]:
        """Return a copy of the log."""
        with self._lock:
            return list(self._entries)

    def matching(self, method: str | None, path_regex: str | None) -> list[LogEntry]:
        """Return the entries with this verb and a path in which the expression is found; None matches all."""
        return [
            entry
            for entry in self.entries()
            if method in (None, entry.method) and (path_regex is None or re.search(path_regex, entry.path))
        ]

    def clear(self) -> int:
        """Forget all entries and return how many there were. The numbering goes on."""
        with self._lock:
            count = len(self._entries)
            self._entries.clear()
        return count


class _Redactor:
    """Replaces secrets in the parts of one request.

    Two nets, because a request may carry a value that no account has (yet): fields that are named like a secret, and
    every known value in any of its usual forms, wherever it stands.
    """

    def __init__(self, known: Iterable[str], request: Request) -> None:
        values = {value for value in known if value}
        for name in ("api_secret", "secret"):
            values.update(value for value in request.query.get(name, []) if value)
        forms = {form for value in values for form in _forms(value)}
        # Longest first, so that no form leaves the tail of a longer one behind.
        alternatives = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._pattern = re.compile(alternatives) if alternatives else None

    def text(self, text: str) -> str:
        return self._pattern.sub(REDACTED, text) if self._pattern else text

    def query(self, query: dict[str, list[str]]) -> dict[str, list[str]]:
        return {
            self.text(name): [REDACTED if name.lower() in _SECRET_FIELDS else self.text(value) for value in values]
            for name, values in query.items()
        }

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        return {name: self.text(value) for name, value in headers.items() if name not in _HIDDEN_HEADERS}

    def body(self, body: bytes) -> str:
        text = body.decode("utf-8", "replace")
        if not any(name in text.lower() for name in _SECRET_FIELDS):
            return self.text(text)
        try:
            return self.text(json.dumps(_without_secrets(json.loads(text))))
        except ValueError:
            pass
        if "{" in text:
            # Broken JSON: where the value ends is anybody's guess.
            return f"[{len(body)} bytes that are neither JSON nor a form, not shown]"
        return self.text("&".join(_form_field(part) for part in text.split("&")))


@lru_cache(maxsize=256)
def _forms(value: str) -> frozenset[str]:
    return frozenset((value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]))


def _without_secrets(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            key: REDACTED if key.lower() in _SECRET_FIELDS else _without_secrets(item) for key, item in data.items()
        }
    return [_without_secrets(item) for item in data] if isinstance(data, list) else data


def _form_field(part: str) -> str:
    """Redact one ``name=value`` of a form; all others keep the exact text that was sent."""
    name, equals, _value = part.partition("=")
    decoded = parse_qsl(part, keep_blank_values=True)
    return f"{name}{equals}{REDACTED}" if decoded and decoded[0][0].lower() in _SECRET_FIELDS else part
