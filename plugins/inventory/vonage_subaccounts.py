# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: vonage_subaccounts
short_description: Inventory of the subaccounts of a Vonage primary account
version_added: 0.1.0
author:
  - community.vonage contributors (@ansible-collections)
description:
  - Adds each subaccount as a host of the group C(vonage_subaccounts), to run the modules of this collection for it.
  - The host variables are C(vonage_api_key), C(vonage_name), C(vonage_primary_account_api_key),
    C(vonage_use_primary_account_balance), C(vonage_balance), C(vonage_credit_limit), C(vonage_suspended) and
    C(vonage_created_at), as returned by M(community.vonage.vonage_subaccount_info). They contain no secret.
  - The name of the file must end in C(vonage_subaccounts.yml) or C(vonage_subaccounts.yaml).
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - community.vonage.connection
  - community.vonage.connection.environment
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices:
      - community.vonage.vonage_subaccounts
  hostname:
    description:
      - What to use as the name of a host.
      - If the API key of an account is the name of another host or group, or of the controller, such as V(localhost),
        the host is named C(vonage_) plus the API key, with a warning.
      - With V(name), the account C(Shop & Co. Oslo) becomes the host C(Shop_Co._Oslo). The API key is used if an
        account has no name, and, with a warning, if another account, host or group has the same name. Two accounts
        never become one host.
    type: str
    choices:
      - api_key
      - name
    default: api_key
  include_suspended:
    description: Whether to add suspended subaccounts. Their secrets still have to be managed.
    type: bool
    default: true
  include_primary:
    description: Whether to add the primary account, as a host of the group C(vonage_primary).
    type: bool
    default: false
  run_on_controller:
    description:
      - Whether tasks for these hosts run on the controller, with the Python that runs Ansible, like those for
        C(localhost). For this, each host gets C(ansible_connection) and C(ansible_python_interpreter), which O(compose)
        may override.
      - Accounts are not machines that Ansible can connect to.
    type: bool
    default: true
notes:
  - Make this file the last source of the inventory. Ansible reads the sources in the order of C(-i), and the files of a
    directory by their names; a plugin sees only what was read before. If a later source has a host whose name is the
    API key of an account, both are the same host, and its tasks run on the controller.
  - To set variables for an account, use C(host_vars), or add a host in an earlier source whose name and variable
    C(vonage_api_key) are the API key of the account.
  - The names of accounts are chosen by users of the Vonage dashboard. Set a prefix for O(keyed_groups) that use them.
    Without a prefix, an account is not added to a group that has other hosts, and there is a warning.
  - The connection options, including O(api_key) and O(api_secret), may be Jinja templates with lookups and extra
    variables, and may be encrypted with Ansible Vault. "The host where the task runs" is the controller.
  - The cache contains the data of the accounts and no credentials. It is used for the same file, O(api_key) and
    O(api_url); a change of O(api_secret) does not invalidate it.
  - Ansible continues without an inventory that cannot be read. To make it stop, set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to C(true).
seealso:
  - module: community.vonage.vonage_subaccount_info
"""

EXAMPLES = r"""
# vonage_subaccounts.yml; the first line is enough when VONAGE_API_KEY and VONAGE_API_SECRET are in the environment.
plugin: community.vonage.vonage_subaccounts
api_key: abcd1234
api_secret: "{{ lookup('ansible.builtin.env', 'PRIMARY_API_SECRET') }}"
include_primary: true
compose:
  empty: not vonage_use_primary_account_balance and vonage_balance < 0.5
groups:
  suspended: vonage_suspended
  own_balance: vonage_use_primary_account_balance is false
