# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: when they fire, what the client sees, and whether the request was processed."""

from __future__ import annotations

import http.client
import json
import threading

import pytest

from vonage_simulator.faults import ACTIONS, FaultError

KEY = "c0ffee01"
NEW = "New0neSecret"
LIST = f"/accounts/{KEY}/secrets"
BALANCE = "/account/get-balance"


@pytest.mark.parametrize(("action", "committed"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection_before_or_after_the_commit(call, sim, action, committed):
    sim.add_fault(action, method="POST", path="/secrets$")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        call.create(NEW)
    (entry,) = sim.log
    assert (entry.status, entry.committed) == (None, committed)
    assert entry.fault == {"id": 1, "action": action}
    assert len(call.secret_ids()) == (2 if committed else 1)


@pytest.mark.parametrize(("action", "committed"), [("status_before", False), ("status_after", True)])
@pytest.mark.parametrize(
    ("shape", "content_type", "piece"),
    [
        ("json", "application/problem+json", b'"title": "Bad Gateway"'),
        ("legacy", "application/json", b'"error-code": "502"'),
        ("html", "text/html", b"<title>502 Bad Gateway</title>"),
        ("text", "text/plain", b"Bad Gateway"),
        ("empty", None, b""),
    ],
)
def test_a_status_before_or_after_the_commit(call, sim, action, committed, shape, content_type, piece):
    sim.add_fault(action, method="POST", status=502, shape=shape, headers={"Retry-After": "7"})
    answer = call.create(NEW)
    assert (answer.status, answer.headers["Content-Type"]) == (502, content_type)
    assert piece in answer.body
    assert answer.headers["Retry-After"] == "7"
    assert [(entry.status, entry.committed) for entry in sim.log] == [(502, committed)]


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [(15, "15"), (86400000, "86400000"), ("Wed, 21 Oct 2026 07:28:00 GMT",) * 2, ("soon", "soon"), (None, None)],
)
def test_a_rate_limit(call, sim, retry_after, header):
    sim.add_fault("rate_limit", retry_after=retry_after)
    answer = call.create(NEW)
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "rate-limit", header)
    assert len(call.secret_ids()) == 1


@pytest.mark.parametrize("action", ["slow", "slow_body"])
def test_a_slow_answer(call, sim, action, monkeypatch):
    waited = []
    monkeypatch.setattr(sim.stopping, "wait", waited.append)
    sim.add_fault(action, seconds=30)
    assert call("GET", BALANCE).json["value"] == 42.5
    assert sum(waited) == pytest.approx(30)


@pytest.mark.parametrize("commit", [True, False])
def test_a_stall_lasts_until_the_client_gives_up(call, sim, commit, monkeypatch):
    sim.add_fault("stall", commit=commit)
    processed = threading.Event()
    answer = sim.engine.answer

    def answering(*arguments):
        delivery = answer(*arguments)
        processed.set()
        return delivery

    monkeypatch.setattr(sim.engine, "answer", answering)
    with pytest.raises(OSError, match="timed out"):
        call("POST", LIST, data={"secret": NEW}, timeout=0.2)
    # On a busy machine the client may give up before the simulator has read the request.
    assert processed.wait(120)
    assert len(call.secret_ids()) == (2 if commit else 1)


def test_a_proxy_page_with_200(call, sim):
    sim.add_fault("html_200")
    answer = call.create(NEW)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert len(call.secret_ids()) == 1


def test_a_truncated_body(call, sim):
    sim.add_fault("truncated")
    with pytest.raises(http.client.IncompleteRead):
        call("GET", BALANCE)


def test_a_wrong_content_type(call, sim):
    sim.add_fault("wrong_content_type", content_type="text/html")
    answer = call("GET", BALANCE)
    assert (answer.headers["Content-Type"], answer.json["value"]) == ("text/html", 42.5)


def test_a_redirect(call, sim):
    sim.add_fault("redirect", to="http://127.0.0.1:9/elsewhere", status=307)
    answer = call.create(NEW)
    assert (answer.status, answer.headers["Location"]) == (307, "http://127.0.0.1:9/elsewhere")
    assert len(call.secret_ids()) == 1


def test_keep_alive_ends_without_a_word(call, sim):
    sim.add_fault("close_keepalive")
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=120)
    connection.request("GET", "/unknown")
    response = connection.getresponse()
    assert response.headers["Connection"] is None
    response.read()
    assert connection.sock.recv(1) == b""
    connection.close()


def test_a_rule_selects_by_verb_path_and_turn(call, sim):
    rule = sim.add_fault("status_before", method="GET", path="^/account/", nth=2, times=2)
    seen = [call("GET", BALANCE).status for _repetition in range(5)]
    assert seen == [200, 503, 503, 200, 200]
    assert call("GET", LIST).status == 200
    assert call("POST", "/account/settings").status == 200
    assert (rule.seen, rule.fired) == (5, 2)


def test_a_rule_fires_once_unless_told_otherwise(call, sim):
    sim.add_fault("status_before")
    assert [call("GET", BALANCE).status for _repetition in range(2)] == [503, 200]
    sim.add_fault("status_before", times=None)
    assert {call("GET", BALANCE).status for _repetition in range(5)} == {503}


def test_chance_is_repeatable(call, sim):
    def run(seed):
        sim.clear_faults()
        sim.add_fault("status_before", probability=0.5, seed=seed)
        return [call("GET", BALANCE).status for _repetition in range(20)]

    first = run(1)
    assert set(first) == {200, 503}
    assert run(1) == first
    assert run(2) != first


def test_of_two_rules_the_older_one_wins_and_both_count(call, sim):
    older = sim.add_fault("status_before", status=500)
    younger = sim.add_fault("status_before", status=502, nth=2)
    assert [call("GET", BALANCE).status for _repetition in range(3)] == [500, 502, 200]
    assert (older.seen, younger.seen) == (3, 3)


def test_the_control_path_is_never_spoilt(call, sim):
    sim.add_fault("status_before", times=None)
    assert call("GET", "/_simulator/clock").status == 200


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"action": "explode"}, "action"),
        ({"action": "slow", "status": 500}, "status"),
        ({"action": "slow", "seconds": -1}, "seconds"),
        ({"action": "slow", "nth": 0}, "nth"),
        ({"action": "slow", "times": 0}, "times"),
        ({"action": "slow", "path": "("}, "path"),
        ({"action": "slow", "method": "get"}, "method"),
        ({"action": "slow", "probability": 2}, "probability"),
        ({"action": "status_before", "shape": "yaml"}, "shape"),
        ({"action": "status_before", "status": 1}, "status"),
        ({"action": "status_before", "headers": {"X": "a\r\nb"}}, "headers"),
        ({"action": "redirect"}, "to"),
        ({"action": "stall", "commit": 1}, "commit"),
    ],
)
def test_a_bad_rule_is_refused_by_name(sim, fields, name):
    with pytest.raises(FaultError, match=f"^{name}: "):
        sim.add_fault(**fields)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_can_be_described(sim, action):
    rule = sim.add_fault(action, **({"to": "http://127.0.0.1:9/"} if action == "redirect" else {}))
    assert json.loads(json.dumps(rule.report()))["action"] == action
