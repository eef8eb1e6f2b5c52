# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The decision of a rotation: what to do next. No I/O, and no clock.

A *record* is what a team keeps of one account, see `record`. An *observation* is what Vonage shows at this
moment: the listed ids, and what authenticating with the recorded values answered. `plan` decides from both which steps
are safe; `record.advance` gives the record that follows a step.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ansible_collections.community.vonage.plugins.module_utils._secret_file import NOT_PLAIN, is_plain
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.attribution import attribute_ids
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Document, recorded_values
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Record as _TypedRecord
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import CONSUMERS, ENV_FILES
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    describe_duration,
    parse_duration,
    parse_timestamp,
    time_after,
)

Record = Document
Observation = Mapping[str, t.Any]
Policy = Mapping[str, t.Any]
Plan = dict[str, t.Any]

ALL_STEPS = ("prepare", "create", "verify", "promote", "distribute", "confirm", "revoke", "settle")

# These act on Vonage or on the consumers before they save, or save nothing. A run that begins with one of them saves
# its lease first, so that two runs do not both act.
_ACT_BEFORE_THEY_SAVE = ("create", "verify", "distribute", "confirm")

# So many values in a row may be created and never become valid before a person has to look.
MAX_ATTEMPTS = 3

# A retired value that is accepted has come back only when Vonage had refused it for so long; before, it lingers.
_REVIVAL_AFTER = "1h"

# What an operator can do about an answer that is missing.
_RUN_AGAIN = "Run again later, when VONAGE_REST_URL and VONAGE_API_URL can be reached from here"


def candidates(record: Record, policy: Policy | None = None) -> list[str]:
    """The recorded values that are to be probed, in the order that `observe` reads the answers in.

    :param record: The record.
    :param policy: The policy of `plan`; of a rollback, the previous value is probed too.
    """
    entries = [record["current"], record["pending"]]
    if _returns_to_previous(record, policy or {}):
        entries.append(record["previous"])
    return [entry["value"] for entry in entries if entry and entry["value"]]


def observe(
    record: Record,
    info: Mapping[str, t.Any],
    retired: Sequence[str] = (),
    confirmed: Mapping[str, int] | None = None,
    policy: Policy | None = None,
    adopted: str = "none",
    adopted_value: str | None = None,
    central_confirmed: t.Any = None,
) -> Observation:
    """Put together what `plan` is to decide on.

    :param record: The record.
    :param info: Result of `vonage_api_secret_info` for the account with `candidates(record, policy)`.
    :param retired: What the retired values answered, where they were probed.
    :param confirmed: Host -> generation that its running process uses; None before the consumers were asked.
    :param policy: The policy that `candidates` was given.
    :param adopted: What the value that the operator named for a second secret answered; `none` when none was named.
    :param adopted_value: That value. One that is in the record already counts as none.
    :param central_confirmed: The generation that was read back from the central consumer; None when none was.
    """
    answers = iter(info["candidates"])
    first = info["accounts"][0]
    current = next(answers) if record["current"] and record["current"]["value"] else "none"
    pending = previous = "none"
    if record["pending"]:
        pending = next(answers) if record["pending"]["value"] else "lost"
    if _returns_to_previous(record, policy or {}):
        previous = next(answers)
    worst_first = ("accepted", "unknown", "refused")
    return {
        # Without the task's own credentials the list is that of an accepted candidate.
        "secrets": first["secrets"] if first["error"] is None or "accepted" in info["candidates"] else None,
        "status": (first["error"] or {}).get("status"),
        "current": current,
        "pending": pending,
        "previous": previous,
        "retired": next((answer for answer in worst_first if answer in retired), "none"),
        "adopted": "none" if adopted_value in recorded_values(_TypedRecord.from_document(record)) else adopted,
        "confirmed": confirmed,
        "central_confirmed": central_confirmed,
    }


def _returns_to_previous(record: Record, policy: Policy) -> bool:
    """Whether a rollback has yet to make the previous value the current one."""
    previous = record["previous"] or {}
    return policy.get("mode") == "rollback" and bool(previous.get("value")) and not previous.get("rejected")


def lists_agree(record: Record, info: Mapping[str, t.Any], mode: str, current_secret_id: str, now: str) -> bool:
    """Whether what Vonage lists can be the secrets of the values that it accepts; if not, another look may help.

    :param record: The record.
    :param info: As of `observe`.
    :param mode: As of the policy of `plan`.
    :param current_secret_id: As of the policy of `plan`.
    :param now: The time, ISO 8601 in UTC.
    """
    # No more of a policy than this depends on: whose lease it is, and whose credentials, is for the plan itself.
    policy = {
        "mode": "rollback" if mode == "rollback" else "rotate",
        "current_secret_id": current_secret_id,
        "break_lease": True,
        "admin": True,
    }
    return bool(plan(record, observe(record, info, policy=policy), policy, now)["reason"] != "lists_disagree")


