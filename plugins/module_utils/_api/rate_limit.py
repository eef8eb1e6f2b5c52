# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""How many calls of one client may be under way at once: fewer, and later, as soon as Vonage limits the rate."""

from __future__ import annotations

import math
import threading
import typing as t
from collections.abc import Callable

# Seconds that are as good as none: what is left of a wait may be a rounding error.
_MOMENT = 0.001


class TooLate(Exception):
    """There was no room for an attempt in time."""


class Pace:
    """Lets calls of several threads through. As TCP does, it halves at a limit, and grows by one after a full round.

    :param sleep: Waits the given number of seconds; true when that was cut short.
    :param clock: Tells the time in seconds, from any start.
    """

    def __init__(self, sleep: Callable[[float], t.Any], clock: Callable[[], float]) -> None:
        self._sleep = sleep
        self._clock = clock
        self._changed = threading.Condition()
        self._under_way = 0
        self._most_under_way = 0
        self._allowed = math.inf
        self._not_before = -math.inf
        self._turns = 0
        self._successes = 0
        # Since the last change of what is allowed.
        self._round = 0
        self._slowed_at_turn = 0

    def turn(self) -> Turn:
        """For the attempts of one call, and to be entered around each of them."""
        return Turn(self)

    def slow_down(self, turn: Turn, seconds: float) -> bool:
        """An attempt was answered that there are too many.

        :param turn: The attempt.
        :param seconds: How long all calls have to wait.
        :returns: Whether that is news: of the attempts that were under way together, only the first one counts.
        """
        with self._changed:
            self._not_before = max(self._not_before, self._clock() + seconds)
            if turn.number <= self._slowed_at_turn:
                return False
            self._slowed_at_turn = self._turns
            self._allowed = max(1, self._most_under_way // 2)
            self._most_under_way = self._under_way
            self._round = 0
            return True

    def moved_on(self, turn: Turn) -> bool:
        """Whether other calls came through since the first attempt of a call began, or since this was last asked.

        The wait between two attempts counts: when it is over, others may already have used up what Vonage allows.

        :param turn: The attempts of the call.
        """
        with self._changed:
            before, turn.successes = turn.successes, self._successes
            return self._successes > before

    def begin(self, turn: Turn) -> None:
        """Let an attempt begin when there is room for it, and no earlier than Vonage asked for.

        :raises TooLate: There was no room until `turn.latest`.
        """
        with self._changed:
            seconds = None if math.isinf(turn.latest) else max(0.0, turn.latest - self._clock())
            if not self._changed.wait_for(lambda: self._under_way < self._allowed, seconds):
                raise TooLate
            self._under_way += 1
            self._most_under_way = max(self._most_under_way, self._under_way)
            self._turns += 1
            if not turn.number:
                turn.successes = self._successes
            turn.number = self._turns
        try:
            # Again, because what was asked for may have become more meanwhile.
            while (wait := min(self._not_before, turn.latest) - self._clock()) > _MOMENT and not self._sleep(wait):
                pass
        except BaseException:
            self.end(came_through=False)
            raise

    def end(self, came_through: bool) -> None:
        """Make room for another attempt."""
        with self._changed:
            self._under_way -= 1
            if came_through:
                self._successes += 1
                self._round += 1
                if self._round >= self._allowed:
                    self._allowed += 1
                    self._round = 0
            self._changed.notify_all()


class Turn:
    """The attempts of one call, one after another.

    :ivar number: Of the attempt: counts those of all calls, in the order in which they began.
    :ivar latest: On the clock of the pace, how long the next attempt may wait.
    :ivar successes: How many had come through when the first attempt began, or when `Pace.moved_on` was last asked.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.number = self.successes = 0
        self.latest = math.inf

    def __enter__(self) -> Turn:
        self._pace.begin(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_details: object) -> None:
        self._pace.end(came_through=kind is None)
