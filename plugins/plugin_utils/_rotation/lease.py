# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Who holds the lease of a record: a run of Ansible, named so that another run can tell whether it still exists."""

from __future__ import annotations

import getpass
import os
import re
import socket
from pathlib import Path

_PROC = Path("/proc")
_HOLDER = re.compile(r".* process (?P<process>[0-9]+), (?P<started>[0-9]+)/(?P<machine>\S+)")


def holder(process: int) -> str:
    """The name of a run.

    :param process: Id of the run's main process, on this machine.
    """
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # In a container, a user may have no name.
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()} process {process}, {_started(process) or 0}/{_machine()}"


def is_gone(name: str) -> bool:
    """Whether a run has certainly ended, which only its own machine can tell.

    :param name: Of the run.
    """
    found = _HOLDER.fullmatch(name)
    if not found or found["machine"] != _machine() or found["started"] == "0":
        return False
    # With the time of its start, because ids of processes are given again.
    process = int(found["process"])
    return _started(process) != int(found["started"]) and not _is_hidden(process)


def _machine() -> str:
    """This boot of this machine, and the container in which processes have their ids; Linux only."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.readlink(_PROC / 'self/ns/pid')}"
    except OSError:
        return "unknown"


def _is_hidden(process: int) -> bool:
    """Whether there is a process of another user that this user may not see, as with the mount option hidepid."""
    if (_PROC / str(process)).exists():
        return False
    try:
        os.kill(process, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


def _started(process: int) -> int | None:
    """When a process was started, in ticks since the machine's start; None when there is none."""
    try:
        status = (_PROC / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name of the command comes before, in parentheses, and may hold anything.
    fields = status.rpartition(")")[2].split()
    # A process that has ended, and that nobody has waited for yet.
    return None if fields[0] in ("Z", "X") else int(fields[19])
