# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import email.utils
import socket
import ssl
import struct
import threading
import typing as t
from types import SimpleNamespace

import pytest
import requests
import urllib3

from ansible_collections.community.vonage.plugins.module_utils._api import request as _request
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.tests.unit.plugins.calls import CALLS, MONEY, READS, WRITES, Call, every_call
from ansible_collections.community.vonage.tests.unit.plugins.wire import (
    BALANCE,
    CLOSE,
    SECRET,
    STALL,
    ClientFactory,
    Server,
    Wire,
    http,
)

# Seconds after which something hangs, however busy the machine is.
HANGS = 120.0


def error_of(action: t.Callable[[], t.Any]) -> VonageError:
    with pytest.raises(VonageError) as caught:
        action()
    return caught.value


# -- which status is repeated, for which call --------------------------------------------------------------------------


NEVER: dict[str, Call] = {}
REPEATED_FOR = {
    **dict.fromkeys((301, 302, 400, 401, 402, 403, 404, 405, 408, 409, 415, 420, 422, 451, 501), NEVER),
    429: {**READS, **WRITES},
    **dict.fromkeys((500, 502, 503, 504), READS),
}


@every_call
def test_a_status_is_repeated_for_calls_that_it_is_safe_for(wire: Wire, clients: ClientFactory, call: Call) -> None:
    client = clients.client(retries=1)
    for status, calls in REPEATED_FOR.items():
        clients.warnings.clear()
        clients.naps.clear()
        call.expect(wire, status=status)
        if call in calls.values():
            call.expect(wire)
            call.run(client)
            assert len(clients.warnings) == len(clients.naps) == 1
            assert f"HTTP {status}" in clients.warnings[0]
            assert "; retrying in " in clients.warnings[0]
            assert clients.warnings[0].endswith("s (attempt 2 of 2)")
        else:
            assert error_of(lambda: call.run(client)).status == status
            assert clients.warnings == clients.naps == []


@every_call
def test_after_the_last_attempt_the_failure_stands(wire: Wire, clients: ClientFactory, call: Call) -> None:
    attempts = 1 if call in MONEY.values() else 4
    for _attempt in range(attempts):
        call.expect(wire, status=429)
    error = error_of(lambda: call.run(clients.client(retries=3)))
    assert isinstance(error, Refused)
    assert error.status == 429
    assert [warning.rsplit("(", 1)[1] for warning in clients.warnings] == [
        f"attempt {number} of 4)" for number in range(2, attempts + 1)
    ]
    assert len(clients.naps) == attempts - 1


@every_call
def test_the_page_of_a_proxy_is_no_answer_and_not_repeated(wire: Wire, clients: ClientFactory, call: Call) -> None:
    call.expect(wire, status=203, body="<html></html>")
    error = error_of(lambda: call.run(clients.client(retries=3)))
    assert isinstance(error, UnknownOutcome)
    assert "returned HTTP 203, but the response " in error.message
    assert error.status == 203
    assert clients.warnings == []


# -- how long it waits -------------------------------------------------------------------------------------------------


NOW = 1_800_000_000


def after(seconds: int) -> str:
    return email.utils.formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        pytest.param("15", 15, 15.5, id="seconds"),
        pytest.param("0", 0, 0.5, id="none"),
        pytest.param("-7", 0, 0.5, id="negative"),
        pytest.param("86400", 60, 60, id="a-day"),
        pytest.param("9" * 30, 60, 60, id="absurd"),
        pytest.param("9" * 400, 0.5, 60, id="beyond-a-float"),
        pytest.param("9" * 5000, 0.5, 60, id="beyond-an-integer"),
        pytest.param(after(3600), 60, 60, id="date-in-an-hour"),
        pytest.param(after(20), 20, 20.5, id="date-soon"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0.5, id="date-in-the-past"),
        pytest.param("Wed, 21 Oct 99999 07:28:00 GMT", 0.5, 1, id="no-such-date"),
        pytest.param("soon", 0.5, 1, id="word"),
        pytest.param("1.5", 0.5, 1, id="fraction"),
        pytest.param(",", 0.5, 1, id="comma"),
        pytest.param("", 0.5, 1, id="empty"),
        pytest.param(None, 0.5, 1, id="missing"),
    ],
)
def test_retry_after_is_honoured_and_capped(
    wire: Wire,
    clients: ClientFactory,
    monkeypatch: pytest.MonkeyPatch,
    retry_after: str | None,
    least: float,
    most: float,
) -> None:
    monkeypatch.setattr(_request, "time", SimpleNamespace(time=lambda: float(NOW)))
    headers = None if retry_after is None else {"Retry-After": retry_after}
    for status in (429, 503):
        wire.expect("GET", BALANCE, status=status, headers=headers)
        wire.expect("GET", BALANCE, body={"value": 1})
        clients.client(retries=1).get_balance()
    assert len(clients.naps) == 2
    for nap in clients.naps:
        assert least <= nap <= most


