# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Record, observation and policy together, as the questions that a decision asks."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.community.vonage.plugins.module_utils._secret_file import is_plain
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.attribution import attribute_ids
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import RUN_AGAIN, Plan, halt
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import Observation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Lease, Record
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import ENV_FILES
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    parse_duration,
    parse_timestamp,
)

# After so many new values in a row that were never accepted, a person has to look.
MAX_ATTEMPTS = 3


class Situation:
    """What a plan is made for.

    :ivar record: The record.
    :ivar observation: What Vonage and the consumers show.
    :ivar policy: What the operator wants.
    :ivar now: The time, ISO 8601 in UTC.
    :ivar ids: The listed IDs.
    :ivar current_id: The listed ID of the current secret, when that is proven.
    :ivar pending_id: The listed ID of the pending secret, when that is proven.
    """

    def __init__(self, record: Record, observation: Observation, policy: Policy, now: str) -> None:
        self.record = record
        self.observation = observation
        self.policy = policy
        self.now = now
        self.ids = [secret.id for secret in observation.secrets or ()]
        self.current_id, self.pending_id = attribute_ids(record, self.ids, observation.current, observation.pending)

    # The record.

    @property
    def recorded_current_id(self) -> str | None:
        return self.record.current.id if self.record.current else None

    @property
    def recorded_pending_id(self) -> str | None:
        return self.record.pending.id if self.record.pending else None

    @property
    def recorded_previous_id(self) -> str | None:
        return self.record.previous.id if self.record.previous else None

    @property
    def foreign_lease(self) -> Lease | None:
        """The lease of another run that may be at work at this moment."""
        lease, policy = self.record.lease, self.policy
        if not lease or lease.holder == policy.holder or parse_timestamp(lease.expires) <= parse_timestamp(self.now):
            return None
        return None if policy.holder_gone or policy.break_lease else lease

    # What Vonage shows.

    def is_listed(self, secret_id: str | None) -> bool:
        return secret_id is not None and secret_id in self.ids

    def halt_if_unknown(self, **names: str) -> Plan | None:
        """The plan of a run that needs answers which Vonage did not give; None when there are all of them.

        :param names: The answers that it needs, each with a name for the operator.
        """
        unknown = [name for answer, name in names.items() if getattr(self.observation, answer) == "unknown"]
        if not unknown:
            return None
        message = f"Vonage neither accepted nor refused a login with {' and '.join(unknown)}"
        return halt("inconclusive", "probe_unknown", f"{message}. {RUN_AGAIN}")

    @property
    def superseded_id(self) -> str | None:
        """The ID of the previous secret, when it is proven and still listed."""
        previous_id = self.recorded_previous_id
        return previous_id if self.is_listed(previous_id) and self.current_id not in (None, previous_id) else None

    @property
    def other_was_given_up(self) -> bool:
        """Whether the secret beside the current one was created here, and given up while it was not listed."""
        others = [secret_id for secret_id in self.ids if secret_id != self.current_id]
        return len(others) == 1 and others[0] in [entry.id for entry in self.record.retired]

    # Age and overlap.

    @property
    def age_seconds(self) -> int | None:
        """The age of the secret in use."""
        created = {secret.id: secret.created_at for secret in self.observation.secrets or ()}
        current = self.record.current
        recorded = (current.created_at or current.since) if current else None
        return self._seconds_since(created.get(self.current_id or "") or recorded)

    @property
    def overlap_seconds(self) -> int:
        """How long two secrets have been valid since the promotion."""
        promoted = self.record.stage in ("promoted", "distributed", "revoking")
        since = self.record.current.since if self.record.current and promoted and len(self.ids) > 1 else None
        return self._seconds_since(since) or 0

    def _seconds_since(self, timestamp: str | None) -> int | None:
        if not timestamp:
            return None
        return max(0, int((parse_timestamp(self.now) - parse_timestamp(timestamp)).total_seconds()))

    @property
    def due_reason(self) -> str:
        """Why a new rotation should begin: `forced`, `max_age`, or nothing."""
        if self.policy.mode in ("finish", "rollback", "emergency"):
            return ""
        if self.policy.force:
            return "forced"
        age = self.age_seconds
        limit = parse_duration(self.policy.max_age) if self.policy.max_age else 0
        return "max_age" if limit and age is not None and age >= limit else ""

    # The consumers.

    @property
    def missing_consumers(self) -> tuple[str, ...]:
        """The consumers that were asked and have not confirmed the generation of the record."""
        confirmed = self.observation.confirmed
        if confirmed is None:
            return ()
        hosts = [host for host in self.policy.consumers if not self._is_generation(confirmed.get(host))]
        return (*hosts, f"central consumer {self.policy.central}") if self.central_is_missing else tuple(hosts)

    @property
    def central_is_missing(self) -> bool:
        """Whether the central consumer was given the generation of the record, and it was not read back there."""
        asked = self.observation.confirmed is not None and bool(self.policy.central)
        return asked and not self._is_generation(self.observation.central_confirmed)

    def _is_generation(self, confirmed: object) -> bool:
        # Compared as text: on older releases of ansible-core, a fact that a hook sets from a template is text.
        return str(confirmed) == str(self.record.generation)

    @property
    def can_be_confirmed(self) -> bool:
        """Whether the hosts confirm that the new secret is in use, or the operator does with the mode `finish`."""
        return bool(self.policy.consumers) or self.policy.operator_confirmed

    def is_unfit_for_env_file(self, value: str | None) -> bool:
        """Whether the consumers read environment files, and a value that a person chose cannot be written into one."""
        return self.policy.distribute_tasks in ENV_FILES and value is not None and not is_plain(value)

    # Emergencies.

    @property
    def previous_leak(self) -> str:
        """The emergency that the previous secret is to be revoked for; empty for none."""
        return self.record.previous.emergency if self.record.previous else ""

    @property
    def skip_waiting(self) -> bool:
        """Whether the superseded secret is revoked without waiting for confirmations or grace."""
        pending_leak = self.record.pending.emergency if self.record.pending else ""
        return self.policy.mode == "emergency" or bool(self.previous_leak or pending_leak)

    @property
    def current_has_leaked(self) -> bool:
        """Whether the current secret has leaked, and is not the replacement that this emergency made already."""
        if self.policy.mode != "emergency":
            return False
        handled = [entry.emergency for entry in self.record.retired[:1]]
        return self.policy.emergency_reason not in (self.previous_leak, *handled)

    # The pending secret.

    @property
    def pending_can_be_created(self) -> bool:
        """Whether there is a pending value that may be created at Vonage.

        An adopted value may not: its secret was revoked. Nor may a value that Vonage has created already.
        """
        pending = self.record.pending
        return bool(pending and pending.value and not pending.adopted and not pending.id)

    @property
    def pending_may_arrive(self) -> bool:
        """Whether the pending secret was created so recently that not all of Vonage accepts it yet."""
        pending = self.record.pending
        if self.observation.pending != "refused" or not pending or not pending.id or pending.adopted:
            return False
        listed = next((secret.created_at for secret in self.observation.secrets or () if secret.id == pending.id), None)
        times = [parse_timestamp(time) for time in (pending.prepared_at, pending.created_at, listed) if time]
        # A time in the future comes from a clock that was wrong, and must not delay the rotation until then. A small
        # difference is allowed in both directions, since this clock may differ from that of Vonage.
        limit = timedelta(seconds=parse_duration(self.policy.propagation_timeout))
        return any(abs(parse_timestamp(self.now) - time) < limit for time in times)

    @property
    def pending_not_listed(self) -> bool:
        """Whether none of the listed secrets can be the pending one, which is accepted."""
        if self.recorded_pending_id:
            return not self.is_listed(self.recorded_pending_id)
        return all(secret_id in self.record.ids_before for secret_id in self.ids)

    @property
    def attempts(self) -> int:
        """How many new values in a row were tried."""
        return self.record.pending.attempts if self.record.pending else 0

    @property
    def droppable_id(self) -> str | None:
        """The ID of the pending secret, when it is recorded and may be deleted.

        It is recorded only from the response to our own creation, or by proof. A secret with any other ID may have
        been created elsewhere.
        """
        pending = self.record.pending
        if not pending or pending.adopted or not self.is_listed(pending.id) or pending.id == self.current_id:
            return None
        return pending.id
