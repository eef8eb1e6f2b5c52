# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Limits the time and the size of each HTTP response, where its bytes are read from the socket.

The timeout of requests starts again with each byte, so a server that sends slowly or without end can block it. That
holds for the status line, headers, interim responses, the response of a proxy and the body; all of them are read
through `_LimitedReader`.
"""

from __future__ import annotations

import functools
import http.client
import io
import math
import socket
import threading
import time
import typing as t
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

try:
    import urllib3.exceptions
    from requests.adapters import HTTPAdapter
except ImportError:
    # The transport reports it.
    HTTPAdapter = object  # type: ignore[assignment, misc]

if t.TYPE_CHECKING:
    from requests import Response
    from urllib3 import HTTPConnectionPool, PoolManager

# Limit of everything before the body: status line and headers, those of interim responses, and those of a proxy.
MAX_HEAD_BYTES = 64 * 1024

# What the chunked encoding may add to a body.
_CHUNKING_BYTES = 64 * 1024

_READ_SIZE = 16 * 1024


class LimitError(Exception):
    """A limit was exceeded. Not an OSError, because urllib3 and requests would wrap that."""


class DeadlineError(LimitError):
    """The deadline has passed."""


class Exchange:
    """One HTTP request with its response: its limits, and its progress.

    :param clock: Returns the time in seconds, from any start.
    :param deadline: When the exchange has to end, on this clock.
    :param max_body_bytes: Limit of the response body.
    :ivar connecting: Whether requests began to connect. Before that, nothing can have been sent.
    :ivar connected: Whether there was a connection, so that a part of the request may have been sent.
    :ivar phase: What is being done, for messages.
    :ivar in_handshake: Whether that is the TLS handshake, which precedes the first byte of the request.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, deadline: float = math.inf, max_body_bytes: float = math.inf
    ) -> None:
        self._clock = clock
        self._deadline = deadline
        self.max_body_bytes = max_body_bytes
        self.connecting = False
        self.connected = False
        self.phase = "waiting"
        self.in_handshake = False

    def remaining(self, timeout: float | None = None) -> float | None:
        """Seconds until the deadline, or the timeout if that is shorter.

        :raises DeadlineError: The deadline has passed.
        """
        seconds = self._deadline - self._clock()
        if seconds <= 0:
            raise DeadlineError(f"the deadline passed while {self.phase}")
        if math.isinf(seconds):
            return timeout
        return seconds if timeout is None else min(timeout, seconds)


class _ThreadState(threading.local):
    """The exchange of the current thread: urllib3 cannot pass it on to its connections."""

    exchange = Exchange()


_thread = _ThreadState()


@contextmanager
def limited(exchange: Exchange) -> Iterator[None]:
    """Apply the limits of an exchange to everything that this thread sends and reads."""
    before, _thread.exchange = _thread.exchange, exchange
    try:
        yield
    finally:
        _thread.exchange = before


@contextmanager
def _call_of(sock: t.Any, timeout: float | None) -> Iterator[None]:
    """Let a call of a socket end at its timeout, or at the deadline if that is sooner."""
    exchange = _thread.exchange
    seconds = exchange.remaining()
    until_deadline = seconds is not None and (timeout is None or seconds <= timeout)
    sock.settimeout(seconds if until_deadline else timeout)
    try:
        yield
    except socket.timeout:
        if until_deadline:
            raise DeadlineError(f"the deadline passed while {exchange.phase}") from None
        raise


