# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads the record of a rotation, and saves the record that follows a step."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.module_utils._operations.secret_policy import generate_secret
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.fleet import (
    Looked,
    hosts_of,
    look_at_record,
    same_account,
    settings_of_account,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import candidates
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    Document,
    Record,
    new_record,
    recorded_values,
    validation_error,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.report import report_deed
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.role_settings import RoleSettings
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import settings_error
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.store_tasks import tasks_that_show
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import (
    RecordStore,
    plain,
    save,
    stored_document,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.shipped import STORES, open_store
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    format_timestamp,
    parse_duration,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.transitions import Facts, advance

Result = dict[str, t.Any]

# What a run does at Vonage, each with the step that tells the report of it.
_DEEDS = {"create": "created", "dropped": "dropped", "revoked": "revoked"}

# The last save of a run gives up the lease.
_LAST = ("distribute", "settle", "release")


class ActionModule(ActionBase):
    """Runs on the controller, whatever host the task is for: the vault passwords of the run are nowhere else."""

    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        # What may hold a secret is raw: an error of the argument spec would print it.
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "step": {"type": "str", "required": True},
                "stored": {"type": "raw", "no_log": True},
                "listed": {"type": "raw"},
                "plan": {"type": "raw"},
                "found": {"type": "raw", "no_log": True},
                "record": {"type": "raw", "no_log": True},
                "hosts": {"type": "str"},
            }
        )
        self._variables = task_vars or {}
        self._settings = RoleSettings(self, self._variables)
        step = options["step"]
        if step == "load":
            result.update(self._load(options["stored"]))
        elif step == "read_back":
            result.update(self._read_back(options["stored"], options["found"]))
        elif step == "check":
            result.update(self._check(options["record"]))
        elif step == "look":
            result.update(self._look(options["hosts"]))
        elif step == "show":
            own = self._settings.own_store
            return {**result, **(tasks_that_show(own) if own else {"record": [], "other": []})}
        else:
            result.update(self._take(step, options))
        # Said here and not by the task, so that a failure of this task can be read: it never holds a value.
        result["_ansible_no_log"] = True
        return result

    def _load(self, given: t.Any) -> Result:
        """Check the settings, and load the record.

        :param given: What the tasks of a store of the user's have set.
        :raises AnsibleActionFail: A setting or the record cannot be used.
        """
        settings = self._settings
        wrong_types = settings.type_errors()
        if wrong_types:
            raise AnsibleActionFail(f"{'; '.join(wrong_types)}. Nothing was changed")
        if not settings.own_store and settings["store"] not in STORES:
            raise AnsibleActionFail(
                f"rotate_api_secret_store is {settings['store']}: write {', '.join(STORES)}, or the absolute path of a"
                " directory with load.yml and save.yml. Nothing was changed"
            )
        wrong = settings_error(settings, settings.groups, settings.hostvars)
        if wrong:
            raise AnsibleActionFail(f"{wrong}. Nothing was changed")
        store = None if settings.own_store else self._open()
        found = store.read().record if store else self._given_record(given)
        primary_secret = self._primary_secret(store) if settings.admin else ""
        if found:
            wrong = validation_error(found, settings["account_id"])
        elif not (primary_secret or settings["api_secret"]):
            wrong = "There is no record yet and no API secret to start with: set VONAGE_API_SECRET"
        if wrong:
            raise AnsibleActionFail(f"{wrong}. Nothing was changed")
        record = (
            Record.from_document(found)
            if found
            else new_record(settings["account_id"], "" if settings.admin else settings["api_secret"])
        )
        return {**(given or {}), "changed": False, **self._describe(record, primary_secret)}

    def _primary_secret(self, store: RecordStore | None) -> str:
        """The secret of the account that logs in for this one: of its own record, when the store has one.

        :param store: That of this account's record; None for a store of the user's, which has no other one to read.
        """
        settings, primary = self._settings, self._settings["api_key"]
        found = None
        if store:
            with settings_of_account(self, self._variables, primary) as its_settings:
                its_store = open_store(self, its_settings, its_settings.variables)
            # Not of a store that has one place for all accounts.
            found = its_store.read().record if its_store.place != store.place else None
        if found and not validation_error(found, primary) and (found["current"] or {}).get("value"):
            secret: str = found["current"]["value"]
            return secret
        return str(settings["api_secret"] or "")

    def _take(self, step: str, options: Mapping[str, t.Any]) -> Result:
        """Save the record that follows a step.

        :raises AnsibleActionFail: The record was not saved.
        """
        stored, plan, listed = options["stored"], options["plan"], options["listed"]
        document = stored_document(stored)
        warnings = []
        if step in _DEEDS:
            warnings = report_deed(_DEEDS[step], self._settings, document, plan, listed)
        # A run that goes on with a value that is prepared keeps it.
        if step == "revoked" or (step == "prepare" and step not in plan["planned"]):
            return {**stored, "changed": False, "warnings": warnings}
        following = self._advance(step, Record.from_document(document), plan, listed)
        # What Ansible has read, such as an ID, carries marks that no serializer takes.
        document = plain(following.as_document())
        if self._settings.own_store:
            return {**stored, "changed": False, "next": document, "warnings": warnings}
        saved = save(self._open(), document, check_mode=self._task.check_mode)
        described = self._describe(following, stored["login"]["api_secret"])
        return {"changed": saved["changed"], **described, "warnings": warnings}

    def _advance(self, step: str, record: Record, plan: Mapping[str, t.Any], listed: Mapping[str, t.Any]) -> Record:
        settings, now = self._settings, datetime.now(timezone.utc)
        expires = now + timedelta(seconds=parse_duration(settings["lease"]))
        lease = {"holder": plan["run"], "expires": format_timestamp(expires)}
        facts = Facts.from_options({
            "secrets": listed["secrets"],
            "current": plan["current"],
            "grace": settings["grace"],
            "secret_id": settings["current_secret_id"],
            "secret": listed.get("secret"),
            "value": generate_secret() if step == "prepare" else settings["adopt_value"],
            "refused": list(listed.get("candidates") or ()) == ["refused"],
            "emergency": settings["emergency_reason"] if settings["mode"] == "emergency" else "",
            "lease": None if step in _LAST else lease,
        })  # fmt: skip
        return advance(record, "claim" if step == "release" else step, format_timestamp(now), facts)

    def _read_back(self, stored: Mapping[str, t.Any], found: t.Any) -> Result:
        """Take what a store of the user's has now for the record.

        :raises AnsibleActionFail: It is not what was to be saved.
        """
        record = self._given_record(found)
        if record is None or record != plain(stored["next"]):
            raise AnsibleActionFail(
                f"The store {self._settings['store']} has another record than the one that was to be saved. Nothing"
                " more was done"
            )
        described = self._describe(Record.from_document(record), stored["login"]["api_secret"])
        return {**found, "changed": True, **described}

    def _given_record(self, given: t.Any) -> Document | None:
        """The record that the tasks of a store of the user's have set, or None.

        :raises AnsibleActionFail: They have not said which: a store without a record has to say so.
        """
        if not isinstance(given, Mapping) or "record" not in given:
            raise AnsibleActionFail(
                f"The tasks of the store {self._settings['store']} have to set rotate_api_secret_stored to a dictionary"
                " with record, which is null when there is none"
            )
        found: Document | None = plain(given["record"])
        return found

    def _check(self, record: t.Any) -> Result:
        """Read what is stored, or save a record as it is: for the check of a store."""
        if record is None:
            return {"changed": False, "record": self._open().read().record}
        if not (isinstance(record, Mapping) and isinstance(record.get("version"), int)):
            raise AnsibleActionFail("record must be a dictionary with a version")
        return save(self._open(), plain(record), check_mode=self._task.check_mode)

    def _look(self, pattern: str) -> Result:
        """Read the records of the accounts of a fleet.

        :returns: `looked`, and what is to be listed at Vonage: `account_ids`, and `api_secrets` to log in with.
        :raises AnsibleActionFail: Two hosts are the same account.
        """
        looked: list[Looked] = []
        for host in hosts_of(self._variables, pattern):
            # Settings are those of all accounts as a rule, and the rotation of an account checks its own.
            looked.append(look_at_record(self, self._variables, host, checked=bool(looked)))
        twice = same_account(looked)
        if twice:
            raise AnsibleActionFail(f"{twice}: leave one of them out. Nothing was changed")
        over = [(one["account_id"], one["record"]) for one in looked if one["record"]]
        return {
            "changed": False,
            "looked": looked,
            "account_ids": [account_id for account_id, _record in over],
            "api_secrets": [record["current"]["value"] for _account_id, record in over],
        }

    def _open(self) -> RecordStore:
        return open_store(self, self._settings, self._variables)

    def _describe(self, record: Record, primary_secret: str) -> Result:
        """The record, and what the tasks of a rotation need of it.

        :param record: The record.
        :param primary_secret: The secret of the account that logs in for this one, if another one does.
        :returns: `record`; `candidates`, the values to try; `retired`, values that a late request may bring back;
            `recorded_values`, which nothing may show; and `login`.
        """
        settings, adopted = self._settings, self._settings["adopt_value"]
        named = [adopted] if adopted else []
        own = record.current.value if record.current else None
        return {
            "record": record.as_document(),
            "candidates": [*candidates(record, Policy.from_options({"mode": settings["mode"]})), *named],
            "retired": [entry.value for entry in record.retired if entry.value],
            "recorded_values": [*recorded_values(record), *named],
            "login": {
                "api_key": settings["api_key"],
                "api_secret": primary_secret if settings.admin else own,
            },
        }