def plan(record: Record, observation: Observation, policy: Policy, now: str) -> Plan:
    """Decide what is safe to do next.

    :param record: The record as stored, or `new_record`.
    :param observation: What `observe` puts together. `secrets`: the listed secrets (`id`, `created_at`), or None when
        they could not be listed, with the HTTP status in `status`. `current`: what the value in use answered,
        `accepted`, `refused`, `unknown`, or `none` without a value. `pending`: the same of the value on its way; `none`
        without one, `lost` when its value is not recorded. `previous`: the same of the value before, `none` when it was
        not probed. `retired`: the same of the values retired before. `adopted`: the same of the value that the operator
        named for a second secret. `confirmed`: host -> generation that its running process uses, or None before the
        consumers were asked. `central_confirmed`: the generation that was read back from the central consumer.
    :param policy: `mode` (`rotate`, `finish`, `rollback`, `emergency`, `status`), `force`, `max_age`, `grace` and
        `propagation_timeout` (durations), `overlap_warning` (a duration, empty for never), `admin`: whether the
        credentials are a primary account's, `current_secret_id`: an id named by the operator, `consumers`: the hosts
        that must confirm, `central`: the central consumer, whose generation must be read back (empty for none),
        `vouched`: whether the operator has made sure for them, of a secret that was handed over before this run,
        `holder`: who this run is, `holder_gone`: whether the process of the recorded lease's holder is known to exist
        no more, `break_lease`: whether to ignore that lease, `emergency_reason`: what happened, `accept_cut_off`:
        whether consumers may be cut off in an emergency, `distribute_tasks`: the hook that hands the secret over on
        hosts.
    :param now: The time, ISO 8601 in UTC.
    :returns: `outcome` (`rotate`, `idle`, `grace`, `blocked`, `inconclusive`), `reason` (a stable word),
        `message` (one sentence), `steps`, `secret_id` (what `drop` or `revoke` would delete), `missing`
        (consumers that have not confirmed), `warnings` (sentences), `overlap_seconds` (how long two secrets have been
        valid since the promotion, or 0) and `age_seconds` (of the secret in use, or None).
    """
    case = _Case(record, observation, policy, now)
    decision = _decide(case)
    steps = decision["steps"]
    claim = ["claim"] if steps and steps[0] in _ACT_BEFORE_THEY_SAVE else []
    return {
        **decision,
        "steps": [*claim, *steps],
        "warnings": _warnings(case, decision["reason"]),
        "overlap_seconds": case.overlap(),
        "age_seconds": case.age(),
    }


def _decide(case: _Case) -> Plan:
    refused = _emergency_refused(case) if case.mode == "emergency" else None
    if refused:
        return refused
    if case.lease and case.mode != "status":
        return _leased(case.lease)
    if case.secrets is None:
        return _not_listed(case)
    if not case.ids and not case.admin:
        return _stop(
            "blocked",
            "protocol_error",
            "Vonage lists no secret for the account, which cannot be, since every account has one: ask Vonage support;"
            " or set rotate_api_secret_api_key and rotate_api_secret_api_secret to those of its primary account, and a"
            " first secret is made",
        )
    if case.mode == "rollback" and not (case.record["previous"] or {}).get("rejected"):
        return _roll_back(case)
    if not case.ids:
        return _first_secret(case)
    unknown = case.unknown(current="the secret in use", pending="the secret on its way")
    if unknown:
        return unknown
    if case.current == "accepted":
        return _one_listed(case) if len(case.ids) == 1 else _two_listed(case)
    return _current_refused(case)


