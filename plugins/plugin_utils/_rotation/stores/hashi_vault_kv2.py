# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The store of a rotation's record in HashiCorp Vault: a secret of a KV version 2 engine, saved by check-and-set."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.lookup import (
    NotInstalled,
    call_lookup,
    cause_of,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Document
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import (
    Conflict,
    RecordStore,
    Settings,
    Stored,
    document,
    record_in,
    required,
    silent,
)

_MISMATCH = "check-and-set parameter did not match"


def open_store(action: ActionBase, settings: Settings, task_vars: Mapping[str, t.Any]) -> RecordStore:
    """Open the store of a KV version 2 engine, by the lookups of community.hashi_vault.

    The lookups know all ways to reach Vault and to log in.

    :param action: The action that opens it.
    :param settings: Settings of the role: `hashi_vault_kv2_mount_point` and `hashi_vault_kv2_path`.
    :param task_vars: The variables of the task, of which the lookups read `ansible_hashi_vault_*`.
    :raises AnsibleActionFail: A setting is missing.
    """

    def look_up(name: str, term: str, **lookup_options: t.Any) -> t.Any:
        try:
            [result] = call_lookup(action, f"community.hashi_vault.{name}", term, task_vars, lookup_options)
        except NotInstalled as error:
            raise AnsibleActionFail(f"{_INSTALL}. It says: {silent(error)}") from None
        return result

    path = required(settings, "hashi_vault_kv2_path")
    return VaultStore(look_up, (settings["hashi_vault_kv2_mount_point"] or "secret").strip("/"), path.strip("/"))


class VaultStore(RecordStore):
    """A secret of a KV version 2 engine. What it compares is the number that Vault gives each version of a secret.

    :param look_up: Calls a lookup of community.hashi_vault.
    :param mount_point: Of the engine.
    :param path: Below the mount point.
    """

    def __init__(self, look_up: t.Callable[..., t.Any], mount_point: str, path: str) -> None:
        self._look_up = look_up
        self._mount_point = mount_point
        self._path = path
        self.place = f"the record {mount_point}/{path} in Vault"

    def read(self) -> Stored:
        try:
            found = self._look_up("vault_kv2_get", self._path, engine_mount_point=self._mount_point)
        except AnsibleActionFail:
            raise
        except Exception as error:
            cause = cause_of(error)
            if type(cause).__name__ != "InvalidPath":
                raise AnsibleActionFail(self._failure("read", error)) from None
            if "no handler for route" in str(cause):
                raise AnsibleActionFail(
                    f"Vault has no secrets engine at {self._mount_point}: name the mount point of one of KV version 2."
                    " Nothing was changed"
                ) from None
            return Stored()
        return Stored(record_in(found["secret"], self.place), found["metadata"]["version"])

    def write(self, record: Document, replaced: Stored) -> None:
        data = {"data": document(record), "options": {"cas": replaced.version or 0}}
        try:
            self._look_up("vault_write", f"{self._mount_point}/data/{self._path}", data=data)
        except AnsibleActionFail:
            raise
        except Exception as error:
            if _MISMATCH in str(cause_of(error)):
                hint = "" if replaced.version else "; a secret that was deleted there has to be undeleted first"
                raise Conflict(f"Vault says: {_MISMATCH} the current version{hint}") from None
            raise AnsibleActionFail(self._failure("written", error, record, replaced.record)) from None

    def _failure(self, what: str, error: Exception, *records: Document | None) -> str:
        cause = cause_of(error)
        said = silent(cause, *records)
        return f"{self.place[:1].upper()}{self.place[1:]} cannot be {what} ({type(cause).__name__}: {said})"


_INSTALL = (
    "The store hashi_vault_kv2 needs the collection community.hashi_vault 2.5.0 or newer and the Python library hvac on"
    " the controller: ansible-galaxy collection install community.hashi_vault, and pip install hvac for the Python that"
    " runs Ansible"
)
