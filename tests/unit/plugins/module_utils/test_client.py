# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import os
import stat
import typing as t
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._api.models import Balance, Secret
from ansible_collections.community.vonage.tests.unit.plugins.calls import CALLS, READS, Call, every_call
from ansible_collections.community.vonage.tests.unit.plugins.wire import (
    API,
    BALANCE,
    CREATED_AT,
    FORM,
    INDEPENDENT,
    KEY,
    LOGIN,
    NEW,
    NEW_ID,
    OLD_ID,
    PRIMARY,
    REST,
    SECRET,
    SECRETS,
    SETTINGS,
    SHARING,
    SUBACCOUNT,
    SUBACCOUNTS,
    TOP_UP,
    UNAUTHORIZED,
    ClientFactory,
    Wire,
    family,
    http,
    legacy,
    listing,
    problem,
    returned_account,
    shapes,
    vonage_row,
)

OLD = Secret(OLD_ID, CREATED_AT[OLD_ID])
YOUNG = Secret(NEW_ID, CREATED_AT[NEW_ID])


def error_of(action: t.Callable[[], t.Any]) -> VonageError:
    with pytest.raises(VonageError) as caught:
        action()
    return caught.value


# -- what is sent ------------------------------------------------------------------------------------------------------


@every_call
def test_each_call_is_one_exact_request(wire: Wire, clients: ClientFactory, call: Call) -> None:
    call.expect(wire)
    call.run(clients.client())
    assert clients.warnings == []


@every_call
def test_each_call_says_who_asks_and_how_long_it_waits(wire: Wire, clients: ClientFactory, call: Call) -> None:
    call.expect(wire)
    client = clients.client(timeout=7.5)
    call.run(client)
    sent = wire.sent()
    assert sent.headers["User-Agent"].startswith("ansible-vonage-account/")
    assert KEY not in sent.headers["User-Agent"]
    assert sent.req_kwargs["timeout"] == 7.5
    assert sent.req_kwargs["verify"] is True


@every_call
def test_how_certificates_are_verified_is_said_with_each_request(
    wire: Wire, clients: ClientFactory, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, "/etc/another.pem")
        for options, verify in (
            ({"ca_path": __file__}, __file__),
            ({"validate_certs": False}, False),
            ({}, "/etc/another.pem"),
        ):
            call.expect(wire)
            call.run(clients.client(**options))
            assert wire.sent().req_kwargs["verify"] == verify
        monkeypatch.delenv(variable)


def test_json_and_forms_on_one_client_do_not_mix(wire: Wire, clients: ClientFactory) -> None:
    client = clients.client()
    for name in ("create_secret", "top_up", "read_settings", "create_secret", "write_settings", "get_balance"):
        CALLS[name].expect(wire)
        CALLS[name].run(client)
    types = [wire.sent(number).headers.get("Content-Type") for number in range(6)]
    assert types == ["application/json", FORM, FORM, "application/json", FORM, None]


def test_the_settings_form_has_vonages_spelling_and_keeps_an_empty_value(wire: Wire, clients: ClientFactory) -> None:
    fields = {"moCallBackUrl": "", "drCallBackUrl": "https://a.example/?b=c&d", "httpForwardMethod": "POST_JSON"}
    wire.expect("POST", SETTINGS, form=fields, body={"mo-callback-url": ""})
    clients.client().write_settings(fields)
    text = "moCallBackUrl=&drCallBackUrl=https%3A%2F%2Fa.example%2F%3Fb%3Dc%26d&httpForwardMethod=POST_JSON"
    assert wire.sent().body == text


@pytest.mark.parametrize(
    ("login", "header"),
    [
        (("aaa012", "abc123456789"), "YWFhMDEyOmFiYzEyMzQ1Njc4OQ=="),
        ((KEY, "pässwörD1€"), base64.b64encode("abcd1234:pässwörD1€".encode()).decode()),
        ((KEY, "a:b:c"), base64.b64encode(b"abcd1234:a:b:c").decode()),
    ],
)
def test_credentials_travel_as_basic_authentication_in_utf_8(
    wire: Wire, clients: ClientFactory, login: tuple[str, str], header: str
) -> None:
    wire.expect("GET", BALANCE, login=login, body={"value": 1})
    clients.client(api_key=login[0], api_secret=login[1]).get_balance()
    assert wire.sent().headers["Authorization"] == f"Basic {header}"


