# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""How each step of a rotation changes the record."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.attribution import attribute_ids, other_id
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import Answer, ListedSecret
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    CurrentSecret,
    Lease,
    PendingSecret,
    PreviousSecret,
    Record,
    RetiredSecret,
    read_part,
    recorded_values,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    Duration,
    format_timestamp,
    time_after,
)

_MAX_RETIRED = 2

# As the lease in the facts of a step: the lease of the record stays as it is.
KEEP_LEASE = Lease(holder="", expires="")


@dataclass(frozen=True)
class Facts:
    """What a step learned.

    :ivar secrets: The secrets that were listed last.
    :ivar current: How Vonage answered a login with the current value.
    :ivar value: The new value (`prepare`), or the one that the operator named (`adopt_value`).
    :ivar created_id: The ID in the response to the creation (`create`); None when the response was lost.
    :ivar grace: How long the old secret stays (`adopt`, `promote`).
    :ivar refused: Whether Vonage was seen to refuse the old value (`settle`).
    :ivar secret_id: The ID that the operator named (`adopt`, `adopt_value`, `prepare`).
    :ivar lease: The lease of the new record; None for none. By default the lease stays as it is.
    :ivar emergency: The reason of the emergency; empty for none.
    """

    secrets: tuple[ListedSecret, ...] = ()
    current: Answer = "none"
    value: str | None = field(default=None, repr=False)
    created_id: str | None = None
    grace: Duration = 0
    refused: bool = True
    secret_id: str = ""
    lease: Lease | None = KEEP_LEASE
    emergency: str = ""

    @classmethod
    def from_options(cls, options: Mapping[str, t.Any]) -> Facts:
        """Read facts from plain types.

        :param options: By the names of the fields; `secret` is the created secret instead of `created_id`.
        """
        lease = options.get("lease")
        return cls(
            secrets=tuple(map(ListedSecret.from_result, options.get("secrets") or ())),
            current=options.get("current") or "none",
            value=options.get("value"),
            created_id=(options.get("secret") or {}).get("id"),
            grace=options.get("grace") or 0,
            refused=options.get("refused", True),
            secret_id=options.get("secret_id") or "",
            lease=(read_part(Lease, lease) if lease else None) if "lease" in options else KEEP_LEASE,
            emergency=options.get("emergency") or "",
        )

    @property
    def ids(self) -> list[str]:
        """The listed IDs."""
        return [secret.id for secret in self.secrets]

    def created_at(self, secret_id: str | None) -> str | None:
        """When a listed secret was created; None when that is not known."""
        return next((secret.created_at for secret in self.secrets if secret.id == secret_id), None) or None


def advance(record: Record, step: str, now: str, facts: Facts) -> Record:
    """The record that follows a step, with the next version.

    :param record: The record before the step.
    :param step: A step of a plan, each but `confirm`, which is not recorded; or `dropped`, after `drop`.
    :param now: The time, ISO 8601 in UTC.
    :param facts: What the step learned.
    :raises ValueError: There is no such step, a fact is missing, or the value to adopt is in the record already.
    """
    if step not in _TRANSITIONS:
        raise ValueError(f"{step!r} is not a recorded step: {', '.join(_TRANSITIONS)}")
    if facts.emergency and record.pending:
        # A value that was pending before the emergency replaces the leaked secret, too.
        record = replace(record, pending=replace(record.pending, emergency=facts.emergency))
    changed = _TRANSITIONS[step](record, now, facts)
    lease = record.lease if facts.lease is KEEP_LEASE else facts.lease
    return replace(changed, lease=lease, version=record.version + 1)


def _claim(record: Record, now: str, facts: Facts) -> Record:
    return record


