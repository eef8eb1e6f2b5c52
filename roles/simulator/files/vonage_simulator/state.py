# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts, their secrets and what happened to them. No HTTP, no rules of the API."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .clock import Clock, milliseconds, whole_seconds
from .switches import Switches
from .wire import API, REST, new_id


@dataclass
class Secret:
    """One secret, alive or revoked. Times are seconds since the epoch on the simulator's clock.

    Args:
        value: the secret itself.
        created_at: what the API shows as its creation.
        id: its id.
        known_since: when the first region knew it; None for a secret that was there at the start.
        revoked_at: when it was revoked, or None.
    """

    value: str
    created_at: float
    id: str = field(default_factory=new_id)
    known_since: float | None = None
    revoked_at: float | None = None

    def alive(self, now: float, delay: float = 0, lag: float = 0) -> bool:
        """Whether an observer sees it who learns of a creation and a revocation so many seconds late."""
        if self.known_since is not None and now < self.known_since + delay:
            return False
        return self.revoked_at is None or now < self.revoked_at + lag


@dataclass
class Settings:
    """What POST /account/settings reads and writes; an unset URL is an empty text.

    ``max_calls_per_second`` may be None: that key was absent in answers of 2017 (observed).
    """

    mo_callback_url: str = ""
    dr_callback_url: str = ""
    http_forward_method: str | None = None
    max_outbound_request: Any = 30
    max_inbound_request: Any = 30
    max_calls_per_second: Any = 30


@dataclass
class Transfer:
    """A finished balance or credit transfer."""

    kind: str
    sender: str
    receiver: str
    amount: Decimal
    reference: str
    created_at: float
    id: str = field(default_factory=new_id)


@dataclass
class Account:
    """A primary account or a subaccount. Hold ``lock`` from reading it for a decision to changing it."""

    api_key: str
    created_at: float
    secrets: list[Secret] = field(default_factory=list)
    balance: Decimal = Decimal(0)
    credit_limit: Decimal = Decimal(0)
    auto_reload: bool = True
    trx: str = "00X123456Y7890123Z"
    top_up_amount: Decimal = Decimal(10)
    charges: int = 0
    settings: Settings = field(default_factory=Settings)
    primary_account: str | None = None
    name: str | None = None
    suspended: bool = False
    use_primary_account_balance: bool = True
    transfers: list[Transfer] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    @property
    def live(self) -> list[Secret]:
        """The secrets that are not revoked, in the order of their creation."""
        return [secret for secret in self.secrets if secret.revoked_at is None]

    @property
    def shares_balance(self) -> bool:
        """Whether this is a subaccount that spends its primary's money."""
        return self.primary_account is not None and self.use_primary_account_balance


class State:
    """All accounts of one simulator."""

    def __init__(self, clock: Clock, switches: Switches, accounts: Iterable[Account] = ()) -> None:
        self._clock = clock
        self._switches = switches
        # Guards the set of accounts only; what is in an account is guarded by that account's own lock.
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self.replace(accounts)

    def replace(self, accounts: Iterable[Account]) -> None:
        """Forget everything and start again with these accounts."""
        by_key = {account.api_key: account for account in accounts}
        with self._lock:
            self._accounts = by_key
            self._turns = {REST: itertools.count(), API: itertools.count()}

    def add(self, account: Account) -> None:
        """Add a new account."""
        with self._lock:
            self._accounts[account.api_key] = account

    def find(self, api_key: str) -> Account | None:
        """Return the account with this key, or None."""
        return self._accounts.get(api_key)

    @property
    def accounts(self) -> dict[str, Account]:
        """All accounts by their key, in the order in which they were added; a copy."""
        return dict(self._accounts)

    def subaccounts(self, primary: str) -> list[Account]:
        """Return the subaccounts of a primary account."""
        return [account for account in self.accounts.values() if account.primary_account == primary]

    def payer(self, account: Account) -> Account:
        """Return the account whose balance this one spends."""
        if account.shares_balance and account.primary_account in self._accounts:
            return self._accounts[account.primary_account]
        return account

    def authenticate(self, api_key: str, value: str, family: str) -> Secret | None:
        """Return the secret that this value logs in with on a host family, or None.

        Each call is answered by the next region in turn (switch ``flap``). The first region knows of a change at
        once, the last one only after the full delay, so that answers flap in between.
        """
        account = self.find(api_key)
        if account is None:
            return None
        regions: int = self._switches["flap"]
        share = (next(self._turns[family]) % regions) / (regions - 1) if regions > 1 else 1.0
        delay = share * self._switches[f"propagation_delay_{family}"]
        lag = share * self._switches[f"revocation_lag_{family}"]
        now = self._clock.now()
        with account.lock:
            for secret in account.secrets:
                if secret.value == value and secret.alive(now, delay, lag):
                    return secret
        return None

    def create_secret(self, account: Account, value: str) -> Secret:
        """Add a secret to an account, now."""
        now = self._clock.now()
        secret = Secret(value, created_at=now, known_since=now)
        with account.lock:
            account.secrets.append(secret)
        return secret

    def revoke_secret(self, account: Account, secret: Secret) -> None:
        """Revoke a secret of an account, now."""
        with account.lock:
            secret.revoked_at = self._clock.now()

    def values(self) -> set[str]:
        """Return every secret value that any account has or had."""
        return {secret.value for account in self.accounts.values() for secret in list(account.secrets)}

    def report(self, *, with_values: bool = False) -> list[dict[str, Any]]:
        """Describe all accounts for the control path.

        Args:
            with_values: whether to show the secret values too.
        """
        return [_describe(account, with_values) for account in self.accounts.values()]


def _describe(account: Account, with_values: bool) -> dict[str, Any]:
    def shown(secret: Secret, facts: dict[str, Any]) -> dict[str, Any]:
        return {"id": secret.id, **facts, **({"value": secret.value} if with_values else {})}

    with account.lock:
        return {
            "api_key": account.api_key,
            "primary_account": account.primary_account,
            "name": account.name,
            "suspended": account.suspended,
            "use_primary_account_balance": account.use_primary_account_balance,
            "balance": str(account.balance),
            "credit_limit": str(account.credit_limit),
            "auto_reload": account.auto_reload,
            "charges": account.charges,
            "settings": dict(vars(account.settings)),
            "secrets": [shown(secret, {"created_at": whole_seconds(secret.created_at)}) for secret in account.live],
            "history": [
                shown(
                    secret,
                    {
                        "from": milliseconds(secret.created_at),
                        "to": None if secret.revoked_at is None else milliseconds(secret.revoked_at),
                    },
                )
                for secret in account.secrets
            ],
        }
