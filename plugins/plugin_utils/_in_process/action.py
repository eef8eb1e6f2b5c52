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
    failure,
    run_task,
    secret_texts,
)
from ansible_collections.community.vonage.plugins.plugin_utils._in_process.eligibility import Situation, why_a_module
from ansible_collections.community.vonage.plugins.plugin_utils._in_process.tls_context import (
    load_trust,
    trusting_session,
)

# What a later ansible-core may do without is looked for, tried before anything is sent, and else left to the module.
try:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible.module_utils.common.parameters import remove_values
except ImportError:
    ArgumentSpecValidator = remove_values = None

Result = dict[str, t.Any]

# How ActionBase reads the output of a module: up to ansible-core 2.18, and since.
_READERS = (["self", "res"], ["self", "res", "profile"])
_READER = list(inspect.signature(getattr(ActionBase, "_parse_returned_data", lambda: None)).parameters)

# Since ansible-core 2.21 a result shows how a module was invoked only when that is asked for.
_INVOCATION = "INJECT_INVOCATION" if "INJECT_INVOCATION" in C.config.get_configuration_definitions() else None

# A module reads these files from the directory of the playbook, when their paths are relative.
_FILES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")

# In Ansible's main process, which imports the action of a task before it forks: loaded once for all of its workers.
_TRUST = load_trust()

# Seconds without a call after which a connection is made anew: what stands in between may have forgotten it.
_LONGEST_IDLE = 10.0


@dataclass(frozen=True)
class _Prepared:
    """All that is left to do for a task is to run it.

    :ivar given: The options as the task gives them.
    :ivar params: The same after the argument spec.
    :ivar environment: What the task adds to the environment.
    :ivar secrets: What must not be shown of the result.
    :ivar shows_invocation: Whether the result says how the task was invoked.
    """

    given: Result
    params: Result
    environment: Mapping[str, str]
    secrets: set[str]
    shows_invocation: bool


class InProcessAction(ModuleAction):  # type: ignore[misc]
    """A subclass names the operation, which is the one that its module runs."""

    operation: t.ClassVar[Operation]
    # Whether this process, or the one that it was forked from, has shown that it can read results.
    rehearsed: t.ClassVar[bool] = False

    def run(self, tmp: str | None = None, task_vars: Mapping[str, t.Any] | None = None) -> Result:
        try:
            prepared = self._prepare(task_vars or {})
        except AnsibleActionFail:
            raise
        except Exception as error:
            # The module does without what is missing here, or says what is wrong.
            prepared = f"{type(error).__name__} while it was prepared"
        if isinstance(prepared, _Prepared):
            return self._run_here(prepared)
        Display().vvv(f"{self._task.action} runs as a module: {prepared}")
        if self._connection.transport == "local" and self._connection.become is not None:
            self._task.args = {**self._options_of_the_environment(), **self._task.args}
        return t.cast(Result, super().run(tmp, task_vars))

    def _prepare(self, task_vars: Mapping[str, t.Any]) -> _Prepared | str:
        """Do everything that can go wrong, but the task; or say why the module has to do it."""
        if _READER not in _READERS:
            return "this release of ansible-core is not known"
        environment = _environment_of(self._task)
        with _added(environment):
            reason = why_a_module(self._situation(task_vars, environment))
            if reason is not None:
                return reason
            spec, validator = _checks(self.operation)
            given = _plain(self._task.args)
            checked = validator.validate(given)
            params = {**given, **checked.validated_parameters}
            files = [params.get("ca_path"), *map(os.environ.get, _FILES)]
        odd_options = checked.error_messages or checked._warnings or checked._deprecations
        if odd_options or any(file and not os.path.isabs(file) for file in files):
            return "its options need a look"
        self.rehearse()
        return _Prepared(
            given=given,
            params=params,
            environment=environment,
            secrets=secret_texts(spec, given) | secret_texts(spec, params),
            shows_invocation=_INVOCATION is None or C.config.get_config_value(_INVOCATION, variables=task_vars),
        )

    def _options_of_the_environment(self) -> Result:
        """The options that this process's environment sets.

        sudo would hand the module an empty environment, and a task that is to reach a test server would reach Vonage.
        """
        environment = {**os.environ, **_environment_of(self._task)}
        names = {
            option: name
            for option, details in argument_spec(self.operation).items()
            for name in details.get("fallback", (None, []))[1]
        }
        return {option: environment[name] for option, name in names.items() if environment.get(name)}

    def rehearse(self) -> None:
        """Show that results can be read, as far as that was not shown before.

        :raises Exception: They cannot, in this release of ansible-core.
        """
        if not InProcessAction.rehearsed:
            for result in ({"changed": False, "balance": None}, failure(UnknownOutcome("secret"))):
                self._as_of_the_module(result, {"secret"})
            InProcessAction.rehearsed = True

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

    def _run_here(self, task: _Prepared) -> Result:
        """Do what the module does. From here on, the module must not be run as well."""

        def connect(connection: Connection, warn: Callable[[str], None]) -> Client:
            return Client(connection, warn, session=_sessions.get(connection, task.environment))

        with _added(task.environment), _sessions.forgotten_when_interrupted():
            result, warnings = run_task(self.operation, task.given, task.params, self._task.check_mode, connect)
        if task.shows_invocation:
            result["invocation"] = {"module_args": task.params}
        if warnings:
            result["warnings"] = warnings
        try:
            return self._as_of_the_module(result, task.secrets)
        except Exception as error:
            what = (
                f"What was done cannot be shown, which is a bug: {type(error).__name__}. Look before you run it again"
            )
            return failure(UnknownOutcome(what))

    def _as_of_the_module(self, result: Result, secrets: set[str]) -> Result:
        """Mask a result as AnsibleModule does, and read it as ansible-core reads the output of a module."""
        kept = {name: value for name, value in result.items() if value is None or isinstance(value, bool)}
        output = json.dumps({**remove_values(result, secrets), **kept})
        read = self._parse_returned_data({"rc": 0, "stdout": output, "stderr": ""}, *["legacy"][: len(_READER) - 2])
        # Since ansible-core 2.21 it is an object.
        return t.cast(Result, read if isinstance(read, dict) else read.as_result_dict(for_round_trip=True))


def _environment_of(task: t.Any) -> dict[str, str]:
    """What a task adds to the environment."""
    return {name: str(value) for one in task.environment or [] for name, value in (one or {}).items()}


@functools.cache
def _checks(operation: Operation) -> tuple[t.Any, t.Any]:
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


@contextlib.contextmanager
def _added(environment: Mapping[str, str]) -> Iterator[None]:
    """With more in the environment, and nothing of it left afterwards; a worker runs one task at a time."""
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
            self._forget()
            self._key, self._session = key, trusting_session(_TRUST)
        self._used = time.monotonic()
        return self._session

    @contextlib.contextmanager
    def forgotten_when_interrupted(self) -> Iterator[None]:
        """Around calls: nobody knows what a connection has on its way that was left in the middle of one."""
        try:
            yield
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        if self._session is not None:
            self._session.close()
        self._key = self._session = None


_sessions = _Sessions()

# In the main process too, without a task: what ansible-core loads to read a result, its workers have then. Where that
# does not work without a task, each of them does it.
with contextlib.suppress(Exception):
    InProcessAction.__new__(InProcessAction).rehearse()
