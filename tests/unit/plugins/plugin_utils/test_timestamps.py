# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations and timestamps: what is parsed, what is refused, and how they are written."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    describe_duration,
    format_timestamp,
    parse_duration,
    parse_timestamp,
    time_after,
)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("90", 90),
        (90, 90),
        ("45s", 45),
        ("15m", 900),
        ("12h", 43200),
        ("30d", 2592000),
        ("2w", 1209600),
        (" 1d ", 86400),
    ],
)
def test_a_duration_is_read(duration: Any, expected: int) -> None:
    assert parse_duration(duration) == expected


@pytest.mark.parametrize("duration", ["", "d", "1 month", "-1d", "1.5h", None, "1y"])
def test_what_is_no_duration_says_what_to_write(duration: Any) -> None:
    with pytest.raises(ValueError, match="write seconds, or a number with s, m, h, d or w such as 30d"):
        parse_duration(duration)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (7200, "2 hours"), (200000, "2 days")],
)
def test_a_duration_is_described_in_its_largest_unit(seconds: int, expected: str) -> None:
    assert describe_duration(seconds) == expected


@pytest.mark.parametrize("timestamp", ["2026-11-22T12:00:00Z", "2026-11-22T12:00:00.400Z", "2026-11-22T13:00:00+01:00"])
def test_a_timestamp_is_written_in_utc_and_whole_seconds(timestamp: str) -> None:
    assert format_timestamp(parse_timestamp(timestamp)) == "2026-11-22T12:00:00Z"
    assert format_timestamp(time_after(timestamp, "1h")) == "2026-11-22T13:00:00Z"


def test_what_is_no_timestamp_is_an_error() -> None:
    with pytest.raises(ValueError, match="soon"):
        parse_timestamp("soon")
