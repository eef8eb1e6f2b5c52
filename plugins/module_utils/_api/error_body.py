# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The one parser of Vonage's error bodies.

Vonage answers errors in five shapes: problem JSON (api host, and the gateway of both hosts), the legacy `error-code`
object and its variant `code` (rest host), `BAD_REQUEST` with an object of parameters (rest host), and anything that
is not JSON (gateway text, HTML of a proxy, XML, nothing at all). Nothing here speaks HTTP or knows Ansible.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

from ansible_collections.community.vonage.plugins.module_utils._api.parsing import parse_json
from ansible_collections.community.vonage.plugins.module_utils._api.text import one_line

_LONGEST_TEXT = 500


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


class _Reader:
    """Reads texts out of an error body, each as one short line without secrets."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def text(self, value: t.Any) -> str:
        return one_line(self._redact(str(value)))[:_LONGEST_TEXT]

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
            # Redacted before it is divided: a secret may hold a "#".
            return self.text(self._redact(kind).rsplit("#", 1)[-1]).lower() or None
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