class _Case:
    """Record, observation and policy, as the questions that a decision asks."""

    def __init__(self, record: Record, observation: Observation, policy: Policy, now: str) -> None:
        self.record = record
        self.secrets: Sequence[Mapping[str, str]] | None = observation["secrets"]
        self.status: int | None = observation.get("status")
        self.ids = [secret["id"] for secret in self.secrets or ()]
        self.current: str = observation["current"]
        self.pending: str = observation["pending"]
        self.previous: str = observation.get("previous") or "none"
        self.retired: str = observation.get("retired") or "none"
        self.adopted: str = observation.get("adopted") or "none"
        self.confirmed: Mapping[str, t.Any] | None = observation.get("confirmed")
        self.central_confirmed: t.Any = observation.get("central_confirmed")
        self.mode: str = policy.get("mode") or "rotate"
        self.force = bool(policy.get("force"))
        self.max_age: t.Any = policy.get("max_age")
        self.grace: t.Any = policy.get("grace") or 0
        self.propagation_timeout: t.Any = policy.get("propagation_timeout") or 0
        self.overlap_warning: t.Any = policy.get("overlap_warning")
        self.admin = bool(policy.get("admin"))
        self.vouched = bool(policy.get("vouched"))
        self.named_id: str | None = policy.get("current_secret_id") or None
        self.consumers: Sequence[str] = policy.get("consumers") or ()
        self.central: str = policy.get("central") or ""
        self.emergency_reason: str = policy.get("emergency_reason") or ""
        self.accept_cut_off = bool(policy.get("accept_cut_off"))
        self.env_file = policy.get("distribute_tasks") in ENV_FILES
        self.now = now
        self.current_id, self.pending_id = attribute_ids(
            _TypedRecord.from_document(record),
            self.ids,
            t.cast(t.Any, self.current),
            t.cast(t.Any, self.pending),
        )
        self.lease = self._lease_of_another(policy)

    def _lease_of_another(self, policy: Policy) -> Mapping[str, str] | None:
        """The lease of a run that may be at work at this moment."""
        lease: Mapping[str, str] | None = self.record.get("lease")
        if (
            not lease
            or lease["holder"] == policy.get("holder")
            or parse_timestamp(lease["expires"]) <= parse_timestamp(self.now)
        ):
            return None
        return None if policy.get("holder_gone") or policy.get("break_lease") else lease

    def unfit(self, value: str | None) -> bool:
        """Whether a value that a person chose cannot be handed to the consumers."""
        return self.env_file and value is not None and not is_plain(value)

    def listed(self, secret_id: str | None) -> bool:
        return secret_id is not None and secret_id in self.ids

    def unknown(self, **needed: str) -> Plan | None:
        """The end of a run that needs answers which Vonage did not give.

        :param needed: The answers that it needs, each with a name for the operator.
        """
        unknown = [name for answer, name in needed.items() if getattr(self, answer) == "unknown"]
        if not unknown:
            return None
        message = f"Vonage answered neither yes nor no to a login with {' and '.join(unknown)}"
        return _stop("inconclusive", "probe_unknown", f"{message}. {_RUN_AGAIN}")

    def due(self) -> str:
        """Why a new rotation should begin: `forced`, `max_age`, or nothing."""
        if self.mode in ("finish", "rollback", "emergency"):
            return ""
        if self.force:
            return "forced"
        age = self.age()
        limit = parse_duration(self.max_age) if self.max_age else 0
        return "max_age" if limit and age is not None and age >= limit else ""

    def age(self) -> int | None:
        """How old the secret in use is."""
        recorded = self.record["current"] or {}
        created = {secret["id"]: secret["created_at"] for secret in self.secrets or ()}
        return self._since(created.get(self.current_id or "") or recorded.get("created_at") or recorded.get("since"))

    def overlap(self) -> int:
        """How long two secrets have been valid since the promotion."""
        promoted = self.record["stage"] in ("promoted", "distributed", "revoking")
        since = (self.record["current"] or {}).get("since") if promoted and len(self.ids) > 1 else None
        return self._since(since) or 0

    def _since(self, time: str | None) -> int | None:
        return max(0, int((parse_timestamp(self.now) - parse_timestamp(time)).total_seconds())) if time else None

    def missing(self) -> list[str]:
        """The consumers that were asked and have not confirmed the record's generation."""
        if self.confirmed is None:
            return []
        hosts = [host for host in self.consumers if not self._is_generation(self.confirmed.get(host))]
        return [*hosts, f"central consumer {self.central}"] if self.central_missing() else hosts

    def central_missing(self) -> bool:
        """Whether the central consumer was to take the record's generation, and it was not read back there."""
        asked = self.confirmed is not None and bool(self.central)
        return asked and not self._is_generation(self.central_confirmed)

    def _is_generation(self, confirmed: t.Any) -> bool:
        # As text, because a fact that a hook sets from a template is one on older releases of ansible-core.
        return str(confirmed) == str(self.record["generation"])

    def superseded_id(self) -> str | None:
        """The id of the secret before the current one, when it is beyond doubt and still listed."""
        previous_id = (self.record["previous"] or {}).get("id")
        return previous_id if self.listed(previous_id) and self.current_id not in (None, previous_id) else None

    def somebody_confirms(self) -> bool:
        """Whether a revoke can be safe at all: consumers answer for themselves, or the operator, who says finish."""
        return bool(self.consumers) or self.vouched

    def leaked(self) -> str:
        """What happened to the previous secret, when it is one that may not stay for anybody's sake."""
        return str((self.record["previous"] or {}).get("emergency") or "")

    def urgent(self) -> bool:
        """Whether what a rotation supersedes is revoked without waiting."""
        return self.mode == "emergency" or bool(self.leaked() or (self.record["pending"] or {}).get("emergency"))

    def emergency_begins(self) -> bool:
        """Whether the secret in use is one that has leaked, and not yet the one that replaced it."""
        if self.mode != "emergency":
            return False
        retired = [entry.get("emergency") for entry in self.record["retired"][:1]]
        return self.emergency_reason not in (self.leaked(), *retired)

    def creatable(self) -> bool:
        """Whether a value is on its way that may be created.

        One that was adopted may not, since it was revoked; nor one that Vonage has created already.
        """
        pending = self.record["pending"]
        return self.pending not in ("none", "lost") and not pending.get("adopted") and not pending["id"]

    def may_arrive(self) -> bool:
        """Whether the secret on its way was created so short a time ago that not all of Vonage accepts it yet."""
        pending = self.record["pending"]
        if self.pending != "refused" or not pending["id"] or pending.get("adopted"):
            return False
        listed = next((secret["created_at"] for secret in self.secrets or () if secret["id"] == pending["id"]), None)
        times = [parse_timestamp(time) for time in (pending["prepared_at"], pending.get("created_at"), listed) if time]
        # A time in the future is of a clock that was wrong, which may not keep a rotation from its end until then. The
        # clock here may differ from that of Vonage, too.
        limit = timedelta(seconds=parse_duration(self.propagation_timeout))
        return any(abs(parse_timestamp(self.now) - time) < limit for time in times)

    def hidden(self) -> bool:
        """Whether the secret on its way, which is accepted, can be none of those that are listed."""
        pending_id = self.record["pending"]["id"]
        if pending_id:
            return not self.listed(pending_id)
        return all(secret_id in self.record["ids_before"] for secret_id in self.ids)

    def attempted(self) -> bool:
        """Whether so many values in a row came to nothing that another one would not help."""
        attempts: int = self.record["pending"]["attempts"]
        return attempts >= MAX_ATTEMPTS

    def made_earlier(self) -> bool:
        """Whether the secret beside the current one is one that was made here, and given up while it was not listed."""
        others = [secret_id for secret_id in self.ids if secret_id != self.current_id]
        return len(others) == 1 and others[0] in [entry["id"] for entry in self.record["retired"]]

    def dropped_id(self) -> str | None:
        """The id that the value on its way has by Vonage's own answer to our creation, or that we began to drop.

        Any other one may have been made by somebody else.
        """
        pending = self.record["pending"]
        secret_id: str | None = pending.get("id")
        ours = self.listed(secret_id) and secret_id != self.current_id and not pending.get("adopted")
        return secret_id if ours else None


