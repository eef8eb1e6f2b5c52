# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""How far a run can take a rotation: until the consumers have the new secret, or to the revocation of the old one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import ALL_STEPS, Plan, act, halt
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import CONSUMERS
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.situation import Situation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import parse_timestamp, time_after


def steps_from(situation: Situation, first: str) -> tuple[str, ...]:
    """The steps of a rotation from one on, as far as this run can take it."""
    if can_revoke_in_this_run(situation):
        return ALL_STEPS[ALL_STEPS.index(first) :]
    return steps_until_confirm(first)


def steps_until_confirm(first: str) -> tuple[str, ...]:
    """The steps from one on until the consumers have the new secret, and no further."""
    return ALL_STEPS[ALL_STEPS.index(first) : ALL_STEPS.index("revoke")]


def can_revoke_in_this_run(situation: Situation) -> bool:
    """Whether a secret that this run supersedes can be revoked before the run ends."""
    end_of_grace = time_after(situation.now, situation.policy.grace)
    return situation.skip_waiting or _can_revoke(situation, end_of_grace)


def finish_handover(situation: Situation, message: str, last: tuple[str, ...], secret_id: str | None = None) -> Plan:
    """Hand over the promoted secret, then take the last steps as soon as they are safe.

    Before the consumers were asked, the plan holds what this run can reach; after that, what is safe now.

    :param message: What is found, for a run that has yet to hand the secret over.
    :param last: `settle`, with `revoke` before it when the old secret is still there.
    :param secret_id: The ID that would be revoked.
    """
    previous = situation.record.previous
    not_before = previous.revoke_not_before if previous and "revoke" in last else None
    reachable = "revoke" not in last or _can_revoke(situation, parse_timestamp(not_before or situation.now))
    hand_over = () if situation.observation.confirmed is not None else ("distribute", "confirm")
    missing = situation.missing_consumers
    if situation.previous_leak and "revoke" in last:
        message = f"The old secret has leaked ({situation.previous_leak}), and is revoked without waiting"
        if missing:
            # Settled only when the missing consumers have the new secret: they are cut off, and must not be forgotten.
            message, last = f"{message}. {_unconfirmed(situation)}", ("revoke",)
        decision = act("emergency", message, (*hand_over, *last))
    elif missing:
        decision = halt("grace", "unconfirmed_consumers", _unconfirmed(situation))
    elif not reachable:
        decision = replace(_grace(situation, not_before), steps=hand_over)
    elif hand_over:
        decision = act("resumed", message, (*hand_over, *last))
    else:
        message = "The old secret is no longer in use"
        if situation.policy.consumers:
            message = "Every consumer uses the new secret"
        decision = act("confirmed", message, last)
    return replace(decision, secret_id=secret_id, missing=missing)


def _can_revoke(situation: Situation, not_before: datetime) -> bool:
    return situation.can_be_confirmed and not_before <= parse_timestamp(situation.now)


def _unconfirmed(situation: Situation) -> str:
    generation, missing = situation.record.generation, situation.missing_consumers
    message = f"These consumers have not confirmed generation {generation}: {', '.join(missing)}"
    if situation.central_is_missing and situation.policy.central not in CONSUMERS:
        message += (
            ". A hook of your own confirms a central consumer by setting rotate_api_secret_central_confirmed_generation"
            " to the generation that it read back"
        )
    return message


def _grace(situation: Situation, not_before: str | None) -> Plan:
    if situation.can_be_confirmed:
        return halt("grace", "grace_period", f"The old secret stays until {not_before}")
    message = (
        "No consumer confirms that the new secret is in use, so the old one stays. Make sure that nobody uses the old"
        " one, and run with rotate_api_secret_mode=finish; or set rotate_api_secret_consumers and"
        " rotate_api_secret_confirm_tasks"
    )
    return halt("grace", "nobody_confirms", message)