@every_call
def test_netrc_never_replaces_the_credentials(
    wire: Wire, clients: ClientFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: Call
) -> None:
    netrc = tmp_path / "netrc"
    hosts = ("rest.nexmo.com", "api.nexmo.com")
    netrc.write_text("".join(f"machine {host} login mallory password Wr0ngOne\n" for host in hosts))
    os.chmod(netrc, stat.S_IRUSR | stat.S_IWUSR)
    monkeypatch.setenv("NETRC", str(netrc))
    # It would be taken: this is what a request without credentials gets.
    assert requests.utils.get_netrc_auth(API + "/accounts") == ("mallory", "Wr0ngOne")
    call.expect(wire)
    call.run(clients.client())


def test_base_urls_are_joined_with_the_path(wire: Wire, clients: ClientFactory) -> None:
    wire.expect("GET", BALANCE, base="http://127.0.0.1:8080/sim", body={"value": 1})
    wire.expect("GET", SECRETS, base="http://[::1]:8081", body=listing(OLD_ID))
    client = clients.client(rest_url="http://127.0.0.1:8080/sim/", api_url="http://[::1]:8081")
    client.get_balance()
    client.list_secrets(KEY)


IDS = ["a/b", "a b", "ä", "a%2Fb", "x?y=z", "x#y", "x;y", "..a", "...", "a\\b", "a@b", "%2e%2e"]


@pytest.mark.parametrize("name", IDS)
def test_ids_are_quoted_in_the_url(wire: Wire, clients: ClientFactory, name: str) -> None:
    quoted = quote(name, safe="")
    wire.expect("GET", f"/accounts/{quoted}/secrets", body=listing())
    wire.expect("POST", f"/accounts/{quoted}/secrets", json_body={"secret": NEW}, body=vonage_row(NEW_ID))
    wire.expect("DELETE", f"/accounts/{quoted}/secrets/{quoted}", status=204)
    client = clients.client()
    client.list_secrets(name)
    client.create_secret(name, NEW)
    client.delete_secret(name, name)
    wire.expect("GET", f"{SUBACCOUNTS}/{quoted}", body=SHARING)
    client.get_subaccount(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a\nb", "a\x00b", "\udcff"])
def test_ids_that_cannot_be_in_a_url_are_refused_before_any_request(
    wire: Wire, clients: ClientFactory, name: str
) -> None:
    client = clients.client()
    for option, action in (
        ("account_id", lambda: client.list_secrets(name)),
        ("account_id", lambda: client.create_secret(name, NEW)),
        ("account_id", lambda: client.delete_secret(name, OLD_ID)),
        ("secret_id", lambda: client.delete_secret(KEY, name)),
        ("account_id", lambda: client.get_subaccount(name)),
    ):
        error = error_of(action)
        assert isinstance(error, NotSent)
        assert error.message.startswith(f"{option} must be an id from Vonage")
        assert len(error.message.splitlines()) == 1
    assert client.probe(name, NEW).result == "unknown"


# -- what is read ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "value", "auto_reload"),
    [
        ('{"value": 42.50000000, "autoReload": false}', "42.50000000", False),
        ('{"value": 0.1, "autoReload": true}', "0.1", True),
        ('{"value": 10, "autoReload": true}', "10", True),
        ('{"value": -3.25000000, "autoReload": true}', "-3.25000000", True),
        ('{"value": 123456789.12345678}', "123456789.12345678", None),
        ('{"value": 1, "autoReload": null}', "1", None),
        ('{"value": 1, "autoReload": "true"}', "1", None),
        ('{"value": 1, "auto-reload": true, "currency": "USD"}', "1", None),
    ],
)
def test_the_balance_is_exact(
    wire: Wire, clients: ClientFactory, body: str, value: str, auto_reload: bool | None
) -> None:
    wire.balance(body)
    balance = clients.client().get_balance()
    assert balance == Balance(Decimal(value), auto_reload)
    assert str(balance.value) == value


@pytest.mark.parametrize(
    "body", ["{}", '{"value": null}', '{"value": 1e400}', '{"value": true}', '{"value": NaN}', "[1]", "1", "", "<x/>"]
)
def test_an_answer_without_a_balance_is_not_taken_for_one(wire: Wire, clients: ClientFactory, body: str) -> None:
    wire.balance(body)
    error = error_of(clients.client(retries=3).get_balance)
    assert isinstance(error, UnknownOutcome)
    assert error.message.startswith(f"GET {REST}{BALANCE} returned HTTP 200, but the response ")


