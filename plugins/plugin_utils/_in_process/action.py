# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The base of all vonage_* actions: runs the operation in the controller's worker if possible, otherwise the module.

A module has to be packed, started with a new Python and imported, which takes about fifty times as long as a request to
Vonage. Both ways give the same result. Where the result could differ, such as the message for an invalid option, the
module is run.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import os
import sys
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.request import getproxies_environment

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as ModuleAction
from ansible.utils.display import Display

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection
from ansible_collections.community.vonage.plugins.module_utils._api.errors import UnknownOutcome
from ansible_collections.community.vonage.plugins.module_utils._api.transport import HAS_REQUESTS
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation
from ansible_collections.community.vonage.plugins.module_utils._operations.run import (
    argument_spec,
    failed_result,
    run_operation,
    secret_values,
)
from ansible_collections.community.vonage.plugins.plugin_utils._in_process.eligibility import (
    TaskContext,
    fallback_reason,
)
from ansible_collections.community.vonage.plugins.plugin_utils._in_process.tls_context import (
    load_default_ca_bundle,
    session_with_ca_bundle,
)

# Internals of ansible-core. They are tested before anything is sent; a release without them runs the module.
try:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible.module_utils.common.parameters import remove_values
except ImportError:
    ArgumentSpecValidator = remove_values = None

Result = dict[str, t.Any]

# Parameters of the method that parses the output of a module: before ansible-core 2.19, and since.
_KNOWN_PARSER_PARAMETERS = (["self", "res"], ["self", "res", "profile"])
_PARSER_PARAMETERS = list(inspect.signature(getattr(ActionBase, "_parse_returned_data", lambda: None)).parameters)

# The setting that adds the invocation to a result. Before ansible-core 2.21, results always have it.
_INVOCATION = "INJECT_INVOCATION" if "INJECT_INVOCATION" in C.config.get_configuration_definitions() else None

# Variables with paths. A module resolves relative paths in another directory than the worker.
_PATH_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")

# Ansible's main process imports the action before it forks, so this is loaded once for all workers.
_CA_BUNDLE = load_default_ca_bundle()

# Seconds. Older idle connections are not used again, because a firewall or proxy may have dropped them.
_MAX_IDLE = 10.0


@dataclass(frozen=True)
class _PreparedTask:
    """A task that can run in this process.

    :ivar raw_options: The options of the task.
    :ivar params: The options after validation and conversion.
    :ivar environment: The variables of the task keyword `environment`.
    :ivar secrets: Values to mask in the result.
    :ivar shows_invocation: Whether the result includes the invocation.
    """

    raw_options: Result
    params: Result
    environment: Mapping[str, str]
    secrets: set[str]
    shows_invocation: bool


