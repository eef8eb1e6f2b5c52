# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the documentation is run as it stands, and does what it says."""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal, Run, account, snippets
from fakes.server import Answer, Fake, Request

OLD_ID = "37d0cbf6-5fac-4656-a5c9-13b485d6fff0"
TRX = "00X123456Y7890123Z"
SUBACCOUNTS = ("efgh5678", "ijkl9012")
RECORDS = "/srv/rotation/"
RECORD = f"{RECORDS}abcd1234.yml"

# What a reader has in a vault.
VARIABLES = {
    "vault_vonage_api_secret": FIRST_SECRET,
    "vault_vonage_new_api_secret": "ExampleSecret2",
    "vault_vonage_subaccount_secret": "ExampleSecret3",
    "vault_vonage_api_secret_of_spring": "SpringSecret1",
    "vault_vonage_api_secret_of_summer": FIRST_SECRET,
    "vault_vonage_transaction_reference": TRX,
}


class Outcome(NamedTuple):
    """What becomes of an example, when each task of the collection in it is run twice in a row.

    :ivar tasks: How each task ends.
    :ivar writes: The requests that changed something at Vonage.
    :ivar that: What holds at the end.
    :ivar account: How the account differs from the usual one.
    """

    tasks: str
    writes: list[str] = []
    that: list[str] = []
    account: dict[str, Any] = {}


SECRETS = f"/accounts/{ACCOUNT}/secrets"
MODULES: dict[str, Outcome | None] = {
    # Run with the role, whose parts they are.
    **dict.fromkeys(("rotation_consumer", "rotation_plan", "rotation_record", "rotation_report")),
    "vonage_account_settings": Outcome("changed ok changed ok", writes=["POST /account/settings"] * 2),
    "vonage_api_secret": Outcome(
        "changed ok changed ok changed ok",
        writes=[f"POST {SECRETS}", f"POST /accounts/{SUBACCOUNTS[0]}/secrets", f"DELETE {SECRETS}/{OLD_ID}"],
    ),
    "vonage_api_secret_info": Outcome(
        "ok ok ok ok ok ok",
        that=[
            f"account.secrets | map(attribute='id') == ['{OLD_ID}']",
            "probed.candidates == ['refused', 'accepted']",
            "subaccounts.accounts | map(attribute='secrets') | map('length') == [1, 1]",
        ],
    ),
    "vonage_balance_info": Outcome("ok ok ok", that=["account.balance.value == 62.5"], account={"balance": "62.50"}),
    "vonage_subaccount_info": Outcome(
        "ok ok ok ok ok ok",
        that=[
            f"listed.subaccounts | map(attribute='api_key') | list == {list(SUBACCOUNTS)}",
            "shop.subaccounts == listed.subaccounts[:1]",
        ],
    ),
    "vonage_topup": Outcome("changed ok", writes=["POST /account/top-up"], account={"balance": "12.75"}),
}
# How the tasks of each end, and what holds then.
PLUGINS = {
    "lookup/new_api_secret": Outcome("ok", that=["next_api_secret | length == 25"]),
}


def prepare(place: Rehearsal, **changes: Any) -> tuple[str, str]:
    """Prepare the accounts that the examples are about, and return the arguments that give a run the variables."""
    secret = {"value": FIRST_SECRET, "id": OLD_ID, "created_at": "2026-03-04T05:06:07Z"}
    other = [{"value": "SubaccountSecret1"}]
    subaccounts = [{"api_key": key, "primary_account": ACCOUNT, "secrets": other} for key in SUBACCOUNTS]
    place.simulator.engine.load_accounts([account(secrets=[secret], trx=TRX, **changes), *subaccounts])
    variables = place.directory / "variables.yml"
    variables.touch(mode=0o600)
    variables.write_text(yaml.safe_dump(VARIABLES), encoding="utf-8")
    return "-e", f"@{variables}"


def check(place: Rehearsal, run: Run, tasks: str, writes: list[str]) -> None:
    assert run.status == 0, run.output
    assert re.findall(r"^(\w+): \[localhost\]", run.output, re.MULTILINE) == tasks.split(), run.output
    assert [f"{entry.method} {entry.path}" for entry in place.simulator.log if entry.committed] == writes


def examples(text: str, place: Rehearsal) -> list[dict[str, Any]]:
    """The tasks of an example; of a file that it names, there is one here."""
    tasks: list[dict[str, Any]] = yaml.safe_load(text.replace(RECORD, str(place.record)))
    return tasks


