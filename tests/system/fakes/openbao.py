# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenBao, the open fork of HashiCorp Vault: the real server, in its development mode.

Clients reach it through a proxy in this process, so that a test can look at the requests, step in between two of them,
or lose an answer. What is answered comes from the server.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from workplace import HANGS, wait_for

from fakes.server import Answer, Fake, Request

_BINARY = Path(sys.executable).with_name("bao")
# Headers that a proxy passes on, the others being about the connection.
_PASSED_ON = ("authorization", "content-type", "x-vault-namespace", "x-vault-request", "x-vault-token")


class OpenBao(Fake):
    """A server with one KV version 2 engine at `secret`, empty. It runs until the end of the context.

    :param cas_required: Whether each write has to say which version it expects.
    :ivar root_token: A token that may do anything.
    """

    def __init__(self, cas_required: bool = False) -> None:
        super().__init__()
        self.root_token = uuid.uuid4().hex
        self._directory = tempfile.TemporaryDirectory(prefix="openbao-")
        self._log = Path(self._directory.name) / "log"
        self._start()
        if cas_required:
            self.require_cas()

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self._process.kill()
        self._process.wait(HANGS)
        self._directory.cleanup()

    def _start(self) -> None:
        # Another process may take the port before the server does, which then ends.
        for _attempt in range(5):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self._port = free.getsockname()[1]
            options = (
                "-dev",
                "-dev-no-store-token",
                f"-dev-root-token-id={self.root_token}",
                f"-dev-listen-address=127.0.0.1:{self._port}",
            )
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    [str(_BINARY), "server", *options], stdout=log, stderr=subprocess.STDOUT
                )
            wait_for(lambda: self._process.poll() is not None or self._is_ready(), "OpenBao")
            if self._process.poll() is None:
                return
        raise RuntimeError(self._log.read_text(encoding="utf-8"))

    def _is_ready(self) -> bool:
        try:
            # The engine is there some time after the server.
            return self._send("GET", "/v1/secret/config").status == 200
        except OSError:
            return False

    # -- for tests -----------------------------------------------------------------------------------------------------

    def require_cas(self) -> None:
        """Have it refuse each write that does not say which version it expects."""
        self._ask("POST", "secret/config", {"cas_required": True})

    def allow(self, policy: Mapping[str, Sequence[str]]) -> str:
        """Make a token.

        :param policy: Path as in a policy of Vault (`*` at its end, `+` for one segment) -> capabilities.
        """
        made = self._ask("POST", "auth/token/create", {"policies": [self._add_policy(policy)]})
        token: str = made["auth"]["client_token"]
        return token

    def allow_approle(self, role_id: str, secret_id: str, policy: Mapping[str, Sequence[str]]) -> None:
        """Let an application log in."""
        role = "auth/approle/role/application"
        self._ask("POST", "sys/auth/approle", {"type": "approle"})
        self._ask("POST", role, {"token_policies": [self._add_policy(policy)]})
        self._ask("POST", f"{role}/role-id", {"role_id": role_id})
        self._ask("POST", f"{role}/custom-secret-id", {"secret_id": secret_id})

    def _add_policy(self, policy: Mapping[str, Sequence[str]]) -> str:
        name = f"policy-{uuid.uuid4().hex}"
        rules = {"path": {path: {"capabilities": list(rights)} for path, rights in policy.items()}}
        self._ask("PUT", f"sys/policies/acl/{name}", {"policy": json.dumps(rules)})
        return name

    def seal(self) -> None:
        """Seal it, as after a restart."""
        self._ask("PUT", "sys/seal")

    def unseal(self) -> None:
        found = re.search("Unseal Key: (.+)", self._log.read_text(encoding="utf-8"))
        assert found
        self._ask("PUT", "sys/unseal", {"key": found[1]})

    def put(self, path: str, data: dict[str, Any]) -> None:
        """Store a new version as somebody else does."""
        answer = self._send("GET", f"/v1/secret/metadata/{path}")
        version = json.loads(answer.content)["data"]["current_version"] if answer.status == 200 else 0
        self._ask("POST", f"secret/data/{path}", {"data": data, "options": {"cas": version}})

    def get(self, path: str) -> Any:
        """The newest version of a secret, or None."""
        answer = self._send("GET", f"/v1/secret/data/{path}")
        return json.loads(answer.content)["data"]["data"] if answer.status == 200 else None

    def delete(self, path: str) -> None:
        """Delete the newest version of a secret, so that it can be undeleted."""
        self._ask("DELETE", f"secret/data/{path}")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._send(method, f"/v1/{path}", json.dumps(body).encode() if body is not None else b"")
        assert answer.status < 300, f"{method} {path}: {answer}"
        return json.loads(answer.content) if answer.content else None

    # -- the proxy -----------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name in _PASSED_ON}
        query = f"?{urlencode(request.query)}" if request.query else ""
        return self._send(request.method, quote(request.path) + query, request.body, headers)

    def _send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=HANGS)
        try:
            root = {"X-Vault-Token": self.root_token}
            connection.request(method, path, body or None, dict(root if headers is None else headers))
            response = connection.getresponse()
            content = response.read()
            return Answer(response.status, content, {"Content-Type": response.headers.get("Content-Type", "")})
        finally:
            connection.close()
