# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The rotation record of an account, typed, and its document: the form in which a store keeps it."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import parse_timestamp

SCHEMA = 1
STAGES = ("idle", "prepared", "created", "verified", "promoted", "distributed", "revoking", "blocked")

# Of plain types, as YAML and JSON have them.
Document = dict[str, t.Any]


# Each part of a record has the document that it was read from: it keeps the order of the keys, and keys that this
# release does not know.


@dataclass(frozen=True)
class CurrentSecret:
    """The secret in use.

    :ivar value: Its value; None when only its ID is known.
    :ivar id: Its ID at Vonage, when that is proven.
    :ivar created_at: When it was created, as Vonage lists it.
    :ivar since: When it became the secret in use.
    """

    value: str | None = field(repr=False)
    id: str | None
    created_at: str | None
    since: str | None
    document: Mapping[str, t.Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class PendingSecret:
    """The new secret of a rotation that is under way.

    :ivar value: Its value; None when it is being dropped.
    :ivar id: Its ID at Vonage, when that is proven.
    :ivar prepared_at: When its value was recorded.
    :ivar attempts: How many new values in a row were tried, this one included.
    :ivar adopted: Whether the operator named its value. It was not created here, so it is never dropped or created.
    :ivar emergency: The reason of the emergency in which it replaces the secret in use; empty for none.
    :ivar created_at: When it was created, by the clock of the controller.
    """

    value: str | None = field(repr=False)
    id: str | None
    prepared_at: str
    attempts: int
    adopted: bool = False
    emergency: str = ""
    created_at: str | None = None
    document: Mapping[str, t.Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class PreviousSecret:
    """The secret that was in use before the current one, and is not revoked yet.

    :ivar value: Its value, when it is known.
    :ivar id: Its ID at Vonage, when that is proven.
    :ivar revoke_not_before: When its grace period ends.
    :ivar emergency: The reason of the emergency that it is revoked for; empty for none.
    :ivar rejected: Whether a rollback has rejected it.
    """

    value: str | None = field(repr=False)
    id: str | None
    revoke_not_before: str | None
    emergency: str = ""
    rejected: bool = False
    document: Mapping[str, t.Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class RetiredSecret:
    """A secret that is given up.

    :ivar value: Its value; None when Vonage may still accept it.
    :ivar id: Its ID at Vonage, when that was proven.
    :ivar retired_at: When it was given up.
    :ivar emergency: The reason of the emergency that it was revoked for; empty for none.
    """

    value: str | None = field(repr=False)
    id: str | None
    retired_at: str
    emergency: str = ""
    document: Mapping[str, t.Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Lease:
    """Keeps other runs from acting on the account.

    :ivar holder: The run that holds it.
    :ivar expires: When it ends by itself.
    """

    holder: str
    expires: str
    document: Mapping[str, t.Any] = field(default_factory=dict, repr=False, compare=False)


_PARTS = {
    "current": CurrentSecret,
    "pending": PendingSecret,
    "previous": PreviousSecret,
    "retired": RetiredSecret,
    "lease": Lease,
}
_Part = t.TypeVar("_Part", CurrentSecret, PendingSecret, PreviousSecret, RetiredSecret, Lease)


@dataclass(frozen=True)
class Record:
    """What is kept of one account.

    :ivar version: Goes up by 1 with each save; 0 when it was never saved.
    :ivar generation: Goes up by 1 with each secret that is handed over.
    :ivar stage: One of `STAGES`.
    :ivar retired: The last secrets that were given up, newest first.
    :ivar ids_before: The IDs that were listed just before the pending secret was created.
    """

    schema: int
    account_id: str
    version: int
    generation: int
    stage: str
    current: CurrentSecret | None
    pending: PendingSecret | None
    previous: PreviousSecret | None
    retired: tuple[RetiredSecret, ...]
    ids_before: tuple[str, ...]
    lease: Lease | None
    document: Mapping[str, t.Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_document(cls, document: Mapping[str, t.Any]) -> Record:
        """Read a record.

        :param document: One that `validation_error` accepts.
        :raises LookupError: A key is missing.
        """
        return cls(
            schema=document["schema"],
            account_id=document["account_id"],
            version=document["version"],
            generation=document["generation"],
            stage=document["stage"],
            current=_read_optional(CurrentSecret, document["current"]),
            pending=_read_optional(PendingSecret, document["pending"]),
            previous=_read_optional(PreviousSecret, document["previous"]),
            retired=tuple(read_part(RetiredSecret, entry) for entry in document["retired"]),
            ids_before=tuple(document["ids_before"]),
            lease=_read_optional(Lease, document.get("lease")),
            document=document,
        )

    @property
    def is_over(self) -> bool:
        """Whether the last rotation is over, with nothing left behind."""
        left = (self.pending, self.previous, self.lease, self.document.get("dropped_id"))
        return self.stage == "idle" and not any(left) and bool(self.current and self.current.value and self.current.id)

    def as_document(self) -> Document:
        """Write the record as a store keeps it."""
        return {
            **self.document,
            "schema": self.schema,
            "account_id": self.account_id,
            "version": self.version,
            "generation": self.generation,
            "stage": self.stage,
            "current": _write_part(self.current),
            "pending": _write_part(self.pending),
            "previous": _write_part(self.previous),
            "retired": [_write_part(entry) for entry in self.retired],
            "ids_before": list(self.ids_before),
            "lease": _write_part(self.lease),
        }


def read_part(kind: type[_Part], document: Mapping[str, t.Any]) -> _Part:
    """Read a part of a record.

    :param kind: Its class. A key is optional when the field of the same name has a default.
    :param document: Its document.
    :raises LookupError: A key is missing.
    """
    names = [key.name for key in _keys(kind) if key.default is MISSING or key.name in document]
    return kind(**{name: document[name] for name in names}, document=document)


def _read_optional(kind: type[_Part], document: Mapping[str, t.Any] | None) -> _Part | None:
    return read_part(kind, document) if document else None


def _write_part(part: t.Any) -> Document | None:
    if part is None:
        return None
    document = dict(part.document)
    for key in _keys(part):
        value = getattr(part, key.name)
        if value != key.default or key.name in document:
            document[key.name] = value
    return document


def _keys(part: t.Any) -> t.Iterator[t.Any]:
    return (key for key in fields(part) if key.name != "document")


def new_record(account_id: str, value: str | None) -> Record:
    """The record of an account that has none yet; version 0 says that it is not saved.

    :param account_id: API key of the account.
    :param value: The secret in use; None when only an administrator's credentials are known.
    """
    return Record(
        schema=SCHEMA,
        account_id=account_id,
        version=0,
        generation=0,
        stage="idle",
        current=CurrentSecret(value=value, id=None, created_at=None, since=None) if value else None,
        pending=None,
        previous=None,
        retired=(),
        ids_before=(),
        lease=None,
    )


def recorded_values(record: Record) -> list[str]:
    """All values of secrets that are in a record."""
    entries = (record.current, record.pending, record.previous, *record.retired)
    return [entry.value for entry in entries if entry and entry.value]


def validation_error(document: t.Any, account_id: str) -> str:
    """Why a stored document cannot be used as the record of an account.

    :param document: What the store holds under `vonage_rotation`.
    :param account_id: API key of the account that is to be rotated.
    :returns: One sentence that says what to do, without any value; empty when there is nothing wrong.
    """
    if not isinstance(document, dict) or not isinstance(document.get("schema"), int):
        return "The stored document is not a rotation record: name another file, or move this one away"
    if document["schema"] > SCHEMA:
        return (
            f"The record has schema {document['schema']} and this release of community.vonage knows {SCHEMA}: install"
            " the release that wrote it, or a newer one"
        )
    if document.get("account_id") != account_id:
        return (
            f"The record belongs to account {document.get('account_id')}, not to {account_id}: name the record of"
            f" {account_id}, or set the account to {document.get('account_id')}"
        )
    wrong = _invalid_keys(document)
    return f"The record is damaged ({', '.join(wrong)}): restore it from a backup" if wrong else ""


def _invalid_keys(document: Document) -> list[str]:
    types = {"version": int, "generation": int, "retired": list, "ids_before": list}
    wrong = [name for name, kind in types.items() if not isinstance(document.get(name), kind)]
    for name, part in _PARTS.items():
        entries = document.get(name) if name == "retired" else [document.get(name)]
        required = {key.name for key in _keys(part) if key.default is MISSING}
        if isinstance(entries, list) and any(
            entry is not None and not (isinstance(entry, dict) and required <= set(entry)) for entry in entries
        ):
            wrong.append(name)
    if "lease" not in wrong and not _is_lease(document.get("lease")):
        wrong.append("lease")
    if document.get("stage") not in STAGES:
        wrong.append("stage")
    return wrong


def _is_lease(lease: t.Any) -> bool:
    if lease is None:
        return True
    try:
        parse_timestamp(lease["expires"])
    except (AttributeError, ValueError):
        return False
    return isinstance(lease["holder"], str)
