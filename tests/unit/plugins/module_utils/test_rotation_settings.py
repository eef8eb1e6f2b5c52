# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.community.vonage.plugins.module_utils._rotation_settings import settings_problem

GROUPS = {"all": ["gateway1", "gateway2"], "sms_gateways": ["gateway1", "gateway2"], "nobody": []}
SETTINGS = {
    "account_id": "abcd1234",
    "consumers": "sms_gateways",
    "distribute_tasks": "env_file",
    "env_file": "/etc/sms-gateway/vonage.env",
    "env_file_confirm": ["sms-gateway", "--show-secret-generation"],
    "env_file_reload": ["systemctl", "reload", "sms-gateway"],
    "grace": "0s",
    "lease": "1h",
    "max_age": "30d",
    "overlap_warning": "7d",
    "propagation_timeout": "60s",
    "verify_interval": 2,
    "verify_times": 3,
}


def problem(host: dict[str, t.Any] | None = None, **changes: t.Any) -> str:
    """What is wrong with the settings.

    :param host: Variables of the second consumer.
    :param changes: Of the settings, which are right without any.
    """
    return settings_problem({**SETTINGS, **changes}, GROUPS, {"gateway1": {}, "gateway2": host or {}})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_age": ""},
        {"max_age": 0},
        {"overlap_warning": ""},
        {"grace": "2w"},
        {"verify_interval": 0},
        # Text on ansible-core 2.16, as all templates there.
        {"verify_interval": "5", "verify_times": "50"},
        {"consumers": ""},
        {"consumers": "nobody", "env_file": ""},
        {"distribute_tasks": "/srv/hooks/distribute.yml", "env_file": ""},
    ],
    ids=str,
)
def test_settings_that_are_right(changes: dict[str, t.Any]) -> None:
    assert problem(**changes) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account_id": ""}, "Set rotate_api_secret_account_id, or VONAGE_API_KEY"),
        ({"consumers": None}, "Set rotate_api_secret_consumers to the inventory group"),
        ({"consumers": "smsgateways"}, "names smsgateways, which is not a group of the inventory"),
        ({"verify_times": 0}, "rotate_api_secret_verify_times must be 1 to 50"),
        ({"verify_times": 51}, "rotate_api_secret_verify_times must be 1 to 50"),
        ({"verify_times": "often"}, "rotate_api_secret_verify_times must be 1 to 50"),
        ({"verify_interval": -1}, "rotate_api_secret_verify_interval 0 or more seconds"),
        ({"max_age": "1month"}, "rotate_api_secret_max_age: '1month' is not a duration: write seconds, or a number"),
        ({"grace": ""}, "rotate_api_secret_grace: '' is not a duration"),
        ({"lease": ""}, "rotate_api_secret_lease: '' is not a duration"),
        ({"overlap_warning": "a week"}, "rotate_api_secret_overlap_warning: 'a week' is not a duration"),
        ({"propagation_timeout": "soon"}, "rotate_api_secret_propagation_timeout: 'soon' is not a duration"),
        ({"env_file": ""}, "For gateway1, rotate_api_secret_env_file must name a file"),
        ({"env_file_reload": "systemctl reload sms-gateway"}, "must be lists of arguments"),
        ({"env_file_confirm": "sms-gateway --show-secret-generation"}, "must be lists of arguments"),
    ],
    ids=str,
)
def test_settings_that_are_wrong(changes: dict[str, t.Any], words: str) -> None:
    assert words in problem(**changes)


def test_a_consumer_may_have_settings_of_its_own() -> None:
    assert problem({"rotate_api_secret_env_file": ""}).startswith("For gateway2, rotate_api_secret_env_file must")
    assert problem({"rotate_api_secret_env_file_reload": "reload"}).startswith("For gateway2, ")
    assert problem({"rotate_api_secret_env_file": "/etc/own.env"}) == ""
