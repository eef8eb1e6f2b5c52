# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Durations and timestamps of a rotation. The current time is always a parameter: nothing here reads a clock."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta, timezone

# A number of seconds, or a text such as `30d`.
Duration = t.Union[int, str]

_TIMESTAMP_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_SECONDS_PER_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_duration(duration: t.Any) -> int:
    """Parse a duration.

    :param duration: A number of seconds, or a number with a unit: `90`, `45s`, `15m`, `12h`, `30d`, `2w`.
    :returns: Seconds.
    :raises ValueError: It is neither; the message says what to write instead.
    """
    match = re.fullmatch(r"\s*([0-9]+)\s*([smhdw]?)\s*", str(duration))
    if not match:
        raise ValueError(f"{duration!r} is not a duration: write seconds, or a number with s, m, h, d or w such as 30d")
    return int(match[1]) * _SECONDS_PER_UNIT[match[2] or "s"]


def describe_duration(seconds: int) -> str:
    """Write a duration in its largest whole unit, such as `2 days`."""
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next(((size, unit) for size, unit in units if seconds >= size), units[-1])
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


def parse_timestamp(timestamp: str) -> datetime:
    """Parse a timestamp in ISO 8601."""
    # Vonage writes secrets with whole seconds and subaccounts with milliseconds. Python 3.9 does not read the Z.
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).astimezone(timezone.utc)


def format_timestamp(time: datetime) -> str:
    """Write a time as the record has it: ISO 8601 in UTC, whole seconds.

    :param time: The time, in UTC.
    """
    return time.strftime(_TIMESTAMP_FORMAT)


def time_after(timestamp: str, duration: Duration) -> datetime:
    """The time that is a duration after a timestamp."""
    return parse_timestamp(timestamp) + timedelta(seconds=parse_duration(duration))
