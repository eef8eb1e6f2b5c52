# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures the workers of the controller from within: they are forked, so that no profiler can be put around them."""

from __future__ import annotations

import contextlib
import cProfile
import os
import time
from pathlib import Path
from typing import Any

from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: worker_profile
type: notification
short_description: Profile the workers of a run
description:
  - Writes the seconds of CPU of each task's worker to a file in the directory that E(WORKER_PROFILE) names.
  - When E(WORKER_PROFILE_FUNCTIONS) is set, profiles it too. That takes time of its own.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "worker_profile"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: Any) -> None:
        original = TaskExecutor.run
        directory = Path(os.environ["WORKER_PROFILE"])

        def run(executor: Any) -> Any:
            start, profile = time.process_time(), cProfile.Profile()
            with profile if "WORKER_PROFILE_FUNCTIONS" in os.environ else contextlib.nullcontext():
                result = original(executor)
            (directory / f"{os.getpid()}.cpu").write_text(str(time.process_time() - start), encoding="ascii")
            if "WORKER_PROFILE_FUNCTIONS" in os.environ:
                profile.dump_stats(directory / f"{os.getpid()}.prof")
            return result

        TaskExecutor.run = run
