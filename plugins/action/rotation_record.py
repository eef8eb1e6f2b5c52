# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file store of a rotation's record: read, and save by compare-and-set, in a vaulted file on the controller."""

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import match_encrypt_secret
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.module_utils._rotation_record import Record
from ansible_collections.community.vonage.plugins.plugin_utils._files import locked, replace

# The top level of the file, so that it serves as vars_files too.
_VARIABLE = "vonage_rotation"


class ActionModule(ActionBase):
    """Runs on the controller, whatever host the task is for: the vault passwords of the run are nowhere else."""

    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        # The record is declared raw and checked here: an error of the argument spec would print its content.
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "path": {"type": "path", "required": True},
                "record": {"type": "raw", "no_log": True},
                "in_clear": {"type": "bool", "default": False},
            }
        )
        if not os.path.isabs(options["path"]):
            raise AnsibleActionFail(
                "Set path (of the role: rotate_api_secret_record) to the absolute path of the file that keeps the"
                f" record, for example /srv/rotation/abcd1234.yml, not to {options['path'] or 'nothing'}. Nothing was"
                " changed"
            )
        path, record = Path(os.path.realpath(options["path"])), options["record"]
        if record is not None and not (isinstance(record, dict) and isinstance(record.get("version"), int)):
            raise AnsibleActionFail("record must be a dictionary with a version, as the filter rotation_step gives it")
        vault = _Vault(self._loader._vault, in_clear=options["in_clear"])
        vault.check()
        if record is None:
            result.update(changed=False, record=_read(path, vault))
        else:
            result.update(_save(path, vault, _plain(record), check_mode=self._task.check_mode))
        # Said here and not by the task, so that a failure of this task can be read: it never holds a value.
        result["_ansible_no_log"] = True
        return result


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
                " in_clear (role: rotate_api_secret_record_in_clear) to true. Nothing was changed"
            )

    def decrypt(self, path: Path, content: bytes) -> bytes:
        if not content.startswith(b"$ANSIBLE_VAULT;"):
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


def _save(path: Path, vault: _Vault, record: Record, check_mode: bool) -> dict[str, t.Any]:
    """Replace the record, if nobody else did since it was read, and read it back.

    :returns: `changed`, and the `record` as it was read back.
    """
    with _locked(path):
        stored = _read(path, vault)
        if stored == record:  # an answer that was lost, asked for again
            return {"changed": False, "record": stored}
        found, expected = (stored or {}).get("version", 0), record["version"] - 1
        if found != expected:
            why, remedy = "another run is at work on this account, or was meanwhile", "run again when it has ended"
            owner = (stored or record).get("account_id")
            if owner != record.get("account_id"):
                why, remedy = f"it became the record of account {owner} meanwhile", "give each account one of its own"
            raise AnsibleActionFail(
                f"The record {path} has version {found}, and this run had read version {expected}: {why}. Nothing was"
                f" saved; {remedy}"
            )
        if not check_mode:
            replace(path, vault.encrypt(yaml.safe_dump({_VARIABLE: record}, sort_keys=False).encode()))
            if _read(path, vault) != record:
                raise AnsibleActionFail(f"The record {path} reads back differently from what was written to it")
    return {"changed": _matter(record) != _matter(stored), "record": record}


def _matter(record: Record | None) -> dict[str, t.Any]:
    """What a save is for: that a run holds the record for a while changes nothing."""
    return {name: value for name, value in (record or {}).items() if name not in ("version", "lease")}


def _read(path: Path, vault: _Vault) -> Record | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AnsibleActionFail(f"The record {path} cannot be read: {error.strerror}. Nothing was changed") from None
    try:
        document = yaml.safe_load(vault.decrypt(path, content))
    except (yaml.YAMLError, UnicodeDecodeError):
        # The parser's own text would quote the file.
        document = None
    record = document.get(_VARIABLE) if isinstance(document, dict) else None
    if not isinstance(record, dict):
        raise AnsibleActionFail(
            f"The file {path} holds no record of a rotation (no {_VARIABLE}): name another file, or restore it from a"
            " backup. Nothing was changed"
        )
    return record


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other runs on this controller out of a record, and say what is wrong with its file."""
    if not path.parent.is_dir():
        raise AnsibleActionFail(
            f"The record {path} cannot be written: {path.parent} is no directory. Create the directory first"
        )
    try:
        with locked(path.parent):
            yield
    except OSError as error:
        raise AnsibleActionFail(f"The record {path} cannot be written: {error.strerror}") from None


def _plain(record: t.Any) -> t.Any:
    """The record without the marks that ansible-core puts on strings, which no YAML dumper takes."""
    return json.loads(json.dumps(record))
