# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crash matrix: each case keeps the promises, and ends as the published page says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from matrix import Case, Outcome, cases, key, play, read_page

from vonage_simulator.server import Simulator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "crash-matrix.md"


def all_cases() -> list[Case]:
    with Simulator() as simulator:
        return cases(simulator)


CASES = all_cases()


@cache
def published() -> dict[tuple[str, str, str], Outcome]:
    return read_page(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_disturbed_run_is_finished_by_the_next_one(simulator: Simulator, case: Case) -> None:
    outcome = play(simulator, case)
    assert outcome.next_run == "finished"
    assert published()[key(case)] == outcome, "make crash-matrix writes docs/crash-matrix.md anew"


def test_the_published_page_has_these_cases_and_no_others() -> None:
    assert set(published()) == {key(case) for case in CASES}
    assert f"in {len(CASES)} cases" in PAGE.read_text(encoding="utf-8")
    assert len(CASES) > 500
