# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
import requests

from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._operations.account_settings import ACCOUNT_SETTINGS
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret import API_SECRET
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret_info import API_SECRET_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.balance_info import BALANCE_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation
from ansible_collections.community.vonage.plugins.module_utils._operations.topup import TOPUP
from ansible_collections.community.vonage.tests.unit.plugins.wire import (
    BALANCE,
    KEY,
    LOGIN,
    NEW,
    NEW_ID,
    OLD_ID,
    SECRET,
    SECRETS,
    SETTINGS,
    SUBACCOUNT,
    TOP_UP,
    UNAUTHORIZED,
    ClientFactory,
    Wire,
    legacy,
    listing,
    problem,
    row,
    vonage_row,
)

DROPPED = requests.ConnectionError("the connection was dropped")
NOT_CONNECTED = requests.ConnectTimeout("no connection")
THIRD = "T4ird/Value"

M1 = problem("add-excess-secret", "Secret Addition Forbidden", "Account reached maximum number [2] of allowed secrets")
M2 = problem("maximum-secrets-allowed", "Maxmimum number of secrets already met")
M3 = problem("validation", "Bad Request", "The request failed due to validation errors")
LAST = problem("delete-last-secret", "Secret Deletion Forbidden", "Can not delete the last secret.")
NO_ACCOUNT = problem("invalid-api-key", "Invalid API Key")


# A script of requests has an order; that several are under way at once is shown against the simulator.
ONE_AT_A_TIME = {"concurrency": 1}


def run(operation: Operation, clients: ClientFactory, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """Run an operation with the options of a task; those that the task leaves out have their defaults."""
    params = {name: ONE_AT_A_TIME.get(name, spec.get("default")) for name, spec in operation.options.items()}
    assert set(options) <= set(params)
    return operation.run(clients.client(), {**params, **options}, check_mode)


def failure(operation: Operation, clients: ClientFactory, check_mode: bool = False, **options: t.Any) -> VonageError:
    with pytest.raises(VonageError) as caught:
        run(operation, clients, check_mode, **options)
    return caught.value


both_modes = pytest.mark.parametrize("check_mode", [False, True], ids=["real", "check"])


# -- balance_info ------------------------------------------------------------------------------------------------------


@both_modes
@pytest.mark.parametrize(
    ("body", "value", "auto_reload"),
    [
        ('{"value": 42.50000000, "autoReload": true}', 42.5, True),
        ('{"value": 0, "autoReload": false}', 0.0, False),
        ('{"value": -1.10000000}', -1.1, None),
    ],
)
def test_balance_info_returns_the_balance(
    wire: Wire, clients: ClientFactory, check_mode: bool, body: str, value: float, auto_reload: bool | None
) -> None:
    wire.balance(body)
    result = run(BALANCE_INFO, clients, check_mode)
    assert result == {
        "changed": False,
        "balance": {"value": value, "currency": "EUR", "auto_reload": auto_reload},
    }
    assert isinstance(result["balance"]["value"], float)


# -- topup -------------------------------------------------------------------------------------------------------------

TRX = "00X123456Y7890123Z"
READ_BALANCE = {"value": 12.34, "currency": "EUR", "auto_reload": True}


def expect_top_up(wire: Wire, status: int = 200, body: t.Any = "") -> None:
    wire.expect("POST", TOP_UP, form={"trx": TRX}, status=status, body=body)


@both_modes
@pytest.mark.parametrize("below", [12.34, 12.0, 0.0, -5.0])
def test_topup_pays_nothing_when_the_balance_is_not_below(
    wire: Wire, clients: ClientFactory, check_mode: bool, below: float
) -> None:
    wire.balance()
    result = run(TOPUP, clients, check_mode, transaction_reference=TRX, below=below)
    assert result == {"changed": False, "balance": READ_BALANCE, "topped_up": False}


@both_modes
def test_topup_without_auto_reload_is_refused_before_the_payment(
    wire: Wire, clients: ClientFactory, check_mode: bool
) -> None:
    wire.balance('{"value": 1, "autoReload": false}')
    error = failure(TOPUP, clients, check_mode, transaction_reference=TRX, below=20.0)
    assert isinstance(error, Refused)
    assert error.code == "auto-reload-off"
    assert "nothing was charged: enable auto-reload" in error.message


def test_topup_goes_on_when_vonage_does_not_say_whether_auto_reload_is_on(wire: Wire, clients: ClientFactory) -> None:
    wire.balance('{"value": 1}')
    expect_top_up(wire)
    assert run(TOPUP, clients, transaction_reference=TRX)["topped_up"] is True


def test_topup_is_not_needed_whatever_auto_reload_says(wire: Wire, clients: ClientFactory) -> None:
    wire.balance('{"value": 50, "autoReload": false}')
    assert run(TOPUP, clients, transaction_reference=TRX, below=20.0)["changed"] is False


@both_modes
@pytest.mark.parametrize("reference", ["", " ", "\n\t"])
def test_topup_without_a_reference_ends_before_any_request(
    wire: Wire, clients: ClientFactory, check_mode: bool, reference: str
) -> None:
    error = failure(TOPUP, clients, check_mode, transaction_reference=reference)
    assert isinstance(error, NotSent)
    assert "transaction_reference must be the reference of the payment" in error.message


@both_modes
def test_topup_below_what_is_no_number_ends_before_any_request(
    wire: Wire, clients: ClientFactory, check_mode: bool
) -> None:
    error = failure(TOPUP, clients, check_mode, transaction_reference=TRX, below=float("nan"))
    assert isinstance(error, NotSent)
    assert "below" in error.message


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, DROPPED), (200, requests.ReadTimeout("timed out")), (200, "<html></html>"), (500, ""), (502, "")],
)
def test_topup_whose_answer_is_lost_is_unknown_and_sent_once(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any
) -> None:
    wire.balance()
    expect_top_up(wire, status, body)
    wire.balance()
    error = failure(TOPUP, clients, transaction_reference=TRX)
    assert error.as_dict()["outcome"] == "unknown"
    assert error.result["balance"] == error.result["balance_after"]
    assert error.result["balance"]["currency"] == "EUR"


