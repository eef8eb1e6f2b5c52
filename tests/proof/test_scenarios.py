# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outsiders, hosts that are down, delays, and two runs at once; and that the proofs see what is wrong."""

from __future__ import annotations

import mutants
import pytest
from engine import Engine

from scenarios import (
    BESIDE_THE_MATRIX,
    HOURS,
    LONG,
    PAIRS,
    Check,
    Pair,
    a_central_hook_does_nothing,
    a_creation_arrives_when_all_is_over,
    a_host_is_down,
    a_slow_run_wakes_up_after_two_others,
    late_in,
    somebody_revokes_the_new_secret,
    somebody_revokes_the_secret_before,
    somebody_takes_the_free_slot,
    two_runs,
    vonage_is_slow,
)
from vonage_simulator.server import Simulator


def name(pair: Pair) -> str:
    return f"{pair[0].__name__}, {pair[1]} and {pair[2]}"


@pytest.mark.parametrize(
    "check",
    [*BESIDE_THE_MATRIX, *(pytest.param(check, marks=pytest.mark.full) for check in LONG)],
    ids=lambda check: check.__name__,
)
def test_the_promises_hold(simulator: Simulator, check: Check) -> None:
    check(simulator, Engine)


@pytest.mark.parametrize("pair", PAIRS, ids=name)
def test_a_run_that_wakes_up_halfway_does_no_harm(simulator: Simulator, pair: Pair) -> None:
    two_runs(pair, HOURS, once=True)(simulator, Engine)


@pytest.mark.full
@pytest.mark.parametrize("pair", PAIRS, ids=name)
def test_a_run_that_comes_between_is_the_only_one(simulator: Simulator, pair: Pair) -> None:
    two_runs(pair)(simulator, Engine)


@pytest.mark.full
@pytest.mark.parametrize("pair", PAIRS, ids=name)
def test_a_run_that_wakes_up_when_its_lease_has_expired_does_no_harm(simulator: Simulator, pair: Pair) -> None:
    two_runs(pair, HOURS)(simulator, Engine)


@pytest.mark.full
@pytest.mark.parametrize("pair", PAIRS, ids=name)
def test_a_run_that_wakes_up_when_another_has_stopped_halfway_does_no_harm(simulator: Simulator, pair: Pair) -> None:
    two_runs(pair, HOURS, host_goes_down=True)(simulator, Engine)


NO_RECORD = "a secret that a rotation made is in no record"
CUT_OFF = "is cut off"
IN_USE = "the secret in use was revoked"
UNDONE = "a save has undone another one"
# It is safe, and does not come to its end.
NEVER_DONE = "finished|unconfirmed_consumers"

# What catches each of them first, and what it breaks.
CAUGHT: list[tuple[type[mutants.Mutant], Check, str]] = [
    (mutants.CreateBeforeSaving, a_host_is_down, NO_RECORD),
    (mutants.NoVerify, vonage_is_slow, CUT_OFF),
    (mutants.RevokeBeforeThePlan, a_host_is_down, CUT_OFF),
    (mutants.RevokeInTheFirstPlay, a_host_is_down, CUT_OFF),
    (mutants.FinishBeforeDeploy, a_host_is_down, NEVER_DONE),
    (mutants.RevokeBeforeTheIntent, late_in("finish"), CUT_OFF),
    (mutants.DropWithoutTheIntent, late_in("give up"), CUT_OFF),
    (mutants.RollbackWithoutSaving, somebody_revokes_the_new_secret, NEVER_DONE),
    (mutants.NewValueOnRetry, a_creation_arrives_when_all_is_over, NO_RECORD),
    (mutants.DeleteOldest, somebody_takes_the_free_slot, CUT_OFF),
    (mutants.RevokeWithoutConfirm, a_host_is_down, CUT_OFF),
    (mutants.RevokeWithoutReadingBack, a_central_hook_does_nothing, CUT_OFF),
    (mutants.CoverageOfTheReachable, a_host_is_down, CUT_OFF),
    (mutants.NoCompareAndSet, two_runs(PAIRS[0], HOURS), UNDONE),
    (mutants.NoRetired, a_creation_arrives_when_all_is_over, NO_RECORD),
    (mutants.NoHostFence, a_slow_run_wakes_up_after_two_others, CUT_OFF),
    (mutants.RollbackWithoutProbe, somebody_revokes_the_secret_before, CUT_OFF),
    (mutants.RollbackWhileRevoking, late_in("finish"), CUT_OFF),
]


@pytest.mark.parametrize("mutant", [mutant for mutant, *_caught in CAUGHT], ids=lambda mutant: mutant.__name__)
def test_a_mutant_edits_what_is_there(mutant: type[mutants.Mutant]) -> None:
    assert mutant.edits or mutant.patches or mutant is mutants.NoHostFence
    mutants.controller_with(mutant.edits)
    for patch in mutant.patches:
        mutants.function(patch)


def test_a_mutant_whose_text_is_not_there_fails() -> None:
    with pytest.raises(AssertionError, match="has no such text"):
        mutants.controller_with((mutants.Edit(f"{mutants.TASKS}/begin.yml", "nobody wrote this", ""),))


@pytest.mark.parametrize(("mutant", "check", "promise"), CAUGHT, ids=[mutant.__name__ for mutant, *_caught in CAUGHT])
def test_a_rotation_that_is_wrong_is_caught(
    simulator: Simulator, mutant: type[mutants.Mutant], check: Check, promise: str
) -> None:
    with pytest.raises(AssertionError, match=promise):
        check(simulator, mutant)