def test_secrets_are_sorted_by_date_and_then_by_id(wire: Wire, clients: ClientFactory) -> None:
    rows = [("c", "2026-01-01T00:00:00Z"), ("b", "2026-01-01T00:00:00Z"), ("a", "2026-02-01T00:00:00Z"), ("d", None)]
    body = {"_embedded": {"secrets": [{"id": name, "created_at": date} for name, date in rows]}}
    wire.expect("GET", SECRETS, body=body)
    found = clients.client().list_secrets(KEY)
    assert [secret.id for secret in found] == ["d", "b", "c", "a"]
    assert found[0].as_dict() == {"id": "d", "created_at": ""}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"_embedded": None},
        {"_embedded": []},
        {"_embedded": {"secrets": None}},
        {"_embedded": {"secrets": {}}},
        {"_embedded": {"secrets": [{"created_at": "2026-01-01T00:00:00Z"}]}},
        {"_embedded": {"secrets": [{"id": ""}]}},
        {"_embedded": {"secrets": [{"id": 7}]}},
        {"_embedded": {"secrets": ["id"]}},
        [],
        "<html></html>",
    ],
)
def test_an_answer_without_a_list_is_not_taken_for_one(wire: Wire, clients: ClientFactory, body: t.Any) -> None:
    wire.expect("GET", SECRETS, body=body)
    assert isinstance(error_of(lambda: clients.client(retries=3).list_secrets(KEY)), UnknownOutcome)


def test_an_account_without_secrets(wire: Wire, clients: ClientFactory) -> None:
    wire.list()
    assert clients.client().list_secrets(KEY) == []


def test_the_date_of_a_secret_has_whole_seconds_however_vonage_writes_it(wire: Wire, clients: ClientFactory) -> None:
    wire.expect("GET", SECRETS, body={"_embedded": {"secrets": [{"id": "a", "created_at": "2026-01-01T00:00:00.5Z"}]}})
    assert clients.client().list_secrets(KEY) == [Secret("a", "2026-01-01T00:00:00Z")]


def test_subaccounts_are_sorted_by_date_and_then_by_key_beside_their_primary(
    wire: Wire, clients: ClientFactory
) -> None:
    wire.expect("GET", SUBACCOUNTS, body=family(INDEPENDENT, {**SHARING, "api_key": "zz"}, SHARING))
    found = clients.client().list_subaccounts()
    assert [account.api_key for account in found.subaccounts] == [SUBACCOUNT, "zz", "5ab00002"]
    assert found.primary.as_dict() == returned_account(PRIMARY)
    assert [account.as_dict() for account in found.subaccounts[::2]] == [
        returned_account(SHARING),
        returned_account(INDEPENDENT),
    ]


def test_a_primary_account_without_subaccounts(wire: Wire, clients: ClientFactory) -> None:
    wire.expect("GET", SUBACCOUNTS, body={"_embedded": family()["_embedded"]})
    assert clients.client().list_subaccounts().subaccounts == []


@pytest.mark.parametrize("amount", ["10.10000001", "-3.25", "0", "123456789.12345678"])
def test_the_amounts_of_a_subaccount_are_exact(wire: Wire, clients: ClientFactory, amount: str) -> None:
    body = json.dumps({**INDEPENDENT, "balance": "AMOUNT", "credit_limit": "AMOUNT"}).replace('"AMOUNT"', amount)
    wire.expect("GET", f"{SUBACCOUNTS}/5ab00002", body=body)
    found = clients.client().get_subaccount("5ab00002")
    assert (str(found.balance), str(found.credit_limit)) == (amount, amount)


NO_SUBACCOUNT = [
    None,
    [],
    "5ab00002",
    *({**INDEPENDENT, "api_key": value} for value in (None, "", 7, "../a", "a b", "{{ a }}", "a" * 65)),
    *({**INDEPENDENT, "suspended": value} for value in (None, "false", 0)),
    *({**INDEPENDENT, "use_primary_account_balance": value} for value in (None, "true", 1)),
    *({**INDEPENDENT, "primary_account_api_key": value} for value in (None, 7)),
    *({**INDEPENDENT, "name": value} for value in (7, ["a"])),
    *({**INDEPENDENT, "balance": value} for value in ("10.5", True, [], 10**400)),
    *({**INDEPENDENT, "credit_limit": value} for value in ("0", False, {})),
]


@pytest.mark.parametrize("row", NO_SUBACCOUNT)
def test_what_is_no_subaccount_is_not_taken_for_one(wire: Wire, clients: ClientFactory, row: t.Any) -> None:
    client = clients.client(retries=3)
    wire.expect("GET", f"{SUBACCOUNTS}/5ab00002", body=json.dumps(row))
    wire.expect("GET", SUBACCOUNTS, body=family(SHARING, row))
    for action in (lambda: client.get_subaccount("5ab00002"), client.list_subaccounts):
        error = error_of(action)
        assert isinstance(error, UnknownOutcome)
        assert " returned HTTP 200, but the response " in error.message


