# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What all operations are: a module's own options, and one function from client, options and check mode to a result.

Nothing here knows AnsibleModule: whoever runs an operation hands in the checked options and turns the errors of
`_api.errors` into a failure. Each function has one path for both modes, with one guard around its write.
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
    """A module, without the Ansible around it.

    :param run: Does the work and returns the result; raises `VonageError`.
    :param options: Argument spec of the options beside the connection's.
    :param required_if: As in AnsibleModule.
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
def asking_first(nothing_done: str) -> Iterator[None]:
    """Around the questions that come before a change: whoever branches on the outcome asks for that of the change.

    :param nothing_done: Is added to the message when there is no answer.
    """
    try:
        yield
    except UnknownOutcome as error:
        raise error.with_message(f"{error.message}. {nothing_done}", NotSent) from None
