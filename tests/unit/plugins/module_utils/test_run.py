# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
import responses
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection
from ansible_collections.community.vonage.plugins.module_utils._api.errors import ErrorInfo, NotSent
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret import API_SECRET
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret_info import API_SECRET_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.balance_info import BALANCE_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation
from ansible_collections.community.vonage.plugins.module_utils._operations.run import (
    argument_spec,
    run_operation,
    secret_values,
)
from ansible_collections.community.vonage.plugins.module_utils._operations.topup import TOPUP
from ansible_collections.community.vonage.tests.unit.plugins.wire import LOGIN, OPTIONS, SECRET, shapes


def operation(run: t.Callable[..., t.Any]) -> Operation:
    return Operation(run)


def test_a_result_and_its_warnings_are_handed_back() -> None:
    seen: list[t.Any] = []

    def run(client: Client, params: t.Any, check_mode: bool) -> dict[str, t.Any]:
        seen.extend([client.credentials, params, check_mode])
        return {"changed": True, "warnings": ["one", "two", "one"]}

    assert run_operation(operation(run), OPTIONS, OPTIONS, True) == ({"changed": True}, ["one", "two"])
    assert seen == [LOGIN, OPTIONS, True]


@given(st.text(st.characters(exclude_categories=())))
@example("half a character: \ud800")
def test_every_text_of_a_result_can_be_encoded(text: str) -> None:
    def run(*_arguments: t.Any) -> dict[str, t.Any]:
        return {"subaccounts": [{"name": text, "balance": None}], "warnings": [text]}

    result, warnings = run_operation(operation(run), OPTIONS, OPTIONS, False)
    # UTF-8 has no place for these halves, and Ansible refuses the whole result because of one.
    expected = "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= one <= "\udfff" else one for one in text)
    assert result == {"subaccounts": [{"name": expected, "balance": None}]}
    assert warnings == [expected]


def test_a_failure_keeps_what_it_has_to_say() -> None:
    def run(*_arguments: t.Any) -> t.NoReturn:
        error = NotSent("it failed", ErrorInfo(code="a-code"))
        error.result = {"balance": 1}
        raise error

    result, warnings = run_operation(operation(run), OPTIONS, OPTIONS, False)
    assert (result["failed"], result["msg"], result["balance"]) == (True, "it failed", 1)
    assert (result["error"]["code"], result["error"]["outcome"]) == ("a-code", "not_sent")
    assert warnings == []


def test_bad_options_end_before_a_client_is_made() -> None:
    def connect(_connection: Connection, _warn: t.Any) -> t.NoReturn:
        pytest.fail("a client was made")

    given: dict[str, t.Any]
    for given, message in (
        ({**OPTIONS, "below": None}, "below is null"),
        ({**OPTIONS, "api_secret": ["a"]}, "api_secret must be a string, not a list"),
    ):
        result, _warnings = run_operation(TOPUP, given, OPTIONS, False, connect)
        assert result["msg"].startswith(message)
    result, _warnings = run_operation(TOPUP, OPTIONS, {**OPTIONS, "retries": -1}, False, connect)
    assert result["msg"] == "retries must be 0 or more, not -1"


@pytest.mark.parametrize("shape", sorted(shapes(SECRET)))
def test_a_mistake_of_ours_is_an_error_without_secrets(shape: str) -> None:
    def run(*_arguments: t.Any) -> t.NoReturn:
        raise KeyError(f"an answer with {shape} in it")

    result, _warnings = run_operation(operation(run), OPTIONS, OPTIONS, False)
    assert result["failed"] is True
    # Nobody can tell what was done until then.
    assert result["error"]["outcome"] == "unknown"
    assert "please report it at https://github.com/" in result["msg"]
    assert "test_run.py:" in result["msg"]
    assert " < run.py:" in result["msg"]
    assert shape not in result["msg"]


def test_secret_values_are_those_of_options_that_must_not_be_logged() -> None:
    spec = argument_spec(API_SECRET)
    params = {**OPTIONS, "secret": "N3wSecret", "secret_id": "visible", "account_id": "visible"}
    assert secret_values(spec, params) == {SECRET, "N3wSecret"}
    assert secret_values({"many": {"no_log": True, "aliases": ["much"]}}, {"many": ["a", ["b"], 7, None, ""]}) == {
        "a",
        "b",
        "7",
    }
    assert secret_values({"many": {"no_log": True, "aliases": ["much"]}}, {"much": "c"}) == {"c"}


@pytest.mark.parametrize("quotes", shapes("0therSecret9"))
def test_no_message_quotes_a_secret_of_any_option(quotes: str) -> None:
    """Also of a request that is made without that secret."""
    body = {"title": "Forbidden", "detail": f"not with {quotes}", "type": "https://developer.nexmo.com/api-errors#x"}
    options = {**OPTIONS, "redact": ["0therSecret9"]}
    with responses.RequestsMock() as wire:
        wire.get("https://rest.nexmo.com/account/get-balance", status=403, json=body)
        result, _warnings = run_operation(BALANCE_INFO, options, options, False)
    assert result["error"]["status"] == 403
    assert quotes not in str(result)


def test_the_value_of_a_secret_is_not_taken_for_an_id() -> None:
    options = {**OPTIONS, "redact": ["0therSecret9"], "account_ids": ["abcd1234"], "concurrency": 1}
    options = {**options, "candidates": [], "api_secrets": None}
    body = {"_embedded": {"secrets": [{"id": "0therSecret9", "created_at": "2026-11-26T12:00:00Z"}]}}
    with responses.RequestsMock() as wire:
        wire.get("https://api.nexmo.com/accounts/abcd1234/secrets", json=body)
        result, _warnings = run_operation(API_SECRET_INFO, options, options, False)
    assert "contains the value of a secret instead of its id" in str(result)
    assert "0therSecret9" not in str(result)
