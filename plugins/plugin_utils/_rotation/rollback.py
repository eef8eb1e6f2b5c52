# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The plan of a rollback: back to the previous secret, or, before the promotion, away from the pending one."""

from __future__ import annotations

from ansible_collections.community.vonage.plugins.module_utils._secret_file import NOT_PLAIN
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import RUN_AGAIN, Plan, act, halt
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import PendingSecret, PreviousSecret
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.situation import Situation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stops import (
    lists_disagree,
    no_free_slot,
    no_valid_credential,
)


def roll_back(situation: Situation) -> Plan:
    """Plan a rollback that has not made the previous secret the current one yet."""
    previous, pending = situation.record.previous, situation.record.pending
    if previous or pending:
        unknown = situation.halt_if_unknown(
            current="the secret in use", pending="the new secret", previous="the previous secret"
        )
        if unknown:
            return unknown
    if previous:
        return _restore_previous(situation, previous)
    if pending:
        return _abandon_pending(situation, pending)
    message = (
        "No rotation is under way, so there is nothing to go back to: a secret that was revoked cannot come back."
        " To replace the secret in use, set rotate_api_secret_force=true and rotate"
    )
    return halt("idle", "nothing_to_roll_back", message)


def _restore_previous(situation: Situation, previous: PreviousSecret) -> Plan:
    """Go back to the previous secret. The current one may be refused: that is what a rollback is for."""
    seen = situation.observation
    if previous.value is None:
        return _impossible("The value of the previous secret is not in the record")
    if situation.is_unfit_for_env_file(previous.value):
        return _impossible(f"The previous secret {NOT_PLAIN}")
    if previous.emergency:
        return _impossible(f"The previous secret has leaked ({previous.emergency})")
    if seen.previous == "refused":
        return _impossible("Vonage refuses the previous secret: it was revoked, and cannot come back")
    if situation.record.stage == "revoking" and seen.current == "accepted":
        # The request may be on its way still, or the run that recorded it may be asleep. Neither can be called back.
        return _impossible("The previous secret is being revoked, which cannot be called back")
    if seen.previous == "none":
        return halt("inconclusive", "probe_unknown", f"The previous secret was not tried. {RUN_AGAIN}")
    alone = len(situation.ids) == 1
    previous_not_listed = bool(previous.id) and not situation.is_listed(previous.id)
    if not situation.ids or previous_not_listed or (alone and seen.current == "accepted"):
        return lists_disagree(situation)
    last: tuple[str, ...] = ()
    if alone:
        last = ("settle",)
    elif situation.superseded_id and situation.can_be_confirmed:
        last = ("revoke", "settle")
    message = "The previous secret is accepted and becomes the one in use again; the new one is rejected"
    return act("rolled_back", message, ("rollback", "distribute", "confirm", *last))


def _abandon_pending(situation: Situation, pending: PendingSecret) -> Plan:
    """Go back before the promotion: no consumer has the pending value yet."""
    accepted = situation.observation.pending == "accepted"
    current = situation.observation.current
    secret_id = situation.pending_id if accepted else situation.droppable_id
    if current != "accepted" and (accepted or secret_id):
        return _impossible("The new secret may be the only one that works")
    if current == "refused" and not situation.policy.admin:
        return no_valid_credential(situation)
    if len(situation.ids) == 1 and (accepted or secret_id):
        return lists_disagree(situation)
    # The secret of an adopted value was not created here, so it is forgotten, and not dropped.
    if secret_id and not pending.adopted:
        return _give_up(("drop", "abandon"), secret_id)
    if not pending.adopted and len(situation.ids) > 1 and pending.id in (None, situation.current_id):
        return no_free_slot(situation)
    return _give_up(("abandon",))


def _give_up(steps: tuple[str, ...], secret_id: str | None = None) -> Plan:
    message = "The interrupted rotation is abandoned, and the secret in use stays"
    return act("given_up", message, steps, secret_id)


def _impossible(why: str) -> Plan:
    message = f"{why}. Rotate instead: set rotate_api_secret_mode=rotate and rotate_api_secret_force=true"
    return halt("blocked", "rollback_impossible", message)
