# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the consumers of a proof do: asks the world of the run."""

from __future__ import annotations

import typing as t

import edges
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from world import Refused


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        given = edges.plain(self._task.args)
        try:
            return {**result, "answer": edges.ask(given.pop("call"), **given)}
        except (AnsibleError, Refused) as error:
            return {**result, "failed": True, "msg": str(error)}
