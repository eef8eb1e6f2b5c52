# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can befall a run, and when."""

from __future__ import annotations

import typing as t
from collections import Counter

if t.TYPE_CHECKING:
    from vonage_simulator.server import Simulator


class Killed(BaseException):
    """The run ends in this moment. Like SIGKILL, nothing catches it."""


class Moment(t.NamedTuple):
    """Something that a run does and that can be seen from outside.

    :ivar kind: `request`, `save`, `hand over` or `reload`.
    :ivar name: What is asked, saved, or whom it concerns.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "request" else f"{self.kind} {self.name}"


# How the simulator does them: one rule, for the request that comes next.
_AT_VONAGE: dict[str, dict[str, t.Any]] = {
    "lost": {"action": "drop_before"},
    "answer lost": {"action": "drop_after"},
    "answer cut off": {"action": "truncated"},
    "500, undone": {"action": "status_before", "status": 500},
    "500, done": {"action": "status_after", "status": 500},
    "503": {"action": "status_before", "status": 503},
    "429": {"action": "rate_limit"},
    "403 of a proxy": {"action": "status_before", "status": 403, "shape": "html"},
    "401 of a portal": {"action": "status_before", "status": 401, "shape": "html"},
    "page of a portal": {"action": "html_200"},
}

KILLS = ("killed before", "killed after")
OF_REQUESTS = (*KILLS, *_AT_VONAGE, "late")
OF_SAVES = (*KILLS, "lost", "answer lost")
OF_HAND_OVERS = KILLS


class Faults:
    """One fault, or none: at the n-th moment of a kind, and perhaps from there on.

    :param kind: `request`, `save`, `hand over` or `reload`.
    :param number: Which one of them, from 1.
    :param fault: What happens to it.
    :param lasting: Whether it happens to all of the kind from there on.
    :param meanwhile: Is done before the moment with that number, instead of a fault.
    :ivar moments: What the run has done so far.
    """

    def __init__(
        self,
        kind: str = "",
        number: int = 0,
        fault: str = "",
        lasting: bool = False,
        meanwhile: t.Callable[[], t.Any] | None = None,
    ) -> None:
        self._meanwhile = meanwhile
        self._kind = kind
        self._number = number
        self._fault = fault
        self._lasting = lasting
        self._counts: Counter[str] = Counter()
        self.moments: list[Moment] = []

    def next(self, moment: Moment) -> str:
        """What happens to the moment that comes now; nothing in most cases."""
        self.moments.append(moment)
        self._counts[moment.kind] += 1
        number = self._counts[moment.kind]
        met = moment.kind == self._kind and (number == self._number or (self._lasting and number > self._number))
        if met and self._meanwhile:
            self._meanwhile()
        return self._fault if met else ""

    @staticmethod
    def spoil(simulator: Simulator, fault: str) -> None:
        """Have the simulator spoil the request that comes next."""
        if fault in _AT_VONAGE:
            simulator.add_fault(**{"times": 1, **_AT_VONAGE[fault]})
