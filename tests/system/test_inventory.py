# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subaccounts as hosts: what they are, what a cache may stand in for, and how an inventory fails."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, HANGS, Rehearsal, account
from intercept import Answer, intercept
from oracle import Oracle
from trouble import make_trouble

from vonage_simulator.faults import Delivery
from vonage_simulator.server import Simulator
from vonage_simulator.wire import Request

BERLIN, LYON = "5ab00001", "5ab00002"
LIST = f"GET /accounts/{ACCOUNT}/subaccounts"
HOSTS_OF = "vonage_subaccounts"


def subaccount(api_key: str, name: str | None, **changes: Any) -> dict[str, Any]:
    secrets = [{"value": "SubaccountSecret1", "created_at": "2026-03-04T05:06:07Z"}]
    return {"api_key": api_key, "name": name, "primary_account": ACCOUNT, "secrets": secrets, **changes}


FAMILY = (
    subaccount(BERLIN, "Shop Berlin", created_at="2025-05-06T07:08:09Z"),
    subaccount(
        LYON,
        "Shop Lyon",
        created_at="2025-06-07T08:09:10Z",
        use_primary_account_balance=False,
        balance="10.5",
        credit_limit="-2",
        suspended=True,
    ),
)


@pytest.fixture(autouse=True)
def _family(place: Rehearsal) -> None:
    load(place, *FAMILY)


def load(place: Rehearsal, *subaccounts: dict[str, Any]) -> None:
    place.simulator.engine.load_accounts([account(created_at="2024-02-03T04:05:06Z"), *subaccounts])


def write(place: Rehearsal, text: str = "", **options: Any) -> str:
    """Write an inventory file, and return its path.

    :param text: YAML to add to it as it stands.
    """
    path = place.directory / "vonage_subaccounts.yml"
    content = yaml.safe_dump({"plugin": "community.vonage.vonage_subaccounts", **options})
    path.write_text(content + text, encoding="utf-8")
    return str(path)


@dataclass(frozen=True)
class Listed:
    """What ansible-inventory --list shows.

    :ivar hosts: The variables of each host.
    :ivar groups: The hosts of each group.
    :ivar said: Its warnings and errors, on one line.
    """

    status: int
    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    said: str

    @property
    def failure(self) -> str:
        assert self.status != 0, self.said
        assert self.hosts == {}
        assert "Traceback" not in self.said
        return self.said


def inventory(place: Rehearsal, *arguments: str, **environment: str) -> Listed:
    """Run ansible-inventory --list; an inventory that cannot be read is a failure."""
    run = subprocess.run(
        ["ansible-inventory", "--list", *(arguments or ("-i", write(place)))],
        env={**place.environment(), "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", **environment},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=HANGS,
        check=False,
    )
    found = plain(json.loads(run.stdout or "{}"))
    hosts = found.pop("_meta", {}).get("hostvars", {})
    groups = {name: group.get("hosts", []) for name, group in found.items()}
    return Listed(run.returncode, hosts, groups, " ".join(run.stderr.split()))


def plain(value: Any) -> Any:
    """A value as it is, without Ansible's note that it is no template."""
    if isinstance(value, dict):
        if set(value) == {"__ansible_unsafe"}:
            return value["__ansible_unsafe"]
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def of_vonage(variables: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in variables.items() if name.startswith("vonage_")}


# -- hosts -------------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_each_subaccount_is_a_host_with_its_facts(place: Rehearsal) -> None:
    found = inventory(place)
    assert found.status == 0, found.said
    assert found.groups[HOSTS_OF] == [BERLIN, LYON]
    assert list(found.hosts) == [BERLIN, LYON]
    assert of_vonage(found.hosts[LYON]) == {
        "vonage_api_key": LYON,
        "vonage_name": "Shop Lyon",
        "vonage_primary_account_api_key": ACCOUNT,
        "vonage_use_primary_account_balance": False,
        "vonage_balance": 10.5,
        "vonage_credit_limit": -2.0,
        "vonage_suspended": True,
        "vonage_created_at": "2025-06-07T08:09:10Z",
    }
    assert found.hosts[BERLIN]["vonage_balance"] is None
    assert found.hosts[BERLIN]["vonage_use_primary_account_balance"] is True
    assert found.said == ""
    assert place.calls() == [f"{LIST} 200"]


