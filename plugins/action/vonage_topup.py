# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail

from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent
from ansible_collections.community.vonage.plugins.module_utils._operations.topup import TOPUP
from ansible_collections.community.vonage.plugins.plugin_utils._in_process.action import InProcessAction


class ActionModule(InProcessAction):
    operation = TOPUP

    def run(self, tmp: str | None = None, task_vars: Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
        # Ansible would run the task again after a payment without a response, and might pay again each time.
        if self._task.until or self._task.retries:
            error = NotSent(
                "Remove the task keywords retries and until: Ansible would repeat the payment. Nothing was sent. The"
                " option retries of the module only repeats the request that reads the balance"
            )
            # Ansible does not retry a task that raises this.
            raise AnsibleActionFail(error.message, result={"error": error.as_dict()})
        return super().run(tmp, task_vars)
