# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Verifies with a CA bundle that was loaded before a task began: to load one takes longer than a call.

A part of the client that only a long-lived process has a use for. It is as strict as requests is by itself: it is for
the plain case, and whatever differs is left to requests, which loads the bundle again.
"""

from __future__ import annotations

import os
import ssl
import typing as t

from ansible_collections.community.vonage.plugins.module_utils._api.limits import LimitedAdapter
from ansible_collections.community.vonage.plugins.module_utils._api.transport import MAX_CONNECTIONS, new_session

try:
    from requests.adapters import BaseAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    _USABLE = False
else:
    _USABLE = True

if t.TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session


class Trust:
    """A CA bundle that is loaded already.

    :ivar file: Its path.
    :ivar context: What urllib3 makes for a connection of its own, with the bundle in it.
    :raises OSError: It cannot be loaded.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        # Before it is read: what changes meanwhile has to be read again.
        self._loaded = self._state()
        self.context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        self.context.load_verify_locations(cafile=file)

    def is_of(self, verify: bool | str | None) -> bool:
        """Whether this is what a request is to be verified with, and the file is still the one that was loaded.

        :param verify: As an adapter of requests is told.
        """
        try:
            return (DEFAULT_CA_BUNDLE_PATH if verify is True else verify) == self.file and self._state() == self._loaded
        except OSError:
            return False

    def _state(self) -> tuple[int, ...]:
        found = os.stat(self.file)
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def load_trust() -> Trust | None:
    """Load the CA bundle that tasks verify with unless they name another one.

    :returns: None when that cannot be done beforehand, which is no error: who needs the bundle says what is wrong.
    """
    if not _USABLE:
        return None
    names = ("VONAGE_CA_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    file = next(filter(None, map(os.environ.get, names)), DEFAULT_CA_BUNDLE_PATH)
    if not os.path.isabs(file) or not os.path.isfile(file):
        return None
    try:
        return Trust(file)
    except OSError:
        return None


def trusting_session(trust: Trust | None) -> Session:
    """Make a session for a client.

    :param trust: What it need not load again.
    """
    session = new_session()
    if trust is not None:
        session.mount("https://", _TrustingAdapter(trust, session.get_adapter("https://")))
    return session


class _TrustingAdapter(LimitedAdapter):
    """Sends what is to be verified with a bundle that is loaded already, and leaves the rest to another adapter."""

    def __init__(self, trust: Trust, other: BaseAdapter) -> None:
        self._trust = trust
        self._other = other
        # As the client's own.
        super().__init__(max_retries=0, pool_maxsize=MAX_CONNECTIONS)

    def init_poolmanager(self, *arguments: t.Any, **options: t.Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._trust.context)

    def cert_verify(self, conn: t.Any, url: t.Any, verify: t.Any, cert: t.Any) -> None:
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        # With a name, urllib3 would load the file into the context again; without both, it would trust the system.
        if getattr(conn, "conn_kw", {}).get("ssl_context") is self._trust.context:
            conn.ca_certs = None

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: t.Any = None,
        verify: bool | str = True,
        cert: t.Any = None,
        proxies: t.Any = None,
    ) -> Response:
        # A proxy may speak TLS too, and does so with a context of its own.
        if cert or select_proxy(request.url or "", proxies) or not self._trust.is_of(verify):
            return self._other.send(request, stream, timeout, verify, cert, proxies)
        # The default too is named: some releases of requests have a context of their own for it.
        return super().send(request, stream, timeout, self._trust.file, cert, proxies)

    def close(self) -> None:
        super().close()
        self._other.close()