def test_without_retry_after_each_wait_is_twice_as_long_and_never_in_step(wire: Wire, clients: ClientFactory) -> None:
    for _attempt in range(11):
        wire.expect("GET", BALANCE, status=503)
    error_of(clients.client(retries=10).get_balance)
    for number, nap in enumerate(clients.naps):
        assert min(60, 0.5 * 2**number) <= nap <= min(60, 0.5 * 2**number + 0.5)
    assert [f"{nap:.1f} s" in warning for nap, warning in zip(clients.naps, clients.warnings)] == [True] * 10
    jitter = {round(nap - 0.5 * 2**number, 6) for number, nap in enumerate(clients.naps[:6])}
    assert len(jitter) == 6


def test_no_call_is_repeated_later_than_its_deadline(wire: Wire, clients: ClientFactory) -> None:
    for _attempt in range(4):
        wire.expect("GET", BALANCE, status=503, headers={"Retry-After": "25"})
    assert error_of(clients.client(retries=1000, deadline=100.0).get_balance).status == 503
    assert len(clients.naps) == 3
    assert 75 <= sum(clients.naps) <= 100


def test_a_limit_that_others_use_up_while_a_call_waits_is_no_failed_attempt(wire: Wire, clients: ClientFactory) -> None:
    for status in (429, 429, 429, 200):
        wire.expect("GET", BALANCE, status=status, body={"value": 1})

    def another_comes_through(_seconds: float) -> None:
        # Before the next attempt begins, as from another thread.
        if len(clients.naps) < 3:
            with client._limiter.attempt():
                pass

    client = clients.client(another_comes_through, retries=1)
    assert client.get_balance().value == 1


def test_the_time_that_attempts_take_counts_as_well(serve: t.Callable[..., Server], clients: ClientFactory) -> None:
    def slow(_request: bytes) -> bytes:
        clients.now += 149
        return http(503, "", "Retry-After: 0")

    server = serve(*[slow] * 9)
    error_of(clients.client(**at(server), retries=1000).get_balance)
    assert len(server.requests) == 3


# -- no answer: what is known of the outcome, on real sockets ----------------------------------------------------------


def at(server: Server, **options: t.Any) -> dict[str, t.Any]:
    return {"rest_url": server.url, "api_url": server.url, "timeout": HANGS, **options}


@every_call
def test_a_refused_connection_sends_nothing(serve: t.Callable[..., Server], clients: ClientFactory, call: Call) -> None:
    server = serve(listen=False)
    error = error_of(lambda: call.run(clients.client(**at(server))))
    assert isinstance(error, NotSent)
    assert error.as_dict()["outcome"] == "not_sent"
    assert "was not sent: cannot connect (" in error.message
    assert "check the network, rest_url, api_url and any proxy" in error.message
    assert (error.status, error.as_dict()["path"]) == (None, call.request["path"])


@every_call
def test_after_a_refused_connection_everything_but_money_is_sent_again(
    serve: t.Callable[..., Server], clients: ClientFactory, call: Call
) -> None:
    server = serve(call.answer, listen=False)
    client = clients.client(**at(server, retries=1), sleep=server.listen)
    if call in MONEY.values():
        assert isinstance(error_of(lambda: call.run(client)), NotSent)
        assert clients.naps == []
        assert server.requests == []
    else:
        call.run(client)
        assert server.methods() == [call.request["method"]]
        assert len(clients.warnings) == 1


