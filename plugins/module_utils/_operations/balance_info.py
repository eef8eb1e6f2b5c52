# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The operation of vonage_balance_info."""

from __future__ import annotations

import typing as t

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation, Params, Result


class BalanceResult(t.TypedDict):
    """The `balance` that a module returns."""

    value: float
    currency: str
    auto_reload: bool | None


def _balance_info(client: Client, _params: Params, _check_mode: bool) -> Result:
    return {"changed": False, "balance": read_balance(client)}


def read_balance(client: Client) -> BalanceResult:
    balance = client.get_balance()
    # Vonage keeps all balances in euro, and returns no currency.
    return {"value": float(balance.value), "currency": "EUR", "auto_reload": balance.auto_reload}


BALANCE_INFO = Operation(_balance_info)
