# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the accounts file (or the same data from the control path) and says clearly what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any

from .clock import parse_time
from .state import Account, Secret, Settings

_API_KEY = re.compile(r"[A-Za-z0-9_-]+")

DEFAULT_ACCOUNTS: list[dict[str, Any]] = [
    {
        "api_key": "c0ffee01",
        "secrets": [{"value": "Rehearsal0nlyPrimary"}],
        "balance": "42.50",
        "created_at": "2024-02-03T04:05:06Z",
    },
    {
        "api_key": "5ab00001",
        "primary_account": "c0ffee01",
        "name": "Shop Berlin",
        "secrets": [{"value": "Rehearsal0nlyBerlin"}],
        "created_at": "2025-05-06T07:08:09Z",
    },
    {
        "api_key": "5ab00002",
        "primary_account": "c0ffee01",
        "name": "Shop Lyon",
        "secrets": [{"value": "Rehearsal0nlyLyon"}],
        "balance": "10",
        "use_primary_account_balance": False,
        "created_at": "2025-06-07T08:09:10Z",
    },
]
"""What the simulator holds when it is given no accounts. The values are invented and published in the guide."""


class AccountsError(ValueError):
    """The accounts are not in the expected form. The message names the place and what to write there."""


def read_accounts(data: Any, now: float) -> list[Account]:
    """Build accounts from decoded JSON.

    Args:
        data: the list under ``accounts``.
        now: the creation time of whatever names none, in seconds since the epoch.

    Raises:
        AccountsError: if something in it is not valid.
    """
    if not isinstance(data, list):
        raise AccountsError("accounts: write a list of accounts")
    accounts = [_account(item, f"accounts[{index}]", now) for index, item in enumerate(data)]
    keys = [account.api_key for account in accounts]
    for index, account in enumerate(accounts):
        if keys.index(account.api_key) != index:
            raise AccountsError(f"accounts[{index}].api_key: {account.api_key} is there twice")
        if account.primary_account is not None and account.primary_account not in keys:
            raise AccountsError(
                f"accounts[{index}].primary_account: {account.primary_account} is not the api_key of another account"
            )
    return accounts


def _account(data: Any, where: str, now: float) -> Account:
    readers: dict[str, Callable[[Any, str], Any]] = {
        "api_key": _key,
        "secrets": lambda value, place: _secrets(value, place, now),
        "created_at": _time,
        "balance": _amount,
        "credit_limit": _amount,
        "top_up_amount": _amount,
        "auto_reload": _flag,
        "trx": _text,
        "settings": _settings,
        "primary_account": _optional(_key),
        "name": _optional(_text),
        "suspended": _flag,
        "use_primary_account_balance": _flag,
    }
    values = _read(data, where, readers)
    if "api_key" not in values:
        raise AccountsError(f"{where}.api_key: is missing, write for example c0ffee01")
    values.setdefault("created_at", now)
    return Account(**values)


def _secrets(data: Any, where: str, now: float) -> list[Secret]:
    if not isinstance(data, list):
        raise AccountsError(f"{where}: write a list of secrets")
    secrets = []
    for index, item in enumerate(data):
        place = f"{where}[{index}]"
        values = _read(item, place, {"value": _text, "id": _key, "created_at": _time})
        if not values.get("value"):
            raise AccountsError(f"{place}.value: is missing or empty")
        values.setdefault("created_at", now)
        secrets.append(Secret(**values))
    return secrets


def _settings(data: Any, where: str) -> Settings:
    number = _optional(_number_or_text)
    readers: dict[str, Callable[[Any, str], Any]] = {field.name: number for field in fields(Settings)}
    readers.update(mo_callback_url=_text, dr_callback_url=_text, http_forward_method=_optional(_text))
    return Settings(**_read(data, where, readers))


def _read(data: Any, where: str, readers: Mapping[str, Callable[[Any, str], Any]]) -> dict[str, Any]:
    """Read each field of an object with its reader; an unknown field is an error, for it is most likely a typo."""
    if not isinstance(data, dict):
        raise AccountsError(f"{where}: write an object with the fields {', '.join(readers)}")
    for name in data:
        if name not in readers:
            raise AccountsError(f"{where}.{name}: unknown field, use one of {', '.join(readers)}")
    return {name: readers[name](value, f"{where}.{name}") for name, value in data.items()}


def _optional(reader: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda value, where: None if value is None else reader(value, where)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise AccountsError(f"{where}: write a text in quotes")
    return value


def _key(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _API_KEY.fullmatch(value):
        raise AccountsError(f"{where}: write letters, digits, '_' and '-' only, in quotes")
    return value


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise AccountsError(f"{where}: write true or false")
    return value


def _amount(value: Any, where: str) -> Decimal:
    """Read an amount in EUR; a text keeps it exact, a JSON number works too."""
    amount: Decimal | None = None
    if isinstance(value, (str, int, float, Decimal)) and not isinstance(value, bool):
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = None
    if amount is None or not amount.is_finite():
        raise AccountsError(f'{where}: write an amount, for example "42.50"')
    return amount


def _number_or_text(value: Any, where: str) -> Any:
    # The limits have been seen as numbers and as numeric texts, so both can be rehearsed.
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise AccountsError(f"{where}: write a whole number, alone or in quotes")
    return value


def _time(value: Any, where: str) -> float:
    try:
        return parse_time(_text(value, where))
    except ValueError as error:
        raise AccountsError(f"{where}: write a time such as 2026-03-04T05:06:07Z") from error
