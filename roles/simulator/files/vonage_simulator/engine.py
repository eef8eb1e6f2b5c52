# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated service without sockets: takes a request, returns how to answer it, and keeps the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from . import api, errors
from .accounts import DEFAULT_ACCOUNTS, read_accounts
from .clock import Clock, milliseconds
from .faults import Delivery, FaultBook, read_rule
from .log import RequestLog
from .service import Call, Service
from .state import State
from .switches import Switches
from .wire import Request, new_id


class Engine:
    """Accounts, clock, switches, faults and log of one simulator.

    Args:
        accounts: accounts in the form of the accounts file; None for the published default set.
        switches: switches that differ from their defaults.

    Raises:
        AccountsError, SwitchError: if these are not valid.
    """

    def __init__(self, accounts: list[dict[str, Any]] | None = None, switches: dict[str, Any] | None = None) -> None:
        self.clock = Clock()
        self.switches = Switches(switches)
        self.state = State(self.clock, self.switches)
        self.faults = FaultBook()
        self.log = RequestLog()
        self._service = Service(self.state, self.switches, self.clock)
        self._initial = DEFAULT_ACCOUNTS if accounts is None else accounts
        self._initial_switches = self.switches.as_dict()
        self.load_accounts()

    def load_accounts(self, data: Any = None) -> None:
        """Replace all accounts, and with them all history.

        Args:
            data: accounts in the form of the accounts file; None for those of the start.

        Raises:
            AccountsError: if they are not valid; nothing is changed then.
        """
        self.state.replace(read_accounts(self._initial if data is None else data, self.clock.now()))

    def start_again(
        self,
        accounts: Any = None,
        switches: Mapping[str, Any] | None = None,
        faults: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Forget everything but the time: accounts, history, switches, faults and log.

        Args:
            accounts: accounts in the form of the accounts file; None for those of the start.
            switches: switches that differ from the start.
            faults: the fields of each fault rule, see FaultRule.

        Raises:
            AccountsError, FaultError, SwitchError: if these are not valid; nothing is changed then.
        """
        values = Switches({**self._initial_switches, **(switches or {})}).as_dict()
        rules = [read_rule(rule) for rule in faults]
        self.load_accounts(accounts)
        self.switches.update(values)
        self.faults.replace(rules)
        self.log.clear()

    def answer(self, request: Request, families: Collection[str]) -> Delivery:
        """Process one request to the API.

        Args:
            request: the request.
            families: the host families that the listener it came in on serves.
        """
        call = Call(request, api_key=api.claimed_key(request))
        rule = self.faults.fire(request)
        response = None
        if rule is None or rule.commit:
            served = api.family_of(request.path) in families
            response = api.handle(self._service, call) if served else errors.route_not_found()
        committed = response is not None and response.committed
        delivery = Delivery(response) if rule is None else rule.deliver(response)
        if delivery.response is not None:
            # On all answers (documented).
            delivery.response.headers.setdefault("X-Request-Id", new_id())
        # Logged before the first byte goes out, so that a client which has its answer finds it in the log.
        self.log.add(
            request,
            self.state.values(),
            time=milliseconds(self.clock.now()),
            api_key=call.api_key,
            secret_id=None if call.identity is None else call.identity.secret_id,
            status=None if delivery.response is None else delivery.response.status,
            committed=committed,
            fault=None if rule is None else {"id": rule.id, "action": rule.action},
        )
        return delivery