@pytest.mark.every_core
def test_a_play_runs_for_each_subaccount_with_the_python_of_ansible(place: Rehearsal) -> None:
    variables = place.directory / "group_vars" / "all.yml"
    variables.parent.mkdir()
    # What a fleet of machines has, and accounts must not take over.
    variables.write_text("ansible_python_interpreter: /nowhere/python\n", encoding="utf-8")
    secrets = {"community.vonage.vonage_api_secret_info": {"account_ids": ["{{ vonage_api_key }}"]}, "register": "info"}
    expected = {"ansible.builtin.assert": {"that": ["info.accounts[0].account_id == inventory_hostname"]}}
    play = {"hosts": HOSTS_OF, "gather_facts": False, "tasks": [secrets, expected]}
    run = place.run("-i", write(place), playbook=place.write_playbook(play))
    assert run.status == 0, run.output
    assert sorted(place.calls()) == [f"GET /accounts/{key}/secrets 200" for key in (BERLIN, LYON)] + [f"{LIST} 200"]


@pytest.mark.full
@pytest.mark.every_core
def test_the_primary_account_is_a_host_on_request(place: Rehearsal) -> None:
    found = inventory(place, "-i", write(place, include_primary=True))
    assert found.groups["vonage_primary"] == [ACCOUNT]
    assert found.groups[HOSTS_OF] == [BERLIN, LYON]
    assert of_vonage(found.hosts[ACCOUNT]) == {
        "vonage_api_key": ACCOUNT,
        "vonage_name": None,
        "vonage_primary_account_api_key": None,
        "vonage_use_primary_account_balance": None,
        "vonage_balance": 42.5,
        "vonage_credit_limit": 0.0,
        "vonage_suspended": False,
        "vonage_created_at": "2024-02-03T04:05:06Z",
    }


@pytest.mark.full
def test_suspended_accounts_are_left_out_on_request(place: Rehearsal) -> None:
    assert list(inventory(place, "-i", write(place, include_suspended=False)).hosts) == [BERLIN]


@pytest.mark.full
def test_where_tasks_run_is_left_open_on_request(place: Rehearsal) -> None:
    assert inventory(place).hosts[BERLIN]["ansible_connection"] == "local"
    variables = inventory(place, "-i", write(place, run_on_controller=False)).hosts[BERLIN]
    assert variables == of_vonage(variables)


@pytest.mark.full
def test_without_subaccounts_there_is_an_empty_group(place: Rehearsal) -> None:
    load(place)
    play = {"hosts": HOSTS_OF, "gather_facts": False, "tasks": []}
    run = place.run("-i", write(place), playbook=place.write_playbook(play))
    assert run.status == 0, run.output
    assert "Could not match supplied host pattern" not in run.text
    assert "no hosts matched" in run.text


@pytest.mark.every_core
def test_variables_and_groups_are_constructed(place: Rehearsal) -> None:
    path = write(
        place,
        compose={"place_of": "vonage_name.split()[1]", "ansible_connection": "'ssh'"},
        groups={"suspended": "vonage_suspended", "own_balance": "vonage_use_primary_account_balance is false"},
        keyed_groups=[{"key": "vonage_created_at[:7]", "prefix": "since"}, {"key": "place_of", "separator": ""}],
    )
    found = inventory(place, "-i", path)
    assert found.status == 0, found.said
    assert [found.hosts[key]["place_of"] for key in (BERLIN, LYON)] == ["Berlin", "Lyon"]
    assert found.hosts[BERLIN]["ansible_connection"] == "ssh"
    groups = {"suspended": [LYON], "own_balance": [LYON], "since_2025_05": [BERLIN], "Lyon": [LYON]}
    assert {name: found.groups[name] for name in groups} == groups


