# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What each module does: its own options, and one function from client, options and check mode to a result.

Nothing here knows AnsibleModule: whoever runs an operation hands in the checked options and turns the errors of
`_errors` into a failure. Each function has one path for both modes, with one guard around its write.
"""

from __future__ import annotations

import math
import re
import typing as t
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ansible_collections.community.vonage.plugins.module_utils._client import (
    MOST_CONNECTIONS,
    Answered,
    Client,
    Probe,
    Secret,
)
from ansible_collections.community.vonage.plugins.module_utils._errors import (
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._secret_rules import broken_rules

Params = Mapping[str, t.Any]
Result = dict[str, t.Any]
_T = t.TypeVar("_T")

# Vonage's documented limit.
_MOST_SECRETS = 2

# Seconds before each further look for a secret whose creation went unanswered: Vonage documents no propagation delay,
# so a few short looks, and then the truth that nobody can tell.
_SETTLE_WAITS = (0.0, 1.0, 3.0)

# Option: (form field of the request, key of the answer). The capital B is Vonage's; the field with a small one is
# ignored without an error.
_CALLBACKS = {
    "mo_callback_url": ("moCallBackUrl", "mo-callback-url"),
    "dr_callback_url": ("drCallBackUrl", "dr-callback-url"),
}
_LIMITS = {
    "max_outbound_request": "max-outbound-request",
    "max_inbound_request": "max-inbound-request",
    "max_calls_per_second": "max-calls-per-second",
}

# Of a limit; Python does not convert any number of them.
_MOST_DIGITS = 19


@dataclass(frozen=True, eq=False)
class Operation:
    """A module, without the Ansible around it.

    :ivar run: Does the work and returns the result; raises `VonageError`.
    :ivar options: Argument spec of the options beside the connection's.
    :ivar required_if: As in AnsibleModule.
    :ivar never_null: Options that must not be null; see `check_given`.
    """

    run: Callable[[Client, Params, bool], Result]
    options: Mapping[str, Mapping[str, t.Any]] = field(default_factory=dict)
    required_if: Sequence[tuple[str, t.Any, tuple[str, ...]]] = ()
    never_null: Sequence[str] = ()


@contextmanager
def _asking_first(nothing_done: str) -> Iterator[None]:
    """Around the questions that come before a change: whoever branches on the outcome asks for that of the change.

    :param nothing_done: Is added to the message when there is no answer.
    """
    try:
        yield
    except UnknownOutcome as error:
        raise error.restated(f"{error.message}. {nothing_done}", NotSent) from None


def _balance_info(client: Client, _params: Params, _check_mode: bool) -> Result:
    return {"changed": False, "balance": _read_balance(client)}


def _read_balance(client: Client) -> dict[str, t.Any]:
    balance = client.get_balance()
    # Vonage keeps balances in euro and its answer names no currency.
    return {"value": float(balance.value), "currency": "EUR", "auto_reload": balance.auto_reload}


def _topup(client: Client, params: Params, check_mode: bool) -> Result:
    reference = params["transaction_reference"].strip()
    if not reference:
        raise NotSent(
            "transaction_reference must be the reference of the payment that switched auto-reload on; the Vonage"
            " dashboard shows it under Billing & Payments"
        )
    if params["below"] is not None and not math.isfinite(params["below"]):
        raise NotSent(f"below must be an amount in euro such as 20, not {params['below']:g}")
    with _asking_first("The top-up was not sent"):
        balance = _read_balance(client)
    if params["below"] is not None and balance["value"] >= params["below"]:
        return {"changed": False, "balance": balance, "topped_up": False}
    if balance["auto_reload"] is False:
        raise Refused(
            "Auto-reload is off, so Vonage has no payment to repeat and nothing was charged: switch auto-reload on in"
            " the Vonage dashboard under Billing & Payments",
            code="auto-reload-off",
        )
    if not check_mode:
        try:
            client.top_up(reference)
        except UnknownOutcome as error:
            after = _balance_if_possible(client)
            was, now = f"{balance['value']:.2f}", "unknown" if after is None else f"{after['value']:.2f}"
            message = (
                f"{error.message}. The account may have been charged (balance in euro before: {was}, now: {now}): look"
                " at the payments in the Vonage dashboard before you run this again"
            )
            unknown = error.restated(message)
            unknown.result = {"balance": balance, "balance_after": after}
            raise unknown from None
    return {"changed": True, "balance": balance, "topped_up": not check_mode}


def _balance_if_possible(client: Client) -> dict[str, t.Any] | None:
    """The balance, or None: while an error is looked into, another one must not take its place."""
    try:
        return _read_balance(client)
    except VonageError:
        return None


def _account_settings(client: Client, params: Params, check_mode: bool) -> Result:
    for option in _CALLBACKS:
        if params[option] and not params[option].lower().startswith(("http://", "https://")):
            raise NotSent(f"{option} must be a URL that begins with https:// or http://, or empty to unset it")
    with _asking_first("Nothing was changed"):
        before = _settings(client.read_settings())
    wanted = {option: params[option] for option in _CALLBACKS if params[option] is not None}
    different = _different(wanted, before)
    fields = {_CALLBACKS[option][0]: value for option, value in different.items()}
    if params["http_forward_method"] is not None:
        # Vonage never returns it, so it cannot be compared and is sent each time.
        fields["httpForwardMethod"] = params["http_forward_method"]
    after = {**before, **different}
    if fields and not check_mode:
        after = _write_settings(client, fields, different)
    diff = {"before": dict(before), "after": dict(after)}
    if params["http_forward_method"] is not None:
        diff["before"]["http_forward_method"] = "(Vonage does not show it)"
        diff["after"]["http_forward_method"] = params["http_forward_method"]
    result: Result = {"changed": bool(fields), "settings": after, "diff": diff}
    respelt = [option for option, value in wanted.items() if after[option] != value]
    if respelt:
        result["warnings"] = [
            f"Vonage writes {option} as {after[option]}, which is the same URL as {wanted[option]}"
            for option in respelt
        ]
    return result


def _write_settings(client: Client, fields: Mapping[str, str], callbacks: Mapping[str, str]) -> dict[str, t.Any]:
    """Write settings, and make sure that Vonage took them.

    :param fields: What to send.
    :param callbacks: Those of it that can be read back, by option.
    :returns: The settings afterwards.
    :raises Refused: Vonage kept an old value, in either of the two ways in which it may say so.
    :raises UnknownOutcome: No answer came, and it cannot be seen that the settings were taken.
    """
    check = (
        "Vonage saves a callback URL only when the URL answers a GET with 200 at that moment: bring the webhook up,"
        " without authentication, and run the task again"
    )
    try:
        after = _settings(client.write_settings(fields))
    except Refused as error:
        # 420 is the rest host's way to refuse for reasons of its own; the one that is documented is the URL check.
        if error.status == 420 and callbacks:
            raise error.restated(f"{error.message}. {check}") from None
        raise
    except UnknownOutcome as error:
        try:
            after = _settings(client.read_settings())
        except VonageError:
            raise error from None
        old = _different(callbacks, after)
        if old:
            message = f"{error.message}. Read again, {' and '.join(old)} still had the old value"
        elif len(callbacks) < len(fields):
            message = f"{error.message}. Vonage never shows http_forward_method, so it may not be saved"
        else:
            return after
        raise error.restated(f"{message}: run the task again, which is safe") from None
    kept = _different(callbacks, after)
    if kept:
        saved = [option for option in callbacks if option not in kept]
        also = f", and saved {', '.join(saved)}" if saved else ""
        raise Refused(f"Vonage kept the old value of {', '.join(kept)}{also}. {check}", code="callback-not-saved")
    return after


def _different(wanted: Mapping[str, str], stored: Mapping[str, t.Any]) -> dict[str, str]:
    """Those of the wanted callbacks that are not what is stored."""
    return {option: url for option, url in wanted.items() if not _same_url(url, stored[option])}


def _same_url(one: str, other: str) -> bool:
    """Whether two URLs differ at most in what RFC 3986 normalises: nobody knows whether Vonage does."""
    return one == other or _normal_url(one) == _normal_url(other)


def _normal_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = (parts.hostname or "").lower()
    if port is not None and (parts.scheme.lower(), port) not in (("http", 80), ("https", 443)):
        host = f"{host}:{port}"
    user = parts.netloc.rpartition("@")[0]
    path = f"{parts.path or '/'}?{parts.query}#{parts.fragment}"
    escapes = re.sub(r"%[0-9a-fA-F]{2}", lambda escape: escape[0].upper(), path)
    return f"{parts.scheme.lower()}://{user}@{host}{escapes}"


def _settings(body: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Vonage's settings under the names of this collection; a callback that is "", null or absent is unset."""
    settings: dict[str, t.Any] = {option: body.get(key) or "" for option, (_field, key) in _CALLBACKS.items()}
    for name, key in _LIMITS.items():
        value = body.get(key)
        # Seen as numbers and as numeric strings, and one of them not at all.
        digits = str(value)
        settings[name] = int(digits) if digits.isdecimal() and len(digits) < _MOST_DIGITS else None
    return settings


