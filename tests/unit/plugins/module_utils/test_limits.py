# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that never come to an end, on real sockets."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import threading
import typing as t
import zlib
from collections.abc import Iterator

import pytest

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.tests.unit.plugins.calls import CALLS, READS, Call, every_call
from ansible_collections.community.vonage.tests.unit.plugins.wire import (
    OPTIONS,
    SHARING,
    STALL,
    SUBACCOUNTS,
    ClientFactory,
    Server,
    family,
    http,
    problem,
    run_apart,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEGABYTE = 1024 * 1024

# Seconds after which something hangs, however busy the machine is.
HANGS = 120.0


def error_of(action: t.Callable[[], t.Any]) -> VonageError:
    with pytest.raises(VonageError) as caught:
        action()
    return caught.value


class Ticking(ClientFactory):
    """A clock that goes on by a second each time that the client looks at it, and keeps count."""

    def __init__(self) -> None:
        self.ticks = threading.Semaphore(0)
        super().__init__()

    @property
    def now(self) -> float:
        self._now += 1
        self.ticks.release()
        return self._now

    @now.setter
    def now(self, seconds: float) -> None:
        self._now = seconds


class Stream:
    """A server that sends parts until the client has enough.

    :param parts: What it sends after a request, without an end.
    :param ticking: When given, it sends a part for each look of the client at this clock, so that none waits.
    :ivar requests: How many requests came.
    :ivar sent: How many bytes were sent.
    """

    def __init__(self, parts: t.Callable[[], Iterator[bytes]], ticking: Ticking | None = None) -> None:
        self._parts = parts
        self._ticking = ticking
        self.requests = self.sent = 0
        self._counts = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._socket.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            # As long as the client keeps the connection: closing it would race with the next request.
            while head := connection.recv(65536):
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with self._counts:
            self.requests += 1
        for part in self._parts():
            if self._ticking is not None:
                self._ticking.ticks.acquire(timeout=HANGS)
            connection.sendall(part)
            with self._counts:
                self.sent += len(part)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_details: object) -> None:
        self._socket.close()


def client_of(server: Stream | Server, clients: ClientFactory, **options: t.Any) -> Client:
    return clients.client(rest_url=server.url, api_url=server.url, timeout=HANGS, **{"retries": 3, **options})


# -- time --------------------------------------------------------------------------------------------------------------

