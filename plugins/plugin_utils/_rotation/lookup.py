# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Calls lookups of other collections from an action.

In a template, the error of a lookup is shown by Ansible as it is, even with no_log (since ansible-core 2.19). An action
can take secrets out of it.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

# Variables that lookups read their options from: how to reach HashiCorp Vault, and to log in.
_PREFIX = "ansible_hashi_vault_"


class NotInstalled(Exception):
    """There is no such lookup, or it cannot be loaded."""


def has_lookup(name: str) -> bool:
    """Whether there is a lookup. It is not called: some log in to their service before they look at what to look up.

    :param name: Of the lookup, with its collection.
    """
    return bool(lookup_loader.has_plugin(name))


def call_lookup(
    action: ActionBase, name: str, term: str, task_vars: Mapping[str, t.Any], options: Mapping[str, t.Any]
) -> t.Any:
    """Call a lookup as a template would.

    :param action: The action that calls.
    :param name: Of the lookup, with its collection.
    :param term: What is looked up.
    :param task_vars: The variables of the task.
    :param options: Of the lookup.
    :returns: The list that it gives.
    :raises NotInstalled: There is no such lookup.
    :raises Exception: The lookup failed.
    """
    try:
        plugin = lookup_loader.get(name, loader=action._loader, templar=action._templar)
    except AnsibleError as error:
        raise NotInstalled(str(error)) from None
    if plugin is None:
        raise NotInstalled(f"There is no lookup {name}")
    # A lookup that is called from here is given its variables as they are, so they are templated first.
    variables = {
        variable: action._templar.template(value)
        for variable, value in task_vars.items()
        if variable.startswith(_PREFIX)
    }
    return plugin.run([term], variables=variables, **options)


def cause_of(error: BaseException) -> BaseException:
    """What the client library raised; the lookups say less."""
    return error.__cause__ or error