def _emergency_refused(case: _Case) -> Plan | None:
    """What an emergency lacks before anything is looked at."""
    if not case.emergency_reason:
        message = (
            "An emergency is recorded with what happened, so that it is not run twice: set"
            " rotate_api_secret_emergency_reason to a few words such as the number of the incident"
        )
        return _stop("blocked", "emergency_needs_reason", message)
    if not case.accept_cut_off:
        message = (
            "An emergency revokes the old secret without waiting for confirmations or grace, so consumers that have not"
            " taken the new one by then are cut off: set rotate_api_secret_accept_cut_off=true to accept that"
        )
        return _stop("blocked", "emergency_not_accepted", message)
    return None


def _leased(lease: Mapping[str, str]) -> Plan:
    message = (
        f"{_held_by(lease)}: wait until then; or, when it is certain that this run has ended, set"
        " rotate_api_secret_break_lease=true"
    )
    return _stop("blocked", "leased", message)


def _held_by(lease: Mapping[str, str]) -> str:
    return f"The run {lease['holder']} has leased the record until {lease['expires']}"


def _not_listed(case: _Case) -> Plan:
    if case.status == 401 and case.record["version"] > 0 and not case.admin:
        return _no_valid_credential(case)
    if case.status == 401:
        message = (
            "Vonage refuses the login: the key or the secret is wrong, or the secret was revoked. Set"
            " rotate_api_secret_api_key and rotate_api_secret_api_secret, or VONAGE_API_KEY and VONAGE_API_SECRET, to"
            " valid ones"
        )
        return _stop("blocked", "no_valid_credential", message)
    return _stop(
        "inconclusive", "not_listed", f"Vonage could not be asked for the secrets of the account. {_RUN_AGAIN}"
    )


def _first_secret(case: _Case) -> Plan:
    if case.may_arrive():
        return _not_everywhere_yet(case, (*_handover("verify"), "settle"))
    first = "create" if case.creatable() else "prepare"
    return _go("first_secret", "The account has no secret yet", (*_handover(first), "settle"))


