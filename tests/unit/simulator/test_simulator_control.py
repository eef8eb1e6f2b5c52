# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control path, the accounts file, and the switches."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from vonage_simulator import clock
from vonage_simulator.accounts import DEFAULT_ACCOUNTS, AccountsError, read_accounts
from vonage_simulator.faults import ACTIONS
from vonage_simulator.switches import DEFINITIONS, SwitchError, Switches

KEY = "c0ffee01"
NEW = "New0neSecret"


def test_accounts_show_ids_and_history_but_no_values(call):
    (old,) = call.secret_ids()
    new = call.create(NEW).json["id"]
    call("DELETE", f"/accounts/{KEY}/secrets/{old}")
    answer = call("GET", "/_simulator/accounts")
    primary = answer.json["accounts"][0]
    assert [secret["id"] for secret in primary["secrets"]] == [new]
    assert [(item["id"], item["to"] is None) for item in primary["history"]] == [(old, False), (new, True)]
    assert NEW.encode() not in answer.body
    with_values = call("GET", "/_simulator/accounts?values=true").json["accounts"][0]
    assert with_values["secrets"][0]["value"] == NEW


def test_accounts_can_be_replaced_and_reset(call, sim):
    accounts = [
        {"api_key": "abcd1234", "secrets": [{"value": NEW, "id": "my-id", "created_at": "2026-03-04T05:06:07Z"}]}
    ]
    assert (
        call("PUT", "/_simulator/accounts", data={"accounts": accounts, "switches": {"max_secrets": 3}}).status == 200
    )
    (secret,) = call("GET", "/accounts/abcd1234/secrets", auth=("abcd1234", NEW)).json["_embedded"]["secrets"]
    assert (secret["id"], secret["created_at"]) == ("my-id", "2026-03-04T05:06:07Z")
    assert call("GET", f"/accounts/{KEY}/secrets").status == 401
    assert sim.switches["max_secrets"] == 3
    call("PUT", "/_simulator/accounts", data={})
    assert call("GET", f"/accounts/{KEY}/secrets").status == 200


def test_one_request_sets_a_whole_scene(start):
    call = start(switches={"max_secrets_error": "M2"})
    call("POST", "/_simulator/faults", data={"action": "drop_before"})
    call("PATCH", "/_simulator/switches", data={"max_secrets": 1, "max_secrets_error": "M3"})
    scene = {"switches": {"flap": 2}, "faults": [{"action": "status_before", "status": 503}]}
    assert call("PUT", "/_simulator/accounts", data=scene).status == 200
    assert call.simulator.switches.as_dict() == {**Switches().as_dict(), "max_secrets_error": "M2", "flap": 2}
    assert [rule["action"] for rule in call("GET", "/_simulator/faults").json["faults"]] == ["status_before"]
    assert [call("GET", "/account/get-balance").status for _call in range(2)] == [503, 200]
    call("PUT", "/_simulator/accounts", data={})
    assert call("GET", "/_simulator/faults").json == {"faults": []}
    assert call("GET", "/_simulator/log").json == {"entries": []}


def test_a_new_scene_begins_with_the_first_region(start):
    call = start(switches={"flap": 2, "propagation_delay_api": 60})
    for _scene in range(2):
        call("PUT", "/_simulator/accounts", data={})
        call.create(NEW)
        # The creation was answered by the first region, which alone knows of it at once.
        login = {"auth": (KEY, NEW)}
        assert [call("GET", f"/accounts/{KEY}/secrets", **login).status for _call in range(2)] == [401, 200]


@pytest.mark.parametrize(
    ("mistake", "advice"),
    [
        ({"accounts": 1}, "accounts: write a list"),
        ({"switches": {"nope": 1}}, "unknown switch"),
        ({"switches": []}, "switches: send an object"),
        ({"faults": [{"action": "explode"}]}, "action: 'explode' is not valid"),
        ({"faults": {}}, "faults: send a list of objects"),
        ({"faults": ["drop_before"]}, "faults: send a list of objects"),
        ({"clock": 1}, "use accounts or switches or faults"),
    ],
)
def test_a_bad_scene_changes_nothing(call, sim, mistake, advice):
    call("GET", "/unknown")
    scene = {"accounts": [], "switches": {"flap": 2}, "faults": [{"action": "drop_before"}], **mistake}
    answer = call("PUT", "/_simulator/accounts", data=scene)
    assert answer.status == 400
    assert advice in answer.json["error"]
    assert sim.switches["flap"] == 1
    assert len(call("GET", "/_simulator/log").json["entries"]) == 1
    assert call("GET", f"/accounts/{KEY}/secrets").status == 200


def test_the_log_can_be_read_and_cleared(call):
    call("GET", "/unknown")
    assert [entry["path"] for entry in call("GET", "/_simulator/log").json["entries"]] == ["/unknown"]
    assert call("DELETE", "/_simulator/log").json == {"deleted": 1}
    assert call("GET", "/_simulator/log").json == {"entries": []}


