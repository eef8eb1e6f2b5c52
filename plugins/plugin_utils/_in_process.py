# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The action of every module: runs its operation in the controller's worker where that is possible, else the module.

To run a module takes packing, a new Python and its imports, which costs some fifty times as much as a call to Vonage.
What comes out is the same: whatever could come out differently, such as the message about a wrong option, is left to
the module.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.request import getproxies_environment

from ansible import constants as C
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as ModuleAction
from ansible.utils.display import Display

from ansible_collections.community.vonage.plugins.module_utils._client import HAS_REQUESTS, Client, new_session
from ansible_collections.community.vonage.plugins.module_utils._operations import Operation
from ansible_collections.community.vonage.plugins.module_utils._options import Connection
from ansible_collections.community.vonage.plugins.module_utils._task import argument_spec, run_task, secret_texts
from ansible_collections.community.vonage.plugins.plugin_utils._placement import Situation, why_a_module

Result = dict[str, t.Any]

# How ActionBase reads the output of a module: up to ansible-core 2.18, and since.
_READERS = (["self", "res"], ["self", "res", "profile"])
_READER = list(inspect.signature(getattr(ActionBase, "_parse_returned_data", lambda: None)).parameters)

# Since ansible-core 2.21 a result shows how a module was invoked only when that is asked for.
_INVOCATION = "INJECT_INVOCATION" if "INJECT_INVOCATION" in C.config.get_configuration_definitions() else None

# Seconds without a call after which a connection is made anew: what stands in between may have forgotten it.
_LONGEST_IDLE = 10.0


class InProcessAction(ModuleAction):  # type: ignore[misc]
    """A subclass names the operation, which is the one that its module runs."""

    operation: t.ClassVar[Operation]

    def run(self, tmp: str | None = None, task_vars: Mapping[str, t.Any] | None = None) -> Result:
        result, reason = self._run_here(task_vars or {})
        if result is not None:
            return result
        Display().vvv(f"{self._task.action} runs as a module: {reason}")
        return t.cast(Result, super().run(tmp, task_vars))

    def _run_here(self, task_vars: Mapping[str, t.Any]) -> tuple[Result | None, str]:
        """The result, or why the module has to make it."""
        if _READER not in _READERS:
            return None, "this release of ansible-core is not known"
        added = self._task.environment or []
        if not isinstance(added, list) or not all(isinstance(one or {}, Mapping) for one in added):
            return None, "its environment needs a look"
        environment = {name: str(value) for one in added for name, value in (one or {}).items()}
        with _surroundings(environment, self._loader.get_basedir()):
            reason = why_a_module(self._situation(task_vars, environment))
            if reason is not None:
                return None, reason
            return self._run_operation(task_vars, environment), "its options need a look"

    def _situation(self, task_vars: Mapping[str, t.Any], environment: Mapping[str, str]) -> Situation:
        switch = self._templar.template(task_vars.get("vonage_in_process"))
        delegated = self._task.delegate_to
        host_vars = task_vars["ansible_delegated_vars"][delegated] if delegated else task_vars
        interpreter = C.config.get_config_value("INTERPRETER_PYTHON", variables=host_vars)
        return Situation(
            switch=os.environ.get("VONAGE_IN_PROCESS") if switch is None else switch,
            connection=self._connection.transport,
            become=self._connection.become is not None,
            asynchronous=bool(self._task.async_val),
            interpreter=str(self._templar.template(interpreter) or "").strip(),
            environment=environment,
            has_requests=HAS_REQUESTS,
            platform=sys.platform,
            proxies_known=sys.platform != "darwin" or bool(getproxies_environment()),
        )

    def _run_operation(self, task_vars: Mapping[str, t.Any], environment: Mapping[str, str]) -> Result | None:
        """Do what the module does. None when the options are for the module to judge."""
        spec, validator = _checks(self.operation)
        try:
            given = _plain(self._task.args)
        except TypeError:
            return None
        checked = validator.validate(given)
        if checked.error_messages or checked._warnings or checked._deprecations:
            return None
        params = {**given, **checked.validated_parameters}

        def connect(connection: Connection, warn: Callable[[str], None]) -> Client:
            return Client(connection, warn, session=_sessions.get(connection, environment))

        result, warnings = run_task(self.operation, given, params, self._task.check_mode, connect)
        if _INVOCATION is None or C.config.get_config_value(_INVOCATION, variables=task_vars):
            result["invocation"] = {"module_args": params}
        if warnings:
            result["warnings"] = warnings
        return self._as_of_the_module(result, secret_texts(spec, given) | secret_texts(spec, params))

    def _as_of_the_module(self, result: Result, secrets: set[str]) -> Result:
        """Mask a result as AnsibleModule does, and read it as ansible-core reads the output of a module."""
        kept = {name: value for name, value in result.items() if value is None or isinstance(value, bool)}
        output = json.dumps({**remove_values(result, secrets), **kept})
        read = self._parse_returned_data({"rc": 0, "stdout": output, "stderr": ""}, *["legacy"][: len(_READER) - 2])
        # Since ansible-core 2.21 it is an object.
        return t.cast(Result, read if isinstance(read, dict) else read.as_result_dict(for_round_trip=True))


@functools.cache
def _checks(operation: Operation) -> tuple[t.Any, ArgumentSpecValidator]:
    """The argument spec of an operation, and what checks options against it."""
    spec = argument_spec(operation)
    return spec, ArgumentSpecValidator(spec, required_if=operation.required_if)


def _plain(value: t.Any) -> t.Any:
    """A value of a task as it arrives at a module: without the marks of ansible-core.

    :raises TypeError: It holds something that has no counterpart in JSON.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # Not str(), which leaves a subclass as it is.
        return str.__str__(value)
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    if getattr(value, "__ENCRYPTED__", False):
        return str(value)
    if isinstance(value, Mapping):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value)} is not plain")


@contextmanager
def _surroundings(environment: Mapping[str, str], directory: str) -> Iterator[None]:
    """The environment and the working directory that a module would have; a worker runs one task at a time."""
    before, was_in = dict(os.environ), os.getcwd()
    os.environ.update(environment)
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(was_in)
        if environment:
            os.environ.clear()
            os.environ.update(before)


class _Sessions:
    """Keeps connections open from one item of a loop to the next, as long as nothing about them changes."""

    def __init__(self) -> None:
        self._key: t.Any = None
        self._session: t.Any = None
        self._used = 0.0

    def get(self, connection: Connection, environment: Mapping[str, str]) -> t.Any:
        # With the process, because a fork must not share its parent's sockets.
        key = (os.getpid(), connection, dict(environment))
        if key != self._key or time.monotonic() - self._used > _LONGEST_IDLE:
            if self._session is not None:
                self._session.close()
            self._key, self._session = key, new_session()
        self._used = time.monotonic()
        return self._session


_sessions = _Sessions()
