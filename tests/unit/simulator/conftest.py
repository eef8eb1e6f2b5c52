# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the simulator's tests: a running simulator on loopback, and one short way to call it."""

from __future__ import annotations

import base64
import http.client
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "roles" / "simulator" / "files"))

from vonage_simulator.server import Simulator  # noqa: E402  # the line above makes it importable

KEY = "c0ffee01"
VALUE = "Rehearsal0nlyPrimary"


@dataclass
class Answer:
    """What came back over the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The fragment of the problem's type."""
        return self.json["type"].partition("#")[2]


class Caller:
    """Sends requests to one simulator, by default as the default primary account."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def __call__(
        self,
        method: str,
        path: str,
        *,
        auth: tuple[str, str] | None = (KEY, VALUE),
        data: Any = None,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        url: str | None = None,
        timeout: float = 120,
    ) -> Answer:
        """Send one request on a connection of its own: ``data`` as JSON, ``form`` as a form."""
        sent = {"Accept": "application/json"}
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        body = None
        if data is not None:
            body, sent["Content-Type"] = json.dumps(data), "application/json"
        if form is not None:
            body, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        sent.update(headers or {})
        target = urlsplit(url or self.simulator.url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=timeout)
        try:
            connection.request(method, target.path + path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def secret_ids(self, key: str = KEY) -> list[str]:
        """List the ids of an account's secrets."""
        return [secret["id"] for secret in self("GET", f"/accounts/{key}/secrets").json["_embedded"]["secrets"]]

    def create(self, value: str, key: str = KEY) -> Answer:
        """Create a secret."""
        return self("POST", f"/accounts/{key}/secrets", data={"secret": value})


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Start simulators with arguments of one's own; all are stopped after the test."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: Caller(stack.enter_context(Simulator(*args, **kwargs)))


@pytest.fixture
def call(start: Callable[..., Caller]) -> Caller:
    """A caller of a simulator with the default accounts."""
    return start()


@pytest.fixture
def sim(call: Caller) -> Simulator:
    """The simulator behind ``call``."""
    return call.simulator