@pytest.mark.full
@pytest.mark.every_core
def test_an_expression_that_fails_is_skipped_or_with_strict_a_failure(place: Rehearsal) -> None:
    wrong = {"compose": {"wrong": "vonage_nothing.at_all"}}
    assert "wrong" not in inventory(place, "-i", write(place, **wrong)).hosts[BERLIN]
    assert "Could not set wrong for host" in inventory(place, "-i", write(place, **wrong, strict=True)).said


@pytest.mark.full
def test_extra_variables_are_used_on_request(place: Rehearsal) -> None:
    path = write(place, compose={"region": "of | default('none')"}, use_extra_vars=True)
    assert inventory(place, "-i", path, "-e", "of=eu").hosts[BERLIN]["region"] == "eu"


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_two_accounts_are_never_one_host(place: Rehearsal) -> None:
    names = {
        "Shop Oslo": "Shop_Oslo",
        " Çeşme & Söhne, 2nd ": "Çeşme_Söhne_2nd",
        "../eu-west.shop": "eu-west.shop",
        "{{ 'a' }}": "a",
        "Twins": None,
        "Twins!": None,
        "key00000": None,
        "localhost": None,
        "all": None,
        HOSTS_OF: None,
        "a_machine": None,
        "a_group": None,
        # A group that is yet to come.
        "off duty": None,
        "*": None,
        "": None,
    }
    accounts = [subaccount(f"key{number:05}", name) for number, name in enumerate(names)]
    load(place, *accounts, subaccount("nameless", None))
    static = place.directory / "static.yml"
    static.write_text("a_group: {hosts: {a_machine: {}}}\n", encoding="utf-8")
    groups = {"off-duty": "vonage_suspended"}
    found = inventory(place, "-i", str(static), "-i", write(place, hostname="name", groups=groups))
    assert found.status == 0, found.said
    expected = {host or f"key{number:05}": name for number, (name, host) in enumerate(names.items())}
    by_name = {host: found.hosts[host]["vonage_name"] for host in found.groups[HOSTS_OF]}
    assert by_name == {**expected, "nameless": None}
    unused = [f"key{number:05}" for number, (name, host) in enumerate(names.items()) if name and host is None]
    assert found.said.endswith(f"named after their API keys: {', '.join(unused)}")
    assert found.groups["a_group"] == ["a_machine"]


@pytest.mark.every_core
def test_an_api_key_never_is_another_host_or_group(place: Rehearsal) -> None:
    taken = ["a_machine", "vonage_a_machine", "a_group", "all", "ungrouped", "localhost", HOSTS_OF, "off_duty"]
    load(place, *(subaccount(key, None) for key in ("key00001", "declared", *taken)))
    static = place.directory / "static.yml"
    machines = {"a_machine": {}, "declared": {"vonage_api_key": "declared"}}
    static.write_text(yaml.safe_dump({"a_group": {"hosts": machines}}), encoding="utf-8")
    groups = {"off-duty": "vonage_suspended"}
    found = inventory(place, "-i", str(static), "-i", write(place, groups=groups))
    assert found.status == 0, found.said
    renamed = {key: f"vonage_{key}" for key in taken}
    # The API key of an account is the name of no other account, either.
    renamed["a_machine"] = "vonage_vonage_a_machine"
    renamed["vonage_a_machine"] = "vonage_a_machine"
    hosts = {found.hosts[host]["vonage_api_key"]: host for host in found.groups[HOSTS_OF]}
    assert hosts == {"key00001": "key00001", "declared": "declared", **renamed}
    # It is still a machine to log in to.
    assert "a_machine" not in found.hosts
    assert found.groups["a_group"] == ["a_machine", "declared"]
    del renamed["vonage_a_machine"]
    assert "API keys are names of other hosts or groups were renamed" in found.said
    assert all(f"{key} is {host}" in found.said for key, host in renamed.items())