def _adopt(record: Record, now: str, facts: Facts) -> Record:
    current = _needed(record.current, "a current secret")
    current_id = _needed(facts.secret_id, "the ID of the secret in use")
    previous = record.previous or PreviousSecret(value=None, id=None, revoke_not_before=None)
    return replace(
        record,
        stage="promoted",
        current=replace(current, id=current_id, created_at=facts.created_at(current_id), since=current.since or now),
        previous=replace(previous, id=other_id(facts.ids, current_id), revoke_not_before=_end_of_grace(now, facts)),
    )


def _adopt_value(record: Record, now: str, facts: Facts) -> Record:
    # With one value under two IDs, the ID of the current secret would be taken for that of a superseded one.
    if facts.value in recorded_values(record):
        raise ValueError("The value to adopt is in the record already: name that of the other secret, or none")
    current = _with_proven_id(_needed(record.current, "a current secret"), record, now, facts)
    if current.id is None and facts.secret_id in facts.ids:
        current = replace(current, id=facts.secret_id)
    return replace(
        record,
        stage="created",
        current=current,
        pending=PendingSecret(
            value=_needed(facts.value, "the value to adopt"),
            id=other_id(facts.ids, current.id),
            prepared_at=now,
            attempts=1,
            adopted=True,
            emergency=facts.emergency,
        ),
        ids_before=(current.id,) if current.id else (),
    )


def _drop(record: Record, now: str, facts: Facts) -> Record:
    # Recorded before the secret is deleted: its value is given up for good, and the ID says which secret is to go.
    pending = record.pending
    if not pending:
        return record
    secret_id = pending.id or attribute_ids(record, facts.ids, facts.current, "accepted")[1]
    return replace(record, pending=replace(pending, value=None, id=secret_id))


def _dropped(record: Record, now: str, facts: Facts) -> Record:
    if not record.pending:
        return record
    # The pending secret stays, without value and ID, for its number of attempts.
    return replace(record, stage="idle", pending=replace(record.pending, id=None))


def _abandon(record: Record, now: str, facts: Facts) -> Record:
    pending = _needed(record.pending, "a pending secret")
    # An emergency may have begun before the current secret was handed over to all consumers: go on with that.
    return replace(
        record,
        stage="promoted" if pending.emergency and record.generation else "idle",
        pending=None,
        # A lost request may still create the pending secret. As a retired one it is recognized, and can be dropped.
        retired=_retired(record, _given_up(pending, now)),
        ids_before=(),
    )


def _prepare(record: Record, now: str, facts: Facts) -> Record:
    current, replaced = record.current, record.pending
    if current is None and facts.secret_id in facts.ids:
        # The operator says which secret the new one replaces. Its value stays unknown.
        current = CurrentSecret(value=None, id=facts.secret_id, created_at=None, since=None)
    return replace(
        record,
        stage="prepared",
        current=_with_proven_id(current, record, now, facts) if current else None,
        pending=PendingSecret(
            value=_needed(facts.value, "the new value"),
            id=None,
            prepared_at=now,
            attempts=(replaced.attempts if replaced else 0) + 1,
            emergency=facts.emergency or (replaced.emergency if replaced else ""),
        ),
        # A secret that was created and is not listed may still appear. As a retired one it is recognized.
        retired=_retired(record, _given_up(replaced, now)),
        ids_before=tuple(facts.ids),
    )


def _create(record: Record, now: str, facts: Facts) -> Record:
    pending = _needed(record.pending, "a pending secret")
    attributed = attribute_ids(record, facts.ids, facts.current, "accepted")[1]
    # An ID that was listed before is not that of the new secret, even when it is the only one that is listed now.
    fresh = [secret_id for secret_id in (facts.created_id, attributed) if secret_id not in (None, *record.ids_before)]
    # The time that the secret may take to be accepted begins now. Its value may have been made long ago.
    return replace(record, stage="created", pending=replace(pending, id=next(iter(fresh), None), created_at=now))


def _verify(record: Record, now: str, facts: Facts) -> Record:
    return replace(record, stage="verified")


