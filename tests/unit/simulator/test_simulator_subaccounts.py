# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subaccounts and transfers."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

KEY = "c0ffee01"
SUBS = f"/accounts/{KEY}/subaccounts"
BALANCE_TRANSFERS = f"/accounts/{KEY}/balance-transfers"
CREDIT_TRANSFERS = f"/accounts/{KEY}/credit-transfers"


def test_list(call):
    answer = call("GET", SUBS)
    data = json.loads(answer.body, parse_float=Decimal)
    assert (data["total_balance"], data["total_credit_limit"]) == (Decimal("52.5000"), Decimal("0.0000"))
    assert b'"total_balance": 52.5000' in answer.body
    primary = data["_embedded"]["primary_account"]
    assert (primary["api_key"], primary["name"]) == (KEY, None)
    assert not {"primary_account_api_key", "use_primary_account_balance"} & set(primary)
    shared, own = data["_embedded"]["subaccounts"]
    assert (shared["name"], shared["balance"], shared["credit_limit"]) == ("Shop Berlin", None, None)
    assert (own["name"], own["balance"], own["created_at"]) == ("Shop Lyon", Decimal(10), "2025-06-07T08:09:10.000Z")


def test_read_one(call):
    assert call("GET", SUBS + "/5ab00002").json["primary_account_api_key"] == KEY
    answer = call("GET", SUBS + "/unknown1")
    assert (answer.status, answer.code) == (404, "invalid-api-key")


def test_create_answers_200_and_shows_the_secret_once(call):
    answer = call(
        "POST", SUBS, data={"name": "Shop Oslo", "secret": "Examp1e-0nly", "use_primary_account_balance": False}
    )
    assert answer.status == 200
    assert (answer.json["secret"], answer.json["balance"], answer.json["suspended"]) == ("Examp1e-0nly", 0, False)
    created = answer.json["api_key"]
    assert "secret" not in call("GET", f"{SUBS}/{created}").json
    assert call("GET", f"/accounts/{created}/secrets", auth=(created, "Examp1e-0nly")).status == 200


def test_a_secret_is_generated_and_a_repeat_makes_a_second_subaccount(call):
    first, second = (call("POST", SUBS, data={"name": "Shop Oslo"}).json for _repetition in range(2))
    assert first["api_key"] != second["api_key"]
    assert first["secret"] != second["secret"]
    assert call("GET", f"/accounts/{first['api_key']}/secrets", auth=(first["api_key"], first["secret"])).status == 200


@pytest.mark.parametrize(
    ("body", "parameter"),
    [({}, "name"), ({"name": "x" * 81}, "name"), ({"name": "x", "secret": "weak"}, "secret"), ({"name": 1}, "name")],
)
def test_create_validates(call, body, parameter):
    answer = call("POST", SUBS, data=body)
    assert (answer.status, answer.code) == (422, "validation")
    assert [item["name"] for item in answer.json["invalid_parameters"]] == [parameter]


def test_modify(call):
    answer = call("PATCH", SUBS + "/5ab00001", data={"name": "Shop Bonn", "suspended": True})
    assert (answer.status, answer.json["name"], answer.json["suspended"]) == (200, "Shop Bonn", True)
    assert call("GET", SUBS + "/5ab00001").json == answer.json


def test_the_balance_switch_goes_one_way(call):
    path = SUBS + "/5ab00001"
    assert call("PATCH", path, data={"use_primary_account_balance": False}).json["balance"] == 0
    answer = call("PATCH", path, data={"use_primary_account_balance": True})
    assert (answer.status, answer.json["invalid_parameters"][0]["name"]) == (422, "use_primary_account_balance")


def test_an_empty_patch_is_422_before_the_key_is_looked_at(call):
    assert call("PATCH", SUBS + "/unknown1", data={}).status == 422
    assert call("PATCH", SUBS + "/unknown1", data={"name": "x"}).status == 404


@pytest.mark.parametrize(
    ("switch", "value", "method", "path", "body", "code"),
    [
        ("subaccounts", "unprovisioned", "GET", SUBS, None, "unprovisioned"),
        ("max_subaccounts", 2, "POST", SUBS, {"name": "x"}, "provisioning"),
        (
            "independent_balance",
            "refused",
            "POST",
            SUBS,
            {"name": "x", "use_primary_account_balance": False},
            "validation",
        ),
        (
            "independent_balance",
            "refused",
            "PATCH",
            SUBS + "/5ab00001",
            {"use_primary_account_balance": False},
            "validation",
        ),
    ],
)
def test_what_is_not_provisioned_is_403(call, sim, switch, value, method, path, body, code):
    sim.switches[switch] = value
    answer = call(method, path, data=body)
    assert (answer.status, answer.code) == (403, code)


