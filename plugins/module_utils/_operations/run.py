# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Runs an operation for a task, as a module and in the process of the controller's worker."""

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
    """The argument spec of an operation, with the options of the connection."""
    return {**connection_argument_spec(), **_REDACT, **operation.options}


def run_operation(
    operation: Operation,
    raw_options: Params,
    params: Params,
    check_mode: bool,
    connect: Callable[[Connection, Callable[[str], None]], Client] | None = None,
) -> tuple[Result, list[str]]:
    """Run an operation, and turn every exception into a failed result.

    :param raw_options: The options of the task, before Ansible converts them.
    :param params: The options after conversion, with defaults.
    :param check_mode: Whether nothing may be changed.
    :param connect: Makes the client from a connection and a function that takes warnings; by default `Client`.
    :returns: The result, with `failed`, `msg` and `error` if it failed, and the warnings without duplicates.
    """
    spec = argument_spec(operation)
    warnings: dict[str, None] = {}

    def warn(warning: str) -> None:
        warnings[warning] = None

    try:
        validate_raw_options(raw_options, spec, operation.never_null)
        connection = Connection.from_params(params)
        client = (connect or Client)(connection, warn)
        client.hide(secret_values(spec, params))
        result = operation.run(client, params, check_mode)
        for warning in result.pop("warnings", ()):
            warn(warning)
    except VonageError as error:
        result = failed_result(error)
    except Exception as error:
        # A bug. Ansible would print the exception and the secrets in it.
        redact = Redactor([(str(params.get("api_key")), secret) for secret in secret_values(spec, params)])
        traceback_lines = " < ".join(
            f"{os.path.basename(frame.filename)}:{frame.lineno}"
            for frame in reversed(traceback.extract_tb(error.__traceback__))
        )
        text = redact(f"{type(error).__name__}: {error}")
        result = failed_result(
            UnknownOutcome(f"This is a bug, please report it at {_ISSUES}: {text} ({traceback_lines})")
        )
    return replace_surrogates(result), replace_surrogates(list(warnings))


def secret_values(spec: Spec, params: Params) -> set[str]:
    """The values of all options with `no_log`.

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


def failed_result(error: VonageError) -> Result:
    """The result of a task that failed with an error."""
    return {"failed": True, "msg": error.message, "error": error.as_dict(), **error.result}
