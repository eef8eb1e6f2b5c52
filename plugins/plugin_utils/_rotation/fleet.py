# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The accounts of a fleet, which are hosts of the inventory, and what one task on localhost reads of each."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    Document,
    Record,
    validation_error,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.role_settings import PREFIX, RoleSettings
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import settings_error
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.shipped import open_store

Variables = Mapping[str, t.Any]

NO_HOST = "localhost:!localhost"


class Looked(t.TypedDict):
    """What is known of an account before a look at Vonage."""

    host: str
    account_id: str
    # A record of a rotation that is over. Without it, there is something to do, if only to say what is wrong.
    record: Document | None


def hosts_of(task_vars: Variables, pattern: str) -> list[str]:
    """The hosts of a pattern, in the order of the inventory and within `--limit`.

    :param task_vars: The variables of the task.
    :param pattern: For example a group.
    """
    # Ansible restricts its inventory to the hosts of the play, which is localhost.
    return [host.name for host in task_vars["hostvars"]._inventory.get_hosts(pattern, ignore_restrictions=True)]


@contextmanager
def settings_of(
    action: ActionBase, task_vars: Variables, host: str, account_id: str | None = None
) -> Iterator[RoleSettings]:
    """The variables of the role for another host, as its own task in this play would read them.

    :param action: The action of that task.
    :param task_vars: The variables of that task.
    :param host: Another host.
    :param account_id: Its API key, when that is known. Other variables need not find it out again then.
    """
    hostvars, task = task_vars["hostvars"], action._task
    parent = task._parent
    while not hasattr(parent, "_play"):
        parent = parent._parent
    variables = hostvars._variable_manager.get_vars(
        play=parent._play, host=hostvars._inventory.get_host(host), task=task
    )
    if account_id is not None:
        # In a look, each account logs in for itself.
        variables = {**variables, f"{PREFIX}account_id": account_id, f"{PREFIX}api_key": account_id}
    with _settings_with(action, variables) as settings:
        yield settings


@contextmanager
def settings_of_account(action: ActionBase, task_vars: Variables, account_id: str) -> Iterator[RoleSettings]:
    """The variables of the role, as if a task were for another account.

    :param action: The action of the task.
    :param task_vars: The variables of the task.
    :param account_id: API key of the other account.
    """
    with _settings_with(action, {**task_vars, f"{PREFIX}account_id": account_id}) as settings:
        yield settings


@contextmanager
def _settings_with(action: ActionBase, variables: Variables) -> Iterator[RoleSettings]:
    templar = action._templar
    before = templar.available_variables
    templar.available_variables = variables
    try:
        yield RoleSettings(action, variables)
    finally:
        templar.available_variables = before


def look_at_record(action: ActionBase, task_vars: Variables, host: str, checked: bool) -> Looked:
    """Read the record of an account.

    :param action: The action of a task of the role.
    :param task_vars: The variables of that task.
    :param host: The host of the account.
    :param checked: Whether the settings are known to be right.
    """
    looked: Looked = {"host": host, "account_id": "", "record": None}
    try:
        with settings_of(action, task_vars, host) as settings:
            looked["account_id"] = str(settings["account_id"])
        with settings_of_account(action, settings.variables, looked["account_id"]) as settings:
            looked["record"] = _record_that_is_over(action, settings, checked)
    except Exception:  # pylint: disable=broad-exception-caught
        # Whatever is wrong, the rotation of the account says it.
        pass
    return looked


def _record_that_is_over(action: ActionBase, settings: RoleSettings, checked: bool) -> Document | None:
    wrong = not checked and (settings.type_errors() or settings_error(settings, settings.groups, settings.hostvars))
    # Tasks of a user's own store run for one account at a time; and a person who asks for more is to see more.
    if wrong or settings.own_store or settings["adopt_value"] or settings["mode"] == "status":
        return None
    found = open_store(action, settings, settings.variables).read().record
    if not found or validation_error(found, settings["account_id"]) or not Record.from_document(found).is_over:
        return None
    return found


def same_account(looked: Sequence[Looked]) -> str:
    """Two hosts of a fleet that are the same account, as a sentence; empty when there are none."""
    hosts: dict[str, str] = {}
    for one in looked:
        other = hosts.setdefault(one["account_id"], one["host"])
        if one["account_id"] and other != one["host"]:
            return f"The hosts {other} and {one['host']} are the same account, {one['account_id']}"
    return ""
