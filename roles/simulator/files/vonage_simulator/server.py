# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: listeners, connections, TLS, and answers that are deliberately spoilt on their way."""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import ssl
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from . import control
from .engine import Engine
from .faults import Delivery, FaultRule
from .log import LogEntry
from .wire import API, REST, Request, Response

_LARGEST_BODY = 1024 * 1024
_BODY_PIECES = 10


class Simulator:
    """A running simulator; a context manager that starts it on entry and stops it on exit.

    Args:
        accounts: the list under ``accounts`` of the accounts file; None for the published default set.
        switches: switches that differ from their defaults.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        second_port: port of a second listener on the same accounts. With it, the first one serves ``/account/*``
            only and the second one ``/accounts/*`` only, as Vonage's two hosts do.
        path_prefix: what stands before every path, for example ``/proxy``.
        tls_cert: PEM file of the certificate chain; with it the simulator speaks HTTPS.
        tls_key: PEM file of the private key; None when it is in the same file.

    Attributes:
        url: base URL for ``/account/*``, and for everything when there is no second listener.
        second_url: base URL of the second listener, or None.
        port: the port of the first listener.
        clock, switches, state, faults: the simulator's parts, to be read and changed directly.
        stopping: set once the simulator was asked to end; whoever started it then calls `stop`.

    Raises:
        ValueError: if accounts or switches are not valid.
        OSError: if a port or a certificate file cannot be used.
    """

    def __init__(
        self,
        accounts: list[dict[str, Any]] | None = None,
        switches: dict[str, Any] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        second_port: int | None = None,
        path_prefix: str = "",
        tls_cert: str | None = None,
        tls_key: str | None = None,
    ) -> None:
        self.engine = Engine(accounts, switches)
        self.clock = self.engine.clock
        self.switches = self.engine.switches
        self.state = self.engine.state
        self.faults = self.engine.faults
        self.path_prefix = "/" + path_prefix.strip("/") if path_prefix.strip("/") else ""
        self.stopping = threading.Event()
        self.control = control.Control(self.engine)
        tls = None
        if tls_cert is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(tls_cert, tls_key)
        self._listeners = [_Listener(self, (host, port), (REST, API) if second_port is None else (REST,), tls)]
        if second_port is not None:
            self._listeners.append(_Listener(self, (host, second_port), (API,), tls))
        self.port = self._listeners[0].server_port
        urls = [listener.url + self.path_prefix for listener in self._listeners]
        self.url = urls[0]
        self.second_url = urls[1] if second_port is not None else None

    @property
    def rest_url(self) -> str:
        """Base URL for ``/account/*``."""
        return self.url

    @property
    def api_url(self) -> str:
        """Base URL for ``/accounts/*``."""
        return self.second_url or self.url

    @property
    def log(self) -> list[LogEntry]:
        """The requests to the API so far, oldest first."""
        return self.engine.log.entries()

    def requests(self, method: str | None = None, path_regex: str | None = None) -> list[LogEntry]:
        """Return the logged requests with this verb and a path in which the expression is found."""
        return self.engine.log.matching(method, path_regex)

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self.engine.log.clear()

    def add_fault(self, action: str, **fields: Any) -> FaultRule:
        """Add a fault rule and return it; its ``seen`` and ``fired`` count on.

        Args:
            action: what goes wrong, one of `faults.ACTIONS`.
            fields: when it goes wrong and how, see `faults.FaultRule`.

        Raises:
            FaultError: if the rule is not valid.
        """
        return self.faults.add({"action": action, **fields})

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self.faults.clear()

    def start(self) -> None:
        """Start to serve, in threads of this process."""
        for listener in self._listeners:
            threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop to serve and drop all connections. Call it once, after `start`."""
        self.stopping.set()
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()
            listener.drop_connections()

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    """One port."""

    # A test suite opens many connections at once; the default of 5 waiting ones makes some of them time out.
    request_queue_size = 128
    daemon_threads = True

    def __init__(
        self,
        simulator: Simulator,
        address: tuple[str, int],
        families: tuple[str, ...],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.simulator = simulator
        self.families = families
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Handler)
        if tls is not None:
            # The handshake is left to the connection's own thread: here it would let one client block all others.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{address[0]}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the host name that the base class does, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_port = self.server_address[1]

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """Remember the connection, then serve it in a thread of its own."""
        if isinstance(request, socket.socket):
            with self._connections_lock:
                self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection and forget it."""
        if isinstance(request, socket.socket):
            with self._connections_lock:
                self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Cut all open connections, or their threads would go on to answer for a simulator that has ended."""
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report an error in a connection's thread, unless it is only the client that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "vonage-simulator"
    # Without it, small answers wait for the client's delayed acknowledgement: 40 ms each.
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the request log is kept elsewhere, without secrets."""

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            return
        if request.path == control.PREFIX or request.path.startswith(control.PREFIX + "/"):
            self._send(self._serve_control(request))
            if self.server.simulator.control.stop_requested:
                self.server.simulator.stopping.set()
            return
        self._deliver(self.server.simulator.engine.answer(request, self.server.families))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _serve

    def _read(self) -> Request | None:
        """Read the rest of the request; None if it was refused here."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _LARGEST_BODY:
            # Where the next request begins is not known, so the connection ends.
            self.close_connection = True
            self._send(Response(HTTPStatus.LENGTH_REQUIRED, b"send a Content-Length of at most 1 MiB\n", "text/plain"))
            return None
        body = self.rfile.read(int(length))
        path, _mark, query = self.path.partition("?")
        prefix = self.server.simulator.path_prefix
        if prefix:
            # A path outside the prefix keeps its name, but cannot be taken for a path of the API.
            path = path[len(prefix) :] if path.startswith(prefix + "/") else "/outside-the-prefix" + path
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, path, query, headers, body)

    def _serve_control(self, request: Request) -> Response:
        if not ipaddress.ip_address(self.client_address[0]).is_loopback:
            return Response(HTTPStatus.FORBIDDEN, b'{"error": "use the control path from this machine"}')
        return self.server.simulator.control.handle(request)

    def _deliver(self, delivery: Delivery) -> None:
        stopping = self.server.simulator.stopping
        if delivery.stall:
            self._wait_for_client_to_leave()
        if delivery.response is None:
            self.close_connection = True
            return
        stopping.wait(delivery.wait)
        self._send(delivery.response, delivery)
        if delivery.close or delivery.truncate:
            self.close_connection = True

    def _send(self, response: Response, delivery: Delivery | None = None) -> None:
        body = b"" if self.command == "HEAD" else response.body
        reason = self.responses.get(response.status, ("Unknown",))[0]
        lines = [f"HTTP/1.1 {response.status:d} {reason}", f"Server: {self.server_version}"]
        lines.append(f"Date: {self.date_time_string()}")
        if response.content_type is not None:
            lines.append(f"Content-Type: {response.content_type}")
        if response.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(response.body)}")
        lines.extend(f"{name}: {value}" for name, value in response.headers.items())
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if delivery is not None and delivery.truncate:
            body = body[: len(body) // 2]
        if delivery is not None and delivery.body_wait:
            self._trickle(head, body, delivery.body_wait)
        else:
            # Head and body in one piece: two small writes cost a round trip more.
            self.wfile.write(head + body)

    def _trickle(self, head: bytes, body: bytes, seconds: float) -> None:
        self.wfile.write(head)
        for index in range(_BODY_PIECES):
            self.server.simulator.stopping.wait(seconds / _BODY_PIECES)
            self.wfile.write(body[index * len(body) // _BODY_PIECES : (index + 1) * len(body) // _BODY_PIECES])

    def _wait_for_client_to_leave(self) -> None:
        # A client that waits for its answer sends nothing, so the socket becomes readable when it leaves.
        while not self.server.simulator.stopping.is_set():
            if select.select([self.connection], [], [], 0.05)[0]:
                return
