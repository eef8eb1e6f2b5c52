# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command and writes what it cost: seconds of wall clock, and CPU and memory of all its processes, as JSON.

A process of its own, and a small one: a child begins with the memory that its parent has, and counts it as its own.
Linux only.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    report, *command = sys.argv[1:]
    # Only children that were waited for are counted. Those whose parent did not are inherited, and waited for here.
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot become the parent of orphans")
    start = time.monotonic()
    status = subprocess.call(command, stdin=subprocess.DEVNULL)
    wall = time.monotonic() - start
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024}, file)
    return status


if __name__ == "__main__":
    sys.exit(main())