class _LimitedReader(io.RawIOBase):
    """Reads from a socket until the deadline or the size limit is reached."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self._stream = stream
        self._socket = sock
        self._timeout = sock.gettimeout()
        self.remaining_bytes: float = MAX_HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        exchange = _thread.exchange
        if self.remaining_bytes <= 0:
            raise LimitError(f"too much data while {exchange.phase}")
        view = memoryview(buffer)
        with _call_of(self._socket, self._timeout):
            count = self._stream.readinto(view[: int(min(self.remaining_bytes, len(view)))])
        self.remaining_bytes -= count or 0
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _DeadlineSocket:
    """A socket whose every call ends at the deadline.

    To a server behind an https:// proxy, urllib3 speaks TLS within TLS, and reads many times for one record.

    :param sock: The connection to the proxy.
    """

    def __init__(self, sock: t.Any) -> None:
        self._socket = sock
        self._timeout = sock.gettimeout()

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._socket, name)

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds
        # A file of the socket, such as the response of the proxy is read from, does not call this object.
        self._socket.settimeout(seconds)

    def recv(self, *args: t.Any) -> bytes:
        received: bytes = self._call("recv", *args)
        return received

    def recv_into(self, *args: t.Any) -> int:
        count: int = self._call("recv_into", *args)
        return count

    def sendall(self, *args: t.Any) -> None:
        self._call("sendall", *args)

    def _call(self, name: str, *args: t.Any) -> t.Any:
        with _call_of(self._socket, self._timeout):
            return getattr(self._socket, name)(*args)


class _LimitedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: t.Any, **options: t.Any) -> None:
        super().__init__(sock, *args, **options)
        self._reader = _LimitedReader(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        exchange = _thread.exchange
        exchange.phase = "reading the headers of the response"
        super().begin()
        self._reader.remaining_bytes = exchange.max_body_bytes + _CHUNKING_BYTES
        exchange.phase = "reading the body of the response"


class _SocketOptions(list[t.Any]):
    """Socket options that check the deadline.

    urllib3 iterates over them before it tries each address of a host, and each address has the whole timeout.
    """

    def __iter__(self) -> Iterator[t.Any]:
        _thread.exchange.remaining()
        return super().__iter__()


class _LimitedConnection:
    """A mixin for connections of urllib3 that applies the limits and records the progress."""

    response_class = _LimitedResponse
    default_port: int
    sock: t.Any

    def _new_conn(self) -> socket.socket:
        exchange = _thread.exchange
        exchange.phase = "connecting"
        self.socket_options = _SocketOptions(getattr(self, "socket_options", None) or ())
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._begin_handshake()
        sock.settimeout(exchange.remaining(sock.gettimeout()))
        return sock

    def _connect_tls_proxy(self, *args: t.Any) -> t.Any:
        return _DeadlineSocket(super()._connect_tls_proxy(*args))  # type: ignore[misc]

    def _tunnel(self) -> None:
        _thread.exchange.phase, _thread.exchange.in_handshake = "connecting through the proxy", False
        super()._tunnel()  # type: ignore[misc]
        self._begin_handshake()

    def _begin_handshake(self) -> None:
        if self.default_port == http.client.HTTPS_PORT:
            _thread.exchange.phase, _thread.exchange.in_handshake = "performing the TLS handshake", True

    def connect(self) -> None:
        exchange = _thread.exchange
        super().connect()  # type: ignore[misc]
        # Send nothing after the deadline.
        self.sock.settimeout(exchange.remaining(self.sock.gettimeout()))
        exchange.phase, exchange.in_handshake, exchange.connected = "sending the request", False, True

    def putrequest(self, *args: t.Any, **options: t.Any) -> None:
        # True for a connection that is used again.
        _thread.exchange.connected = _thread.exchange.connected or self.sock is not None
        super().putrequest(*args, **options)  # type: ignore[misc]


@functools.cache
def _limited_pool_class(pool: t.Any) -> type[HTTPConnectionPool]:
    """Derive a class of connection pools with limited connections."""
    connection = type(pool.ConnectionCls.__name__, (_LimitedConnection, pool.ConnectionCls), {})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


def _use_limited_pools(manager: PoolManager) -> None:
    classes: dict[str, t.Any] = manager.pool_classes_by_scheme
    if not all(issubclass(pool.ConnectionCls, _LimitedConnection) for pool in classes.values()):
        manager.pool_classes_by_scheme = {scheme: _limited_pool_class(pool) for scheme, pool in classes.items()}


class LimitedAdapter(HTTPAdapter):
    """Sends requests through limited connections, with a proxy and without."""

    def init_poolmanager(self, *args: t.Any, **options: t.Any) -> None:
        super().init_poolmanager(*args, **options)
        _use_limited_pools(self.poolmanager)

    # Depending on its release, requests calls one of the next two methods before it connects. A malformed proxy URL
    # raises an exception of any type in them or later.

    def get_connection(self, *args: t.Any, **options: t.Any) -> t.Any:
        _thread.exchange.connecting = True
        return super().get_connection(*args, **options)

    def get_connection_with_tls_context(self, *args: t.Any, **options: t.Any) -> t.Any:
        _thread.exchange.connecting = True
        return super().get_connection_with_tls_context(*args, **options)

    def proxy_manager_for(self, *args: t.Any, **options: t.Any) -> t.Any:
        manager = super().proxy_manager_for(*args, **options)
        _use_limited_pools(manager)
        return manager


def read_body(response: Response, max_bytes: int) -> tuple[bytes, bool]:
    """Read the body of a response.

    :param response: Requested with `stream=True`.
    :param max_bytes: Limit of the body.
    :returns: The body without decompression, and whether it was truncated at the limit.
    """
    body = bytearray()
    # Not decompressed: urllib3 would decompress a whole part at once, which may expand a thousand times.
    for part in response.raw.stream(_READ_SIZE, decode_content=False):
        body += part
        if len(body) > max_bytes:
            response.close()
            return bytes(body[:max_bytes]), True
    return bytes(body), False


def decompress(body: bytes, encoding: str, max_bytes: int) -> tuple[bytes, bool]:
    """Decompress a body. The client does not ask for compression, but a gateway may use it all the same.

    :param body: The whole body.
    :param encoding: The header Content-Encoding.
    :param max_bytes: Limit of the decompressed body.
    :returns: The body, and whether it was truncated at the limit.
    :raises DecodeError: It cannot be decompressed.
    """
    if encoding.strip().lower() in ("", "identity"):
        return body, False
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise urllib3.exceptions.DecodeError("the response has a compression that was not requested")
    decompressor = zlib.decompressobj(zlib.MAX_WBITS + 16)
    try:
        decompressed = decompressor.decompress(body, max_bytes + 1)
    except zlib.error:
        raise urllib3.exceptions.DecodeError("the response cannot be decompressed") from None
    if len(decompressed) > max_bytes:
        return decompressed[:max_bytes], True
    if not decompressor.eof:
        raise urllib3.exceptions.DecodeError("the response is incomplete")
    return decompressed, False