def test_only_the_primary_itself_manages_subaccounts(call):
    sub = ("5ab00001", "Rehearsal0nlyBerlin")
    assert call("GET", SUBS, auth=sub).status == 404
    assert call("GET", "/accounts/5ab00001/subaccounts").status == 404
    assert call("GET", "/accounts/5ab00001/subaccounts", auth=sub).status == 403


def test_a_balance_transfer_moves_exact_money(call, sim):
    answer = call("POST", BALANCE_TRANSFERS, data={"from": KEY, "to": "5ab00002", "amount": 12.34})
    assert answer.status == 200
    assert (answer.json["amount"], answer.json["reference"], answer.json["masterAccountId"]) == (12.34, "", KEY)
    accounts = sim.state.accounts
    assert (accounts[KEY].balance, accounts["5ab00002"].balance) == (Decimal("30.16"), Decimal("22.34"))


def test_a_credit_transfer_moves_the_limits(call, sim):
    sim.state.accounts[KEY].credit_limit = Decimal(-20)
    assert call("POST", CREDIT_TRANSFERS, data={"from": KEY, "to": "5ab00002", "amount": 5}).status == 200
    accounts = sim.state.accounts
    assert (accounts[KEY].credit_limit, accounts["5ab00002"].credit_limit) == (Decimal(-15), Decimal(-5))
    assert call("POST", CREDIT_TRANSFERS, data={"from": KEY, "to": "5ab00002", "amount": 16}).status == 422


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"from": KEY, "to": "5ab00002", "amount": "1"}, "validation"),
        ({"from": KEY, "to": "5ab00002", "amount": 0}, "validation"),
        ({"from": KEY, "to": "5ab00002", "amount": True}, "validation"),
        ({"from": KEY, "to": KEY, "amount": 1}, "validation"),
        ({"from": KEY, "to": "5ab00001", "amount": 1}, "validation"),
        ({"from": "5ab00001", "to": "5ab00002", "amount": 1}, "invalid-transfers"),
        ({"from": KEY, "to": "unknown1", "amount": 1}, "invalid-transfers"),
        ({"from": KEY, "to": "5ab00002", "amount": 42.51}, "valid-transfers"),
    ],
)
def test_a_bad_transfer_moves_nothing(call, sim, body, code):
    answer = call("POST", BALANCE_TRANSFERS, data=body)
    assert (answer.status, answer.code) == (422, code)
    assert sim.state.accounts[KEY].balance == Decimal("42.50")


def test_transfers_are_listed_from_a_required_start_date(call, sim):
    sim.clock.advance(-3600)
    call("POST", BALANCE_TRANSFERS, data={"from": KEY, "to": "5ab00002", "amount": 1, "reference": "early"})
    sim.clock.advance(3600)
    call("POST", BALANCE_TRANSFERS, data={"from": KEY, "to": "5ab00002", "amount": 2, "reference": "late"})
    assert call("GET", BALANCE_TRANSFERS).status == 422
    assert call("GET", BALANCE_TRANSFERS + "?start_date=yesterday").json["invalid_parameters"] == [
        {"name": "start_date", "reason": "Malformed"}
    ]
    everything = call("GET", BALANCE_TRANSFERS + "?start_date=2020-01-01T00:00:00Z")
    assert [item["reference"] for item in everything.json["_embedded"]["balance_transfers"]] == ["early", "late"]
    query = "?start_date=2020-01-01T00:00:00Z&subaccount=5ab00001"
    assert call("GET", BALANCE_TRANSFERS + query).json["_embedded"]["balance_transfers"] == []


@pytest.mark.parametrize(
    ("spelling", "key", "id_key"),
    [("observed", "credit_transfers", "id"), ("documented", "credit-transfers", "credit_transfer_id")],
)
def test_the_spelling_of_transfers_is_switchable(call, sim, spelling, key, id_key):
    sim.switches["transfer_spelling"] = spelling
    sim.state.accounts[KEY].credit_limit = Decimal(-20)
    assert id_key in call("POST", CREDIT_TRANSFERS, data={"from": KEY, "to": "5ab00002", "amount": 5}).json
    listed = call("GET", CREDIT_TRANSFERS + "?start_date=2020-01-01T00:00:00Z").json["_embedded"]
    assert list(listed) == [key]
    assert id_key in listed[key][0]