def test_topup_of_unknown_outcome_stays_so_when_the_balance_cannot_be_read(wire: Wire, clients: ClientFactory) -> None:
    wire.balance()
    expect_top_up(wire, 500, "")
    wire.expect("GET", BALANCE, status=401, body=UNAUTHORIZED)
    error = failure(TOPUP, clients, transaction_reference=TRX)
    assert error.as_dict()["outcome"] == "unknown"
    assert error.result["balance_after"] is None


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, "<html></html>", "not_sent"),
        (503, "", "not_sent"),
        (200, DROPPED, "not_sent"),
        (200, NOT_CONNECTED, "not_sent"),
        (401, UNAUTHORIZED, "refused"),
    ],
)
def test_topup_does_not_pay_when_the_balance_cannot_be_read(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any, outcome: str
) -> None:
    wire.expect("GET", BALANCE, status=status, body=body)
    error = failure(TOPUP, clients, transaction_reference=TRX)
    assert error.as_dict()["outcome"] == outcome
    assert error.message.startswith("GET ")


# -- account_settings --------------------------------------------------------------------------------------------------

MO = "https://hooks.example.net/sms/inbound"
DR = "https://hooks.example.net/sms/receipt"
LIMITS = {"max-outbound-request": 30, "max-inbound-request": 30, "max-calls-per-second": 30}


def stored(mo: t.Any = MO, dr: t.Any = "", **more: t.Any) -> dict[str, t.Any]:
    return {"mo-callback-url": mo, "dr-callback-url": dr, **LIMITS, **more}


def returned(mo: str = MO, dr: str = "", limit: int | None = 30) -> dict[str, t.Any]:
    return {
        "mo_callback_url": mo,
        "dr_callback_url": dr,
        "max_outbound_request": limit,
        "max_inbound_request": limit,
        "max_calls_per_second": limit,
    }


def expect_read(wire: Wire, **settings: t.Any) -> None:
    wire.expect("POST", SETTINGS, form={}, body=stored(**settings))


@both_modes
def test_settings_are_read_by_an_empty_post(wire: Wire, clients: ClientFactory, check_mode: bool) -> None:
    wire.expect("POST", SETTINGS, form={}, body=json.dumps(stored()).replace("/", "\\/"))
    result = run(ACCOUNT_SETTINGS, clients, check_mode)
    settings = returned()
    assert result == {"changed": False, "settings": settings, "diff": {"before": settings, "after": settings}}


@pytest.mark.parametrize("unset", ["", None, "absent"])
def test_settings_unset_in_any_form_are_saved(wire: Wire, clients: ClientFactory, unset: str | None) -> None:
    body = stored(mo=unset)
    if unset == "absent":
        del body["mo-callback-url"]
    expect_read(wire)
    wire.expect("POST", SETTINGS, form={"moCallBackUrl": ""}, body=body)
    assert run(ACCOUNT_SETTINGS, clients, mo_callback_url="")["settings"] == returned(mo="")


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        (30, 30),
        ("30", 30),
        (0, 0),
        (None, None),
        ("unlimited", None),
        ("9" * 5000, None),
        (True, None),
        ("absent", None),
    ],
)
def test_settings_limits_are_numbers_or_null(
    wire: Wire, clients: ClientFactory, limit: t.Any, value: int | None
) -> None:
    body = {name: limit for name in LIMITS if limit != "absent"}
    wire.expect("POST", SETTINGS, form={}, body={**stored(), **body} if body else {"mo-callback-url": MO})
    assert run(ACCOUNT_SETTINGS, clients)["settings"] == returned(limit=value)


