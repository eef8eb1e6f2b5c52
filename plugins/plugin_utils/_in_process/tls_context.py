# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Caches a CA bundle in a TLS context: to load it takes longer than a request to Vonage.

Verification is as strict as that of requests. The cached context is used only for requests that it fits; requests loads
the bundle itself for all others.
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


class CachedCABundle:
    """A CA bundle, loaded into a TLS context.

    :ivar path: Path of the bundle.
    :ivar context: A context as urllib3 makes it, with the bundle.
    :raises OSError: The bundle cannot be loaded.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        # Before it is loaded, so that a change during the load is noticed.
        self._loaded = self._fingerprint()
        self.context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        self.context.load_verify_locations(cafile=path)

    def matches(self, verify: bool | str | None) -> bool:
        """Whether a request is to be verified with this bundle, and the file has not changed since it was loaded.

        :param verify: The parameter of an adapter of requests.
        """
        try:
            return (
                DEFAULT_CA_BUNDLE_PATH if verify is True else verify
            ) == self.path and self._fingerprint() == self._loaded
        except OSError:
            return False

    def _fingerprint(self) -> tuple[int, ...]:
        status = os.stat(self.path)
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def load_default_ca_bundle() -> CachedCABundle | None:
    """Load the CA bundle that tasks use by default.

    :returns: None if it cannot be loaded. That is no error here: a request that needs the bundle reports it.
    """
    if not _USABLE:
        return None
    names = ("VONAGE_CA_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    path = next(filter(None, map(os.environ.get, names)), DEFAULT_CA_BUNDLE_PATH)
    if not os.path.isabs(path) or not os.path.isfile(path):
        return None
    try:
        return CachedCABundle(path)
    except OSError:
        return None


def session_with_ca_bundle(bundle: CachedCABundle | None) -> Session:
    """Make a session for a client that uses a cached CA bundle."""
    session = new_session()
    if bundle is not None:
        session.mount("https://", _CachedContextAdapter(bundle, session.get_adapter("https://")))
    return session


class _CachedContextAdapter(LimitedAdapter):
    """Sends requests that are verified with the cached bundle, and passes others to the adapter of the client."""

    def __init__(self, bundle: CachedCABundle, other: BaseAdapter) -> None:
        self._bundle = bundle
        self._other = other
        # Like the adapter of the client.
        super().__init__(max_retries=0, pool_maxsize=MAX_CONNECTIONS)

    def init_poolmanager(self, *arguments: t.Any, **options: t.Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._bundle.context)

    def cert_verify(self, conn: t.Any, url: t.Any, verify: t.Any, cert: t.Any) -> None:
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        # With ca_certs, urllib3 would load the file again; without a context, it would use the CAs of the system.
        if getattr(conn, "conn_kw", {}).get("ssl_context") is self._bundle.context:
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
        # The connection to an https:// proxy has a context of its own.
        if cert or select_proxy(request.url or "", proxies) or not self._bundle.matches(verify):
            return self._other.send(request, stream, timeout, verify, cert, proxies)
        # A path instead of True: some releases of requests cache a context of their own for True.
        return super().send(request, stream, timeout, self._bundle.path, cert, proxies)

    def close(self) -> None:
        super().close()
        self._other.close()
