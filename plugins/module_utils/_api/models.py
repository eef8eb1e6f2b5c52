# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What the client returns of secrets and balances."""

from __future__ import annotations

import typing as t
from decimal import Decimal

from ansible_collections.community.vonage.plugins.module_utils._api.errors import VonageError

ProbeResult = t.Literal["accepted", "refused", "unknown"]


class Secret(t.NamedTuple):
    """An API secret as Vonage lists it, without its value.

    :ivar id: Vonage's id of the secret.
    :ivar created_at: Creation time, ISO 8601 in UTC with whole seconds; "" when Vonage returns no valid time.
    """

    id: str
    created_at: str

    def as_dict(self) -> dict[str, str]:
        return {"id": self.id, "created_at": self.created_at}


class Probe(t.NamedTuple):
    """The outcome of logging in with a value.

    :ivar result: `accepted` for a 200. `refused` for a 401 with a Vonage error body, from a server whose identity is
        verified. `unknown` for everything else: a 403, a 5xx, a proxy or a network error proves nothing.
    :ivar secrets: The secrets of the account, if the value was accepted.
    :ivar error: Why the value was not accepted.
    """

    result: ProbeResult
    secrets: list[Secret] | None = None
    error: VonageError | None = None


class Balance(t.NamedTuple):
    """The prepaid balance.

    :ivar value: The amount in euro.
    :ivar auto_reload: Whether Vonage tops up the account automatically; None if the response does not say.
    """

    value: Decimal
    auto_reload: bool | None
