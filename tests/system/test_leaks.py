# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret in anything that Ansible writes, in any form: every module with every outcome, and the rotation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal, account, forms
from oracle import KINDS, Oracle
from trouble import QUOTED, make_trouble
from workplace import wait_for

# Each form of these differs from all others, and nothing in the playbooks looks like a part of them.
LOGIN = 'L0g:in"/+%é\\LeakOfTheLogin'
OPTIONS = {
    "NEW": 'N3w"/+%:\\LeakOfTheNew',
    "THIRD": 'Th1rd"/+%:\\LeakOfTheThird',
    "WRONG": 'Wr0ng"/+%é\\LeakOfTheWrong',
    "WEAK": 'w"/+%:\\leakoftheweak',
    "LONG": 'L0ng"/+%:\\LeakOfTheOneThatIsTooLong',
}
SUBACCOUNT = "efgh5678"
SUBACCOUNT_ID = "37d0cbf6-5fac-4656-a5c9-13b485d6fff0"


def variable(name: str) -> str:
    """A value that a task gets from the environment: Ansible shows the text of a playbook to whoever asks for it."""
    return f"{{{{ lookup('env', '{name}') }}}}"


NEW, THIRD, WRONG, WEAK, LONG = (variable(name) for name in OPTIONS)


def at(where: str) -> dict[str, str]:
    """Options of a connection to a base URL below the usual one."""
    return {option: f"{variable('VONAGE_API_URL')}/trouble/{where}" for option in ("rest_url", "api_url")}


class Case(NamedTuple):
    """A task, and what its result shows when it ends as it is meant to: a case that goes another way proves nothing."""

    module: str
    options: dict[str, Any]
    shows: str
    keywords: Mapping[str, Any] = {}


CHECK = {"check_mode": True}
ONCE = {"retries": 0}
UNSENT = {"rest_url": "http://127.0.0.1:1", "api_url": "http://127.0.0.1:1", "retries": 0}
HOOK = {"mo_callback_url": "https://example.com/sms"}
TRX = {"trx": "00X123"}
CREATE = {"secret": NEW}
WRITE = {"path": "/nowhere/vonage.env", "account_id": ACCOUNT, "generation": 1}
RECORD = "{{ lookup('env', 'RECORD') | from_json }}"
SAVE = {"step": "check", "record": RECORD}
SECRETS = [{"id": SUBACCOUNT_ID, "created_at": "2026-03-04T05:06:07Z"}]
LISTED = {
    "accounts": [{"account_id": ACCOUNT, "error": None, "secrets": SECRETS}],
    "secrets": SECRETS,
    "candidates": ["accepted"],
}
STORED = {"record": RECORD, "candidates": [NEW], "recorded_values": [NEW]}
PLAN = {"phase": "begin", "stored": STORED, "listed": LISTED}
PLANNED = {"run": "a run", "planned": ["prepare"], "current": "accepted"}
STEP = {"step": "prepare", "stored": STORED, "listed": LISTED, "plan": PLANNED}
REPORT = {"stored": STORED, "listed": LISTED, "plan": {}}
SERVICE = {"service": "The vault", "redact": [NEW]}
REVOKE = {"state": "absent", "account_id": SUBACCOUNT, "secret_id": SUBACCOUNT_ID}

# The variables of the role, which its plugins read.
ROLE = {
    **yaml.safe_load((ROOT / "roles/rotate_api_secret/defaults/main.yml").read_text(encoding="utf-8")),
    "__rotate_api_secret_deploys": True,
    "rotate_api_secret_consumers": "",
    "rotate_api_secret_record": variable("RECORD_PATH"),
    "rotate_api_secret_report": "",
}

