# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What Vonage shows of an account: the secrets that it lists, and how it answers logins with the recorded values."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Record, recorded_values

# How Vonage answered a login with a value. `none`: there is no such value, or it was not tried; `lost`: there is such a
# secret, and its value is not recorded.
Answer = t.Literal["accepted", "refused", "unknown", "none", "lost"]


@dataclass(frozen=True)
class ListedSecret:
    """A secret as Vonage lists it.

    :ivar created_at: When it was created; empty when Vonage does not say.
    """

    id: str
    created_at: str

    @classmethod
    def from_result(cls, secret: Mapping[str, t.Any]) -> ListedSecret:
        """Read a secret of the result of a module."""
        return cls(id=secret["id"], created_at=secret["created_at"])


@dataclass(frozen=True)
class Observation:
    """What the plan decides on, beside the record.

    :ivar secrets: The listed secrets; None when Vonage did not list them.
    :ivar status: The HTTP status of the list, when that failed.
    :ivar current: How Vonage answered a login with the current value.
    :ivar pending: The same of the pending value.
    :ivar previous: The same of the previous value, which is tried for a rollback only.
    :ivar retired: The same of the retired values.
    :ivar adopted: The same of the value that the operator named for a second secret.
    :ivar confirmed: The generation that the running process of each host uses; None before the consumers were asked.
    :ivar central_confirmed: The generation that was read back from the central consumer; None when none was.
    """

    secrets: tuple[ListedSecret, ...] | None
    current: Answer
    pending: Answer
    status: int | None = None
    previous: Answer = "none"
    retired: Answer = "none"
    adopted: Answer = "none"
    confirmed: Mapping[str, t.Any] | None = None
    central_confirmed: t.Any = None

    @classmethod
    def from_dict(cls, observed: Mapping[str, t.Any]) -> Observation:
        """Read an observation that `as_dict` wrote."""
        secrets = observed["secrets"]
        return cls(
            secrets=None if secrets is None else tuple(map(ListedSecret.from_result, secrets)),
            current=observed["current"],
            pending=observed["pending"],
            status=observed.get("status"),
            previous=observed.get("previous") or "none",
            retired=observed.get("retired") or "none",
            adopted=observed.get("adopted") or "none",
            confirmed=observed.get("confirmed"),
            central_confirmed=observed.get("central_confirmed"),
        )

    def as_dict(self) -> dict[str, t.Any]:
        """Write the observation in plain types."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        secrets = self.secrets
        return {
            **values,
            "secrets": None
            if secrets is None
            else [{"id": secret.id, "created_at": secret.created_at} for secret in secrets],
        }


def candidates(record: Record, policy: Policy) -> list[str]:
    """The recorded values that are to be tried, in the order in which `observe` reads the answers.

    :param record: The record.
    :param policy: The policy of the plan.
    """
    entries = [record.current, record.pending, record.previous if _previous_is_tried(record, policy) else None]
    return [entry.value for entry in entries if entry and entry.value]


def observe(
    record: Record,
    info: Mapping[str, t.Any],
    policy: Policy,
    *,
    retired: Sequence[Answer] = (),
    adopted: Answer = "none",
    adopted_value: str | None = None,
    confirmed: Mapping[str, t.Any] | None = None,
    central_confirmed: t.Any = None,
) -> Observation:
    """Put together what the plan decides on.

    :param record: The record.
    :param info: The result of `vonage_api_secret_info` for the account, with `candidates(record, policy)`.
    :param policy: The policy of the plan.
    :param retired: How Vonage answered logins with the retired values, where they were tried.
    :param adopted: How Vonage answered a login with the value that the operator named for a second secret.
    :param adopted_value: That value. One that is in the record already counts as none.
    :param confirmed: As of the observation.
    :param central_confirmed: As of the observation.
    """
    answers = iter(info["candidates"])
    listed = info["accounts"][0]
    current = next(answers) if record.current and record.current.value else "none"
    pending = previous = "none"
    if record.pending:
        pending = next(answers) if record.pending.value else "lost"
    if _previous_is_tried(record, policy):
        previous = next(answers)
    # Without an accepted login of the task itself, the list is that of an accepted candidate.
    is_listed = listed["error"] is None or "accepted" in info["candidates"]
    worst_first: tuple[Answer, ...] = ("accepted", "unknown", "refused")
    return Observation(
        secrets=tuple(map(ListedSecret.from_result, listed["secrets"])) if is_listed else None,
        status=(listed["error"] or {}).get("status"),
        current=t.cast(Answer, current),
        pending=t.cast(Answer, pending),
        previous=t.cast(Answer, previous),
        retired=next((answer for answer in worst_first if answer in retired), "none"),
        adopted="none" if adopted_value in recorded_values(record) else adopted,
        confirmed=confirmed,
        central_confirmed=central_confirmed,
    )


def _previous_is_tried(record: Record, policy: Policy) -> bool:
    """Whether a rollback has yet to make the previous value the current one."""
    previous = record.previous
    return policy.mode == "rollback" and previous is not None and bool(previous.value) and not previous.rejected
