# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What Vonage shows of an account: the secrets that it lists, and how it answers logins with the recorded values."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

# How Vonage answered a login with a value. `none`: there is no such value, or it was not tried; `lost`: there is such a
# secret, and its value is not recorded.
Answer = t.Literal["accepted", "refused", "unknown", "none", "lost"]


@dataclass(frozen=True)
class ListedSecret:
    """A secret as Vonage lists it.

    :ivar created_at: When it was created; empty when Vonage does not say.
    """

    id: str
    created_at: str

    @classmethod
    def from_result(cls, secret: Mapping[str, t.Any]) -> ListedSecret:
        """Read a secret of the result of a module."""
        return cls(id=secret["id"], created_at=secret["created_at"])
