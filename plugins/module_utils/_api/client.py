# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The client of the Vonage Account API: one method for each endpoint.

The API is documented at https://developer.vonage.com/en/api/account.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.community.vonage.plugins.module_utils._api.errors import VonageError
from ansible_collections.community.vonage.plugins.module_utils._api.failures import unexpected_response
from ansible_collections.community.vonage.plugins.module_utils._api.models import Balance, Probe, Secret
from ansible_collections.community.vonage.plugins.module_utils._api.parsing import (
    confirms_top_up,
    is_success_text,
    is_valid_id,
    lists_other_account,
    parse_amount,
    parse_created_at,
)
from ansible_collections.community.vonage.plugins.module_utils._api.request import (
    Credentials,
    Request,
    Response,
    secret_path,
    secrets_path,
    subaccount_path,
    subaccounts_path,
)
from ansible_collections.community.vonage.plugins.module_utils._api.subaccounts import Account, AccountList
from ansible_collections.community.vonage.plugins.module_utils._api.transport import Transport

# Limit of a list of subaccounts, which is read alone: some ten thousand subaccounts.
_MAX_SUBACCOUNTS_BYTES = 4 * 1024 * 1024

# The error codes of a 401 for a wrong secret; other codes are about the account or the authentication method.
_WRONG_CREDENTIALS = frozenset({None, "401", "unauthorized", "unathorized"})

_CALLBACK_KEYS = ("mo-callback-url", "dr-callback-url")
_SETTINGS_KEYS = {*_CALLBACK_KEYS, "max-outbound-request", "max-inbound-request", "max-calls-per-second"}


