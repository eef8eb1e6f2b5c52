# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills a run right after a task has succeeded: with SIGKILL, as a power cut would, or as it is told."""

from __future__ import annotations

import os
import signal
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill_after
type: notification
short_description: Kill the run after a task
description:
  - Kills the process group of the run when a task whose name ends with the value of E(KILL_AFTER) has succeeded, or the
    first item of it. E(KILL_WITH) is the name of the signal, E(SIGKILL) by default.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "kill_after"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        if result._task.get_name().endswith(os.environ["KILL_AFTER"]):
            os.killpg(0, signal.Signals[os.environ.get("KILL_WITH", "SIGKILL")])

    v2_runner_item_on_ok = v2_runner_on_ok
