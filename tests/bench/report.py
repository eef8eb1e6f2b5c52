# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results as a page: the targets, the tables and the plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from results import Growth, Quantity, Results, Spread, growth
from scenarios import (
    BY_ROLE,
    FAR,
    FIRST,
    LARGEST,
    MODULE,
    NOOP_ACTION,
    NOOP_MODULE,
    NOTHING,
    NOW,
    OURS,
    PLAIN,
    TLS,
    URI,
    Sizes,
    accounts,
)

BEGIN, END = "<!-- Written by make bench: begin -->", "<!-- Written by make bench: end -->"
PAGE, PLOT = "performance.md", "performance.svg"

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Target:
    """A ratio that is to be reached.

    :ivar what: Of what, against what, and under which condition.
    :ivar limit: The largest value that is good.
    :ivar judged: The quantity that counts.
    :ivar ratios: The ratio of each quantity.
    """

    what: str
    limit: float
    judged: Quantity
    ratios: dict[Quantity, Spread]

    @property
    def met(self) -> bool:
        return self.ratios[self.judged].median <= self.limit


class Report:
    """Reads results; a part that was not run is left out."""

    def __init__(self, results: Results, sizes: Sizes) -> None:
        self._results = results
        self._sizes = sizes

    def _each(self, part: str, group: str, case: str, quantity: Quantity) -> Spread:
        series = self._results[part][group]
        return series[case].each(quantity, series[NOTHING])

    def _conditions(self) -> str:
        cores, rounds = len(os.sched_getaffinity(0)), self._sizes.rounds
        spread = "One round."
        if rounds > 1:
            spread = (
                f"Medians of {rounds} rounds (of a fleet's rotation 2), with the least and the greatest value; one"
                " round of what is not judged."
            )
        python = f"Python {platform.python_version()}"
        return f"Measured with ansible-core {version('ansible-core')} and {python} on {cores} cores. {spread}"

    # -- targets -------------------------------------------------------------------------------------------------------

    def targets(self) -> list[Target]:
        """Those that the parts which were run have something to say of."""
        found = []

        def compare(what: str, limit: float, judged: Quantity, part: str, group: str, ours: str, theirs: str) -> None:
            ratios: dict[Quantity, Spread] = {}
            for quantity in ("cpu", "wall"):
                mine = self._each(part, group, ours, quantity)
                ratios[quantity] = mine.over(self._each(part, group, theirs, quantity))
            found.append(Target(f"{what} ({group})", limit, judged, ratios))

        plain, far = str(PLAIN), str(FAR)
        if "loop" in self._results:
            count = self._results["loop"][plain][OURS].count
            task = f"a task on the controller, in a loop of {count}, against"
            compare(f"{task} `uri`", 1 / 30, "cpu", "loop", plain, OURS, URI)
            compare(f"{task} a no-op action", 1.5, "cpu", "loop", plain, OURS, NOOP_ACTION)
        if "own" in self._results:
            compare("a task on the controller, not in a loop, against `uri`", 1 / 12, "cpu", "own", plain, OURS, URI)
        if "loop" in self._results:
            compare("a task that runs as a module, against `uri`", 1.0, "cpu", "loop", plain, MODULE, URI)
        if "audit" in self._results:
            most = accounts(self._sizes.audits[-1])
            what = f"audit of {most}, against a loop of `uri` over {self._sizes.audit_by_uri}, per account"
            compare(what, 1 / 100, "wall", "audit", far, most, URI)
        if "fleet" in self._results:
            some = accounts(self._sizes.fleets[1])
            if f"{some}, {FIRST}" in self._results["fleet"][far]:
                what = f"rotation of {some}, against the first version"
                compare(what, 1 / 5, "cpu", "fleet", far, f"{some}, {NOW}", f"{some}, {FIRST}")
        if "idle" in self._results:
            most = accounts(self._sizes.idle[-1])
            what = f"a fleet of {most} with nothing to do, against the role, per account"
            # 1/50 of what an account took before the playbook looked first, which was twice what the role takes now.
            compare(what, 1 / 25, "cpu", "idle", far, most, BY_ROLE)
        if "audit" in self._results:
            series = self._results["audit"][far]
            least, most = (accounts(self._sizes.audits[index]) for index in (0, -1))
            peak = series[most].total("peak").over(series[least].total("peak"))
            what = f"peak memory of an audit of {most}, against one ({far})"
            found.append(Target(what, 1.3, "peak", {"peak": peak}))
        return found

    def _target_table(self) -> list[str]:
        rows = []
        for target in self.targets():
            cells = {quantity: _ratio(target.ratios.get(quantity)) for quantity in ("cpu", "wall", "peak")}
            cells[target.judged] = f"**{cells[target.judged]}**"
            rows.append([target.what, _fraction(target.limit), *cells.values(), "met" if target.met else "not met"])
        return _table(["what", "at most", "CPU", "wall", "memory", ""], rows)

    # -- tables --------------------------------------------------------------------------------------------------------

    def _tasks(self, part: str) -> list[str]:
        rows = []
        for title, cases in self._results[part].items():
            for name, series in cases.items():
                if name == NOTHING:
                    continue
                kind = name.rpartition(": ")[2]
                uri = name.removesuffix(kind) + URI
                noop = NOOP_ACTION if kind in (NOOP_ACTION, OURS) else NOOP_MODULE
                row = [title, name, str(series.count)]
                for quantity in ("cpu", "wall"):
                    row.append(_spread(self._each(part, title, name, quantity).times(1000)))
                    row += [self._against(part, title, name, theirs, quantity) for theirs in (uri, noop)]
                rows.append(row)
        head = ["server", "task", "tasks of a run"]
        for cost in ("CPU, ms a task", "wall, ms a task"):
            head += [cost, "against `uri`", "against a no-op of its kind"]
        return _table(head, rows)

    def _against(self, part: str, title: str, mine: str, theirs: str, quantity: Quantity) -> str:
        """The ratio of two cases; nothing where the other one was not run."""
        if theirs not in self._results[part][title]:
            return ""
        if mine == theirs:
            return "1"
        return _ratio(self._each(part, title, mine, quantity).over(self._each(part, title, theirs, quantity)))

    def _accounts(self, part: str) -> list[str]:
        rows = []
        for title, cases in self._results[part].items():
            for name, series in cases.items():
                if name == NOTHING:
                    continue
                rows.append(
                    [
                        title,
                        f"`uri`, {accounts(series.count)}" if name == URI else name,
                        _spread(series.total("wall")),
                        _spread(series.total("cpu")),
                        _spread(self._each(part, title, name, "cpu").times(1000)),
                        _spread(series.total("peak").times(1 / _MEGABYTE)),
                        _spread(Spread([run.requests / series.count for run in series.runs])),
                        _spread(Spread([run.server for run in series.runs])),
                    ]
                )
        head = ["server", "accounts", "wall, s", "CPU, s", "CPU, ms an account", "peak memory, MB"]
        return _table([*head, "requests an account", "CPU of the server, s"], rows)

    def _rotation(self) -> list[str]:
        rows = [
            [
                title,
                name,
                _spread(series.total("wall")),
                _spread(series.total("cpu")),
                _spread(Spread([run.requests for run in series.runs])),
            ]
            for title, cases in self._results["rotation"].items()
            for name, series in cases.items()
        ]
        return _table(["server", "version", "wall, s", "CPU, s", "requests"], rows)

    def growths(self) -> dict[str, dict[Quantity, Growth]]:
        """What grows with the number of accounts."""
        found: dict[str, dict[Quantity, Growth]] = {}
        ways = [(f"audit, {title}", "audit", [title], "", self._sizes.audits[-3:]) for title in map(str, (PLAIN, FAR))]
        ways.append((f"nothing to do, {FAR}", "idle", [str(FAR)], "", self._sizes.idle[-3:]))
        ways.append((f"rotation, {FAR}", "fleet", [str(FAR), LARGEST], f", {NOW}", self._sizes.fleets))
        for what, part, titles, suffix, counts in ways:
            if part in self._results:
                cases = {name: series for title in titles for name, series in self._results[part][title].items()}
                named = [(count, cases[accounts(count) + suffix]) for count in counts]
                found[what] = {
                    quantity: growth([(count, series.total(quantity).median) for count, series in named])
                    for quantity in ("cpu", "wall")
                }
        return found

    def _growth_table(self) -> list[str]:
        rows = []
        for what, both in self.growths().items():
            row = [what]
            for value in both.values():
                row += [f"{value.slope * 1000:.3g}", f"**{value.bend:.2f}**"]
            met = all(value.met for value in both.values())
            rows.append([*row, f"{both['cpu'].limit:.2g}", "met" if met else "not met"])
        bend = "upper half over lower"
        return _table(["what", "CPU, ms an account", bend, "wall, ms an account", bend, "at most", ""], rows)

    def text(self) -> str:
        """All tables, as Markdown."""
        tables = [("Targets", self._target_table)]
        parts = {
            "loop": ("A task in a loop", lambda: self._tasks("loop")),
            "own": ("A task that is not in a loop", lambda: self._tasks("own")),
            "modules": ("Each module in a loop", lambda: self._tasks("modules")),
            "audit": ("Audit of a fleet", lambda: self._accounts("audit")),
            "rotation": ("One rotation, with the playbook that is shipped and one consumer", self._rotation),
            "fleet": ("Rotation of a fleet", lambda: self._accounts("fleet")),
            "idle": ("A fleet with nothing to do", lambda: self._accounts("idle")),
        }
        tables += [table for part, table in parts.items() if part in self._results]
        tables.append(("Growth with the number of accounts", self._growth_table))
        sections = [f"### {title}\n\n" + "\n".join(rows) for title, table in tables if len(rows := table()) > 2]
        return "\n\n".join([self._conditions(), *sections])

    # -- files ---------------------------------------------------------------------------------------------------------

    def write(self, template: Path, directory: Path) -> None:
        """Write the page and the plot.

        :param template: The page; what is between its markers is replaced.
        :param directory: Where to write to; may be where the page is.
        """
        before, begin, rest = template.read_text(encoding="utf-8").partition(BEGIN)
        _old, end, after = rest.partition(END)
        assert begin, f"{template} has no line {BEGIN}"
        assert end, f"{template} has no line {END}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / PAGE).write_text(f"{before}{BEGIN}\n\n{self.text()}\n\n{END}{after}", encoding="utf-8")
        # Text as text, and nothing that is different every time.
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 8}):
            self._figure().savefig(directory / PLOT, format="svg", metadata={"Date": None, "Creator": None})

    def _figure(self) -> Figure:
        figure = Figure(figsize=(11, 3.6), layout="constrained")
        tasks, audit, fleet = figure.subplots(1, 3)

        names = [name for name in self._results["loop"][str(TLS)] if name != NOTHING]
        costs = [self._each("loop", str(TLS), name, "cpu").times(1000) for name in names]
        bars = tasks.barh(names, [cost.median for cost in costs], color=[_COLOURS.get(name, "0.7") for name in names])
        tasks.bar_label(bars, [_number(cost.median) for cost in costs], padding=2)
        tasks.set(xscale="log", title="A task in a loop", xlabel=f"CPU, ms a task ({TLS})")
        # Room for the labels.
        tasks.set_xlim(1, 4 * max(cost.median for cost in costs))
        tasks.invert_yaxis()

        series = self._results["audit"][str(FAR)]
        counts = self._sizes.audits
        walls = [series[accounts(count)].total("wall").median for count in counts]
        each = self._each("audit", str(FAR), URI, "wall").median
        start = series[NOTHING].total("wall").median
        by_uri = [start + each * count for count in counts]
        audit.plot(counts, by_uri, "--", color=_COLOURS[URI], label=f"loop of uri, from {series[URI].count} accounts")
        audit.plot(counts, walls, "o-", color=_COLOURS[OURS], label="one task")
        audit.set(xscale="log", yscale="log", title="Audit of a fleet", xlabel=f"accounts ({FAR})", ylabel="wall, s")
        audit.legend(frameon=False)

        fleets = [(title, name) for title in (str(FAR), LARGEST) for name in self._results["fleet"][title]]
        for version_, colour in ((FIRST, _COLOURS[URI]), (NOW, _COLOURS[OURS])):
            ours = [(title, name) for title, name in fleets if name.endswith(f", {version_}")]
            if ours:
                counts = [self._results["fleet"][title][name].count for title, name in ours]
                cpu = [self._each("fleet", title, name, "cpu").median for title, name in ours]
                fleet.plot(counts, cpu, "o-", color=colour, label=version_)
        fleet.set(xscale="log", title="Rotation of a fleet", xlabel=f"accounts ({FAR})", ylabel="CPU, s an account")
        fleet.set_ylim(bottom=0)
        fleet.legend(frameon=False)
        return figure


_COLOURS = {OURS: "tab:blue", MODULE: "tab:cyan", URI: "tab:orange"}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [list(head), ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _number(value: float) -> str:
    """Three digits, of what is not larger anyway."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _spread(spread: Spread) -> str:
    return _range(spread, _number)


def _ratio(spread: Spread | None) -> str:
    return "" if spread is None else _range(spread, _fraction)


def _range(spread: Spread, text: Callable[[float], str]) -> str:
    middle, least, most = (text(value) for value in (spread.median, min(spread.values), max(spread.values)))
    return middle if least == most else f"{middle} ({least} to {most})"


def _fraction(ratio: float) -> str:
    """A ratio as one reads it best: 1/30, or 1.5."""
    return f"1/{1 / ratio:.0f}" if 0 < ratio < 0.4 else f"{ratio:.2g}"
