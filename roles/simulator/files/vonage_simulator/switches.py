# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every behaviour that can be switched, with its default and the source of that default.

The label says how sure the default is: "observed" on the real service, "documented" by Vonage, "inferred" from
other facts, or "unknown" because nobody has published it. A default is the observed behaviour, else the documented
one, else the stricter one. Delays are the exception: no figure is published, so they are zero until asked for.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class SwitchError(ValueError):
    """An unknown switch, or a value it does not take. The message says what is valid."""


@dataclass(frozen=True)
class Switch:
    """The definition of one switch.

    Args:
        name: how it is called in JSON.
        default: its value after the start; its type decides which values are valid.
        label: strength of the default: observed, documented, inferred or unknown.
        source: what the default rests on.
        choices: the valid values, when they can be listed.
        minimum: the smallest valid number, for a number switch.
    """

    name: str
    default: Any
    label: str
    source: str
    choices: tuple[Any, ...] = ()
    minimum: float = 0

    @property
    def valid(self) -> str:
        """The valid values, in words."""
        if self.choices:
            return "one of " + ", ".join(map(str, self.choices))
        if isinstance(self.default, list):
            return "a list of texts"
        kind = "a whole number" if isinstance(self.default, int) else "a number of seconds"
        return f"{kind}, at least {self.minimum:g}"

    def check(self, value: Any) -> None:
        """Raise SwitchError unless the value is valid for this switch."""
        if self.choices:
            good = value in self.choices
        elif isinstance(self.default, list):
            good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        else:
            kinds = (int,) if isinstance(self.default, int) else (int, float)
            good = (
                isinstance(value, kinds)
                and not isinstance(value, bool)
                and math.isfinite(value)
                and value >= self.minimum
            )
        if not good:
            raise SwitchError(f"switch {self.name}: {value!r} is not valid, use {self.valid}")


_NO_FIGURE = "no figure is published; a delay is plausible because there are several regions"

DEFINITIONS: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        # Authentication
        Switch(
            "unauthorized_rest",
            "gateway",
            "observed",
            "401 of /account/*: problem JSON of the gateway (observed on this host, other path); legacy is documented",
            ("gateway", "service", "legacy"),
        ),
        Switch(
            "unauthorized_api",
            "gateway",
            "observed",
            "401 of /accounts/*: both titles are recorded, Unauthorized and Invalid credentials supplied",
            ("gateway", "service"),
        ),
        Switch(
            "legacy_credentials",
            "accepted",
            "observed",
            "/account/* still takes api_key and api_secret in the query, or in the body of a POST",
            ("accepted", "refused"),
        ),
        # Secrets
        Switch("max_secrets", 2, "documented", "at most 2 secrets per API key; other limits are unknown", minimum=1),
        Switch(
            "max_secrets_error",
            "M1",
            "observed",
            "M1 403 add-excess-secret (observed), M2 403 maximum-secrets-allowed (documented), M3 400 (documented)",
            ("M1", "M2", "M3"),
        ),
        Switch("weak_secret_status", 400, "documented", "status of a secret that breaks the rules", (400, 422)),
        Switch(
            "duplicate_secret",
            "refused",
            "unknown",
            "a value the account has now; SDK comments say 'must be unique', refusing is stricter",
            ("refused", "accepted"),
        ),
        Switch(
            "reused_secret",
            "refused",
            "unknown",
            "a value the account had before; refusing is stricter",
            ("refused", "accepted"),
        ),
        Switch(
            "list_order",
            "newest",
            "observed",
            "recordings are newest first, but no order is promised",
            ("newest", "oldest", "shuffled"),
        ),
        # Time, in seconds on the movable clock
        Switch(
            "propagation_delay_rest", 0.0, "unknown", f"/account/* accepts a new secret so much later; {_NO_FIGURE}"
        ),
        Switch(
            "propagation_delay_api", 0.0, "unknown", f"/accounts/* accepts a new secret so much later; {_NO_FIGURE}"
        ),
        Switch("revocation_lag_rest", 0.0, "unknown", f"/account/* accepts a revoked secret so long; {_NO_FIGURE}"),
        Switch("revocation_lag_api", 0.0, "unknown", f"/accounts/* accepts a revoked secret so long; {_NO_FIGURE}"),
        Switch("list_delay", 0.0, "unknown", f"the list shows creations and revocations so much later; {_NO_FIGURE}"),
        Switch(
            "flap",
            1,
            "unknown",
            "regions that answer in turn: the first knows a change at once, the last after the full delay; 1 is off",
            minimum=1,
        ),
        # Settings
        Switch(
            "unset_callback",
            "empty",
            "unknown",
            "the key of an unset callback stays present (observed in 2013), its value is unknown",
            ("empty", "null", "absent"),
        ),
        Switch("dead_urls", [], "documented", "URLs that fail the check before a callback is saved; none by default"),
        Switch(
            "dead_url_answer",
            "V-a",
            "inferred",
            "V-a 420 with zeroed settings (the stricter variant), V-b 200 with the old value",
            ("V-a", "V-b"),
        ),
        Switch(
            "url_check_seconds", 0.0, "unknown", "real seconds that the check of a callback URL takes; no figure known"
        ),
        # Balance and top-up
        Switch(
            "balance_without_accept",
            "json",
            "documented",
            "format of the balance when the Accept header is missing; XML is possible",
            ("json", "xml"),
        ),
        Switch(
            "top_up",
            "auto",
            "documented",
            "auto answers by the account's state; T1 to T3 only choose the success body, T4 to T11 force that answer",
            ("auto", "T1", "T2", "T3", "T3_xml", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11_429", "T11_500"),
        ),
        # Subaccounts
        Switch(
            "subaccounts",
            "provisioned",
            "documented",
            "unprovisioned answers 403 to every subaccounts call",
            ("provisioned", "unprovisioned"),
        ),
        Switch("max_subaccounts", 0, "unknown", "how many subaccounts a primary may have; 0 is no limit"),
        Switch(
            "independent_balance",
            "allowed",
            "documented",
            "refused answers 403 when a subaccount asks for its own balance",
            ("allowed", "refused"),
        ),
        Switch(
            "transfer_spelling",
            "observed",
            "observed",
            "observed: id and credit_transfers; documented: balance_transfer_id, credit_transfer_id, credit-transfers",
            ("observed", "documented"),
        ),
    )
}


class Switches:
    """The current values. Reading and setting look like a dictionary; setting checks the value."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {name: switch.default for name, switch in DEFINITIONS.items()}
        self.update(values or {})

    def __getitem__(self, name: str) -> Any:
        self._definition(name)
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def update(self, values: Mapping[str, Any]) -> None:
        """Set several switches at once, or none of them.

        Raises:
            SwitchError: if a name or a value is not valid.
        """
        for name, value in values.items():
            self._definition(name).check(value)
        with self._lock:
            self._values.update(values)

    def reset(self) -> None:
        """Go back to the defaults."""
        self.update({name: switch.default for name, switch in DEFINITIONS.items()})

    def as_dict(self) -> dict[str, Any]:
        """Return a copy of all values."""
        return dict(self._values)

    @staticmethod
    def _definition(name: str) -> Switch:
        if name not in DEFINITIONS:
            raise SwitchError(f"unknown switch {name!r}, use one of {', '.join(sorted(DEFINITIONS))}")
        return DEFINITIONS[name]
