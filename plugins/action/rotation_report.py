# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what a run of a rotation came to: on the screen, in a report, and in metrics."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.report import append_report, write_metrics
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import silent, silent_in

Fields = dict[str, t.Any]

# Variables of the environment by which a controller such as AWX tells its jobs apart.
_JOBS = ("AWX_JOB_ID", "JOB_ID")

# Of a decision, what the report repeats.
_REPORTED = ("outcome", "reason", "decisions", "begun_steps", "secret_id", "missing", "age_seconds")


# Of a decision, what a run is directed by, and what an action adds.
_INTERNAL = (
    *("asks", "begun_steps", "current", "decisions", "hand_over_to", "hand_over_with", "tasks", "vouched"),
    *("changed", "failed", "msg", "warnings"),
)


class ActionModule(ActionBase):
    """Runs on the controller, whatever host the task is for: all that it needs is in its arguments."""

    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: Fields | None = None) -> Fields:
        result: Fields = super().run(tmp, task_vars)
        # What may hold a secret is raw: an error of the argument spec would print it.
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "account_id": {"type": "str", "required": True},
                "mode": {"type": "str", "default": "rotate"},
                "decision": {"type": "raw", "required": True},
                "record": {"type": "raw", "required": True, "no_log": True},
                "listed": {"type": "raw", "required": True},
                "kept_in": {"type": "str", "required": True},
                "hosts": {"type": "list", "elements": "str", "default": []},
                "report": {"type": "path"},
                "metrics": {"type": "path"},
                "event": {"type": "str"},
                "failed_task": {"type": "str"},
                "failure": {"type": "raw"},
            }
        )
        decision, record = options["decision"], options["record"]
        if not isinstance(record, dict):
            raise AnsibleActionFail("record must be a dictionary, as a store gives it")
        result.update(
            {name: value for name, value in decision.items() if name not in _INTERNAL},
            changed=False,
            account_id=options["account_id"],
            generation=record.get("generation"),
            stage=record.get("stage"),
            secret_ids=[secret["id"] for secret in options["listed"].get("secrets") or ()],
        )
        if len(result["secret_ids"]) == 1:
            result["overlap_seconds"] = 0
        if options["event"]:
            result["msg"] = options["event"]
        elif options["failure"] is not None:
            result.update(failed_task=options["failed_task"], msg=_failure(options["failure"], record))
        else:
            result["msg"] = _summary(decision, record, options)
            result["_ansible_verbose_always"] = True
        # A run that only looks leaves nothing behind.
        if not self._task.check_mode and options["mode"] != "status":
            problems = _publish(options, result)
            if problems:
                result["warnings"] = [*result.get("warnings", ()), *problems]
        return result


def _summary(decision: Fields, record: Mapping[str, t.Any], options: Fields) -> list[str]:
    kept = "" if record["version"] else ", which does not exist yet"
    secrets = [f"{secret['id']} of {secret['created_at']}" for secret in options["listed"]["secrets"]]
    lines = [
        *decision["decisions"],
        f"account: {options['account_id']}",
        f"steps: {' -> '.join(decision['begun_steps']) or 'none'}",
        f"secrets: {', '.join(secrets) or 'none'}",
        f"consumers: {', '.join(options['hosts']) or 'none'}",
        f"record: {options['kept_in']}{kept}, generation {record['generation']}, stage {record['stage']}",
    ]
    if decision["missing"]:
        lines.append(f"missing: {', '.join(decision['missing'])}")
    return lines


def _failure(failure: t.Any, record: Fields) -> str:
    """The message of the task that failed. It is somebody else's, so it is searched for what the record holds."""
    text = str(failure.get("msg") or "no message") if isinstance(failure, Mapping) else str(failure)
    return silent(text, record)


def _publish(options: Fields, result: Fields) -> list[str]:
    """Write the report and the metrics.

    :returns: What could not be written. It is no reason to fail: the rotation is done.
    """
    now = datetime.now(timezone.utc)
    problems = []
    if options["report"]:
        try:
            entry = _event(options, result) if options["event"] else _entry(options, result)
            append_report(Path(options["report"]), {"time": now.isoformat(timespec="seconds"), **entry})
        except (OSError, TypeError, ValueError) as error:
            problems.append(f"The report of {options['account_id']} cannot be written: {error}")
    if options["metrics"]:
        failed = options["failure"] is not None
        try:
            write_metrics(Path(options["metrics"]), options["account_id"], now, _values(result), failed)
        except (OSError, ValueError) as error:
            problems.append(f"The metrics of {options['account_id']} cannot be written: {error}")
    return problems


def _event(options: Fields, result: Fields) -> Fields:
    """The line of something that was done at Vonage."""
    secret = options["listed"].get("secret") or {}
    return {
        "event": options["event"],
        **_common(options, result),
        "secret_id": secret.get("id"),
        "request_id": options["listed"].get("request_id"),
    }


def _common(options: Fields, result: Fields) -> Fields:
    return {
        "run": result.get("run"),
        "job": next(filter(None, map(os.environ.get, _JOBS)), None),
        "mode": options["mode"],
        "account_id": options["account_id"],
        "generation": result["generation"],
        "stage": result["stage"],
        "secret_ids": result["secret_ids"],
    }


def _entry(options: Fields, result: Fields) -> Fields:
    """The line of a run that has ended."""
    hosts, missing = options["hosts"], result.get("missing") or []
    entry: Fields = {
        "event": "ended" if options["failure"] is None else "failed",
        **_common(options, result),
        **{name: options["decision"].get(name) for name in _REPORTED},
        "overlap_seconds": result.get("overlap_seconds"),
        "consumers": {"hosts": len(hosts), "missing": missing},
        "failed_task": options["failed_task"],
    }
    if options["failure"] is not None:
        failure = options["failure"] if isinstance(options["failure"], Mapping) else {}
        entry.update(message=result["msg"], error=silent_in(failure.get("error"), options["record"]))
    return entry


def _values(result: Fields) -> Fields:
    return {
        "active_secrets": len(result["secret_ids"]) if result["secret_ids"] else None,
        "secret_age_seconds": result.get("age_seconds"),
        "overlap_seconds": result.get("overlap_seconds"),
        "generation": result["generation"],
        "stage": result["stage"],
        "outcome": result.get("outcome"),
    }
