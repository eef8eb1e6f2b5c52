# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What all stores of a rotation's record have in common: the comparison before a save, and what they say about it."""

from __future__ import annotations

import contextlib
import json
import typing as t
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible.errors import AnsibleActionFail

from ansible_collections.community.vonage.plugins.module_utils._api.redaction import Redactor
from ansible_collections.community.vonage.plugins.module_utils._api.text import one_line
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Document

# Where a document has the record. In a file it is the name of a variable, so that the file serves as vars_files too.
VARIABLE = "vonage_rotation"

Result = dict[str, t.Any]

# Variables of the role, by their names without its prefix.
Settings = Mapping[str, t.Any]


class Conflict(Exception):
    """The service refused to store: what it holds is no longer what was read."""


@dataclass(frozen=True)
class Stored:
    """What a store held when it was read.

    :ivar record: The record; None when there is none.
    :ivar version: How the service itself tells this from anything stored before or later; None when it holds nothing.
    """

    record: Document | None = None
    version: t.Any = None


class RecordStore(ABC):
    """A place for one record.

    :ivar place: What it is called in messages, such as `the record /srv/abcd1234.yml`.
    """

    place: str

    @abstractmethod
    def read(self) -> Stored:
        """Read what is stored.

        :raises AnsibleActionFail: It cannot be read, or is no record.
        """

    @abstractmethod
    def write(self, record: Document, replaced: Stored) -> None:
        """Store a record at once, or nothing.

        :param record: The record.
        :param replaced: What was read, and is compared by the service itself, or under a lock.
        :raises Conflict: The service holds something else by now.
        :raises AnsibleActionFail: It cannot be stored.
        """

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Around reading and writing, for a store that cannot compare while it writes."""
        yield


def save(store: RecordStore, record: Document, check_mode: bool) -> Result:
    """Replace the record, if nobody else did since it was read, and read it back.

    :param store: Where it is kept.
    :param record: The record to save. Its version is one above that of the record that it was made from.
    :param check_mode: Whether to write nothing.
    :returns: `changed`, and the `record` as it was read back.
    :raises AnsibleActionFail: Another version is stored, or the store fails.
    """
    with store.locked():
        stored = store.read()
        if stored.record == record:  # an answer that was lost, asked for again
            return {"changed": False, "record": stored.record}
        found, expected = (stored.record or {}).get("version", 0), record["version"] - 1
        if found != expected:
            why, remedy = "another run is at work on this account, or was meanwhile", "run again when it has ended"
            owner = (stored.record or record).get("account_id")
            if owner != record.get("account_id"):
                why, remedy = f"it became the record of account {owner} meanwhile", "give each account one of its own"
            raise AnsibleActionFail(
                f"{_capitalized(store.place)} has version {found}, and this run had read version {expected}: {why}."
                f" Nothing was saved; {remedy}"
            )
        if not check_mode:
            conflict = None
            try:
                store.write(record, stored)
            except Conflict as error:
                conflict = error
            read_back = store.read().record
            # A write whose answer was lost, and that was sent once more, is refused too.
            if conflict and read_back != record:
                raise AnsibleActionFail(
                    f"{_capitalized(store.place)} was changed by somebody else while this run was about to save"
                    f" version {record['version']} ({conflict}): another run is at work on this account. Nothing was"
                    " saved; run again when it has ended"
                )
            if read_back != record:
                raise AnsibleActionFail(
                    f"{_capitalized(store.place)} reads back differently from what was written to it"
                )
    return {"changed": _content(record) != _content(stored.record), "record": record}


def _content(record: Document | None) -> dict[str, t.Any]:
    """What is kept for later: that a run holds the record for a while changes nothing."""
    return {name: value for name, value in (record or {}).items() if name not in ("version", "lease")}


def document(record: Document) -> dict[str, t.Any]:
    """What a service is given to store: the record, and beside it what a consumer wants to read.

    :param record: The record.
    """
    return {
        VARIABLE: record,
        "api_key": record["account_id"],
        "api_secret": (record.get("current") or {}).get("value") or "",
        "generation": record.get("generation"),
    }


def record_in(content: t.Any, place: str) -> Document:
    """The record in a document.

    :param content: The document.
    :param place: What the store is called in messages.
    :raises AnsibleActionFail: There is none in it.
    """
    record = content.get(VARIABLE) if isinstance(content, dict) else None
    if not isinstance(record, dict):
        raise AnsibleActionFail(
            f"What is stored as {place} holds no record of a rotation (no {VARIABLE}): name another place, or restore"
            " it from a backup. Nothing was changed"
        )
    return record


def parse(text: str) -> t.Any:
    """Read JSON; None when it is none, because the parser's own message would quote it."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def required(settings: Settings, name: str) -> str:
    """A setting without which a store cannot be opened.

    :raises AnsibleActionFail: It is not set.
    """
    value = settings[name]
    if not value:
        raise AnsibleActionFail(
            f"Set rotate_api_secret_{name}: the store {settings['store']} needs it to find the record. Nothing was"
            " changed"
        )
    return str(value)


def silent(text: t.Any, *records: Document | None) -> str:
    """What a service or a library said, in one line and without the values of records: it may repeat what it was sent.

    :param text: What was said.
    :param records: The records that it may know.
    """
    values = [value for record in records for value in _values(record)]
    return one_line(Redactor([], values)(str(text)))


def silent_in(value: t.Any, *records: Document | None) -> t.Any:
    """A value of plain types, of which each text is silent."""
    if isinstance(value, Mapping):
        return {name: silent_in(item, *records) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [silent_in(item, *records) for item in value]
    return silent(value, *records) if isinstance(value, str) else value


def _values(record: t.Any) -> Iterator[str]:
    """All values in a record, wherever they are."""
    if isinstance(record, Mapping):
        for name, item in record.items():
            if name == "value" and isinstance(item, str):
                yield item
            else:
                yield from _values(item)
    elif isinstance(record, (list, tuple)):
        for item in record:
            yield from _values(item)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def stored_document(stored: t.Any) -> Document:
    """The document of the record in a result of rotation_record.

    :raises AnsibleActionFail: It is no such result. The message does not show it.
    """
    record = stored.get("record") if isinstance(stored, Mapping) else None
    if not isinstance(record, Mapping):
        raise AnsibleActionFail("stored must be a result of rotation_record")
    found: Document = plain(record)
    return found


def plain(record: t.Any) -> t.Any:
    """The record without the marks that ansible-core puts on strings, which no serializer of another library takes."""
    return json.loads(json.dumps(record))
