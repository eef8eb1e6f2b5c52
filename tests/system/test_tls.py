# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS: certificates that do not verify, a proxy's tunnel that breaks, and a CA bundle that all workers share."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from conftest import Rehearsal, Run
from own_client import Client, client, connection
from workplace import ACCOUNT, account

from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
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


# -- a CA bundle that is loaded once for all workers -------------------------------------------------------------------

BALANCE: dict[str, Any] = {"community.vonage.vonage_balance_info": {"retries": 0}}
REFUSED = "cannot verify the server's certificate"


def play(place: Rehearsal, simulator: Simulator, *tasks: dict[str, Any], **bundles: str) -> tuple[Run, list[str]]:
    """Run tasks in process; return with it which kind of process loaded which bundle.

    :param bundles: The variables that name the bundle to verify with.
    """
    loads = place.directory / "loads"
    loads.write_text("", encoding="utf-8")
    environment = {
        "VONAGE_REST_URL": simulator.url,
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "count_loads",
        "LOADS": str(loads),
        **dict.fromkeys(("VONAGE_CA_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), ""),
        **bundles,
    }
    run = place.play(*tasks, environment=environment, arguments=("-vvv",))
    assert "runs as a module" not in run.output
    return run, loads.read_text(encoding="utf-8").splitlines()


def stranger(directory: Path) -> str:
    """The file of a CA that signed nothing."""
    path = directory / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return str(path)


@pytest.mark.parametrize(
    "variable",
    [
        "VONAGE_CA_PATH",
        pytest.param("REQUESTS_CA_BUNDLE", marks=pytest.mark.full),
        pytest.param("CURL_CA_BUNDLE", marks=pytest.mark.full),
    ],
)
def test_the_workers_of_a_play_do_not_load_its_ca_bundle(
    place: Rehearsal, authority: tuple[trustme.LeafCert, str], variable: str
) -> None:
    certificate, ca_path = authority
    with secure(certificate, place.directory) as simulator:
        run, loads = play(place, simulator, BALANCE, BALANCE, {**BALANCE, "loop": [1, 2]}, **{variable: ca_path})
        assert run.status == 0, run.output
        assert len(simulator.log) == 4
    assert loads == [f"main {ca_path}"]


@pytest.mark.parametrize(
    "wrong", ["host", *(pytest.param(what, marks=pytest.mark.full) for what in ("authority", "date"))]
)
def test_what_does_not_verify_is_refused_with_a_bundle_that_is_loaded_already(
    place: Rehearsal, authority: tuple[trustme.LeafCert, str], wrong: str
) -> None:
    ca, other = trustme.CA(), trustme.CA()
    bundle = place.directory / "bundle.pem"
    ca.cert_pem.write_to_path(str(bundle))
    past = datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)
    certificate = {
        "authority": lambda: other.issue_cert("127.0.0.1"),
        "host": lambda: ca.issue_cert("127.0.0.2", "localhost"),
        "date": lambda: ca.issue_cert("127.0.0.1", not_before=past, not_after=past + datetime.timedelta(days=9)),
    }[wrong]()
    with secure(certificate, place.directory) as simulator:
        run, loads = play(place, simulator, BALANCE, VONAGE_CA_PATH=str(bundle))
        assert run.status != 0
        assert REFUSED in run.text
        assert simulator.log == []
    assert loads == [f"main {bundle}"]


@pytest.mark.parametrize("right_first", [True, pytest.param(False, marks=pytest.mark.full)])
def test_a_bundle_that_changes_is_loaded_again(
    place: Rehearsal, authority: tuple[trustme.LeafCert, str], right_first: bool
) -> None:
    certificate, right = authority
    texts = [Path(path).read_text(encoding="ascii") for path in (right, stranger(place.directory))]
    before, after = texts if right_first else reversed(texts)
    bundle = place.directory / "bundle.pem"
    bundle.write_text(before, encoding="ascii")
    tried = {**BALANCE, "ignore_errors": True}
    change = {"ansible.builtin.copy": {"dest": str(bundle), "content": after}}
    with secure(certificate, place.directory) as simulator:
        run, loads = play(place, simulator, tried, change, tried, VONAGE_CA_PATH=str(bundle))
        assert len(simulator.log) == 1
    outcomes = [REFUSED in " ".join(part.split()) for part in run.output.split("\nTASK [")[1:]]
    assert outcomes == [not right_first, False, right_first], run.output
    assert loads == [f"main {bundle}", f"worker {bundle}"]


def test_a_task_that_names_a_bundle_is_verified_with_that_one(
    place: Rehearsal, authority: tuple[trustme.LeafCert, str]
) -> None:
    certificate, ca_path = authority
    wrong = stranger(place.directory)
    named = {"community.vonage.vonage_balance_info": {"retries": 0, "ca_path": "{{ item }}"}, "loop": [ca_path, wrong]}
    with secure(certificate, place.directory) as simulator:
        run, loads = play(place, simulator, {**named, "ignore_errors": True}, REQUESTS_CA_BUNDLE=ca_path)
        assert len(simulator.log) == 1
        assert REFUSED in run.text
        # The one that is named may be the one that is loaded already.
        assert loads == [f"main {ca_path}", f"worker {wrong}"]
        run, loads = play(place, simulator, {**named, "ignore_errors": True}, REQUESTS_CA_BUNDLE=wrong)
        assert len(simulator.log) == 2
        assert loads == [f"main {wrong}", f"worker {ca_path}"]


@pytest.mark.full
def test_a_task_that_does_not_verify_does_not_verify(place: Rehearsal, authority: tuple[trustme.LeafCert, str]) -> None:
    wrong = stranger(place.directory)
    careless = {"community.vonage.vonage_balance_info": {"retries": 0, "validate_certs": False}}
    with secure(authority[0], place.directory) as simulator:
        run, loads = play(place, simulator, careless, {**BALANCE, "ignore_errors": True}, REQUESTS_CA_BUNDLE=wrong)
        assert len(simulator.log) == 1
        assert REFUSED in run.text
    assert loads == [f"main {wrong}"]


class DrippingProxy:
    """A proxy with an https:// address, and behind it a server that sends one byte of TLS at a time, without an end."""

    def __init__(self, certificate: trustme.LeafCert) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> DrippingProxy:
        self._thread.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._ended.set()
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            accepted, _address = self._listener.accept()
            with self._context.wrap_socket(accepted, server_side=True) as connection:
                while b"\r\n\r\n" not in connection.recv(4096):
                    pass
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                connection.recv(4096)
                # The header of a long record of TLS, and then its content.
                connection.sendall(b"\x16\x03\x03\x3f\xff")
                while not self._ended.wait(0.02):
                    connection.sendall(b"\0")


def test_the_deadline_holds_for_tls_within_tls(
    authority: tuple[trustme.LeafCert, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, ca_path = authority
    with DrippingProxy(certificate) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        options = connection("https://192.0.2.1", ca_path=ca_path, timeout=30.0, deadline=0.5, retries=0)
        error = error_of(Client(options, warn=lambda _message: None).get_balance)
    assert "the deadline of 0.5 s passed while performing the TLS handshake" in error.message