def _one_listed(case: _Case) -> Plan:
    """One secret listed, and the value in use is accepted."""
    record, previous = case.record, case.record["previous"]
    recorded_elsewhere = [(entry or {}).get("id") for entry in (previous, record["pending"])]
    if case.pending == "accepted" or case.ids[0] in recorded_elsewhere:
        return _lists_disagree(case)
    recorded_id = record["current"]["id"]
    if recorded_id and not case.listed(recorded_id) and case.named_id != case.ids[0]:
        # The same value may have been created again by hand, too.
        return _lists_disagree(
            case, "; or, if that is the secret in use, set rotate_api_secret_current_secret_id to it"
        )
    if case.may_arrive():
        return _not_everywhere_yet(case, _rest(case, "verify"))
    if case.pending in ("refused", "lost"):
        if record["pending"]["id"] and case.attempted():
            return _max_attempts(case)
        first = "create" if case.creatable() else "prepare"
        return _go("resumed", "A rotation was interrupted, and its secret is not there", _rest(case, first))
    if case.emergency_begins():
        message = "The secret in use has leaked, and is replaced and revoked now"
        return _go("emergency", message, (*(("settle",) if previous else ()), *_rest(case, "prepare")))
    if previous or record["stage"] in ("promoted", "distributed"):
        return _close(case, "The old secret is gone, and the new one is to be handed over", ("settle",))
    due = case.due()
    if due:
        why = "A rotation was asked for" if due == "forced" else f"The secret is older than {case.max_age}"
        return _go(due, why, _rest(case, "prepare"))
    if case.mode == "emergency":
        message = f"What had leaked is revoked, and the record says so: {case.emergency_reason}"
        return _stop("idle", "emergency_done", message)
    return _stop("idle", "not_due", "The secret is accepted and not due for rotation")


def _lists_disagree(case: _Case, more: str = "") -> Plan:
    message = (
        "Vonage accepts a value whose secret it does not list, or not yet (listed:"
        f" {', '.join(case.ids) or 'nothing'}). Run again in some minutes; if that does not help, the record is an old"
        f" one: set rotate_api_secret_record to the newest{more}"
    )
    return _stop("inconclusive", "lists_disagree", message)


def _two_listed(case: _Case) -> Plan:
    """Two secrets listed (or more), and the value in use is accepted."""
    for answer, entry in ((case.current, case.record["current"]), (case.pending, case.record["pending"])):
        if answer == "accepted" and entry["id"] and not case.listed(entry["id"]):
            return _lists_disagree(case)
    if case.pending == "accepted":
        steps = _rest(case, "verify") if case.current_id else _handover("verify")
        return _go("resumed", "A rotation was interrupted after its secret was created", steps)
    if case.pending in ("refused", "lost"):
        return _two_listed_pending_unusable(case)
    superseded = case.superseded_id()
    if superseded and case.emergency_begins():
        message = "The secret in use has leaked; the one before is revoked to make room, and then that one is replaced"
        return _go("emergency", message, ("revoke", "settle", *_rest(case, "prepare")), superseded)
    if superseded:
        return _close(case, "The new secret is in use and the old one still there", ("revoke", "settle"), superseded)
    return _second_recorded_nowhere(case)


def _two_listed_pending_unusable(case: _Case) -> Plan:
    """Both slots taken, and the value on its way does not answer, or is lost."""
    pending = case.record["pending"]
    if pending.get("adopted"):
        return _adopted_refused()
    created_id = case.dropped_id()
    if not created_id and case.pending == "refused" and case.made_earlier():
        message = "The secret on its way was not created, since one that an earlier attempt gave up takes its place"
        return _go("given_up", message, ("abandon",))
    if not created_id:
        return _no_free_slot(case)
    if case.may_arrive():
        return _not_everywhere_yet(case, _rest(case, "verify"))
    if case.pending == "refused" and case.attempted():
        return _max_attempts(case)
    message = "The secret that the interrupted rotation created never became usable"
    return _go("replaced", message, ("drop", *_rest(case, "prepare")), created_id)


def _not_everywhere_yet(case: _Case, steps: Sequence[str]) -> Plan:
    return _go("resumed", "The new secret is not accepted everywhere yet", steps)


def _max_attempts(case: _Case) -> Plan:
    message = (
        f"{case.record['pending']['attempts']} new values in a row were created and never accepted: ask Vonage support,"
        " then set rotate_api_secret_mode=rollback to give the last one up, and rotate again"
    )
    return _stop("blocked", "max_attempts", message)