# In this order: some of them find what an earlier one left.
CASES = {
    # -- how a call may end --------------------------------------------------------------------------------------------
    "balance": Case("vonage_balance_info", {}, '"value": 42.5'),
    "balance-in-check-mode": Case("vonage_balance_info", {}, '"value": 42.5', CHECK),
    "balance-refused-in-json": Case("vonage_balance_info", at("json/403"), "HTTP 403"),
    "balance-refused-in-html": Case("vonage_balance_info", at("html/403"), "HTTP 403"),
    "balance-refused-in-200": Case("vonage_balance_info", at("legacy/200"), '"code": "420"'),
    "balance-answered-in-html": Case("vonage_balance_info", at("html/200"), "is not a JSON object"),
    "balance-redirected": Case(
        "vonage_balance_info", at("redirect/302"), "The redirect to proxy.example.com was not followed"
    ),
    "balance-retried": Case("vonage_balance_info", {**at("json/503"), "retries": 1}, "HTTP 503"),
    "balance-lost": Case("vonage_balance_info", {**at("lost/0"), **ONCE}, "got no response"),
    "balance-unsent": Case("vonage_balance_info", UNSENT, '"outcome": "not_sent"'),
    "balance-unauthorized": Case("vonage_balance_info", {"api_secret": WRONG}, "HTTP 401"),
    "balance-unverified": Case("vonage_balance_info", {"validate_certs": False}, '"value": 42.5'),
    "balance-without-requests": Case(
        "vonage_balance_info", {}, "the required Python library (requests)", {"environment": {"PYTHONPATH": "missing"}}
    ),
    "balance-that-crashes": Case("vonage_balance_info", {}, "on purpose", {"environment": {"PYTHONPATH": "crash"}}),
    # -- bad input of the connection -----------------------------------------------------------------------------------
    "key-empty": Case("vonage_balance_info", {"api_key": ""}, "api_key is empty"),
    "key-with-colon": Case("vonage_balance_info", {"api_key": "a:b"}, "it contains no ':'"),
    "key-list": Case("vonage_balance_info", {"api_key": ["a"]}, "api_key must be a string, not a list"),
    "secret-empty": Case("vonage_balance_info", {"api_secret": ""}, "api_secret is empty"),
    "secret-list": Case("vonage_balance_info", {"api_secret": [WRONG]}, "must be a string, not a list"),
    "secret-dictionary": Case("vonage_balance_info", {"api_secret": {"value": WRONG}}, "not a dictionary"),
    "url-of-another-kind": Case("vonage_balance_info", {"rest_url": "ftp://example.com"}, "rest_url must be a URL"),
    "url-in-clear": Case("vonage_balance_info", {"api_url": "http://example.com"}, "api_url must begin with https"),
    "url-list": Case("vonage_balance_info", {"api_url": ["a"]}, "api_url must be a string, not a list"),
    "timeout-zero": Case("vonage_balance_info", {"timeout": 0}, "timeout must be"),
    "timeout-text": Case("vonage_balance_info", {"timeout": "soon"}, "argument 'timeout' is of type"),
    "retries-negative": Case("vonage_balance_info", {"retries": -1}, "retries must be 0 or more"),
    "retries-text": Case("vonage_balance_info", {"retries": "often"}, "argument 'retries' is of type"),
    "certs-text": Case("vonage_balance_info", {"validate_certs": "maybe"}, "argument 'validate_certs' is of type"),
    "ca-missing": Case("vonage_balance_info", {"ca_path": "/nowhere.pem"}, "does not exist on the host"),
    "ca-list": Case("vonage_balance_info", {"ca_path": ["a"]}, "does not exist on the host"),
    "unknown-option": Case("vonage_balance_info", {"api_secrets": 1}, "Unsupported parameters"),
    # -- top-up --------------------------------------------------------------------------------------------------------
    "topup-in-check-mode": Case("vonage_topup", TRX, '"topped_up": false', CHECK),
    "topup": Case("vonage_topup", TRX, '"topped_up": true'),
    "topup-unneeded": Case("vonage_topup", {**TRX, "below": 1}, '"topped_up": false'),
    "topup-refused-in-json": Case("vonage_topup", {**TRX, **at("json/402/writes")}, "HTTP 402"),
    "topup-refused-in-html": Case("vonage_topup", {**TRX, **at("html/403/writes")}, "HTTP 403"),
    "topup-refused-in-200": Case("vonage_topup", {**TRX, **at("legacy/200/writes")}, '"code": "420"'),
    "topup-answered-in-html": Case("vonage_topup", {**TRX, **at("html/200/writes")}, '"outcome": "unknown"'),
    "topup-lost": Case("vonage_topup", {**TRX, **at("lost/0/writes")}, '"outcome": "unknown"'),
    "topup-unsent": Case("vonage_topup", {**TRX, **UNSENT}, '"outcome": "not_sent"'),
    "topup-trx-empty": Case("vonage_topup", {"trx": ""}, "transaction_reference must be"),
    "topup-trx-missing": Case("vonage_topup", {}, "missing required arguments"),
    "topup-below-text": Case("vonage_topup", {**TRX, "below": "much"}, "argument 'below' is of type"),
    # -- settings ------------------------------------------------------------------------------------------------------
    "settings-in-check-mode": Case("vonage_account_settings", HOOK, '"changed": true', CHECK),
    "settings-refused-in-json": Case("vonage_account_settings", {**HOOK, **at("json/403/writes")}, "HTTP 403"),
    "settings-refused-in-200": Case("vonage_account_settings", {**HOOK, **at("legacy/200/writes")}, '"code": "420"'),
    "settings-lost": Case("vonage_account_settings", {**HOOK, **at("lost/0/writes")}, '"changed": true'),
    "settings-again": Case("vonage_account_settings", HOOK, '"changed": false'),
    "settings-url": Case("vonage_account_settings", {"dr_callback_url": "a"}, "dr_callback_url must be a URL"),
    "settings-choice": Case("vonage_account_settings", {"http_forward_method": "PUT"}, "must be one of"),
    # -- secrets -------------------------------------------------------------------------------------------------------
    "create-in-check-mode": Case("vonage_api_secret", CREATE, "(to be created)", CHECK),
    "create-refused-in-json": Case("vonage_api_secret", {**CREATE, **at("json/403/writes")}, "HTTP 403"),
    "create-refused-in-html": Case("vonage_api_secret", {**CREATE, **at("html/403/writes")}, "HTTP 403"),
    "create-retried": Case("vonage_api_secret", {**CREATE, **at("json/429/writes"), "retries": 1}, "HTTP 429"),
    "create-unanswered": Case("vonage_api_secret", {**CREATE, **at("html/500/writes")}, "is not accepted"),
    "create-unsent": Case("vonage_api_secret", {**CREATE, **UNSENT}, '"outcome": "not_sent"'),
    "create-lost": Case("vonage_api_secret", {**CREATE, **at("lost/0/writes")}, '"changed": true'),
    "create-again": Case("vonage_api_secret", {**CREATE, "api_secret": NEW}, '"changed": false'),
    "create-third": Case("vonage_api_secret", {"secret": THIRD}, '"code": "max-secrets"'),
    "create-weak": Case("vonage_api_secret", {"secret": WEAK}, "an upper-case letter"),
    "create-long": Case("vonage_api_secret", {"secret": LONG}, "have 8 to 25 characters"),
    "create-list": Case("vonage_api_secret", {"secret": [THIRD]}, "must be a string, not a list"),
    "create-dictionary": Case("vonage_api_secret", {"secret": {"value": THIRD}}, "not a dictionary"),
    "create-nothing": Case("vonage_api_secret", {}, "state is present but all of the following are missing: secret"),
    "create-elsewhere": Case("vonage_api_secret", {**CREATE, "account_id": "nosuch01"}, "HTTP 404"),
    "state-choice": Case("vonage_api_secret", {**CREATE, "state": "there"}, "must be one of"),
    "revoke-in-check-mode": Case("vonage_api_secret", REVOKE, '"changed": true', CHECK),
    "revoke-refused": Case("vonage_api_secret", {**REVOKE, **at("json/403/writes")}, "HTTP 403"),
    "revoke-lost": Case("vonage_api_secret", {**REVOKE, **at("lost/0/writes")}, '"changed": true'),
    "revoke-again": Case("vonage_api_secret", {**REVOKE, "secret": NEW}, '"changed": false'),
    "revoke-nothing": Case("vonage_api_secret", {"state": "absent"}, "all of the following are missing: secret_id"),
    "list": Case("vonage_api_secret_info", {"account_ids": [ACCOUNT, SUBACCOUNT]}, '"error": null'),
    "list-elsewhere": Case("vonage_api_secret_info", {"account_ids": [ACCOUNT, "nosuch01"]}, "HTTP 404"),
    "list-text": Case("vonage_api_secret_info", {"account_ids": {"a": 1}}, "cannot be converted to a list"),
    "probe": Case("vonage_api_secret_info", {"candidates": [NEW, WRONG]}, '"refused"'),
    "probe-in-check-mode": Case("vonage_api_secret_info", {"candidates": [THIRD]}, '"refused"', CHECK),
    "probe-refused": Case("vonage_api_secret_info", {"candidates": [NEW, WRONG], **at("json/401")}, "HTTP 401"),
    "probe-lost": Case("vonage_api_secret_info", {"candidates": [WRONG], **at("lost/0"), **ONCE}, "got no response"),
    "probe-text": Case("vonage_api_secret_info", {"candidates": f"{NEW},{WRONG}"}, '"refused"'),
    "probe-lists": Case("vonage_api_secret_info", {"candidates": [[NEW], [WRONG]]}, "must be a string, not a list"),
    "probe-dictionary": Case("vonage_api_secret_info", {"candidates": {"a": NEW}}, "cannot be converted to a list"),
    "probe-text-and-bad-input": Case(
        "vonage_api_secret_info", {"candidates": f"{NEW},{WRONG}", "timeout": "soon"}, "argument 'timeout' is of type"
    ),
    "probe-dictionaries": Case("vonage_api_secret_info", {"candidates": [{"a": NEW}]}, "not a dictionary"),
    # -- subaccounts ---------------------------------------------------------------------------------------------------
    "subaccounts": Case("vonage_subaccount_info", {}, f'"api_key": "{SUBACCOUNT}"'),
    "subaccounts-in-check-mode": Case("vonage_subaccount_info", {}, f'"api_key": "{SUBACCOUNT}"', CHECK),
    "subaccounts-refused-in-json": Case("vonage_subaccount_info", at("json/403"), "HTTP 403"),
    "subaccounts-refused-in-html": Case("vonage_subaccount_info", at("html/403"), "HTTP 403"),
    "subaccounts-answered-in-html": Case("vonage_subaccount_info", at("html/200"), "is not a JSON object"),
    "subaccounts-answered-with-an-error": Case("vonage_subaccount_info", at("legacy/200"), "no list of subaccounts"),
    "subaccounts-lost": Case("vonage_subaccount_info", {**at("lost/0"), **ONCE}, "got no response"),
    "subaccount": Case("vonage_subaccount_info", {"account_id": SUBACCOUNT}, '"primary": null'),
    "subaccount-elsewhere": Case("vonage_subaccount_info", {"account_id": "nosuch01"}, "HTTP 404"),
    "subaccount-list": Case("vonage_subaccount_info", {"account_id": ["a"]}, "must be a string, not a list"),
    # -- the record ----------------------------------------------------------------------------------------------------
    "record-in-check-mode": Case("rotation_record", SAVE, "censored", CHECK),
    "record-saved": Case("rotation_record", SAVE, "censored"),
    "record-again": Case("rotation_record", SAVE, "censored"),
    "record-read": Case("rotation_record", {"step": "check"}, "censored"),
    "record-loaded": Case("rotation_record", {"step": "load"}, "censored"),
    "record-after-a-step": Case("rotation_record", STEP, "censored"),
    "record-of-another-version": Case(
        "rotation_record", {**SAVE, "record": f"{{{{ {RECORD[3:-3]} | combine({{'version': 7}}) }}}}"}, "has version 2"
    ),
    "record-text": Case("rotation_record", {**SAVE, "record": NEW}, "record must be a dictionary"),
    "record-list": Case("rotation_record", {**SAVE, "record": [RECORD]}, "record must be a dictionary"),
    "record-of-a-text": Case("rotation_record", {**STEP, "stored": NEW}, "must be a result of rotation_record"),
    "record-without-step": Case("rotation_record", {"stored": NEW}, "missing required arguments"),
    # -- the plan and the report ---------------------------------------------------------------------------------------
    "plan": Case("rotation_plan", PLAN, '"outcome": "rotate"'),
    "plan-in-check-mode": Case("rotation_plan", PLAN, '"changed": true', CHECK),
    "plan-of-a-text": Case("rotation_plan", {**PLAN, "stored": NEW}, "must be a result of rotation_record"),
    "plan-of-a-list": Case("rotation_plan", {**PLAN, "stored": {"record": [NEW]}}, "must be a result of rotation_r"),
    "plan-of-half-a-record": Case(
        "rotation_plan", {**PLAN, "stored": {"record": {"current": {"value": NEW}}}}, "is not a rotation record"
    ),
    "plan-without-a-list": Case("rotation_plan", {"phase": "begin", "stored": STORED}, "missing required"),
    "report-of-a-failure": Case("rotation_report", {**REPORT, "failure": {"msg": "It broke"}}, "It broke"),
    "report-of-a-failure-that-shows": Case(
        "rotation_report", {**REPORT, "failure": {"msg": f"not {NEW}"}, "failed_task": "a hook"}, "a hook"
    ),
    "report-of-a-text": Case("rotation_report", {**REPORT, "stored": NEW, "failure": {"msg": "It broke"}}, "It broke"),
    # -- consumers -----------------------------------------------------------------------------------------------------
    "service-that-shows": Case("rotation_consumer", {**SERVICE, "said": {"sent": NEW}}, "The vault: "),
    "service-that-is-named-like-it": Case("rotation_consumer", {"service": f"The {NEW}", "redact": [NEW]}, "********"),
    "service-that-cannot-be-asked": Case(
        "rotation_consumer",
        {**SERVICE, "lookup": "ansible.builtin.file", "term": f"/nowhere/{NEW}", "options": {"rstrip": NEW}},
        "censored",
    ),
    "service-without-lookup": Case(
        "rotation_consumer", {**SERVICE, "lookup": "community.vonage.none", "term": NEW}, "there is no lookup"
    ),
    "secret-file": Case("rotation_consumer", {**WRITE, **CREATE, "path": "vonage.env"}, "by its absolute path"),
    "secret-file-of-two-kinds": Case("rotation_consumer", {**WRITE, **CREATE, "content": NEW}, "mutually exclusive"),
    "secret-file-of-no-base64": Case("rotation_consumer", {**WRITE, "content": f"%{NEW}"}, "Base64"),
    "secret-that-a-command-prints": Case(
        "rotation_consumer",
        {"account_id": ACCOUNT, "generation": 4, "confirm": ["printenv", "NEW"], "redact": [NEW]},
        "does not confirm generation 4",
    ),
}