@pytest.mark.every_core
def test_no_name_puts_an_account_into_a_group_of_machines(place: Rehearsal) -> None:
    names = ("gateways", "shops", "south", "senders")
    load(place, *(subaccount(f"key0000{number}", name) for number, name in enumerate(names, 1)))
    static = place.directory / "static.yml"
    groups = {
        "gateways": {"children": {"north": {"hosts": {"a_machine": {}}}, "south": {}}},
        "shops": {"vars": {"empty": True}},
        # A machine that has the API key that it uses as a variable.
        "senders": {"hosts": {"a_sender": {"vonage_api_key": "key00001"}}},
    }
    static.write_text(yaml.safe_dump(groups), encoding="utf-8")
    keyed = [{"key": "vonage_name", "separator": ""}]
    found = inventory(place, "-i", str(static), "-i", write(place, keyed_groups=keyed))
    assert found.status == 0, found.said
    assert "were not added to groups of other hosts, set a prefix for keyed_groups: key00001 (gateways)" in found.said
    assert found.groups["gateways"] == found.groups.get("south", []) == []
    assert found.groups["senders"] == ["a_sender"]
    # One that is there for its variables alone.
    assert found.groups["shops"] == ["key00002"]
    assert found.hosts["key00002"]["empty"] is True


@pytest.mark.full
def test_a_name_that_is_a_keyed_group_too_ends_the_inventory(place: Rehearsal) -> None:
    load(place, subaccount("key00001", "suspended"), subaccount("key00002", "Shop"))
    keyed = [{"key": "'suspended'", "separator": ""}]
    found = inventory(place, "-i", write(place, hostname="name", keyed_groups=keyed))
    assert "suspended would be a host and a group: set a prefix for keyed_groups" in found.failure


@pytest.mark.full
def test_a_host_named_after_its_name_can_be_addressed(place: Rehearsal) -> None:
    found = inventory(place, "-i", write(place, hostname="name"), "--limit", "Shop_Lyon")
    assert list(found.hosts) == ["Shop_Lyon"]
    assert found.said == ""


@pytest.mark.every_core
def test_a_name_is_never_a_template(place: Rehearsal) -> None:
    touched = place.directory / "touched"
    hostile = f"{{{{ lookup('ansible.builtin.pipe', 'touch {touched}') }}}}"
    # Also one that no terminal, and no file in UTF-8, takes as it is.
    odd = f"{hostile}\x00\x1b[2J\r\n\x85\u2028\ud800"

    def with_odd_name(request: Request, answer: Answer) -> Delivery:
        delivery = answer(request)
        assert delivery.response is not None
        body = delivery.response.body.replace(b'"Shop Lyon"', json.dumps(odd).encode())
        return replace(delivery, response=replace(delivery.response, body=body))

    load(place, subaccount(BERLIN, hostile), subaccount(LYON, "Shop Lyon"))
    intercept(place.simulator, with_odd_name)
    path = write(
        place,
        compose={"composed": "vonage_name ~ '!'"},
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(place.directory / "cache"),
        keyed_groups=[{"key": "vonage_name", "prefix": "named"}, {"key": "composed", "parent_group": "p"}],
    )
    show = {"ansible.builtin.debug": {"msg": "NAME {{ vonage_name }} {{ composed }} {{ group_names }} {{ groups }}"}}
    play = {"hosts": HOSTS_OF, "gather_facts": False, "tasks": [show]}
    run = place.run("-i", path, playbook=place.write_playbook(play))
    assert run.status == 0, run.output
    assert f"NAME {hostile} {hostile}!" in run.text.replace("\\", "")
    assert not touched.exists()
    # What is no template now is none in a group either, nor in a pattern of hosts.
    found = inventory(place, "-i", path)
    assert all(name.replace("_", "a").isalnum() for name in found.groups)
    assert found.hosts[LYON]["vonage_name"] == odd.replace("\ud800", "\N{REPLACEMENT CHARACTER}")
    assert found.hosts[LYON]["composed"] == found.hosts[LYON]["vonage_name"] + "!"


# -- credentials -------------------------------------------------------------------------------------------------------

NOT_IN_THE_ENVIRONMENT = {"VONAGE_API_KEY": "", "VONAGE_API_SECRET": "", "VONAGE_API_URL": "", "VONAGE_REST_URL": ""}


def elsewhere(place: Rehearsal, name: str) -> dict[str, str]:
    """An environment with the credentials under other names only."""
    environment = place.environment()
    return {"KEY": ACCOUNT, "SECRET": FIRST_SECRET, "URL": environment["VONAGE_API_URL"], **NOT_IN_THE_ENVIRONMENT}