def _no_free_slot(case: _Case) -> Plan:
    message = (
        "Both slots are taken, and no id is known to be the one that the interrupted rotation created (listed:"
        f" {', '.join(case.ids)}). Find out in the Vonage dashboard whose the second one is, remove it there, and run"
        " again"
    )
    return _stop("blocked", "no_free_slot", message)


def _second_recorded_nowhere(case: _Case) -> Plan:
    """A second secret that is in no record: a retired one that came back, or one that only the operator knows."""
    unknown = case.unknown(retired="a value retired before")
    if unknown:
        return unknown
    others = [secret_id for secret_id in case.ids if secret_id != case.current_id]
    if case.retired == "accepted" and case.current_id and len(others) == 1:
        last = max(
            (parse_timestamp(entry["retired_at"]) for entry in case.record["retired"]),
            default=parse_timestamp(case.now),
        )
        if parse_timestamp(case.now) - last < timedelta(seconds=parse_duration(_REVIVAL_AFTER)):
            message = (
                "A value retired just now is accepted, which may be a delay at Vonage. Run again"
                f" {_REVIVAL_AFTER} after it was retired: if it is accepted then, its secret is revoked"
            )
            return _stop("inconclusive", "retired_lingers", message)
        message = "A value retired before is accepted again: a late request brought it back"
        rest = _rest(case, "prepare") if case.emergency_begins() else ()
        return _go("retired_revived", message, ("drop", *rest), others[0])
    wrong = _named_wrongly(case)
    if wrong:
        return _stop("blocked", "unknown_second_secret", wrong)
    # Beside a previous value the second secret may be that one's, though its id is not known.
    if case.adopted != "none" and len(case.ids) == 2 and not case.record["previous"]:
        return _adopt_value(case)
    return _unknown_second(case)


def _adopt_value(case: _Case) -> Plan:
    unknown = case.unknown(adopted="the value to adopt")
    if unknown:
        return unknown
    if case.adopted == "refused":
        return _adopted_refused()
    steps = _rest(case, "verify") if case.current_id or case.named_id else _handover("verify")
    return _go("adopted", "The value of the second secret was named, and is handed over", ("adopt_value", *steps))


def _adopted_refused() -> Plan:
    message = (
        "Vonage does not accept the value to adopt: set rotate_api_secret_adopt_value to that of the second secret; or"
        " set rotate_api_secret_mode=rollback to give up one that is in the record already"
    )
    return _stop("blocked", "adopted_refused", message)


def _named_wrongly(case: _Case) -> str:
    """What is wrong with the id that the operator named, when anything is."""
    recorded_id = (case.record["current"] or {}).get("id")
    if case.named_id and not case.listed(case.named_id):
        return (
            f"rotate_api_secret_current_secret_id is {case.named_id}, which Vonage does not list: set it to the one of"
            f" {', '.join(case.ids)} that is in use"
        )
    if case.named_id and case.listed(recorded_id) and recorded_id != case.named_id:
        return (
            f"rotate_api_secret_current_secret_id is {case.named_id}, but the record knows that it is {recorded_id}:"
            " set it to that, and the other one is revoked as soon as all consumers are confirmed"
        )
    return ""


def _unknown_second(case: _Case) -> Plan:
    if case.named_id and len(case.ids) == 2:
        return _adopt(case, case.named_id)
    message = (
        f"The account has a secret that this rotation did not make (listed: {', '.join(case.ids)}). If nobody uses it,"
        " remove it with vonage_api_secret state=absent; or set rotate_api_secret_current_secret_id to the id of the"
        " secret in use, and the other one is revoked as soon as all consumers are confirmed; or set"
        " rotate_api_secret_adopt_value to the value of the other one, and that becomes the secret in use"
    )
    if case.record["stage"] in ("promoted", "distributed") and not case.emergency_begins():
        if case.urgent() and case.confirmed is not None:
            return _stop("blocked", "unknown_second_secret", f"What has leaked may still be valid. {message}")
        # Handed over beside a secret whose id is not known for certain: that one stays, and nothing is wrong.
        hand_over = ["distribute", "confirm"] if case.confirmed is None else []
        return {**_stop("grace", "unknown_second_secret", message), "steps": hand_over, "missing": case.missing()}
    return _stop("blocked", "unknown_second_secret", message)


def _adopt(case: _Case, named_id: str) -> Plan:
    superseded = next(secret_id for secret_id in case.ids if secret_id != named_id)
    if case.emergency_begins():
        message = f"{named_id} was named as the secret in use; the other one is revoked, and then that one is replaced"
        return _go("emergency", message, ("adopt", "revoke", "settle", *_rest(case, "prepare")), superseded)
    revoke = case.urgent() or _revocable_now(case, time_after(case.now, case.grace))
    steps = ("adopt", "distribute", "confirm", *(("revoke", "settle") if revoke else ()))
    return _go("adopted", f"{named_id} was named as the secret in use, the other one is superseded", steps, superseded)