def test_settings_that_vonage_did_not_save_fail(wire: Wire, clients: ClientFactory) -> None:
    expect_read(wire)
    wire.expect("POST", SETTINGS, form={"moCallBackUrl": DR, "drCallBackUrl": DR}, body=stored(dr=DR))
    error = failure(ACCOUNT_SETTINGS, clients, mo_callback_url=DR, dr_callback_url=DR)
    assert isinstance(error, Refused)
    assert error.code == "callback-not-saved"
    kept = "Vonage kept the old value of mo_callback_url, and saved dr_callback_url. Vonage saves a callback URL only"
    assert kept in error.message


@pytest.mark.parametrize("status", [200, 420])
def test_settings_zeroed_beside_an_error_are_not_taken_for_settings(
    wire: Wire, clients: ClientFactory, status: int
) -> None:
    zeroed = {**dict.fromkeys(LIMITS, 0), **legacy("420", "API key is required")}
    wire.expect("POST", SETTINGS, form={}, status=status, body=zeroed)
    error = failure(ACCOUNT_SETTINGS, clients, mo_callback_url="")
    assert isinstance(error, Refused)
    assert "API key is required" in error.message


@both_modes
@pytest.mark.parametrize("option", ["mo_callback_url", "dr_callback_url"])
@pytest.mark.parametrize("url", ["hooks.example.net", "ftp://hooks.example.net/", " "])
def test_settings_a_callback_that_is_no_url_ends_before_any_request(
    wire: Wire, clients: ClientFactory, check_mode: bool, option: str, url: str
) -> None:
    error = failure(ACCOUNT_SETTINGS, clients, check_mode, **{option: url})
    assert isinstance(error, NotSent)
    assert error.message.startswith(f"{option} must be a URL that begins with https:// or http://, or empty")


@pytest.mark.parametrize("method", ["GET_QUERY_PARAMS", "POST_QUERY_PARAMS", "POST_JSON"])
def test_settings_the_forward_method_is_sent_each_time(wire: Wire, clients: ClientFactory, method: str) -> None:
    for _run in range(2):
        expect_read(wire)
        wire.expect("POST", SETTINGS, form={"httpForwardMethod": method}, body=stored())
        result = run(ACCOUNT_SETTINGS, clients, http_forward_method=method, mo_callback_url=MO)
        assert (result["changed"], result["settings"]) == (True, returned())


def test_settings_that_cannot_be_read_back_are_unknown_when_the_answer_is_lost(
    wire: Wire, clients: ClientFactory
) -> None:
    expect_read(wire)
    wire.expect("POST", SETTINGS, form={"httpForwardMethod": "POST_JSON"}, body=DROPPED)
    expect_read(wire)
    error = failure(ACCOUNT_SETTINGS, clients, http_forward_method="POST_JSON")
    assert error.as_dict()["outcome"] == "unknown"
    assert "Vonage does not return http_forward_method, so it may not be saved: run the task again" in error.message


def test_settings_whose_answer_is_lost_are_read_again(wire: Wire, clients: ClientFactory) -> None:
    expect_read(wire, mo="")
    wire.expect("POST", SETTINGS, form={"moCallBackUrl": MO}, body=DROPPED)
    expect_read(wire, mo=MO)
    result = run(ACCOUNT_SETTINGS, clients, mo_callback_url=MO)
    assert (result["changed"], result["settings"]["mo_callback_url"]) == (True, MO)


@pytest.mark.parametrize("found", ["the old value", "nothing"])
def test_settings_that_were_perhaps_not_written_are_unknown(wire: Wire, clients: ClientFactory, found: str) -> None:
    expect_read(wire, mo="")
    wire.expect("POST", SETTINGS, form={"moCallBackUrl": MO}, body=DROPPED)
    if found == "nothing":
        wire.expect("POST", SETTINGS, form={}, status=401, body=UNAUTHORIZED)
    else:
        expect_read(wire, mo="")
    error = failure(ACCOUNT_SETTINGS, clients, mo_callback_url=MO)
    assert (error.as_dict()["outcome"], error.status) == ("unknown", None)
    told = "mo_callback_url still had the old value afterwards: run the task again, which is safe" in error.message
    assert told is (found == "the old value")


def test_settings_that_vonage_refuses_with_420_name_the_check_of_the_url(wire: Wire, clients: ClientFactory) -> None:
    expect_read(wire, mo="")
    zeroed = {"max-outbound-request": 0, "error-code": "420", "error-code-label": "Callback URL is not reachable"}
    wire.expect("POST", SETTINGS, form={"moCallBackUrl": MO}, status=420, body=zeroed)
    error = failure(ACCOUNT_SETTINGS, clients, mo_callback_url=MO)
    assert "Callback URL is not reachable" in error.message
    assert "only if the URL responds to a GET with 200" in error.message
    assert (error.status, error.as_dict()["outcome"]) == (420, "refused")


