# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from contextlib import ExitStack, suppress

import pytest

from ansible_collections.community.vonage.plugins.module_utils._api.rate_limit import Pace, TooLate, Turn


class NoRoom(Exception):
    """A turn would have to wait until another one ends."""


class Lane:
    """A pace, the turns that were taken of it, and its time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.naps: list[float] = []
        self.pace = Pace(self.nap, lambda: self.now)

    def nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def together(self, count: int) -> tuple[ExitStack, list[Turn]]:
        stack = ExitStack()
        return stack, [stack.enter_context(self.pace.turn()) for _turn in range(count)]

    def has_room(self, count: int) -> bool:
        """Whether so many turns can be under way at once, and none of them has to wait for room."""

        def at_once(has_room: t.Callable[[], bool], _seconds: float | None) -> bool:
            if not has_room():
                raise NoRoom
            return True

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.pace._changed, "wait_for", at_once)
            try:
                with ExitStack() as turns:
                    for _turn in range(count):
                        turns.enter_context(self.pace.turn())
                    # Ended with an error, so that nothing grows by it.
                    raise ZeroDivisionError
            except NoRoom:
                return False
            except ZeroDivisionError:
                return True


@pytest.fixture
def lane() -> Lane:
    return Lane()


def test_nothing_waits_as_long_as_vonage_sets_no_limit(lane: Lane) -> None:
    stack, turns = lane.together(64)
    stack.close()
    assert [turn.number for turn in turns] == list(range(1, 65))
    assert lane.naps == []


def test_at_a_limit_every_call_waits(lane: Lane) -> None:
    with pytest.raises(ZeroDivisionError), lane.pace.turn() as turn:
        raise ZeroDivisionError
    lane.pace.slow_down(turn, 7)
    with lane.pace.turn():
        pass
    assert lane.naps == [7]


def test_an_attempt_waits_no_longer_than_its_call_may_take(lane: Lane) -> None:
    with pytest.raises(ZeroDivisionError), lane.pace.turn() as turn:
        raise ZeroDivisionError
    lane.pace.slow_down(turn, 7)
    turn.latest = lane.now + 3
    with turn:
        assert lane.naps == [3]


def test_an_attempt_for_which_no_room_becomes_free_in_time_does_not_begin(lane: Lane) -> None:
    stack, turns = lane.together(2)
    with stack:
        lane.pace.slow_down(turns[0], 0)
        late = lane.pace.turn()
        late.latest = lane.now
        with pytest.raises(TooLate), late:
            pass
    assert lane.has_room(1)


def test_a_wait_that_grows_meanwhile_is_kept(lane: Lane) -> None:
    stack, (one, other) = lane.together(2)
    stack.close()
    lane.pace.slow_down(one, 5)

    def nap(seconds: float) -> None:
        if not lane.naps:
            lane.pace.slow_down(other, 20)
        lane.naps.append(seconds)
        lane.now += seconds

    lane.pace._sleep = nap
    with lane.pace.turn():
        pass
    assert lane.naps == [5, 15]


def test_a_wait_may_be_cut_short(lane: Lane) -> None:
    with suppress(ZeroDivisionError), lane.pace.turn() as turn:
        raise ZeroDivisionError
    lane.pace.slow_down(turn, 9)
    lane.pace._sleep = lambda _seconds: True
    with lane.pace.turn():
        pass


def test_a_turn_that_is_interrupted_while_it_waits_leaves_its_room(lane: Lane) -> None:
    with suppress(ZeroDivisionError), lane.pace.turn() as turn:
        raise ZeroDivisionError
    lane.pace.slow_down(turn, 9)

    def interrupted(_seconds: float) -> t.NoReturn:
        raise KeyboardInterrupt

    lane.pace._sleep = interrupted
    with suppress(KeyboardInterrupt), lane.pace.turn():
        pytest.fail("it began")
    lane.pace._sleep = lane.nap
    assert lane.has_room(1)


def test_the_longest_wait_counts(lane: Lane) -> None:
    stack, (one, other) = lane.together(2)
    lane.pace.slow_down(one, 9)
    lane.pace.slow_down(other, 2)
    stack.close()
    with lane.pace.turn():
        pass
    assert lane.naps == [9]


@pytest.mark.parametrize(("under_way", "left"), [(16, 8), (5, 2), (2, 1), (1, 1)])
def test_a_limit_halves_what_may_be_under_way(lane: Lane, under_way: int, left: int) -> None:
    failed = failing_together(lane, under_way)
    assert lane.pace.slow_down(failed[0], 0)
    assert lane.has_room(left)
    assert not lane.has_room(left + 1)


def test_of_calls_that_were_under_way_together_one_counts(lane: Lane) -> None:
    failed = failing_together(lane, 16)
    assert [lane.pace.slow_down(turn, 0) for turn in failed] == [True] + [False] * 15
    assert lane.has_room(8)


def test_what_may_be_under_way_grows_by_one_after_a_full_round(lane: Lane) -> None:
    lane.pace.slow_down(failing_together(lane, 8)[0], 0)
    for _turn in range(4):
        with lane.pace.turn():
            pass
    assert lane.has_room(5)
    assert not lane.has_room(6)


def test_a_call_knows_whether_others_came_through_meanwhile(lane: Lane) -> None:
    with lane.pace.turn() as mine:
        assert not lane.pace.moved_on(mine)
        with lane.pace.turn():
            pass
        assert lane.pace.moved_on(mine)


def test_what_came_through_between_two_attempts_of_a_call_counts(lane: Lane) -> None:
    mine = lane.pace.turn()
    with mine:
        assert not lane.pace.moved_on(mine)
    with lane.pace.turn():
        pass
    with mine:
        assert lane.pace.moved_on(mine)
        assert not lane.pace.moved_on(mine)


def test_what_failed_did_not_come_through(lane: Lane) -> None:
    with lane.pace.turn() as mine:
        failing_together(lane, 1)
        assert not lane.pace.moved_on(mine)


def failing_together(lane: Lane, count: int) -> list[Turn]:
    """Take turns, and let all of them end with an error."""
    turns: list[Turn] = []

    def nested(left: int) -> t.NoReturn:
        with lane.pace.turn() as turn:
            turns.append(turn)
            if left > 1:
                nested(left - 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        nested(count)
    return turns
