# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What can go wrong in a call to Vonage, as typed errors. Nothing here speaks HTTP or knows Ansible."""

from __future__ import annotations

import typing as t

Outcome = t.Literal["not_sent", "refused", "unknown"]


class VonageError(Exception):
    """A call to Vonage that did not do what it was asked.

    :ivar message: One line that says what happened and what to do; free of secrets.
    :ivar from_vonage: Whether an error body of Vonage's own stands behind it.
    :ivar details: The `error` object that a failed module returns.
    :ivar result: What a failed module returns beside `msg` and `error`.
    :ivar repeated: Whether the same request had reached Vonage before, and was answered that it may be repeated.
    """

    outcome: t.ClassVar[Outcome]

    def __init__(self, message: str, *, from_vonage: bool = False, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.from_vonage = from_vonage
        self.result: dict[str, t.Any] = {}
        self.repeated = False
        self.details: dict[str, t.Any] = {
            "status": None,
            "code": None,
            "title": None,
            "detail": None,
            "instance": None,
            "request_id": None,
            "method": None,
            "path": None,
            "invalid_parameters": [],
            **details,
            "outcome": self.outcome,
        }

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer, or None when there was no answer."""
        return t.cast("int | None", self.details["status"])

    @property
    def code(self) -> str | None:
        """Vonage's own code of the error (the fragment of `type`, or `error-code`), lower-cased."""
        return t.cast("str | None", self.details["code"])

    def restated(self, message: str, kind: type[VonageError] | None = None) -> VonageError:
        """The same failure in other words.

        :param message: The new message.
        :param kind: What it is from now on; by default what it was.
        """
        return (kind or type(self))(message, from_vonage=self.from_vonage, **self.details)


class NotSent(VonageError):
    """Nothing left this machine: bad input, no connection, or a certificate that does not verify."""

    outcome: t.ClassVar[Outcome] = "not_sent"


class Refused(VonageError):
    """Vonage answered, and the answer says that it did not do it."""

    outcome: t.ClassVar[Outcome] = "refused"


class UnknownOutcome(VonageError):
    """The request left, and no answer came that tells whether Vonage carried it out."""

    outcome: t.ClassVar[Outcome] = "unknown"