@pytest.mark.parametrize(
    ("declared", "stored_as"),
    [
        ("HTTPS://SMS.Example.com/in", "https://sms.example.com/in"),
        ("https://sms.example.com:443/in", "https://sms.example.com/in"),
        ("https://sms.example.com", "https://sms.example.com/"),
        ("https://sms.example.com/a%2fb", "https://sms.example.com/a%2Fb"),
    ],
)
def test_settings_that_are_the_same_url_are_not_written_but_warned_of(
    wire: Wire, clients: ClientFactory, declared: str, stored_as: str
) -> None:
    expect_read(wire, mo=stored_as)
    result = run(ACCOUNT_SETTINGS, clients, mo_callback_url=declared)
    assert result["changed"] is False
    assert result["warnings"] == [f"Vonage returns mo_callback_url as {stored_as}, which is equivalent to {declared}"]


# -- api_secret, state=present -----------------------------------------------------------------------------------------


def present(clients: ClientFactory, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
    return run(API_SECRET, clients, check_mode, **{"secret": NEW, **options})


def present_failure(clients: ClientFactory, check_mode: bool = False, **options: t.Any) -> VonageError:
    return failure(API_SECRET, clients, check_mode, **{"secret": NEW, **options})


@both_modes
@pytest.mark.parametrize(("listed", "secret"), [([NEW_ID], row(NEW_ID)), ([OLD_ID, NEW_ID], None)])
def test_present_and_accepted_changes_nothing(
    wire: Wire, clients: ClientFactory, check_mode: bool, listed: list[str], secret: t.Any
) -> None:
    wire.list(*listed, login=(KEY, NEW))
    rows = [row(secret_id) for secret_id in listed]
    assert present(clients, check_mode) == {
        "changed": False,
        "secret": secret,
        "secrets": rows,
        "diff": {"before": {"secrets": rows}, "after": {"secrets": rows}},
        "request_id": None,
    }


@both_modes
def test_present_never_makes_room(wire: Wire, clients: ClientFactory, check_mode: bool) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID, NEW_ID)
    error = present_failure(clients, check_mode)
    assert isinstance(error, Refused)
    assert error.code == "max-secrets"
    assert OLD_ID in error.message
    assert NEW_ID in error.message
    assert "nothing was created" in error.message
    assert "state=absent and secret_id" in error.message


@both_modes
@pytest.mark.parametrize("value", ["Short1", "abcdefgh1", "Abcdefgh", "With a Space1", "X" * 30])
def test_present_with_a_value_that_vonage_would_not_take_ends_before_any_request(
    wire: Wire, clients: ClientFactory, check_mode: bool, value: str
) -> None:
    error = present_failure(clients, check_mode, secret=value)
    assert isinstance(error, NotSent)
    assert error.message.startswith("secret violates the rules of Vonage; it must ")
    assert value not in error.message


@both_modes
@pytest.mark.parametrize(
    "options",
    [{"secret": None}, {"secret": ""}, {"state": "absent", "secret_id": None}, {"state": "absent", "secret_id": " "}],
)
def test_a_secret_without_what_names_it_ends_before_any_request(
    wire: Wire, clients: ClientFactory, check_mode: bool, options: dict[str, t.Any]
) -> None:
    error = failure(API_SECRET, clients, check_mode, **{"state": "present", **options})
    assert isinstance(error, NotSent)
    assert " is empty; set it to the " in error.message


def test_absent_refuses_a_value_in_the_place_of_an_id(wire: Wire, clients: ClientFactory) -> None:
    error = failure(API_SECRET, clients, state="absent", secret_id=SECRET)
    assert isinstance(error, NotSent)
    assert "secret_id is the value of the secret; set it to the id" in error.message


@pytest.mark.parametrize("options", [{"secret": NEW}, {"state": "absent", "secret_id": OLD_ID}])
def test_an_empty_account_is_not_the_own_account(wire: Wire, clients: ClientFactory, options: dict[str, t.Any]) -> None:
    error = failure(API_SECRET, clients, **{"state": "present", "account_id": "", **options})
    assert isinstance(error, NotSent)
    assert "account_id must be an id from Vonage" in error.message


@both_modes
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"_embedded": {"secrets": []}}, "contains no secret, but an account always has one"),
        (listing(NEW_ID, account=SUBACCOUNT), "lists the secrets of another account"),
    ],
)
def test_absent_believes_only_a_list_that_can_be_the_accounts(
    wire: Wire, clients: ClientFactory, check_mode: bool, body: dict[str, t.Any], why: str
) -> None:
    wire.expect("GET", SECRETS, body=body)
    error = failure(API_SECRET, clients, check_mode, state="absent", secret_id=OLD_ID)
    assert why in error.message
    assert error.message.endswith("Nothing was revoked")


def test_absent_does_not_believe_an_empty_list_after_a_lost_answer_either(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID, status=500)
    wire.expect("GET", SECRETS, body={"_embedded": {"secrets": []}})
    error = failure(API_SECRET, clients, state="absent", secret_id=OLD_ID)
    assert isinstance(error, UnknownOutcome)


def test_absent_takes_an_id_as_it_is_listed(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, NEW_ID)
    error = failure(API_SECRET, clients, state="absent", secret_id=OLD_ID.upper())
    assert isinstance(error, NotSent)
    assert f"the account has {OLD_ID}: use the exact id" in error.message


