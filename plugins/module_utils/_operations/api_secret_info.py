# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The operation of vonage_api_secret_info."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent, VonageError
from ansible_collections.community.vonage.plugins.module_utils._api.models import Probe, ProbeResult
from ansible_collections.community.vonage.plugins.module_utils._api.request import Credentials, check_account_id
from ansible_collections.community.vonage.plugins.module_utils._api.transport import MAX_CONNECTIONS
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation, Params, Result

_T = t.TypeVar("_T")


class _AccountRow(t.TypedDict):
    account_id: str
    secrets: list[dict[str, str]]
    error: dict[str, t.Any] | None


def _api_secret_info(client: Client, params: Params, _check_mode: bool) -> Result:
    account_ids = [client.api_key] if params["account_ids"] is None else params["account_ids"]
    candidates = params["candidates"] or []
    if "" in candidates:
        raise NotSent("candidates contains an empty value; remove it from the list")
    if not account_ids:
        raise NotSent("account_ids is an empty list; omit it to list the secrets of the account api_key")
    for account_id in account_ids:
        check_account_id("account_ids", account_id)
    api_secrets = params["api_secrets"]
    if api_secrets is not None and (candidates or len(api_secrets) != len(account_ids)):
        raise NotSent("api_secrets must have a value for each of account_ids, and has no candidates beside it")
    if "" in (api_secrets or ()):
        raise NotSent("api_secrets contains an empty value; leave that account out of both lists")
    concurrency = params["concurrency"]
    if not 1 <= concurrency <= MAX_CONNECTIONS:
        raise NotSent(f"concurrency must be 1 to {MAX_CONNECTIONS}, not {concurrency}")
    logins = {key: Credentials(key, value) for key, value in zip(account_ids, api_secrets or ())}
    listings = _map_concurrently(
        client, concurrency, lambda account_id: _list_account(client, account_id, logins.get(account_id)), account_ids
    )
    rows = [row for row, _error in listings]
    errors = [error for _row, error in listings if error]
    if len(errors) == len(rows) and not candidates and not logins:
        raise errors[0]
    first = rows[0]
    probes: dict[str, Probe] = {}
    if first["error"] is None and first["account_id"] == client.api_key:
        # The login of the task just worked.
        probes[client.credentials.api_secret] = Probe("accepted")
    for value in candidates:
        if value not in probes:
            probes[value] = client.probe(account_ids[0], value)
    accepted = next((probe for probe in probes.values() if probe.secrets is not None), None)
    if first["error"] is not None and accepted is not None and accepted.secrets is not None:
        first["secrets"] = [secret.as_dict() for secret in accepted.secrets]
    # If no login at all is accepted, the reason may be the address, the authentication method or the account, and not
    # the value.
    conclusive = first["error"] is None or accepted is not None
    result: Result = {
        "changed": False,
        "accounts": rows,
        "secrets": first["secrets"],
        "candidates": [_candidate_result(probes[value].result, conclusive) for value in candidates],
    }
    # Warn: the play goes on, and the empty list looks like an account without secrets.
    warnings = [
        f"Account {row['account_id']}: {row['error']['msg']}"
        for row in rows
        if row["error"] and not (row is first and accepted)
    ]
    if warnings:
        result["warnings"] = warnings
    return result


def _map_concurrently(
    client: Client, concurrency: int, function: Callable[[str], _T], items: Sequence[str]
) -> list[_T]:
    """Call a function for each item in threads, and return the results in order."""
    if len(items) == 1:
        return [function(items[0])]
    pool = ThreadPoolExecutor(max_workers=min(concurrency, len(items)))
    try:
        return list(pool.map(function, items))
    except BaseException:
        # Do not wait for the other threads; each ends with its current request.
        client.stop()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _list_account(client: Client, account_id: str, login: Credentials | None) -> tuple[_AccountRow, VonageError | None]:
    """The row of an account in the result, and its error."""
    try:
        secrets, error = client.list_secrets(account_id, login), None
    except VonageError as failure:
        secrets, error = [], failure
    row: _AccountRow = {
        "account_id": account_id,
        "secrets": [secret.as_dict() for secret in secrets],
        "error": {**error.as_dict(), "msg": error.message} if error else None,
    }
    return row, error


def _candidate_result(result: ProbeResult, conclusive: bool) -> ProbeResult:
    return "unknown" if result == "refused" and not conclusive else result


API_SECRET_INFO = Operation(
    _api_secret_info,
    {
        "account_ids": {"type": "list", "elements": "str"},
        "api_secrets": {"type": "list", "elements": "str", "no_log": True},
        "candidates": {"type": "list", "elements": "str", "no_log": True},
        "concurrency": {"type": "int", "default": 24},
    },
    never_null=("account_ids",),
)
