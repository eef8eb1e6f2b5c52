# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the whole benchmark with the smallest numbers and looks at what it wrote. Nothing is said about any time.

Without the first version of the role, which not every clone has.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from bench import ROOT, measure
from lab import Lab
from profile_item import profile
from report import PAGE, PLOT, Report
from scenarios import CALLS, NOOP_ACTION, NOOP_MODULE, NOTHING, OURS, PARTS, SDK, SMALLEST, TLS


def main() -> None:
    parser = argparse.ArgumentParser(description="Test the benchmark.")
    parser.add_argument("--collections", type=Path, required=True, help="where the collection is installed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        _test(Lab(Path(directory) / "lab", options.collections, None, max(SMALLEST.audits)), Path(directory) / "docs")
    print("The benchmark runs, and yields all that it should.")


def _test(lab: Lab, target: Path) -> None:
    with lab.open():
        results = measure(lab, SMALLEST, list(PARTS))
        profiled = profile(lab, SMALLEST)
    for name in (NOOP_ACTION, OURS):
        assert name in profiled
    assert "task_executor.py" in profiled

    assert set(results) == set(PARTS)
    for part, groups in results.items():
        for title, cases in groups.items():
            for name, series in cases.items():
                where = f"{part}, {title}, {name}"
                assert len(series.runs) == SMALLEST.rounds, where
                for run in series.runs:
                    assert min(run.wall, run.cpu, run.peak) > 0, where
                assert all(run.requests > 0 for run in series.runs) or name in (NOTHING, *_WITHOUT_REQUESTS), where
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
    assert len(report.targets()) == 6
    for growth in report.growths().values():
        assert all(math.isfinite(value.slope) for value in growth.values())
    assert ElementTree.parse(target / PLOT).getroot().tag.endswith("svg")
    assert (target / PLOT).stat().st_size < 100_000


_WITHOUT_REQUESTS = (NOOP_ACTION, NOOP_MODULE)


if __name__ == "__main__":
    main()
