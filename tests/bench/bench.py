# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`, in its environment: runs the parts that were named, prints the tables, writes them into the page.

The page is written when every part was run: its ratios are those of one run.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab import Failed, Lab
from profile_item import profile
from report import PAGE, Report
from results import Results, Series
from scenarios import PARTS, Sizes

ROOT = Path(__file__).resolve().parents[2]
DIRECTORY = ROOT / ".build" / "bench"


def measure(lab: Lab, sizes: Sizes, parts: Sequence[str]) -> Results:
    """Run parts of the benchmark, and say how far it is."""
    results: Results = {}
    start = time.monotonic()
    for part in parts:
        results[part] = {}
        for group in PARTS[part](lab, sizes):
            series = results[part][group.title] = {case.name: Series(case.count) for case in group.cases}
            for number in range(group.rounds):
                print(f"{time.monotonic() - start:5.0f} s  {part}, {group.title}: round {number + 1}", flush=True)
                for case in group.cases:
                    series[case.name].runs.append(lab.run(case))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what the collection costs.")
    parser.add_argument("--collections", type=Path, required=True, help="where the collection is installed")
    parser.add_argument("--first", type=Path, help="where the first version of the collection is installed")
    parser.add_argument("--rounds", type=int, default=Sizes.rounds, help="how often each case is run")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join([*PARTS, 'profile'])}")
    options = parser.parse_args()
    unknown = set(options.parts) - PARTS.keys() - {"profile"}
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    sizes = Sizes(rounds=options.rounds)
    lab = Lab(DIRECTORY, options.collections, options.first, max(sizes.audits))
    parts = [part for part in PARTS if part in (options.parts or [part])]
    try:
        with lab.open():
            if "profile" in options.parts:
                print(profile(lab, sizes))
            results = measure(lab, sizes, parts)
    except Failed as failed:
        print(f"The benchmark was not finished: {failed}", file=sys.stderr)
        return 1
    if not parts:
        return 0
    (DIRECTORY / "results.json").write_text(json.dumps(results, default=vars, indent=1), encoding="utf-8")
    report = Report(results, sizes)
    print(report.text())
    if len(parts) == len(PARTS):
        report.write(ROOT / "docs" / PAGE, ROOT / "docs")
        print(f"\nWritten to docs/{PAGE}, with its plot.")
    return 0


if __name__ == "__main__":
    # To be terminated ends like Ctrl-C: without leaving a process behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