def _promote(record: Record, now: str, facts: Facts) -> Record:
    old, new = record.current, _needed(record.pending, "a pending secret")
    current_id, pending_id = attribute_ids(record, facts.ids, facts.current, "accepted")
    pending_id = pending_id or new.id
    previous = None
    if old:
        # An ID that is not beyond doubt is not recorded, so that no secret is deleted by it.
        previous = PreviousSecret(
            value=old.value,
            id=None if facts.current == "refused" else current_id or old.id,
            revoke_not_before=_end_of_grace(now, facts),
            emergency=new.emergency,
        )
    return replace(
        record,
        stage="promoted",
        generation=record.generation + 1,
        current=CurrentSecret(value=new.value, id=pending_id, created_at=facts.created_at(pending_id), since=now),
        pending=None,
        previous=previous,
    )


def _rollback(record: Record, now: str, facts: Facts) -> Record:
    old, new = _needed(record.current, "a current secret"), _needed(record.previous, "a previous secret")
    return replace(
        record,
        stage="promoted",
        generation=record.generation + 1,
        current=CurrentSecret(value=new.value, id=new.id, created_at=facts.created_at(new.id), since=now),
        previous=PreviousSecret(
            value=old.value,
            id=attribute_ids(record, facts.ids, facts.current, "none")[0] or old.id,
            revoke_not_before=now,
            # No rollback goes back to it.
            rejected=True,
        ),
    )


def _distribute(record: Record, now: str, facts: Facts) -> Record:
    return replace(record, stage="distributed")


def _revoke(record: Record, now: str, facts: Facts) -> Record:
    return replace(record, stage="revoking")


def _settle(record: Record, now: str, facts: Facts) -> Record:
    previous = record.previous
    retired = None
    if previous:
        # A value that Vonage was not seen to refuse is not kept: it would be taken for a secret that came back.
        value = previous.value if facts.refused else None
        retired = RetiredSecret(value=value, id=previous.id, retired_at=now, emergency=previous.emergency)
    # The previous secret was revoked to make room for an emergency, before all consumers had the current one.
    made_room = previous and facts.emergency and previous.emergency != facts.emergency
    return replace(
        record,
        stage="promoted" if made_room else "idle",
        previous=None,
        retired=_retired(record, retired),
        ids_before=(),
    )


_TRANSITIONS: Mapping[str, t.Callable[[Record, str, Facts], Record]] = {
    "claim": _claim,
    "adopt": _adopt,
    "adopt_value": _adopt_value,
    "drop": _drop,
    "dropped": _dropped,
    "abandon": _abandon,
    "prepare": _prepare,
    "create": _create,
    "verify": _verify,
    "promote": _promote,
    "rollback": _rollback,
    "distribute": _distribute,
    "revoke": _revoke,
    "settle": _settle,
}

_Fact = t.TypeVar("_Fact")


def _needed(fact: _Fact | None, name: str) -> _Fact:
    if not fact:
        raise ValueError(f"The step needs {name}, which is missing")
    return fact


def _with_proven_id(current: CurrentSecret, record: Record, now: str, facts: Facts) -> CurrentSecret:
    """The current secret, with its ID as far as there is proof of it now."""
    current_id = attribute_ids(replace(record, current=current), facts.ids, facts.current, "none")[0]
    return replace(
        current,
        id=current_id,
        created_at=facts.created_at(current_id) or current.created_at,
        since=current.since or now,
    )


def _given_up(pending: PendingSecret | None, now: str) -> RetiredSecret | None:
    """A pending secret as a retired one, when it was made here."""
    if not pending or not pending.value or pending.adopted:
        return None
    return RetiredSecret(value=pending.value, id=pending.id, retired_at=now)


def _retired(record: Record, newest: RetiredSecret | None) -> tuple[RetiredSecret, ...]:
    return ((newest, *record.retired) if newest else record.retired)[:_MAX_RETIRED]


def _end_of_grace(now: str, facts: Facts) -> str:
    return format_timestamp(time_after(now, facts.grace))