def from_env(name: str) -> str:
    return f"{{{{ lookup('ansible.builtin.env', '{name}') }}}}"


@pytest.mark.every_core
def test_the_connection_may_be_templates(place: Rehearsal) -> None:
    path = write(
        place,
        api_key=from_env("KEY"),
        api_secret="{{ secret_from_the_command_line }}",
        api_url=from_env("URL"),
        rest_url=from_env("URL"),
        timeout="{{ 2 * 5 }}",
        retries="{{ 0 }}",
        validate_certs="{{ 1 == 1 }}",
    )
    extra = ("-e", f"secret_from_the_command_line={FIRST_SECRET}")
    found = inventory(place, "-i", path, *extra, **elsewhere(place, "env"))
    assert found.groups[HOSTS_OF] == [BERLIN, LYON], found.said
    # It is what a template comes to, and not a text that is not "true".
    assert "validate_certs" not in found.said


@pytest.mark.every_core
@pytest.mark.parametrize(
    "whole", [pytest.param(False, id="value"), pytest.param(True, id="file", marks=pytest.mark.full)]
)
def test_the_secret_may_be_vaulted(place: Rehearsal, whole: bool) -> None:
    vault = ("--vault-password-file", str(place.vault_password))
    if whole:
        path = write(place, api_secret=FIRST_SECRET)
        subprocess.run(["ansible-vault", "encrypt", *vault, path], env=place.environment(), check=True)
    else:
        command = ["ansible-vault", "encrypt_string", *vault, "--name", "api_secret", FIRST_SECRET]
        made = subprocess.run(command, env=place.environment(), capture_output=True, text=True, check=True)
        path = write(place, text=made.stdout)
    assert FIRST_SECRET not in Path(path).read_text(encoding="utf-8")
    found = inventory(place, "-i", path, *vault, VONAGE_API_SECRET="")
    assert found.groups[HOSTS_OF] == [BERLIN, LYON], found.said


# Of each way that an option is checked: as it is given, by its template, its type, its choices, and what it comes to.
BAD_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "secret list": ({"api_secret": ["Leak0fTheList"]}, "api_secret must be a string, not a list"),
    "secret null": ({"api_secret": None}, "api_secret is null"),
    "key undefined": ({"api_key": "{{ nothing }}"}, "nothing"),
    "plain http": ({"api_url": "http://192.0.2.1"}, "api_url must begin with https://"),
    "certificates": ({"validate_certs": "ture"}, "argument 'validate_certs' is of type"),
    "host name": ({"hostname": "address"}, "hostname"),
}


@pytest.mark.every_core
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "secret list" else pytest.mark.full) for name in BAD_OPTIONS]
)
def test_bad_input_ends_before_any_request(place: Rehearsal, name: str) -> None:
    options, text = BAD_OPTIONS[name]
    failure = inventory(place, "-i", write(place, **options)).failure
    assert text in failure
    assert "Leak0f" not in failure
    assert place.calls() == []


@pytest.mark.full
@pytest.mark.every_core
def test_the_environment_is_checked_as_the_file_is(place: Rehearsal) -> None:
    assert "argument 'validate_certs' is of type" in inventory(place, VONAGE_VALIDATE_CERTS="ture").failure
    assert "argument 'retries' is of type" in inventory(place, VONAGE_RETRIES="often").failure
    assert inventory(place, VONAGE_VALIDATE_CERTS="no").said.count("validate_certs is false: anyone between") == 1