def test_present_names_all_broken_rules(wire: Wire, clients: ClientFactory) -> None:
    assert present_failure(clients, secret="abc").message.endswith(
        "it must have 8 to 25 characters (it has 3), and contain an upper-case letter A-Z, and contain a digit 0-9"
    )


@both_modes
@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (403, problem("invalid-ip", "Invalid IP"), "refused"),
        (404, NO_ACCOUNT, "refused"),
        (401, "<html></html>", "refused"),
        (429, "", "refused"),
        (503, "", "not_sent"),
        (200, "<html></html>", "not_sent"),
        (200, DROPPED, "not_sent"),
        (200, NOT_CONNECTED, "not_sent"),
    ],
)
def test_present_creates_nothing_when_the_probe_tells_nothing(
    wire: Wire, clients: ClientFactory, check_mode: bool, status: int, body: t.Any, outcome: str
) -> None:
    wire.expect("GET", SECRETS, login=(KEY, NEW), status=status, body=body)
    error = present_failure(clients, check_mode)
    assert error.message.startswith("Cannot find out whether the secret exists already, so nothing was created: GET ")
    assert error.as_dict()["outcome"] == outcome
    assert error.as_dict()["path"] == SECRETS


def test_present_fails_when_the_own_login_is_refused(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(NEW)
    wire.refuse(SECRET)
    error = present_failure(clients)
    assert (error.status, error.code) == (401, "unauthorized")


@pytest.mark.parametrize(("status", "body"), [(403, M1), (403, M2), (400, M3)], ids=["M1", "M2", "M3"])
def test_present_the_maximum_is_decided_by_listing_again(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any
) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(status, body)
    wire.refuse(NEW)
    wire.list(OLD_ID, NEW_ID)
    error = present_failure(clients)
    assert isinstance(error, Refused)
    assert error.code == "max-secrets"
    # The references of Vonage's own refusal are kept for its support.
    assert (error.status, error.as_dict()["method"], error.as_dict()["instance"]) == (status, "POST", body["instance"])
    assert OLD_ID in error.message
    assert NEW_ID in error.message


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(400, M3, "validation"), (422, M3, "validation"), (403, M1, "add-excess-secret"), (429, "", None)],
)
def test_present_a_refusal_below_the_maximum_stands(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any, code: str | None
) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(status, body)
    wire.refuse(NEW)
    wire.list(OLD_ID)
    error = present_failure(clients)
    assert isinstance(error, Refused)
    assert (error.status, error.code, error.as_dict()["method"]) == (status, code, "POST")


def test_present_a_refusal_stands_when_the_list_cannot_be_read(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(400, M3)
    wire.refuse(NEW)
    wire.expect("GET", SECRETS, status=503)
    error = present_failure(clients)
    assert (error.code, error.as_dict()["outcome"]) == ("validation", "refused")


def test_present_refused_because_another_run_created_it(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(403, M1)
    wire.list(OLD_ID, NEW_ID, login=(KEY, NEW))
    result = present(clients)
    assert (result["changed"], result["secret"]) == (False, row(NEW_ID))
    assert result["secrets"] == [row(OLD_ID), row(NEW_ID)]


LOST = pytest.mark.parametrize(
    ("status", "body"),
    [(200, DROPPED), (200, requests.ReadTimeout("timed out")), (500, ""), (503, "<html></html>"), (201, "{}")],
    ids=["dropped", "timeout", "500", "503", "without-id"],
)


@LOST
@pytest.mark.parametrize("looks", [1, 2, 3])
def test_present_a_lost_creation_is_found_and_adopted(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any, looks: int
) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(status, body)
    for _look in range(looks - 1):
        wire.refuse(NEW)
    wire.list(OLD_ID, NEW_ID, login=(KEY, NEW))
    assert present(clients) == {
        "changed": True,
        "secret": row(NEW_ID),
        "secrets": [row(OLD_ID), row(NEW_ID)],
        "diff": {"before": {"secrets": [row(OLD_ID)]}, "after": {"secrets": [row(OLD_ID), row(NEW_ID)]}},
        "request_id": None,
    }
    assert clients.naps == [0.0, 1.0, 3.0][:looks]


@LOST
@pytest.mark.parametrize("listed", [[OLD_ID], [OLD_ID, NEW_ID]])
def test_present_a_lost_creation_that_is_not_found_is_unknown(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any, listed: list[str]
) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(status, body)
    for _look in range(3):
        wire.refuse(NEW)
    wire.list(*listed)
    error = present_failure(clients)
    assert isinstance(error, UnknownOutcome)
    assert f"the account lists {', '.join(listed)}: run the task again with the same value" in error.message
    assert (error.as_dict()["method"], error.as_dict()["outcome"]) == ("POST", "unknown")


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, NOT_CONNECTED), (200, DROPPED), (401, UNAUTHORIZED), (503, ""), (429, "")],
    ids=["not-connected", "dropped", "401", "503", "429"],
)
def test_present_a_lost_creation_stays_unknown_when_the_list_cannot_be_read(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any
) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(200, DROPPED)
    for _look in range(3):
        wire.refuse(NEW)
    wire.expect("GET", SECRETS, status=status, body=body)
    error = present_failure(clients)
    assert error.as_dict()["outcome"] == "unknown"
    assert "run the task again" in error.message