def _api_secret(client: Client, params: Params, check_mode: bool) -> Result:
    # An empty one is not sent: it may be a variable that was not set, and does not mean one's own account.
    account_id = client.api_key if params["account_id"] is None else params["account_id"]
    if params["state"] == "absent":
        return _absent(client, account_id, params["secret_id"], check_mode)
    return _present(client, account_id, params["secret"], check_mode)


def _present(client: Client, account_id: str, value: str | None, check_mode: bool) -> Result:
    if not value:
        raise NotSent("secret is empty; give the value of the secret that is to be present")
    rules = broken_rules(value)
    if rules:
        raise NotSent(f"secret breaks the rules of Vonage; it must {', and '.join(rules)}")
    # Vonage never shows a value, so the one way to know that it is present is to log in with it.
    probe = client.probe(account_id, value)
    if probe.secrets is not None:
        return _secret_result(False, probe.secrets, probe.secrets, _only(probe.secrets))
    if probe.answered != "refused":
        raise _because(probe, "It cannot be told whether the secret exists already, so nothing was created")
    with _asking_first("Nothing was created"):
        before = client.list_secrets(account_id)
    if len(before) >= _MOST_SECRETS:
        raise _max_secrets(account_id, before)
    if check_mode:
        result = _secret_result(True, before, before, None)
        result["diff"]["after"] = {"secrets": [*result["secrets"], {"id": "(to be created)", "created_at": ""}]}
        return result
    try:
        created = client.create_secret(account_id, value)
    except (Refused, UnknownOutcome) as error:
        return _resolve_create(client, account_id, value, before, error)
    return _secret_result(True, before, [*before, created], created)


