# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The plan of a rotation: what is safe to do next. No I/O, and no clock.

The *record* is what is kept of an account, the *observation* is what Vonage shows of it at this moment, and the
*policy* is what the operator wants. From these three, `plan` decides on the steps; `transitions.advance` gives the
record that follows a step.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import replace

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import RUN_AGAIN, Plan, act, halt
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.handover import (
    finish_handover,
    steps_from,
    steps_until_confirm,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import Observation, observe
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Lease, Record
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.rollback import roll_back
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.second_secret import plan_for_second_secret
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.situation import MAX_ATTEMPTS, Situation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stops import (
    adopted_refused,
    lists_disagree,
    max_attempts,
    no_free_slot,
    no_valid_credential,
    not_accepted_everywhere,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    describe_duration,
    parse_duration,
)

# These steps act on Vonage or on the consumers before they save the record, or do not save it. A run that begins with
# one of them saves its lease first (`claim`), so that two runs do not both act.
_ACT_BEFORE_SAVING = ("create", "verify", "distribute", "confirm")


def plan(record: Record, observation: Observation, policy: Policy, now: str) -> Plan:
    """Decide what is safe to do next.

    :param record: The record as stored, or `new_record`.
    :param observation: What `observe` put together.
    :param policy: What the operator wants.
    :param now: The time, ISO 8601 in UTC.
    """
    situation = Situation(record, observation, policy, now)
    decision = _decide(situation)
    claim = ("claim",) if decision.steps[:1] and decision.steps[0] in _ACT_BEFORE_SAVING else ()
    return replace(
        decision,
        steps=(*claim, *decision.steps),
        warnings=_warnings(situation, decision.reason),
        overlap_seconds=situation.overlap_seconds,
        age_seconds=situation.age_seconds,
    )


def lists_agree(record: Record, info: Mapping[str, t.Any], mode: str, current_secret_id: str, now: str) -> bool:
    """Whether the listed secrets can be those of the values that Vonage accepts; if not, another look may help.

    :param record: The record.
    :param info: As of `observe`.
    :param mode: As of the policy.
    :param current_secret_id: As of the policy.
    :param now: The time, ISO 8601 in UTC.
    """
    # Neither the lease nor the owner of the credentials matters here.
    policy = Policy(
        mode="rollback" if mode == "rollback" else "rotate",
        current_secret_id=current_secret_id or "",
        break_lease=True,
        admin=True,
    )
    return plan(record, observe(record, info, policy), policy, now).reason != "lists_disagree"


def _decide(situation: Situation) -> Plan:
    seen, mode, admin = situation.observation, situation.policy.mode, situation.policy.admin
    refused = _emergency_refused(situation) if mode == "emergency" else None
    if refused:
        return refused
    if situation.foreign_lease and mode != "status":
        return _leased(situation.foreign_lease)
    if seen.secrets is None:
        return _not_listed(situation)
    if not situation.ids and not admin:
        return halt(
            "blocked",
            "protocol_error",
            "Vonage lists no secret for the account, although every account has one: ask Vonage support; or set"
            " rotate_api_secret_api_key and rotate_api_secret_api_secret to the credentials of its primary account, and"
            " a first secret is created",
        )
    previous = situation.record.previous
    if mode == "rollback" and not (previous and previous.rejected):
        return roll_back(situation)
    if not situation.ids:
        return _first_secret(situation)
    unknown = situation.halt_if_unknown(current="the secret in use", pending="the new secret")
    if unknown:
        return unknown
    if seen.current == "accepted":
        return _one_listed(situation) if len(situation.ids) == 1 else _two_listed(situation)
    return _current_not_accepted(situation)


def _emergency_refused(situation: Situation) -> Plan | None:
    """Halt an emergency that was not given a reason, or permission to cut consumers off."""
    if not situation.policy.emergency_reason:
        message = (
            "An emergency needs a reason, which is recorded so that the emergency is not run twice: set"
            " rotate_api_secret_emergency_reason to a few words, such as the number of the incident"
        )
        return halt("blocked", "emergency_needs_reason", message)
    if not situation.policy.accept_cut_off:
        message = (
            "An emergency revokes the old secret without waiting for confirmations or grace, so consumers that have not"
            " taken the new one by then are cut off: set rotate_api_secret_accept_cut_off=true to accept that"
        )
        return halt("blocked", "emergency_not_accepted", message)
    return None


def _leased(lease: Lease) -> Plan:
    message = (
        f"{_held_by(lease)}: wait until then; or, if that run has certainly ended, set"
        " rotate_api_secret_break_lease=true"
    )
    return halt("blocked", "leased", message)


def _held_by(lease: Lease) -> str:
    return f"The run {lease.holder} has leased the record until {lease.expires}"


def _not_listed(situation: Situation) -> Plan:
    refused = situation.observation.status == 401
    if refused and situation.record.version > 0 and not situation.policy.admin:
        return no_valid_credential(situation)
    if refused:
        message = (
            "Vonage refuses the login: the key or the secret is wrong, or the secret was revoked. Set"
            " rotate_api_secret_api_key and rotate_api_secret_api_secret, or VONAGE_API_KEY and VONAGE_API_SECRET, to"
            " valid ones"
        )
        return halt("blocked", "no_valid_credential", message)
    message = f"Vonage did not list the secrets of the account. {RUN_AGAIN}"
    return halt("inconclusive", "not_listed", message)


def _first_secret(situation: Situation) -> Plan:
    """No secret is listed, and the credentials are those of the primary account."""
    if situation.pending_may_arrive:
        return not_accepted_everywhere((*steps_until_confirm("verify"), "settle"))
    steps = steps_until_confirm(_first_step(situation))
    return act("first_secret", "The account has no secret yet", (*steps, "settle"))


def _first_step(situation: Situation) -> str:
    return "create" if situation.pending_can_be_created else "prepare"


def _one_listed(situation: Situation) -> Plan:
    """One secret is listed, and the current value is accepted."""
    seen, record, policy = situation.observation, situation.record, situation.policy
    (listed_id,) = situation.ids
    if seen.pending == "accepted" or listed_id in (situation.recorded_previous_id, situation.recorded_pending_id):
        return lists_disagree(situation)
    if situation.recorded_current_id not in (None, "", listed_id) and policy.current_secret_id != listed_id:
        # The same value may have been created again by hand, too.
        return lists_disagree(
            situation, "; or, if the listed secret is the one in use, set rotate_api_secret_current_secret_id to its ID"
        )
    if situation.pending_may_arrive:
        return not_accepted_everywhere(steps_from(situation, "verify"))
    if seen.pending in ("refused", "lost"):
        if situation.recorded_pending_id and situation.attempts >= MAX_ATTEMPTS:
            return max_attempts(situation)
        steps = steps_from(situation, _first_step(situation))
        return act("resumed", "A rotation was interrupted, and Vonage does not list its new secret", steps)
    if situation.current_has_leaked:
        message = "The secret in use has leaked, and is replaced and revoked now"
        settle = ("settle",) if record.previous else ()
        return act("emergency", message, (*settle, *steps_from(situation, "prepare")))
    if record.previous or record.stage in ("promoted", "distributed"):
        return finish_handover(situation, "The old secret is gone, and the new one is handed over", ("settle",))
    due = situation.due_reason
    if due:
        why = "A rotation was asked for" if due == "forced" else f"The secret is older than {policy.max_age}"
        return act(due, why, steps_from(situation, "prepare"))
    if policy.mode == "emergency":
        message = f"The leaked secret is revoked already, as the record says: {policy.emergency_reason}"
        return halt("idle", "emergency_done", message)
    return halt("idle", "not_due", "The secret is accepted and not due for rotation")


def _two_listed(situation: Situation) -> Plan:
    """Two secrets are listed (or more), and the current value is accepted."""
    seen = situation.observation
    for answer, recorded_id in (
        (seen.current, situation.recorded_current_id),
        (seen.pending, situation.recorded_pending_id),
    ):
        if answer == "accepted" and recorded_id and not situation.is_listed(recorded_id):
            return lists_disagree(situation)
    if seen.pending == "accepted":
        return _resume_after_creation(situation)
    if seen.pending in ("refused", "lost"):
        return _two_listed_pending_unusable(situation)
    superseded = situation.superseded_id
    if superseded and situation.current_has_leaked:
        message = (
            "The secret in use has leaked: the previous one is revoked to make room, then the leaked one is replaced"
        )
        return act("emergency", message, ("revoke", "settle", *steps_from(situation, "prepare")), superseded)
    if superseded:
        message = "The new secret is in use, and the old one is not revoked yet"
        return finish_handover(situation, message, ("revoke", "settle"), superseded)
    return plan_for_second_secret(situation)


def _resume_after_creation(situation: Situation) -> Plan:
    steps = steps_from(situation, "verify") if situation.current_id else steps_until_confirm("verify")
    return act("resumed", "A rotation was interrupted after its new secret was created", steps)


def _two_listed_pending_unusable(situation: Situation) -> Plan:
    """Vonage has no room for another secret, and the pending value is refused or lost."""
    refused = situation.observation.pending == "refused"
    if situation.record.pending and situation.record.pending.adopted:
        return adopted_refused()
    droppable = situation.droppable_id
    if not droppable and refused and situation.other_was_given_up:
        message = "The new secret was not created, because a secret that an earlier attempt gave up takes its place"
        return act("given_up", message, ("abandon",))
    if not droppable:
        return no_free_slot(situation)
    if situation.pending_may_arrive:
        return not_accepted_everywhere(steps_from(situation, "verify"))
    if refused and situation.attempts >= MAX_ATTEMPTS:
        return max_attempts(situation)
    message = "Vonage never accepted the secret that the interrupted rotation created, so it is replaced"
    return act("replaced", message, ("drop", *steps_from(situation, "prepare")), droppable)


def _current_not_accepted(situation: Situation) -> Plan:
    """Vonage refuses the current value, or none is known."""
    alone = len(situation.ids) == 1
    if situation.observation.pending == "accepted":
        if situation.observation.current != "none":
            return _hand_over_now(situation)
        if situation.pending_not_listed:
            return lists_disagree(situation)
        resumed = _resume_after_creation(situation)
        return replace(resumed, steps=(*steps_until_confirm("verify"), "settle")) if alone else resumed
    if alone and situation.policy.admin:
        if situation.pending_may_arrive:
            return not_accepted_everywhere(steps_until_confirm("verify"))
        first = _first_step(situation)
        named = situation.policy.current_secret_id == situation.ids[0]
        steps = steps_from(situation, first) if named else steps_until_confirm(first)
        return act("bootstrap", "No valid value is known; a new secret is created beside the existing one", steps)
    return no_valid_credential(situation)


def _hand_over_now(situation: Situation) -> Plan:
    """Vonage refuses the current value and accepts the pending one: consumers are cut off until they have it."""
    # With two listed, we cannot tell which ID the refused value had: revoke neither.
    last = ("settle",) if len(situation.ids) == 1 and not situation.pending_not_listed else ()
    message = "Vonage no longer accepts the secret in use; the new one works and is handed over now"
    return act("current_refused", message, ("promote", "distribute", "confirm", *last))


def _warnings(situation: Situation, reason: str) -> tuple[str, ...]:
    found = []
    if reason == "current_refused":
        found.append(
            "Vonage refuses the secret in use, so consumers are cut off until they have the new one: find out who"
            " revoked it"
        )
    if situation.foreign_lease and situation.policy.mode == "status":
        found.append(f"{_held_by(situation.foreign_lease)}, and may change what is shown here")
    longest, overlap = situation.policy.overlap_warning, situation.overlap_seconds
    limit = parse_duration(longest) if longest else 0
    if limit and overlap > limit:
        found.append(
            f"Two secrets have been valid for {describe_duration(overlap)} since the promotion, longer than"
            f" rotate_api_secret_overlap_warning, which is {longest}"
        )
    return tuple(found)