class InProcessAction(ModuleAction):  # type: ignore[misc]
    """An action; each subclass sets the operation of its module."""

    operation: t.ClassVar[Operation]
    # Whether the self-test passed, in this process or in the one that it was forked from.
    self_tested: t.ClassVar[bool] = False

    def run(self, tmp: str | None = None, task_vars: Mapping[str, t.Any] | None = None) -> Result:
        try:
            prepared = self._prepare(task_vars or {})
        except AnsibleActionFail:
            raise
        except Exception as error:
            # The module may work all the same, or reports the error.
            prepared = f"preparing it raised {type(error).__name__}"
        if isinstance(prepared, _PreparedTask):
            return self._run_in_process(prepared)
        Display().vvv(f"{self._task.action} runs as a module: {prepared}")
        if self._connection.transport == "local" and self._connection.become is not None:
            self._task.args = {**self._options_from_environment(), **self._task.args}
        return t.cast(Result, super().run(tmp, task_vars))

    def _prepare(self, task_vars: Mapping[str, t.Any]) -> _PreparedTask | str:
        """Do everything that may fail before the first request.

        :returns: The task, or the reason why it must run as a module.
        """
        if _PARSER_PARAMETERS not in _KNOWN_PARSER_PARAMETERS:
            return "this release of ansible-core is not supported"
        environment = _task_environment(self._task)
        with _temporary_environment(environment):
            reason = fallback_reason(self._context(task_vars, environment))
            if reason is not None:
                return reason
            spec, validator = _spec_and_validator(self.operation)
            raw_options = _to_json_types(self._task.args)
            validation = validator.validate(raw_options)
            params = {**raw_options, **validation.validated_parameters}
            paths = [params.get("ca_path"), *map(os.environ.get, _PATH_VARIABLES)]
        reported = validation.error_messages or validation._warnings or validation._deprecations
        if reported or any(path and not os.path.isabs(path) for path in paths):
            return "the module must check its options"
        self.self_test()
        return _PreparedTask(
            raw_options=raw_options,
            params=params,
            environment=environment,
            secrets=secret_values(spec, raw_options) | secret_values(spec, params),
            shows_invocation=_INVOCATION is None or C.config.get_config_value(_INVOCATION, variables=task_vars),
        )

    def _options_from_environment(self) -> Result:
        """The options that are set by environment variables of this process.

        sudo starts the module with an empty environment. Without this, a task that is meant for a test server would
        reach Vonage.
        """
        environment = {**os.environ, **_task_environment(self._task)}
        names = {
            option: name
            for option, details in argument_spec(self.operation).items()
            for name in details.get("fallback", (None, []))[1]
        }
        return {option: environment[name] for option, name in names.items() if environment.get(name)}

    def self_test(self) -> None:
        """Check once that results can be masked and parsed.

        :raises Exception: They cannot, with this release of ansible-core.
        """
        if not InProcessAction.self_tested:
            for result in ({"changed": False, "balance": None}, failed_result(UnknownOutcome("secret"))):
                self._as_module_result(result, {"secret"})
            InProcessAction.self_tested = True

    def _context(self, task_vars: Mapping[str, t.Any], environment: Mapping[str, str]) -> TaskContext:
        switch = self._templar.template(task_vars.get("vonage_in_process"))
        delegated = self._task.delegate_to
        host_vars = task_vars["ansible_delegated_vars"][delegated] if delegated else task_vars
        interpreter = C.config.get_config_value("INTERPRETER_PYTHON", variables=host_vars)
        return TaskContext(
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

    def _run_in_process(self, task: _PreparedTask) -> Result:
        """Run the operation. The module must not run after this, because a request may have been sent."""

        def connect(connection: Connection, warn: Callable[[str], None]) -> Client:
            return Client(connection, warn, session=_sessions.get(connection, task.environment))

        with _temporary_environment(task.environment), _sessions.closed_on_error():
            result, warnings = run_operation(
                self.operation, task.raw_options, task.params, self._task.check_mode, connect
            )
        if task.shows_invocation:
            result["invocation"] = {"module_args": task.params}
        if warnings:
            result["warnings"] = warnings
        try:
            return self._as_module_result(result, task.secrets)
        except Exception as error:
            message = (
                f"This is a bug, the result cannot be returned: {type(error).__name__}. Check the account before you"
                " run the task again"
            )
            return failed_result(UnknownOutcome(message))

    def _as_module_result(self, result: Result, secrets: set[str]) -> Result:
        """Mask a result like AnsibleModule, and parse it like the output of a module."""
        unmasked = {name: value for name, value in result.items() if value is None or isinstance(value, bool)}
        output = json.dumps({**remove_values(result, secrets), **unmasked})
        read = self._parse_returned_data(
            {"rc": 0, "stdout": output, "stderr": ""}, *["legacy"][: len(_PARSER_PARAMETERS) - 2]
        )
        # ansible-core 2.21 returns an object.
        return t.cast(Result, read if isinstance(read, dict) else read.as_result_dict(for_round_trip=True))


def _task_environment(task: t.Any) -> dict[str, str]:
    """The variables of the task keyword `environment`."""
    return {name: str(value) for variables in task.environment or [] for name, value in (variables or {}).items()}


@functools.cache
def _spec_and_validator(operation: Operation) -> tuple[t.Any, t.Any]:
    """The argument spec of an operation, and its validator."""
    spec = argument_spec(operation)
    return spec, ArgumentSpecValidator(spec, required_if=operation.required_if)


def _to_json_types(value: t.Any) -> t.Any:
    """Convert a value of a task to the types of JSON, as a module receives it, without the tags of ansible-core.

    :raises TypeError: The value contains a type that JSON does not have.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # str() would not convert a subclass.
        return str.__str__(value)
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    if getattr(value, "__ENCRYPTED__", False):
        return str(value)
    if isinstance(value, Mapping):
        return {_to_json_types(name): _to_json_types(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json_types(item) for item in value]
    raise TypeError(f"{type(value)} is not a type of JSON")


@contextlib.contextmanager
def _temporary_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the time of a task. A worker runs one task at a time."""
    before = {name: os.environ.get(name) for name in environment}
    try:
        os.environ.update(environment)
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _SessionCache:
    """Keeps connections open between the items of a loop."""

    def __init__(self) -> None:
        self._key: t.Any = None
        self._session: t.Any = None
        self._used = 0.0

    def get(self, connection: Connection, environment: Mapping[str, str]) -> t.Any:
        # Includes the process id, because a fork must not share the sockets of its parent.
        key = (os.getpid(), connection, dict(environment))
        if key != self._key or time.monotonic() - self._used > _MAX_IDLE:
            self._close()
            self._key, self._session = key, session_with_ca_bundle(_CA_BUNDLE)
        self._used = time.monotonic()
        return self._session

    @contextlib.contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Close the session after an exception: a connection may have an unread response."""
        try:
            yield
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
        self._key = self._session = None


_sessions = _SessionCache()

# Also in the main process, so that the workers need not import what ansible-core uses to parse a result. If this fails
# without a task, each worker does it.
with contextlib.suppress(Exception):
    InProcessAction.__new__(InProcessAction).self_test()
