# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Primary accounts and subaccounts."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from decimal import Decimal

from ansible_collections.community.vonage.plugins.module_utils._api.parsing import parse_amount, parse_created_at

_KEY = re.compile(r"[\w-]{1,64}")


class Account(t.NamedTuple):
    """A primary account, or one of its subaccounts.

    :ivar api_key: The API key, which identifies the account.
    :ivar name: The name, which is not unique.
    :ivar primary_account_api_key: API key of the primary account; None for a primary account.
    :ivar use_primary_account_balance: Whether a subaccount uses the balance of its primary account; None for a
        primary account.
    :ivar balance: The amount in euro; None if the account has no own balance.
    :ivar credit_limit: The amount in euro; None if the account has no own balance.
    :ivar suspended: Whether the account is suspended.
    :ivar created_at: Creation time, ISO 8601 in UTC with whole seconds.
    """

    api_key: str
    name: str | None
    primary_account_api_key: str | None
    use_primary_account_balance: bool | None
    balance: Decimal | None
    credit_limit: Decimal | None
    suspended: bool
    created_at: str

    @classmethod
    def from_row(cls, row: t.Any) -> Account:
        """Read an account from a response, or from the result of `as_dict`.

        :raises ValueError: A field is missing or invalid; the message continues "the response ...".
        """
        if not isinstance(row, dict):
            raise ValueError("contains an account that is not an object")
        key = row.get("api_key")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ValueError("contains an account without an API key")
        if not isinstance(row.get("suspended"), bool):
            raise ValueError(f"does not say whether {key} is suspended")
        shares, primary = row.get("use_primary_account_balance"), row.get("primary_account_api_key")
        if not isinstance(shares, (bool, type(None))) or not isinstance(primary, (str, type(None))):
            raise ValueError(f"does not say how {key} relates to its primary account")
        if not isinstance(row.get("name"), (str, type(None))):
            raise ValueError(f"contains a name of {key} that is not a string")
        return cls(
            api_key=key,
            name=row.get("name"),
            primary_account_api_key=primary,
            use_primary_account_balance=shares,
            balance=_optional_amount(row, "balance"),
            credit_limit=_optional_amount(row, "credit_limit"),
            suspended=row["suspended"],
            created_at=parse_created_at(row),
        )

    @classmethod
    def subaccount_from_row(cls, row: t.Any) -> Account:
        """Read a subaccount, which has more fields than a primary account.

        :raises ValueError: A field is missing or invalid; the message continues "the response ...".
        """
        account = cls.from_row(row)
        if account.primary_account_api_key is None or account.use_primary_account_balance is None:
            raise ValueError(f"does not say how {account.api_key} relates to its primary account")
        return account

    def as_dict(self) -> dict[str, t.Any]:
        own = {field: getattr(self, field) for field in ("balance", "credit_limit")}
        floats = {field: None if value is None else float(value) for field, value in own.items()}
        return {**self._asdict(), **floats}


class AccountList(t.NamedTuple):
    """A primary account and all its subaccounts, sorted by creation time and API key."""

    primary: Account
    subaccounts: list[Account]

    @classmethod
    def from_rows(cls, primary: t.Any, subaccounts: t.Any) -> AccountList:
        """Read the accounts from a response, or from the result of `as_dict`.

        :raises ValueError: A field is missing or invalid; the message continues "the response ...".
        """
        if not isinstance(subaccounts, list):
            raise ValueError("contains no list of subaccounts")
        accounts = map(Account.subaccount_from_row, subaccounts)
        by_age = sorted(accounts, key=lambda account: (account.created_at, account.api_key))
        family = cls(Account.from_row(primary), by_age)
        if len({account.api_key for account in family.accounts}) < len(family.accounts):
            raise ValueError("contains an account twice")
        return family

    @property
    def accounts(self) -> list[Account]:
        return [self.primary, *self.subaccounts]

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "primary": self.primary.as_dict(),
            "subaccounts": [account.as_dict() for account in self.subaccounts],
        }


def _optional_amount(row: Mapping[str, t.Any], field: str) -> Decimal | None:
    found = parse_amount(row.get(field))
    if found is None and row.get(field) is not None:
        raise ValueError(f"contains a {field} that is not a number")
    return found
