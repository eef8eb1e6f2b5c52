# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets, listeners, TLS-free start and stop, and the command line."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import vonage_simulator
from vonage_simulator.server import Simulator

KEY = "c0ffee01"
LIST = f"/accounts/{KEY}/secrets"
BALANCE = "/account/get-balance"
PACKAGE = Path(vonage_simulator.__file__).parent

# Seconds after which something hangs, however busy the machine is.
HANGS = 120


def test_a_connection_is_kept_alive_and_waits_for_no_acknowledgement(call, sim):
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=HANGS)
    connection.connect()
    client_side = connection.sock
    for _repetition in range(3):
        connection.request("POST", "/account/settings", "a=b")
        connection.getresponse().read()
    assert connection.sock is client_side
    # Without the option, an answer in two pieces waits 40 ms for the acknowledgement of the first piece.
    (server_side,) = sim._listeners[0]._connections
    assert server_side.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    connection.close()


def test_two_listeners_separate_the_host_families(start):
    call = start(second_port=0)
    sim = call.simulator
    assert (sim.rest_url, sim.api_url) == (sim.url, sim.second_url)
    assert call("GET", BALANCE, url=sim.rest_url).status == 200
    assert call("GET", LIST, url=sim.api_url).status == 200
    assert call("GET", LIST, url=sim.rest_url).status == 404
    assert call("GET", BALANCE, url=sim.api_url).status == 404
    assert call("GET", "/_simulator/clock", url=sim.api_url).status == 200


def test_a_path_prefix(start):
    call = start(path_prefix="proxy/")
    sim = call.simulator
    assert sim.url == f"http://127.0.0.1:{sim.port}/proxy"
    assert call("GET", BALANCE).status == 200
    assert call("GET", "/_simulator/clock").status == 200
    assert call("GET", BALANCE, url=sim.url[: -len("/proxy")]).status == 404
    assert [entry.path for entry in sim.requests(path_regex="^/account/")] == [BALANCE]


def request(connection):
    connection.request("GET", "/unknown")
    connection.getresponse().read()


def test_a_stopped_simulator_answers_no_more(call):
    with Simulator() as sim:
        connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=HANGS)
        request(connection)
    # http.client may still connect anew by itself, so both must fail: the old connection and a new one.
    with pytest.raises(OSError, match="refused|reset|closed"):
        request(connection)
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        request(connection)


def test_a_body_without_a_length_is_refused(call):
    answer = call("POST", "/account/settings", headers={"Transfer-Encoding": "chunked"})
    assert answer.status == 411


def test_two_simulators_share_nothing(start):
    first, second = start(), start()
    first.create("New0neSecret")
    assert (len(first.secret_ids()), len(second.secret_ids())) == (2, 1)


def run(tmp_path, *arguments):
    ready_file = tmp_path / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-B", str(PACKAGE), "--ready-file", str(ready_file), "--stop-after", "600", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + HANGS
    while time.monotonic() < deadline:
        # The file may be gone again as soon as it was seen.
        with contextlib.suppress(FileNotFoundError):
            return process, json.loads(ready_file.read_text(encoding="utf-8"))
        if process.poll() is not None:
            break
        time.sleep(0.02)
    return process, None


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "control path"])
def test_the_command_line_starts_and_ends(tmp_path, end):
    process, ready = run(tmp_path, "--port", "0", "--second-port", "0", "--path-prefix", "/x")
    assert set(ready) == {"url", "second_url", "pid", "port"}
    assert ready["pid"] == process.pid
    if end == "control path":
        request = urllib.request.Request(ready["url"] + "/_simulator/stop", method="POST")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=HANGS) as answer:
            assert answer.status == 202
    else:
        process.send_signal(getattr(signal, end))
    output, errors = process.communicate(timeout=HANGS)
    assert (process.returncode, errors) == (0, "")
    assert len(output.splitlines()) == 1
    assert f"VONAGE_REST_URL={ready['url']}" in output
    assert f"VONAGE_API_URL={ready['second_url']}" in output
    assert not (tmp_path / "ready.json").exists()


def test_the_command_line_reads_accounts_and_shows_no_secret(tmp_path):
    accounts = tmp_path / "accounts.json"
    accounts.write_text(
        json.dumps(
            {"accounts": [{"api_key": "abcd1234", "secrets": [{"value": "My0wnSecret"}]}], "switches": {"flap": 2}}
        )
    )
    process, ready = run(tmp_path, "--accounts", str(accounts))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(ready["url"] + "/_simulator/accounts?values=true", timeout=HANGS) as answer:
        (account,) = json.load(answer)["accounts"]
    assert (account["api_key"], account["secrets"][0]["value"]) == ("abcd1234", "My0wnSecret")
    process.terminate()
    output, errors = process.communicate(timeout=HANGS)
    assert "My0wnSecret" not in output + errors


def test_the_command_line_ends_by_itself(tmp_path):
    process, _ready = run(tmp_path, "--stop-after", "0.1")
    process.communicate(timeout=HANGS)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", 'write {"accounts"'),
        ("{", "is not JSON"),
        ('{"accounts": [{}]}', "accounts[0].api_key: is missing"),
        ('{"switches": {"nope": 1}}', "unknown switch 'nope'"),
    ],
)
def test_a_bad_accounts_file_is_named(tmp_path, content, message):
    accounts = tmp_path / "accounts.json"
    accounts.write_text(content)
    process, ready = run(tmp_path, "--accounts", str(accounts))
    _output, errors = process.communicate(timeout=HANGS)
    assert (process.returncode, ready) == (2, None)
    assert message in errors
    assert "Traceback" not in errors