@pytest.mark.full
def test_credentials_that_are_nowhere_are_named(place: Rehearsal) -> None:
    environment = {key: value for key, value in place.environment().items() if key != "VONAGE_API_SECRET"}
    command = ["ansible-inventory", "--list", "-i", write(place)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "missing required arguments: api_secret" in " ".join(run.stderr.split())


@pytest.mark.full
@pytest.mark.parametrize("name", ["subaccounts.yml", "vonage_subaccounts.json", "vonage_subaccounts"])
def test_a_file_of_another_name_is_not_taken(place: Rehearsal, name: str) -> None:
    path = Path(write(place)).rename(place.directory / name)
    assert inventory(place, "-i", str(path)).status != 0
    assert place.calls() == []


@pytest.mark.full
def test_a_file_may_have_a_longer_name(place: Rehearsal) -> None:
    path = Path(write(place)).rename(place.directory / "eu.vonage_subaccounts.yaml")
    assert len(inventory(place, "-i", str(path)).hosts) == 2


# -- failure -----------------------------------------------------------------------------------------------------------


def divide_the_list(simulator: Simulator) -> None:
    def first_page(request: Request, answer: Answer) -> Delivery:
        delivery = answer(request)
        assert delivery.response is not None
        body = {**json.loads(delivery.response.body), "_links": {"next": {"href": "/page/2"}}}
        return replace(delivery, response=replace(delivery.response, body=json.dumps(body).encode()))

    intercept(simulator, first_page)


@pytest.mark.every_core
def test_what_vonage_does_not_list_is_no_inventory(place: Rehearsal) -> None:
    divide_the_list(place.simulator)
    failure = inventory(place, "-i", write(place, retries=0)).failure
    assert "is one page of several" in failure
    assert f"{LIST.replace('GET ', 'GET ' + place.url)}" in failure.replace(" ", "").replace("GET", "GET ")
    assert len(place.calls()) == 1


@pytest.mark.full
def test_what_goes_by_is_a_warning(place: Rehearsal) -> None:
    place.simulator.add_fault("rate_limit", retry_after=0)
    found = inventory(place)
    assert list(found.hosts) == [BERLIN, LYON]
    assert "HTTP 429" in found.said
    assert place.calls() == [f"{LIST} 429", f"{LIST} 200"]


@pytest.mark.every_core
def test_requests_is_missing(place: Rehearsal) -> None:
    (place.directory / "requests.py").write_text("raise ImportError('No module named requests')", encoding="utf-8")
    failure = inventory(place, PYTHONPATH=str(place.directory)).failure
    assert "Failed to import the required Python library (requests)" in failure


# -- cache -------------------------------------------------------------------------------------------------------------


class Cached:
    """An inventory with a cache in files."""

    def __init__(self, place: Rehearsal, **options: Any) -> None:
        self.place = place
        self.directory = place.directory / "cache"
        cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(self.directory)}
        self.path = write(place, **cache, **options)

    def requests(self, *arguments: str, **environment: str) -> int:
        """List the inventory, and return how many requests that took."""
        before = len(self.place.calls())
        found = inventory(self.place, "-i", self.path, *arguments, **environment)
        assert list(found.hosts) == [BERLIN, LYON], found.said
        assert found.hosts[LYON]["vonage_credit_limit"] == -2.0
        return len(self.place.calls()) - before

    def files(self) -> list[Path]:
        return sorted(self.directory.iterdir())


@pytest.mark.every_core
def test_a_cache_saves_requests_until_it_is_flushed(place: Rehearsal) -> None:
    cached = Cached(place)
    assert [cached.requests(), cached.requests()] == [1, 0]
    assert place.play(arguments=("-i", cached.path, "--flush-cache")).status == 0
    assert len(place.calls()) == 2
    assert cached.requests() == 0


@pytest.mark.full
@pytest.mark.every_core
def test_a_refresh_asks_again_and_keeps_the_answer(place: Rehearsal) -> None:
    cached = Cached(place)
    cached.requests()
    rename = {
        "ansible.builtin.uri": {
            "url": f"{place.url}/accounts/{ACCOUNT}/subaccounts/{BERLIN}",
            "method": "PATCH",
            "body_format": "json",
            "body": {"name": "Shop Bonn"},
            "url_username": ACCOUNT,
            "url_password": FIRST_SECRET,
            "force_basic_auth": True,
        }
    }
    refresh = {"ansible.builtin.meta": "refresh_inventory"}
    expected = {"ansible.builtin.assert": {"that": f"hostvars['{BERLIN}'].vonage_name == 'Shop Bonn'"}}
    run = place.play(rename, refresh, expected, arguments=("-i", cached.path))
    assert run.status == 0, run.output
    assert inventory(place, "-i", cached.path).hosts[BERLIN]["vonage_name"] == "Shop Bonn"
    assert len(place.calls()) == 2


