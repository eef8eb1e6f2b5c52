# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every handler of an API call is given."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .auth import Identity
from .clock import Clock
from .state import State
from .switches import Switches
from .wire import Request


@dataclass(frozen=True)
class Service:
    """The world behind the API: accounts, behaviour, time, and a seeded source of order for shuffled lists."""

    state: State
    switches: Switches
    clock: Clock
    random: random.Random = field(default_factory=lambda: random.Random(0))


@dataclass
class Call:
    """One API call while it is handled.

    Args:
        request: the request.
        api_key: the key that the credentials name, valid or not; None without credentials.
        identity: the authenticated caller; None until the credentials are found to be valid.
        params: the decoded variable parts of the path.
    """

    request: Request
    api_key: str | None = None
    identity: Identity | None = None
    params: dict[str, str] = field(default_factory=dict)

    @property
    def caller(self) -> Identity:
        """The authenticated caller.

        Raises:
            RuntimeError: when read before authentication, which is a mistake in the simulator.
        """
        if self.identity is None:
            raise RuntimeError("the call is not authenticated yet")
        return self.identity
