# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import sys
import typing as t

import pytest

from ansible_collections.community.vonage.plugins.module_utils._operations import ansible_module as _module
from ansible_collections.community.vonage.tests.unit.plugins.module_run import Run, assert_nothing_secret
from ansible_collections.community.vonage.tests.unit.plugins.wire import (
    NEW,
    OLD_ID,
    SECRET,
    TOP_UP,
    Server,
    Wire,
    echo,
    http,
    listing,
    problem,
)

MODULE_UTILS = "ansible_collections.community.vonage.plugins.module_utils"

ERROR_KEYS = {
    "status",
    "code",
    "title",
    "detail",
    "instance",
    "request_id",
    "method",
    "path",
    "outcome",
    "invalid_parameters",
}

# A task that each module takes.
TASKS: dict[str, dict[str, t.Any]] = {
    "vonage_account_settings": {"dr_callback_url": "https://hooks.example.net/receipt"},
    "vonage_api_secret": {"secret": NEW},
    "vonage_api_secret_info": {"candidates": [NEW]},
    "vonage_balance_info": {},
    "vonage_subaccount_info": {},
    "vonage_topup": {"transaction_reference": "00X123456Y7890123Z"},
}
every_module = pytest.mark.parametrize("name", TASKS)
both_modes = pytest.mark.parametrize("check_mode", [False, True], ids=["real", "check"])


class TaskRun(Run):
    """Runs the task above that is a module's, with some options changed."""

    def __call__(
        self, name: str, options: dict[str, t.Any] | None = None, check_mode: bool = False, fails: bool = False
    ) -> dict[str, t.Any]:
        return super().__call__(name, {**TASKS[name], **(options or {})}, check_mode, fails)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> TaskRun:
    return TaskRun(monkeypatch, capsys)


# -- success -----------------------------------------------------------------------------------------------------------


def test_topup_takes_the_alias(wire: Wire, run: TaskRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "vonage_topup", {"trx": "another"})
    wire.balance()
    wire.expect("POST", TOP_UP, form={"trx": "another"})
    assert run("vonage_topup")["topped_up"] is True


def test_candidates_given_as_text_are_not_shown(wire: Wire, run: TaskRun) -> None:
    wire.list(OLD_ID)
    wire.refuse(NEW)
    result = run("vonage_api_secret_info", {"candidates": f"{NEW},{SECRET}"})
    assert result["candidates"] == ["refused", "accepted"]
    assert_nothing_secret(run.printed)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("vonage_api_secret", "secret_id"),
        ("vonage_api_secret", "account_id"),
        ("vonage_topup", "transaction_reference"),
        ("vonage_topup", "trx"),
        ("vonage_account_settings", "mo_callback_url"),
        ("vonage_balance_info", "api_key"),
        ("vonage_subaccount_info", "account_id"),
    ],
)
def test_a_list_is_not_taken_for_its_text(wire: Wire, run: TaskRun, name: str, option: str) -> None:
    task = {"transaction_reference": None} if option == "trx" else {}
    message = run(name, {**task, option: ["a"]}, fails=True)["msg"]
    assert " must be a string, not a list; for a lookup, use lookup() instead of query()" in message


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("vonage_topup", "below"),
        ("vonage_api_secret", "account_id"),
        ("vonage_api_secret_info", "account_ids"),
        ("vonage_subaccount_info", "account_id"),
    ],
)
def test_null_does_not_mean_what_an_option_means_that_was_left_out(
    wire: Wire, run: TaskRun, name: str, option: str
) -> None:
    result = Run.__call__(run, name, {**TASKS[name], option: None}, fails=True, null=True)
    text = f"{option} is null, perhaps because a variable is empty; omit the option if that is intended"
    assert text in result["msg"]
    assert result["error"]["outcome"] == "not_sent"


@pytest.mark.parametrize("option", ["api_secret", "secret"])
@pytest.mark.parametrize("wrong", [{}, {"timeout": "soon"}])
def test_a_secret_that_is_no_text_is_neither_sent_nor_shown(
    wire: Wire, run: TaskRun, option: str, wrong: dict[str, t.Any]
) -> None:
    # Ansible makes a text of either, which would do for a secret.
    for value, kind in (([NEW], "a list"), ({"a": NEW}, "a dictionary")):
        result = run("vonage_api_secret", {option: value, **wrong}, fails=True)
        assert (
            wrong
            or f"{option} must be a string, not {kind}; for a lookup, use lookup() instead of query()" in result["msg"]
        )
        assert_nothing_secret(run.printed)


@pytest.mark.parametrize(
    ("candidates", "text"),
    [
        ([[NEW]], "candidates must be a string, not a list"),
        ([{"a": NEW}], "candidates must be a string, not a dictionary"),
        ([""], "candidates contains an empty value"),
        ("", "candidates contains an empty value"),
        (f"{NEW},,", "candidates contains an empty value"),
        # ansible-core 2.16 says so itself.
        ([None], ""),
    ],
)
def test_candidates_that_are_no_texts_are_not_probed(wire: Wire, run: TaskRun, candidates: t.Any, text: str) -> None:
    assert text in run("vonage_api_secret_info", {"candidates": candidates}, fails=True)["msg"]
    assert_nothing_secret(run.printed)


