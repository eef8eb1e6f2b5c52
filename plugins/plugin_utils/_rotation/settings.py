# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Validates the settings of the role rotate_api_secret, before anything is done."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from ansible_collections.community.vonage.plugins.module_utils._secret_file import (
    NOT_PLAIN,
    SecretFileError,
    is_plain,
    parse_access,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import parse_duration

Settings = Mapping[str, t.Any]

_PREFIX = "rotate_api_secret_"
_DURATIONS = ("max_age", "grace", "lease", "overlap_warning", "propagation_timeout")

# Seconds after which a task ends.
_TIMEOUTS = ("service_timeout", "consumer_timeout", "kubernetes_secret_timeout")

# Empty means never: no secret is due by its age, and no overlap is warned of.
_MAY_BE_EMPTY = ("max_age", "overlap_warning")

# The consumers that come with the role, each with the variables that it needs to hand a secret over.
CONSUMERS: Mapping[str, Sequence[str]] = {
    "awx_credential": ("awx_credential", "awx_credential_type"),
    "env_file": ("env_file",),
    "hashi_vault": ("hashi_vault_path",),
    "kubernetes_secret": ("kubernetes_secret", "kubernetes_secret_namespace"),
    "systemd_dropin": ("systemd_unit", "env_file"),
    "template_file": ("template_file", "template_file_source"),
}

# Those of them that can be asked which secret is in use, each with the variables that it needs for that.
CONFIRMING: Mapping[str, Sequence[str]] = {
    "env_file": (),
    "kubernetes_secret": ("kubernetes_secret_namespace",),
    "systemd_dropin": ("systemd_unit",),
    "template_file": (),
}

# Those of them with a process on the host.
CONSUMERS_ON_HOSTS = ("env_file", "systemd_dropin", "template_file")

# Those of them that write an environment file.
ENV_FILES = ("env_file", "systemd_dropin")

# The variables with the modes of the files that they write.
_MODE_VARIABLES = {
    "env_file": "env_file_mode",
    "systemd_dropin": "env_file_mode",
    "template_file": "template_file_mode",
}

# The commands of a consumer. Those of env_file come first: they are the default of the others.
_COMMANDS = ("env_file_reload", "env_file_confirm", "reload", "confirm")

_CONSUMER_HOOKS = ("distribute_tasks", "confirm_tasks", "distribute_central_tasks")
_HOOKS = (*_CONSUMER_HOOKS, "approve_tasks", "verify_tasks", "notify_tasks")

# More logins in a row would prove nothing more.
_MAX_VERIFY_TIMES = 50
_MAX_VERIFY_INTERVAL = 3599


def settings_error(
    settings: Settings, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, t.Any]]
) -> str:
    """Why the role cannot run with these settings.

    :param settings: Variables of the role, by their names without its prefix.
    :param groups: Hosts of each group of the inventory.
    :param hostvars: Variables of each host, for consumers that have settings of their own.
    :returns: One sentence that says what to write instead; empty when there is nothing wrong.
    """
    consumers = settings["consumers"]
    if not settings["account_id"]:
        return "Set rotate_api_secret_account_id, or VONAGE_API_KEY, to the API key of the account"
    if consumers is None:
        return (
            "Set rotate_api_secret_consumers to the inventory group of the hosts that use the secret; or to an empty"
            " string, when only programs that read the record or a central consumer use it"
        )
    if consumers and not settings.get("deploys", True):
        return (
            "The role alone does not hand a secret over on hosts: set rotate_api_secret_consumers to an empty string,"
            " or run the playbook community.vonage.rotate_api_secret, which does"
        )
    if consumers and consumers not in groups:
        return f"rotate_api_secret_consumers names {consumers}, which is not a group of the inventory"
    if _parse_number(settings["verify_times"]) not in range(1, _MAX_VERIFY_TIMES + 1) or _parse_number(
        settings["verify_interval"]
    ) not in range(_MAX_VERIFY_INTERVAL + 1):
        return (
            f"rotate_api_secret_verify_times must be 1 to {_MAX_VERIFY_TIMES}, and rotate_api_secret_verify_interval 0"
            f" to {_MAX_VERIFY_INTERVAL} seconds"
        )
    for name in _TIMEOUTS:
        if not _parse_number(settings[name]):
            return f"{_PREFIX}{name} must be a whole number of seconds above 0, without a unit, not {settings[name]}"
    for name in _DURATIONS:
        if settings[name] or name not in _MAY_BE_EMPTY:
            try:
                parse_duration(settings[name])
            except ValueError as error:
                return f"{_PREFIX}{name}: {error}"
    adopted = settings.get("adopt_value") or ""
    if adopted and settings.get("distribute_tasks") in ENV_FILES and not is_plain(adopted):
        return (
            f"rotate_api_secret_adopt_value {NOT_PLAIN}: remove that secret at Vonage and rotate; or hand it over with"
            " the consumer template_file, with the quotes that its reader needs"
        )
    # Checked now, and not when a new secret that exists already is to be handed over.
    return next(filter(None, _hook_errors(settings, groups, hostvars)), "")


