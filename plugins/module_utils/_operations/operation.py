# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""An operation: what a module does, without AnsibleModule.

An operation gets a client, validated options and the check mode, and returns a result or raises an error of
`_api.errors`. It has one code path for both modes, and one guard around its write.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent, UnknownOutcome

Params = Mapping[str, t.Any]
Result = dict[str, t.Any]


class Operation:
    """What a module does.

    :param run: Returns the result or raises a `VonageError`.
    :param options: Argument spec of the options of the module, without those of the connection.
    :param required_if: As for AnsibleModule.
    :param never_null: Options that must not be null; see `validate_raw_options`.
    """

    def __init__(
        self,
        run: Callable[[Client, Params, bool], Result],
        options: Mapping[str, Mapping[str, t.Any]] | None = None,
        required_if: Sequence[tuple[str, t.Any, tuple[str, ...]]] = (),
        never_null: Sequence[str] = (),
    ) -> None:
        self.run = run
        self.options = options or {}
        self.required_if = required_if
        self.never_null = never_null


@contextmanager
def read_before_change(nothing_done: str) -> Iterator[None]:
    """Wrap the reads before a change: without a response to them, the outcome of the task is `not_sent`.

    :param nothing_done: Is appended to the message.
    """
    try:
        yield
    except UnknownOutcome as error:
        raise error.with_message(f"{error.message}. {nothing_done}", NotSent) from None
