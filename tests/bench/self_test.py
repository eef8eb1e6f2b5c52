# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the benchmark with the smallest numbers and looks at what it wrote. Nothing is said about any time.

With --loop, only the part of that name is run.

What is too dear to be run here, all conditions and the usual numbers, is reported with costs that are made up.

Without the first version of the role, which not every clone has.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from bench import ROOT, measure
from lab import Lab, Measurement
from profile_item import profile
from report import PAGE, PLOT, Report
from results import Results, Series, growth
from scenarios import CALLS, CONDITIONS, NOOP_ACTION, NOOP_MODULE, NOTHING, OURS, PARTS, SDK, SMALLEST, TLS, Sizes


def main() -> None:
    parser = argparse.ArgumentParser(description="Test the benchmark.")
    parser.add_argument("--collections", type=Path, required=True, help="where the collection is installed")
    parser.add_argument("--loop", action="store_true", help="run only this part")
    options = parser.parse_args()
    _test_growth()
    with tempfile.TemporaryDirectory() as directory:
        _test_grid(Lab(Path(directory) / "lab", options.collections, Path("first-version"), 1))
        lab = Lab(Path(directory) / "lab", options.collections, None, max(SMALLEST.audits))
        with lab.open():
            results = measure(lab, SMALLEST, ["loop"] if options.loop else list(PARTS))
            profiled = "" if options.loop else profile(lab, SMALLEST)
        _test_results(results)
        if not options.loop:
            _test_report(results, profiled, Path(directory) / "docs")
    print("The benchmark runs, and yields all that it should.")


def _test_growth() -> None:
    """Only what grows clearly faster than the number of accounts is not good."""
    for counts, of_the_square in ((Sizes.audits[-3:], 2.8), (Sizes.fleets, 10)):
        line = growth([(count, 0.5 + 0.003 * count) for count in counts])
        assert math.isclose(line.slope, 0.003), line
        assert math.isclose(line.bend, 1), line
        assert line.met, line
        assert growth([(count, count * math.log(count)) for count in counts]).met
        square = growth([(count, 0.5 + 0.003 * count**2) for count in counts])
        assert math.isclose(square.bend, of_the_square), square
        assert not square.met, square
        # As after a slow run of the smallest number.
        lost = growth([(counts[0], 2), (counts[1], 1), (counts[2], 3)])
        assert not lost.met, lost


def _test_grid(lab: Lab) -> None:
    """Every part is run under every condition, only each module is not, and all that is measured is in the tables."""
    sizes = Sizes()
    results: Results = {}
    for part, groups in PARTS.items():
        results[part] = {}
        for group in groups(lab, sizes):
            assert group.title not in results[part], f"two groups of {part} are called {group.title}"
            results[part][group.title] = {
                # As if every task took the same time.
                case.name: Series(case.count, [Measurement(1 + case.count, 1 + case.count, 1, 1, 1)] * group.rounds)
                for case in group.cases
            }
            assert len(results[part][group.title]) == len(group.cases), f"two cases of {part} have the same name"
        assert part == "modules" or results[part].keys() >= set(map(str, CONDITIONS)), part
    report = Report(results, sizes)
    measured = [
        title for titles in results.values() for title, cases in titles.items() for name in cases if name != NOTHING
    ]
    lines = report.text().splitlines()
    rows = [line.split(" | ")[0].removeprefix("| ") for line in lines]
    assert sorted(row for row in rows if row in measured) == sorted(measured)
    for call in CALLS:
        # Against `uri` and against a no-op.
        assert not [line for line in lines if f" {call.module}: " in line and "|  |" in line], call.module
    targets = report.targets()
    assert len(targets) == 8
    for target in targets:
        assert target.what.endswith(tuple(f"({condition})" for condition in CONDITIONS)), target.what
    assert all(value.met for both in report.growths().values() for value in both.values())


def _test_results(results: Results) -> None:
    for part, groups in results.items():
        for title, cases in groups.items():
            for name, series in cases.items():
                where = f"{part}, {title}, {name}"
                assert len(series.runs) == SMALLEST.rounds, where
                for run in series.runs:
                    assert min(run.wall, run.cpu, run.peak) > 0, where
                assert all(run.requests > 0 for run in series.runs) or name in (NOTHING, *_WITHOUT_REQUESTS), where


def _test_report(results: Results, profiled: str, target: Path) -> None:
    for name in (NOOP_ACTION, OURS):
        assert name in profiled
    assert "task_executor.py" in profiled
    assert set(results) == set(PARTS)
    for call in CALLS:
        assert f"{call.module}: {SDK}" in results["modules"][str(TLS)]

    report = Report(results, SMALLEST)
    page = ROOT / "docs" / PAGE
    report.write(page, target)
    text = (target / PAGE).read_text(encoding="utf-8")
    for title in ("Targets", "A task in a loop", "Each module", "Audit of a fleet", "Rotation of a fleet", "Growth"):
        assert f"### {title}" in text, title
    assert "nan" not in text
    # One without the first version is left out.
    assert len(report.targets()) == 7
    for both in report.growths().values():
        assert all(math.isfinite(value.slope) for value in both.values())
    assert ElementTree.parse(target / PLOT).getroot().tag.endswith("svg")
    assert (target / PLOT).stat().st_size < 100_000


_WITHOUT_REQUESTS = (NOOP_ACTION, NOOP_MODULE)


if __name__ == "__main__":
    main()
