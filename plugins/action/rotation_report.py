# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what a run of a rotation came to."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

Fields = dict[str, t.Any]


class ActionModule(ActionBase):
    """Runs on the controller, whatever host the task is for: all that it needs is in its arguments."""

    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: Fields | None = None) -> Fields:
        result: Fields = super().run(tmp, task_vars)
        # What may hold a secret is raw: an error of the argument spec would print it.
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "decision": {"type": "raw", "required": True},
                "record": {"type": "raw", "required": True, "no_log": True},
                "listed": {"type": "raw", "required": True},
                "kept_in": {"type": "str", "required": True},
                "hosts": {"type": "list", "elements": "str", "default": []},
            }
        )
        record, secrets = options["record"], options["listed"]["secrets"]
        kept = "" if record["version"] else ", which does not exist yet"
        result.update(
            {name: value for name, value in options["decision"].items() if name not in ("changed", "failed")},
            changed=False,
            generation=record["generation"],
            stage=record["stage"],
            secret_ids=[secret["id"] for secret in secrets],
        )
        result["msg"] = [
            *result["decisions"],
            f"account: {record['account_id']}",
            f"steps: {' -> '.join(result['begun_steps']) or 'none'}",
            f"secrets: {', '.join(_dated(secret) for secret in secrets) or 'none'}",
            f"consumers: {', '.join(options['hosts']) or 'none'}",
            f"record: {options['kept_in']}{kept}, generation {record['generation']}, stage {record['stage']}",
        ]
        result["_ansible_verbose_always"] = True
        return result


def _dated(secret: Fields) -> str:
    return f"{secret['id']} of {secret['created_at']}"
