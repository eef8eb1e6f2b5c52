# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans a rotation, and ends the run when nothing is safe to do."""

from __future__ import annotations

import math
import os
import typing as t
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import lease, run
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.decision import Plan
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.fleet import NO_HOST, Looked, settings_of
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import (
    Observation,
    candidates,
    observe,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.plan import lists_agree, plan
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Record, validation_error
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.role_settings import PREFIX, RoleSettings
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import stored_document
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    format_timestamp,
    parse_duration,
)

Fields = dict[str, t.Any]

# Seconds between two looks at a list that disagrees with the logins.
_PAUSE = 5

_POLICY = (
    *("mode", "max_age", "grace", "propagation_timeout", "current_secret_id", "overlap_warning"),
    *("emergency_reason", "distribute_tasks"),
)
_FLAGS = ("force", "break_lease", "accept_cut_off")


class ActionModule(ActionBase):
    """Runs on the controller, whatever host the task is for."""

    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: Fields | None = None) -> Fields:
        result: Fields = super().run(tmp, task_vars)
        # What may hold a secret is raw: an error of the argument spec would print it.
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "phase": {"type": "str", "required": True, "choices": ["begin", "finish", "look"]},
                "stored": {"type": "raw", "required": True, "no_log": True},
                "listed": {"type": "raw", "required": True},
                "before": {"type": "raw"},
                "central_confirmation": {"type": "raw"},
                "primary": {"type": "str"},
            }
        )
        primary = options.pop("primary")
        if options["phase"] == "look":
            looked, listed = options["stored"]["looked"], options["listed"].get("accounts", ())
            return {**result, "changed": False, **self._look(looked, listed, primary, task_vars or {})}
        document = stored_document(options["stored"])
        # It is not said of which account it has to be.
        wrong = validation_error(document, document.get("account_id", ""))
        if wrong:
            raise AnsibleActionFail(wrong)
        record = Record.from_document(document)
        planning = _Planning(RoleSettings(self, task_vars or {}), self._task.check_mode, record, **options)
        result.update(planning.result())
        return result

    def _look(
        self, looked: Sequence[Looked], listed: Sequence[Fields], primary: str | None, task_vars: Fields
    ) -> Fields:
        """Find out which accounts of a fleet have something to do.

        :param looked: What is known of each account.
        :param listed: The rows of vonage_api_secret_info for those with a record.
        :param primary: API key of the account that comes last.
        :param task_vars: The variables of the task.
        """
        rows = {row["account_id"]: row for row in listed}
        plans: list[Fields] = []
        due: list[str] = []
        last: list[str] = []
        for one in looked:
            with settings_of(self, task_vars, one["host"], one["account_id"]) as settings:
                found = self._nothing_to_do(one, rows.get(one["account_id"]), settings)
                if found is not None:
                    plans.append(found)
                else:
                    (last if one["account_id"] == primary else due).append(one["host"])
        return {
            "look": {
                "due": due,
                "primary_due": last,
                "idle": [found["host"] for found in plans],
                # A play needs a pattern. The one for no host is one that matches nothing.
                "hosts": due or [NO_HOST],
                "primary_hosts": last or [NO_HOST],
            },
            "plans": plans,
            "tells": any(found["tells"] for found in plans),
        }

    def _nothing_to_do(self, looked: Looked, row: Fields | None, settings: RoleSettings) -> Fields | None:
        """The plan of an account with nothing to do. None otherwise: its rotation then acts, or reports the error."""
        if looked["record"] is None or row is None or row["error"]:
            return None
        record = Record.from_document(looked["record"])
        # The list was read with the recorded value.
        listed = {"secrets": row["secrets"], "candidates": ["accepted"], "accounts": [row]}
        stored = {"candidates": [record.current.value if record.current else None]}
        try:
            found = _Planning(settings, self._task.check_mode, record, "begin", stored, listed, None, None).result()
            tells = bool(settings["report"] or settings["metrics"])
        except Exception:  # pylint: disable=broad-exception-caught
            return None
        quiet = found["outcome"] == "idle" and not (found.get("failed") or found["look_again"] or found["warnings"])
        return {**found, "host": looked["host"], "tells": tells} if quiet else None


