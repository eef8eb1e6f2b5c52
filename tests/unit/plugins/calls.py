# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call of the client: the request that it must make, and an answer that it takes."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.tests.unit.plugins.wire import (
    BALANCE,
    KEY,
    NEW,
    NEW_ID,
    OLD_ID,
    SECRETS,
    SETTINGS,
    SHARING,
    SUBACCOUNT,
    SUBACCOUNTS,
    TOP_UP,
    Wire,
    family,
    http,
    legacy,
    listing,
    vonage_row,
)


@dataclass(frozen=True)
class Call:
    """One call of the client.

    :ivar run: Makes it.
    :ivar request: The request that it must be, as `Wire.expect` takes it.
    :ivar body: The body of an answer that it takes.
    :ivar status: The status of that answer.
    """

    run: t.Callable[[Client], t.Any]
    request: dict[str, t.Any]
    body: t.Any
    status: int = 200

    def expect(self, wire: Wire, **answer: t.Any) -> None:
        """Expect the request, and answer it well, or with something else."""
        wire.expect(**{**self.request, **(answer or self.good)})

    @property
    def good(self) -> dict[str, t.Any]:
        return {"status": self.status, "body": self.body}

    @property
    def answer(self) -> bytes:
        """The good answer, for a server."""
        return http(self.status, self.body)


STORED = {"mo-callback-url": "", "max-calls-per-second": 30}

READS = {
    "get_balance": Call(lambda client: client.get_balance(), {"method": "GET", "path": BALANCE}, {"value": 1}),
    "read_settings": Call(
        lambda client: client.read_settings(), {"method": "POST", "path": SETTINGS, "form": {}}, STORED
    ),
    "list_secrets": Call(lambda client: client.list_secrets(KEY), {"method": "GET", "path": SECRETS}, listing(OLD_ID)),
    "list_subaccounts": Call(
        lambda client: client.list_subaccounts(), {"method": "GET", "path": SUBACCOUNTS}, family(SHARING)
    ),
    "get_subaccount": Call(
        lambda client: client.get_subaccount(SUBACCOUNT),
        {"method": "GET", "path": f"{SUBACCOUNTS}/{SUBACCOUNT}"},
        SHARING,
    ),
}
WRITES = {
    "write_settings": Call(
        lambda client: client.write_settings({"drCallBackUrl": ""}),
        {"method": "POST", "path": SETTINGS, "form": {"drCallBackUrl": ""}},
        STORED,
    ),
    "create_secret": Call(
        lambda client: client.create_secret(KEY, NEW),
        {"method": "POST", "path": SECRETS, "json_body": {"secret": NEW}},
        vonage_row(NEW_ID),
        status=201,
    ),
    "delete_secret": Call(
        lambda client: client.delete_secret(KEY, OLD_ID),
        {"method": "DELETE", "path": f"{SECRETS}/{OLD_ID}"},
        "",
        status=204,
    ),
}
MONEY = {
    "top_up": Call(
        lambda client: client.top_up("00X123456Y7890123Z"),
        {"method": "POST", "path": TOP_UP, "form": {"trx": "00X123456Y7890123Z"}},
        legacy("200", "success"),
    ),
}
CALLS = {**READS, **WRITES, **MONEY}

every_call = pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