def _resolve_create(client: Client, account_id: str, value: str, before: list[Secret], error: VonageError) -> Result:
    """Find out what became of a creation that Vonage refused, or did not answer, by looking.

    :raises VonageError: The value does not answer: `error`, or `max-secrets` when the account is full.
    """
    refused = isinstance(error, Refused)
    for seconds in _SETTLE_WAITS[:1] if refused else _SETTLE_WAITS:
        client.wait(seconds)
        probe = client.probe(account_id, value)
        if probe.secrets is not None:
            known = {secret.id for secret in before}
            created = _only([secret for secret in probe.secrets if secret.id not in known])
            # Refused and yet there: a run beside this one created it, or the attempt before the one that was refused.
            return _secret_result(not refused or error.repeated, before, probe.secrets, created)
    after = _list_if_possible(client, account_id)
    if refused:
        raise _max_secrets(account_id, after, error.details) if after and len(after) >= _MOST_SECRETS else error
    listed = "the secrets cannot be listed" if after is None else f"the account lists {_ids(after)}"
    raise error.restated(
        f"{error.message}. The value does not answer, and {listed}: run the task again with the same value, which is"
        " safe"
    )


def _list_if_possible(client: Client, account_id: str) -> list[Secret] | None:
    """The secrets, or None: while an error is looked into, another one must not take its place."""
    try:
        return client.list_secrets(account_id)
    except VonageError:
        return None


def _absent(client: Client, account_id: str, secret_id: str | None, check_mode: bool) -> Result:
    if not secret_id or not secret_id.strip():
        raise NotSent("secret_id is empty; give the id of the secret, as vonage_api_secret_info lists it")
    if secret_id != secret_id.strip():
        raise NotSent("secret_id has white space around it; give the id alone, as vonage_api_secret_info lists it")
    if secret_id == client.login[1]:
        raise NotSent("secret_id is the secret itself; give its id, as vonage_api_secret_info lists it")
    with _asking_first("Nothing was revoked"):
        before = client.list_secrets(account_id)
    found = next((secret for secret in before if secret.id == secret_id), None)
    if found is None:
        return _secret_result(False, before, before, None)
    after = [secret for secret in before if secret.id != secret_id]
    if not after:
        raise Refused(
            f"{secret_id} is the only secret of account {account_id}, which must always keep one: create the new"
            " secret first",
            code="delete-last-secret",
        )
    if not check_mode:
        try:
            client.delete_secret(account_id, secret_id)
        except Refused as error:
            if error.code != "invalid-id":
                raise
            if error.repeated:
                # The attempt before this one, which was answered that it may be repeated, was carried out all the same.
                return _secret_result(True, before, after, found)
            # Gone meanwhile, by somebody else.
            return _secret_result(False, after, after, None)
        except UnknownOutcome as error:
            listed = _list_if_possible(client, account_id)
            if listed is None:
                raise
            if secret_id in {secret.id for secret in listed}:
                message = f"{error.message}. The account still lists {secret_id}: run the task again, which is safe"
                raise error.restated(message) from None
            after = listed
    return _secret_result(True, before, after, found)