def give_login(place: Rehearsal) -> dict[str, str]:
    """Make the login the secret of the account, and return the environment of the cases."""
    secrets = [{"value": LOGIN, "created_at": "2026-03-04T05:06:07Z"}]
    others = [{"value": "SubaccountsFirst1", "id": SUBACCOUNT_ID}, {"value": "SubaccountsSecond2"}]
    place.simulator.engine.load_accounts(
        [account(secrets=secrets), {"api_key": SUBACCOUNT, "secrets": others, "primary_account": ACCOUNT}]
    )
    entry = {"value": OPTIONS["NEW"], "id": None, "created_at": None, "since": None}
    record = {
        **{"schema": 1, "account_id": ACCOUNT, "version": 1, "generation": 0, "stage": "idle", "current": entry},
        **{"pending": None, "previous": None, "retired": [], "ids_before": [], "lease": None},
    }
    return {"VONAGE_API_SECRET": LOGIN, **OPTIONS, "RECORD": json.dumps(record), "RECORD_PATH": str(place.record)}


def write_cases(place: Rehearsal, names: Iterable[str]) -> str:
    """Write a playbook of these cases, each on a host of its own, because the callback `tree` keeps a file for each."""
    for name, content in {
        "missing/requests.py": "raise ImportError('No module named requests')",
        "crash/sitecustomize.py": "import requests\nrequests.Session.request = lambda *_a, **_b: {}['on purpose']",
    }.items():
        file = place.directory / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    place.inventory.write_text(yaml.safe_dump({"all": {"hosts": dict.fromkeys(names, host)}}), encoding="utf-8")
    plays = []
    for name in names:
        case = CASES[name]
        task: dict[str, Any] = {f"community.vonage.{case.module}": case.options, **case.keywords, "ignore_errors": True}
        if "environment" in task:
            path = place.directory / task["environment"]["PYTHONPATH"]
            task["environment"] = {"PYTHONPATH": str(path)}
        plays.append({"hosts": name, "gather_facts": False, "vars": ROLE, "tasks": [task]})
    return place.write_playbook(*plays)