DRIPS: dict[str, tuple[t.Callable[[], Iterator[bytes]], str]] = {
    "body": (
        lambda: itertools.chain([OK + b"Content-Length: 99999\r\n\r\n"], itertools.repeat(b" ")),
        "body",
    ),
    "chunks": (
        lambda: itertools.chain([OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1\r\n \r\n")),
        "body",
    ),
    "status-line": (lambda: itertools.chain([b"HTTP/1.1 200 "], itertools.repeat(b"O")), "headers"),
    "header": (lambda: itertools.chain([OK + b"X: "], itertools.repeat(b"x")), "headers"),
    "interim": (lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), "headers"),
}


@pytest.mark.parametrize("name", DRIPS)
@pytest.mark.parametrize("call", [CALLS[name] for name in ("get_balance", "create_secret", "top_up")])
def test_an_answer_in_drips_ends_at_the_deadline(call: Call, name: str) -> None:
    parts, part = DRIPS[name]
    clients = Ticking()
    with Stream(parts, clients) as server:
        error = error_of(lambda: call.run(client_of(server, clients, deadline=30.0)))
        assert isinstance(error, UnknownOutcome)
        assert f": the deadline of 30 s passed while reading the {part} of the response" in error.message
        assert (server.requests, clients.warnings) == (1, [])


def test_a_proxy_that_answers_in_drips_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Ticking()
    with Stream(lambda: itertools.chain([OK], itertools.repeat(b"X: y\r\n")), clients) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = error_of(lambda: clients.client(rest_url="https://192.0.2.1", deadline=30.0, retries=3).top_up("x"))
        assert isinstance(error, NotSent)
        assert "the deadline of 30 s passed while connecting through the proxy" in error.message
        assert proxy.requests == 1


@every_call
def test_a_silent_server_ends_at_the_deadline_when_that_is_before_the_timeout(
    serve: t.Callable[..., Server], clients: ClientFactory, call: Call
) -> None:
    server = serve(STALL)
    error = error_of(lambda: call.run(client_of(server, clients, deadline=0.2)))
    assert isinstance(error, UnknownOutcome)
    assert "the deadline of 0.2 s passed while reading the headers of the response" in error.message
    assert server.stalled.wait(120)
    assert len(server.requests) == 1


def test_a_handshake_without_an_end_ends_at_the_deadline(clients: ClientFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        client = clients.client(rest_url=url, timeout=HANGS, deadline=0.2, retries=0)
        # The system takes the connection, and nobody answers.
        assert isinstance(error_of(lambda: client.top_up("x")), NotSent)


def test_the_addresses_of_a_host_share_the_deadline(clients: ClientFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def connect(_socket: socket.socket, address: t.Any) -> None:
        tried.append(address)
        clients.now += 10
        raise socket.timeout("timed out")

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{number}", 443)) for number in range(99)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    monkeypatch.setattr(socket.socket, "connect", connect)
    error = error_of(clients.client(deadline=30.0, retries=3).get_balance)
    assert isinstance(error, NotSent)
    assert "the deadline of 30 s passed while connecting" in error.message
    assert len(tried) == 3


def test_nothing_is_sent_after_the_deadline(
    serve: t.Callable[..., Server], clients: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(CALLS["top_up"].answer)
    connect = socket.socket.connect

    def slow(one: socket.socket, address: t.Any) -> None:
        connect(one, address)
        clients.now += 31

    monkeypatch.setattr(socket.socket, "connect", slow)
    error = error_of(lambda: client_of(server, clients, deadline=30.0).top_up("x"))
    assert isinstance(error, NotSent)
    assert server.requests == []


# -- bytes -------------------------------------------------------------------------------------------------------------


def bomb(megabytes: int) -> bytes:
    """Zeros, packed a thousand to one. The checksum at the end is missing, which nobody must read."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * megabytes


def packed(body: bytes, encoding: str) -> bytes:
    return OK + f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


ENDLESS: dict[str, tuple[t.Callable[[], Iterator[bytes]], str]] = {
    "body": (
        lambda: itertools.chain([OK + b"Connection: close\r\n\r\n"], itertools.repeat(b" " * MEGABYTE)),
        "the response is larger than 32768 bytes",
    ),
    "chunks": (
        lambda: itertools.chain(
            [OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"100000\r\n" + b" " * MEGABYTE + b"\r\n")
        ),
        "the response is larger than 32768 bytes",
    ),
    "small-chunks": (
        lambda: itertools.chain(
            [OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1;" + b"x" * 9000 + b"\r\n \r\n")
        ),
        "too much data while reading the body of the response",
    ),
    "chunk-extension": (
        lambda: itertools.chain([OK + b"Transfer-Encoding: chunked\r\n\r\n1;"], itertools.repeat(b"x" * MEGABYTE)),
        # Newer releases of urllib3 have a limit of their own.
        "",
    ),
    "trailers": (
        lambda: itertools.chain(
            [OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"], itertools.repeat(b"X: " + b"y" * 999 + b"\r\n")
        ),
        "too much data while reading the body of the response",
    ),
    "headers-of-interim-responses": (
        lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n".replace(b"103", b"100")),
        "too much data while reading the headers of the response",
    ),
    "headers": (
        lambda: itertools.chain([OK], (b"X-%d: " % number + b"y" * 9000 + b"\r\n" for number in itertools.count())),
        "too much data while reading the headers of the response",
    ),
    "gzip": (
        lambda: iter([packed(bomb(800), "gzip")]),
        "the response is larger than 32768 bytes",
    ),
    "small-gzip": (
        lambda: iter([packed(bomb(40), "gzip")]),
        "the response is larger than 32768 bytes",
    ),
    "gzip-of-gzip": (
        lambda: iter([packed(gzip.compress(bomb(800)), "gzip, gzip")]),
        "a compression that was not requested",
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("call", [CALLS[name] for name in ("list_secrets", "top_up")])
def test_an_answer_of_too_many_bytes_is_not_read_to_its_end(clients: ClientFactory, call: Call, name: str) -> None:
    parts, message = ENDLESS[name]
    with Stream(parts) as server:
        error = error_of(lambda: call.run(client_of(server, clients, retries=0)))
        assert isinstance(error, UnknownOutcome)
        assert message in error.message
        # Most of it waits in buffers of the system.
        assert server.sent < 32 * MEGABYTE


def test_what_is_too_long_is_not_read_again(clients: ClientFactory) -> None:
    with Stream(ENDLESS["body"][0]) as server:
        error_of(client_of(server, clients, retries=3).get_balance)
        assert (server.requests, clients.naps) == (1, [])


@pytest.mark.parametrize(("status", "kind"), [(404, Refused), (502, UnknownOutcome)])
def test_of_a_long_error_the_beginning_is_read(
    serve: t.Callable[..., Server], clients: ClientFactory, status: int, kind: type[VonageError]
) -> None:
    server = serve(http(status, "<html>begins" + "x" * MEGABYTE))
    error = error_of(lambda: client_of(server, clients, retries=0).list_secrets("abcd1234"))
    assert isinstance(error, kind)
    assert error.status == status
    assert "<html>begins" in error.message


def test_ten_thousand_subaccounts_are_a_list(serve: t.Callable[..., Server], clients: ClientFactory) -> None:
    rows = [{**SHARING, "api_key": f"{number:08x}"} for number in range(10_000)]
    server = serve(http(200, family(*rows)))
    assert len(client_of(server, clients).list_subaccounts().subaccounts) == 10_000
    assert server.methods() == ["GET"]
    assert SUBACCOUNTS.encode() in server.requests[0]


# A Python of its own, because the one that runs the tests has used more memory before.
AUDIT = """
import json
import re
import sys
from pathlib import Path

from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret_info import API_SECRET_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.run import run_operation

params = json.loads(sys.argv[1])
result, warnings = run_operation(API_SECRET_INFO, params, {"candidates": None, "api_secrets": None, **params}, False)
# Not ru_maxrss: Linux counts the memory of the parent in, up to the exec.
most = re.search("VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())
print(json.dumps([result["msg"], int(most[1]) * 1024]))
"""

GREEDY = {
    # Each object takes 35 times as many bytes in memory.
    "json": http(200, '{"_embedded": {"secrets": [' + ",".join(['{"":1}'] * 4600) + "]}}"),
    "gzip": packed(bomb(64), "gzip"),
    "endless": OK + b"Connection: close\r\n\r\n" + bytes(8 * MEGABYTE),
}


@pytest.mark.parametrize("name", GREEDY)
def test_64_greedy_answers_at_once_stay_below_200_mb(name: str) -> None:
    with Stream(lambda: iter([GREEDY[name]])) as server:
        accounts = [f"abcd{number:04}" for number in range(64)]
        more = {"rest_url": server.url, "api_url": server.url, "timeout": HANGS, "retries": 0}
        params = {**OPTIONS, **more, "account_ids": accounts, "concurrency": 64}
        message, most = run_apart(AUDIT, params)
        assert "contains a secret with a missing" in message or "the response is larger than" in message
        assert server.requests == 64
        assert most < 200 * MEGABYTE, most


# -- packed answers ----------------------------------------------------------------------------------------------------


@every_call
def test_no_packed_answer_is_asked_for(serve: t.Callable[..., Server], clients: ClientFactory, call: Call) -> None:
    server = serve(call.answer)
    call.run(client_of(server, clients))
    assert b"\r\nAccept-Encoding: identity\r\n" in server.requests[0]


@pytest.mark.parametrize("call", READS.values(), ids=list(READS))
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_an_answer_that_is_packed_nonetheless_is_read(
    serve: t.Callable[..., Server], clients: ClientFactory, call: Call, encoding: str
) -> None:
    server = serve(packed(gzip.compress(json.dumps(call.body).encode()), encoding))
    call.run(client_of(server, clients))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"{}", "gzip"),
        (gzip.compress(b'{"value": 1}')[:-9], "gzip"),
        (zlib.compress(b'{"value": 1}'), "deflate"),
        (b'{"value": 1}', "br"),
    ],
    # Not the bodies: gzip writes the time into them, and two workers would have other tests.
    ids=["not packed", "cut off", "deflate", "unknown"],
)
def test_an_answer_that_cannot_be_unpacked_is_none(
    serve: t.Callable[..., Server], clients: ClientFactory, body: bytes, encoding: str
) -> None:
    server = serve(packed(body, encoding))
    assert isinstance(error_of(client_of(server, clients, retries=0).get_balance), UnknownOutcome)


def test_an_error_that_is_packed_is_read(serve: t.Callable[..., Server], clients: ClientFactory) -> None:
    body = gzip.compress(json.dumps(problem("invalid-api-key", "Invalid API Key")).encode())
    head = f"HTTP/1.1 404 Not Found\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    server = serve(head.encode() + body)
    assert error_of(lambda: client_of(server, clients).list_secrets("abcd1234")).code == "invalid-api-key"
