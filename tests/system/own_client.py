# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's own client in the process of a test, for what no playbook can show: sockets, threads, TLS."""

from __future__ import annotations

from typing import Any

from workplace import ACCOUNT, FIRST_SECRET

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection


def connection(url: str, **changes: Any) -> Connection:
    """Make a connection.

    :param url: Base URL of both hosts.
    :param changes: Connection options that differ from the usual ones.
    """
    options = {
        "api_key": ACCOUNT,
        "api_secret": FIRST_SECRET,
        "rest_url": url,
        "api_url": url,
        "timeout": 120.0,
        "deadline": 300.0,
        "retries": 2,
        "validate_certs": True,
        "ca_path": None,
        **changes,
    }
    return Connection.from_params(options)


def client(url: str, **changes: Any) -> Client:
    """Make a client that neither warns nor waits; the parameters are those of `connection`."""
    moments = [0.0]

    def sleep(seconds: float) -> None:
        moments.append(moments[-1] + seconds)

    return Client(connection(url, **changes), warn=lambda _message: None, sleep=sleep, clock=lambda: moments[-1])
