# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import (
    CONFIRMING,
    CONSUMERS,
    settings_error,
)

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
    "consumer_timeout": 300,
    "kubernetes_secret_timeout": 300,
    "service_timeout": "120",
}


def problem(host: dict[str, t.Any] | None = None, **changes: t.Any) -> str:
    """What is wrong with the settings.

    :param host: Variables of the second consumer.
    :param changes: Of the settings, which are right without any.
    """
    return settings_error({**SETTINGS, **changes}, GROUPS, {"gateway1": {}, "gateway2": host or {}})


@pytest.mark.parametrize("timeout", ["5s", 0, "0", None, -1])
@pytest.mark.parametrize("name", ["service_timeout", "consumer_timeout", "kubernetes_secret_timeout"])
def test_a_task_always_ends(name: str, timeout: t.Any) -> None:
    expected = f"rotate_api_secret_{name} must be a whole number of seconds above 0, without a unit, not {timeout}"
    assert problem(**{name: timeout}) == expected
    assert problem(host={f"rotate_api_secret_{name}": timeout}) == f"For gateway2, {expected}"


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
        {"distribute_tasks": "hooks/distribute.yml", "confirm_tasks": "", "env_file": ""},
        {"distribute_tasks": "hooks/distribute.yml", "confirm_tasks": "env_file", "env_file": ""},
        {"distribute_tasks": "hooks/distribute", "confirm_tasks": ""},
        # They read it elsewhere.
        {"distribute_tasks": "", "env_file": ""},
        {"approve_tasks": "approve.yaml", "verify_tasks": __file__, "notify_tasks": ""},
        {"consumers": "", "env_file": "", "deploys": False},
        {"distribute_central_tasks": "hashi_vault", "hashi_vault_path": "sms/vonage"},
        {"distribute_tasks": "hooks/distribute.yml", "adopt_value": "Abcd1234!!;"},
        {"distribute_central_tasks": "awx_credential", "awx_credential": "Vonage", "awx_credential_type": "Vonage API"},
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
        ({"deploys": False}, "set rotate_api_secret_consumers to an empty string, or run the playbook"),
        ({"consumers": "smsgateways"}, "names smsgateways, which is not a group of the inventory"),
        ({"verify_times": 0}, "rotate_api_secret_verify_times must be 1 to 50"),
        ({"verify_times": 51}, "rotate_api_secret_verify_times must be 1 to 50"),
        ({"verify_times": "often"}, "rotate_api_secret_verify_times must be 1 to 50"),
        ({"verify_interval": -1}, "rotate_api_secret_verify_interval 0 to 3599 seconds"),
        ({"max_age": "1month"}, "rotate_api_secret_max_age: '1month' is not a duration: write seconds, or a number"),
        ({"grace": ""}, "rotate_api_secret_grace: '' is not a duration"),
        ({"lease": ""}, "rotate_api_secret_lease: '' is not a duration"),
        ({"overlap_warning": "a week"}, "rotate_api_secret_overlap_warning: 'a week' is not a duration"),
        ({"propagation_timeout": "soon"}, "rotate_api_secret_propagation_timeout: 'soon' is not a duration"),
        ({"env_file": ""}, "For gateway1, rotate_api_secret_env_file is not set, which the consumer env_file needs"),
        ({"env_file_reload": "systemctl reload sms-gateway"}, "rotate_api_secret_env_file_reload must be a list of"),
        ({"env_file_confirm": "sms-gateway --show-secret-generation"}, "_env_file_confirm must be a list of"),
        ({"reload": "systemctl reload sms-gateway"}, "rotate_api_secret_reload must be a list of arguments"),
        (
            {"distribute_tasks": "template_file", "template_file": "/etc/a", "template_file_source": ""},
            "For gateway1, rotate_api_secret_template_file_source is not set, which the consumer template_file needs",
        ),
        ({"distribute_tasks": "systemd_dropin", "systemd_unit": ""}, "rotate_api_secret_systemd_unit is not set"),
        ({"confirm_tasks": "systemd_dropin", "systemd_unit": ""}, "rotate_api_secret_systemd_unit is not set"),
        (
            {"distribute_central_tasks": "hashi_vault", "hashi_vault_path": ""},
            "rotate_api_secret_hashi_vault_path is not set, which the consumer hashi_vault needs",
        ),
        (
            {"distribute_central_tasks": "awx_credential", "awx_credential": "Vonage", "awx_credential_type": ""},
            "rotate_api_secret_awx_credential_type is not set",
        ),
        (
            {
                "distribute_central_tasks": "kubernetes_secret",
                "kubernetes_secret": "a",
                "kubernetes_secret_namespace": "",
            },
            "rotate_api_secret_kubernetes_secret_namespace is not set",
        ),
        ({"confirm_tasks": "kubernetes_secret", "kubernetes_secret_namespace": ""}, "_secret_namespace is not set"),
        ({"notify_tasks": str(Path(__file__).parent)}, "which is not a file on the controller"),
        ({"confirm_tasks": "hashi_vault"}, "rotate_api_secret_confirm_tasks is hashi_vault, which cannot be asked"),
        (
            {"distribute_tasks": "envfile"},
            "rotate_api_secret_distribute_tasks is envfile: name one of awx_cred",
        ),
        ({"distribute_central_tasks": "/srv/no/hook.yml"}, "names /srv/no/hook.yml, which is not a file"),
        ({"env_file_mode": 0o640}, "For gateway1, rotate_api_secret_env_file_mode must be an octal number in quotes"),
        ({"env_file_mode": "0644"}, "For gateway1, rotate_api_secret_env_file_mode: With the mode 0644, others than"),
        (
            {
                "distribute_tasks": "template_file",
                "template_file": "/etc/a",
                "template_file_source": "a.j2",
                "template_file_mode": "rw",
            },
            "For gateway1, rotate_api_secret_template_file_mode: The mode must be an octal number in quotes",
        ),
        ({"adopt_value": "Abcd1234!!;"}, "rotate_api_secret_adopt_value has characters that a shell, systemd and"),
        ({"approve_tasks": "env_file"}, "rotate_api_secret_approve_tasks is env_file: name a tasks file, such as"),
        ({"verify_tasks": 5}, "rotate_api_secret_verify_tasks is 5: name a tasks file, such as"),
        ({"notify_tasks": "/srv/no/hook.yml"}, "rotate_api_secret_notify_tasks names /srv/no/hook.yml, which is not"),
    ],
    ids=str,
)
def test_settings_that_are_wrong(changes: dict[str, t.Any], words: str) -> None:
    assert words in problem(**changes)


