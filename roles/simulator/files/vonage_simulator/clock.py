# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's time: real time plus an offset that tests can move."""

from __future__ import annotations

import math
import threading
import time
from datetime import datetime, timezone


def parse_time(text: str) -> float:
    """Turn an ISO 8601 time into seconds since the epoch.

    Args:
        text: for example ``2026-03-04T05:06:07Z``; a time without an offset counts as UTC.

    Raises:
        ValueError: if the text is no such time.
    """
    # datetime.fromisoformat() understands the trailing Z only from Python 3.11 on.
    moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def whole_seconds(moment: float) -> str:
    """Format as the secrets API does (documented): ``2026-03-04T05:06:07Z``."""
    return datetime.fromtimestamp(math.floor(moment), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(moment: float) -> str:
    """Format as the subaccounts API does (observed): ``2026-03-04T05:06:07.123Z``."""
    exact = datetime.fromtimestamp(moment, timezone.utc)
    return exact.strftime("%Y-%m-%dT%H:%M:%S.") + f"{exact.microsecond // 1000:03d}Z"


class Clock:
    """Real time plus an offset. It advances by itself, and can be moved without sleeping."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Counted from a monotonic clock, so that a change of the machine's time does not move the simulation.
        self._origin = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the simulated time in seconds since the epoch."""
        return self._origin + time.monotonic()

    def advance(self, seconds: float) -> None:
        """Move the clock by that many seconds; a negative number moves it back."""
        with self._lock:
            self._origin += seconds

    def set(self, moment: float) -> None:
        """Set the clock to a time in seconds since the epoch."""
        with self._lock:
            self._origin = moment - time.monotonic()