@pytest.mark.parametrize(
    "embedded",
    [
        None,
        [],
        {},
        {"primary_account": PRIMARY},
        {"primary_account": PRIMARY, "subaccounts": {}},
        {"subaccounts": [SHARING]},
        {"primary_account": {**PRIMARY, "suspended": None}, "subaccounts": []},
        {"primary_account": PRIMARY, "subaccounts": [SHARING, SHARING]},
        {"primary_account": PRIMARY, "subaccounts": [{**SHARING, "api_key": KEY}]},
    ],
)
def test_an_answer_without_subaccounts_is_not_taken_for_a_list(
    wire: Wire, clients: ClientFactory, embedded: t.Any
) -> None:
    wire.expect("GET", SUBACCOUNTS, body={"_embedded": embedded})
    assert isinstance(error_of(clients.client(retries=3).list_subaccounts), UnknownOutcome)


def test_the_first_page_of_several_is_not_taken_for_all_subaccounts(wire: Wire, clients: ClientFactory) -> None:
    wire.expect("GET", SUBACCOUNTS, body=family(SHARING, _links={"next": {"href": f"{SUBACCOUNTS}?page=2"}}))
    error = error_of(clients.client(retries=3).list_subaccounts)
    assert isinstance(error, UnknownOutcome)
    assert "is one page of several" in error.message
    assert error.message.endswith("; look for a newer release of this collection")


@pytest.mark.parametrize(
    "secret_id", ["{{ lookup('pipe', 'id') }}", "a b", "a/b", "a\n", "\u202ea", "\ud800", "x" * 65, "", None, 7, ["a"]]
)
def test_an_id_has_the_form_of_one(wire: Wire, clients: ClientFactory, secret_id: t.Any) -> None:
    row = {"id": secret_id, "created_at": "2026-01-01T00:00:00Z"}
    wire.expect("GET", SECRETS, body={"_embedded": {"secrets": [row]}})
    error = error_of(lambda: clients.client().list_secrets(KEY))
    assert isinstance(error, UnknownOutcome)
    assert "contains a secret with a missing or malformed id" in error.message
    assert "lookup" not in error.message


@pytest.mark.parametrize(
    ("created_at", "expected"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.123Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T01:30:00+01:30", "2026-01-01T00:00:00Z"),
        ("28 Nov 2026", ""),
        ("2026-02-30T00:00:00Z", ""),
        ("0000-01-01T00:00:00Z", ""),
        ("0001-01-01T00:00:00+01:00", ""),
        ("9999-12-31T23:59:59-01:00", ""),
        ("2026-01-01T00:00:00Z\n", ""),
        ("{{ now() }}", ""),
        (1767225600, ""),
    ],
)
def test_a_time_is_one_of_iso_8601_in_utc_or_none(
    wire: Wire, clients: ClientFactory, created_at: t.Any, expected: str
) -> None:
    wire.expect("GET", SECRETS, body={"_embedded": {"secrets": [{"id": "a", "created_at": created_at}]}})
    [secret] = clients.client().list_secrets(KEY)
    assert secret.created_at == expected


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("api_secret", " Abcdefgh1", "api_secret has white space around it"),
        ("api_secret", "Abcdefgh1\n", "api_secret has white space around it"),
        ("api_secret", '"Abcdefgh1"', "api_secret has quotes around it"),
        ("api_key", "'abcd1234'", "api_key has quotes around it"),
    ],
)
def test_a_refusal_says_what_is_odd_about_the_login(
    serve: t.Callable[..., t.Any], clients: ClientFactory, option: str, value: str, said: str
) -> None:
    server = serve(http(401, UNAUTHORIZED))
    error = error_of(clients.client(rest_url=server.url, **{option: value}).get_balance)
    assert error.message.endswith(said)
    assert value.strip(" \n\"'") not in error.message


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_created_secret_has_its_id(wire: Wire, clients: ClientFactory, status: int) -> None:
    wire.create(status, vonage_row(NEW_ID))
    assert clients.client().create_secret(KEY, NEW) == YOUNG


@pytest.mark.parametrize("body", ["", "{}", "<html>created</html>"])
def test_a_creation_without_an_id_is_unknown(wire: Wire, clients: ClientFactory, body: str) -> None:
    wire.create(201, body)
    assert isinstance(error_of(lambda: clients.client(retries=3).create_secret(KEY, NEW)), UnknownOutcome)


def test_an_id_in_the_answer_of_the_api_host_is_not_an_error_code(wire: Wire, clients: ClientFactory) -> None:
    wire.create(201, {**vonage_row(NEW_ID), "code": "made"})
    assert clients.client().create_secret(KEY, NEW) == YOUNG


