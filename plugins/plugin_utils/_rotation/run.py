# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Which steps of a plan a run takes before its consumers confirm, and which after. Their order is that of the role."""

from __future__ import annotations

from collections.abc import Sequence

# The order of the role's files begin.yml and finish.yml. Every plan keeps to it.
ORDER = (
    *("claim", "adopt", "adopt_value", "rollback", "drop", "abandon"),
    # In an emergency, what was left of an earlier rotation is revoked to make room.
    *("revoke", "settle"),
    *("prepare", "create", "verify", "promote", "distribute"),
)

# A run that repairs something includes one file more.
REPAIRS = ORDER[: ORDER.index("prepare")]


def planned_begin(steps: Sequence[str]) -> list[str]:
    """The steps until the consumers confirm.

    :param steps: Of the plan that was made before they were asked.
    """
    return list(steps[: steps.index("confirm")] if "confirm" in steps else steps)


def planned_finish(steps: Sequence[str]) -> list[str]:
    """The steps after the consumers were asked. Leave plans with other steps to the next run.

    :param steps: Of the plan that was made after they were asked.
    """
    return list(steps) if all(step in ("revoke", "settle") for step in steps) else []


def last_save_begin(steps: Sequence[str]) -> str:
    """The save that gives up the lease of a run whose consumers are not asked; empty when there is nothing to save."""
    return "release" if steps and "confirm" not in steps else ""


def last_save_finish(planned: Sequence[str], stage: str, missing: Sequence[str]) -> str:
    """The save that gives up the lease of a run that does not settle.

    :param planned: What `planned_finish` gives.
    :param stage: Of the record.
    :param missing: The consumers that have not confirmed.
    """
    if "settle" in planned:
        return ""
    return "distribute" if not planned and stage == "promoted" and not missing else "release"
