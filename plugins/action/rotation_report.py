# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells what a run of a rotation came to: on the screen, in the report, and in the metrics."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.fleet import settings_of
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.metrics import write_metrics
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.report import (
    append_report,
    end_entry,
    listed_ids,
    report_end,
    why_not,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.role_settings import RoleSettings
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import silent, silent_in

Fields = dict[str, t.Any]

# Fields of a plan that are not shown: those that direct the run, and those that an action adds.
_INTERNAL = (
    *("asks", "begun_steps", "current", "decisions", "hand_over_in", "hand_over_to", "hand_over_with"),
    *("last_save", "look_again", "looks", "operator_confirmed", "phase", "planned", "repairs", "tells"),
    *("try_retired", "verify_pause", "verify_timeout", "wait"),
    *("changed", "failed", "msg", "warnings"),
)


class ActionModule(ActionBase):
    """Runs on the controller, whatever host the task is for."""

    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: Fields | None = None) -> Fields:
        result: Fields = super().run(tmp, task_vars)
        # What may hold a secret is raw: an error of the argument spec would print it.
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "stored": {"type": "raw", "no_log": True},
                "listed": {"type": "raw"},
                "plan": {"type": "raw"},
                "failed_task": {"type": "str"},
                "failure": {"type": "raw"},
                "idle": {"type": "list", "elements": "dict"},
            }
        )
        if options["idle"] is not None:
            if not self._task.check_mode:
                result["warnings"] = self._publish_idle(options["idle"], task_vars or {})
            return {**result, "changed": False}
        settings = RoleSettings(self, task_vars or {})
        plan, listed = _fields(options["plan"]), _fields(options["listed"])
        # What a store of the user's gives may be anything.
        record = _fields(_fields(options["stored"]).get("record"))
        failure = options["failure"]
        if len(listed_ids(listed)) == 1:
            # The plan was made while there were two.
            plan["overlap_seconds"] = 0
        result.update(
            {name: value for name, value in plan.items() if name not in _INTERNAL},
            changed=False,
            account_id=settings["account_id"],
            generation=record.get("generation"),
            stage=record.get("stage"),
            secret_ids=listed_ids(listed),
        )
        if failure is None:
            result["msg"] = _summary(settings, record, plan, listed)
            result["_ansible_verbose_always"] = True
        else:
            result.update(failed_task=options["failed_task"], msg=_message(failure, record))
        # A run that only looks leaves nothing behind.
        if not self._task.check_mode and settings["mode"] != "status":
            problems = self._publish(settings, record, plan, listed, result, failure)
            if problems:
                result["warnings"] = [*result.get("warnings", ()), *problems]
        return result

    def _publish(
        self, settings: RoleSettings, record: Fields, plan: Fields, listed: Fields, result: Fields, failure: t.Any
    ) -> list[str]:
        """Write the report and the metrics.

        :returns: What could not be written. It is no reason to fail: the rotation is done.
        """
        told = None
        if failure is not None:
            error = silent_in(_fields(failure).get("error"), record)
            told = {"failed_task": result["failed_task"], "message": result["msg"], "error": error}
        problems = report_end(settings, record, plan, listed, _number_of_hosts(settings), told)
        if settings["metrics"]:
            account_id, values = settings["account_id"], _values(result)
            problems += why_not(
                f"The metrics of {account_id}",
                lambda: write_metrics(
                    Path(settings["metrics"]), _now(), {account_id: values}, failed=failure is not None
                ),
            )
        return problems

    def _publish_idle(self, idle: Sequence[Fields], task_vars: Fields) -> list[str]:
        """Write the report and the metrics of accounts that have nothing to do.

        :returns: What could not be written.
        """
        problems = []
        lines: dict[str, list[t.Any]] = {}
        metrics: dict[str, dict[str, Fields]] = {}
        for plan in idle:
            with settings_of(self, task_vars, plan["host"], plan["account_id"]) as settings:
                listed = {"secrets": [{"id": secret_id} for secret_id in plan["secret_ids"]]}
                if settings["report"]:
                    entry = end_entry(settings, plan, plan, listed, _number_of_hosts(settings))
                    lines.setdefault(settings["report"], []).append(entry)
                if settings["metrics"]:
                    metrics.setdefault(settings["metrics"], {})[plan["account_id"]] = _values(plan)
        for path, entries in lines.items():
            problems += why_not(f"The report {path}", partial(append_report, Path(path), *entries))
        for path, accounts in metrics.items():
            problems += why_not(
                f"The metrics {path}", partial(write_metrics, Path(path), _now(), accounts, failed=False)
            )
        return problems


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _fields(value: t.Any) -> Fields:
    return dict(value) if isinstance(value, Mapping) else {}


def _number_of_hosts(settings: RoleSettings) -> int:
    # A group that does not exist may be why the run failed.
    return len(settings.groups.get(settings["consumers"] or "", ()))


def _summary(settings: RoleSettings, record: Fields, plan: Fields, listed: Fields) -> list[str]:
    kept = "" if record["version"] else ", which does not exist yet"
    secrets = [f"{secret['id']} of {secret['created_at']}" for secret in listed["secrets"]]
    lines = [
        *plan["decisions"],
        f"account: {settings['account_id']}",
        f"steps: {' -> '.join(plan['begun_steps']) or 'none'}",
        f"secrets: {', '.join(secrets) or 'none'}",
        f"consumers: {', '.join(settings.hosts) or 'none'}",
        f"record: {settings.place}{kept}, generation {record['generation']}, stage {record['stage']}",
    ]
    if plan["missing"]:
        lines.append(f"missing: {', '.join(plan['missing'])}")
    return lines


def _message(failure: t.Any, record: Fields) -> str:
    """The message of the task that failed. It may come from any plugin, so the secrets of the record are redacted."""
    text = str(failure.get("msg") or "no message") if isinstance(failure, Mapping) else str(failure)
    return silent(text, record)


def _values(result: Fields) -> Fields:
    return {
        "active_secrets": len(result["secret_ids"]) if result["secret_ids"] else None,
        "secret_age_seconds": result.get("age_seconds"),
        "overlap_seconds": result.get("overlap_seconds"),
        "generation": result["generation"],
        "stage": result["stage"],
        "outcome": result.get("outcome"),
    }