@every_call
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(CLOSE, id="closed"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{", id="cut"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\nConnection: close\r\n", id="not-http"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}",
            id="two-lengths",
        ),
    ],
)
def test_a_dropped_connection_leaves_a_write_unknown_and_unrepeated(
    serve: t.Callable[..., Server], clients: ClientFactory, call: Call, fault: bytes
) -> None:
    server = serve(fault, call.answer)
    client = clients.client(**at(server, retries=3))
    if call in READS.values():
        call.run(client)
        assert server.methods() == [call.request["method"]] * 2
        assert len(clients.warnings) == 1
    else:
        error = error_of(lambda: call.run(client))
        assert isinstance(error, UnknownOutcome)
        assert error.as_dict()["outcome"] == "unknown"
        where = f"{call.request['method']} {server.url}{call.request['path']}"
        assert f"{where} was sent, but its outcome is unknown: " in error.message
        assert server.methods() == [call.request["method"]]
        assert clients.warnings == []


@every_call
def test_a_server_that_stalls_leaves_a_write_unknown_and_unrepeated(
    serve: t.Callable[..., Server], clients: ClientFactory, call: Call
) -> None:
    server = serve(STALL, call.answer)

    def now_it_answers(_seconds: float) -> None:
        # On a busy machine the server may read a request later than the client gives it up.
        assert server.stalled.wait(HANGS)
        client._connection = client._connection._replace(timeout=HANGS)

    client = clients.client(now_it_answers, **at(server, retries=3, timeout=0.2))
    if call in READS.values():
        call.run(client)
        assert server.methods() == [call.request["method"]] * 2
        assert "got no response: timed out after 0.2 s; retrying" in clients.warnings[0]
    else:
        error = error_of(lambda: call.run(client))
        assert isinstance(error, UnknownOutcome)
        assert "was sent, but its outcome is unknown: timed out after 0.2 s" in error.message
        assert server.stalled.wait(HANGS)
        assert server.methods() == [call.request["method"]]


@pytest.mark.parametrize("call", [*WRITES.values(), *MONEY.values()], ids=[*WRITES, *MONEY])
def test_a_write_never_uses_a_connection_that_was_idle(
    serve: t.Callable[..., Server], clients: ClientFactory, call: Call
) -> None:
    server = serve(http(200, {"value": 1}), http(200, {"value": 1}), call.answer)
    client = clients.client(**at(server))
    client.get_balance()
    client.get_balance()
    assert server.connections == 1
    call.run(client)
    assert server.connections == 2


@every_call
def test_a_connect_timeout_sends_nothing(wire: Wire, clients: ClientFactory, call: Call) -> None:
    call.expect(wire, body=requests.ConnectTimeout("timed out"))
    client = clients.client(retries=1)
    if call in MONEY.values():
        assert isinstance(error_of(lambda: call.run(client)), NotSent)
    else:
        call.expect(wire)
        call.run(client)