# -- answers to a top-up -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(legacy("200", "success"), id="T1"),
        pytest.param({"error-code": 200, "error-code-label": "success"}, id="T1-as-a-number"),
        pytest.param("", id="T2"),
        pytest.param({"response": "success"}, id="T3-json"),
        pytest.param("<response>success</response>", id="T3-xml"),
        pytest.param("Success\r\n", id="T3-text"),
    ],
)
def test_a_top_up_that_was_made(wire: Wire, clients: ClientFactory, body: t.Any) -> None:
    wire.expect("POST", TOP_UP, form={"trx": "x"}, body=body)
    clients.client().top_up("x")
    # No published page of Vonage's says that an answer without JSON is a success; only other clients do.
    assert ["check the balance" in warning for warning in clients.warnings] == [True] * isinstance(body, str)


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        pytest.param(200, legacy("420", "topup failed"), "420", "topup failed", id="T4"),
        pytest.param(200, {"code": "420"}, "420", "HTTP 200", id="T4-with-code"),
        pytest.param(401, legacy("401", "authentication failed"), "401", "Check api_key and api_secret", id="T5"),
        pytest.param(401, UNAUTHORIZED, "unauthorized", "Check api_key and api_secret", id="T6"),
        pytest.param(401, legacy("401", "not auto-reload enabled"), "401", "The credentials are valid", id="T7"),
        pytest.param(420, legacy("420", "topup failed"), "420", "The payment was declined, or trans", id="T8"),
        pytest.param(401, legacy("420", "topup failed"), "420", "HTTP 401 topup failed", id="T9"),
        pytest.param(
            400,
            {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": {"trx": "Is required."}},
            None,
            "[trx: Is required.]",
            id="T10",
        ),
        pytest.param(429, "", None, "Rate limit exceeded", id="T11"),
    ],
)
def test_a_top_up_that_was_not_made(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any, code: str | None, message: str
) -> None:
    wire.expect("POST", TOP_UP, form={"trx": "x"}, status=status, body=body)
    error = error_of(lambda: clients.client(retries=3).top_up("x"))
    assert isinstance(error, Refused)
    assert (error.status, error.code) == (status, code)
    assert message in error.message
    assert "Not a response from Vonage" not in error.message


@pytest.mark.parametrize("body", ["<html>", "[]", ""])
def test_a_page_in_the_place_of_a_balance_is_not_vonages(wire: Wire, clients: ClientFactory, body: str) -> None:
    wire.expect("GET", BALANCE, body=body)
    error = error_of(clients.client().get_balance)
    assert isinstance(error, UnknownOutcome)
    assert "is not a JSON object, so it is not from Vonage" in error.message


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html><body>Success! You are logged in to the hotel.</body></html>"),
        (200, "ok"),
        (200, "{"),
        (200, "[]"),
        (500, legacy("500", "unknown error")),
        (500, ""),
        (502, "<html></html>"),
        (504, ""),
    ],
)
def test_a_top_up_that_may_have_been_made(wire: Wire, clients: ClientFactory, status: int, body: t.Any) -> None:
    wire.expect("POST", TOP_UP, form={"trx": "x"}, status=status, body=body)
    error = error_of(lambda: clients.client(retries=3).top_up("x"))
    assert isinstance(error, UnknownOutcome)
    assert error.as_dict()["outcome"] == "unknown"
    assert error.status == status


# -- failures ----------------------------------------------------------------------------------------------------------


REDIRECTS = (301, 302, 303, 307, 308)
REFUSALS = (400, 401, 402, 403, 404, 405, 409, 415, 420, 422, 429, 451)
BREAKDOWNS = (408, 500, 502, 503, 504, 599)


@every_call
def test_what_a_status_says_of_the_outcome(wire: Wire, clients: ClientFactory, call: Call) -> None:
    url = (API if call.request["path"].startswith("/accounts") else REST) + call.request["path"]
    # A redirect may lead to the result of what was done.
    refusals = REFUSALS + (REDIRECTS if call in READS.values() else ())
    for status in REFUSALS + BREAKDOWNS + REDIRECTS:
        call.expect(wire, status=status, body=problem("a-code", "A title", "A detail."))
        error = error_of(lambda: call.run(clients.client()))
        assert isinstance(error, Refused if status in refusals else UnknownOutcome), status
        assert error.message.startswith(f"{call.request['method']} {url} failed: HTTP {status} A title: A detail")
        assert error.from_vonage is True
        assert error.as_dict() == {
            "status": status,
            "code": "a-code",
            "title": "A title",
            "detail": "A detail.",
            "instance": "0f00ba12",
            "request_id": None,
            "method": call.request["method"],
            "path": call.request["path"],
            "invalid_parameters": [],
            "outcome": "refused" if status in refusals else "unknown",
        }


