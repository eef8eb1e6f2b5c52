# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down which process of a run loads which CA bundle."""

from __future__ import annotations

import os
import ssl
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: count_loads
type: notification
short_description: Write down each load of a CA bundle
description:
  - Adds a line to the file E(LOADS) whenever certificates to verify with are loaded, with C(main) or C(worker), and
    their file.
"""

_MAIN = os.getpid()
_load = ssl.SSLContext.load_verify_locations


def _written_down(context: ssl.SSLContext, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
    with open(os.environ["LOADS"], "a", encoding="utf-8") as file:
        file.write(f"{'main' if os.getpid() == _MAIN else 'worker'} {cafile}\n")
    _load(context, cafile, capath, cadata)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "count_loads"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        ssl.SSLContext.load_verify_locations = _written_down  # type: ignore[method-assign]
