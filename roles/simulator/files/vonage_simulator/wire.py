# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and responses as plain values, and the JSON writer. No sockets here."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, parse_qsl

REST = "rest"
"""The family of ``/account/*``, served by rest.nexmo.com."""
API = "api"
"""The family of ``/accounts/*``, served by api.nexmo.com."""


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    Args:
        method: the verb, in upper case.
        path: the path below the configured prefix, still percent-encoded.
        query_string: what stands behind the question mark, or an empty text.
        headers: names in lower case.
        body: the raw body, empty when there was none.
    """

    method: str
    path: str
    query_string: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query(self) -> dict[str, list[str]]:
        """The decoded query parameters, blank ones included."""
        return parse_qs(self.query_string, keep_blank_values=True)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case; empty when missing."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def wants_xml(self) -> bool:
        """Whether the Accept header names XML but neither JSON nor ``*/*`` (documented: XML comes on request)."""
        accept = self.headers.get("accept", "").lower()
        return "xml" in accept and "json" not in accept and "*/*" not in accept

    def json(self) -> Any:
        """Decode the body as JSON, numbers as Decimal.

        Raises:
            ValueError: if the body is not UTF-8 or not JSON.
        """
        return json.loads(self.body.decode("utf-8"), parse_float=Decimal)

    def fields(self) -> dict[str, str]:
        """Return the body's fields as ``/account/*`` reads them; unreadable bodies have none.

        The Content-Type decides: a form that is labelled JSON therefore has no fields. That JSON is read here at all
        is observed for credentials and inferred for the rest.
        """
        if self.media_type == "application/json":
            try:
                data = self.json()
            except ValueError:
                return {}
            items = data.items() if isinstance(data, dict) else ()
            return {key: value for key, value in items if isinstance(value, str)}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass
class Response:
    """One HTTP response.

    Args:
        status: the HTTP status.
        body: the bytes to send.
        content_type: the Content-Type, or None to send no such header.
        headers: further headers.
        committed: whether the request changed the simulator's state.
    """

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    committed: bool = False


class Refusal(Exception):
    """Ends the handling of a request with the response it carries."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def dumps(value: Any) -> str:
    """Write JSON in which a Decimal keeps its trailing zeros, as balances do on the wire (observed)."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(dumps(item) for item in value) + "]"
    return json.dumps(value)


def json_response(
    status: int, data: Any, content_type: str = "application/json", *, committed: bool = False
) -> Response:
    """Build a response with a JSON body."""
    return Response(status, dumps(data).encode(), content_type, committed=committed)


def text_response(status: int, text: str, content_type: str = "text/plain") -> Response:
    """Build a response with a body that is not JSON."""
    return Response(status, text.encode(), content_type)


def new_id() -> str:
    """Return a random UUID: the form of ids of secrets, transfers and requests (observed)."""
    return str(uuid.uuid4())
