# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The reasons to halt that several decisions share."""

from __future__ import annotations

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import Plan, act, halt
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.situation import Situation


def lists_disagree(situation: Situation, more: str = "") -> Plan:
    """Halt because Vonage accepts a value and does not list its secret.

    :param more: What else may help, as the end of the sentence.
    """
    message = (
        "Vonage accepts a value whose secret it does not list, or not yet (listed:"
        f" {', '.join(situation.ids) or 'nothing'}). Run again in some minutes; if that does not help, the record is"
        f" outdated: set rotate_api_secret_record to the newest one{more}"
    )
    return halt("inconclusive", "lists_disagree", message)


def no_free_slot(situation: Situation) -> Plan:
    message = (
        "Vonage lists two secrets, and it is not known which one the interrupted rotation created (listed:"
        f" {', '.join(situation.ids)}). Find out in the Vonage dashboard which one nobody uses, remove it there, and"
        " run again"
    )
    return halt("blocked", "no_free_slot", message)


def no_valid_credential(situation: Situation) -> Plan:
    message = (
        "Vonage accepts none of the values in the record. If the secret was changed elsewhere, move the record away and"
        " run again with the valid secret in VONAGE_API_SECRET"
    )
    previous = situation.record.previous
    if previous and previous.value and situation.policy.mode != "rollback":
        message += "; if the previous secret still works, set rotate_api_secret_mode=rollback"
    return halt("blocked", "no_valid_credential", message)


def max_attempts(situation: Situation) -> Plan:
    message = (
        f"{situation.attempts} new secrets in a row were created and never accepted: ask Vonage support,"
        " then set rotate_api_secret_mode=rollback to abandon the last one, and rotate again"
    )
    return halt("blocked", "max_attempts", message)


def adopted_refused() -> Plan:
    message = (
        "Vonage does not accept the value to adopt: set rotate_api_secret_adopt_value to that of the second secret; or"
        " set rotate_api_secret_mode=rollback to abandon one that is in the record already"
    )
    return halt("blocked", "adopted_refused", message)


def not_accepted_everywhere(steps: tuple[str, ...]) -> Plan:
    """The run goes on, and waits for the new secret when it verifies it."""
    return act("resumed", "The new secret is not accepted everywhere yet", steps)
