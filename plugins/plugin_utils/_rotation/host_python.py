# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Serves a consumer through the standard input of the Python of its host.

Ansible runs a module in the same way when pipelining is on. But it packs the module anew for each host and loads
AnsibleModule there, which takes more processor time than the rest of a rotation with one consumer.
"""

from __future__ import annotations

import json
import shlex
import typing as t
from collections.abc import Mapping
from pathlib import Path

from ansible import constants
from ansible.plugins.action import ActionBase

_MODULE_UTILS = Path(__file__).parents[2] / "module_utils"
_PACKAGE = "ansible_collections.community.vonage.plugins.module_utils"

# What serves a consumer. Each imports those before it, and nothing else of the collection.
_SOURCES = ("_atomic_file", "_secret_file", "_consumer_process", "_consumer")

# The program of the host. The secret is in it, and nowhere on a command line or in a file.
_PROGRAM = """\
import json
import sys
import types

sources, call = json.loads({data!r})
for name, source in sources:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
print(json.dumps(module.serve(**call)))
"""


def python_of(action: ActionBase, task_vars: Mapping[str, t.Any]) -> str | None:
    """The Python of a host when a program can be given to it, or None when a module has to do it.

    :param action: The action of a task for that host.
    :param task_vars: The variables of the task.
    """
    connection = action._connection
    if not connection.has_pipelining or connection._shell.SHELL_FAMILY != "sh":
        return None
    # Some ways to become a user need a terminal, and take the standard input. The user tells Ansible with pipelining.
    if connection.become is not None and not action._is_pipelining_enabled("new"):
        return None
    named = action._templar.template(task_vars.get("ansible_python_interpreter"))
    if not named:
        named = constants.config.get_config_value("INTERPRETER_PYTHON")
    if str(named).startswith("auto"):
        # A module lets Ansible look for it, for all tasks that follow.
        named = (task_vars.get("ansible_facts") or {}).get("discovered_interpreter_python")
    return str(named) if named else None


def serve(action: ActionBase, python: str, options: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    """Serve a consumer on its host.

    :param action: The action of a task for that host.
    :param python: The Python of the host.
    :param options: Options of the module rotation_consumer.
    :returns: What the host answered, which may be anything.
    """
    sources = [(f"{_PACKAGE}.{name}", (_MODULE_UTILS / f"{name}.py").read_text(encoding="utf-8")) for name in _SOURCES]
    data = json.dumps([sources, {"options": options, "check_mode": action._task.check_mode}])
    # Isolated, so that no directory of the host takes the place of a module of Python.
    command = f"{action._compute_environment_string()} {shlex.join([*shlex.split(python), '-I', '-'])}".strip()
    said = action._low_level_execute_command(command, in_data=_PROGRAM.format(data=data).encode())
    # Before the answer, a host may print anything, such as a banner.
    lines = said["stdout"].strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines and said["rc"] == 0 else None
    except ValueError:
        answer = None
    if isinstance(answer, Mapping):
        return answer
    return {"failed": True, "module_stderr": (said["stderr"].strip() or said["stdout"].strip())[-2000:]}