@pytest.mark.every_core
def test_a_cache_is_of_one_account_and_one_server(place: Rehearsal) -> None:
    cached = Cached(place)
    assert cached.requests() == 1
    with Simulator(accounts=[account(), *FAMILY]) as other:
        assert inventory(place, "-i", cached.path, VONAGE_API_URL=other.url).hosts.keys() == {BERLIN, LYON}
        assert len(other.log) == 1
    place.simulator.engine.load_accounts(
        [account(api_key="c0ffee01", secrets=[{"value": "AnotherSecret1"}]), account(), *FAMILY]
    )
    another = {"VONAGE_API_KEY": "c0ffee01", "VONAGE_API_SECRET": "AnotherSecret1"}
    assert inventory(place, "-i", cached.path, **another).hosts == {}
    assert len(cached.files()) == 3


@pytest.mark.full
def test_a_cache_outlives_a_rotation(place: Rehearsal) -> None:
    cached = Cached(place)
    assert [cached.requests(), cached.requests(VONAGE_API_SECRET="RotatedSecret1")] == [1, 0]


@pytest.mark.full
def test_options_are_applied_to_what_is_cached(place: Rehearsal) -> None:
    Cached(place).requests()
    found = inventory(place, "-i", Cached(place, include_primary=True, include_suspended=False).path)
    assert set(found.hosts) == {BERLIN, ACCOUNT}
    assert len(place.calls()) == 1


BROKEN = ["", "{", "null", "[]", '{"primary": {}, "subaccounts": []}', "7", '{"subaccounts": {}}', '"text"']


@pytest.mark.full
@pytest.mark.every_core
def test_a_cache_that_is_broken_is_read_anew(place: Rehearsal) -> None:
    cached = Cached(place)
    assert cached.requests() == 1
    [file] = cached.files()
    whole = file.read_text(encoding="utf-8")
    for content in (*BROKEN, whole.replace("suspended", "halted")):
        file.write_text(content, encoding="utf-8")
        assert cached.requests() == 1, content
        assert json.loads(file.read_text(encoding="utf-8")) == json.loads(whole)
    assert cached.requests() == 0


@pytest.mark.full
def test_a_failure_is_not_cached(place: Rehearsal) -> None:
    cached = Cached(place, retries=0)
    place.simulator.add_fault("status_before", status=500)
    assert inventory(place, "-i", cached.path).status != 0
    assert cached.requests() == 1


# -- secrets -----------------------------------------------------------------------------------------------------------

LOGIN = 'L0g:in"/+%é\\LeakOfTheLogin'


@pytest.mark.every_core
def test_no_inventory_shows_a_secret(place: Rehearsal) -> None:
    secrets = [{"value": LOGIN, "created_at": "2026-03-04T05:06:07Z"}]
    place.simulator.engine.load_accounts([account(secrets=secrets), *FAMILY])
    shown = {"ansible.builtin.debug": {"var": "hostvars"}}
    fact = {"ansible.builtin.set_fact": {"known": "{{ hostvars }}", "cacheable": True}}
    playbook = place.write_playbook({"hosts": "localhost:all", "gather_facts": False, "tasks": [shown, fact]})
    with Oracle(place) as oracle:
        make_trouble(place.simulator)
        cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
        # Where the oracle searches.
        cache["cache_connection"] = str(place.directory / "oracle" / "facts" / "inventory")
        for where, text in (
            ("", LYON),
            ("/trouble/json/403", "HTTP 403"),
            ("/trouble/redirect/302", "The redirect to proxy.example.com was not followed"),
        ):
            path = write(place, **cache, api_secret=from_env("SECRET"), api_url=place.url + where, retries=0)
            environment = {"SECRET": LOGIN, "VONAGE_API_SECRET": ""}
            run = oracle.run("-i", path, playbook=playbook, environment=environment)
            assert text in run.text
        assert any("facts/inventory" in name for name in oracle.artefacts())
        oracle.assert_silent([LOGIN])
