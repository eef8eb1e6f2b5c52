# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The plan where Vonage lists a second secret that is neither the pending nor the previous one of the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import Plan, act, halt
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.handover import (
    can_revoke_in_this_run,
    steps_from,
    steps_until_confirm,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.situation import Situation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stops import adopted_refused
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    parse_duration,
    parse_timestamp,
)

# Vonage may accept a value for a while after its secret was revoked. Later than this, the secret has come back.
_RETIRED_MAY_LINGER = "1h"


def plan_for_second_secret(situation: Situation) -> Plan:
    """Plan for a retired secret that came back, or for a secret that only the operator knows."""
    unknown = situation.halt_if_unknown(retired="a retired value")
    if unknown:
        return unknown
    others = [secret_id for secret_id in situation.ids if secret_id != situation.current_id]
    if situation.observation.retired == "accepted" and situation.current_id and len(others) == 1:
        return _retired_accepted(situation, others[0])
    wrong = _wrong_id_named(situation)
    if wrong:
        return halt("blocked", "unknown_second_secret", wrong)
    # Beside a previous value, the second secret may be the previous one, even if its ID is not known.
    if situation.observation.adopted != "none" and len(situation.ids) == 2 and not situation.record.previous:
        return _adopt_value(situation)
    if situation.policy.current_secret_id and len(situation.ids) == 2:
        return _adopt(situation, situation.policy.current_secret_id)
    return _unknown_second_secret(situation)


def _retired_accepted(situation: Situation, secret_id: str) -> Plan:
    retired = [parse_timestamp(entry.retired_at) for entry in situation.record.retired]
    now = parse_timestamp(situation.now)
    if now - max(retired, default=now) < timedelta(seconds=parse_duration(_RETIRED_MAY_LINGER)):
        message = (
            "Vonage accepts a value that was retired just now, which may be a delay. Run again"
            f" {_RETIRED_MAY_LINGER} after it was retired: if Vonage accepts it then, its secret is revoked"
        )
        return halt("inconclusive", "retired_lingers", message)
    message = "Vonage accepts a retired value again: a late request has created its secret anew"
    steps = steps_from(situation, "prepare") if situation.current_has_leaked else ()
    return act("retired_revived", message, ("drop", *steps), secret_id)


def _wrong_id_named(situation: Situation) -> str:
    """What is wrong with the ID that the operator named; empty when nothing is."""
    named, recorded = situation.policy.current_secret_id, situation.recorded_current_id
    if named and not situation.is_listed(named):
        return (
            f"rotate_api_secret_current_secret_id is {named}, which Vonage does not list: set it to the one of"
            f" {', '.join(situation.ids)} that is in use"
        )
    if named and situation.is_listed(recorded) and recorded != named:
        return (
            f"rotate_api_secret_current_secret_id is {named}, but the record says that {recorded} is in use:"
            f" set it to {recorded}, and the other secret is revoked as soon as all consumers have confirmed"
        )
    return ""


def _adopt_value(situation: Situation) -> Plan:
    """The operator named the value of the second secret, which becomes the secret in use."""
    unknown = situation.halt_if_unknown(adopted="the value to adopt")
    if unknown:
        return unknown
    if situation.observation.adopted == "refused":
        return adopted_refused()
    id_is_known = situation.current_id or situation.policy.current_secret_id
    steps = steps_from(situation, "verify") if id_is_known else steps_until_confirm("verify")
    return act(
        "adopted", "The operator named the value of the second secret, which is handed over", ("adopt_value", *steps)
    )


def _adopt(situation: Situation, named_id: str) -> Plan:
    """The operator named the ID of the secret in use, so the other one is superseded."""
    superseded = next(secret_id for secret_id in situation.ids if secret_id != named_id)
    if situation.current_has_leaked:
        message = (
            f"The operator named {named_id} as the secret in use: the other one is revoked, then {named_id} is replaced"
        )
        steps = ("adopt", "revoke", "settle", *steps_from(situation, "prepare"))
        return act("emergency", message, steps, superseded)
    last = ("revoke", "settle") if can_revoke_in_this_run(situation) else ()
    message = f"The operator named {named_id} as the secret in use; the other one is superseded"
    return act("adopted", message, ("adopt", "distribute", "confirm", *last), superseded)


def _unknown_second_secret(situation: Situation) -> Plan:
    message = (
        f"The account has a secret that this rotation did not make (listed: {', '.join(situation.ids)}). If nobody uses"
        " it, remove it with vonage_api_secret state=absent; or set rotate_api_secret_current_secret_id to the id of"
        " the secret in use, and the other one is revoked as soon as all consumers have confirmed; or set"
        " rotate_api_secret_adopt_value to the value of the other one, and that becomes the secret in use"
    )
    if situation.record.stage not in ("promoted", "distributed") or situation.current_has_leaked:
        return halt("blocked", "unknown_second_secret", message)
    asked = situation.observation.confirmed is not None
    if situation.skip_waiting and asked:
        return halt("blocked", "unknown_second_secret", f"The leaked secret may still be valid. {message}")
    # The current secret is handed over. The second one, whose ID is not known for certain, stays beside it.
    return replace(
        halt("grace", "unknown_second_secret", message),
        steps=() if asked else ("distribute", "confirm"),
        missing=situation.missing_consumers,
    )
