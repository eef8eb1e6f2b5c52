# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps a copy of the record after each save."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: keep_records
type: notification
short_description: Keep each version of the record
description:
  - Copies the file E(RECORD) into the directory E(KEPT) whenever a task has written the record.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "keep_records"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        if "Write the record after" in result._task.get_name():
            kept = Path(os.environ["KEPT"])
            shutil.copy(os.environ["RECORD"], kept / f"{len(list(kept.iterdir())):03}.yml")