def test_a_consumer_may_have_settings_of_its_own() -> None:
    assert problem({"rotate_api_secret_env_file": ""}).startswith("For gateway2, rotate_api_secret_env_file is not set")
    assert problem({"rotate_api_secret_env_file_reload": "reload"}).startswith("For gateway2, ")
    assert problem({"rotate_api_secret_env_file": "/etc/own.env"}) == ""


class OfItsPlay(dict[str, t.Any]):
    """Variables of a host, made of others that only its own play knows: ansible-core 2.19 refuses to give them."""

    def get(self, name: str, default: t.Any = None) -> t.Any:
        raise ValueError(f"{name}: 'app' is undefined")


def test_what_only_the_play_of_a_consumer_knows_is_left_to_it() -> None:
    hostvars: dict[str, dict[str, t.Any]] = {"gateway1": OfItsPlay()}
    # As ansible-core 2.16 gives it.
    hostvars["gateway2"] = {"rotate_api_secret_reload": "{{ ['systemctl', 'reload', app] }}"}
    assert settings_error(SETTINGS, GROUPS, hostvars) == ""


def test_the_consumers_are_those_of_the_role() -> None:
    consumers = Path(__file__).parents[4] / "roles" / "rotate_api_secret" / "tasks" / "consumers"
    assert set(CONSUMERS) == {file.parent.name for file in consumers.glob("*/distribute.yml")}
    assert set(CONFIRMING) == {file.parent.name for file in consumers.glob("*/confirm.yml")}
