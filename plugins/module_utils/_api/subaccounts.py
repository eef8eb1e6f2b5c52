# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What Vonage says of a primary account and its subaccounts."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from decimal import Decimal

from ansible_collections.community.vonage.plugins.module_utils._api.parsing import parse_amount, parse_created_at

_KEY = re.compile(r"[\w-]{1,64}")


class Account(t.NamedTuple):
    """A primary account, or one of its subaccounts.

    :ivar api_key: Its API key, which alone identifies it.
    :ivar name: Its name, which others may have too.
    :ivar primary_account_api_key: API key of its primary account; None of the primary account itself.
    :ivar use_primary_account_balance: Whether it spends the balance of its primary account; None of that itself.
    :ivar balance: The amount in euro; None when it has no balance of its own.
    :ivar credit_limit: The amount in euro; None when it has no balance of its own.
    :ivar suspended: Whether it is switched off.
    :ivar created_at: When it was created, ISO 8601 in UTC with whole seconds.
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
        """Read an account out of an answer, or out of what `as_dict` gave.

        :raises ValueError: It is no account; the message says why.
        """
        if not isinstance(row, dict):
            raise ValueError("holds an account that is no object")
        key = row.get("api_key")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ValueError("holds an account without an API key")
        if not isinstance(row.get("suspended"), bool):
            raise ValueError(f"does not say whether {key} is suspended")
        shares, primary = row.get("use_primary_account_balance"), row.get("primary_account_api_key")
        if not isinstance(shares, (bool, type(None))) or not isinstance(primary, (str, type(None))):
            raise ValueError(f"does not say what {key} has to do with its primary account")
        if not isinstance(row.get("name"), (str, type(None))):
            raise ValueError(f"holds a name of {key} that is no text")
        return cls(
            api_key=key,
            name=row.get("name"),
            primary_account_api_key=primary,
            use_primary_account_balance=shares,
            balance=_amount_if_any(row, "balance"),
            credit_limit=_amount_if_any(row, "credit_limit"),
            suspended=row["suspended"],
            created_at=parse_created_at(row),
        )

    @classmethod
    def from_row_of_subaccount(cls, row: t.Any) -> Account:
        """The same for a subaccount, which has more to say.

        :raises ValueError: It is no subaccount; the message says why.
        """
        account = cls.from_row(row)
        if account.primary_account_api_key is None or account.use_primary_account_balance is None:
            raise ValueError(f"does not say what {account.api_key} has to do with its primary account")
        return account

    def as_dict(self) -> dict[str, t.Any]:
        own = {field: getattr(self, field) for field in ("balance", "credit_limit")}
        floats = {field: None if value is None else float(value) for field, value in own.items()}
        return {**self._asdict(), **floats}


class Family(t.NamedTuple):
    """A primary account and all its subaccounts, the oldest first; of two of the same second, by API key."""

    primary: Account
    subaccounts: list[Account]

    @classmethod
    def from_rows(cls, primary: t.Any, subaccounts: t.Any) -> Family:
        """Read them out of an answer, or out of what `as_dict` gave.

        :raises ValueError: They are none; the message says why.
        """
        if not isinstance(subaccounts, list):
            raise ValueError("holds no list of subaccounts")
        accounts = map(Account.from_row_of_subaccount, subaccounts)
        by_age = sorted(accounts, key=lambda account: (account.created_at, account.api_key))
        family = cls(Account.from_row(primary), by_age)
        if len({account.api_key for account in family.accounts}) < len(family.accounts):
            raise ValueError("holds an account twice")
        return family

    @property
    def accounts(self) -> list[Account]:
        return [self.primary, *self.subaccounts]

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "primary": self.primary.as_dict(),
            "subaccounts": [account.as_dict() for account in self.subaccounts],
        }


def _amount_if_any(row: Mapping[str, t.Any], field: str) -> Decimal | None:
    found = parse_amount(row.get(field))
    if found is None and row.get(field) is not None:
        raise ValueError(f"holds a {field} that is no number")
    return found
