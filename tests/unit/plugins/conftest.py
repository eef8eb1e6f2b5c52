# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures of the unit tests, and an environment that does not depend on the machine."""

from __future__ import annotations

import contextlib
import os
import socket
import typing as t
from collections.abc import Iterator

import hypothesis
import pytest

from ansible_collections.community.vonage.tests.unit.plugins.module_run import Run
from ansible_collections.community.vonage.tests.unit.plugins.wire import Answer, ClientFactory, Server, Wire, scripted

# No example is kept on disk, a slow machine is no failure, and the examples are the same each time.
hypothesis.settings.register_profile("unit", database=None, deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("VONAGE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", os.devnull)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test that fails from reaching a real server."""
    look_up = socket.getaddrinfo

    def only_here(host: t.Any, *args: t.Any, **options: t.Any) -> t.Any:
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise socket.gaierror(f"the tests look up no host such as {host}")
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """The requests that the test expects, and no others."""
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(scripted())


@pytest.fixture
def clients() -> ClientFactory:
    """Makes clients that do not sleep."""
    return ClientFactory()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs modules."""
    return Run(monkeypatch, capsys)


@pytest.fixture
def serve() -> Iterator[t.Callable[..., Server]]:
    """Starts servers on real sockets; all are stopped after the test."""
    servers: list[Server] = []

    def start(*answers: Answer, **options: t.Any) -> Server:
        servers.append(Server(*answers, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
