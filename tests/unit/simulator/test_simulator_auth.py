# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: credentials, and the gateway in front of them."""

from __future__ import annotations

import pytest

KEY = "c0ffee01"
VALUE = "Rehearsal0nlyPrimary"
SUB = ("5ab00001", "Rehearsal0nlyBerlin")
LIST = f"/accounts/{KEY}/secrets"
BALANCE = "/account/get-balance"


def test_basic_is_accepted_on_both_families(call):
    assert call("GET", BALANCE).status == 200
    assert call("GET", LIST).status == 200


@pytest.mark.parametrize("auth", [(KEY, "wrong"), ("unknown1", VALUE), (KEY, ""), ("", VALUE), None])
@pytest.mark.parametrize("path", [BALANCE, LIST])
def test_wrong_credentials_are_refused(call, auth, path):
    answer = call("GET", path, auth=auth)
    assert (answer.status, answer.code) == (401, "unauthorized")


@pytest.mark.parametrize("header", ["Bearer abc", "Basic", "Basic %%%", "Basic YWJj", "Basic /w=="])
def test_an_unusable_authorization_header_is_refused(call, header):
    assert call("GET", LIST, auth=None, headers={"Authorization": header}).status == 401


def test_the_secret_may_contain_colons_and_other_letters(start):
    call = start([{"api_key": KEY, "secrets": [{"value": "a:b:\u00e4"}]}])
    assert call("GET", LIST, auth=(KEY, "a:b:\u00e4")).status == 200


@pytest.mark.parametrize(
    ("switch", "variant", "path", "expected"),
    [
        ("unauthorized_rest", "gateway", BALANCE, {"title": "Unauthorized"}),
        ("unauthorized_rest", "service", BALANCE, {"title": "Invalid credentials supplied"}),
        ("unauthorized_rest", "legacy", BALANCE, {"error-code": "401", "error-code-label": "authentication failed"}),
        ("unauthorized_api", "gateway", LIST, {"title": "Unauthorized"}),
        ("unauthorized_api", "service", LIST, {"title": "Invalid credentials supplied"}),
    ],
)
def test_the_body_of_401_is_switchable(call, sim, switch, variant, path, expected):
    sim.switches[switch] = variant
    answer = call("GET", path, auth=(KEY, "wrong"))
    assert answer.status == 401
    assert expected.items() <= answer.json.items()


@pytest.mark.parametrize(
    ("method", "path", "options", "accepted"),
    [
        ("GET", f"{BALANCE}?api_key={KEY}&api_secret={VALUE}", {}, True),
        ("POST", "/account/settings", {"form": {"api_key": KEY, "api_secret": VALUE}}, True),
        ("POST", "/account/settings", {"data": {"api_key": KEY, "api_secret": VALUE}}, True),
        ("GET", BALANCE, {"form": {"api_key": KEY, "api_secret": VALUE}}, False),
        ("GET", f"{LIST}?api_key={KEY}&api_secret={VALUE}", {}, False),
        ("POST", LIST, {"data": {"api_key": KEY, "api_secret": VALUE, "secret": "New0neSecret"}}, False),
    ],
)
def test_credentials_outside_the_header_work_where_they_are_known_to(call, method, path, options, accepted):
    assert call(method, path, auth=None, **options).status == (200 if accepted else 401)


def test_credentials_outside_the_header_can_be_switched_off(call, sim):
    sim.switches["legacy_credentials"] = "refused"
    assert call("GET", f"{BALANCE}?api_key={KEY}&api_secret={VALUE}", auth=None).status == 401
    assert call("POST", "/account/settings", auth=None, form={"api_key": KEY, "api_secret": VALUE}).status == 401
    assert call("GET", BALANCE).status == 200


@pytest.mark.parametrize("path", [BALANCE, LIST])
def test_two_methods_at_once_are_an_error(call, path):
    answer = call("GET", f"{path}?api_key={KEY}&api_secret={VALUE}")
    assert (answer.status, answer.code) == (401, "multiple-auth-methods")


def test_a_primary_acts_on_its_subaccounts_but_not_the_other_way_round(call):
    assert call("GET", "/accounts/5ab00001/secrets").status == 200
    assert call("GET", "/accounts/5ab00001/secrets", auth=SUB).status == 200
    for target in (KEY, "5ab00002", "unknown1"):
        answer = call("GET", f"/accounts/{target}/secrets", auth=SUB)
        assert (answer.status, answer.code) == (404, "invalid-api-key")


def test_a_suspended_account_gets_403_with_the_right_secret_and_401_with_a_wrong_one(start):
    call = start([{"api_key": KEY, "suspended": True, "secrets": [{"value": VALUE}]}])
    answer = call("GET", LIST)
    assert (answer.status, answer.code) == (403, "account-suspended")
    assert call("GET", LIST, auth=(KEY, "wrong")).status == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("PUT", "/account/settings", 403, b"RBAC: access denied"),
        ("GET", "/account/settings", 403, b"RBAC: access denied"),
        ("GET", "/account/top-up", 403, b"RBAC: access denied"),
        ("PATCH", LIST, 403, b"RBAC: access denied"),
        ("GET", "/account/unknown", 404, b"not found"),
        ("GET", "/accounts//secrets", 404, b"not found"),
        ("GET", "/", 404, b"not found"),
    ],
)
def test_the_gateway_answers_in_text_before_it_looks_at_credentials(call, method, path, status, body):
    answer = call(method, path, auth=None)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (status, body, "text/plain")


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", LIST), ("POST", LIST + "/some-id"), ("PATCH", f"/accounts/{KEY}/subaccounts")]
)
def test_a_known_but_wrong_verb_is_answered_by_the_service(call, method, path):
    answer = call(method, path)
    assert (answer.status, answer.json["title"]) == (405, "Method Not Allowed")
    assert call(method, path, auth=None).status == 401


def test_every_answer_has_a_request_id_and_every_problem_an_instance(call):
    ids = {call("GET", path).headers["X-Request-Id"] for path in (BALANCE, LIST, "/unknown")}
    assert None not in ids
    assert len(ids) == 3
    assert len(call("GET", LIST, auth=None).json["instance"]) == 32
