# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Parses values in the responses of Vonage."""

from __future__ import annotations

import json
import math
import re
import typing as t
from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from urllib.parse import quote

# Accept only these characters in an id: it ends up in templates, files and log lines.
_ID = re.compile("[A-Za-z0-9._-]{1,64}")

# Vonage returns the same time with milliseconds or without.
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")

_SUCCESS = re.compile(r"\s*|\s*success\s*|\s*(<\?xml[^>]*>)?\s*<response>\s*success\s*</response>\s*", re.IGNORECASE)

_SECRETS_PATH = re.compile(r"/accounts/([^/?#]+)/secrets(?:[/?#]|$)")


def parse_json(text: str) -> t.Any:
    """Parse a body as JSON, whatever its Content-Type, without rounding numbers.

    :param text: The decoded body.
    :returns: The value, with a Decimal for each number that is not an integer; None if the body is not JSON.
    """
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def is_legacy_error(body: t.Any) -> bool:
    """Whether the body of a 2xx response of the rest host is an error.

    :param body: The parsed body.
    :returns: True for an object with an `error-code` or `code` other than 200.
    """
    if not isinstance(body, dict):
        return False
    return any(str(body[key]) != "200" for key in ("error-code", "code") if body.get(key) is not None)


def parse_amount(value: t.Any) -> Decimal | None:
    """An amount of money, without rounding; None if the value is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    try:
        return Decimal(value) if math.isfinite(float(value)) else None
    except OverflowError:
        return None


def is_valid_id(value: t.Any) -> bool:
    """Whether a value has the format of an id."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def parse_created_at(row: Mapping[str, t.Any]) -> str:
    """The creation time in a row, in ISO 8601 in UTC with whole seconds.

    :returns: "" if the time is missing or invalid.
    """
    created_at = row.get("created_at")
    match = _TIME.fullmatch(created_at) if isinstance(created_at, str) else None
    if match is None:
        return ""
    try:
        time = datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00")).astimezone(timezone.utc)
    except (OverflowError, ValueError):
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time.year >= 1000 else ""


def confirms_top_up(body: Mapping[str, t.Any]) -> bool:
    """Whether a JSON object confirms a top-up. An empty object does, like an empty body."""
    codes = [str(body[key]) for key in ("error-code", "code") if key in body]
    return "200" in codes or str(body.get("response")).strip().lower() == "success" or not body


def is_success_text(text: str) -> bool:
    """Whether a body other than JSON confirms a top-up: it is empty, or "success" as text or XML."""
    return _SUCCESS.fullmatch(text) is not None


def lists_other_account(body: Mapping[str, t.Any], account_id: str) -> bool:
    """Whether the link of a list of secrets names another account. A list without a link does not."""
    links = body.get("_links")
    link = links.get("self") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    found = _SECRETS_PATH.search(href) if isinstance(href, str) else None
    return found is not None and found[1].lower() != quote(account_id, safe="").lower()