def examples_of_python(name: str, place: Rehearsal) -> list[dict[str, Any]]:
    """The tasks in EXAMPLES of a plugin in Python."""
    return examples(text_of_examples(name), place)


def text_of_examples(name: str) -> str:
    """EXAMPLES of a plugin in Python."""
    for statement in ast.parse((ROOT / "plugins" / f"{name}.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "EXAMPLES":
            text: str = ast.literal_eval(statement.value)
            return text
    raise AssertionError(f"{name} has no EXAMPLES")


def test_every_example_is_known() -> None:
    plugins = ROOT / "plugins"
    assert {path.stem for path in (plugins / "modules").glob("*.py")} == set(MODULES)
    assert {f"lookup/{path.stem}" for path in (plugins / "lookup").glob("*.py")} == set(PLUGINS)
    assert [path.stem for path in (plugins / "inventory").glob("*.py")] == ["vonage_subaccounts"]
    assert {name for name, _text in snippets()} == set(SNIPPETS)


@pytest.mark.parametrize("name", [name for name, outcome in MODULES.items() if outcome])
def test_examples_of_a_module(place: Rehearsal, name: str) -> None:
    outcome = MODULES[name]
    assert outcome is not None
    tasks = []
    for task in examples_of_python(f"modules/{name}", place):
        tasks += [task, task] if any(key.startswith("community.vonage.") for key in task) else [task]
    if outcome.that:
        tasks.append({"ansible.builtin.assert": {"that": outcome.that}})
    run = place.play(*tasks, arguments=prepare(place, **outcome.account))
    check(place, run, outcome.tasks + " ok" * bool(outcome.that), outcome.writes)


def test_examples_of_lookups(place: Rehearsal) -> None:
    plays, expected = [], []
    for name, outcome in PLUGINS.items():
        tasks = examples_of_python(name, place)
        tasks.append({"ansible.builtin.assert": {"that": outcome.that or "true"}})
        # The facts of one example are not those of the next.
        tasks.append({"ansible.builtin.meta": "clear_facts"})
        plays.append({"hosts": "localhost", "gather_facts": False, "tasks": tasks})
        expected += [outcome.tasks, "ok"]
    run = place.run(*prepare(place), playbook=place.write_playbook(*plays))
    check(place, run, " ".join(expected), [])


def have_an_independent_subaccount(place: Rehearsal) -> None:
    found = place.account(SUBACCOUNTS[1])
    found.use_primary_account_balance = False
    found.suspended = True
    found.name = "Shop Lyon"


def write_inventory(place: Rehearsal, text: str) -> str:
    """Write an inventory, with its cache where the test keeps its files."""
    path = place.directory / "vonage_subaccounts.yml"
    path.write_text(re.sub("(?<=cache_connection: ).*", str(place.directory / "cache"), text), encoding="utf-8")
    return str(path)


def test_the_example_of_the_inventory(place: Rehearsal) -> None:
    arguments = prepare(place)
    have_an_independent_subaccount(place)
    arguments += ("-i", write_inventory(place, text_of_examples("inventory/vonage_subaccounts")))
    that = [
        f"groups.vonage_subaccounts == {list(SUBACCOUNTS)}",
        f"groups.vonage_primary == ['{ACCOUNT}']",
        f"groups.own_balance == groups.suspended == ['{SUBACCOUNTS[1]}']",
        f"groups['year_' ~ hostvars.{ACCOUNT}.vonage_created_at[:4]] | length == 3",
        f"hostvars.{SUBACCOUNTS[1]}.empty and not hostvars.{SUBACCOUNTS[0]}.empty",
    ]
    environment = {"PRIMARY_API_SECRET": FIRST_SECRET}
    run = place.play({"ansible.builtin.assert": {"that": that}}, arguments=arguments, environment=environment)
    check(place, run, "ok", [])


# -- the guides --------------------------------------------------------------------------------------------------------


def write_snippet(place: Rehearsal, name: str) -> str:
    """Write the play or tasks of a snippet as a playbook."""
    text = dict(snippets())[name].replace(RECORD, str(place.record)).replace(RECORDS, f"{place.directory}/")
    content = yaml.safe_load(text)
    if "hosts" not in content[0]:
        content = [{"hosts": "localhost", "gather_facts": False, "tasks": content}]
    return place.write_playbook(*content)


def an_account_is_looked_after(place: Rehearsal, name: str) -> None:
    arguments = prepare(place, balance="12.75")
    playbook = write_snippet(place, name)
    writes = ["POST /account/settings", "POST /account/top-up"]
    check(place, place.run(*arguments, playbook=playbook), "changed changed ok", writes)
    check(place, place.run(*arguments, playbook=playbook), "ok ok ok", writes)


def a_top_up_says_when_its_outcome_is_unknown(place: Rehearsal, name: str) -> None:
    arguments = prepare(place, balance="12.75")
    playbook = write_snippet(place, name)
    place.simulator.add_fault("status_before", status=402, path="/top-up$")
    refused = place.run(*arguments, playbook=playbook)
    assert refused.status == 2, refused.output
    assert "HTTP 402" in refused.text
    assert "Look at the balance before you top up again: POST" not in refused.text
    place.simulator.add_fault("drop_after", path="/top-up$")
    unknown = place.run(*arguments, playbook=playbook)
    assert unknown.status == 2, unknown.output
    assert "Look at the balance before you top up again: POST" in unknown.text
    check(place, place.run(*arguments, playbook=playbook), "ok", ["POST /account/top-up"])


def the_record_serves_as_variables(place: Rehearsal, name: str) -> None:
    place.write_record({"vonage_rotation": {"account_id": ACCOUNT, "current": {"value": FIRST_SECRET}}})
    run = place.run(playbook=write_snippet(place, name), environment={"VONAGE_API_KEY": "", "VONAGE_API_SECRET": ""})
    check(place, run, "ok ok", [])


def hooks_of_ones_own_rotate(place: Rehearsal, name: str) -> None:
    _nothing, distribute, confirm = re.split(r"^# (?:distribute|confirm).yml\n", dict(snippets())[name], flags=re.M)
    (place.directory / "distribute.yml").write_text(distribute, encoding="utf-8")
    (place.directory / "confirm.yml").write_text(confirm, encoding="utf-8")
    service = place.directory / "bin" / "sms-gateway"
    service.parent.mkdir()
    service.write_text(
        f"#!/bin/sh\ncd {place.directory}\n"
        'case "$*" in\n'
        '"set-secret --generation "*) cat > service-secret; echo "$3" > service-generation;;\n'
        "show-secret-generation) cat service-generation;;\n"
        "*) exit 2;;\nesac\n",
        encoding="utf-8",
    )
    service.chmod(0o700)
    place.write_inventory(
        distribute_tasks=str(place.directory / "distribute.yml"), confirm_tasks=str(place.directory / "confirm.yml")
    )
    place.rotate(environment={"PATH": f"{service.parent}:{place.environment()['PATH']}"})
    assert place.secret_ids() == [place.stored()["current"]["id"]]
    assert (place.directory / "service-secret").read_text().strip() == place.stored()["current"]["value"]


class SecretsService(Fake):
    """The service of a central hook: it shows what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[str, Any] = {}

    def answer(self, request: Request) -> Answer:
        if request.method == "PUT":
            self.stored[request.path] = request.json
        return Answer(200, self.stored[request.path])


def a_central_hook_of_ones_own_rotates(place: Rehearsal, name: str) -> None:
    hook = place.directory / "hand_over.yml"
    place.write_inventory(consumers="", distribute_central_tasks=str(hook))
    with SecretsService() as service:
        url = "https://secrets.example.com"
        hook.write_text(dict(snippets())[name].replace(url, service.url), encoding="utf-8")
        place.rotate()
        place.rotate("-e", "rotate_api_secret_mode=finish")
    current = place.stored()["current"]
    assert place.secret_ids() == [current["id"]]
    assert service.stored[f"/vonage/{ACCOUNT}"]["value"] == current["value"]


def the_entry_points_rotate(place: Rehearsal, name: str) -> None:
    place.start_consumer()
    place.rotate(playbook=write_snippet(place, name))
    assert place.secret_ids() == [place.stored()["current"]["id"]]
    assert place.stop_consumer()["refused"] == 0


def accounts_are_rotated_as_hosts(place: Rehearsal, name: str) -> None:
    first = {key: f"First0f{key}" for key in SUBACCOUNTS}
    secrets = {key: {"value": value, "created_at": "2026-03-04T05:06:07Z"} for key, value in first.items()}
    place.simulator.engine.load_accounts([account(api_key=key, secrets=[secrets[key]]) for key in first])
    hosts = {key: {"rotate_api_secret_api_secret": value} for key, value in first.items()}
    inventory = {"all": {"children": {"vonage_accounts": {"hosts": hosts}}}}
    place.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    login = {"api_key": "{{ rotate_api_secret_account_id }}", "api_secret": "{{ rotate_api_secret_value }}"}
    note = {"rotate_api_secret_central_confirmed_generation": "{{ rotate_api_secret_generation }}"}
    hand_over = [{"community.vonage.vonage_balance_info": login}, {"ansible.builtin.set_fact": note}]
    (place.directory / "hand_over.yml").write_text(yaml.safe_dump(hand_over), encoding="utf-8")
    playbook = write_snippet(place, name)
    place.rotate(playbook=playbook)
    assert [len(place.secret_ids(key)) for key in first] == [2, 2]
    assert place.calls().count("GET /account/get-balance 200") == 2 * 4
    place.rotate("-e", "rotate_api_secret_mode=finish", playbook=playbook)
    assert [len(place.secret_ids(key)) for key in first] == [1, 1]
    assert {path.name for path in place.directory.glob("*.yml")} >= {f"{key}.yml" for key in first}


def a_simulator_is_started_and_stopped(place: Rehearsal, name: str) -> None:
    directory = place.directory / "simulator"
    run = place.run("-e", f"simulator_directory={directory}", playbook=write_snippet(place, name))
    left = directory.exists()
    if left:
        stop = {"ansible.builtin.import_role": {"name": "community.vonage.simulator", "tasks_from": "stop"}}
        place.play(stop, arguments=("-e", f"simulator_directory={directory}"))
    assert run.status == 0, run.output
    assert run.changed > 1
    assert not left


def subaccounts_are_audited(place: Rehearsal, name: str) -> None:
    arguments = prepare(place)
    have_an_independent_subaccount(place)
    arguments += ("-i", write_inventory(place, dict(snippets())["docs/subaccounts.md 1"]))
    [old] = place.simulator.state.find(SUBACCOUNTS[0]).live
    old.created_at -= 366 * 24 * 60 * 60
    run = place.run(*arguments, playbook=write_snippet(place, name), environment={"PRIMARY_API_SECRET": FIRST_SECRET})
    check(place, run, "ok ok ok", [])
    old_ones = run.text.partition("from more than a year ago")[2].partition("PLAY")[0]
    assert [key in old_ones for key in SUBACCOUNTS] == [True, False]
    assert '"msg": "Shop Lyon has 0.0 euro left"' in run.text


SNIPPETS = {
    # Run in test_modules.py.
    "README.md 1": None,
    "README.md 2": an_account_is_looked_after,
    "README.md 3": a_top_up_says_when_its_outcome_is_unknown,
    # Run in test_consumers.py, and those of central consumers in test_central_consumers.py.
    **dict.fromkeys((f"docs/consumers.md {number}" for number in range(1, 8)), None),
    "docs/consumers.md 8": hooks_of_ones_own_rotate,
    "docs/consumers.md 9": a_central_hook_of_ones_own_rotates,
    # Run in test_hosts.py.
    "docs/rotation.md 1": None,
    "docs/rotation.md 2": the_record_serves_as_variables,
    # As in test_rotation_team.py.
    "docs/rotation.md 3": None,
    "docs/rotation.md 4": accounts_are_rotated_as_hosts,
    # As in test_rotate_fleet.py, where the inventory is used.
    "docs/rotation.md 5": None,
    "docs/rotation.md 6": None,
    # Run in test_stores.py, but for the last one, which test_check_store.py runs.
    **{f"docs/stores.md {number}": None for number in range(1, 7)},
    "docs/simulator.md 1": a_simulator_is_started_and_stopped,
    # The inventory of the one after it.
    "docs/subaccounts.md 1": None,
    "docs/subaccounts.md 2": subaccounts_are_audited,
    "roles/rotate_api_secret/README.md 1": the_entry_points_rotate,
    "roles/simulator/README.md 1": a_simulator_is_started_and_stopped,
}


# Of the same tasks as another one's, or of what test_fleet.py or test_rotation.py shows.
FURTHER = ("docs/rotation.md 4", "roles/rotate_api_secret/README.md 1", "roles/simulator/README.md 1")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.full if name in FURTHER else ()) for name, run in SNIPPETS.items() if run],
)
def test_a_snippet_does_what_it_says(place: Rehearsal, name: str) -> None:
    run = SNIPPETS[name]
    assert run is not None
    run(place, name)
