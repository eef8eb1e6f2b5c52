# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, and the arithmetic on it: cost of one task, ratios, growth."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from lab import Measurement

Quantity = Literal["cpu", "wall", "peak"]


@dataclass(frozen=True)
class Spread:
    """A value that was measured several times."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def times(self, factor: float) -> Spread:
        return Spread([value * factor for value in self.values])

    def over(self, other: Spread) -> Spread:
        """The ratio in each round, of what was run one after the other."""
        return Spread([mine / theirs for mine, theirs in zip(self.values, other.values, strict=True)])


@dataclass
class Series:
    """All runs of one case.

    :ivar count: How many tasks or accounts one run has.
    """

    count: int
    runs: list[Measurement] = field(default_factory=list)

    def total(self, quantity: Quantity) -> Spread:
        return Spread([getattr(run, quantity) for run in self.runs])

    def each(self, quantity: Quantity, nothing: Series) -> Spread:
        """The cost of one of its tasks or accounts: without that of a run that has none.

        :param quantity: What it costs.
        :param nothing: The runs that have none.
        """
        start = nothing.total(quantity).median
        return Spread([(value - start) / self.count for value in self.total(quantity).values])


# Part -> title of the group -> name of the case.
Results = dict[str, dict[str, dict[str, Series]]]


@dataclass(frozen=True)
class Growth:
    """How a cost grows with the number of accounts.

    :ivar slope: Of the least-squares line, per account.
    :ivar bend: The slope between the two upper numbers over that between the two lower ones: 1 for a straight line,
        10 for a cost that grows with the square of a number that grows tenfold.
    :ivar limit: The largest bend that is good.
    """

    slope: float
    bend: float
    limit: float

    @property
    def met(self) -> bool:
        return self.bend <= self.limit


def growth(points: Sequence[tuple[int, float]]) -> Growth:
    """The growth over three points.

    :param points: Number of accounts, and cost.
    """
    numbers, costs = zip(*points, strict=True)
    slope = statistics.linear_regression(numbers, costs).slope
    # The limit is half way between the bend of a line, 1, and that of the square of the same numbers: their geometric
    # mean. That is about the bend of n to the power of 1.5. For 1, 10 and 100 accounts the square bends by 10, the
    # limit is 3.2, and n log n has 1.9; for 100, 400 and 1,000 accounts these are 2.8, 1.7 and 1.2.
    return Growth(slope, _bend(numbers, costs), math.sqrt(_bend(numbers, [number**2 for number in numbers])))


def _bend(numbers: Sequence[int], costs: Sequence[float]) -> float:
    (n1, n2, n3), (cost1, cost2, cost3) = numbers, costs
    lower, upper = (cost2 - cost1) / (n2 - n1), (cost3 - cost2) / (n3 - n2)
    # More accounts that cost no more were lost in the noise: that proves nothing, so it does not pass.
    return upper / lower if lower > 0 else math.inf
