# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Balance, top-up and settings."""

from __future__ import annotations

import http.client
from decimal import Decimal
from types import SimpleNamespace

import pytest

from vonage_simulator import account_api

KEY = "c0ffee01"
VALUE = "Rehearsal0nlyPrimary"
BALANCE = "/account/get-balance"
TOP_UP = "/account/top-up"
SETTINGS = "/account/settings"
TRX = "00X123456Y7890123Z"
HOOK = "https://hooks.example.net/sms/inbound"
ZEROED = {"max-outbound-request": 0, "max-inbound-request": 0, "max-calls-per-second": 0}


def account(**fields):
    return [{"api_key": KEY, "secrets": [{"value": VALUE}], **fields}]


def test_the_balance_keeps_its_trailing_zeros(call):
    answer = call("GET", BALANCE)
    assert answer.body == b'{"value": 42.50000000, "autoReload": true}'
    assert answer.headers["Content-Type"] == "application/json"


def test_a_shared_balance_is_the_primarys(call):
    assert call("GET", BALANCE, auth=("5ab00001", "Rehearsal0nlyBerlin")).json["value"] == 42.5
    assert call("GET", BALANCE, auth=("5ab00002", "Rehearsal0nlyLyon")).json["value"] == 10


@pytest.mark.parametrize(
    ("accept", "xml"),
    [("application/json", False), ("*/*", False), ("application/xml", True), ("text/xml, application/json", False)],
)
def test_xml_comes_on_request(call, accept, xml):
    answer = call("GET", BALANCE, headers={"Accept": accept})
    expected = b"<accountBalance><value>42.50000000</value><autoReload>true</autoReload></accountBalance>"
    assert (answer.body == expected) is xml
    assert answer.headers["Content-Type"] == ("application/xml" if xml else "application/json")


@pytest.mark.parametrize("choice", ["json", "xml"])
def test_the_format_without_an_accept_header_is_switchable(call, sim, choice):
    sim.switches["balance_without_accept"] = choice
    # http.client itself sends no Accept header.
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=120)
    connection.request("GET", f"{BALANCE}?api_key={KEY}&api_secret={VALUE}")
    assert connection.getresponse().headers["Content-Type"] == f"application/{choice}"
    connection.close()


def test_a_top_up_charges_and_raises_the_balance(call, sim):
    answer = call("POST", TOP_UP, form={"trx": TRX})
    assert (answer.status, answer.json) == (200, {"error-code": "200", "error-code-label": "success"})
    charged = sim.state.accounts[KEY]
    assert (charged.charges, charged.balance) == (1, Decimal("52.50"))


@pytest.mark.parametrize(
    ("variant", "body", "content_type"),
    [
        ("T1", b'{"error-code": "200", "error-code-label": "success"}', "application/json"),
        ("T2", b"", None),
        ("T3", b'{"response": "success"}', "application/json"),
        ("T3_xml", b"<response>success</response>", "application/xml"),
    ],
)
def test_the_success_bodies_of_a_top_up(call, sim, variant, body, content_type):
    sim.switches["top_up"] = variant
    answer = call("POST", TOP_UP, form={"trx": TRX})
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, body, content_type)
    assert sim.state.accounts[KEY].charges == 1


@pytest.mark.parametrize(
    ("variant", "status", "expected"),
    [
        ("T4", 200, {"error-code": "420", "error-code-label": "topup failed"}),
        ("T5", 401, {"error-code": "401", "error-code-label": "authentication failed"}),
        ("T6", 401, {"title": "Unauthorized"}),
        ("T7", 401, {"error-code": "401", "error-code-label": "not auto-reload enabled"}),
        ("T8", 420, {"error-code": "420", "error-code-label": "topup failed"}),
        ("T9", 401, {"error-code": "420", "error-code-label": "topup failed"}),
        ("T10", 400, {"error_title": "Bad Request", "invalid_parameters": {"trx": "Is required."}}),
        ("T11_429", 429, {"title": "Rate Limit Hit"}),
        ("T11_500", 500, {"title": "Internal Error"}),
    ],
)
def test_the_failures_of_a_top_up_charge_nothing(call, sim, variant, status, expected):
    sim.switches["top_up"] = variant
    answer = call("POST", TOP_UP, form={"trx": TRX})
    assert answer.status == status
    assert expected.items() <= answer.json.items()
    assert sim.state.accounts[KEY].charges == 0


@pytest.mark.parametrize(
    ("fields", "form", "status"),
    [
        ({"auto_reload": False}, {"trx": TRX}, 401),
        ({}, {"trx": "another"}, 420),
        ({}, {"trx": ""}, 400),
        ({}, {}, 400),
    ],
)
def test_the_accounts_state_decides_about_a_top_up(start, fields, form, status):
    call = start(account(**fields))
    assert call("POST", TOP_UP, form=form).status == status
    assert call.simulator.state.accounts[KEY].charges == 0


