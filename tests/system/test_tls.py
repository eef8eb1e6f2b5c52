# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS: certificates that do not verify, and a proxy's tunnel that breaks after the request has arrived."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from own_client import Client, client
from workplace import ACCOUNT, account

from ansible_collections.community.vonage.plugins.module_utils._errors import (
    NotSent,
    UnknownOutcome,
    VonageError,
)
from vonage_simulator.server import Simulator

WRITES: dict[str, Callable[[Client], object]] = {
    "top-up": lambda client: client.top_up("00X123"),
    "create": lambda client: client.create_secret(ACCOUNT, "Another0ne"),
    "revoke": lambda client: client.delete_secret(ACCOUNT, "some-id"),
}


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.LeafCert, str]:
    """A certificate for the loopback address and for one behind a proxy, and the file of the CA that signed it."""
    ca = trustme.CA()
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca.issue_cert("127.0.0.1", "192.0.2.1"), str(path)


def error_of(call: Callable[[], object]) -> VonageError:
    with pytest.raises(VonageError) as caught:
        call()
    return caught.value


@contextlib.contextmanager
def secure(certificate: trustme.LeafCert, directory: Path) -> Iterator[Simulator]:
    pem = directory / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    with Simulator(accounts=[account()], tls_cert=str(pem)) as simulator:
        yield simulator


@pytest.mark.parametrize("bundle", ["the environment's", "none"])
def test_a_certificate_counts_only_when_the_named_authority_signed_it(
    authority: tuple[trustme.LeafCert, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    certificate, ca_path = authority
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    if bundle != "none":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger))
    with secure(certificate, tmp_path) as simulator:
        assert client(simulator.url, ca_path=ca_path).get_balance().value
        assert client(simulator.url, validate_certs=False).get_balance().value
        simulator.clear_log()
        for wrong in (client(simulator.url), client(simulator.url, ca_path=str(stranger))):
            error = error_of(wrong.get_balance)
            assert isinstance(error, NotSent)
            assert "set ca_path to the CA that signed it" in error.message
        assert simulator.log == []


def test_unverified_certificates_are_no_warning_of_each_request(
    authority: tuple[trustme.LeafCert, str], tmp_path: Path
) -> None:
    with secure(authority[0], tmp_path) as simulator, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        careless = client(simulator.url, validate_certs=False)
        for _request in range(2):
            careless.get_balance()
        assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize("name", WRITES)
def test_a_tunnel_that_breaks_leaves_a_write_unknown_and_unrepeated(
    authority: tuple[trustme.LeafCert, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    certificate, ca_path = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    requests: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    with context.wrap_socket(connection, server_side=True) as tunnel:
                        requests.append(tunnel.recv(65536).split(b" ", 1)[0])

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        for variable in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{listener.getsockname()[1]}")
        error = error_of(lambda: WRITES[name](client("https://192.0.2.1", ca_path=ca_path)))
        assert isinstance(error, UnknownOutcome)
        assert len(requests) == 1
        listener.shutdown(socket.SHUT_RDWR)