keyed_groups:
  # For example year_2026.
  - key: vonage_created_at[:4]
    prefix: year
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/vonage
cache_timeout: 600
"""

import hashlib
import re
import typing as t
from collections import Counter

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.connection import (
    Connection,
    connection_argument_spec,
    validate_raw_options,
)
from ansible_collections.community.vonage.plugins.module_utils._api.errors import VonageError
from ansible_collections.community.vonage.plugins.module_utils._api.subaccounts import Account, AccountList
from ansible_collections.community.vonage.plugins.module_utils._api.text import replace_surrogates
from ansible_collections.community.vonage.plugins.module_utils._api.transport import HAS_REQUESTS

try:
    from ansible.template import trust_as_template
except ImportError:
    # ansible-core before 2.19 trusts all texts.
    trust_as_template = str

# Characters with a meaning in host patterns, shells or file systems.
_UNSAFE_IN_HOST_NAME = re.compile(r"[^\w.-]+")

_ON_THE_CONTROLLER = {
    "ansible_connection": "local",
    "ansible_python_interpreter": trust_as_template("{{ ansible_playbook_python }}"),
}


def _is_machine(host: t.Any) -> bool:
    """Whether a host was not added by this plugin, and is not named after an account.

    A machine may have the API key that it uses as the variable vonage_api_key.
    """
    return "vonage_created_at" not in host.vars and host.vars.get("vonage_api_key") != host.name


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "community.vonage.vonage_subaccounts"

    @staticmethod
    def _sanitize_group_name(name: str) -> str:
        """Replace invalid characters, also if TRANSFORM_INVALID_GROUP_CHARS says no: a name may contain a template."""
        return t.cast(str, to_safe_group_name(name, force=True, silent=True))

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("vonage_subaccounts.yml", "vonage_subaccounts.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if not HAS_REQUESTS:
            raise AnsibleParserError(missing_required_lib("requests"))
        try:
            self._read_config_data(path)
            listed = self._accounts(path, cache)
        except VonageError as error:
            raise AnsibleParserError(error.message) from None
        self._populate(listed)

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Set the options. Resolve templates in the connection options, and validate these like a module does.

        Ansible would convert a template or a misspelt value of validate_certs to false.
        """
        spec = connection_argument_spec()
        self.templar.available_variables = self._vars
        given = {option: self._resolved(value) for option, value in direct.items() if option in spec}
        validate_raw_options(given, spec, never_null=spec)
        checked = ArgumentSpecValidator(spec).validate(given)
        if checked.error_messages:
            raise AnsibleParserError("; ".join(checked.error_messages))
        super().set_options(task_keys, var_options, {**direct, **checked.validated_parameters})

    def _resolved(self, value: t.Any) -> t.Any:
        if isinstance(value, str):
            return self.templar.template(value)
        # An encrypted value has a type of its own, and is no template.
        return value if value is None or isinstance(value, (bool, int, float, list, dict)) else str(value)

    def _accounts(self, path: str, cache: bool) -> AccountList:
        """Get the accounts from the cache or from Vonage."""
        connection = Connection.from_params({option: self.get_option(option) for option in connection_argument_spec()})
        if not self.get_option("cache"):
            return self._read(connection)
        whose = f"{connection.api_key} {connection.api_url}"
        key = f"{self.get_cache_key(path)}_{hashlib.sha256(whose.encode()).hexdigest()[:16]}"
        listed = self._cached(key) if cache else None
        if listed is None:
            listed = self._read(connection)
            self._cache[key] = replace_surrogates(listed.as_dict())
        return listed

    def _read(self, connection: Connection) -> AccountList:
        return Client(connection, warn=self.display.warning).list_subaccounts()

    def _cached(self, key: str) -> AccountList | None:
        """Get the accounts from the cache; None if they are missing or have an unknown format."""
        try:
            found = self._cache[key]
            return AccountList.from_rows(found["primary"], found["subaccounts"])
        except (AnsibleError, LookupError, TypeError, ValueError):
            return None

    def _populate(self, listed: AccountList) -> None:
        members = {"vonage_subaccounts": listed.subaccounts}
        if self.get_option("include_primary"):
            members["vonage_primary"] = [listed.primary]
        for group in members:
            # Also if it is empty, so that plays for the group cause no warning.
            self.inventory.add_group(group)
        machines = self._groups_of_machines()
        rows = [
            (group, account)
            for group, accounts in members.items()
            for account in accounts
            if self.get_option("include_suspended") or not account.suspended
        ]
        hosts = self._host_names(listed, [account for _group, account in rows])
        try:
            for group, account in rows:
                self._add_host(hosts[account.api_key], group, account)
            # Only now are the groups known that keyed_groups added.
            both = sorted({*hosts.values()}.intersection(self.inventory.groups))
            if both:
                raise AnsibleParserError(
                    f"{', '.join(both)} would be a host and a group: set a prefix for keyed_groups"
                )
        finally:
            # Also after an error, because Ansible keeps what was added before.
            self._leave_groups(machines)

    def _groups_of_machines(self) -> dict[str, set[str]]:
        """The hosts of each group that has machines, without groups that this file defines."""
        named = {"all", "ungrouped", "vonage_subaccounts", "vonage_primary"}
        named.update(map(self._sanitize_group_name, self.get_option("groups") or ()))
        groups = {name: group for name, group in self.inventory.groups.items() if name not in named}
        mixed = {name for name, group in groups.items() if any(map(_is_machine, group.get_hosts()))}
        # The hosts of a group are hosts of its parent groups, too.
        return {
            name: {host.name for host in group.hosts}
            for name, group in groups.items()
            if mixed & {name, *(parent.name for parent in group.get_ancestors())}
        }

    def _leave_groups(self, machines: dict[str, set[str]]) -> None:
        """Remove accounts from groups of machines, because plays for these would run on the controller."""
        left = []
        for name, hosts in machines.items():
            group = self.inventory.groups[name]
            for host in [host for host in group.hosts if host.name not in hosts]:
                group.remove_host(host)
                left.append(f"{host.name} ({name})")
        self._warn_of(left, "were not added to groups of other hosts, set a prefix for keyed_groups")

    def _host_names(self, listed: AccountList, accounts: list[Account]) -> dict[str, str]:
        """Choose the host name for each API key, other than the names of existing hosts and groups."""
        keys = {account.api_key for account in listed.accounts}
        groups = {*self.inventory.groups, *map(self._sanitize_group_name, self.get_option("groups") or ())}
        taken = {"", *C.LOCALHOST, *groups, *self.inventory.hosts}
        own = self._own_names(listed, taken | keys)
        hosts: dict[str, str] = {}
        unused, renamed = [], []
        for account in accounts:
            key = account.api_key
            host = own.get(key, key)
            if host == key and account.name and self.get_option("hostname") == "name":
                unused.append(key)
            if host in taken and not self._is_account(key):
                while host in taken | keys | {*own.values(), *hosts.values()}:
                    host = f"vonage_{host}"
                renamed.append(f"{key} is {host}")
            hosts[key] = host
        self._warn_of(unused, "whose names are not unique are named after their API keys")
        self._warn_of(renamed, "whose API keys are names of other hosts or groups were renamed")
        return hosts

    def _is_account(self, key: str) -> bool:
        """Whether an existing host is the account, which is the case if it has the variable vonage_api_key."""
        host = self.inventory.hosts.get(key)
        names_something_else = key in self.inventory.groups or key in C.LOCALHOST
        return not names_something_else and host is not None and host.vars.get("vonage_api_key") == key

    def _warn_of(self, accounts: list[str], what: str) -> None:
        if accounts:
            self.display.warning(f"Accounts {what}: {', '.join(accounts)}")

    def _own_names(self, listed: AccountList, taken: set[str]) -> dict[str, str]:
        """The host names of accounts with a unique name, by API key."""
        if self.get_option("hostname") != "name":
            return {}
        names = {
            account.api_key: _UNSAFE_IN_HOST_NAME.sub("_", account.name or "").strip("_.-")
            for account in listed.accounts
        }
        uses = Counter(names.values())
        return {key: name for key, name in names.items() if uses[name] == 1 and name not in taken}

    def _add_host(self, host: str, group: str, account: Account) -> None:
        self.inventory.add_host(host, group)
        facts = {f"vonage_{field}": wrap_var(replace_surrogates(value)) for field, value in account.as_dict().items()}
        where = _ON_THE_CONTROLLER if self.get_option("run_on_controller") else {}
        for name, value in {**where, **facts}.items():
            self.inventory.set_variable(host, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), facts, host, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), facts, host, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), facts, host, strict)
