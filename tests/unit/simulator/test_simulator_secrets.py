# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of an account: limits, errors, time."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

KEY = "c0ffee01"
VALUE = "Rehearsal0nlyPrimary"
NEW = "New0neSecret"
LIST = f"/accounts/{KEY}/secrets"
BALANCE = "/account/get-balance"


def test_create_answers_201_with_an_id_and_never_the_value(call):
    answer = call.create(NEW)
    assert answer.status == 201
    assert set(answer.json) == {"_links", "id", "created_at"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.json["created_at"])
    assert answer.json["_links"]["self"]["href"] == f"{LIST}/{answer.json['id']}"
    assert NEW.encode() not in answer.body + call("GET", LIST).body
    assert call("GET", LIST, auth=(KEY, NEW)).status == 200


def test_one_secret_can_be_read(call):
    (secret_id,) = call.secret_ids()
    assert call("GET", f"{LIST}/{secret_id}").json["id"] == secret_id
    answer = call("GET", f"{LIST}/no-such-id")
    assert (answer.status, answer.code) == (404, "invalid-id")


def test_head_answers_like_get_without_a_body(call):
    assert (call("HEAD", LIST).status, call("HEAD", LIST).body) == (200, b"")
    assert (call("HEAD", "/accounts/foreign1/secrets").status, call("HEAD", LIST, auth=None).status) == (404, 401)


def test_a_trailing_slash_is_accepted(call):
    assert call("GET", LIST + "/").json == call("GET", LIST).json


@pytest.mark.parametrize(
    ("variant", "status", "code", "text"),
    [
        ("M1", 403, "add-excess-secret", "Account reached maximum number [2] of allowed secrets"),
        ("M2", 403, "maximum-secrets-allowed", "This account has reached maximum number of '2' allowed secrets"),
        ("M3", 400, "validation", "The account exceeded the allowed number of secrets"),
    ],
)
def test_the_maximum_is_refused_in_each_published_way(call, sim, variant, status, code, text):
    sim.switches["max_secrets_error"] = variant
    assert call.create(NEW).status == 201
    answer = call.create("An0therSecret")
    assert (answer.status, answer.code, answer.json["detail"]) == (status, code, text)
    assert "invalid_parameters" not in answer.json
    assert len(call.secret_ids()) == 2


def test_another_maximum_can_be_set(call, sim):
    sim.switches["max_secrets"] = 3
    assert [call.create(value).status for value in (NEW, NEW + "2", NEW + "3")] == [201, 201, 403]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    "value", ["Sh0rt", "Ab0" * 9, "nouppercase1", "NOLOWERCASE1", "NoDigitsHere", "NoAsciiDigit\u0661", "Has a blank1"]
)
def test_a_weak_secret_is_refused(call, sim, status, value):
    sim.switches["weak_secret_status"] = status
    answer = call.create(value)
    assert (answer.status, answer.code) == (status, "validation")
    assert answer.json["invalid_parameters"] == [{"name": "secret", "reason": "Does not meet complexity requirements"}]


@pytest.mark.parametrize("value", ["Abcdefg1", "Ab0" * 8 + "x", "With-_!;0"])
def test_the_limits_of_a_good_secret(call, value):
    assert call.create(value).status == 201


@pytest.mark.parametrize("body", [{}, {"secret": None}, {"secret": 12345678}, []])
def test_a_missing_secret_is_refused(call, body):
    assert call("POST", LIST, data=body).json["invalid_parameters"] == [{"name": "secret", "reason": "Is required"}]


