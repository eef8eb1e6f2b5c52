# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Decides whether a task can run in the process of the controller's worker, or must run as a module."""

from __future__ import annotations

import os
import re
import sys
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

# Variables that are read with each request, so that a task can set them. Others, such as PYTHONPATH, are read earlier.
_SUPPORTED_VARIABLES = re.compile(
    "VONAGE_[A-Z_]+|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy"
    "|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_FILE|SSL_CERT_DIR"
)

# Values of ansible_python_interpreter that make ansible-core look for a Python.
_DISCOVERED = ("", "auto", "auto_legacy", "auto_silent", "auto_legacy_silent")


@dataclass(frozen=True)
class TaskContext:
    """What decides where a task runs.

    :ivar switch: The variable `vonage_in_process` or else the environment variable VONAGE_IN_PROCESS; None if not set.
    :ivar connection: Name of the connection plugin.
    :ivar become: Whether the task becomes another user.
    :ivar asynchronous: Whether the task runs in the background.
    :ivar interpreter: The Python interpreter of the task, or `auto` and the like.
    :ivar environment: The variables of the task keyword `environment`.
    :ivar has_requests: Whether the controller's Python has `requests`.
    :ivar platform: As `sys.platform`.
    :ivar proxies_known: Whether the environment defines the proxies, or that there are none.
    """

    switch: t.Any = None
    connection: str = "local"
    become: bool = False
    asynchronous: bool = False
    interpreter: str = "auto"
    environment: Mapping[str, str] = field(default_factory=dict)
    has_requests: bool = True
    platform: str = "linux"
    proxies_known: bool = False


def fallback_reason(context: TaskContext) -> str | None:
    """Say why a task must run as a module.

    :returns: The reason; None if the task can run in the worker.
    :raises AnsibleActionFail: The switch is neither true nor false.
    """
    if not _is_on(context.switch):
        return "vonage_in_process is false"
    if context.connection != "local":
        return f"the connection is {context.connection}"
    if context.become:
        return "it uses become"
    if context.asynchronous:
        return "it is asynchronous"
    if not _is_this_interpreter(context.interpreter):
        return f"the interpreter is {context.interpreter}"
    unsupported = [name for name in context.environment if not _SUPPORTED_VARIABLES.fullmatch(name)]
    if unsupported:
        return f"its environment sets {', '.join(unsupported)}"
    if not context.has_requests:
        # Another Python may have it. Otherwise the module reports it.
        return f"requests is not installed for {sys.executable}"
    if context.platform == "darwin" and not context.proxies_known:
        # macOS may kill a forked process that reads the proxies of the system. requests does not, if a variable is set.
        return "no proxy variable is set, and the proxies of macOS cannot be read; without a proxy, set no_proxy='*'"
    return None


def _is_on(switch: t.Any) -> bool:
    if switch is None or switch == "":
        return True
    try:
        return bool(boolean(switch))
    except TypeError:
        raise AnsibleActionFail(
            f"vonage_in_process (in the environment: VONAGE_IN_PROCESS) must be true or false, not {switch}"
        ) from None


def _is_this_interpreter(path: str) -> bool:
    if path in _DISCOVERED or path == sys.executable:
        return True
    # Another name in the same directory, such as python3. A link elsewhere may belong to another virtual environment.
    same_directory = os.path.dirname(path) == os.path.dirname(sys.executable)
    return same_directory and os.path.exists(path) and os.path.samefile(path, sys.executable)
