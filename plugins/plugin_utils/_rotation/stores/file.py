# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The file store of a rotation's record: read, and save by compare-and-set, in a vaulted file on the controller."""

from __future__ import annotations

import contextlib
import os
import typing as t
from collections.abc import Iterator, Mapping
from pathlib import Path

from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.parsing.vault import match_encrypt_secret
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.module_utils._atomic_file import (
    create,
    read,
    remove_leftovers,
    replace,
    resolve,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.locked_file import locked
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Document
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import (
    VARIABLE,
    Conflict,
    RecordStore,
    Settings,
    Stored,
    record_in,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.record_yaml import dump, load


def open_store(action: ActionBase, settings: Settings, task_vars: Mapping[str, t.Any]) -> RecordStore:
    """Open the store of a file.

    :param action: The action that opens it. It has the vault passwords of the run.
    :param settings: Settings of the role: `record` and `record_in_clear`.
    :param task_vars: Not used.
    :raises AnsibleActionFail: The settings cannot be used.
    """
    path = str(settings["record"] or "")
    if not path or not os.path.isabs(path):
        raise AnsibleActionFail(
            "Set rotate_api_secret_record to the absolute path of the file that keeps the record, for example"
            f" /srv/rotation/abcd1234.yml, not to {path or 'nothing'}. Nothing was changed"
        )
    vault = _Vault(action._loader._vault, in_clear=boolean(settings["record_in_clear"] or False))
    vault.check()
    try:
        resolved = resolve(path)
    except OSError as error:
        raise AnsibleActionFail(
            f"The record {path} cannot be used: {error.filename}: {error.strerror}. Nothing was changed"
        ) from None
    return _FileStore(Path(resolved), vault)


class _FileStore(RecordStore):
    """A file. What it compares, it compares under a lock."""

    def __init__(self, path: Path, vault: _Vault) -> None:
        self._path = path
        self._vault = vault
        self.place = f"the record {path}"

    def read(self) -> Stored:
        try:
            content = read(self._path)
        except FileNotFoundError:
            return Stored()
        except OSError as error:
            raise AnsibleActionFail(
                f"The record {self._path} cannot be read: {error.strerror}. Nothing was changed"
            ) from None
        if not content:
            raise AnsibleActionFail(
                f"The record {self._path} is empty. If no rotation has succeeded yet, a run was killed while it created"
                " the file: remove it, and run again. Otherwise restore it from a backup. Nothing was changed"
            )
        return Stored(record_in(load(self._vault.decrypt(self._path, content)), self.place))

    def write(self, record: Document, replaced: Stored) -> None:
        content = self._vault.encrypt(dump({VARIABLE: record}))
        remove_leftovers(self._path)
        if replaced.record is not None:
            replace(self._path, content)
            return
        try:
            create(self._path, content)
        except FileExistsError:
            raise Conflict("the file was created meanwhile") from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs on this controller out of the record, and say what is wrong with its file."""
        if not self._path.parent.is_dir():
            raise AnsibleActionFail(
                f"The record {self._path} cannot be written: {self._path.parent} is no directory. Create the directory"
                " first"
            )
        try:
            with locked(self._path):
                yield
        except OSError as error:
            raise AnsibleActionFail(f"The record {self._path} cannot be written: {error.strerror}") from None


class _Vault:
    """Encrypts and decrypts with the vault passwords of the running job."""

    def __init__(self, library: t.Any, in_clear: bool) -> None:
        self._library = library
        self._in_clear = in_clear
        # A record is written with the password that opened it, or a run that knows several would change it unasked.
        self._secret: t.Any = None
        self._vault_id: str | None = None

    def check(self) -> None:
        if not self._library.secrets and not self._in_clear:
            raise AnsibleActionFail(
                "The record is kept encrypted, and this run has no vault password: give one with --vault-password-file,"
                " --vault-id or --ask-vault-pass (in AWX: a vault credential). To keep the record in clear, set"
                " rotate_api_secret_record_in_clear to true. Nothing was changed"
            )

    def decrypt(self, path: Path, content: bytes) -> bytes:
        if not content.startswith(b"$ANSIBLE_VAULT;"):
            # A user who can write the file, but lacks the password, could replace the record.
            if self._library.secrets and not self._in_clear:
                raise AnsibleActionFail(
                    f"The record {path} is in clear, and this run has a vault password, so it expects an encrypted one:"
                    " somebody may have replaced it. If you know that the record is yours, run ansible-vault encrypt on"
                    " the file, or set rotate_api_secret_record_in_clear to true for one run, which encrypts it."
                    " Nothing was changed"
                )
            return content
        try:
            plaintext, self._vault_id, self._secret = self._library.decrypt_and_get_vault_id(content)
            return bytes(plaintext)
        except AnsibleError:
            raise AnsibleActionFail(
                f"The record {path} cannot be opened with any vault password of this run: give the one that it was"
                " written with. Nothing was changed"
            ) from None

    def encrypt(self, content: bytes) -> bytes:
        if not self._library.secrets:
            return content
        if self._secret is None:
            identity = C.config.get_config_value("DEFAULT_VAULT_ENCRYPT_IDENTITY")
            self._vault_id, self._secret = match_encrypt_secret(self._library.secrets, identity)
        return bytes(self._library.encrypt(content, secret=self._secret, vault_id=self._vault_id))
