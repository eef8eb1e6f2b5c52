# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The tasks of a plan's steps: what a run does at Vonage and to the record, and in which order.

A task is `save STEP`, to save the record that follows a step; `note EVENT`, for the report; `notify EVENT`, for the
team; or the name of what is done, such as `create`. `release` is saved when a run gives the record up without anything
to record.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping, Sequence

Plan = Mapping[str, t.Any]

# The intent is saved before something is revoked, and what else is done, after it.
_TASKS: Mapping[str, Sequence[str]] = {
    "claim": ["save claim"],
    "adopt": ["save adopt"],
    "adopt_value": ["save adopt_value"],
    "rollback": ["save rollback", "notify rolled_back"],
    "drop": ["save drop", "drop", "note dropped", "save dropped"],
    "abandon": ["save abandon"],
    "prepare": ["save prepare"],
    "create": ["create", "note created", "save create"],
    "verify": ["verify", "verify_hook"],
    "promote": ["save promote", "notify promoted"],
    "distribute": ["distribute"],
    # Consumers are asked where they are.
    "confirm": [],
    "revoke": ["save revoke", "revoke", "note revoked", "notify revoked"],
    "settle": ["settle", "save settle"],
}

# These are a user's, and there only when they are wanted.
HOOKS = ("approve", "verify_hook", "distribute", "note", "notify")


def tasks_before_asking(plan: Plan, hooks: Collection[str]) -> list[str]:
    """What a run does until its consumers are asked.

    :param plan: Made before they were asked.
    :param hooks: Those of `HOOKS` that there are.
    """
    steps: list[str] = plan["steps"]
    asks = "confirm" in steps
    before = steps[: steps.index("confirm")] if asks else steps
    if not before:
        return []
    return _wanted(["approve", *_of(before), *([] if asks else ["save release"])], hooks)


def tasks_after_asking(plan: Plan, stage: str, hooks: Collection[str]) -> list[str]:
    """What a run does when its consumers were asked.

    :param plan: Made after they were asked.
    :param stage: Of the record.
    :param hooks: Those of `HOOKS` that there are.
    """
    steps = plan["steps"]
    # Anything else is for the next run, with what depends on it.
    if steps and all(step in ("revoke", "settle") for step in steps):
        return _wanted([*_of(steps), *([] if "settle" in steps else ["save release"])], hooks)
    # The old secret stays for now.
    handed_over = stage == "promoted" and not plan["missing"]
    return ["save distribute" if handed_over else "save release"]


def _of(steps: t.Iterable[str]) -> list[str]:
    return [task for step in steps for task in _TASKS[step]]


def _wanted(tasks: Sequence[str], hooks: Collection[str]) -> list[str]:
    return [task for task in tasks if task.split()[0] not in HOOKS or task.split()[0] in hooks]
