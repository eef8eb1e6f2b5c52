# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests share: a scripted exchange with Vonage, a small server on a real socket, and a module's input."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import responses
from ansible.module_utils import basic
from responses.registries import OrderedRegistry

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection

KEY = "abcd1234"
SECRET = "Curr3nt+Val/ue=Tests"
LOGIN = (KEY, SECRET)
NEW = "N3xt+Value/For=Tests"
SUBACCOUNT = "c0ffee01"

REST = "https://rest.nexmo.com"
API = "https://api.nexmo.com"
BALANCE = "/account/get-balance"
TOP_UP = "/account/top-up"
SETTINGS = "/account/settings"
SECRETS = f"/accounts/{KEY}/secrets"
SUBACCOUNTS = f"/accounts/{KEY}/subaccounts"

FORM = "application/x-www-form-urlencoded"

OLD_ID = "37d0cbf6-5fac-4656-a5c9-13b485d6fff0"
NEW_ID = "1888cad1-4543-49ee-9e72-b94a6122b493"
CREATED_AT = {OLD_ID: "2025-01-02T03:04:05Z", NEW_ID: "2026-03-04T05:06:07Z"}

OPTIONS: dict[str, t.Any] = {
    "api_key": KEY,
    "api_secret": SECRET,
    "rest_url": REST,
    "api_url": API,
    "timeout": 30.0,
    "deadline": 300.0,
    "retries": 0,
    "validate_certs": True,
    "ca_path": None,
}


