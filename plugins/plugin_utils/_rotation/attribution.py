# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Which listed ID belongs to which recorded value. Vonage does not say so, and only proof counts.

An ID is never attributed by its age, nor by its place in the list.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import Answer
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Record


def attribute_ids(
    record: Record, ids: Sequence[str], current: Answer, pending: Answer
) -> tuple[str | None, str | None]:
    """Attribute listed IDs to the current and to the pending secret, as far as there is proof.

    Proof is: the record (which has the ID of our own 201), the only listed ID when a value is accepted, the one ID that
    was not listed before the creation, and elimination when the other ID is certain.

    :param record: The record.
    :param ids: The listed IDs.
    :param current: How Vonage answered a login with the current value.
    :param pending: How Vonage answered a login with the pending value.
    :returns: The IDs of the current and of the pending secret, each None without proof.
    """
    recorded_current = record.current.id if record.current else None
    recorded_pending = record.pending.id if record.pending else None
    if len(ids) == 1 and current == "accepted" != pending:
        return ids[0], None
    # What was listed before the creation is not what was created. When our own 201 gave an ID, no other one is.
    created = ids[0] if len(ids) == 1 and ids[0] not in record.ids_before else None
    if created and pending == "accepted" != current and recorded_pending in (None, created):
        return None, created
    current_id = recorded_current if recorded_current in ids else None
    pending_id = recorded_pending if recorded_pending in ids else None
    if len(ids) != 2:
        return current_id, pending_id
    # A recorded ID that is not listed is a contradiction: elimination would make a false proof of it.
    find_current = current == "accepted" and recorded_current is None
    find_pending = pending == "accepted" and recorded_pending is None
    if find_current and pending == "none":
        previous_id = record.previous.id if record.previous else None
        current_id = other_id(ids, previous_id) if previous_id in ids else None
    if find_pending:
        fresh = [secret_id for secret_id in ids if secret_id not in record.ids_before]
        pending_id = other_id(ids, current_id) or (fresh[0] if len(fresh) == 1 else None)
    if find_current:
        current_id = current_id or other_id(ids, pending_id)
    return current_id, pending_id


def other_id(ids: Sequence[str], known: str | None) -> str | None:
    """The listed ID beside a known one; None when none is known."""
    return next((secret_id for secret_id in ids if secret_id != known), None) if known else None
