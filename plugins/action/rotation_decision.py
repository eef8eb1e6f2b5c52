# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what is safe to do next in a rotation, and ends the run when nothing is."""

from __future__ import annotations

import os
import typing as t
from datetime import datetime, timezone

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import lease as _holder
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import observe
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.plan import plan as make_plan
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Record, validation_error
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.tasks import (
    tasks_after_asking,
    tasks_before_asking,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import format_timestamp

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
                "record": {"type": "raw", "required": True, "no_log": True},
                "listed": {"type": "raw", "required": True},
                "adopt_value": {"type": "raw", "no_log": True},
                "retired": {"type": "list", "elements": "str", "default": []},
                "begun": {"type": "raw"},
                "confirmations": {"type": "list", "elements": "raw", "default": []},
                "central_confirmation": {"type": "dict", "default": {}},
                "policy": {"type": "dict", "required": True},
                "hosts": {"type": "list", "elements": "str", "default": []},
                "hooks": {"type": "dict", "default": {}},
                "hand_over_with": {"type": "dict", "default": {}},
            }
        )
        record, listed, policy, begun = (options[name] for name in ("record", "listed", "policy", "begun"))
        # It is not said of which account it has to be.
        wrong = validation_error(record, record.get("account_id", "") if isinstance(record, dict) else "")
        if wrong:
            raise AnsibleActionFail(wrong)
        now = datetime.now(timezone.utc)
        if begun:
            started = {name: begun[name] for name in ("run", "vouched", "hand_over_to", "hand_over_with")}
        else:
            # A confirmation counts for this run alone, and not for another account's in the same run of Ansible. The
            # operator's word stands for the confirmations, but only of a secret that was handed over before this run.
            started = {
                # A worker's parent is the process of the run.
                "run": f"{record['account_id']} {now.isoformat()} {_holder.holder(os.getppid())}",
                "vouched": policy["mode"] == "finish" and record["stage"] in ("promoted", "distributed", "revoking"),
                "hand_over_to": [],
                "hand_over_with": options["hand_over_with"],
            }
        confirmed = {
            confirmation["host"]: confirmation["generation"]
            for confirmation in options["confirmations"]
            if isinstance(confirmation, dict) and confirmation.get("run") == started["run"]
        }
        central = options["central_confirmation"]
        hooks = [name for name, wanted in options["hooks"].items() if wanted]
        lease, adopt_value = record.get("lease"), options["adopt_value"]
        policy = {
            **policy,
            "operator_confirmed": started["vouched"],
            "holder": started["run"],
            "holder_gone": bool(lease) and _holder.is_gone(lease["holder"]),
        }
        typed_record, typed_policy = Record.from_document(record), Policy.from_options(policy)
        observation = observe(
            typed_record,
            listed,
            typed_policy,
            retired=options["retired"],
            confirmed=confirmed if begun else None,
            # It was probed after the values of the record.
            adopted=listed["candidates"][-1] if adopt_value else "none",
            adopted_value=adopt_value,
            central_confirmed=central.get("generation") if begun and central.get("run") == started["run"] else None,
        )
        plan = make_plan(typed_record, observation, typed_policy, format_timestamp(now)).as_dict()
        acts = not self._task.check_mode and policy["mode"] != "status"
        if not begun and "distribute" in plan["steps"] and acts:
            started["hand_over_to"] = options["hosts"]
        if not acts:
            tasks = []
        elif begun:
            tasks = tasks_after_asking(plan, record["stage"], hooks)
        else:
            tasks = tasks_before_asking(plan, hooks)
        decision = f"{plan['outcome']} ({plan['reason']}): {plan['message']}"
        result.update(
            **plan,
            **started,
            account_id=record["account_id"],
            generation=record["generation"],
            stage=record["stage"],
            secret_ids=[secret["id"] for secret in listed["secrets"]],
            current=observation.current,
            tasks=tasks,
            asks=acts and "confirm" in plan["steps"],
            decisions=[*(begun["decisions"] if begun else ()), decision],
            begun_steps=begun["begun_steps"] if begun else plan["steps"],
            changed=bool(self._task.check_mode and plan["steps"]),
        )
        if plan["outcome"] in ("blocked", "inconclusive") and policy["mode"] != "status":
            result.update(failed=True, msg=_why(decision, result, record, listed, bool(begun)))
        return result


def _why(decision: str, result: Fields, record: Fields, listed: Fields, begun: bool) -> str:
    """The message of a run that ends here."""
    error = listed["accounts"][0]["error"]
    sentences = [decision]
    if error:
        sentences.append(error["msg"])
    if record["version"] == 0:
        sentences.append(
            "There is no record yet, so the login was the one of the environment or of rotate_api_secret_api_secret"
        )
    end = "The old secret was not revoked" if begun else "Nothing was changed"
    sentences.append(end + (", and it is safe to run again" if result["outcome"] == "inconclusive" else ""))
    return ". ".join(sentences)