def test_the_credentials_may_come_from_the_environment(
    wire: Wire, run: TaskRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VONAGE_API_KEY", "c0ffee01")
    monkeypatch.setenv("VONAGE_API_SECRET", NEW)
    wire.expect("GET", "/account/get-balance", login=("c0ffee01", NEW), body={"value": 1})
    run("vonage_balance_info", {"api_key": None, "api_secret": None})
    assert_nothing_secret(run.printed)


def test_a_repeated_call_is_a_warning_of_the_task(serve: t.Callable[..., Server], run: TaskRun) -> None:
    server = serve(http(503, "", "Retry-After: 0"), http(200, {"value": 1}))
    run("vonage_balance_info", {"rest_url": server.url, "retries": 1})
    assert run.warned("HTTP 503 Service Unavailable")
    assert run.warned("; retrying in ")
    assert_nothing_secret(run.printed)


def test_unverified_certificates_are_a_warning_of_the_task(wire: Wire, run: TaskRun) -> None:
    wire.balance()
    run("vonage_balance_info", {"validate_certs": False})
    assert run.warned("validate_certs is false: anyone between this host and Vonage can read the secret")


# -- failure -----------------------------------------------------------------------------------------------------------


@every_module
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_server_that_repeats_secrets_does_not_get_them_shown(
    serve: t.Callable[..., Server], run: TaskRun, name: str, status: int
) -> None:
    server = serve(*[echo(status)] * 9)
    options = {"rest_url": server.url, "api_url": server.url}
    # With candidates, a failure is a row of the result.
    run(name, options, fails=name != "vonage_api_secret_info")
    assert server.requests
    assert_nothing_secret(run.printed)


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("vonage_balance_info", {"rest_url": "http://192.0.2.1"}, "rest_url must begin with https://"),
        ("vonage_balance_info", {"timeout": 0}, "timeout must be above 0"),
        ("vonage_topup", {"transaction_reference": " "}, "transaction_reference must be the reference"),
        ("vonage_api_secret", {"secret": "tooShort"}, "secret violates the rules of Vonage"),
        ("vonage_api_secret_info", {"account_ids": [".."], "candidates": []}, "account_ids must be an id"),
        ("vonage_api_secret_info", {"account_ids": ["a:b"], "candidates": []}, "account_ids must be an API key"),
        (
            "vonage_api_secret",
            {"secret": None, "state": "absent", "secret_id": " "},
            "secret_id is empty; set it to the id",
        ),
        # An empty variable does not mean all of them.
        ("vonage_subaccount_info", {"account_id": ""}, "account_id must be an id"),
        ("vonage_subaccount_info", {"account_id": "a:b"}, "account_id must be an API key"),
    ],
)
@both_modes
def test_bad_input_is_a_failure_of_the_same_form(
    wire: Wire, run: TaskRun, name: str, options: dict[str, t.Any], text: str, check_mode: bool
) -> None:
    result = run(name, options, check_mode, fails=True)
    assert text in result["msg"]
    assert set(result["error"]) == ERROR_KEYS
    assert (result["error"]["outcome"], result["error"]["status"]) == ("not_sent", None)
    assert "tooShort" not in run.printed
    assert_nothing_secret(run.printed)


def test_a_lost_answer_is_a_failure_with_an_unknown_outcome(serve: t.Callable[..., Server], run: TaskRun) -> None:
    server = serve(http(200, {"value": 1, "autoReload": True}))
    result = run("vonage_topup", {"rest_url": server.url}, fails=True)
    assert result["error"]["outcome"] == "unknown"
    assert server.methods() == ["GET", "POST", "GET"]
    assert result["balance"]["value"] == 1
    assert result["balance_after"] is None


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ({}, "state is present but all of the following are missing: secret"),
        ({"state": "absent"}, "state is absent but all of the following are missing: secret_id"),
        ({"state": "gone"}, "value of state must be one of: present, absent"),
    ],
)
def test_api_secret_asks_for_what_its_state_needs(
    wire: Wire, run: TaskRun, monkeypatch: pytest.MonkeyPatch, task: dict[str, t.Any], text: str
) -> None:
    monkeypatch.setitem(TASKS, "vonage_api_secret", task)
    assert text in run("vonage_api_secret", fails=True)["msg"]


@every_module
def test_without_requests_the_failure_names_it(
    wire: Wire, run: TaskRun, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(_module, "HAS_REQUESTS", False)
    monkeypatch.setattr(_module, "REQUESTS_IMPORT_ERROR", "ImportError: no requests")
    result = run(name, fails=True)
    assert "Failed to import the required Python library (requests)" in result["msg"]
    assert sys.executable in result["msg"]


def test_the_transport_can_be_imported_without_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    package = importlib.import_module(f"{MODULE_UTILS}._api")
    # Import them anew, and restore the modules that other tests use afterwards.
    for name in ("limits", "failures", "transport"):
        monkeypatch.setattr(package, name, getattr(package, name))
        monkeypatch.delitem(sys.modules, f"{MODULE_UTILS}._api.{name}")
    monkeypatch.setitem(sys.modules, "requests", None)
    transport = importlib.import_module(f"{MODULE_UTILS}._api.transport")
    assert transport.HAS_REQUESTS is False
    assert "ImportError" in transport.REQUESTS_IMPORT_ERROR or "ModuleNotFoundError" in transport.REQUESTS_IMPORT_ERROR


def test_a_server_that_repeats_a_new_secret_does_not_get_it_shown(serve: t.Callable[..., Server], run: TaskRun) -> None:
    refused = http(401, problem("unauthorized", "Unauthorized"))
    server = serve(refused, http(200, listing(OLD_ID)), echo(400), refused, http(200, listing(OLD_ID)))
    options = {"rest_url": server.url, "api_url": server.url}
    result = run("vonage_api_secret", options, fails=True)
    assert (result["error"]["method"], result["error"]["status"]) == ("POST", 400)
    assert server.methods() == ["GET", "GET", "POST", "GET", "GET"]
    assert_nothing_secret(run.printed)
