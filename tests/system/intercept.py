# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""To stand between the simulator and who asks it: to watch, to answer in its place, or to wait for a moment."""

from __future__ import annotations

from collections.abc import Callable, Collection

from vonage_simulator.faults import Delivery
from vonage_simulator.server import Simulator
from vonage_simulator.wire import Request

# What a request is answered with, without this interception.
Answer = Callable[[Request], Delivery]


def intercept(simulator: Simulator, answer: Callable[[Request, Answer], Delivery]) -> Callable[[], None]:
    """Have every request answered by a function, on top of those that intercept already.

    :param answer: Gets the request, and what answers it otherwise.
    :returns: What ends it.
    """
    engine = simulator.engine
    usual = engine.answer

    def intercepted(request: Request, families: Collection[str]) -> Delivery:
        return answer(request, lambda passed: usual(passed, families))

    def end() -> None:
        engine.answer = usual  # type: ignore[method-assign]

    engine.answer = intercepted  # type: ignore[method-assign]
    return end
