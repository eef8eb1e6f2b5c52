# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""A task, from its options to its result: the same as a module, and in the controller's own process."""

from __future__ import annotations

import os
import traceback
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.connection import (
    Connection,
    connection_argument_spec,
    validate_raw_options,
)
from ansible_collections.community.vonage.plugins.module_utils._api.errors import UnknownOutcome, VonageError
from ansible_collections.community.vonage.plugins.module_utils._api.redaction import Redactor
from ansible_collections.community.vonage.plugins.module_utils._api.text import replace_surrogates
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation, Params, Result

_ISSUES = "https://github.com/ansible-collections/community.vonage/issues"

_REDACT = {"redact": {"type": "list", "elements": "str", "no_log": True}}

Spec = Mapping[str, Mapping[str, t.Any]]


def argument_spec(operation: Operation) -> dict[str, Mapping[str, t.Any]]:
    """All options of an operation's task.

    :param operation: What the task does.
    """
    return {**connection_argument_spec(), **_REDACT, **operation.options}


def run_task(
    operation: Operation,
    given: Params,
    params: Params,
    check_mode: bool,
    connect: Callable[[Connection, Callable[[str], None]], Client] | None = None,
) -> tuple[Result, list[str]]:
    """Do what a task asks for. Raises nothing.

    :param operation: What the task does.
    :param given: The options as the task gives them.
    :param params: The same after the argument spec: converted, and with defaults.
    :param check_mode: Whether nothing may be changed.
    :param connect: Makes a client of a connection and of a function that is told of warnings; by default, a new one.
    :returns: The result, with `failed`, `msg` and `error` when it is a failure; and the warnings, each of them once.
    """
    spec = argument_spec(operation)
    warnings: dict[str, None] = {}

    def warn(warning: str) -> None:
        warnings[warning] = None

    try:
        validate_raw_options(given, spec, operation.never_null)
        connection = Connection.from_params(params)
        client = (connect or Client)(connection, warn)
        client.hide(secret_texts(spec, params))
        result = operation.run(client, params, check_mode)
        for warning in result.pop("warnings", ()):
            warn(warning)
    except VonageError as error:
        result = failure(error)
    except Exception as error:
        # A mistake of ours. Ansible's own report of it would show what an exception holds, secrets too.
        redact = Redactor([(str(params.get("api_key")), secret) for secret in secret_texts(spec, params)])
        places = " < ".join(
            f"{os.path.basename(frame.filename)}:{frame.lineno}"
            for frame in reversed(traceback.extract_tb(error.__traceback__))
        )
        what = redact(f"{type(error).__name__}: {error}")
        result = failure(UnknownOutcome(f"This is a bug, please report it at {_ISSUES}: {what} ({places})"))
    return replace_surrogates(result), replace_surrogates(list(warnings))


def secret_texts(spec: Spec, params: Params) -> set[str]:
    """Every text of an option that must not be shown.

    :param spec: The argument spec.
    :param params: The options, before or after conversion.
    """
    names = (
        name
        for option, details in spec.items()
        if details.get("no_log")
        for name in (option, *details.get("aliases", ()))
    )
    return {text for name in names for text in _texts(params.get(name)) if text}


def _texts(value: t.Any) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


def failure(error: VonageError) -> Result:
    """The result of a task that failed.

    :param error: Why.
    """
    return {"failed": True, "msg": error.message, "error": error.as_dict(), **error.result}
