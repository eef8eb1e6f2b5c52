# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the time of one item of a loop goes, of a no-op action and of this collection's, in the controller's worker."""

from __future__ import annotations

import pstats
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from lab import HERE, Case, Lab
from scenarios import NOOP_ACTION, NOTHING, OURS, PLAIN, Sizes, loop

# Functions below it are not shown: milliseconds of an item, with what they call.
_SMALLEST = 0.1


@dataclass(frozen=True)
class _Function:
    calls: float
    own: float
    with_callees: float


def profile(lab: Lab, sizes: Sizes) -> str:
    """Run both loops in turn, as they are and with a profiler, and return the tables."""
    cases = {case.name: case for group in loop(lab, sizes) if group.title == str(PLAIN) for case in group.cases}
    names = (NOOP_ACTION, OURS)
    starts: list[float] = []
    whole: dict[str, list[float]] = {name: [] for name in names}
    worker: dict[str, list[float]] = {name: [] for name in names}
    directories = {name: _empty(lab.directory / f"profile-{name}") for name in names}
    for _round in range(sizes.rounds):
        starts.append(lab.run(cases[NOTHING]).cpu)
        for name in names:
            directory = _empty(lab.directory / "profile")
            whole[name].append(_run(lab, cases[name], directory, {}))
            worker[name].append(sum(float(file.read_text(encoding="ascii")) for file in directory.glob("*.cpu")))
            _run(lab, cases[name], directories[name], {"WORKER_PROFILE_FUNCTIONS": "yes"})
    start = median(starts)
    lines = [f"CPU of an item, ms (loop of {sizes.light}, plain, without the start-up of {start * 1000:.0f} ms):"]
    for name in names:
        both = (median(whole[name]) - start) / sizes.light, median(worker[name]) / sizes.light
        lines.append(
            f"  {name:16} {both[0] * 1000:6.2f}, of it {both[1] * 1000:6.2f} in the worker and"
            f" {(both[0] - both[1]) * 1000:6.2f} in the main process, where the plugin is imported too"
        )
    noop, ours = (_functions(directories[name], sizes.rounds * sizes.light) for name in names)
    nothing = _Function(0, 0, 0)
    rows = {key: (noop.get(key, nothing), ours.get(key, nothing)) for key in noop.keys() | ours.keys()}
    lines += [
        "",
        "Functions of the worker, per item, ms. The profiler makes them look dearer, small ones most.",
        f"{NOOP_ACTION:>30} | {OURS:>30} |",
        f"{'calls':>8} {'own':>8} {'with callees':>12} | {'calls':>8} {'own':>8} {'with callees':>12} |",
    ]
    for key, both_ways in sorted(rows.items(), key=lambda row: -max(value.with_callees for value in row[1])):
        if max(value.with_callees for value in both_ways) >= _SMALLEST:
            cells = [f"{value.calls:8.1f} {value.own:8.3f} {value.with_callees:12.3f} |" for value in both_ways]
            lines.append(f"{' '.join(cells)} {key}")
    return "\n".join(lines)


def _empty(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    return directory


def _run(lab: Lab, case: Case, directory: Path, environment: dict[str, str]) -> float:
    plugin = {
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "worker_profile",
        "WORKER_PROFILE": str(directory),
    }
    return lab.run(replace(case, environment={**plugin, **environment})).cpu


def _functions(directory: Path, count: int) -> dict[str, _Function]:
    stats = pstats.Stats(*(str(file) for file in directory.glob("*.prof")))
    milliseconds = 1000 / count
    return {
        # Enough of the path to tell the files apart.
        f"{'/'.join(Path(file).parts[-3:])}:{line} {name}": _Function(
            calls / count, own * milliseconds, with_callees * milliseconds
        )
        for (file, line, name), (_primitive, calls, own, with_callees, _callers) in stats.stats.items()  # type: ignore[attr-defined]
    }
