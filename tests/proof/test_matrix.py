# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crash matrix: each case keeps the promises, and ends as the published page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults import OF_REQUESTS
from matrix import SCENARIOS, TRAITS, Case, Scenario, cases_in, cases_of, key, play, read_page, some_of

from vonage_simulator.server import Simulator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "crash-matrix.md").read_text(encoding="utf-8")
PUBLISHED = read_page(PAGE)
CASES = cases_in(PUBLISHED)
SOME = some_of(CASES)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=() if case in SOME else pytest.mark.full) for case in CASES], ids=str
)
def test_a_disturbed_run_is_finished_by_the_next_one(simulator: Simulator, case: Case) -> None:
    outcome = play(simulator, case)
    assert outcome.next_run == "finished"
    assert PUBLISHED[key(case)] == outcome, "make crash-matrix writes docs/crash-matrix.md anew"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_published_page_has_the_cases_of_a_run_and_no_others(simulator: Simulator, scenario: Scenario) -> None:
    found = {key(case) for case in cases_of(simulator, scenario)}
    assert {place for place in PUBLISHED if place[0] == scenario.title} == found


def test_some_of_the_cases_stand_for_all() -> None:
    assert len(SOME) >= 150
    assert f"in {len(CASES)} cases" in PAGE
    for trait in TRAITS:
        assert set(map(trait, SOME)) == set(map(trait, CASES))
    assert {case.fault for case in SOME} >= set(OF_REQUESTS)
    assert {case.scenario.name for case in SOME} == {scenario.name for scenario in SCENARIOS}