def assert_cases_are_silent(oracle: Oracle, names: Iterable[str]) -> None:
    """Each case went the way that it is named after, and none shows a secret."""
    results = {name: oracle.result(name) for name in names}
    assert {name: result for name, result in results.items() if CASES[name].shows not in result} == {}
    # Warnings are no part of a result, on the newer releases of ansible-core; the older ones break them anywhere.
    warned = "".join(oracle.log().split())
    assert "(attempt2of2)" in warned
    assert "anyonebetweenthishostandVonage" in warned
    oracle.assert_silent([LOGIN], options=OPTIONS.values())


def test_every_module_has_cases() -> None:
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    assert {case.module for case in CASES.values()} == modules


both_ways = pytest.mark.parametrize("in_process", ["false", "true"], ids=["as-module", "in-process"])


@pytest.mark.full
@both_ways
def test_no_case_of_a_module_shows_a_secret(place: Rehearsal, in_process: str) -> None:
    environment = {**give_login(place), "ANSIBLE_KEEP_REMOTE_FILES": "1", "VONAGE_IN_PROCESS": in_process}
    with Oracle(place) as oracle:
        make_trouble(place.simulator)
        run = oracle.run_in_runner(write_cases(place, CASES), environment)
        assert run.status == 0, run.output
        assert_cases_are_silent(oracle, CASES)


