# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Decides where a task runs: in the controller's worker, or as a module."""

from __future__ import annotations

import os
import re
import sys
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

# Read when a call is made, so that they can be set for it. Others, such as PYTHONPATH, are read before.
_HONOURED = re.compile(
    "VONAGE_[A-Z_]+|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy"
    "|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_FILE|SSL_CERT_DIR"
)

# Words of ansible-core for any Python that it finds.
_DISCOVERED = ("", "auto", "auto_legacy", "auto_silent", "auto_legacy_silent")


@dataclass(frozen=True)
class Situation:
    """All that decides where a task runs.

    :ivar switch: The variable `vonage_in_process`, else VONAGE_IN_PROCESS; None when neither is set.
    :ivar connection: Name of the connection plugin.
    :ivar become: Whether the task becomes another user.
    :ivar asynchronous: Whether the task runs in the background.
    :ivar interpreter: The Python that is asked for, or a word of ansible-core for any.
    :ivar environment: What the task adds to the environment.
    :ivar has_requests: Whether the controller's Python has `requests`.
    :ivar platform: As `sys.platform`.
    :ivar proxies_known: Whether the environment says which proxies to use, or that there are none.
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


def why_a_module(situation: Situation) -> str | None:
    """Decide where a task runs.

    :param situation: Of the task.
    :returns: Why it has to run as a module; None when it can run in the worker.
    :raises AnsibleActionFail: The switch is neither true nor false.
    """
    if not _is_on(situation.switch):
        return "vonage_in_process is false"
    if situation.connection != "local":
        return f"the connection is {situation.connection}"
    if situation.become:
        return "it becomes another user"
    if situation.asynchronous:
        return "it is asynchronous"
    if not _is_this_interpreter(situation.interpreter):
        return f"the interpreter is {situation.interpreter}"
    odd = [name for name in situation.environment if not _HONOURED.fullmatch(name)]
    if odd:
        return f"its environment sets {', '.join(odd)}"
    if not situation.has_requests:
        # Another Python may have it, and if not, the module says what to do.
        return f"{sys.executable} has no requests"
    if situation.platform == "darwin" and not situation.proxies_known:
        # macOS may kill a forked process that asks the system for its proxies. With a proxy variable, nobody asks.
        return "macOS would have to be asked for its proxies; if there are none, set no_proxy='*'"
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
    # Another name of the same program beside it, such as python3. Elsewhere, it may belong to another environment.
    beside = os.path.dirname(path) == os.path.dirname(sys.executable)
    return beside and os.path.exists(path) and os.path.samefile(path, sys.executable)