@pytest.mark.parametrize("call", [CALLS[name] for name in ("get_balance", "read_settings", "write_settings")])
@pytest.mark.parametrize("key", ["error-code", "code"])
def test_an_error_in_a_success_of_the_rest_host_is_an_error(
    wire: Wire, clients: ClientFactory, call: Call, key: str
) -> None:
    call.expect(wire, body={**call.body, key: "420", "error-code-label": "API key is required"})
    error = error_of(lambda: call.run(clients.client(retries=3)))
    assert isinstance(error, Refused)
    assert (error.status, error.code) == (200, "420")
    assert "HTTP 200 API key is required" in error.message


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, UNAUTHORIZED, "does not allow HTTP Basic authentication"),
        (401, legacy("401", "authentication failed"), "the key is wrong, the secret is wrong or was revoked"),
        (401, legacy("401", "not auto-reload enabled"), "enable it in the Vonage dashboard"),
        (
            403,
            problem("unprovisioned", "Authorisation error"),
            "ask Vonage support to enable it (for subaccounts: the Subaccounts API)",
        ),
        (403, problem("account-suspended", "Suspended"), "The account is suspended"),
        (403, problem("invalid-ip", "Invalid IP"), "IP allow list"),
        (403, problem("add-excess-secret", "Secret Addition Forbidden"), "two secrets at most"),
        (403, problem("maximum-secrets-allowed", "Maxmimum number"), "two secrets at most"),
        (403, problem("delete-last-secret", "Secret Deletion Forbidden"), "must keep one secret"),
        (404, problem("invalid-api-key", "Invalid API Key"), "only a primary account may manage its subaccounts"),
        (404, "not found", "Not a response from Vonage; check rest_url, api_url and any proxy"),
        (403, "RBAC: access denied", "RBAC: access denied. Not a response from Vonage"),
        (429, problem("throttled", "Too many"), "run fewer tasks at the same time"),
        (429, "", "run fewer tasks at the same time"),
    ],
)
def test_a_failure_says_what_to_do(wire: Wire, clients: ClientFactory, status: int, body: t.Any, hint: str) -> None:
    wire.expect("GET", SECRETS, status=status, body=body)
    assert hint in error_of(lambda: clients.client().list_secrets(KEY)).message


@pytest.mark.parametrize("content_type", ["text/plain", "text/html; charset=iso-8859-1", "application/xml"])
def test_an_error_is_read_whatever_its_content_type_says(wire: Wire, clients: ClientFactory, content_type: str) -> None:
    wire.expect("GET", SECRETS, status=404, body=problem("invalid-api-key", "Ä"), content_type=content_type)
    error = error_of(lambda: clients.client().list_secrets(KEY))
    assert (error.code, error.as_dict()["title"]) == ("invalid-api-key", "Ä")


def test_references_and_parameters_are_in_the_failure(wire: Wire, clients: ClientFactory) -> None:
    parameters = [{"name": "secret", "reason": "Does not meet complexity requirements"}]
    body = problem("validation", "Bad Request", invalid_parameters=parameters)
    wire.expect("POST", SECRETS, json_body={"secret": NEW}, status=400, body=body, headers={"X-Request-Id": "854d38af"})
    error = error_of(lambda: clients.client().create_secret(KEY, NEW))
    assert "[secret: Does not meet complexity requirements]" in error.message
    assert error.as_dict()["invalid_parameters"] == parameters
    assert (error.as_dict()["instance"], error.as_dict()["request_id"]) == ("0f00ba12", "854d38af")


# -- redirects ---------------------------------------------------------------------------------------------------------


def test_a_code_of_a_breakdown_counts_whatever_the_status_is(wire: Wire, clients: ClientFactory) -> None:
    for status in (200, 401, 420):
        for name in ("top_up", "write_settings"):
            CALLS[name].expect(wire, status=status, body=legacy("500", "unknown error"))
            with pytest.raises(UnknownOutcome):
                CALLS[name].run(clients.client(retries=3))


def test_a_code_in_a_success_has_its_hint(wire: Wire, clients: ClientFactory) -> None:
    CALLS["top_up"].expect(wire, status=200, body=legacy("401", "no access"))
    assert "Check api_key and api_secret" in error_of(lambda: CALLS["top_up"].run(clients.client())).message


def test_a_hint_that_is_true_of_a_refusal_is_not_given_with_an_unknown_outcome(
    wire: Wire, clients: ClientFactory
) -> None:
    CALLS["top_up"].expect(wire, status=500, body=legacy("500", "topup failed"))
    assert "nothing was charged" not in error_of(lambda: CALLS["top_up"].run(clients.client())).message