def _hook_errors(
    settings: Settings, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, t.Any]]
) -> Iterator[str]:
    for name in _HOOKS:
        yield _hook_error(name, str(settings.get(name) or ""))
    hosts = groups[settings["consumers"]] if settings["consumers"] else ()
    for name in _CONSUMER_HOOKS:
        if name == "distribute_central_tasks":
            yield _consumer_error(name, settings, {}, "")
        else:
            for host in hosts:
                yield _consumer_error(name, settings, hostvars[host], f"For {host}, ")


def _hook_error(name: str, hook: str) -> str:
    if name == "confirm_tasks" and hook in CONSUMERS and hook not in CONFIRMING:
        return (
            f"{_PREFIX}{name} is {hook}, which cannot be asked: name a tasks file that asks the programs that read the"
            " secret there, or set an empty string"
        )
    if not hook or (name in _CONSUMER_HOOKS and hook in CONSUMERS):
        return ""
    path = PurePath(hook)
    if path.is_absolute():
        return "" if os.path.isfile(hook) else f"{_PREFIX}{name} names {hook}, which is not a file on the controller"
    # Ansible itself looks a relative path up, in several folders.
    if hook == path.stem:
        consumers = f"one of {', '.join(CONSUMERS)}, or " if name in _CONSUMER_HOOKS else ""
        return f"{_PREFIX}{name} is {hook}: name {consumers}a tasks file, such as {{{{ playbook_dir }}}}/{hook}.yml"
    return ""


def _consumer_error(hook: str, settings: Settings, variables: Mapping[str, t.Any], where: str) -> str:
    """Which setting of a consumer is missing or wrong.

    :param hook: The variable that names the consumer.
    :param variables: The variables of the consumer's host. The settings are the default for them.
    :param where: How the sentence begins.
    """
    consumer = settings.get(hook) or ""
    if consumer not in CONSUMERS:
        return ""
    for name in (CONFIRMING if hook == "confirm_tasks" else CONSUMERS)[consumer]:
        if not _host_setting(name, settings, variables):
            return f"{where}{_PREFIX}{name} is not set, which the consumer {consumer} needs"
    mode = _host_setting(_MODE_VARIABLES.get(consumer, ""), settings, variables) if hook == "distribute_tasks" else None
    if isinstance(mode, int):
        # Ansible may write the number in decimal, which is another mode.
        return f"{where}{_PREFIX}{_MODE_VARIABLES[consumer]} must be an octal number in quotes, such as '0640'"
    if "{{" not in str(mode):
        try:
            parse_access(None, None, mode or None)
        except SecretFileError as error:
            return f"{where}{_PREFIX}{_MODE_VARIABLES[consumer]}: {error}"
    for name in _TIMEOUTS:
        timeout = _host_setting(name, settings, variables)
        if "{{" not in str(timeout) and not _parse_number(timeout):
            return f"{where}{_PREFIX}{name} must be a whole number of seconds above 0, without a unit, not {timeout}"
    for name in _COMMANDS:
        command = _host_setting(name, settings, variables)
        if isinstance(command, str) and "{{" not in command:
            return f"{where}{_PREFIX}{name} must be a list of arguments, such as [systemctl, reload, sms-gateway]"
    return ""


def _host_setting(name: str, settings: Settings, variables: Mapping[str, t.Any]) -> t.Any:
    """The value of a setting on a host; a template, when it depends on variables of the host's own play."""
    try:
        return variables.get(_PREFIX + name, settings.get(name))
    except Exception:  # pylint: disable=broad-exception-caught
        # Ansible's own error, which differs between releases. Older releases return the text of the template instead.
        return "{{ }}"


def _parse_number(value: t.Any) -> int | None:
    return int(str(value)) if str(value).isdecimal() else None