def test_present_a_creation_that_was_not_sent_is_just_that(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(NEW)
    wire.list(OLD_ID)
    wire.create(200, NOT_CONNECTED)
    assert present_failure(clients).as_dict()["outcome"] == "not_sent"


# -- api_secret, state=absent ------------------------------------------------------------------------------------------


def absent(clients: ClientFactory, check_mode: bool = False) -> dict[str, t.Any]:
    return run(API_SECRET, clients, check_mode, state="absent", secret_id=OLD_ID, api_secret_id=NEW_ID)


def absent_failure(clients: ClientFactory, check_mode: bool = False) -> VonageError:
    return failure(API_SECRET, clients, check_mode, state="absent", secret_id=OLD_ID)


REVOKED = {
    "changed": True,
    "secret": row(OLD_ID),
    "secrets": [row(NEW_ID)],
    "diff": {"before": {"secrets": [row(OLD_ID), row(NEW_ID)]}, "after": {"secrets": [row(NEW_ID)]}},
    "request_id": None,
}


def test_absent_of_the_login_is_warned_of_in_check_mode(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, NEW_ID)
    result = run(API_SECRET, clients, check_mode=True, state="absent", secret_id=OLD_ID)
    [warning] = result["warnings"]
    assert f"If it is {OLD_ID}, api_secret stops working" in warning


def test_absent_of_the_login_is_warned_of_afterwards(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID)
    wire.refuse(SECRET)
    result = run(API_SECRET, clients, state="absent", secret_id=OLD_ID)
    [warning] = result["warnings"]
    assert warning.startswith(f"{OLD_ID} was the secret that this task logged in with")
    assert warning.endswith(f"From now on, log in with {NEW_ID}")
    assert result["changed"] is True


@pytest.mark.parametrize("answer", [listing(NEW_ID), DROPPED, "<html>"])
def test_absent_of_another_secret_is_not_warned_of(wire: Wire, clients: ClientFactory, answer: t.Any) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID)
    wire.expect("GET", SECRETS, body=answer)
    assert run(API_SECRET, clients, state="absent", secret_id=OLD_ID) == REVOKED


@both_modes
def test_absent_of_the_login_is_refused_when_its_id_is_given(
    wire: Wire, clients: ClientFactory, check_mode: bool
) -> None:
    error = failure(API_SECRET, clients, check_mode, state="absent", secret_id=OLD_ID, api_secret_id=OLD_ID)
    assert isinstance(error, NotSent)
    assert "log in with the other secret" in error.message


@both_modes
def test_absent_never_revokes_the_only_secret(wire: Wire, clients: ClientFactory, check_mode: bool) -> None:
    wire.list(OLD_ID)
    error = absent_failure(clients, check_mode)
    assert isinstance(error, Refused)
    assert error.code == "delete-last-secret"
    assert f"{OLD_ID} is the only secret of account {KEY}" in error.message


@pytest.mark.parametrize(
    ("header", "request_id"),
    [
        ("854d38af-5d2e-48b2-addb-232889a6860b", "854d38af-5d2e-48b2-addb-232889a6860b"),
        ("", None),
        # Whatever it is, it is no reference.
        (f"seen {SECRET}", None),
        (SECRET, None),
        ("x" * 100, None),
    ],
)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_reference_of_a_write_is_returned(
    wire: Wire, clients: ClientFactory, state: str, header: str, request_id: str | None
) -> None:
    headers = {"X-Request-Id": header}
    if state == "present":
        wire.refuse(NEW)
        wire.list(OLD_ID)
        wire.expect("POST", SECRETS, json_body={"secret": NEW}, status=201, body=vonage_row(NEW_ID), headers=headers)
        result = present(clients)
    else:
        wire.list(OLD_ID, NEW_ID)
        wire.expect("DELETE", f"{SECRETS}/{OLD_ID}", status=204, headers=headers)
        result = absent(clients)
    assert result["request_id"] == request_id
    assert SECRET not in str(result)


def test_absent_for_a_subaccount_uses_the_login_of_the_task(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, NEW_ID, account=SUBACCOUNT)
    wire.expect("DELETE", f"/accounts/{SUBACCOUNT}/secrets/{OLD_ID}", login=LOGIN, status=204)
    result = run(API_SECRET, clients, state="absent", account_id=SUBACCOUNT, secret_id=OLD_ID)
    assert result["changed"] is True


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_an_attempt_did_that_was_answered_429_is_a_change(wire: Wire, clients: ClientFactory, state: str) -> None:
    if state == "present":
        wire.refuse(NEW)
        wire.list(OLD_ID)
        wire.create(429, "")
        wire.create(403, M1)
        wire.expect("GET", SECRETS, login=(KEY, NEW), body=listing(OLD_ID, NEW_ID))
        task = {"state": "present", "secret": NEW}
    else:
        wire.list(OLD_ID, NEW_ID)
        wire.delete(OLD_ID, 429)
        wire.delete(OLD_ID, 404, problem("invalid-id", "Invalid ID"))
        task = {"state": "absent", "secret_id": OLD_ID, "api_secret_id": NEW_ID}
    result = API_SECRET.run(clients.client(retries=1), {"account_id": None, **task}, False)
    assert result["changed"] is True
    assert result["secret"] == row(NEW_ID if state == "present" else OLD_ID)
    assert result["diff"]["before"] != result["diff"]["after"]


