# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Limits the time and the bytes of each HTTP request, where bytes come from the socket.

The timeout of requests begins again with each byte, so it alone ends nothing: a status line, headers, interim
responses, the response of a proxy and a body may come in drips, or without an end. All of them are read through the
reader below.
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
    # The client says so to the user.
    HTTPAdapter = object  # type: ignore[assignment, misc]

if t.TYPE_CHECKING:
    from requests import Response
    from urllib3 import HTTPConnectionPool, PoolManager

# All that comes before the body: status line and headers, those of interim responses (of which 2600 fit), and those of
# a proxy.
MOST_BYTES_OF_HEAD = 64 * 1024

# What chunks may add to a body.
_CHUNKING = 64 * 1024

_READ_AT_ONCE = 16 * 1024


class LimitError(Exception):
    """A limit was exceeded. No OSError, which urllib3 and requests would turn into errors of their own."""


class DeadlineError(LimitError):
    """There is no time left."""


class Exchange:
    """One HTTP request with its response: its limits, and how far it came.

    :param clock: Tells the time in seconds, from any start.
    :param latest: When it has to end, on this clock.
    :param most_bytes: How long the body of the response may be.
    :ivar connecting: Whether a connection was asked for. Until then nothing can have left.
    :ivar sent: Whether there was a connection, so that bytes of the request may have left.
    :ivar doing: What goes on, for messages.
    :ivar in_handshake: Whether that is the TLS handshake, which comes before the first byte of a request.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, latest: float = math.inf, most_bytes: float = math.inf
    ) -> None:
        self._clock = clock
        self._latest = latest
        self.most_bytes = most_bytes
        self.connecting = False
        self.sent = False
        self.doing = "it waited"
        self.in_handshake = False

    def rest(self, timeout: float | None = None) -> float | None:
        """Seconds that are left, or a timeout that is shorter.

        :raises DeadlineError: There are none.
        """
        left = self._latest - self._clock()
        if left <= 0:
            raise DeadlineError(f"no time was left while {self.doing}")
        if math.isinf(left):
            return timeout
        return left if timeout is None else min(timeout, left)


class _ThreadState(threading.local):
    """What the thread is about: urllib3 has no way to hand it down to its connections."""

    exchange = Exchange()


_thread = _ThreadState()


@contextmanager
def limited(exchange: Exchange) -> Iterator[None]:
    """Apply the limits of an exchange to all that this thread sends and reads."""
    before, _thread.exchange = _thread.exchange, exchange
    try:
        yield
    finally:
        _thread.exchange = before


class _Reader(io.RawIOBase):
    """Reads from a socket, no more than is allowed and no longer than there is time."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self._stream = stream
        self._socket = sock
        self._timeout = sock.gettimeout()
        self.allowed: float = MOST_BYTES_OF_HEAD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        exchange = _thread.exchange
        if self.allowed <= 0:
            raise LimitError(f"too many bytes came while {exchange.doing}")
        left = exchange.rest()
        by_deadline = left is not None and (self._timeout is None or left <= self._timeout)
        self._socket.settimeout(left if by_deadline else self._timeout)
        view = memoryview(buffer)
        try:
            count = self._stream.readinto(view[: int(min(self.allowed, len(view)))])
        except socket.timeout:
            if by_deadline:
                raise DeadlineError(f"no time was left while {exchange.doing}") from None
            raise
        self.allowed -= count or 0
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: t.Any, **options: t.Any) -> None:
        super().__init__(sock, *args, **options)
        self._limited = _Reader(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._limited)

    def begin(self) -> None:
        exchange = _thread.exchange
        exchange.doing = "the headers of the response came"
        super().begin()
        self._limited.allowed = exchange.most_bytes + _CHUNKING
        exchange.doing = "the body of the response came"


class _DeadlineSocketOptions(list[t.Any]):
    """Socket options. urllib3 sets them before it tries one of the addresses of a host, each for the whole timeout."""

    def __iter__(self) -> Iterator[t.Any]:
        _thread.exchange.rest()
        return super().__iter__()


