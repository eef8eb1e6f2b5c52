# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The variables of the role rotate_api_secret, as an action of the role reads them."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import CONSUMERS, CONSUMERS_ON_HOSTS

PREFIX = "rotate_api_secret_"

_ROLE = Path(__file__).parents[3] / "roles" / "rotate_api_secret"

# The consumers that come with the role.
_SHIPPED = _ROLE / "tasks" / "consumers"

# Set in a play that hands nothing over on hosts.
_DEPLOYS = "__rotate_api_secret_deploys"

# The shipped consumers that have no command of their own to ask the process with.
_BY_COMMAND = ("env_file", "template_file")


class RoleSettings(Mapping[str, t.Any]):
    """The variables of the role by their names without its prefix. Each is templated when it is used first.

    :param action: The action of a task of the role.
    :param task_vars: The variables of that task.
    """

    def __init__(self, action: ActionBase, task_vars: Mapping[str, t.Any]) -> None:
        self._template: t.Callable[[t.Any], t.Any] = action._templar.template
        self._loader = action._loader
        self._variables = task_vars
        self._found: dict[str, t.Any] = {}

    def __getitem__(self, name: str) -> t.Any:
        if name not in self._found:
            # A play without the role, such as one of rotate_fleet, has no defaults of it.
            value = self._variables.get(_DEPLOYS if name == "deploys" else PREFIX + name)
            self._found[name] = self._template(value) if _may_be_template(value) else value
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return (name[len(PREFIX) :] for name in self._variables if name.startswith(PREFIX))

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def type_errors(self) -> list[str]:
        """The variables with a wrong type, or with a value that is not one of the choices.

        Ansible's own check would fail in a task outside the role's block, and the report would not have the failure.
        """
        described = self._loader.load_from_file(str(_ROLE / "meta" / "argument_specs.yml"))
        spec = described["argument_specs"]["main"]["options"]
        given = {name: self[name[len(PREFIX) :]] for name in spec if name in self._variables}
        found: list[str] = ArgumentSpecValidator(spec).validate(given).error_messages
        return found

    @property
    def variables(self) -> Mapping[str, t.Any]:
        """All variables, as they are."""
        return self._variables

    @property
    def groups(self) -> Mapping[str, Sequence[str]]:
        """The hosts of each group of the inventory."""
        groups: Mapping[str, Sequence[str]] = self._variables["groups"]
        return groups

    @property
    def hostvars(self) -> t.Any:
        """The variables of each host."""
        return self._variables["hostvars"]

    @property
    def admin(self) -> bool:
        """Whether the login is that of a primary account."""
        return bool(self["api_key"] != self["account_id"])

    @property
    def own_store(self) -> str:
        """The directory of a store of the user's; empty for a store that comes with the role."""
        store = str(self["store"])
        return store if store.startswith("/") else ""

    @property
    def place(self) -> str:
        """Where the record is kept, for a message."""
        return str(self["record"] or self["store"])

    @property
    def hosts(self) -> list[str]:
        """The consumers on hosts. These are all of the group, whatever hosts a play was limited to."""
        return list(self.groups[self["consumers"]]) if self["consumers"] else []

    @property
    def asked(self) -> list[str]:
        """The hosts that must confirm: all of the group if at least one can be asked, otherwise none."""
        tasks = self["confirm_tasks"]
        if not tasks or not self.hosts:
            return []
        if tasks not in _BY_COMMAND or self["confirm"]:
            return self.hosts
        commands = ("confirm", "env_file_confirm")
        some = any(self.hostvars[host].get(PREFIX + name) for host in self.hosts for name in commands)
        return self.hosts if some else []

    @property
    def confirms_at_once(self) -> bool:
        """Whether the task that hands the secret over also asks the process, so that nothing has to ask it again."""
        hook = self["confirm_tasks"]
        return hook in CONSUMERS_ON_HOSTS and hook == self["distribute_tasks"]

    def hook(self, name: str) -> list[str]:
        """The tasks file of a hook, the role's or the user's, as a list for a loop; empty without a hook."""
        hook = self[name]
        if not hook:
            return []
        if hook not in CONSUMERS:
            return [str(hook)]
        if name == "confirm_tasks":
            return [str(_SHIPPED / ("confirmed.yml" if self.confirms_at_once else f"{hook}/confirm.yml"))]
        return [str(_SHIPPED / hook / "distribute.yml")]


def _may_be_template(value: t.Any) -> bool:
    # Most values are none, and the templating of Ansible takes its time to find that out. Delimiters other than the
    # usual ones are named in the first line of a template.
    if isinstance(value, str):
        return "{" in value or value.startswith("#jinja2:")
    return not isinstance(value, (bool, int, float, type(None)))