@pytest.mark.parametrize("call", [CALLS[name] for name in ("get_balance", "create_secret", "top_up")])
def test_a_proxy_that_is_away_or_declines_sends_nothing(
    serve: t.Callable[..., Server], clients: ClientFactory, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    target = "https://192.0.2.1"
    away, declines = serve(listen=False), serve(http(407, "", "Connection: close"))
    for proxy in (away, declines):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = error_of(lambda: call.run(clients.client(rest_url=target, api_url=target)))
        assert isinstance(error, NotSent)
        assert "check the network, rest_url, api_url and any proxy" in error.message
    assert declines.methods() == ["CONNECT"]
    assert b"authorization" not in declines.requests[0].lower()


# Each has the password of a proxy, and something that no address may have. Releases of requests and urllib3 differ in
# what they trip over, and how.
MALFORMED_PROXIES = [
    "http://user:Pr0xyPass@[::1",
    "http://user:Pr0xyPass@host:port",
    "http://user:Pr0xyPass@host:99999",
    "http://user:Pr0xyPass@",
    "http://user:Pr0xyPass@.",
    "http://user:Pr0xyPass@h ost:1",
    "http://user:Pr0xyPass@\udcff:1",
    "http://user:Pr0xy/Pass@127.0.0.1:1",
    "http://user:Pr0xy#Pass@127.0.0.1:1",
    "http://user:Pr0xy@Pass@127.0.0.1:1",
    "http:///user:Pr0xyPass@127.0.0.1:1",
    "user:Pr0xyPass@127.0.0.1:1",
    "ftp://user:Pr0xyPass@127.0.0.1:1",
]


@pytest.mark.parametrize("address", MALFORMED_PROXIES)
@pytest.mark.parametrize("call", [CALLS[name] for name in ("get_balance", "create_secret", "top_up")])
def test_a_proxy_with_a_malformed_address_sends_nothing_and_is_shown_without_its_login(
    clients: ClientFactory, monkeypatch: pytest.MonkeyPatch, call: Call, address: str
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, address)
    target = "https://192.0.2.1"
    error = error_of(lambda: call.run(clients.client(rest_url=target, api_url=target, retries=1)))
    assert isinstance(error, NotSent)
    assert "check the network, rest_url, api_url and any proxy" in error.message
    for shown in (error.message, *clients.warnings):
        assert "Pr0xy" not in shown
        assert "Pass" not in shown


@every_call
def test_a_proxy_that_drops_a_request_leaves_a_write_unknown_and_unrepeated(
    serve: t.Callable[..., Server], clients: ClientFactory, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    proxy = serve(CLOSE, call.answer)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    target = {"rest_url": "http://192.0.2.1", "api_url": "http://192.0.2.1"}
    client = clients.client(**target, validate_certs=False, retries=3)
    if call in READS.values():
        call.run(client)
        assert proxy.methods() == [call.request["method"]] * 2
    else:
        assert isinstance(error_of(lambda: call.run(client)), UnknownOutcome)
        assert proxy.methods() == [call.request["method"]]


@every_call
def test_a_proxy_is_not_shown_what_goes_to_this_machine(
    serve: t.Callable[..., Server], clients: ClientFactory, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    server, proxy = serve(call.answer), serve(http(200, "{}"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    call.run(clients.client(**at(server)))
    assert len(server.requests) == 1
    assert proxy.connections == 0


@every_call
@pytest.mark.parametrize("silent", [False, True], ids=["reset", "silent"])
def test_a_handshake_that_breaks_sends_nothing(clients: ClientFactory, call: Call, silent: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept = []

        def serve() -> None:
            connection, _address = listener.accept()
            kept.append(connection)
            if not silent:
                connection.recv(65536)
                # With this, closing is a reset.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        error = error_of(lambda: call.run(clients.client(rest_url=url, api_url=url, timeout=0.5)))
        thread.join()
        kept[0].close()
    assert isinstance(error, NotSent)


# Of a server named other.example, for a hundred years; it signs itself.
OTHER_EXAMPLE = {
    "PRIVATE KEY": """
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzdcJAxSutAWJhY8s
BlhJjgi2v3NLyxSRn7wA/3g7hq6hRANCAAT8N245aIDuwbSD+/kpkTnftDk815nI
5uuwR16LPpCuKlWRMqoq802NcaLJVHBYnRiAUvI1fnfY40FmTGF7TPGj
""",
    "CERTIFICATE": """
MIIBoTCCAUegAwIBAgIURBti8wIV+RJkZnRbWAqwfokiRH0wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNb3RoZXIuZXhhbXBsZTAgFw0yNjExMjkwMjA5NTVaGA8yMTI2
MTEwNTAyMDk1NVowGDEWMBQGA1UEAwwNb3RoZXIuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABPw3bjlogO7BtIP7+SmROd+0OTzXmcjm67BHXos+kK4q
VZEyqirzTY1xoslUcFidGIBS8jV+d9jjQWZMYXtM8aOjbTBrMB0GA1UdDgQWBBS7
W/D04+TCAUZTIRj5mDhpgVQ8LzAfBgNVHSMEGDAWgBS7W/D04+TCAUZTIRj5mDhp
gVQ8LzAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDW90aGVyLmV4YW1wbGUw
CgYIKoZIzj0EAwIDSAAwRQIhAKKqeWGKmuGD36w4p+aXTviNxHjIU4XG3WGLiRi7
NH6MAiA2hdFvgvH/7ioxkX4u1xZciAf2TPzbPJjJkiVcv2ItiQ==
""",
}


@every_call
def test_a_certificate_of_another_host_sends_nothing(clients: ClientFactory, tmp_path: t.Any, call: Call) -> None:
    path = tmp_path / "other.pem"
    path.write_text(
        "".join(f"-----BEGIN {kind}-----{text}-----END {kind}-----\n" for kind, text in OTHER_EXAMPLE.items())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    arrived = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tunnel:
                arrived.append(tunnel.recv(65536))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        error = error_of(lambda: call.run(clients.client(rest_url=url, api_url=url, timeout=HANGS, ca_path=str(path))))
        thread.join()
    assert isinstance(error, NotSent)
    assert "cannot verify the server's certificate" in error.message
    assert b"".join(arrived) == b""


@every_call
@pytest.mark.parametrize(
    "broken",
    [
        AttributeError("read"),
        KeyError(SECRET),
        # What releases of requests and urllib3 let through.
        urllib3.exceptions.HTTPError("odd"),
        ConnectionResetError("reset"),
        socket.timeout("slow"),
        ssl.SSLError("odd"),
    ],
    ids=repr,
)
def test_whatever_breaks_while_an_answer_is_read_leaves_a_write_unknown(
    wire: Wire, clients: ClientFactory, call: Call, broken: Exception
) -> None:
    call.expect(wire, body=broken)
    error = error_of(lambda: call.run(clients.client(retries=0)))
    assert isinstance(error, UnknownOutcome)
    assert SECRET not in error.message


@every_call
def test_a_hint_before_the_answer_is_none(serve: t.Callable[..., Server], clients: ClientFactory, call: Call) -> None:
    server = serve(http(103, "") + call.answer)
    assert isinstance(error_of(lambda: call.run(clients.client(**at(server)))), UnknownOutcome)
    assert len(server.requests) == 1


@every_call
def test_an_answer_that_was_cut_off_is_none(wire: Wire, clients: ClientFactory, call: Call) -> None:
    call.expect(wire, body="", status=call.status, headers={"Content-Length": "58"})
    assert isinstance(error_of(lambda: call.run(clients.client(retries=0))), UnknownOutcome)


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "many"])
def test_a_length_that_is_no_number_does_not_matter(wire: Wire, clients: ClientFactory, length: str) -> None:
    call = CALLS["top_up"]
    call.expect(wire, **call.good, headers={"Content-Length": length})
    call.run(clients.client())


def test_a_host_name_that_cannot_be_one_is_not_tried_again(clients: ClientFactory) -> None:
    error = error_of(lambda: clients.client(rest_url="https://*.x", retries=3).get_balance())
    assert isinstance(error, NotSent)
    assert clients.naps == []


@pytest.mark.parametrize("call", [CALLS[name] for name in ("get_balance", "top_up")])
@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_without_certificates_sends_nothing(
    serve: t.Callable[..., Server], clients: ClientFactory, tmp_path: t.Any, call: Call, content: str
) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content)
    server = serve(call.answer)
    url = server.url.replace("http://", "https://")
    error = error_of(lambda: call.run(clients.client(rest_url=url, ca_path=str(path))))
    assert isinstance(error, NotSent)
    assert "ca_path" in error.message
    assert server.requests == []


def test_a_ca_file_without_certificates_is_not_tried_again(
    serve: t.Callable[..., Server], clients: ClientFactory, tmp_path: t.Any
) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    url = serve().url.replace("http://", "https://")
    error_of(lambda: clients.client(rest_url=url, ca_path=str(path), retries=1).get_balance())
    assert clients.naps == []


@every_call
@pytest.mark.parametrize("answer", [CLOSE, b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["closed", "plain-http"])
def test_a_server_without_tls_gets_nothing(clients: ClientFactory, call: Call, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        error = error_of(lambda: call.run(clients.client(rest_url=url, api_url=url, timeout=HANGS)))
        thread.join()
    assert isinstance(error, NotSent)
    assert "was not sent: " in error.message


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nDate: x\r\nConnection: close\r\nContent-Ty",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsuccess",
    ],
)
def test_an_answer_that_does_not_say_where_it_ends_is_no_payment(
    serve: t.Callable[..., Server], clients: ClientFactory, head: bytes
) -> None:
    server = serve(head, close=True)
    assert isinstance(error_of(lambda: clients.client(**at(server)).top_up("x")), UnknownOutcome)


@pytest.mark.parametrize("end", [b"Content-Length: 0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
def test_an_empty_answer_that_says_where_it_ends_is_a_payment(
    serve: t.Callable[..., Server], clients: ClientFactory, end: bytes
) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\n" + end)
    clients.client(**at(server)).top_up("x")
    assert len(clients.warnings) == 1


@every_call
@pytest.mark.parametrize(
    "answer",
    [
        http(500, f"<p>&#{'9' * 5000};</p>"),
        http(200, '{"value": 1e9999999999999999999999}'),
        http(200, '{"value": ' + "9" * 400 + "}"),
        http(500, "", "Retry-After: 0 Jan , ."),
        http(500, '{"title": "\\ud800", "detail": "&#xd800; %ff \\u00"}'),
    ],
    ids=["entity", "exponent", "integer", "date", "surrogate"],
)
def test_no_answer_breaks_the_client(
    serve: t.Callable[..., Server], clients: ClientFactory, call: Call, answer: bytes
) -> None:
    server = serve(answer)
    assert isinstance(error_of(lambda: call.run(clients.client(**at(server)))), UnknownOutcome)


@pytest.mark.parametrize("call", WRITES.values(), ids=list(WRITES))
def test_a_write_that_reached_vonage_once_is_not_called_unsent(wire: Wire, clients: ClientFactory, call: Call) -> None:
    call.expect(wire, status=429, body="")
    call.expect(wire, body=requests.ConnectTimeout("timed out"))
    error = error_of(lambda: call.run(clients.client(retries=1)))
    assert isinstance(error, Refused)
    assert error.status == 429
    assert error.after_retry is True


def test_an_option_that_is_not_valid_unicode_sends_nothing(wire: Wire, clients: ClientFactory) -> None:
    error = error_of(lambda: clients.client(retries=3).top_up("\udcff"))
    assert isinstance(error, NotSent)
    assert "POST /account/top-up was not sent: an option contains invalid Unicode" in error.message
    assert clients.naps == []


def test_a_ca_file_that_is_gone_by_now_sends_nothing(clients: ClientFactory, tmp_path: t.Any) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("x")
    client = clients.client(rest_url="https://127.0.0.1:9", ca_path=str(path), retries=3)
    path.unlink()
    error = error_of(lambda: client.top_up("x"))
    assert isinstance(error, NotSent)
    assert "check ca_path and REQUESTS_CA_BUNDLE" in error.message
    assert clients.naps == []


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202e", "\ud800"], ids=ascii)
def test_what_is_no_http_is_shown_in_characters_that_show(wire: Wire, clients: ClientFactory, text: str) -> None:
    wire.expect("GET", BALANCE, body=requests.ConnectionError(f"{text}odd"))
    error = error_of(clients.client().get_balance)
    assert "got no response: " in error.message
    assert error.message.isprintable()


def test_what_a_dropped_connection_says_holds_no_secret(serve: t.Callable[..., Server], clients: ClientFactory) -> None:
    server = serve(f"{SECRET}\r\nConnection: close\r\n\r\n".encode(), CLOSE, CLOSE)
    error = error_of(clients.client(**at(server, retries=1)).get_balance)
    for text in [error.message, *clients.warnings]:
        assert SECRET not in text
