# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What vonage_api_secret_info does."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent, VonageError
from ansible_collections.community.vonage.plugins.module_utils._api.models import Probe, ProbeResult
from ansible_collections.community.vonage.plugins.module_utils._api.request import check_account_id
from ansible_collections.community.vonage.plugins.module_utils._api.transport import MAX_CONNECTIONS
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation, Params, Result

_T = t.TypeVar("_T")


def _api_secret_info(client: Client, params: Params, _check_mode: bool) -> Result:
    account_ids = [client.api_key] if params["account_ids"] is None else params["account_ids"]
    candidates = params["candidates"] or []
    if "" in candidates:
        raise NotSent("candidates holds an empty value; give only values that may be secrets")
    if not account_ids:
        raise NotSent("account_ids is an empty list; leave it out to list the secrets of the account of api_key")
    for account_id in account_ids:
        check_account_id("account_ids", account_id)
    at_once = params["concurrency"]
    if not 1 <= at_once <= MAX_CONNECTIONS:
        raise NotSent(f"concurrency must be 1 to {MAX_CONNECTIONS}, not {at_once}")
    listings = _at_once(client, at_once, lambda account_id: _listing(client, account_id), account_ids)
    rows = [row for row, _error in listings]
    errors = [error for _row, error in listings if error]
    if len(errors) == len(rows) and not candidates:
        raise errors[0]
    first = rows[0]
    answers: dict[str, Probe] = {}
    if first["error"] is None and first["account_id"] == client.api_key:
        # The list was read with it.
        answers[client.credentials.api_secret] = Probe("accepted")
    for value in candidates:
        if value not in answers:
            answers[value] = client.probe(account_ids[0], value)
    accepted = next((probe for probe in answers.values() if probe.secrets is not None), None)
    if first["error"] is not None and accepted is not None and accepted.secrets is not None:
        first["secrets"] = [secret.as_dict() for secret in accepted.secrets]
    # As long as no credential at all is accepted, a refusal may be of the address, the method or the account, and
    # says nothing of a value.
    sure = first["error"] is None or accepted is not None
    result: Result = {
        "changed": False,
        "accounts": rows,
        "secrets": first["secrets"],
        "candidates": [_verdict(answers[value].result, sure) for value in candidates],
    }
    # The task goes on, and an empty list of secrets looks like room for one.
    unlisted = [row for row in rows if row["error"] and not (row is first and accepted)]
    if unlisted:
        result["warnings"] = [f"Account {row['account_id']}: {row['error']['msg']}" for row in unlisted]
    return result


def _at_once(client: Client, most: int, function: Callable[[str], _T], items: Sequence[str]) -> list[_T]:
    """The results of calls for each item, in their order, with at most so many of them under way."""
    if len(items) == 1:
        return [function(items[0])]
    pool = ThreadPoolExecutor(max_workers=min(most, len(items)))
    try:
        return list(pool.map(function, items))
    except BaseException:
        # A task that is interrupted ends at once; a call that is under way, with its answer or its timeout.
        client.stop()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _listing(client: Client, account_id: str) -> tuple[dict[str, t.Any], VonageError | None]:
    """One account's row of the result, and the error that it reports."""
    try:
        secrets, error = client.list_secrets(account_id), None
    except VonageError as failure:
        secrets, error = [], failure
    row = {
        "account_id": account_id,
        "secrets": [secret.as_dict() for secret in secrets],
        "error": {**error.as_dict(), "msg": error.message} if error else None,
    }
    return row, error


def _verdict(result: ProbeResult, sure: bool) -> ProbeResult:
    return "unknown" if result == "refused" and not sure else result


API_SECRET_INFO = Operation(
    _api_secret_info,
    {
        "account_ids": {"type": "list", "elements": "str"},
        "candidates": {"type": "list", "elements": "str", "no_log": True},
        "concurrency": {"type": "int", "default": 24},
    },
    never_null=("account_ids",),
)
