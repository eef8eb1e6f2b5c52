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
    a_revocation_arrives_late,
    a_slow_run_wakes_up_after_two_others,
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


# What catches each of them first.
CAUGHT: list[tuple[type[mutants.Mutant], Check]] = [
    (mutants.NewValueOnRetry, a_creation_arrives_when_all_is_over),
    (mutants.DeleteOldest, somebody_takes_the_free_slot),
    (mutants.RevokeWithoutConfirm, a_host_is_down),
    (mutants.RevokeWithoutReadingBack, a_central_hook_does_nothing),
    (mutants.CoverageOfTheReachable, a_host_is_down),
    (mutants.NoVerify, vonage_is_slow),
    (mutants.NoCompareAndSet, two_runs(PAIRS[0], HOURS)),
    (mutants.NoRetired, a_creation_arrives_when_all_is_over),
    (mutants.NoHostFence, a_slow_run_wakes_up_after_two_others),
    (mutants.RollbackWithoutProbe, somebody_revokes_the_secret_before),
    (mutants.RollbackWhileRevoking, a_revocation_arrives_late),
]


@pytest.mark.parametrize("mutant", [mutant for mutant, _check in CAUGHT])
def test_a_mutant_edits_what_is_there(mutant: type[mutants.Mutant]) -> None:
    mutants.controller_with(mutant.edits)


@pytest.mark.parametrize(("mutant", "check"), CAUGHT)
def test_a_rotation_that_is_wrong_is_caught(simulator: Simulator, mutant: type[mutants.Mutant], check: Check) -> None:
    with pytest.raises(AssertionError):
        check(simulator, mutant)