def _secret_result(changed: bool, before: list[Secret], after: list[Secret], secret: Secret | None) -> Result:
    rows = [secret.as_dict() for secret in after]
    return {
        "changed": changed,
        "secret": secret.as_dict() if secret else None,
        "secrets": rows,
        "diff": {"before": {"secrets": [secret.as_dict() for secret in before]}, "after": {"secrets": rows}},
    }


def _only(secrets: list[Secret]) -> Secret | None:
    """The secret, when there is no doubt which one it is."""
    return secrets[0] if len(secrets) == 1 else None


def _max_secrets(account_id: str, secrets: list[Secret], details: Mapping[str, t.Any] | None = None) -> Refused:
    """The failure to create a secret where there is no room.

    :param account_id: API key of the account.
    :param secrets: Its secrets.
    :param details: The `error` of Vonage's refusal, when it was asked.
    """
    message = (
        f"Account {account_id} already has {len(secrets)} secrets ({_ids(secrets)}) and Vonage allows no more; nothing"
        " was created. Find out which one is no longer used, and remove it with state=absent and its secret_id; if one"
        " of them was created with this value a moment ago, wait until Vonage accepts it, and run the task again"
    )
    return Refused(message, **{**(details or {}), "code": "max-secrets"})


def _ids(secrets: list[Secret]) -> str:
    return ", ".join(secret.id for secret in secrets) or "no secret"


def _because(probe: Probe, what: str) -> VonageError:
    """The failure of a task that ends for want of an answer, with nothing sent that was to change something."""
    error = probe.error or NotSent("no answer")
    return error.restated(f"{what}: {error.message}", NotSent if isinstance(error, UnknownOutcome) else None)


def _api_secret_info(client: Client, params: Params, _check_mode: bool) -> Result:
    account_ids = [client.api_key] if params["account_ids"] is None else params["account_ids"]
    candidates = params["candidates"] or []
    if "" in candidates:
        raise NotSent("candidates holds an empty value; give only values that may be secrets")
    if not account_ids:
        raise NotSent("account_ids is an empty list; leave it out to list the secrets of the account of api_key")
    at_once = params["concurrency"]
    if not 1 <= at_once <= MOST_CONNECTIONS:
        raise NotSent(f"concurrency must be 1 to {MOST_CONNECTIONS}, not {at_once}")
    listings = _at_once(client, at_once, lambda account_id: _listing(client, account_id), account_ids)
    rows = [row for row, _error in listings]
    errors = [error for _row, error in listings if error]
    if len(errors) == len(rows) and not candidates:
        raise errors[0]
    first = rows[0]
    answers: dict[str, Probe] = {}
    if first["error"] is None and first["account_id"] == client.api_key:
        # The list was read with it.
        answers[client.login[1]] = Probe("accepted")
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
        "candidates": [_verdict(answers[value].answered, sure) for value in candidates],
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
    # Here, because a module that has no use for it would be the slower for it.
    from concurrent.futures import ThreadPoolExecutor

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
        "error": {**error.details, "msg": error.message} if error else None,
    }
    return row, error


def _subaccount_info(client: Client, params: Params, _check_mode: bool) -> Result:
    if params["account_id"] is None:
        return {"changed": False, **client.list_subaccounts().as_dict()}
    # Vonage shows the primary account in the list alone, which would be a second request.
    return {"changed": False, "primary": None, "subaccounts": [client.get_subaccount(params["account_id"]).as_dict()]}


def _verdict(answered: Answered, sure: bool) -> Answered:
    return "unknown" if answered == "refused" and not sure else answered


BALANCE_INFO = Operation(_balance_info)

TOPUP = Operation(
    _topup,
    {
        "transaction_reference": {"type": "str", "required": True, "aliases": ["trx"]},
        "below": {"type": "float"},
    },
    never_null=("below",),
)

ACCOUNT_SETTINGS = Operation(
    _account_settings,
    {
        "mo_callback_url": {"type": "str"},
        "dr_callback_url": {"type": "str"},
        "http_forward_method": {"type": "str", "choices": ["GET_QUERY_PARAMS", "POST_QUERY_PARAMS", "POST_JSON"]},
    },
)

API_SECRET = Operation(
    _api_secret,
    {
        "account_id": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "secret": {"type": "str", "no_log": True},
        "secret_id": {"type": "str", "no_log": False},
    },
    required_if=(("state", "present", ("secret",)), ("state", "absent", ("secret_id",))),
    never_null=("account_id",),
)

API_SECRET_INFO = Operation(
    _api_secret_info,
    {
        "account_ids": {"type": "list", "elements": "str"},
        "candidates": {"type": "list", "elements": "str", "no_log": True},
        "concurrency": {"type": "int", "default": 16},
    },
    never_null=("account_ids",),
)

SUBACCOUNT_INFO = Operation(_subaccount_info, {"account_id": {"type": "str"}}, never_null=("account_id",))
