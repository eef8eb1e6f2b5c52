# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The settings of the role rotate_api_secret: what is wrong with them, before anything is done."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.community.vonage.plugins.module_utils._rotation_record import seconds

Settings = Mapping[str, t.Any]

_PREFIX = "rotate_api_secret_"
_DURATIONS = ("max_age", "grace", "lease", "overlap_warning", "propagation_timeout")

# Without a greatest age nothing is ever due, and without a longest overlap nothing is warned of.
_OPTIONAL = ("max_age", "overlap_warning")

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
                seconds(settings[name])
            except ValueError as error:
                return f"{_PREFIX}{name}: {error}"
    if consumers and settings["distribute_tasks"] == "env_file":
        # Before a new secret exists, and not only when it is to be handed over.
        for host in groups[consumers]:
            if not _env_file_is_set(settings, hostvars[host]):
                return (
                    f"For {host}, rotate_api_secret_env_file must name a file, and rotate_api_secret_env_file_reload"
                    " and rotate_api_secret_env_file_confirm must be lists of arguments such as [systemctl, reload,"
                    " sms-gateway]"
                )
    return ""


def _env_file_is_set(settings: Settings, variables: Mapping[str, t.Any]) -> bool:
    path, *commands = (
        variables.get(_PREFIX + name, settings[name]) for name in ("env_file", "env_file_reload", "env_file_confirm")
    )
    return bool(path) and not any(isinstance(command, str) for command in commands)


def _number(value: t.Any) -> int | None:
    return int(str(value)) if str(value).isdecimal() else None