def test_a_form_labelled_json_has_no_fields(call):
    answer = call("POST", TOP_UP, form={"trx": TRX}, headers={"Content-Type": "application/json"})
    assert answer.json["invalid_parameters"] == {"trx": "Is required."}


def test_an_empty_post_reads_the_settings_and_changes_nothing(call, sim):
    assert call("POST", SETTINGS).json == {
        "mo-callback-url": "",
        "dr-callback-url": "",
        "max-outbound-request": 30,
        "max-inbound-request": 30,
        "max-calls-per-second": 30,
    }
    assert [entry.committed for entry in sim.log] == [False]


def test_settings_are_written_and_answered(call, sim):
    answer = call("POST", SETTINGS, form={"moCallBackUrl": HOOK})
    assert (answer.json["mo-callback-url"], answer.json["dr-callback-url"]) == (HOOK, "")
    assert b"https:\\/\\/hooks.example.net\\/sms\\/inbound" in answer.body
    assert call("POST", SETTINGS).json["mo-callback-url"] == HOOK
    assert [entry.committed for entry in sim.log] == [True, False]


def test_writing_what_is_there_already_commits_nothing(call, sim):
    for _repetition in range(2):
        call("POST", SETTINGS, form={"drCallBackUrl": HOOK})
    assert [entry.committed for entry in sim.log] == [True, False]


@pytest.mark.parametrize("field", ["moCallbackUrl", "mo-callback-url", "mocallbackurl", "newSecret"])
def test_unknown_fields_are_a_silent_no_op(call, sim, field):
    answer = call("POST", SETTINGS, form={field: HOOK})
    assert (answer.status, answer.json["mo-callback-url"]) == (200, "")
    assert [entry.committed for entry in sim.log] == [False]


@pytest.mark.parametrize(
    ("choice", "shown"), [("empty", {"mo-callback-url": ""}), ("null", {"mo-callback-url": None}), ("absent", {})]
)
def test_an_empty_field_unsets_and_the_answer_is_switchable(start, choice, shown):
    call = start(account(settings={"mo_callback_url": HOOK, "dr_callback_url": HOOK}))
    call.simulator.switches["unset_callback"] = choice
    answer = call("POST", SETTINGS, form={"moCallBackUrl": ""})
    assert {key: value for key, value in answer.json.items() if key == "mo-callback-url"} == shown
    assert answer.json["dr-callback-url"] == HOOK


def test_a_dead_url_is_refused_with_zeroed_settings(call, sim):
    sim.switches["dead_urls"] = [HOOK]
    answer = call("POST", SETTINGS, form={"moCallBackUrl": HOOK})
    assert answer.status == 420
    assert (ZEROED.items() | {("error-code", "420")}) <= answer.json.items()
    assert call("POST", SETTINGS).json["mo-callback-url"] == ""


def test_a_dead_url_is_ignored_silently(call, sim):
    sim.switches.update({"dead_urls": [HOOK], "dead_url_answer": "V-b"})
    answer = call("POST", SETTINGS, form={"moCallBackUrl": HOOK, "drCallBackUrl": HOOK + "/dr"})
    assert answer.status == 200
    assert (answer.json["mo-callback-url"], answer.json["dr-callback-url"]) == ("", HOOK + "/dr")


def test_the_url_check_can_take_its_time(call, sim, monkeypatch):
    sim.switches["url_check_seconds"] = 30
    slept = []
    monkeypatch.setattr(account_api, "time", SimpleNamespace(sleep=slept.append))
    call("POST", SETTINGS, form={"moCallBackUrl": HOOK})
    assert slept == [30]


def test_the_forward_method_is_stored_and_never_returned(call, sim):
    answer = call("POST", SETTINGS, form={"httpForwardMethod": "POST_JSON"})
    assert b"POST_JSON" not in answer.body
    assert sim.state.accounts[KEY].settings.http_forward_method == "POST_JSON"
    call("POST", SETTINGS, form={"httpForwardMethod": "SMOKE_SIGNALS"})
    assert sim.state.accounts[KEY].settings.http_forward_method == "POST_JSON"


def test_settings_without_a_key_are_zeroed(call):
    answer = call("POST", SETTINGS, auth=None)
    assert answer.status == 420
    assert answer.json == {**ZEROED, "error-code": "420", "error-code-label": "API key is required"}


def test_limits_may_be_texts_or_missing(start):
    call = start(account(settings={"max_outbound_request": "30", "max_calls_per_second": None}))
    answer = call("POST", SETTINGS).json
    assert answer["max-outbound-request"] == "30"
    assert "max-calls-per-second" not in answer