def test_absent_and_gone_meanwhile_is_unchanged(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID, 404, problem("invalid-id", "Invalid ID", f"ID '{OLD_ID}' could not be found"))
    result = absent(clients)
    assert result["changed"] is False
    assert result["secrets"] == [row(NEW_ID)]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, NO_ACCOUNT, "invalid-api-key"),
        (404, "not found", None),
        (403, LAST, "delete-last-secret"),
        (429, "", None),
    ],
)
def test_absent_other_refusals_fail(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any, code: str | None
) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID, status, body)
    error = absent_failure(clients)
    assert isinstance(error, Refused)
    assert (error.status, error.code, error.as_dict()["method"]) == (status, code, "DELETE")


@pytest.mark.parametrize(
    ("status", "body"),
    [(204, DROPPED), (500, ""), (502, "<html></html>"), (200, "<html></html>"), (200, ""), (202, "{}")],
)
def test_absent_whose_answer_is_lost_is_decided_by_listing_again(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any
) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID, status, body)
    wire.list(NEW_ID)
    assert absent(clients) == REVOKED


@pytest.mark.parametrize(("status", "body"), [(204, DROPPED), (200, "<html></html>")])
def test_absent_whose_answer_is_lost_and_still_listed_is_unknown(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any
) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID, status, body)
    wire.list(OLD_ID, NEW_ID)
    error = absent_failure(clients)
    assert (error.as_dict()["outcome"], error.as_dict()["method"]) == ("unknown", "DELETE")
    assert f"The account still lists {OLD_ID}: run the task again, which is safe" in error.message


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, NOT_CONNECTED), (200, DROPPED), (401, UNAUTHORIZED)],
    ids=["not-connected", "dropped", "401"],
)
def test_absent_whose_answer_is_lost_stays_unknown_when_the_list_cannot_be_read(
    wire: Wire, clients: ClientFactory, status: int, body: t.Any
) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.delete(OLD_ID, 204, DROPPED)
    wire.expect("GET", SECRETS, status=status, body=body)
    error = absent_failure(clients)
    assert error.as_dict()["outcome"] == "unknown"
    assert "DELETE" in error.message


# -- api_secret_info ---------------------------------------------------------------------------------------------------


def test_info_one_account_that_cannot_be_listed_does_not_stop_the_others(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, account=SUBACCOUNT)
    wire.expect("GET", "/accounts/5ab00001/secrets", status=404, body=NO_ACCOUNT)
    wire.list(NEW_ID)
    result = run(API_SECRET_INFO, clients, account_ids=[SUBACCOUNT, "5ab00001", KEY])
    assert [account["account_id"] for account in result["accounts"]] == [SUBACCOUNT, "5ab00001", KEY]
    assert [account["secrets"] for account in result["accounts"]] == [[row(OLD_ID)], [], [row(NEW_ID)]]
    assert result["secrets"] == [row(OLD_ID)]
    errors = [account["error"] for account in result["accounts"]]
    assert errors[0] is None
    assert errors[2] is None
    assert (errors[1]["status"], errors[1]["code"], errors[1]["outcome"]) == (404, "invalid-api-key", "refused")
    assert "HTTP 404 Invalid API Key" in errors[1]["msg"]
    assert result["warnings"] == [f"Account 5ab00001: {errors[1]['msg']}"]


def test_info_logs_in_to_each_account_with_its_own_secret(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, account=SUBACCOUNT, login=(SUBACCOUNT, NEW))
    wire.refuse(THIRD)
    result = run(API_SECRET_INFO, clients, account_ids=[SUBACCOUNT, KEY], api_secrets=[NEW, THIRD])
    assert [account["secrets"] for account in result["accounts"]] == [[row(OLD_ID)], []]
    assert result["accounts"][1]["error"]["status"] == 401


