# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The errors of a request to Vonage. Nothing here knows HTTP or Ansible."""

from __future__ import annotations

import typing as t

Outcome = t.Literal["not_sent", "refused", "unknown"]


class InvalidParameter(t.NamedTuple):
    """A parameter that Vonage rejected.

    :ivar name: As Vonage spells it.
    :ivar reason: Why.
    """

    name: str
    reason: str


class ErrorInfo(t.NamedTuple):
    """What is known about a failed request.

    :ivar status: The HTTP status; None if there was no response.
    :ivar code: Vonage's code of the error (the fragment of `type`, or `error-code`), in lower case.
    :ivar title: The short text of the error.
    :ivar detail: The long text of the error.
    :ivar instance: Vonage's reference of the error.
    :ivar request_id: Vonage's reference of the request.
    :ivar method: The method of the request.
    :ivar path: The path of the request.
    :ivar invalid_parameters: The parameters that Vonage rejected.
    """

    status: int | None = None
    code: str | None = None
    title: str | None = None
    detail: str | None = None
    instance: str | None = None
    request_id: str | None = None
    method: str | None = None
    path: str | None = None
    invalid_parameters: tuple[InvalidParameter, ...] = ()


NO_INFO = ErrorInfo()


class VonageError(Exception):
    """A request that failed.

    :ivar message: What happened and what to do, in one line without secrets.
    :ivar info: The details.
    :ivar from_vonage: Whether the response had an error body of Vonage.
    :ivar result: What a failed module returns beside `msg` and `error`.
    :ivar after_retry: Whether an earlier attempt of the same request reached Vonage, which may have processed it.
    """

    outcome: t.ClassVar[Outcome]

    def __init__(self, message: str, info: ErrorInfo = NO_INFO, from_vonage: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.info = info
        self.from_vonage = from_vonage
        self.result: dict[str, t.Any] = {}
        self.after_retry = False

    @property
    def status(self) -> int | None:
        return self.info.status

    @property
    def code(self) -> str | None:
        return self.info.code

    def as_dict(self) -> dict[str, t.Any]:
        """The `error` that a failed module returns."""
        rows = [parameter._asdict() for parameter in self.info.invalid_parameters]
        return {**self.info._asdict(), "invalid_parameters": rows, "outcome": self.outcome}

    def with_message(self, message: str, kind: type[VonageError] | None = None) -> VonageError:
        """Copy the error with another message.

        :param message: The new message.
        :param kind: The type of the copy; by default the same.
        """
        return (kind or type(self))(message, self.info, self.from_vonage)


class NotSent(VonageError):
    """Nothing was sent: bad input, no connection, or a certificate that cannot be verified."""

    outcome: t.ClassVar[Outcome] = "not_sent"


class Refused(VonageError):
    """Vonage responded that it did not process the request."""

    outcome: t.ClassVar[Outcome] = "refused"


class UnknownOutcome(VonageError):
    """The request was sent, but no response tells whether Vonage processed it."""

    outcome: t.ClassVar[Outcome] = "unknown"
