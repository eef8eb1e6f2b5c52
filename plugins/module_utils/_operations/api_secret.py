# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The operation of vonage_api_secret."""

from __future__ import annotations

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    NO_INFO,
    ErrorInfo,
    NotSent,
    Refused,
    UnknownOutcome,
    VonageError,
)
from ansible_collections.community.vonage.plugins.module_utils._api.models import Probe, Secret
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import (
    Operation,
    Params,
    Result,
    read_before_change,
)
from ansible_collections.community.vonage.plugins.module_utils._operations.secret_policy import policy_violations

# The documented limit of an account.
_MAX_SECRETS = 2

# Seconds to wait before each probe for a secret that was created without a response. Vonage documents no propagation
# delay, so a few short waits have to do.
_PROBE_DELAYS = (0.0, 1.0, 3.0)


def _api_secret(client: Client, params: Params, check_mode: bool) -> Result:
    # Only an omitted account_id means the own account. An empty one may be a variable that was not set.
    account_id = client.api_key if params["account_id"] is None else params["account_id"]
    if params["state"] == "absent":
        result = _absent(client, account_id, params["secret_id"], params["api_secret_id"], check_mode)
    else:
        result = _present(client, account_id, params["secret"], check_mode)
    return {**result, "request_id": client.write_request_id}


def _present(client: Client, account_id: str, value: str | None, check_mode: bool) -> Result:
    if not value:
        raise NotSent("secret is empty; set it to the value of the new secret")
    violations = policy_violations(value)
    if violations:
        raise NotSent(f"secret violates the rules of Vonage; it must {', and '.join(violations)}")
    # Vonage never returns a value, so log in with it to find out whether it exists.
    probe = client.probe(account_id, value)
    if probe.secrets is not None:
        return _secret_result(False, probe.secrets, probe.secrets, _single(probe.secrets))
    if probe.result != "refused":
        raise _probe_failed(probe, "Cannot find out whether the secret exists already, so nothing was created")
    with read_before_change("Nothing was created"):
        before = client.list_secrets(account_id)
    if len(before) >= _MAX_SECRETS:
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
    """Find out whether a secret was created in spite of an error.

    :param error: The error of the request that creates the secret.
    :raises VonageError: The value is not accepted: `error`, or `max-secrets` if the account has no free slot.
    """
    refused = isinstance(error, Refused)
    for seconds in _PROBE_DELAYS[:1] if refused else _PROBE_DELAYS:
        client.wait(seconds)
        probe = client.probe(account_id, value)
        if probe.secrets is not None:
            known = {secret.id for secret in before}
            created = _single([secret for secret in probe.secrets if secret.id not in known])
            # Refused, but it exists: another run created it, or an earlier attempt of this request.
            return _secret_result(not refused or error.after_retry, before, probe.secrets, created)
    after = _list_if_possible(client, account_id)
    if refused:
        raise _max_secrets(account_id, after, error.info) if after and len(after) >= _MAX_SECRETS else error
    listed = "the secrets cannot be listed" if after is None else f"the account lists {_ids(after)}"
    raise error.with_message(
        f"{error.message}. The value is not accepted, and {listed}: run the task again with the same value, which is"
        " safe"
    )


def _list_if_possible(client: Client, account_id: str, complete: bool = False) -> list[Secret] | None:
    """The secrets; None after an error, so that it does not replace the error that is being handled."""
    try:
        return client.list_secrets(account_id, complete=complete)
    except VonageError:
        return None