def _current_refused(case: _Case) -> Plan:
    """The value in use is refused, or none is known."""
    if case.pending == "accepted":
        if case.current == "none":
            if case.hidden():
                return _lists_disagree(case)
            if len(case.ids) == 1:
                steps: tuple[str, ...] = (*_handover("verify"), "settle")
            else:
                steps = _rest(case, "verify") if case.current_id else _handover("verify")
            return _go("resumed", "A rotation was interrupted after its secret was created", steps)
        return _hand_over_now(case)
    if len(case.ids) == 1 and case.admin:
        if case.may_arrive():
            return _not_everywhere_yet(case, _handover("verify"))
        first = "create" if case.creatable() else "prepare"
        steps = _rest(case, first) if case.named_id == case.ids[0] else _handover(first)
        return _go("bootstrap", "No value of the account is known; a new one is made beside what is there", steps)
    return _no_valid_credential(case)


def _no_valid_credential(case: _Case) -> Plan:
    message = (
        "Vonage accepts none of the values in the record. If the secret was changed elsewhere, move the record away and"
        " run again with the valid secret in VONAGE_API_SECRET"
    )
    if (case.record["previous"] or {}).get("value") and case.mode != "rollback":
        message += "; if the secret before the one in use still works, set rotate_api_secret_mode=rollback"
    return _stop("blocked", "no_valid_credential", message)


def _hand_over_now(case: _Case) -> Plan:
    """The value in use is refused and the new one accepted: consumers are cut off until they have it."""
    # With two listed, which one the refused value had cannot be proven, so neither is revoked.
    last = ("settle",) if len(case.ids) == 1 and not case.hidden() else ()
    message = "Vonage no longer accepts the secret in use; the new one works and is handed over now"
    return _go("current_refused", message, ("promote", "distribute", "confirm", *last))


def _roll_back(case: _Case) -> Plan:
    previous, pending = case.record["previous"], case.record["pending"]
    if not previous and not pending:
        message = (
            "No rotation is under way, so there is nothing to go back to: a secret that was revoked cannot come back."
            " To be rid of the one in use, set rotate_api_secret_force=true and rotate"
        )
        return _stop("idle", "nothing_to_roll_back", message)
    unknown = case.unknown(current="the secret in use", pending="the secret on its way", previous="the one before")
    if unknown:
        return unknown
    return _swap(case, previous) if previous else _give_up(case)


def _swap(case: _Case, previous: Mapping[str, t.Any]) -> Plan:
    """Go back to the secret before. The one in use may be refused: that is what a rollback is for."""
    if previous["value"] is None:
        return _rollback_impossible("The value of the secret before is not in the record")
    if case.unfit(previous["value"]):
        return _rollback_impossible(f"The secret before {NOT_PLAIN}")
    if case.leaked():
        return _rollback_impossible(f"The secret before has leaked ({case.leaked()})")
    if case.previous == "refused":
        return _rollback_impossible("Vonage refuses the secret before: it was revoked, and cannot come back")
    if case.record["stage"] == "revoking" and case.current == "accepted":
        # The request may still be on its way, or the run that has the intent asleep, and nobody can call either back.
        return _rollback_impossible("The secret before is being revoked, which cannot be called back")
    if case.previous == "none":
        message = f"The secret before was not tried. {_RUN_AGAIN}"
        return _stop("inconclusive", "probe_unknown", message)
    alone = len(case.ids) == 1
    if not case.ids or (previous["id"] and not case.listed(previous["id"])) or (alone and case.current == "accepted"):
        return _lists_disagree(case)
    last: tuple[str, ...] = ()
    if alone:
        last = ("settle",)
    elif case.superseded_id() and case.somebody_confirms():
        last = ("revoke", "settle")
    message = "The secret before is accepted and becomes the one in use again; the new one is rejected"
    return _go("rolled_back", message, ("rollback", "distribute", "confirm", *last))


def _give_up(case: _Case) -> Plan:
    """Go back before the promotion: nobody has the value on its way yet."""
    message = "The interrupted rotation is given up, and the secret in use stays"
    secret_id = case.pending_id if case.pending == "accepted" else case.dropped_id()
    if case.current != "accepted" and (case.pending == "accepted" or secret_id):
        return _rollback_impossible("The secret on its way may be the only one that works")
    if case.current == "refused" and not case.admin:
        return _no_valid_credential(case)
    if len(case.ids) == 1 and (case.pending == "accepted" or secret_id):
        return _lists_disagree(case)
    if case.record["pending"].get("adopted"):
        # Its secret was not made here, so it is forgotten, and not dropped.
        return _go("given_up", message, ("abandon",))
    if secret_id:
        return _go("given_up", message, ("drop", "abandon"), secret_id)
    if len(case.ids) > 1 and case.record["pending"]["id"] in (None, case.current_id):
        return _no_free_slot(case)
    return _go("given_up", message, ("abandon",))


