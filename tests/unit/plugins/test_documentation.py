# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation, held against the code that it describes."""

from __future__ import annotations

import importlib
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.community.vonage.plugins.module_utils._api.connection import connection_argument_spec
from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent
from ansible_collections.community.vonage.plugins.module_utils._api.subaccounts import Account
from ansible_collections.community.vonage.plugins.module_utils._api.version import COLLECTION_VERSION
from ansible_collections.community.vonage.plugins.module_utils._operations import ansible_module as _module
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import CONFIRMING, CONSUMERS

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = "ansible_collections.community.vonage.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("vonage_*.py"))
ATTRIBUTES = {"action_group", "check_mode", "diff_mode", "idempotent", "platform"}
SUPPORT = {"full", "partial", "none", "N/A"}

every_module = pytest.mark.parametrize("name", MODULES)


def load(path: str) -> t.Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def module(name: str) -> t.Any:
    return importlib.import_module(f"{PLUGINS}.modules.{name}")


def documentation(name: str) -> dict[str, t.Any]:
    """The documentation of a module, with its fragments merged in; what the module says itself comes first."""
    found: dict[str, t.Any] = yaml.safe_load(module(name).DOCUMENTATION)
    for fragment in found.pop("extends_documentation_fragment"):
        namespace, collection, plugin, *part = fragment.split(".")
        assert (namespace, collection) == ("community", "vonage")
        fragments = importlib.import_module(f"{PLUGINS}.doc_fragments.{plugin}").ModuleDocFragment
        merged = yaml.safe_load(getattr(fragments, part[0].upper() if part else "DOCUMENTATION"))
        for section in ("options", "attributes"):
            for key, value in merged.get(section, {}).items():
                into = found.setdefault(section, {}).setdefault(key, {})
                found[section][key] = {**value, **into}
    return found


class _Built(Exception):
    pass


