# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The settings of the role rotate_api_secret: what is wrong with them, before anything is done."""

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

# Without a greatest age nothing is ever due, and without a longest overlap nothing is warned of.
_OPTIONAL = ("max_age", "overlap_warning")

# The consumers that the role brings, each with the variables that it must be told to hand a secret over.
CONSUMERS: Mapping[str, Sequence[str]] = {
    "awx_credential": ("awx_credential", "awx_credential_type"),
    "env_file": ("env_file",),
    "hashi_vault": ("hashi_vault_path",),
    "kubernetes_secret": ("kubernetes_secret", "kubernetes_secret_namespace"),
    "systemd_dropin": ("systemd_unit", "env_file"),
    "template_file": ("template_file", "template_file_source"),
}

# Those of them that can be asked which secret is in use, and what they must be told for that.
CONFIRMING: Mapping[str, Sequence[str]] = {
    "env_file": (),
    "kubernetes_secret": ("kubernetes_secret_namespace",),
    "systemd_dropin": ("systemd_unit",),
    "template_file": (),
}

# Those of them whose process reads an environment file.
ENV_FILES = ("env_file", "systemd_dropin")

# The modes of the files that they write.
_MODES = {"env_file": "env_file_mode", "systemd_dropin": "env_file_mode", "template_file": "template_file_mode"}

# The commands of a consumer. Those of env_file come first: the others have them by default.
_COMMANDS = ("env_file_reload", "env_file_confirm", "reload", "confirm")

_CONSUMER_HOOKS = ("distribute_tasks", "confirm_tasks", "distribute_central_tasks")
_HOOKS = (*_CONSUMER_HOOKS, "approve_tasks", "verify_tasks", "notify_tasks")

# Any more logins in a row would prove nothing.
_MOST_VERIFY_TIMES = 50


def settings_problem(
    settings: Settings, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, t.Any]]
) -> str:
    """Why the role cannot begin with these settings.

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
            " string, when it is used only by those who read the record or are served by central tasks"
        )
    if consumers and not settings.get("deploys", True):
        return (
            "The role as a whole hands nothing over on hosts: set rotate_api_secret_consumers to an empty string, or"
            " run the playbook community.vonage.rotate_api_secret, which does"
        )
    if consumers and consumers not in groups:
        return f"rotate_api_secret_consumers names {consumers}, which is not a group of the inventory"
    if _number(settings["verify_times"]) not in range(1, _MOST_VERIFY_TIMES + 1) or _number(
        settings["verify_interval"]
    ) not in range(3600):
        return (
            f"rotate_api_secret_verify_times must be 1 to {_MOST_VERIFY_TIMES}, and rotate_api_secret_verify_interval 0"
            " or more seconds"
        )
    for name in _DURATIONS:
        if settings[name] or name not in _OPTIONAL:
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
    # All of this before a new secret exists, and not only when it is to be handed over.
    return next(filter(None, _problems_of_hooks(settings, groups, hostvars)), "")


def _problems_of_hooks(
    settings: Settings, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Mapping[str, t.Any]]
) -> Iterator[str]:
    for name in _HOOKS:
        yield _problem_of_hook(name, settings.get(name) or "")
    hosts = groups[settings["consumers"]] if settings["consumers"] else ()
    for name in _CONSUMER_HOOKS:
        if name == "distribute_central_tasks":
            yield _problem_of_consumer(name, settings, {}, "")
        else:
            for host in hosts:
                yield _problem_of_consumer(name, settings, hostvars[host], f"For {host}, ")


def _problem_of_hook(name: str, hook: str) -> str:
    if name == "confirm_tasks" and hook in CONSUMERS and hook not in CONFIRMING:
        return (
            f"{_PREFIX}{name} is {hook}, which has nobody to ask: name a tasks file that asks those who read the secret"
            " there, or an empty string"
        )
    if not hook or (name in _CONSUMER_HOOKS and hook in CONSUMERS):
        return ""
    path = PurePath(hook)
    if path.is_absolute():
        # What the controller cannot look at, it cannot run either.
        return "" if os.path.isfile(hook) else f"{_PREFIX}{name} names {hook}, which is no file on the controller"
    # Where a relative path leads to is for Ansible to find out.
    if hook == path.stem:
        consumers = f"one of {', '.join(CONSUMERS)}, or " if name in _CONSUMER_HOOKS else ""
        return f"{_PREFIX}{name} is {hook}: name {consumers}a tasks file, such as {{{{ playbook_dir }}}}/{hook}.yml"
    return ""


def _problem_of_consumer(hook: str, settings: Settings, variables: Mapping[str, t.Any], where: str) -> str:
    """What a consumer is not told, or in a way that it does not understand.

    :param hook: The name of the variable that names the consumer.
    :param variables: Of the host that it is on; where it has none of its own, the settings count.
    :param where: How the sentence begins.
    """
    consumer = settings.get(hook) or ""
    if consumer not in CONSUMERS:
        return ""
    for name in (CONFIRMING if hook == "confirm_tasks" else CONSUMERS)[consumer]:
        if not _setting(name, settings, variables):
            return f"{where}{_PREFIX}{name} is not set, which the consumer {consumer} needs"
    mode = _setting(_MODES.get(consumer, ""), settings, variables) if hook == "distribute_tasks" else None
    if isinstance(mode, int):
        # Ansible may hand the number on as the text of another number.
        return f"{where}{_PREFIX}{_MODES[consumer]} must be an octal number in quotes, such as '0640'"
    if "{{" not in str(mode):
        try:
            parse_access(None, None, mode or None)
        except SecretFileError as error:
            return f"{where}{_PREFIX}{_MODES[consumer]}: {error}"
    for name in _COMMANDS:
        command = _setting(name, settings, variables)
        if isinstance(command, str) and "{{" not in command:
            return f"{where}{_PREFIX}{name} must be a list of arguments, such as [systemctl, reload, sms-gateway]"
    return ""


def _setting(name: str, settings: Settings, variables: Mapping[str, t.Any]) -> t.Any:
    """The value of a setting on a host; its template, where that is made of what only its own play knows."""
    try:
        return variables.get(_PREFIX + name, settings.get(name))
    except Exception:  # pylint: disable=broad-exception-caught
        # Ansible's own errors, which are others in each release. The older ones give the text of the template instead.
        return "{{ }}"


def _number(value: t.Any) -> int | None:
    return int(str(value)) if str(value).isdecimal() else None
