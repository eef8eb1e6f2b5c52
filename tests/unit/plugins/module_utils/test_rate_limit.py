# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from contextlib import ExitStack, suppress

import pytest

from ansible_collections.community.vonage.plugins.module_utils._api.rate_limit import (
    AdaptiveLimiter,
    Attempt,
    LimiterTimeout,
)


class NoRoom(Exception):
    """An attempt would have to wait until another one ends."""


class Limited:
    """A limiter and its clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps: list[float] = []
        self.limiter = AdaptiveLimiter(self.nap, lambda: self.now)

    def nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def together(self, count: int) -> tuple[ExitStack, list[Attempt]]:
        stack = ExitStack()
        return stack, [stack.enter_context(self.limiter.attempt()) for _attempt in range(count)]

    def has_room(self, count: int) -> bool:
        """Whether so many attempts can be under way at once, and none of them has to wait for room."""

        def at_once(has_room: t.Callable[[], bool], _seconds: float | None) -> bool:
            if not has_room():
                raise NoRoom
            return True

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.limiter._changed, "wait_for", at_once)
            try:
                with ExitStack() as attempts:
                    for _attempt in range(count):
                        attempts.enter_context(self.limiter.attempt())
                    # Ended with an error, so that nothing grows by it.
                    raise ZeroDivisionError
            except NoRoom:
                return False
            except ZeroDivisionError:
                return True


@pytest.fixture
def limited() -> Limited:
    return Limited()


def test_nothing_waits_as_long_as_vonage_sets_no_limit(limited: Limited) -> None:
    stack, attempts = limited.together(64)
    stack.close()
    assert [attempt.number for attempt in attempts] == list(range(1, 65))
    assert limited.naps == []


def test_at_a_limit_every_call_waits(limited: Limited) -> None:
    with pytest.raises(ZeroDivisionError), limited.limiter.attempt() as attempt:
        raise ZeroDivisionError
    limited.limiter.slow_down(attempt, 7)
    with limited.limiter.attempt():
        pass
    assert limited.naps == [7]


def test_an_attempt_waits_no_longer_than_its_call_may_take(limited: Limited) -> None:
    with pytest.raises(ZeroDivisionError), limited.limiter.attempt() as attempt:
        raise ZeroDivisionError
    limited.limiter.slow_down(attempt, 7)
    attempt.deadline = limited.now + 3
    with attempt:
        assert limited.naps == [3]


def test_an_attempt_for_which_no_room_becomes_free_in_time_does_not_begin(limited: Limited) -> None:
    stack, attempts = limited.together(2)
    with stack:
        limited.limiter.slow_down(attempts[0], 0)
        late = limited.limiter.attempt()
        late.deadline = limited.now
        with pytest.raises(LimiterTimeout), late:
            pass
    assert limited.has_room(1)


def test_a_wait_that_grows_meanwhile_is_kept(limited: Limited) -> None:
    stack, (one, other) = limited.together(2)
    stack.close()
    limited.limiter.slow_down(one, 5)

    def nap(seconds: float) -> None:
        if not limited.naps:
            limited.limiter.slow_down(other, 20)
        limited.naps.append(seconds)
        limited.now += seconds

    limited.limiter._sleep = nap
    with limited.limiter.attempt():
        pass
    assert limited.naps == [5, 15]


def test_a_wait_may_be_cut_short(limited: Limited) -> None:
    with suppress(ZeroDivisionError), limited.limiter.attempt() as attempt:
        raise ZeroDivisionError
    limited.limiter.slow_down(attempt, 9)
    limited.limiter._sleep = lambda _seconds: True
    with limited.limiter.attempt():
        pass


def test_an_interrupted_wait_makes_room_for_the_next_attempt(limited: Limited) -> None:
    with suppress(ZeroDivisionError), limited.limiter.attempt() as attempt:
        raise ZeroDivisionError
    limited.limiter.slow_down(attempt, 9)

    def interrupted(_seconds: float) -> t.NoReturn:
        raise KeyboardInterrupt

    limited.limiter._sleep = interrupted
    with suppress(KeyboardInterrupt), limited.limiter.attempt():
        pytest.fail("it began")
    limited.limiter._sleep = limited.nap
    assert limited.has_room(1)


def test_the_longest_wait_counts(limited: Limited) -> None:
    stack, (one, other) = limited.together(2)
    limited.limiter.slow_down(one, 9)
    limited.limiter.slow_down(other, 2)
    stack.close()
    with limited.limiter.attempt():
        pass
    assert limited.naps == [9]


@pytest.mark.parametrize(("under_way", "left"), [(16, 8), (5, 2), (2, 1), (1, 1)])
def test_a_limit_halves_what_may_be_under_way(limited: Limited, under_way: int, left: int) -> None:
    failed = failing_together(limited, under_way)
    assert limited.limiter.slow_down(failed[0], 0)
    assert limited.has_room(left)
    assert not limited.has_room(left + 1)


def test_of_calls_that_were_under_way_together_one_counts(limited: Limited) -> None:
    failed = failing_together(limited, 16)
    assert [limited.limiter.slow_down(attempt, 0) for attempt in failed] == [True] + [False] * 15
    assert limited.has_room(8)


def test_what_may_be_under_way_grows_by_one_after_a_full_round(limited: Limited) -> None:
    limited.limiter.slow_down(failing_together(limited, 8)[0], 0)
    for _attempt in range(4):
        with limited.limiter.attempt():
            pass
    assert limited.has_room(5)
    assert not limited.has_room(6)


def test_a_call_knows_whether_others_came_through_meanwhile(limited: Limited) -> None:
    with limited.limiter.attempt() as mine:
        assert not limited.limiter.progressed_since(mine)
        with limited.limiter.attempt():
            pass
        assert limited.limiter.progressed_since(mine)


def test_what_came_through_between_two_attempts_of_a_call_counts(limited: Limited) -> None:
    mine = limited.limiter.attempt()
    with mine:
        assert not limited.limiter.progressed_since(mine)
    with limited.limiter.attempt():
        pass
    with mine:
        assert limited.limiter.progressed_since(mine)
        assert not limited.limiter.progressed_since(mine)


def test_what_failed_did_not_come_through(limited: Limited) -> None:
    with limited.limiter.attempt() as mine:
        failing_together(limited, 1)
        assert not limited.limiter.progressed_since(mine)


def failing_together(limited: Limited, count: int) -> list[Attempt]:
    """Take attempts, and let all of them end with an error."""
    attempts: list[Attempt] = []

    def nested(left: int) -> t.NoReturn:
        with limited.limiter.attempt() as attempt:
            attempts.append(attempt)
            if left > 1:
                nested(left - 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        nested(count)
    return attempts