def built(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """What a module hands to AnsibleModule."""
    handed: dict[str, t.Any] = {}

    def build(**options: t.Any) -> None:
        handed.update(options)
        raise _Built

    monkeypatch.setattr(_module, "MaskingModule", build)
    with pytest.raises(_Built):
        module(name).main()
    return handed


def test_there_are_modules() -> None:
    assert len(MODULES) == 6


# -- modules -----------------------------------------------------------------------------------------------------------


@every_module
def test_documented_options_are_those_of_the_argument_spec(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = {"type": "str", "default": None, "required": False, "choices": None, "aliases": [], "elements": None}

    def described(options: dict[str, t.Any]) -> dict[str, t.Any]:
        return {
            option: {key: list(found) if isinstance(found, tuple) else found for key, found in described_one.items()}
            for option, described_one in (
                (option, {key: spec.get(key, default) for key, default in defaults.items()})
                for option, spec in options.items()
            )
        }

    assert described(documentation(name)["options"]) == described(built(name, monkeypatch)["argument_spec"])


@every_module
def test_every_option_is_described(name: str) -> None:
    for option, spec in documentation(name)["options"].items():
        assert spec["description"], option


@every_module
def test_options_that_hold_secrets_are_not_logged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = built(name, monkeypatch)["argument_spec"]
    hidden = {option for option, spec in options.items() if spec.get("no_log")}
    assert hidden == {"api_secret", "api_secrets", "redact", "secret", "candidates"} & set(options)
    suspicious = {option for option in options if any(word in option for word in ("key", "secret", "token", "pass"))}
    assert {option for option in suspicious if "no_log" not in options[option]} == set()


@every_module
def test_requirements_of_a_state_are_documented(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = documentation(name)["options"]
    for option, value, needed in built(name, monkeypatch)["required_if"]:
        for other in needed:
            assert f"Required with O({option}={value})." in options[other]["description"]


@every_module
def test_attributes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attributes = documentation(name)["attributes"]
    assert set(attributes) == ATTRIBUTES
    for attribute, spec in attributes.items():
        assert spec["description"], attribute
        assert spec["support"] in SUPPORT, attribute
        if spec["support"] != "full":
            assert spec["details"], attribute
    assert attributes["check_mode"]["support"] == "full"
    assert built(name, monkeypatch)["supports_check_mode"] is True
    assert attributes["action_group"]["membership"] == ["community.vonage.vonage"]
    assert attributes["platform"]["platforms"] == "posix"


@every_module
def test_the_module_names_itself(name: str) -> None:
    found = documentation(name)
    assert found["module"] == name
    assert found["version_added"] == "0.1.0"


def test_every_connection_option_names_its_variable() -> None:
    options = documentation("vonage_balance_info")["options"]
    for option, spec in connection_argument_spec().items():
        _function, variables = spec["fallback"]
        assert variables == [f"VONAGE_{option.upper()}"]
        text = f"If not set, the environment variable E({variables[0]}) is read on the host where the task runs."
        assert text in options[option]["description"]


@every_module
def test_examples_are_tasks_of_known_modules_with_known_options(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = yaml.safe_load(module(name).EXAMPLES)
    keywords = {"name", "register", "run_once", "no_log", "when", "loop"}
    used = []
    for task in tasks:
        assert task["name"]
        actions = set(task) - keywords
        assert len(actions) == 1, task
        action = actions.pop()
        assert action.count(".") == 2, action
        if action.startswith("community.vonage."):
            used.append(action.rpartition(".")[2])
            options = documentation(used[-1])["options"]
            known = set(options).union(*(spec.get("aliases", []) for spec in options.values()))
            assert set(task[action]) <= known
            required = {option for option, spec in options.items() if spec.get("required")}
            assert required <= set(task[action])
            for option, value in task[action].items():
                assert value in options[option].get("choices", [value])
    assert name in used


@every_module
def test_returned_values_are_described(name: str) -> None:
    def check(values: dict[str, t.Any]) -> None:
        for value in values.values():
            assert value["description"]
            assert value["returned"]
            assert value["type"] in ("dict", "list", "str", "int", "float", "bool")
            assert ("elements" in value) == (value["type"] == "list")
            assert "contains" in value or "sample" in value
            check(value.get("contains", {}))

    check(yaml.safe_load(module(name).RETURN))


def test_the_error_is_described_alike_in_all_modules() -> None:
    described = [yaml.safe_load(module(name).RETURN)["error"] for name in MODULES]
    assert all(one == described[0] for one in described)
    assert set(described[0]["contains"]) == set(NotSent("").as_dict())


def test_an_account_is_returned_with_all_its_fields() -> None:
    returned = yaml.safe_load(module("vonage_subaccount_info").RETURN)
    fields = list(Account._fields)
    assert list(returned["subaccounts"]["contains"]) == list(returned["primary"]["contains"]) == fields


# -- the inventory -----------------------------------------------------------------------------------------------------


def test_the_inventory_names_itself() -> None:
    plugin = importlib.import_module(f"{PLUGINS}.inventory.vonage_subaccounts")
    found = yaml.safe_load(plugin.DOCUMENTATION)
    assert f"community.vonage.{found['name']}" == plugin.InventoryModule.NAME
    assert found["options"]["plugin"]["choices"] == [plugin.InventoryModule.NAME]
    assert yaml.safe_load(plugin.EXAMPLES)["plugin"] == plugin.InventoryModule.NAME


def test_the_inventory_names_all_host_variables() -> None:
    plugin = importlib.import_module(f"{PLUGINS}.inventory.vonage_subaccounts")
    described = " ".join(yaml.safe_load(plugin.DOCUMENTATION)["description"])
    assert set(re.findall(r"C\((vonage_\w+)\)", described)) - {"vonage_subaccounts"} == {
        f"vonage_{field}" for field in Account._fields
    }


def test_the_inventory_takes_the_options_of_a_connection_from_the_same_variables() -> None:
    fragments = importlib.import_module(f"{PLUGINS}.doc_fragments.connection").ModuleDocFragment
    variables = {option: spec["fallback"][1] for option, spec in connection_argument_spec().items()}
    assert yaml.safe_load(fragments.ENVIRONMENT)["options"] == {
        option: {"env": [{"name": name} for name in names]} for option, names in variables.items()
    }


# -- the collection ----------------------------------------------------------------------------------------------------


def test_the_action_group_holds_all_modules() -> None:
    assert load("meta/runtime.yml")["action_groups"] == {"vonage": MODULES}


def test_the_version_is_that_of_the_collection() -> None:
    assert load("galaxy.yml")["version"] == COLLECTION_VERSION


# -- plugins of the role -----------------------------------------------------------------------------------------------

OF_THE_ROLE = sorted(path.stem for path in (ROOT / "plugins/modules").glob("rotation_*.py"))


def test_a_role_has_four_plugins_at_most() -> None:
    assert OF_THE_ROLE == ["rotation_consumer", "rotation_plan", "rotation_record", "rotation_report"]
    assert sorted(path.stem for path in (ROOT / "plugins/action").glob("rotation_*.py")) == OF_THE_ROLE


@pytest.mark.parametrize("name", OF_THE_ROLE)
def test_a_plugin_of_the_role_says_so_first(name: str) -> None:
    first = documentation(name)["description"][0]
    assert first.startswith("Private to the role P(community.vonage.rotate_api_secret#role)")


def test_the_consumers_of_the_role_are_those_of_its_settings() -> None:
    tasks = ROOT / "roles/rotate_api_secret/tasks/consumers"
    directories = {path for path in tasks.iterdir() if path.is_dir()}
    assert {path.name for path in directories} == set(CONSUMERS)
    assert {path.name for path in directories if (path / "confirm.yml").is_file()} == set(CONFIRMING)
    assert all((path / "distribute.yml").is_file() for path in directories)


def test_every_setting_of_the_role_is_described_and_has_a_default() -> None:
    described = load("roles/rotate_api_secret/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = load("roles/rotate_api_secret/defaults/main.yml")
    assert set(described) == set(defaults) - {"rotate_api_secret_check_account_id"}
