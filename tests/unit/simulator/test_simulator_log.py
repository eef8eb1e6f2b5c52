# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log tells what happened, and never a secret."""

from __future__ import annotations

import base64
import http.client
import json

import pytest

KEY = "c0ffee01"
VALUE = "Rehearsal0nlyPrimary"
NEW = "New0ne+Secret!"
LIST = f"/accounts/{KEY}/secrets"


def whole_log(sim):
    return json.dumps([entry.as_dict() for entry in sim.log])


def test_an_entry_tells_who_did_what(call, sim):
    (secret_id,) = call.secret_ids()
    call.create(NEW)
    call("GET", "/account/get-balance?x=1&x=", auth=(KEY, "wrong"))
    read, write, refused = sim.log
    assert (read.sequence, read.method, read.path, read.status, read.committed) == (1, "GET", LIST, 200, False)
    assert (read.api_key, read.secret_id, read.fault) == (KEY, secret_id, None)
    assert (write.sequence, write.status, write.committed) == (2, 201, True)
    assert json.loads(write.body) == {"secret": "[redacted]"}
    assert (refused.api_key, refused.secret_id, refused.query) == (KEY, None, {"x": ["1", ""]})
    assert read.headers["accept"] == "application/json"
    assert read.time.endswith("Z")


def test_the_exact_body_of_a_form_is_kept(call, sim):
    call("POST", "/account/settings", form={"moCallBackUrl": "", "drCallBackUrl": "https://a.example/?b=c"})
    assert sim.log[0].body == "moCallBackUrl=&drCallBackUrl=https%3A%2F%2Fa.example%2F%3Fb%3Dc"


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", LIST, {"data": {"secret": NEW}}),
        ("POST", LIST, {"form": {"secret": NEW}}),
        ("POST", LIST, {"data": {"deep": [{"Secret": NEW}]}}),
        ("POST", LIST, {"form": {"x": NEW}, "headers": {"Content-Type": "application/json"}}),
        ("POST", "/account/settings", {"form": {"newSecret": NEW}}),
        ("GET", f"/account/get-balance?api_key={KEY}&api_secret=New0ne%2BSecret%21", {"auth": None}),
        ("GET", "/account/get-balance", {"auth": (KEY, NEW)}),
        ("GET", "/account/get-balance", {"headers": {"Cookie": NEW, "X-Trace": NEW}}),
        ("GET", f"/account/get-balance/{KEY}/New0ne%2BSecret%21", {}),
        ("POST", f"/accounts/{KEY}/subaccounts", {"data": {"name": "x", "secret": NEW + "2"}}),
    ],
)
def test_no_secret_is_logged_wherever_it_stands(call, sim, method, path, options):
    call.create(NEW)
    call(method, path, **options)
    log = whole_log(sim)
    encoded = base64.b64encode(f"{KEY}:{NEW}".encode()).decode()
    for form in (NEW, "New0ne%2BSecret", encoded, VALUE):
        assert form not in log


def test_a_secret_in_broken_json_is_not_logged_either(call, sim):
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=120)
    connection.request("POST", LIST, '{"secret": "Never0nceSeen', {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()
    assert "Never0nceSeen" not in whole_log(sim)


def test_requests_can_be_selected(call, sim):
    call("GET", LIST)
    call("POST", "/account/settings")
    call("GET", "/account/get-balance")
    assert [entry.sequence for entry in sim.requests("GET")] == [1, 3]
    assert [entry.sequence for entry in sim.requests(path_regex="^/account/")] == [2, 3]
    assert [entry.sequence for entry in sim.requests("GET", "balance$")] == [3]
    sim.clear_log()
    assert sim.log == []


def test_control_requests_are_not_logged(call, sim):
    call("GET", "/_simulator/accounts?values=true")
    assert sim.log == []


def test_a_secret_with_a_blank_is_redacted_in_a_path(start):
    call = start([{"api_key": KEY, "secrets": [{"value": "two w0rds A"}]}])
    call("GET", f"/account/get-balance/{KEY}/two%20w0rds%20A", auth=None)
    assert call.simulator.log[0].path == f"/account/get-balance/{KEY}/[redacted]"
