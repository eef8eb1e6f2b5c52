# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What vonage_api_secret does."""

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
    asking_first,
)
from ansible_collections.community.vonage.plugins.module_utils._operations.secret_policy import broken_rules

# Vonage's documented limit.
_MOST_SECRETS = 2

# Seconds before each further look for a secret whose creation went unanswered: Vonage documents no propagation delay,
# so a few short looks, and then the truth that nobody can tell.
_SETTLE_WAITS = (0.0, 1.0, 3.0)


def _api_secret(client: Client, params: Params, check_mode: bool) -> Result:
    # An empty one is not sent: it may be a variable that was not set, and does not mean one's own account.
    account_id = client.api_key if params["account_id"] is None else params["account_id"]
    if params["state"] == "absent":
        result = _absent(client, account_id, params["secret_id"], params["api_secret_id"], check_mode)
    else:
        result = _present(client, account_id, params["secret"], check_mode)
    return {**result, "request_id": client.write_request_id}


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
    if probe.result != "refused":
        raise _because(probe, "It cannot be told whether the secret exists already, so nothing was created")
    with asking_first("Nothing was created"):
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
            return _secret_result(not refused or error.after_retry, before, probe.secrets, created)
    after = _list_if_possible(client, account_id)
    if refused:
        raise _max_secrets(account_id, after, error.info) if after and len(after) >= _MOST_SECRETS else error
    listed = "the secrets cannot be listed" if after is None else f"the account lists {_ids(after)}"
    raise error.with_message(
        f"{error.message}. The value does not answer, and {listed}: run the task again with the same value, which is"
        " safe"
    )


def _list_if_possible(client: Client, account_id: str, complete: bool = False) -> list[Secret] | None:
    """The secrets, or None: while an error is looked into, another one must not take its place."""
    try:
        return client.list_secrets(account_id, complete=complete)
    except VonageError:
        return None


def _absent(client: Client, account_id: str, secret_id: str | None, login_id: str | None, check_mode: bool) -> Result:
    if not secret_id or not secret_id.strip():
        raise NotSent("secret_id is empty; give the id of the secret, as vonage_api_secret_info lists it")
    if secret_id != secret_id.strip():
        raise NotSent("secret_id has white space around it; give the id alone, as vonage_api_secret_info lists it")
    if secret_id == client.credentials.api_secret:
        raise NotSent("secret_id is the secret itself; give its id, as vonage_api_secret_info lists it")
    if secret_id == login_id:
        raise NotSent("secret_id is the id of the secret that this task logs in with; log in with the one that stays")
    with asking_first("Nothing was revoked"):
        before = client.list_secrets(account_id, complete=True)
    found = next((secret for secret in before if secret.id == secret_id), None)
    if found is None:
        alike = next((secret.id for secret in before if secret.id.lower() == secret_id.lower()), None)
        if alike is not None:
            raise NotSent(f"secret_id is {secret_id}, and the account lists {alike}: write the id as it is listed")
        return _secret_result(False, before, before, None)
    after = [secret for secret in before if secret.id != secret_id]
    if not after:
        raise Refused(
            f"{secret_id} is the only secret of account {account_id}, which must always keep one: create the new"
            " secret first",
            ErrorInfo(code="delete-last-secret"),
        )
    # Warn only if the task manages its own account and api_secret_id was not given.
    own_login = account_id == client.api_key and not login_id
    warnings = [_may_end_login(secret_id)] if own_login and check_mode else []
    if not check_mode:
        try:
            client.delete_secret(account_id, secret_id)
        except Refused as error:
            if error.code != "invalid-id":
                raise
            if error.after_retry:
                # The attempt before this one, which was answered that it may be repeated, was carried out all the same.
                return _secret_result(True, before, after, found)
            # Gone meanwhile, by somebody else.
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
            warnings = [_ended_login(secret_id, after)]
    result = _secret_result(True, before, after, found)
    return {**result, "warnings": warnings} if warnings else result


def _may_end_login(secret_id: str) -> str:
    return (
        f"Vonage does not say which secret a task logs in with. If {secret_id} is the one of this task, the login ends"
        " with it: log in with the secret that stays, and give the id of that one as api_secret_id"
    )


def _ended_login(secret_id: str, after: list[Secret]) -> str:
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


def _only(secrets: list[Secret]) -> Secret | None:
    """The secret, when there is no doubt which one it is."""
    return secrets[0] if len(secrets) == 1 else None


def _max_secrets(account_id: str, secrets: list[Secret], info: ErrorInfo = NO_INFO) -> Refused:
    """The failure to create a secret where there is no room.

    :param account_id: API key of the account.
    :param secrets: Its secrets.
    :param info: Details of the refusal by Vonage, if the request was sent.
    """
    message = (
        f"Account {account_id} already has {len(secrets)} secrets ({_ids(secrets)}) and Vonage allows no more; nothing"
        " was created. Find out which one is no longer used, and remove it with state=absent and its secret_id; if one"
        " of them was created with this value a moment ago, wait until Vonage accepts it, and run the task again"
    )
    return Refused(message, info._replace(code="max-secrets"))


def _ids(secrets: list[Secret]) -> str:
    return ", ".join(secret.id for secret in secrets) or "no secret"


def _because(probe: Probe, what: str) -> VonageError:
    """The failure of a task that ends for want of an answer, with nothing sent that was to change something."""
    error = probe.error or NotSent("no answer")
    return error.with_message(f"{what}: {error.message}", NotSent if isinstance(error, UnknownOutcome) else None)


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