class _Connection:
    """Of a connection of urllib3, what is limited, and what is to be known of it."""

    response_class = _Response
    default_port: int
    sock: t.Any

    def _new_conn(self) -> socket.socket:
        exchange = _thread.exchange
        exchange.doing = "a connection was made"
        self.socket_options = _DeadlineSocketOptions(getattr(self, "socket_options", None) or ())
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._shake_hands()
        sock.settimeout(exchange.rest(sock.gettimeout()))
        return sock

    def _tunnel(self) -> None:
        _thread.exchange.doing, _thread.exchange.in_handshake = "a proxy was asked for a connection", False
        super()._tunnel()  # type: ignore[misc]
        self._shake_hands()

    def _shake_hands(self) -> None:
        if self.default_port == http.client.HTTPS_PORT:
            _thread.exchange.doing, _thread.exchange.in_handshake = "the server was to speak TLS", True

    def connect(self) -> None:
        exchange = _thread.exchange
        super().connect()  # type: ignore[misc]
        # Nothing is sent when it is too late already.
        self.sock.settimeout(exchange.rest(self.sock.gettimeout()))
        exchange.doing, exchange.in_handshake, exchange.sent = "the request was sent", False, True

    def putrequest(self, *args: t.Any, **options: t.Any) -> None:
        # When the connection is one from before.
        _thread.exchange.sent = _thread.exchange.sent or self.sock is not None
        super().putrequest(*args, **options)  # type: ignore[misc]


@functools.cache
def _limiting(pool: t.Any) -> type[HTTPConnectionPool]:
    """A class of connection pools of urllib3, with limited connections."""
    connection = type(pool.ConnectionCls.__name__, (_Connection, pool.ConnectionCls), {})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


def _limit(manager: PoolManager) -> None:
    classes: dict[str, t.Any] = manager.pool_classes_by_scheme
    if not all(issubclass(pool.ConnectionCls, _Connection) for pool in classes.values()):
        manager.pool_classes_by_scheme = {scheme: _limiting(pool) for scheme, pool in classes.items()}


class LimitedAdapter(HTTPAdapter):
    """Sends requests of requests through limited connections, with a proxy and without."""

    def init_poolmanager(self, *args: t.Any, **options: t.Any) -> None:
        super().init_poolmanager(*args, **options)
        _limit(self.poolmanager)

    # One of the two is the first step of requests towards a connection, depending on its release. A malformed address
    # of a proxy fails there or later, as an error of any kind.

    def get_connection(self, *args: t.Any, **options: t.Any) -> t.Any:
        _thread.exchange.connecting = True
        return super().get_connection(*args, **options)

    def get_connection_with_tls_context(self, *args: t.Any, **options: t.Any) -> t.Any:
        _thread.exchange.connecting = True
        return super().get_connection_with_tls_context(*args, **options)

    def proxy_manager_for(self, *args: t.Any, **options: t.Any) -> t.Any:
        manager = super().proxy_manager_for(*args, **options)
        _limit(manager)
        return manager


def read_body(response: Response, most_bytes: int) -> tuple[bytes, bool]:
    """Read the body of a response.

    :param response: Made with `stream=True`.
    :param most_bytes: How long the body may be.
    :returns: The body as it was sent, and whether it is only the beginning, because the body is longer.
    """
    body = bytearray()
    # Not unpacked: urllib3 unpacks all that a part holds, which may be a thousand times as much.
    for part in response.raw.stream(_READ_AT_ONCE, decode_content=False):
        body += part
        if len(body) > most_bytes:
            response.close()
            return bytes(body[:most_bytes]), True
    return bytes(body), False


def unpack(body: bytes, encoding: str, most_bytes: int) -> tuple[bytes, bool]:
    """Unpack a body. None is asked for, so this is for a gateway that packs nonetheless.

    :param body: The whole body.
    :param encoding: The header Content-Encoding.
    :param most_bytes: How long the unpacked body may be.
    :returns: As of `read_body`.
    :raises DecodeError: It cannot be unpacked.
    """
    if encoding.strip().lower() in ("", "identity"):
        return body, False
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise urllib3.exceptions.DecodeError("the response is packed in a way that was not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    try:
        unpacked = unpacker.decompress(body, most_bytes + 1)
    except zlib.error:
        raise urllib3.exceptions.DecodeError("the response cannot be unpacked") from None
    if len(unpacked) > most_bytes:
        return unpacked[:most_bytes], True
    if not unpacker.eof:
        raise urllib3.exceptions.DecodeError("the response was cut off")
    return unpacked, False