def test_broken_json_is_refused(call):
    answer = call("POST", LIST, form={"secret": NEW}, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (400, "invalid-json")


@pytest.mark.parametrize("key", [KEY, "unknown1"])
def test_anything_but_json_is_415_before_the_account_is_looked_at(call, key):
    answer = call("POST", f"/accounts/{key}/secrets", form={"secret": NEW})
    assert answer.status == 415
    assert len(call.secret_ids()) == 1


@pytest.mark.parametrize(("choice", "status"), [("refused", 400), ("accepted", 201)])
def test_a_value_in_use(call, sim, choice, status):
    sim.switches["duplicate_secret"] = choice
    assert call.create(VALUE).status == status


@pytest.mark.parametrize(("choice", "status"), [("refused", 400), ("accepted", 201)])
def test_a_value_used_before(call, sim, choice, status):
    sim.switches["reused_secret"] = choice
    call("DELETE", f"{LIST}/{call.create(NEW).json['id']}")
    assert call.create(NEW).status == status


def test_revoke_ends_a_secret_and_can_not_be_repeated(call):
    secret_id = call.create(NEW).json["id"]
    answer = call("DELETE", f"{LIST}/{secret_id}")
    assert (answer.status, answer.body) == (204, b"")
    assert call("GET", LIST, auth=(KEY, NEW)).status == 401
    again = call("DELETE", f"{LIST}/{secret_id}")
    assert (again.status, again.code) == (404, "invalid-id")


def test_the_last_secret_stays(call):
    (secret_id,) = call.secret_ids()
    answer = call("DELETE", f"{LIST}/{secret_id}")
    assert (answer.status, answer.code) == (403, "delete-last-secret")
    assert call.secret_ids() == [secret_id]


def test_a_secret_may_revoke_itself(call):
    (old,) = call.secret_ids()
    call.create(NEW)
    assert call("DELETE", f"{LIST}/{old}").status == 204
    assert call("GET", LIST).status == 401


def test_the_primary_rotates_a_subaccounts_secret(call):
    (old,) = call.secret_ids("5ab00001")
    new = call.create(NEW, "5ab00001").json["id"]
    assert call("DELETE", f"/accounts/5ab00001/secrets/{old}", auth=("5ab00001", NEW)).status == 204
    assert call.secret_ids("5ab00001") == [new]


def test_the_order_of_the_list_is_switchable(call, sim):
    first = call.secret_ids()
    sim.switches["max_secrets"] = 8
    for number in range(7):
        sim.clock.advance(1)
        first.append(call.create(f"{NEW}{number}").json["id"])
    assert call.secret_ids() == first[::-1]
    sim.switches["list_order"] = "oldest"
    assert call.secret_ids() == first
    sim.switches["list_order"] = "shuffled"
    orders = {tuple(call.secret_ids()) for _repetition in range(5)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(first)}


@pytest.mark.parametrize(("family", "slow", "quick"), [("api", LIST, BALANCE), ("rest", BALANCE, LIST)])
def test_a_new_secret_propagates_per_family(call, sim, family, slow, quick):
    sim.switches[f"propagation_delay_{family}"] = 60
    call.create(NEW)
    assert (call("GET", slow, auth=(KEY, NEW)).status, call("GET", quick, auth=(KEY, NEW)).status) == (401, 200)
    sim.clock.advance(60)
    assert call("GET", slow, auth=(KEY, NEW)).status == 200
    assert call("GET", slow).status == 200


@pytest.mark.parametrize(("family", "slow", "quick"), [("api", LIST, BALANCE), ("rest", BALANCE, LIST)])
def test_a_revoked_secret_lingers_per_family(call, sim, family, slow, quick):
    (old,) = call.secret_ids()
    call.create(NEW)
    sim.switches[f"revocation_lag_{family}"] = 60
    call("DELETE", f"{LIST}/{old}", auth=(KEY, NEW))
    assert (call("GET", slow).status, call("GET", quick).status) == (200, 401)
    sim.clock.advance(60)
    assert call("GET", slow).status == 401


def test_secrets_of_the_start_are_known_everywhere(start):
    call = start(switches={"propagation_delay_api": 60, "propagation_delay_rest": 60})
    assert (call("GET", LIST).status, call("GET", BALANCE).status) == (200, 200)


def test_regions_answer_in_turn_until_the_delay_is_over(call, sim):
    call.create(NEW)
    sim.switches.update({"flap": 2, "propagation_delay_rest": 60})
    flapping = [call("GET", BALANCE, auth=(KEY, NEW)).status for _repetition in range(6)]
    assert flapping == [200, 401] * 3
    sim.clock.advance(60)
    assert {call("GET", BALANCE, auth=(KEY, NEW)).status for _repetition in range(4)} == {200}


def test_the_list_can_lag_behind(call, sim):
    (old,) = call.secret_ids()
    sim.switches["list_delay"] = 30
    new = call.create(NEW).json["id"]
    assert call.secret_ids() == [old]
    sim.clock.advance(30)
    assert set(call.secret_ids()) == {old, new}


def test_of_parallel_creates_for_one_free_slot_one_wins(call, sim, monkeypatch):
    create = sim.state.create_secret
    others_could_check = []

    def could_check(account):
        free = account.lock.acquire(blocking=False)
        if free:
            account.lock.release()
        return free

    def create_observed(account, value):
        # Between the check for the maximum and the creation, as seen from another request's thread.
        with ThreadPoolExecutor(1) as other:
            others_could_check.append(other.submit(could_check, account).result())
        return create(account, value)

    monkeypatch.setattr(sim.state, "create_secret", create_observed)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call.create, [f"{NEW}{number}" for number in range(4)]))
    assert sorted(answer.status for answer in answers) == [201, 403, 403, 403]
    assert others_could_check == [False]
    assert len(sim.state.accounts[KEY].live) == 2