def _rollback_impossible(why: str) -> Plan:
    message = f"{why}. The way out is forward: set rotate_api_secret_mode=rotate, and rotate_api_secret_force=true"
    return _stop("blocked", "rollback_impossible", message)


def _close(case: _Case, message: str, last: tuple[str, ...], secret_id: str | None = None) -> Plan:
    """Hand over what is promoted, then take the last steps as soon as they are safe.

    Before the consumers were asked, the plan holds what this run can reach; after it, what is safe now.
    """
    not_before = (case.record["previous"] or {}).get("revoke_not_before") if "revoke" in last else None
    reachable = "revoke" not in last or _revocable_now(case, parse_timestamp(not_before or case.now))
    hand_over = () if case.confirmed is not None else ("distribute", "confirm")
    missing = case.missing()
    unconfirmed = f"These consumers have not confirmed generation {case.record['generation']}: {', '.join(missing)}"
    if case.central_missing() and case.central not in CONSUMERS:
        unconfirmed += (
            ". A hook of your own confirms a central consumer by setting rotate_api_secret_central_confirmed_generation"
            " to the generation that it read back"
        )
    if case.leaked() and "revoke" in last:
        # Not settled before the others have the new secret: they are cut off, and nobody may forget them.
        last = ("revoke",) if missing else last
        message = f"The old secret has leaked ({case.leaked()}), and is revoked without waiting"
        decision = _go("emergency", f"{message}. {unconfirmed}" if missing else message, (*hand_over, *last))
    elif missing:
        decision = _stop("grace", "unconfirmed_consumers", unconfirmed)
    elif not reachable:
        decision = {**_stop("grace", *_why_not(case, not_before)), "steps": list(hand_over)}
    elif hand_over:
        decision = _go("resumed", message, (*hand_over, *last))
    else:
        message = "Every consumer uses the new secret" if case.consumers else "Nobody uses the old secret any more"
        decision = _go("confirmed", message, last)
    return {**decision, "secret_id": secret_id, "missing": missing}


def _revocable_now(case: _Case, not_before: datetime) -> bool:
    return case.somebody_confirms() and not_before <= parse_timestamp(case.now)


def _why_not(case: _Case, not_before: str | None) -> tuple[str, str]:
    if not case.somebody_confirms():
        return "nobody_confirms", (
            "Nobody confirms that the new secret is in use, so the old one stays. Make sure that nobody uses it any"
            " more, and run with rotate_api_secret_mode=finish; or set rotate_api_secret_consumers and a way to confirm"
        )
    return "grace_period", f"The old secret stays until {not_before}"


def _rest(case: _Case, first: str) -> tuple[str, ...]:
    """The steps of a rotation from one on, as far as this run can take it."""
    if case.urgent() or _revocable_now(case, time_after(case.now, case.grace)):
        return ALL_STEPS[ALL_STEPS.index(first) :]
    return _handover(first)


def _handover(first: str) -> tuple[str, ...]:
    """The steps from one on until the consumers have the new secret, and not beyond."""
    return ALL_STEPS[ALL_STEPS.index(first) : ALL_STEPS.index("revoke")]


def _go(reason: str, message: str, steps: Sequence[str], secret_id: str | None = None) -> Plan:
    return {**_stop("rotate", reason, message), "steps": list(steps), "secret_id": secret_id}


def _stop(outcome: str, reason: str, message: str) -> Plan:
    return {
        "outcome": outcome,
        "reason": reason,
        "message": message,
        "steps": [],
        "secret_id": None,
        "missing": [],
    }


def _warnings(case: _Case, reason: str) -> list[str]:
    found = []
    if reason == "current_refused":
        found.append(
            "Vonage refuses the secret in use, so whoever has it is cut off until it has the new one: find out who"
            " revoked it"
        )
    if case.lease and case.mode == "status":
        found.append(f"{_held_by(case.lease)}, and may change what is shown here")
    limit = parse_duration(case.overlap_warning) if case.overlap_warning else 0
    if limit and case.overlap() > limit:
        found.append(
            f"Two secrets have been valid for {describe_duration(case.overlap())} since the promotion, longer than"
            f" rotate_api_secret_overlap_warning, which is {case.overlap_warning}"
        )
    return found
