# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Limits the concurrent requests of a client, and adapts that limit when Vonage responds with 429."""

from __future__ import annotations

import math
import threading
import typing as t
from collections.abc import Callable

# Seconds. A shorter rest of a wait may be a rounding error.
_MIN_WAIT = 0.001


class LimiterTimeout(Exception):
    """An attempt could not start before its deadline."""


class AdaptiveLimiter:
    """Limits concurrent attempts like the congestion control of TCP.

    There is no limit until the first 429, which sets it to half of the peak. After as many successes as the limit
    allows attempts, it grows by one.

    :param sleep: Waits for a number of seconds; returns true if it was interrupted.
    :param clock: Returns the time in seconds, from any start.
    """

    def __init__(self, sleep: Callable[[float], t.Any], clock: Callable[[], float]) -> None:
        self._sleep = sleep
        self._clock = clock
        self._changed = threading.Condition()
        self._active = 0
        self._peak = 0
        self._limit = math.inf
        self._not_before = -math.inf
        self._started = 0
        self._successes = 0
        self._successes_at_limit = 0
        self._last_before_slow_down = 0

    def attempt(self) -> Attempt:
        """Make the context manager for the attempts of one request."""
        return Attempt(self)

    def slow_down(self, attempt: Attempt, seconds: float) -> bool:
        """Reduce the limit, because an attempt got a 429.

        :param seconds: How long all requests have to wait.
        :returns: Whether the limit was reduced. It is reduced once for attempts that ran at the same time.
        """
        with self._changed:
            self._not_before = max(self._not_before, self._clock() + seconds)
            if attempt.number <= self._last_before_slow_down:
                return False
            self._last_before_slow_down = self._started
            self._limit = max(1, self._peak // 2)
            self._peak = self._active
            self._successes_at_limit = 0
            return True

    def progressed_since(self, attempt: Attempt) -> bool:
        """Whether other requests succeeded since the first attempt of a request started, or since the last call.

        This includes the wait between two attempts: others may have used up the rate limit by its end.
        """
        with self._changed:
            before, attempt.successes = attempt.successes, self._successes
            return self._successes > before

    def start(self, attempt: Attempt) -> None:
        """Wait until an attempt may start.

        :raises LimiterTimeout: It could not start before `attempt.deadline`.
        """
        with self._changed:
            seconds = None if math.isinf(attempt.deadline) else max(0.0, attempt.deadline - self._clock())
            if not self._changed.wait_for(lambda: self._active < self._limit, seconds):
                raise LimiterTimeout
            self._active += 1
            self._peak = max(self._peak, self._active)
            self._started += 1
            if not attempt.number:
                attempt.successes = self._successes
            attempt.number = self._started
        try:
            # In a loop: another 429 may prolong the wait.
            while (wait := min(self._not_before, attempt.deadline) - self._clock()) > _MIN_WAIT:
                if self._sleep(wait):
                    break
        except BaseException:
            self.finish(succeeded=False)
            raise

    def finish(self, succeeded: bool) -> None:
        """Let the next attempt start."""
        with self._changed:
            self._active -= 1
            if succeeded:
                self._successes += 1
                self._successes_at_limit += 1
                if self._successes_at_limit >= self._limit:
                    self._limit += 1
                    self._successes_at_limit = 0
            self._changed.notify_all()


class Attempt:
    """A context manager around each attempt of one request.

    :ivar number: Number of the current attempt, counted over all requests.
    :ivar deadline: When the next attempt has to start at the latest, on the clock of the limiter.
    :ivar successes: For `AdaptiveLimiter.progressed_since`.
    """

    def __init__(self, limiter: AdaptiveLimiter) -> None:
        self._limiter = limiter
        self.number = self.successes = 0
        self.deadline = math.inf

    def __enter__(self) -> Attempt:
        self._limiter.start(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_details: object) -> None:
        self._limiter.finish(succeeded=kind is None)