class _Planning:
    """One plan.

    :param settings: Settings of the role.
    :param check_mode: Whether nothing may be changed.
    :param record: The record.
    :param phase: `begin`, or `finish` when the consumers were asked.
    :param stored: The result of rotation_record, with that record and the values to try.
    :param listed: Result of vonage_api_secret_info with the values to try.
    :param before: The plan before this one in the same run.
    :param central_confirmation: What was read back from the central consumer.
    """

    def __init__(
        self,
        settings: RoleSettings,
        check_mode: bool,
        record: Record,
        phase: str,
        stored: Fields,
        listed: Fields,
        before: Fields | None,
        central_confirmation: Fields | None,
    ) -> None:
        self._settings = settings
        self._finishes = phase == "finish"
        self._phase = phase
        self._tried = len(stored["candidates"])
        self._record = record
        self._listed = listed
        self._before = before or {}
        self._again = self._before.get("phase") == phase
        self._central = central_confirmation or {}
        self._acts = not check_mode and settings["mode"] != "status"
        now = datetime.now(timezone.utc)
        self._now = format_timestamp(now)
        # A confirmation counts for this run alone, and not for another account's in the same run of Ansible. A worker's
        # parent is the process of the run.
        name = f"{self._record.account_id} {now.isoformat()} {lease.holder(os.getppid())}"
        self._run: str = self._before.get("run") or name

    def result(self) -> Fields:
        """The plan, and what the tasks of the role need of it."""
        record, settings = self._record, self._settings
        policy = self._policy()
        observation = self._observe(policy)
        decision = plan(record, observation, policy, self._now)
        planned = (run.planned_finish if self._finishes else run.planned_begin)(decision.steps) if self._acts else []
        said = f"{decision.outcome} ({decision.reason}): {decision.message}"
        told = self._before.get("decisions", [])[: -1 if self._again else None]
        timeout = parse_duration(settings["propagation_timeout"])
        found: Fields = {
            **decision.as_dict(),
            "phase": self._phase,
            "run": self._run,
            "operator_confirmed": policy.operator_confirmed,
            "account_id": record.account_id,
            "generation": record.generation,
            "stage": record.stage,
            "secret_ids": [secret["id"] for secret in self._listed["secrets"]],
            "current": observation.current,
            "planned": planned,
            # What is rare stands in files of its own, which are included only then.
            "repairs": not self._finishes and self._repairs(planned),
            "tells": bool(settings["report"] or settings["notify_tasks"]),
            "last_save": self._last_save(decision, planned),
            "asks": self._finishes or (self._acts and "confirm" in decision.steps),
            "decisions": [*told, said],
            "begun_steps": self._before["begun_steps"] if self._finishes else list(decision.steps),
            "changed": bool(decision.steps) and not self._acts and settings["mode"] != "status",
            **self._hand_over(decision),
            **self._next_look(timeout),
            # Whole seconds; sixty pauses at the most.
            "verify_timeout": timeout,
            "verify_pause": max(math.ceil(float(settings["verify_interval"])), -(-timeout // 60)),
        }
        ends = decision.outcome in ("blocked", "inconclusive") and settings["mode"] != "status"
        if ends and not found["look_again"]:
            found.update(failed=True, msg=self._why(said, decision.outcome))
        return found

    def _repairs(self, planned: list[str]) -> bool:
        repairs = any(step in run.REPAIRS for step in planned)
        return repairs or (bool(planned) and bool(self._settings["approve_tasks"]))

    def _policy(self) -> Policy:
        settings, record = self._settings, self._record
        if self._before:
            confirmed = self._before["operator_confirmed"]
        else:
            # The operator's word stands for the confirmations of a secret that was handed over before this run, only.
            confirmed = settings["mode"] == "finish" and record.stage in ("promoted", "distributed", "revoking")
        return Policy.from_options({
            **{name: settings[name] for name in _POLICY},
            **{name: boolean(settings[name]) for name in _FLAGS},
            "admin": settings.admin,
            "consumers": settings.asked,
            "central": settings["distribute_central_tasks"],
            "operator_confirmed": confirmed,
            "holder": self._run,
            "holder_gone": record.lease is not None and lease.is_gone(record.lease.holder),
        })  # fmt: skip

    def _observe(self, policy: Policy) -> Observation:
        # The answers come in the order of the values: of the record, of the operator, retired ones.
        answers, adopted = list(self._listed["candidates"]), self._settings["adopt_value"]
        tried = len(candidates(self._record, policy))
        central = self._central.get("generation") if self._central.get("run") == self._run else None
        return observe(
            self._record,
            self._listed,
            policy,
            retired=answers[tried + bool(adopted) :],
            adopted=answers[tried] if adopted else "none",
            adopted_value=adopted,
            confirmed=self._confirmed() if self._finishes else None,
            central_confirmed=central if self._finishes else None,
        )

    def _confirmed(self) -> dict[str, t.Any]:
        """Host -> the generation that it has confirmed in this run."""
        found = {host: self._variables_of(host).get(f"{PREFIX}confirmation") for host in self._settings.hosts}
        return {
            host: confirmation["generation"]
            for host, confirmation in found.items()
            if isinstance(confirmation, Mapping) and confirmation.get("run") == self._run
        }

    def _variables_of(self, host: str) -> Mapping[str, t.Any]:
        # As they are: the variables of a host may be templates that only its own play can render.
        variables: Mapping[str, t.Any] = self._settings.hostvars.raw_get(host)
        return variables

    def _last_save(self, decision: Plan, planned: list[str]) -> str:
        if not self._acts:
            return ""
        if self._finishes:
            return run.last_save_finish(planned, self._record.stage, decision.missing)
        return run.last_save_begin(decision.steps)

    def _hand_over(self, decision: Plan) -> Fields:
        """To which hosts the secret is handed over, and with which tasks files."""
        if self._finishes:
            return {name: self._before[name] for name in ("hand_over_in", "hand_over_to", "hand_over_with")}
        settings = self._settings
        hosts = settings.hosts if "distribute" in decision.steps and self._acts else []
        planted = {host: self._planted_facts(host) for host in hosts}
        warnings = [
            f"{host} is not served: it has the facts {', '.join(names)}, and what a host answers must not set variables"
            " of the role. Set them in the inventory, or with set_fact and without cacheable"
            for host, names in planted.items()
            if names
        ]
        return {
            "hand_over_to": [host for host in hosts if not planted[host]],
            # The hosts of the second play. A play whose hosts have all failed would end the run before its report, so
            # localhost is one of them; and the pattern for none is one that matches nothing.
            "hand_over_in": ["localhost", *hosts] if hosts else [NO_HOST],
            "hand_over_with": {
                **{name: settings.hook(f"{name}_tasks") for name in ("distribute", "confirm", "distribute_central")},
                "confirms_at_once": settings.confirms_at_once,
            },
            "warnings": [*decision.warnings, *warnings],
        }

    def _planted_facts(self, host: str) -> list[str]:
        """Facts of a host that would take the place of variables of the role: a fact wins over the inventory."""
        facts = self._variables_of(host).get("ansible_facts") or {}
        return [name for name in facts if name.lstrip("_").startswith(PREFIX)]

    def _next_look(self, timeout: int) -> Fields:
        """Whether another look at Vonage may help, after which pause, and which values it tries.

        :param timeout: Seconds that a list and the logins may disagree.
        """
        settings, record, listed = self._settings, self._record, self._listed
        looks = self._before["looks"] + 1 if self._again else 1
        time_left = settings["mode"] != "status" and (looks - 1) * _PAUSE < timeout
        wait = time_left and not lists_agree(record, listed, settings["mode"], settings["current_secret_id"], self._now)
        # A second secret that is in no record may be a retired one, which a late request brought back.
        unknown = len(listed["secrets"]) > 1 and not record.pending and not record.previous
        try_retired = unknown and not self._finishes and any(entry.value for entry in record.retired)
        tried_all = len(listed["candidates"]) > self._tried
        return {
            "looks": looks,
            "wait": _PAUSE if wait else 0,
            "look_again": wait or (try_retired and not tried_all),
            "try_retired": try_retired,
        }

    def _why(self, said: str, outcome: str) -> str:
        """The message of a run that ends here."""
        error = self._listed["accounts"][0]["error"]
        sentences = [said]
        if error:
            sentences.append(error["msg"])
        if self._record.version == 0:
            sentences.append(
                "There is no record yet, so the login was the one of the environment or of rotate_api_secret_api_secret"
            )
        end = "The old secret was not revoked" if self._finishes else "Nothing was changed"
        sentences.append(end + (", and it is safe to run again" if outcome == "inconclusive" else ""))
        return ". ".join(sentences)
