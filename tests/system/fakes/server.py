# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fakes share: a server in threads of this process, its log, and a way to step in between two requests."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """A request as it came.

    :ivar path: Decoded, without the query.
    :ivar headers: With names in lower case.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Answer:
    """An answer in JSON; `content` is bytes that are JSON already, or None for no body."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Fake:
    """A context manager that serves while it is entered.

    :param tls_cert: PEM file with certificate and key; with it the fake speaks HTTPS.
    :ivar log: The requests so far, each with the status it was answered with.
    :ivar step_in: Is called with each request before it is answered, and may return another answer instead, or raise
        `ConnectionAbortedError` to drop the connection. It may change what the fake holds: that is how a test lets
        somebody else write in between.
    """

    def __init__(self, tls_cert: str | None = None) -> None:
        self.log: list[tuple[Request, int]] = []
        self.step_in: Callable[[Request], Answer | None] | None = None
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:
                """Print nothing."""

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                request = Request(self.command, unquote(parts.path), query, headers, body)
                try:
                    answer = fake.serve(request)
                except ConnectionAbortedError:
                    self.close_connection = True
                    return
                content = answer.content if answer.content is not None else b""
                if not isinstance(content, bytes):
                    content = json.dumps(content).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = _serve

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls_cert is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls_cert)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'http' if tls_cert is None else 'https'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Any:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop to serve: from now on, connections are refused."""
        if self._server.fileno() != -1:
            self._server.shutdown()
            self._server.server_close()

    def serve(self, request: Request) -> Answer:
        answer = self.step_in(request) if self.step_in else None
        if answer is None:
            # One at a time: what is compared and what is set belong together.
            with self._lock:
                answer = self.answer(request)
        self.log.append((request, answer.status))
        return answer

    def answer(self, request: Request) -> Answer:
        """Answer a request as the service does."""
        raise NotImplementedError

    def calls(self, *methods: str) -> list[str]:
        """The requests so far with one of these verbs (default: all), each as verb, path and status."""
        return [
            f"{request.method} {request.path} {status}"
            for request, status in self.log
            if not methods or request.method in methods
        ]