def test_info_of_accounts_that_all_refuse_their_secret_is_a_result(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(THIRD)
    result = run(API_SECRET_INFO, clients, account_ids=[KEY], api_secrets=[THIRD])
    assert result["accounts"][0]["error"]["outcome"] == "refused"


@pytest.mark.parametrize(
    "options",
    [
        {"account_ids": [KEY, SUBACCOUNT], "api_secrets": [NEW]},
        {"api_secrets": [NEW, THIRD]},
        {"account_ids": [KEY], "api_secrets": [""]},
        {"account_ids": [KEY], "api_secrets": [NEW], "candidates": [NEW]},
    ],
)
def test_info_with_secrets_that_fit_no_accounts_ends_before_any_request(
    wire: Wire, clients: ClientFactory, options: dict[str, t.Any]
) -> None:
    error = failure(API_SECRET_INFO, clients, **options)
    assert isinstance(error, NotSent)
    assert error.message.startswith("api_secrets ")


@pytest.mark.parametrize("bad", ["", ".", "..", "a:b", "a\nb"])
def test_info_of_a_bad_id_ends_before_any_request(wire: Wire, clients: ClientFactory, bad: str) -> None:
    error = failure(API_SECRET_INFO, clients, account_ids=[KEY, bad])
    assert isinstance(error, NotSent)
    assert error.message.startswith("account_ids must be an ")


def test_info_of_no_account_at_all_ends_before_any_request(wire: Wire, clients: ClientFactory) -> None:
    error = failure(API_SECRET_INFO, clients, account_ids=[])
    assert isinstance(error, NotSent)
    assert "account_ids is an empty list; omit it" in error.message


@pytest.mark.parametrize("concurrency", [-1, 0, 65])
def test_secret_info_has_a_bound_of_what_is_asked_at_once(clients: ClientFactory, wire: Wire, concurrency: int) -> None:
    error = failure(API_SECRET_INFO, clients, account_ids=[KEY], concurrency=concurrency)
    assert error.message == f"concurrency must be 1 to 64, not {concurrency}"


def test_info_fails_when_nothing_can_be_listed(wire: Wire, clients: ClientFactory) -> None:
    wire.expect("GET", "/accounts/5ab00001/secrets", status=404, body=NO_ACCOUNT)
    wire.expect("GET", "/accounts/5ab00002/secrets", status=503)
    error = failure(API_SECRET_INFO, clients, account_ids=["5ab00001", "5ab00002"])
    assert (error.status, error.as_dict()["path"]) == (404, "/accounts/5ab00001/secrets")


def test_info_candidates_answer_in_order_and_each_value_is_tried_once(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, NEW_ID)
    wire.refuse(THIRD)
    wire.list(OLD_ID, NEW_ID, login=(KEY, NEW))
    wire.expect("GET", SECRETS, login=(KEY, "F0urth"), status=403, body=problem("invalid-ip", "Invalid IP"))
    result = run(API_SECRET_INFO, clients, candidates=[THIRD, NEW, THIRD, "F0urth", NEW])
    assert result["candidates"] == ["refused", "accepted", "refused", "unknown", "accepted"]
    assert result["secrets"] == [row(OLD_ID), row(NEW_ID)]


def test_info_the_own_secret_as_a_candidate_costs_no_request(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID)
    assert run(API_SECRET_INFO, clients, candidates=[SECRET, SECRET])["candidates"] == ["accepted", "accepted"]


def test_info_the_own_secret_is_tried_when_the_list_could_not_be_read(wire: Wire, clients: ClientFactory) -> None:
    wire.expect("GET", SECRETS, status=503)
    wire.list(OLD_ID)
    assert run(API_SECRET_INFO, clients, candidates=[SECRET])["candidates"] == ["accepted"]


def test_info_the_own_secret_says_nothing_of_a_subaccount(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID, account=SUBACCOUNT)
    wire.refuse(SECRET, account=SUBACCOUNT)
    wire.list(OLD_ID, account=SUBACCOUNT, login=(SUBACCOUNT, NEW))
    result = run(API_SECRET_INFO, clients, account_ids=[SUBACCOUNT], candidates=[SECRET, NEW])
    assert result["candidates"] == ["refused", "accepted"]


def test_info_candidates_are_tried_on_the_first_account_only(wire: Wire, clients: ClientFactory) -> None:
    wire.list(OLD_ID)
    wire.list(NEW_ID, account=SUBACCOUNT)
    wire.refuse(NEW)
    result = run(API_SECRET_INFO, clients, account_ids=[KEY, SUBACCOUNT], candidates=[NEW])
    assert result["candidates"] == ["refused"]


def test_info_nothing_is_refused_while_nothing_is_accepted(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(SECRET)
    wire.refuse(NEW)
    wire.refuse(THIRD)
    result = run(API_SECRET_INFO, clients, candidates=[NEW, THIRD])
    assert result["candidates"] == ["unknown", "unknown"]
    assert result["secrets"] == []
    assert result["accounts"][0]["error"]["status"] == 401


def test_info_lists_through_an_accepted_candidate(wire: Wire, clients: ClientFactory) -> None:
    wire.refuse(SECRET)
    wire.refuse(THIRD)
    wire.expect("GET", SECRETS, login=(KEY, NEW), body=listing(OLD_ID, NEW_ID))
    result = run(API_SECRET_INFO, clients, candidates=[THIRD, NEW])
    assert result["candidates"] == ["refused", "accepted"]
    assert result["secrets"] == result["accounts"][0]["secrets"] == [row(OLD_ID), row(NEW_ID)]
    assert result["accounts"][0]["error"]["status"] == 401
    assert "warnings" not in result
