# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Parses the bodies of error responses.

Vonage has five formats: problem JSON (api host, and the gateway of both hosts), an object with `error-code` or `code`
(rest host), `BAD_REQUEST` with an object of parameters (rest host), and anything that is not JSON: text of the gateway,
HTML of a proxy, XML or an empty body.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

from ansible_collections.community.vonage.plugins.module_utils._api.errors import ErrorInfo, InvalidParameter
from ansible_collections.community.vonage.plugins.module_utils._api.parsing import parse_json
from ansible_collections.community.vonage.plugins.module_utils._api.text import one_line

_MAX_TEXT_LENGTH = 500


def parse_error(
    status: int, headers: Mapping[str, str], text: str, redact: Callable[[str], str] = str
) -> tuple[ErrorInfo, bool]:
    """Parse an error response.

    :param status: Its HTTP status.
    :param headers: Its headers; names are looked up in any case.
    :param text: Its body.
    :param redact: Removes secrets. Is called after escapes are resolved and before anything is shortened.
    :returns: The error, without `method` and `path`, and whether the body is an error body of Vonage.
    """
    document = parse_json(text)
    body: Mapping[str, t.Any] = document if isinstance(document, dict) else {}
    reader = _Reader(redact)
    title = reader.first(body, ("title", "error_title", "error-code-label", "description"))
    code = reader.code(body)
    detail = reader.first(body, ("detail",))
    if not body and text.strip():
        detail = reader.text(text)
    info = ErrorInfo(
        status=status,
        code=code,
        title=title or _reason_phrase(status),
        detail=detail,
        instance=reader.first(body, ("instance",)),
        request_id=reader.text(headers.get("X-Request-Id") or "") or None,
        invalid_parameters=reader.invalid_parameters(body.get("invalid_parameters")),
    )
    return info, title is not None or code is not None


class _Reader:
    """Reads values of an error body as short lines without secrets."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def text(self, value: t.Any) -> str:
        return one_line(self._redact(str(value)))[:_MAX_TEXT_LENGTH]

    def first(self, body: Mapping[str, t.Any], keys: Iterable[str]) -> str | None:
        for key in keys:
            value = body.get(key)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and self.text(value):
                return self.text(value)
        return None

    def code(self, body: Mapping[str, t.Any]) -> str | None:
        kind = body.get("type")
        if isinstance(kind, str) and "#" in kind:
            # Only the fragment is documented; the part before it differs between hosts and years. Redact first, because
            # a secret may contain a "#".
            return self.text(self._redact(kind).rsplit("#", 1)[-1]).lower() or None
        return self.first(body, ("error-code", "code"))

    def invalid_parameters(self, value: t.Any) -> tuple[InvalidParameter, ...]:
        """Read both documented formats: a list of objects with name and reason, and an object of names and reasons."""
        rows: list[tuple[t.Any, t.Any]] = []
        if isinstance(value, dict):
            if "parameter" in value:
                rows.append((value["parameter"], value.get("message", "")))
            else:
                rows.extend(value.items())
        elif isinstance(value, list):
            rows.extend((row.get("name", ""), row.get("reason", "")) for row in value if isinstance(row, dict))
        return tuple(InvalidParameter(self.text(name), self.text(reason)) for name, reason in rows)


def _reason_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unexpected status"