def _absent(client: Client, account_id: str, secret_id: str | None, login_id: str | None, check_mode: bool) -> Result:
    if not secret_id or not secret_id.strip():
        raise NotSent("secret_id is empty; set it to the id of the secret from vonage_api_secret_info")
    if secret_id != secret_id.strip():
        raise NotSent("secret_id has white space around it; remove it")
    if secret_id == client.credentials.api_secret:
        raise NotSent("secret_id is the value of the secret; set it to the id from vonage_api_secret_info")
    if secret_id == login_id:
        raise NotSent("secret_id is the id of the secret that this task logs in with; log in with the other secret")
    with read_before_change("Nothing was revoked"):
        before = client.list_secrets(account_id, complete=True)
    secret = next((secret for secret in before if secret.id == secret_id), None)
    if secret is None:
        similar = next((secret.id for secret in before if secret.id.lower() == secret_id.lower()), None)
        if similar is not None:
            raise NotSent(f"secret_id is {secret_id}, but the account has {similar}: use the exact id")
        return _secret_result(False, before, before, None)
    after = [secret for secret in before if secret.id != secret_id]
    if not after:
        raise Refused(
            f"{secret_id} is the only secret of account {account_id}, and an account must keep one: create the new"
            " secret first",
            ErrorInfo(code="delete-last-secret"),
        )
    # Warn only if the task manages its own account and api_secret_id was not given.
    own_login = account_id == client.api_key and not login_id
    warnings = [_may_be_login_secret(secret_id)] if own_login and check_mode else []
    if not check_mode:
        try:
            client.delete_secret(account_id, secret_id)
        except Refused as error:
            if error.code != "invalid-id":
                raise
            if error.after_retry:
                # An earlier attempt of this request revoked it.
                return _secret_result(True, before, after, secret)
            # Another run revoked it in the meantime.
            return _secret_result(False, after, after, None)
        except UnknownOutcome as error:
            listed = _list_if_possible(client, account_id, complete=True)
            if listed is None:
                raise
            if secret_id in {secret.id for secret in listed}:
                message = f"{error.message}. The account still lists {secret_id}: run the task again, which is safe"
                raise error.with_message(message) from None
            after = listed
        if own_login and client.probe(account_id, client.credentials.api_secret).result == "refused":
            warnings = [_was_login_secret(secret_id, after)]
    result = _secret_result(True, before, after, secret)
    return {**result, "warnings": warnings} if warnings else result


def _may_be_login_secret(secret_id: str) -> str:
    return (
        f"Vonage does not tell which secret a task logs in with. If it is {secret_id}, api_secret stops working: log in"
        " with the other secret, and set api_secret_id to its id"
    )


def _was_login_secret(secret_id: str, after: list[Secret]) -> str:
    return (
        f"{secret_id} was the secret that this task logged in with: Vonage no longer accepts api_secret. From now on,"
        f" log in with {_ids(after)}"
    )


def _secret_result(changed: bool, before: list[Secret], after: list[Secret], secret: Secret | None) -> Result:
    rows = [secret.as_dict() for secret in after]
    return {
        "changed": changed,
        "secret": secret.as_dict() if secret else None,
        "secrets": rows,
        "diff": {"before": {"secrets": [secret.as_dict() for secret in before]}, "after": {"secrets": rows}},
    }


def _single(secrets: list[Secret]) -> Secret | None:
    """The secret, if there is exactly one."""
    return secrets[0] if len(secrets) == 1 else None


def _max_secrets(account_id: str, secrets: list[Secret], info: ErrorInfo = NO_INFO) -> Refused:
    """Make the error for an account without a free slot.

    :param account_id: API key of the account.
    :param secrets: Its secrets.
    :param info: Details of the refusal by Vonage, if the request was sent.
    """
    message = (
        f"Account {account_id} already has {len(secrets)} secrets ({_ids(secrets)}) and Vonage allows no more; nothing"
        " was created. Find out which secret is no longer used, and revoke it with state=absent and secret_id. If one"
        " was just created with this value, wait until Vonage accepts it, and run the task again"
    )
    return Refused(message, info._replace(code="max-secrets"))


def _ids(secrets: list[Secret]) -> str:
    return ", ".join(secret.id for secret in secrets) or "no secret"


def _probe_failed(probe: Probe, message: str) -> VonageError:
    """Make the error for a probe with an unknown result; nothing was sent that changes anything."""
    error = probe.error or NotSent("no response")
    return error.with_message(f"{message}: {error.message}", NotSent if isinstance(error, UnknownOutcome) else None)


API_SECRET = Operation(
    _api_secret,
    {
        "account_id": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "secret": {"type": "str", "no_log": True},
        "secret_id": {"type": "str", "no_log": False},
        "api_secret_id": {"type": "str", "no_log": False},
    },
    required_if=(("state", "present", ("secret",)), ("state", "absent", ("secret_id",))),
    never_null=("account_id",),
)