def test_faults_can_be_set_and_cleared(call):
    answer = call("POST", "/_simulator/faults", data={"action": "status_before", "status": 500})
    assert (answer.status, answer.json["id"], answer.json["fired"]) == (201, 1, 0)
    assert call("GET", "/account/get-balance").status == 500
    assert call("GET", "/_simulator/faults").json["faults"][0]["fired"] == 1
    assert call("DELETE", "/_simulator/faults").json == {"deleted": 1}
    assert call("POST", "/_simulator/faults", data={"action": "explode"}).status == 400


def test_the_clock_can_be_moved(call, sim, monkeypatch):
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: 4711.0))
    call("POST", "/_simulator/clock", data={"set": "2030-01-01T00:00:00Z"})
    call("POST", "/_simulator/clock", data={"advance": 86400})
    assert call("GET", "/_simulator/clock").json["now"] == "2030-01-02T00:00:00.000Z"
    assert call.create(NEW).json["created_at"] == "2030-01-02T00:00:00Z"


@pytest.mark.parametrize(
    "body", [{}, {"set": "tomorrow"}, {"advance": "1"}, {"advance": True}, {"back": 1}, {"advance": 1, "set": "x"}, []]
)
def test_a_bad_time_is_refused(call, body):
    answer = call("POST", "/_simulator/clock", data=body)
    assert answer.status == 400
    assert answer.json["error"]


def test_switches_can_be_read_set_and_described(call, sim):
    assert call("GET", "/_simulator/switches").json["switches"] == sim.switches.as_dict()
    answer = call("PATCH", "/_simulator/switches", data={"max_secrets_error": "M2", "flap": 3})
    assert (answer.status, answer.json["switches"]["flap"]) == (200, 3)
    assert sim.switches["max_secrets_error"] == "M2"
    described = call("GET", "/_simulator/switches?describe=true").json["switches"]
    assert {item["name"] for item in described} == set(DEFINITIONS)


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ({"nope": 1}, "use one of"),
        ({"max_secrets_error": "M4"}, "use one of M1, M2, M3"),
        ({"max_secrets": 0}, "a whole number, at least 1"),
        ({"max_secrets": True}, "a whole number"),
        ({"list_delay": "1"}, "a number of seconds"),
        ({"dead_urls": "https://a.example"}, "a list of texts"),
    ],
)
def test_a_bad_switch_is_refused_with_what_is_valid_and_changes_nothing(call, sim, body, advice):
    answer = call("PATCH", "/_simulator/switches", data={"flap": 3, **body})
    assert answer.status == 400
    assert advice in answer.json["error"]
    assert sim.switches["flap"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/_simulator/nope", 404), ("PUT", "/_simulator/log", 405)]
)
def test_a_wrong_control_request_says_what_to_send(call, method, path, status):
    answer = call(method, path)
    assert answer.status == status
    assert "use" in answer.json["error"]


def test_the_default_of_every_switch_is_valid_and_has_a_label():
    for switch in DEFINITIONS.values():
        switch.check(switch.default)
        assert switch.label in ("observed", "documented", "inferred", "unknown")
        assert switch.source


def test_switches_can_be_reset():
    switches = Switches({"flap": 3})
    switches.reset()
    assert switches["flap"] == 1
    with pytest.raises(SwitchError):
        switches["nope"]


@pytest.mark.parametrize(
    ("accounts", "place"),
    [
        ({}, "accounts"),
        ([1], r"accounts\[0\]"),
        ([{}], r"accounts\[0\].api_key"),
        ([{"api_key": "a b"}], r"accounts\[0\].api_key"),
        ([{"api_key": "a", "colour": 1}], r"accounts\[0\].colour"),
        ([{"api_key": "a"}, {"api_key": "a"}], r"accounts\[1\].api_key"),
        ([{"api_key": "a", "primary_account": "b"}], r"accounts\[0\].primary_account"),
        ([{"api_key": "a", "secrets": [{}]}], r"accounts\[0\].secrets\[0\].value"),
        (
            [{"api_key": "a", "secrets": [{"value": "v", "created_at": "now"}]}],
            r"accounts\[0\].secrets\[0\].created_at",
        ),
        ([{"api_key": "a", "balance": "much"}], r"accounts\[0\].balance"),
        ([{"api_key": "a", "suspended": "no"}], r"accounts\[0\].suspended"),
        ([{"api_key": "a", "settings": {"max_outbound_request": 1.5}}], r"accounts\[0\].settings.max_outbound_request"),
    ],
)
def test_bad_accounts_are_refused_by_place(accounts, place):
    with pytest.raises(AccountsError, match=f"^{place}: "):
        read_accounts(accounts, 0)


def test_the_guide_names_every_switch_with_its_default_and_label():
    guide = (Path(__file__).resolve().parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
    for switch in DEFINITIONS.values():
        default = switch.default if isinstance(switch.default, str) else json.dumps(switch.default)
        valid = switch.valid.replace("one of ", "")
        assert f"| `{switch.name}` | `{default}` | {valid} | {switch.label} | {switch.source} |" in guide


def test_the_guide_names_the_default_secrets_and_every_action():
    guide = (Path(__file__).resolve().parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
    for account in DEFAULT_ACCOUNTS:
        assert f"| `{account['api_key']}` | `{account['secrets'][0]['value']}` |" in guide
    for action in ACTIONS:
        assert f"`{action}`" in guide
