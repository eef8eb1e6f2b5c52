# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""How Vonage writes its answers: JSON, errors that look like successes, amounts and moments."""

from __future__ import annotations

import json
import math
import re
import typing as t
from collections.abc import Mapping
from decimal import Decimal

# Vonage writes the same moment now with milliseconds, and now without.
_FRACTION = re.compile(r"\.\d+(?=Z$)")


def parse_json(text: str) -> t.Any:
    """Parse a body as JSON whatever its Content-Type says, with every number exact.

    :param text: The decoded body.
    :returns: The value, with a Decimal for each number that is not an integer; None when it is not JSON.
    """
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def legacy_failure(body: t.Any) -> bool:
    """Whether a 2xx body of the rest host is an error all the same.

    :param body: The parsed body.
    :returns: True when it is an object with an `error-code` or `code` other than 200.
    """
    if not isinstance(body, dict):
        return False
    return any(str(body[key]) != "200" for key in ("error-code", "code") if body.get(key) is not None)


def amount(value: t.Any) -> Decimal | None:
    """A number as it was written; None when it is none, or no amount of money."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    try:
        return Decimal(value) if math.isfinite(float(value)) else None
    except OverflowError:
        return None


def moment(row: Mapping[str, t.Any]) -> str:
    """When something was created, with whole seconds; "" when the answer does not say."""
    created_at = row.get("created_at")
    return _FRACTION.sub("", created_at) if isinstance(created_at, str) else ""