# Without ansible-runner, and in little time.
ESSENTIAL = [
    "balance-refused-in-html",
    "balance-retried",
    "balance-unverified",
    "balance-that-crashes",
    "secret-list",
    "timeout-text",
    "topup-lost",
    "settings-in-check-mode",
    "create-refused-in-json",
    "create-weak",
    "probe-in-check-mode",
    "probe-text",
    "probe-text-and-bad-input",
]


@pytest.mark.every_core
@pytest.mark.parametrize(
    "in_process", [pytest.param("false", id="as-module", marks=pytest.mark.full), pytest.param("true", id="in-process")]
)
def test_modules_show_no_secret(place: Rehearsal, in_process: str) -> None:
    environment = {**give_login(place), "ANSIBLE_KEEP_REMOTE_FILES": "1", "VONAGE_IN_PROCESS": in_process}
    with Oracle(place) as oracle:
        make_trouble(place.simulator)
        run = oracle.run(playbook=write_cases(place, ESSENTIAL), environment=environment)
        assert run.status == 0, run.output
        assert_cases_are_silent(oracle, ESSENTIAL)


# -- the rotation ------------------------------------------------------------------------------------------------------


def values(place: Rehearsal) -> set[str]:
    """All values that the record knows, and the one that the first rotation started from."""
    record = place.stored()
    entries = [record["current"], record["pending"], record["previous"], *record["retired"]]
    return {FIRST_SECRET} | {entry["value"] for entry in entries if entry and entry["value"]}


