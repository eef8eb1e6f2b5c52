# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The operation of vonage_topup."""

from __future__ import annotations

import math

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    ErrorInfo,
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._operations.balance_info import (
    BalanceResult,
    read_balance,
)
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import (
    Operation,
    Params,
    Result,
    read_before_change,
)


def _topup(client: Client, params: Params, check_mode: bool) -> Result:
    reference = params["transaction_reference"].strip()
    if not reference:
        raise NotSent(
            "transaction_reference must be the reference of the payment that enabled auto-reload; the Vonage dashboard"
            " shows it under Billing & Payments"
        )
    if params["below"] is not None and not math.isfinite(params["below"]):
        raise NotSent(f"below must be an amount in euro such as 20, not {params['below']:g}")
    with read_before_change("The top-up was not sent"):
        balance = read_balance(client)
    if params["below"] is not None and balance["value"] >= params["below"]:
        return {"changed": False, "balance": balance, "topped_up": False}
    if balance["auto_reload"] is False:
        raise Refused(
            "Auto-reload is off, so Vonage has no payment to repeat; nothing was charged: enable auto-reload in the"
            " Vonage dashboard under Billing & Payments",
            ErrorInfo(code="auto-reload-off"),
        )
    if not check_mode:
        try:
            client.top_up(reference)
        except UnknownOutcome as error:
            after = _balance_if_possible(client)
            was, now = f"{balance['value']:.2f}", "unknown" if after is None else f"{after['value']:.2f}"
            message = (
                f"{error.message}. The account may have been charged (balance in euro before: {was}, now: {now}): check"
                " the payments in the Vonage dashboard before you run the task again"
            )
            unknown = error.with_message(message)
            unknown.result = {"balance": balance, "balance_after": after}
            raise unknown from None
    return {"changed": True, "balance": balance, "topped_up": not check_mode}


def _balance_if_possible(client: Client) -> BalanceResult | None:
    """The balance; None after an error, so that it does not replace the error of the top-up."""
    try:
        return read_balance(client)
    except VonageError:
        return None


TOPUP = Operation(
    _topup,
    {
        "transaction_reference": {"type": "str", "required": True, "aliases": ["trx"]},
        "below": {"type": "float"},
    },
    never_null=("below",),
)