@pytest.mark.parametrize(
    "body",
    [
        {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": {"trx": "Is required."}},
        UNAUTHORIZED,
        {"response": "failed"},
        {"status": "ok"},
        legacy("202", "accepted"),
        legacy("0", "success"),
        '{"error-code": 200.0, "error-code-label": "success"}',
        {"code": "OK", "response": "success"},
        '<?xml version="1.0"?>',
        '<?xml version="1.0"?>success',
        "[]",
        "null",
    ],
)
def test_a_success_that_does_not_say_so_is_no_payment(wire: Wire, clients: ClientFactory, body: t.Any) -> None:
    CALLS["top_up"].expect(wire, body=body)
    error = error_of(lambda: CALLS["top_up"].run(clients.client(retries=3)))
    assert isinstance(error, UnknownOutcome)


@pytest.mark.parametrize(
    "body",
    [{}, {"login": "required"}, {"mo-callback-url": True}, {"dr-callback-url": ["x"]}, {"mo-callback-url": 5}],
)
def test_an_answer_without_settings_is_not_taken_for_them(wire: Wire, clients: ClientFactory, body: t.Any) -> None:
    for name in ("read_settings", "write_settings"):
        CALLS[name].expect(wire, body=body)
        with pytest.raises(UnknownOutcome):
            CALLS[name].run(clients.client())


def test_a_byte_order_mark_does_not_hide_an_answer(wire: Wire, clients: ClientFactory) -> None:
    CALLS["top_up"].expect(wire, status=200, body=b"\xef\xbb\xbf" + json.dumps(legacy("200", "success")).encode())
    CALLS["top_up"].run(clients.client())
    assert clients.warnings == []


@pytest.mark.parametrize("code", ["unprovisioned", "multiple-auth-methods", "account-suspended"])
def test_a_401_of_something_else_says_nothing_of_a_value(wire: Wire, clients: ClientFactory, code: str) -> None:
    wire.expect("GET", SECRETS, login=(KEY, NEW), status=401, body=problem(code, "Something else"))
    assert clients.client().probe(KEY, NEW).result == "unknown"


@every_call
def test_redirects_are_not_followed(wire: Wire, clients: ClientFactory, call: Call) -> None:
    for status in REDIRECTS:
        call.expect(
            wire, status=status, headers={"Location": f"https://elsewhere.example.com/?s={quote(quote(SECRET))}"}
        )
        error = error_of(lambda: call.run(clients.client(retries=3)))
        assert error.status == status
        assert "The redirect to elsewhere.example.com was not followed" in error.message
        assert SECRET not in error.message


def test_the_host_that_a_redirect_names_is_no_secret(wire: Wire, clients: ClientFactory) -> None:
    headers = {"Location": "https://Curr3ntValue.example.com/"}
    wire.expect("GET", BALANCE, login=(KEY, "Curr3ntValue"), status=302, headers=headers)
    error = error_of(clients.client(api_secret="Curr3ntValue").get_balance)
    assert "was not followed" in error.message
    assert "curr3ntvalue" not in error.message.lower()


def test_an_account_that_is_named_in_an_error_is_no_secret(wire: Wire, clients: ClientFactory) -> None:
    row = {**SHARING, "api_key": "Curr3ntValue", "suspended": None}
    wire.expect("GET", SUBACCOUNTS, login=(KEY, "Curr3ntValue"), body=family(row))
    error = error_of(clients.client(api_secret="Curr3ntValue").list_subaccounts)
    assert "does not say whether ******** is suspended" in error.message


@pytest.mark.parametrize(
    "location", ["", "/relative", "//", "http://[::1", "http://h\xfcte.example/", "http://a\x1b[2J/"]
)
def test_a_redirect_to_nowhere_is_reported_like_any_other(wire: Wire, clients: ClientFactory, location: str) -> None:
    wire.expect("GET", BALANCE, status=302, headers={"Location": location} if location else {})
    error = error_of(clients.client().get_balance)
    assert isinstance(error, Refused)
    assert "was not followed" in error.message
    assert error.message.isprintable()


# -- probing -----------------------------------------------------------------------------------------------------------


def test_a_probe_logs_in_with_the_value(wire: Wire, clients: ClientFactory) -> None:
    wire.expect("GET", f"/accounts/{SUBACCOUNT}/secrets", login=(SUBACCOUNT, NEW), body=listing(OLD_ID, NEW_ID))
    probe = clients.client().probe(SUBACCOUNT, NEW)
    assert (probe.result, probe.secrets, probe.error) == ("accepted", [OLD, YOUNG], None)


@pytest.mark.parametrize(
    ("status", "body", "answered"),
    [
        pytest.param(401, UNAUTHORIZED, "refused", id="vonage-401"),
        pytest.param(401, {"title": "Invalid credentials supplied"}, "refused", id="vonage-401-without-type"),
        pytest.param(401, legacy("401", "authentication failed"), "refused", id="legacy-401"),
        pytest.param(401, "<html>Please log in to the network</html>", "unknown", id="html-401"),
        pytest.param(401, "", "unknown", id="empty-401"),
        pytest.param(401, {"message": "Unauthorized"}, "unknown", id="somebody-elses-401"),
        pytest.param(400, problem("validation", "Bad Request"), "unknown", id="400"),
        pytest.param(403, problem("invalid-ip", "Invalid IP"), "unknown", id="403"),
        pytest.param(403, problem("account-suspended", "Suspended"), "unknown", id="suspended"),
        pytest.param(404, problem("invalid-api-key", "Invalid API Key"), "unknown", id="404"),
        pytest.param(407, UNAUTHORIZED, "unknown", id="407"),
        pytest.param(302, "", "unknown", id="redirect"),
        pytest.param(429, problem("throttled", "Too many"), "unknown", id="429"),
        pytest.param(500, problem("internal-error", "Oops"), "unknown", id="500"),
        pytest.param(503, "<html></html>", "unknown", id="503"),
        pytest.param(200, "<html>Welcome</html>", "unknown", id="200-html"),
        pytest.param(200, "{}", "unknown", id="200-without-a-list"),
        pytest.param(200, requests.ReadTimeout("read timed out"), "unknown", id="timeout"),
        pytest.param(200, requests.ConnectTimeout("connect timed out"), "unknown", id="connect-timeout"),
    ],
)
def test_what_a_probe_shows(wire: Wire, clients: ClientFactory, status: int, body: t.Any, answered: str) -> None:
    wire.expect("GET", SECRETS, login=(KEY, NEW), status=status, body=body)
    probe = clients.client().probe(KEY, NEW)
    assert (probe.result, probe.secrets) == (answered, None)
    assert probe.error is not None


def test_over_an_unverified_connection_nobody_can_refuse(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(NEW)
    assert clients.client(validate_certs=False).probe(KEY, NEW).result == "unknown"


# -- nothing secret ----------------------------------------------------------------------------------------------------


@every_call
@pytest.mark.parametrize("as_json", [True, False])
def test_a_server_that_repeats_secrets_does_not_get_them_into_errors_or_warnings(
    wire: Wire, clients: ClientFactory, call: Call, as_json: bool
) -> None:
    known = shapes(SECRET) + (shapes(NEW) if call == "create_secret" else [])
    text = " ".join(known)
    body: t.Any = "<html>" + text
    if as_json:
        body = problem(f"a-{text}", text, text, invalid_parameters=[{"name": text, "reason": text}])
        body["error-code"] = text
    for status in (200, 400, 429, 503):
        if status == 200 and call == "delete_secret":
            continue  # a success
        repeated = call is not CALLS["top_up"] and (status == 429 or (status == 503 and call in READS.values()))
        for _attempt in range(3 if repeated else 1):
            call.expect(wire, status=status, body=body, headers={"X-Request-Id": text[:900]})
        clients.warnings.clear()
        error = error_of(lambda: call.run(clients.client(retries=2)))
        assert len(clients.warnings) == (2 if repeated else 0)
        shown = [error.message, str(error), repr(error), json.dumps(error.as_dict(), ensure_ascii=False)]
        for where in [*shown, *clients.warnings]:
            assert [form for form in known if form.lower() in where.lower()] == []


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("Ampers4nd&Inside", "Ampers4nd\\u0026Inside"),
        ("Umlaut4Insidé", "Umlaut4Insid\\u00E9"),
        ('Quote4Inside"é', 'Quote4Inside\\"é'),
        ("Letter4Inside", "\\u004cetter4Inside"),
    ],
)
def test_a_secret_in_another_json_spelling_is_found_too(
    wire: Wire, clients: ClientFactory, value: str, escaped: str
) -> None:
    body = f'{{"title": "{escaped}", "detail": "{escaped}", "invalid_parameters": {{"{escaped}": "{escaped}"}}}}'
    wire.expect("GET", BALANCE, login=(KEY, value), status=400, body=body.encode())
    error = error_of(clients.client(api_secret=value).get_balance)
    assert value not in error.message
    assert value not in json.dumps(error.as_dict(), ensure_ascii=False).replace('\\"', '"')


def test_the_login_is_what_calls_use(clients: ClientFactory) -> None:
    client = clients.client()
    assert (client.credentials, client.api_key) == (LOGIN, KEY)