@pytest.mark.every_core
def test_a_rotation_shows_no_secret(place: Rehearsal) -> None:
    forced = ("-e", "rotate_api_secret_force=true")
    place.start_consumer()
    with Oracle(place) as oracle:
        for arguments in ((), forced, ("--check", *forced)):
            run = oracle.run(*arguments)
            assert run.status == 0, run.output
        assert len(values(place)) >= 3
        oracle.assert_silent(values(place))


@pytest.mark.full
def test_a_rotation_that_fails_shows_no_secret(place: Rehearsal) -> None:
    place.start_consumer()
    with Oracle(place) as oracle:
        # Each stops the run at another place: observe, create, verify, revoke.
        for fault in (
            {"action": "status_before", "status": 503, "method": "GET", "path": "/secrets$"},
            {"action": "drop_before", "method": "POST", "path": "/secrets$"},
            {"action": "status_before", "status": 403, "shape": "html", "path": "/account/get-balance", "nth": 1},
            {"action": "drop_after", "method": "DELETE"},
        ):
            place.simulator.add_fault(fault.pop("action"), **fault)
            oracle.run(environment={"VONAGE_RETRIES": "0"})
            place.simulator.clear_faults()
        place.write_inventory(env_file="/nowhere/vonage.env")
        assert oracle.run("-e", "rotate_api_secret_force=true").status != 0
        assert len(values(place)) >= 3
        oracle.assert_silent(values(place))