class Client(Transport):
    """The endpoints that this collection uses.

    Every method returns plain data or raises one of the errors of `errors`.
    """

    def get_balance(self) -> Balance:
        """Read the balance: `GET /account/get-balance`.

        :raises VonageError: The balance could not be read.
        """
        response = self.send(Request("GET", "rest", "/account/get-balance", "read"))
        body = self._object(response)
        value = parse_amount(body.get("value"))
        if value is None:
            raise self._unexpected(response, "contains no balance")
        auto_reload = body.get("autoReload")
        return Balance(value, auto_reload if isinstance(auto_reload, bool) else None)

    def top_up(self, transaction_reference: str) -> None:
        """Repeat the payment that enabled auto-reload: `POST /account/top-up`. The request is never retried.

        :param transaction_reference: Reference of that payment.
        :raises Refused: Vonage charged nothing.
        :raises UnknownOutcome: Vonage may have charged the account. The API has no way to find out.
        """
        request = Request("POST", "rest", "/account/top-up", "payment", form={"trx": transaction_reference})
        response = self.send(request)
        if isinstance(response.body, dict):
            confirmed = confirms_top_up(response.body)
        else:
            # Accept what other clients accept, but not the beginning of a longer text, such as a proxy's page.
            confirmed = response.length_known and is_success_text(response.text)
        if not confirmed:
            raise self._unexpected(response, "does not confirm the payment; the account may have been charged")
        if not isinstance(response.body, dict):
            self._warn(
                f"{request.method} {request.path} returned HTTP {response.status} without JSON, which counts as"
                " success: check the balance"
            )

    def read_settings(self) -> dict[str, t.Any]:
        """Read the account settings: `POST /account/settings` without fields, which changes nothing.

        :returns: The settings under Vonage's names, in kebab-case.
        :raises VonageError: The settings could not be read.
        """
        return self._settings(Request("POST", "rest", "/account/settings", "read", form={}))

    def write_settings(self, fields: Mapping[str, str]) -> dict[str, t.Any]:
        """Change account settings: `POST /account/settings`.

        :param fields: Form fields under Vonage's names, in camelCase. An empty value removes a setting; settings that
            are not given stay as they are.
        :returns: The settings after the request. They may be the old ones: Vonage saves a callback URL only if the URL
            responds with 200.
        :raises VonageError: The settings could not be written.
        """
        return self._settings(Request("POST", "rest", "/account/settings", "write", form=fields))

    def list_secrets(
        self, account_id: str, credentials: Credentials | None = None, complete: bool = False
    ) -> list[Secret]:
        """List the secrets of an account: `GET /accounts/{api_key}/secrets`.

        :param account_id: API key of the account, which may be a subaccount.
        :param credentials: Other credentials to log in with.
        :param complete: Reject an empty list and the list of another account. Needed where a missing id is taken as
            proof that a secret was revoked; an account always keeps one secret.
        :returns: The secrets, sorted by creation time and id.
        :raises VonageError: The list could not be read.
        """
        response = self.send(Request("GET", "api", secrets_path(account_id), "read"), credentials)
        body = self._object(response)
        embedded = body.get("_embedded")
        rows = embedded.get("secrets") if isinstance(embedded, dict) else None
        if not isinstance(rows, list):
            raise self._unexpected(response, "contains no list of secrets")
        if complete and not rows:
            raise self._unexpected(response, "contains no secret, but an account always has one")
        if complete and lists_other_account(body, account_id):
            raise self._unexpected(response, "lists the secrets of another account")
        secrets = (self._secret(response, row) for row in rows)
        return sorted(secrets, key=lambda secret: (secret.created_at, secret.id))

    def probe(self, account_id: str, value: str) -> Probe:
        """Find out whether a value is a valid secret of an account, by logging in with it.

        :param account_id: API key of the account.
        :param value: The value to try.
        """
        try:
            secrets = self.list_secrets(account_id, Credentials(account_id, value))
        except VonageError as error:
            # Trust a 401 only if it came from Vonage: captive portals send it, too.
            refused = error.status == 401 and error.from_vonage and error.code in _WRONG_CREDENTIALS
            refused = refused and self._connection.authenticates(self.base_url("api"))
            return Probe("refused" if refused else "unknown", error=error)
        return Probe("accepted", secrets=secrets)

    def create_secret(self, account_id: str, value: str) -> Secret:
        """Create a secret: `POST /accounts/{api_key}/secrets`.

        :param account_id: API key of the account.
        :param value: The value; see `_operations.secret_policy`.
        :raises Refused: Vonage did not create the secret.
        :raises UnknownOutcome: The secret may exist; probe to find out.
        """
        response = self.send(Request("POST", "api", secrets_path(account_id), "write", json={"secret": value}))
        return self._secret(response, self._object(response))

    def delete_secret(self, account_id: str, secret_id: str) -> None:
        """Revoke a secret: `DELETE /accounts/{api_key}/secrets/{secret_id}`. This cannot be undone.

        :param account_id: API key of the account.
        :param secret_id: Id of the secret.
        :raises Refused: Vonage did not revoke the secret; code `invalid-id` if it does not exist.
        :raises UnknownOutcome: The secret may be revoked; list the secrets to find out.
        """
        response = self.send(Request("DELETE", "api", secret_path(account_id, secret_id), "write"))
        # Another 2xx status may come from a proxy.
        if response.status != 204:
            raise self._unexpected(response, "does not have the status 204")

    def list_subaccounts(self) -> AccountList:
        """List the subaccounts of the account: `GET /accounts/{api_key}/subaccounts`.

        :returns: All subaccounts, and their primary account.
        :raises VonageError: The list could not be read, or is not complete.
        """
        path = subaccounts_path(self.api_key)
        response = self.send(Request("GET", "api", path, "read", max_body_bytes=_MAX_SUBACCOUNTS_BYTES))
        body = self._object(response)
        links, embedded = body.get("_links"), body.get("_embedded")
        if isinstance(links, dict) and links.get("next"):
            reason = "is one page of several, which is not documented"
            raise self._unexpected(response, reason, advice="look for a newer release of this collection")
        if not isinstance(embedded, dict):
            raise self._unexpected(response, "contains no list of subaccounts")
        try:
            return AccountList.from_rows(embedded.get("primary_account"), embedded.get("subaccounts"))
        except ValueError as error:
            raise self._unexpected(response, str(error)) from None

    def get_subaccount(self, account_id: str) -> Account:
        """Read a subaccount of the account: `GET /accounts/{api_key}/subaccounts/{account_id}`.

        :param account_id: API key of the subaccount.
        :raises VonageError: The subaccount could not be read.
        """
        response = self.send(Request("GET", "api", subaccount_path(self.api_key, account_id), "read"))
        try:
            return Account.subaccount_from_row(self._object(response))
        except ValueError as error:
            raise self._unexpected(response, str(error)) from None

    def _settings(self, request: Request) -> dict[str, t.Any]:
        response = self.send(request)
        body = self._object(response)
        # Vonage does not always return all of them.
        if not _SETTINGS_KEYS & set(body):
            raise self._unexpected(response, "contains no settings")
        if not all(isinstance(body.get(key), (str, type(None))) for key in _CALLBACK_KEYS):
            raise self._unexpected(response, "contains a callback URL that is not a string")
        return body

    def _object(self, response: Response) -> dict[str, t.Any]:
        if isinstance(response.body, dict):
            return response.body
        raise self._unexpected(response, "is not a JSON object, so it is not from Vonage")

    def _secret(self, response: Response, row: t.Any) -> Secret:
        if not isinstance(row, dict) or not is_valid_id(row.get("id")):
            raise self._unexpected(response, "contains a secret with a missing or malformed id")
        if self.is_hidden(row["id"]):
            raise self._unexpected(response, "contains the value of a secret instead of its id")
        return Secret(row["id"], parse_created_at(row))

    def _unexpected(self, response: Response, reason: str, **options: str) -> VonageError:
        redact = self.redactor(response.request, self.credentials)
        return unexpected_response(response, reason, self.url(response.request), redact, **options)
