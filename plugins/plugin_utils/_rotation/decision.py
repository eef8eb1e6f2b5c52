# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The plan of a run as it is handed on, and the two ways to make one: to act, and to halt."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass

Outcome = t.Literal["rotate", "idle", "grace", "blocked", "inconclusive"]

# The steps of a whole rotation, in their order.
ALL_STEPS = ("prepare", "create", "verify", "promote", "distribute", "confirm", "revoke", "settle")

# What an operator can do when Vonage did not answer.
RUN_AGAIN = "Run again later, when VONAGE_REST_URL and VONAGE_API_URL can be reached from here"


@dataclass(frozen=True)
class Plan:
    """What is safe to do next.

    :ivar outcome: What becomes of the run.
    :ivar reason: A stable word for the reason.
    :ivar message: The reason in one sentence, and what to do.
    :ivar steps: The steps, in their order.
    :ivar secret_id: The ID that `drop` or `revoke` would delete, where it is known.
    :ivar missing: The consumers that have not confirmed.
    :ivar warnings: What the operator should know beside the reason, a sentence each.
    :ivar overlap_seconds: How long two secrets have been valid since the promotion, or 0.
    :ivar age_seconds: The age of the secret in use, when it is known.
    """

    outcome: Outcome
    reason: str
    message: str
    steps: tuple[str, ...] = ()
    secret_id: str | None = None
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    overlap_seconds: int = 0
    age_seconds: int | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """Write the plan in plain types."""
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "message": self.message,
            "steps": list(self.steps),
            "secret_id": self.secret_id,
            "missing": list(self.missing),
            "warnings": list(self.warnings),
            "overlap_seconds": self.overlap_seconds,
            "age_seconds": self.age_seconds,
        }


def act(reason: str, message: str, steps: Sequence[str], secret_id: str | None = None) -> Plan:
    """The plan of a run that goes on.

    :param secret_id: The ID that it would delete.
    """
    return Plan("rotate", reason, message, steps=tuple(steps), secret_id=secret_id)


def halt(outcome: Outcome, reason: str, message: str) -> Plan:
    """The plan of a run that does nothing more."""
    return Plan(outcome, reason, message)