# -- the search itself: one that looks nowhere, or for the wrong thing, would prove nothing ----------------------------


@pytest.mark.parametrize("name", QUOTED)
def test_a_secret_is_recognised_in_every_form(name: str) -> None:
    for secret in (LOGIN, *OPTIONS.values(), FIRST_SECRET):
        assert any(form in QUOTED[name](secret) for form in forms(secret))
        assert not any(form in QUOTED[name]("N0thing/Of+The\\Kind") for form in forms(secret))


@pytest.mark.full
def test_the_search_finds_what_it_looks_for(place: Rehearsal) -> None:
    """Plants a secret of its own in each kind of artefact."""
    plants = {kind: f'Pl4nt"/+%é\\PlantedIn{kind.capitalize()}' for kind in KINDS}
    # Made when the search has seen the process that has a plant among its arguments, which waits for that.
    seen = place.directory / "seen"
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    place.inventory.write_text(yaml.safe_dump({"all": {"hosts": {"planted": host}}}), encoding="utf-8")
    tasks: list[dict[str, Any]] = [
        {"ansible.builtin.set_fact": {"planted": variable("facts"), "cacheable": True}},
        # As a module: what is not carried anywhere leaves no file.
        {
            "community.vonage.vonage_api_secret_info": {"candidates": [variable("tmp")]},
            "vars": {"vonage_in_process": False},
        },
        {
            "ansible.builtin.command": {
                "argv": ["sh", "-c", f"until [ -e {seen} ]; do sleep 0.1; done", variable("processes")]
            }
        },
        {
            "ansible.builtin.uri": {
                "url": variable("VONAGE_API_URL") + "/?" + variable("requests").replace(" }}", " | urlencode }}"),
                "status_code": 404,
            }
        },
        {"ansible.builtin.debug": {"msg": [variable(kind) for kind in ("output", "log", "tree", "junit", "runner")]}},
    ]
    environment = {**plants, "ANSIBLE_KEEP_REMOTE_FILES": "1"}
    with Oracle(place) as oracle:
        playbook = place.write_playbook({"hosts": "planted", "gather_facts": False, "tasks": tasks})

        def watch() -> None:
            wait_for(lambda: oracle.saw_process(plants["processes"]), "the process")
            seen.touch()

        threading.Thread(target=watch, daemon=True).start()
        # ansible-runner has a fact cache of its own.
        for run in (
            oracle.run(playbook=playbook, environment=environment),
            oracle.run_in_runner(playbook, environment),
        ):
            assert run.status == 0, run.output
        for kind, plant in plants.items():
            assert kind in {name.partition("/")[0] for name in oracle.find(plant)}
            with pytest.raises(AssertionError, match=kind):
                oracle.assert_silent([plant])
        oracle.assert_silent([], options=[plants["tmp"]])