def run_apart(code: str, params: t.Any) -> t.Any:
    """Run code in a Python of its own, which has imported nothing yet, and return what it prints as JSON.

    :param code: It finds the parameters as JSON in its first argument.
    :param params: The parameters.
    """
    collections = str(Path(__file__).resolve().parents[6])
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(params)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([collections, *filter(None, [os.environ.get("PYTHONPATH")])])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def problem(fragment: str, title: str, detail: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    """An error body of the api host."""
    kind = f"https://developer.nexmo.com/api-errors/account/secret-management#{fragment}"
    return {"type": kind, "title": title, **({"detail": detail} if detail else {}), "instance": "0f00ba12", **more}


def legacy(code: str, label: str) -> dict[str, t.Any]:
    """An error body of the rest host."""
    return {"error-code": code, "error-code-label": label}


UNAUTHORIZED = problem("unauthorized", "Unauthorized", "You did not provide correct credentials.")


def row(secret_id: str) -> dict[str, t.Any]:
    """A secret as the collection returns it."""
    return {"id": secret_id, "created_at": CREATED_AT[secret_id]}


def vonage_row(secret_id: str) -> dict[str, t.Any]:
    """A secret as Vonage returns it."""
    return {"_links": {"self": {"href": f"{SECRETS}/{secret_id}"}}, **row(secret_id)}


def listing(*secret_ids: str, account: str = KEY) -> dict[str, t.Any]:
    """A list of secrets as Vonage returns it, the newest first."""
    return {
        "_links": {"self": {"href": f"/accounts/{account}/secrets"}},
        "_embedded": {"secrets": [vonage_row(secret_id) for secret_id in reversed(secret_ids)]},
    }


PRIMARY = {
    "api_key": KEY,
    "name": None,
    "balance": 50.25,
    "credit_limit": 0.0,
    "suspended": False,
    "created_at": "2024-02-03T04:05:06.000Z",
}
SHARING = {
    "api_key": SUBACCOUNT,
    "primary_account_api_key": KEY,
    "use_primary_account_balance": True,
    "name": "Shop Berlin",
    "balance": None,
    "credit_limit": None,
    "suspended": False,
    "created_at": "2025-05-06T07:08:09.000Z",
}
INDEPENDENT = {
    **SHARING,
    "api_key": "5ab00002",
    "use_primary_account_balance": False,
    "name": "Shop Lyon",
    "balance": 10.5,
    "credit_limit": -2.0,
    "suspended": True,
    "created_at": "2025-06-07T08:09:10.000Z",
}


def family(*subaccounts: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """A list of subaccounts as Vonage returns it, the newest first."""
    return {
        "_links": {"self": {"href": SUBACCOUNTS}},
        "total_balance": 60.75,
        "total_credit_limit": -2.0,
        "_embedded": {"primary_account": PRIMARY, "subaccounts": list(reversed(subaccounts))},
        **more,
    }


def returned_account(account: dict[str, t.Any]) -> dict[str, t.Any]:
    """An account as the collection returns it."""
    links = {"primary_account_api_key": None, "use_primary_account_balance": None}
    return {**links, **account, "created_at": account["created_at"].replace(".000", "")}


def basic_auth(login: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(login).encode()).decode()


def shapes(value: str, key: str = KEY) -> list[str]:
    """Every form in which a secret could show: in clear, and as it travels."""
    return [
        value,
        quote(value, safe=""),
        quote_plus(value),
        json.dumps(value)[1:-1],
        base64.b64encode(value.encode()).decode(),
        base64.b64encode(f"{key}:{value}".encode()).decode(),
    ]


class Wire:
    """The requests that must come, in this order and exactly as described, and the answer to each."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self._mock = mock
        self._expected = 0

    def expect(
        self,
        method: str,
        path: str,
        *,
        base: str = "",
        login: tuple[str, str] = LOGIN,
        form: dict[str, str] | None = None,
        json_body: t.Any = None,
        status: int = 200,
        body: t.Any = "",
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Expect one more request.

        :param base: Base URL; by default that of the host that serves the path in public.
        :param body: Text or bytes to answer, anything else as JSON; or the exception that the request ends in.
        """
        url = (base or (API if path.startswith("/accounts/") else REST)) + path
        raw = isinstance(body, (str, bytes, Exception))
        self._expected += 1
        self._mock.add(
            method,
            url,
            status=status,
            body=body if raw else json.dumps(body),
            content_type=content_type,
            headers=headers or {},
            # As servers do; some answers count only when it is known that they are whole.
            auto_calculate_content_length="Content-Length" not in (headers or {}),
            match=[_exactly(url, login, form, json_body)],
        )

    def list(self, *secret_ids: str, account: str = KEY, login: tuple[str, str] = LOGIN) -> None:
        """Expect the list of secrets to be read, and answer these ids."""
        self.expect("GET", f"/accounts/{account}/secrets", login=login, body=listing(*secret_ids, account=account))

    def refuse(self, value: str, account: str = KEY) -> None:
        """Expect a login to an account with a value, and refuse it."""
        self.expect("GET", f"/accounts/{account}/secrets", login=(account, value), status=401, body=UNAUTHORIZED)

    def create(self, status: int, body: t.Any, value: str = NEW, account: str = KEY) -> None:
        """Expect a secret to be created."""
        path = f"/accounts/{account}/secrets"
        self.expect("POST", path, json_body={"secret": value}, status=status, body=body)

    def delete(self, secret_id: str, status: int = 204, body: t.Any = "") -> None:
        """Expect a secret to be revoked."""
        self.expect("DELETE", f"{SECRETS}/{secret_id}", status=status, body=body)

    def balance(self, body: str = '{"value": 12.34000000, "autoReload": true}') -> None:
        """Expect the balance to be read."""
        self.expect("GET", BALANCE, body=body)

    def sent(self, number: int = -1) -> t.Any:
        """One of the requests that were sent, by default the last."""
        return self._mock.calls[number].request

    def check(self) -> None:
        """Fail when a request came that was not expected; those that did not come, the mock reports itself."""
        came = [f"{call.request.method} {call.request.url}" for call in self._mock.calls]
        assert len(came) == self._expected, came


def _exactly(url: str, login: tuple[str, str], form: dict[str, str] | None, json_body: t.Any) -> t.Any:
    content_type = FORM if form is not None else "application/json" if json_body is not None else None
    headers = {"Accept": "application/json", "Authorization": basic_auth(login), "Content-Type": content_type}
    text = urlencode(form) if form is not None else json.dumps(json_body) if json_body is not None else ""

    def match(request: t.Any) -> tuple[bool, str]:
        body = request.body or ""
        body = body.decode() if isinstance(body, bytes) else body
        if json_body is not None and body:
            body = json.dumps(json.loads(body))
        seen = request.url, {name: request.headers.get(name) for name in headers}, body
        return seen == (url, headers, text), f"{seen} is not {(url, headers, text)}"

    return match


@contextmanager
def scripted() -> Iterator[Wire]:
    """A script of requests; one request too many, too few, or in another order fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=True, registry=OrderedRegistry) as mock:
        wire = Wire(mock)
        yield wire
        wire.check()


class ClientFactory:
    """Makes clients with a simulated clock, and records their warnings and waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.warnings: list[str] = []
        self.naps: list[float] = []

    def nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def client(self, sleep: t.Callable[[float], t.Any] | None = None, **options: t.Any) -> Client:
        connection = Connection.from_params({**OPTIONS, **options})

        def nap(seconds: float) -> None:
            self.nap(seconds)
            if sleep:
                sleep(seconds)

        return Client(connection, warn=self.warnings.append, sleep=nap, clock=lambda: self.now)


# What a server may do instead of answering.
CLOSE = b""
STALL = None
Answer = t.Union[bytes, None, t.Callable[[bytes], bytes]]  # noqa: UP007  # evaluated, by Python 3.9 too


class Server:
    """A server on a loopback port that answers each request with the next of its answers.

    An answer is bytes, CLOSE, STALL, or a function that makes bytes of the request.

    :param listen: Whether to take connections at once.
    :param close: Whether to close each connection after an answer.
    :ivar requests: The requests as they came, head and body.
    :ivar connections: How many connections were made.
    :ivar stalled: Set once a request was read that is answered with STALL.
    """

    def __init__(self, *answers: Answer, listen: bool = True, close: bool = False) -> None:
        self._close = close
        self.requests: list[bytes] = []
        self.connections = 0
        self.stalled = threading.Event()
        self._answers = list(answers)
        self._stopped = threading.Event()
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        if listen:
            self.listen()

    def listen(self, _seconds: float = 0) -> None:
        """Begin to take connections; until then, they are refused."""
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._socket.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def methods(self) -> list[str]:
        return [request.split(b" ", 1)[0].decode() for request in self.requests]

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        # A client may close a connection in the middle of an answer.
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        return
                    head += line
                length = next(
                    (int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length:")), 0
                )
                self.requests.append(head + stream.read(length))
                answer = self._answers.pop(0) if self._answers else CLOSE
                if callable(answer):
                    answer = answer(self.requests[-1])
                if answer is STALL:
                    self.stalled.set()
                    self._stopped.wait()
                    return
                if answer == CLOSE:
                    return
                connection.sendall(answer)
                if self._close or b"connection: close" in answer.lower():
                    return


def http(status: int, body: t.Any = "", *headers: str) -> bytes:
    """An HTTP answer in bytes."""
    text = (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(text)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + text


def echo(status: int) -> t.Callable[[bytes], bytes]:
    """An answer that repeats the secrets of its request in every field and in every form."""

    def answer(request: bytes) -> bytes:
        head, _separator, content = request.decode().partition("\r\n\r\n")
        encoded = next(line for line in head.splitlines() if line.startswith("Authorization: Basic ")).split()[-1]
        key, _colon, value = base64.b64decode(encoded).decode().partition(":")
        text = " ".join([encoded, *shapes(value, key)])
        if content.startswith("{"):
            text += " ".join(shapes(json.loads(content)["secret"], key))
        body = problem(text, text, text, invalid_parameters=[{"name": text, "reason": text}])
        return http(status, {**body, "error-code": text}, f"X-Request-Id: {text}")

    return answer


def set_module_args(monkeypatch: t.Any, options: dict[str, t.Any], **internal: t.Any) -> None:
    """Make options the input of the next AnsibleModule, as ansible-core 2.16 to 2.21 read it."""
    given = {**options, **{f"_ansible_{name}": value for name, value in internal.items()}}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
    # Read since ansible-core 2.19.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
