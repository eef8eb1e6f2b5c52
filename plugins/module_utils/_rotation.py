# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The state machine of a rotation: what to do next, and what the record says afterwards. No I/O, and no clock.

A *record* is what a team keeps of one account: the value in use, the value on its way, the one before. An
*observation* is what Vonage shows at this moment: the listed ids, and what authenticating with the recorded values
answered. `plan` decides from both which steps are safe; `advance` gives the record that follows a step. An id is
attributed to a value only by proof (see `_pin`), never by age or by its place in the list.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

Record = dict[str, t.Any]
Observation = Mapping[str, t.Any]
Policy = Mapping[str, t.Any]
Plan = dict[str, t.Any]

SCHEMA = 1
STAGES = ("idle", "prepared", "created", "verified", "promoted", "distributed", "revoking", "blocked")
ALL_STEPS = ("prepare", "create", "verify", "promote", "distribute", "confirm", "revoke", "settle")

# So many values in a row may be created and never become valid before a person has to look.
MAX_ATTEMPTS = 3
_RETIRED_KEPT = 2

# A retired value that is accepted has come back only when Vonage had refused it for so long; before, it lingers.
_REVIVAL_AFTER = "1h"

# What is read of each entry of a record.
_ENTRIES = {
    "current": {"value", "id", "created_at", "since"},
    "pending": {"value", "id", "prepared_at", "attempts"},
    "previous": {"value", "id", "revoke_not_before"},
    "retired": {"value", "id", "retired_at"},
}

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def new_record(account_id: str, value: str | None) -> Record:
    """The record of an account that has none yet; version 0 says that it is not saved.

    :param account_id: API key of the account.
    :param value: The secret in use, or None when only an administrator's credentials are known.
    """
    return {
        "schema": SCHEMA,
        "account_id": account_id,
        "version": 0,
        "generation": 0,
        "stage": "idle",
        "current": {"value": value, "id": None, "created_at": None, "since": None} if value else None,
        "pending": None,
        "previous": None,
        "retired": [],
        "ids_before": [],
        "lease": None,
    }


def problem(record: t.Any, account_id: str) -> str:
    """Why a stored record cannot be used for an account.

    :param record: What the store holds under `vonage_rotation`.
    :param account_id: API key of the account that is to be rotated.
    :returns: One sentence that says what to do, without any value; empty when there is nothing wrong.
    """
    if not isinstance(record, dict) or not isinstance(record.get("schema"), int):
        return "The record is not one of a rotation: name another file, or move this one away"
    if record["schema"] > SCHEMA:
        return (
            f"The record has schema {record['schema']} and this release of community.vonage knows {SCHEMA}: install the"
            " release that wrote it, or a newer one"
        )
    if record.get("account_id") != account_id:
        return (
            f"The record belongs to account {record.get('account_id')}, not to {account_id}: name the record of"
            f" {account_id}, or set the account to {record.get('account_id')}"
        )
    shapes = {"version": int, "generation": int, "retired": list, "ids_before": list}
    wrong = [name for name, kind in shapes.items() if not isinstance(record.get(name), kind)]
    for name, keys in _ENTRIES.items():
        entries = record.get(name) if name == "retired" else [record.get(name)]
        if isinstance(entries, list) and any(
            entry is not None and not (isinstance(entry, dict) and keys <= set(entry)) for entry in entries
        ):
            wrong.append(name)
    if record.get("stage") not in STAGES:
        wrong.append("stage")
    if wrong:
        return f"The record is damaged ({', '.join(wrong)}): restore it from a backup"
    return ""


def seconds(duration: t.Any) -> int:
    """Read a duration.

    :param duration: A number of seconds, or a number with a unit: `90`, `45s`, `15m`, `12h`, `30d`, `2w`.
    :returns: Seconds.
    :raises ValueError: It is neither; the message says what to write instead.
    """
    match = re.fullmatch(r"\s*([0-9]+)\s*([smhdw]?)\s*", str(duration))
    if not match:
        raise ValueError(f"{duration!r} is not a duration: write seconds, or a number with s, m, h, d or w such as 30d")
    return int(match[1]) * _UNITS[match[2] or "s"]


def candidates(record: Record) -> list[str]:
    """The recorded values that are to be probed, in the order that `observe` reads the answers in."""
    return [entry["value"] for entry in (record["current"], record["pending"]) if entry and entry["value"]]


def observe(
    record: Record,
    info: Mapping[str, t.Any],
    retired: Sequence[str] = (),
    confirmed: Mapping[str, int] | None = None,
) -> Observation:
    """Put together what `plan` is to decide on.

    :param record: The record.
    :param info: Result of `vonage_api_secret_info` for the account with `candidates(record)`.
    :param retired: What the retired values answered, where they were probed.
    :param confirmed: Host -> generation that its running process uses; None before the consumers were asked.
    """
    answers = iter(info["candidates"])
    first = info["accounts"][0]
    current = next(answers) if record["current"] and record["current"]["value"] else "none"
    pending = "none"
    if record["pending"]:
        pending = next(answers) if record["pending"]["value"] else "lost"
    worst_first = ("accepted", "unknown", "refused")
    return {
        # Without the task's own credentials the list is that of an accepted candidate.
        "secrets": first["secrets"] if first["error"] is None or "accepted" in info["candidates"] else None,
        "status": (first["error"] or {}).get("status"),
        "current": current,
        "pending": pending,
        "retired": next((answer for answer in worst_first if answer in retired), "none"),
        "confirmed": confirmed,
    }


def plan(record: Record, observation: Observation, policy: Policy, now: str) -> Plan:
    """Decide what is safe to do next.

    :param record: The record as stored, or `new_record`.
    :param observation: What `observe` puts together. `secrets`: the listed secrets (`id`, `created_at`), or None when
        they could not be listed, with the HTTP status in `status`. `current`: what the value in use answered,
        `accepted`, `refused`, `unknown`, or `none` without a value. `pending`: the same of the value on its way; `none`
        without one, `lost` when its value is not recorded. `retired`: the same of the values retired before.
        `confirmed`: host -> generation that its running process uses, or None before the consumers were asked.
    :param policy: `mode`, `force`, `max_age`, `grace` and `propagation_timeout` (durations), `admin`: whether
        the credentials are a primary account's, `current_secret_id`: an id named by the operator, `consumers`: the
        hosts that must confirm, `vouched`: whether the operator has made sure for them, of a secret that was handed
        over before this run.
    :param now: The time, ISO 8601 in UTC.
    :returns: `outcome` (`rotate`, `idle`, `grace`, `blocked`, `inconclusive`), `reason` (a stable word),
        `message` (one sentence), `steps`, `secret_id` (what `drop` or `revoke` would delete) and `missing`
        (hosts that have not confirmed).
    """
    case = _Case(record, observation, policy, now)
    if case.secrets is None:
        return _not_listed(case, observation.get("status"))
    if not case.ids:
        return _none_listed(case)
    needed = (case.current,) if case.pending == "none" else (case.current, case.pending)
    if "unknown" in needed:
        return _stop("inconclusive", "probe_unknown", "It cannot be told whether Vonage accepts a recorded value")
    if case.current == "accepted":
        return _one_listed(case) if len(case.ids) == 1 else _two_listed(case)
    return _current_refused(case)


def advance(record: Record, step: str, now: str, **facts: t.Any) -> Record:
    """The record that follows a step, with the next version.

    :param record: The record before; it is not changed.
    :param step: `adopt`; `drop` before and `dropped` after an id is dropped; or one of `ALL_STEPS` but `confirm`.
    :param now: The time, ISO 8601 in UTC.
    :param facts: What the step learned. `secrets`: the secrets listed last; `current`: what the value in use
        answered; `value`: a new value (`prepare`); `secret`: the created secret as Vonage answered it (`create`);
        `grace`: a duration (`adopt`, `promote`); `refused`: whether Vonage was seen to refuse the old value (`settle`);
        `secret_id`: the id that the operator named (`adopt`, `prepare`).
    :raises ValueError: There is no such step.
    """
    if step not in _TRANSITIONS:
        raise ValueError(f"{step!r} is not a recorded step: {', '.join(_TRANSITIONS)}")
    changes = _TRANSITIONS[step](record, now, facts)
    return {**record, **changes, "version": record["version"] + 1}


class _Case:
    """Record, observation and policy, as the questions that a decision asks."""

    def __init__(self, record: Record, observation: Observation, policy: Policy, now: str) -> None:
        self.record = record
        self.secrets: Sequence[Mapping[str, str]] | None = observation["secrets"]
        self.ids = [secret["id"] for secret in self.secrets or ()]
        self.current: str = observation["current"]
        self.pending: str = observation["pending"]
        self.retired: str = observation.get("retired") or "none"
        self.confirmed: Mapping[str, t.Any] | None = observation.get("confirmed")
        self.mode: str = policy.get("mode") or "rotate"
        self.force = bool(policy.get("force"))
        self.max_age: t.Any = policy.get("max_age")
        self.grace: t.Any = policy.get("grace") or 0
        self.propagation_timeout: t.Any = policy.get("propagation_timeout") or 0
        self.admin = bool(policy.get("admin"))
        self.vouched = bool(policy.get("vouched"))
        self.named_id: str | None = policy.get("current_secret_id") or None
        self.consumers: Sequence[str] = policy.get("consumers") or ()
        self.now = now
        self.current_id = _pin(record, self.ids, self.current, self.pending)[0]

    def listed(self, secret_id: str | None) -> bool:
        return secret_id is not None and secret_id in self.ids

    def due(self) -> str:
        """Why a new rotation should begin: `forced`, `max_age`, or nothing."""
        if self.mode == "finish":
            return ""
        if self.force:
            return "forced"
        if not self.max_age or not seconds(self.max_age):
            return ""
        recorded = self.record["current"] or {}
        created = {secret["id"]: secret["created_at"] for secret in self.secrets or ()}
        born = created.get(self.current_id or "") or recorded.get("created_at") or recorded.get("since")
        return "max_age" if born and _after(born, self.max_age) <= _instant(self.now) else ""

    def missing(self) -> list[str]:
        """The consumers whose running process was asked and has not confirmed the record's generation."""
        if self.confirmed is None:
            return []
        # As text, because a fact that a hook sets from a template is one on older releases of ansible-core.
        expected = str(self.record["generation"])
        return [host for host in self.consumers if str(self.confirmed.get(host)) != expected]

    def superseded_id(self) -> str | None:
        """The id of the secret before the current one, when it is beyond doubt and still listed."""
        previous_id = (self.record["previous"] or {}).get("id")
        return previous_id if self.listed(previous_id) and self.current_id not in (None, previous_id) else None

    def somebody_confirms(self) -> bool:
        """Whether a revoke can be safe at all: consumers answer for themselves, or the operator, who says finish."""
        return bool(self.consumers) or self.vouched


def _not_listed(case: _Case, status: int | None) -> Plan:
    if status == 401 and case.record["version"] > 0 and not case.admin:
        return _no_valid_credential()
    if status == 401:
        message = "Vonage refuses the login: the key or the secret is wrong, or the secret was revoked"
        return _stop("blocked", "no_valid_credential", message)
    return _stop("inconclusive", "not_listed", "Vonage could not be asked for the secrets of the account")


def _none_listed(case: _Case) -> Plan:
    if not case.admin:
        message = "Vonage lists no secret for the account, which cannot be: every account has one"
        return _stop("blocked", "protocol_error", message)
    first = "create" if case.pending not in ("none", "lost") else "prepare"
    return _go("first_secret", "The account has no secret yet", (*_handover(first), "settle"))


def _one_listed(case: _Case) -> Plan:
    """One secret listed, and the value in use is accepted."""
    record, previous = case.record, case.record["previous"]
    recorded_elsewhere = [(other or {}).get("id") for other in (previous, record["pending"])]
    if case.pending == "accepted" or case.ids[0] in recorded_elsewhere:
        return _lists_disagree()
    if case.pending in ("refused", "lost"):
        first = "create" if case.pending == "refused" else "prepare"
        return _go("resumed", "A rotation was interrupted before its secret was created", _rest(case, first))
    if record["stage"] == "revoking":
        return _go("resumed", "The old secret is gone, and the rotation is to be closed", ("settle",))
    if previous or record["stage"] in ("promoted", "distributed"):
        return _close(case, "The old secret is gone, and the new one is to be handed over", ("settle",))
    due = case.due()
    if not due:
        return _stop("idle", "not_due", "The secret is accepted and not due for rotation")
    why = "A rotation was asked for" if due == "forced" else f"The secret is older than {case.max_age}"
    return _go(due, why, _rest(case, "prepare"))


def _lists_disagree() -> Plan:
    return _stop("inconclusive", "lists_disagree", "Vonage accepts a value that its list does not show, or not yet")


def _two_listed(case: _Case) -> Plan:
    """Two secrets listed (or more), and the value in use is accepted."""
    recorded_id = (case.record["current"] or {}).get("id")
    if recorded_id and not case.listed(recorded_id):
        return _lists_disagree()
    if case.pending == "accepted":
        steps = _rest(case, "verify") if case.current_id else _handover("verify")
        return _go("resumed", "A rotation was interrupted after its secret was created", steps)
    if case.pending in ("refused", "lost"):
        return _two_listed_pending_unusable(case)
    superseded = case.superseded_id()
    if superseded:
        return _close(case, "The new secret is in use and the old one still there", ("revoke", "settle"), superseded)
    others = [secret_id for secret_id in case.ids if secret_id != case.current_id]
    if case.retired == "unknown":
        return _stop("inconclusive", "probe_unknown", "It cannot be told whether Vonage accepts a retired value again")
    if case.retired == "accepted" and case.current_id and len(others) == 1:
        last = max((_instant(entry["retired_at"]) for entry in case.record["retired"]), default=_instant(case.now))
        if _instant(case.now) - last < timedelta(seconds=seconds(_REVIVAL_AFTER)):
            message = "A value retired just now is accepted, which may be a delay at Vonage"
            return _stop("inconclusive", "retired_lingers", message)
        message = "A value retired before is accepted again: a late request brought it back"
        return {**_go("retired_revived", message, ("drop",)), "secret_id": others[0]}
    return _unknown_second(case)


def _two_listed_pending_unusable(case: _Case) -> Plan:
    """Both slots taken, and the value on its way does not answer, or is lost."""
    # Only an id out of Vonage's own answer to our creation: the other one may have been made by somebody else.
    created_id = case.record["pending"].get("id")
    if not case.listed(created_id) or created_id == case.current_id:
        message = "Both slots are taken, and no id is known to be the one that the interrupted rotation created"
        return _stop("blocked", "no_free_slot", f"{message}. Listed: {', '.join(case.ids)}")
    pending = case.record["pending"]
    created_at = next(secret["created_at"] for secret in case.secrets or () if secret["id"] == created_id)
    born = max(_instant(pending["prepared_at"]), _instant(created_at or pending["prepared_at"]))
    waited = _instant(case.now) - born
    if case.pending == "refused" and waited < timedelta(seconds=seconds(case.propagation_timeout)):
        return _go("resumed", "The new secret is not accepted everywhere yet", _rest(case, "verify"))
    if case.pending == "refused" and pending["attempts"] >= MAX_ATTEMPTS:
        message = f"{pending['attempts']} new values in a row were created and never accepted: ask Vonage support"
        return _stop("blocked", "max_attempts", message)
    message = "The secret that the interrupted rotation created never became usable"
    return {**_go("replaced", message, ("drop", *_rest(case, "prepare"))), "secret_id": created_id}


def _unknown_second(case: _Case) -> Plan:
    """A second secret that is in no record; only the operator can say what it is."""
    ids = ", ".join(case.ids)
    recorded_id = (case.record["current"] or {}).get("id")
    if case.named_id and not case.listed(case.named_id):
        message = f"rotate_api_secret_current_secret_id is {case.named_id}, which Vonage does not list: it lists {ids}"
        return _stop("blocked", "unknown_second_secret", message)
    if case.named_id and case.listed(recorded_id) and recorded_id != case.named_id:
        message = (
            f"rotate_api_secret_current_secret_id is {case.named_id}, but the record knows that it is {recorded_id}"
        )
        return _stop("blocked", "unknown_second_secret", message)
    if case.named_id and len(case.ids) == 2:
        revoke = _revocable_now(case, _after(case.now, case.grace))
        steps = ("adopt", "distribute", "confirm", *(("revoke", "settle") if revoke else ()))
        return _go("adopted", f"{case.named_id} was named as the secret in use, the other one is superseded", steps)
    message = (
        f"The account has a secret that this rotation did not make (listed: {ids}). If nobody uses it, remove it with"
        " vonage_api_secret state=absent; or set rotate_api_secret_current_secret_id to the id of the secret in use,"
        " and the other one is revoked as soon as all consumers are confirmed"
    )
    if case.record["stage"] in ("promoted", "distributed"):
        # Handed over beside a secret whose id is not known for certain: that one stays, and nothing is wrong.
        hand_over = ["distribute", "confirm"] if case.confirmed is None else []
        return {**_stop("grace", "unknown_second_secret", message), "steps": hand_over, "missing": case.missing()}
    return _stop("blocked", "unknown_second_secret", message)


def _current_refused(case: _Case) -> Plan:
    """The value in use is refused, or none is known."""
    if case.pending == "accepted":
        if case.current == "none":
            steps = _rest(case, "verify") if case.current_id else _handover("verify")
            return _go("resumed", "A rotation was interrupted after its secret was created", steps)
        return _hand_over_now(case)
    if len(case.ids) == 1 and case.admin:
        first = "create" if case.pending == "refused" else "prepare"
        steps = _rest(case, first) if case.named_id == case.ids[0] else _handover(first)
        return _go("bootstrap", "No value of the account is known; a new one is made beside what is there", steps)
    return _no_valid_credential()


def _no_valid_credential() -> Plan:
    message = (
        "Vonage accepts none of the values in the record. If the secret was changed elsewhere, move the record away and"
        " run again with the valid secret in VONAGE_API_SECRET"
    )
    return _stop("blocked", "no_valid_credential", message)


def _hand_over_now(case: _Case) -> Plan:
    """The value in use is refused and the new one accepted: consumers are cut off until they have it."""
    # With two listed, which one the refused value had cannot be proven, so neither is revoked.
    last = ("settle",) if len(case.ids) == 1 else ()
    message = "Vonage no longer accepts the secret in use; the new one works and is handed over now"
    return _go("current_refused", message, ("promote", "distribute", "confirm", *last))


def _close(case: _Case, message: str, last: tuple[str, ...], secret_id: str | None = None) -> Plan:
    """Hand over what is promoted, then take the last steps as soon as they are safe.

    Before the consumers were asked, the plan holds what this run can reach; after it, what is safe now.
    """
    not_before = (case.record["previous"] or {}).get("revoke_not_before") if "revoke" in last else None
    reachable = "revoke" not in last or _revocable_now(case, _instant(not_before or case.now))
    hand_over = () if case.confirmed is not None else ("distribute", "confirm")
    missing = case.missing()
    if missing:
        text = f"These consumers have not confirmed generation {case.record['generation']}: {', '.join(missing)}"
        decision = {**_stop("grace", "unconfirmed_consumers", text), "missing": missing}
    elif not reachable:
        decision = {**_stop("grace", *_why_not(case, not_before)), "steps": list(hand_over)}
    elif hand_over:
        decision = _go("resumed", message, (*hand_over, *last))
    else:
        message = "Every consumer uses the new secret" if case.consumers else "Nobody uses the old secret any more"
        decision = _go("confirmed", message, last)
    return {**decision, "secret_id": secret_id}


def _revocable_now(case: _Case, not_before: datetime) -> bool:
    return case.somebody_confirms() and not_before <= _instant(case.now)


def _why_not(case: _Case, not_before: str | None) -> tuple[str, str]:
    if not case.somebody_confirms():
        return "nobody_confirms", (
            "Nobody confirms that the new secret is in use, so the old one stays. Make sure that nobody uses it any"
            " more, and run with rotate_api_secret_mode=finish; or set rotate_api_secret_consumers and a way to confirm"
        )
    return "grace_period", f"The old secret stays until {not_before}"


def _rest(case: _Case, first: str) -> tuple[str, ...]:
    """The steps of a rotation from one on, as far as this run can take it."""
    if _revocable_now(case, _after(case.now, case.grace)):
        return ALL_STEPS[ALL_STEPS.index(first) :]
    return _handover(first)


def _handover(first: str) -> tuple[str, ...]:
    """The steps from one on until the consumers have the new secret, and not beyond."""
    return ALL_STEPS[ALL_STEPS.index(first) : ALL_STEPS.index("revoke")]


def _go(reason: str, message: str, steps: Sequence[str]) -> Plan:
    return {**_stop("rotate", reason, message), "steps": list(steps)}


def _stop(outcome: str, reason: str, message: str) -> Plan:
    return {
        "outcome": outcome,
        "reason": reason,
        "message": message,
        "steps": [],
        "secret_id": None,
        "missing": [],
    }


def _pin(record: Record, ids: Sequence[str], current: str, pending: str) -> tuple[str | None, str | None]:
    """Attribute listed ids to the value in use and to the value on its way, as far as there is proof.

    Proof is: the record (which holds our own 201), the only listed id when a value answers, the one id that was not
    listed before the creation, and elimination when the other one is certain.
    """
    recorded_current, recorded_pending = record["current"] or {}, record["pending"] or {}
    current_id = recorded_current.get("id") if recorded_current.get("id") in ids else None
    pending_id = recorded_pending.get("id") if recorded_pending.get("id") in ids else None
    if len(ids) == 1 and (current == "accepted") != (pending == "accepted"):
        return (ids[0], None) if current == "accepted" else (None, ids[0])
    if len(ids) == 2 and current_id is None and pending == "none":
        previous_id = (record["previous"] or {}).get("id")
        current_id = _other(ids, previous_id) if previous_id in ids else None
    if len(ids) == 2 and pending == "accepted":
        fresh = [secret_id for secret_id in ids if secret_id not in record["ids_before"]]
        if pending_id is None and current_id is None and len(fresh) == 1:
            pending_id = fresh[0]
        pending_id = pending_id or _other(ids, current_id)
    if len(ids) == 2 and current == "accepted":
        current_id = current_id or _other(ids, pending_id)
    return current_id, pending_id


def _other(ids: Sequence[str], one: str | None) -> str | None:
    return next(secret_id for secret_id in ids if secret_id != one) if one else None


def _adopt(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    ids = [secret["id"] for secret in facts["secrets"]]
    current_id = facts["secret_id"]
    return {
        "stage": "promoted",
        "current": {
            **record["current"],
            "id": current_id,
            "created_at": _created_at(facts, current_id),
            "since": record["current"]["since"] or now,
        },
        "previous": {
            "value": (record["previous"] or {}).get("value"),
            "id": _other(ids, current_id),
            "revoke_not_before": _later(now, facts),
        },
    }


def _drop(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    # The intent: a value that never worked is given up for good, and its id says what is to go.
    return {"pending": {**record["pending"], "value": None} if record["pending"] else None}


def _dropped(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    # The count of attempts outlives the value.
    return {"stage": "idle", "pending": {**record["pending"], "id": None} if record["pending"] else None}


def _prepare(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    ids = [secret["id"] for secret in facts["secrets"]]
    current = record["current"]
    if current is None and facts.get("secret_id") in ids:
        # The operator says which secret the new one replaces; its value is nobody's business.
        current = {"value": None, "id": facts["secret_id"], "created_at": None, "since": None}
    if current:
        current_id = _pin({**record, "current": current}, ids, facts["current"], "none")[0]
        current = {
            **current,
            "id": current_id,
            "created_at": _created_at(facts, current_id) or current["created_at"],
            "since": current["since"] or now,
        }
    attempts = (record["pending"] or {}).get("attempts", 0) + 1
    return {
        "stage": "prepared",
        "current": current,
        "pending": {"value": facts["value"], "id": None, "prepared_at": now, "attempts": attempts},
        "ids_before": ids,
    }


def _create(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    secret = facts.get("secret") or {}
    ids = [secret["id"] for secret in facts["secrets"]]
    pinned = _pin(record, ids, facts["current"], "accepted")[1]
    # An id that was there before cannot be the new one, however little the list shows.
    fresh = [secret_id for secret_id in (secret.get("id"), pinned) if secret_id not in (None, *record["ids_before"])]
    return {"stage": "created", "pending": {**record["pending"], "id": next(iter(fresh), None)}}


def _verify(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    return {"stage": "verified"}


def _promote(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    ids = [secret["id"] for secret in facts["secrets"]]
    old, new = record["current"], record["pending"]
    current_id, pending_id = _pin(record, ids, facts["current"], "accepted")
    pending_id = pending_id or new["id"]
    previous = None
    if old:
        # An id that is not beyond doubt is not recorded, so nothing can ever be deleted by it.
        old_id = None if facts["current"] == "refused" else current_id or old["id"]
        previous = {"value": old["value"], "id": old_id, "revoke_not_before": _later(now, facts)}
    return {
        "stage": "promoted",
        "generation": record["generation"] + 1,
        "current": {
            "value": new["value"],
            "id": pending_id,
            "created_at": _created_at(facts, pending_id),
            "since": now,
        },
        "pending": None,
        "previous": previous,
    }


def _distribute(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    return {"stage": "distributed"}


def _revoke(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    return {"stage": "revoking"}


def _settle(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    previous = record["previous"]
    # A value that Vonage was not seen to refuse is not kept: it would be taken for one that came back.
    value = previous["value"] if previous and facts.get("refused", True) else None
    retired = [{"value": value, "id": previous["id"], "retired_at": now}] if previous else []
    return {
        "stage": "idle",
        "previous": None,
        "retired": [*retired, *record["retired"]][:_RETIRED_KEPT],
        "ids_before": [],
    }


_TRANSITIONS: dict[str, t.Callable[[Record, str, Mapping[str, t.Any]], Record]] = {
    "adopt": _adopt,
    "drop": _drop,
    "dropped": _dropped,
    "prepare": _prepare,
    "create": _create,
    "verify": _verify,
    "promote": _promote,
    "distribute": _distribute,
    "revoke": _revoke,
    "settle": _settle,
}


def _created_at(facts: Mapping[str, t.Any], secret_id: str | None) -> str | None:
    return next((secret["created_at"] for secret in facts["secrets"] if secret["id"] == secret_id), None)


def _later(now: str, facts: Mapping[str, t.Any]) -> str:
    return _after(now, facts.get("grace") or 0).strftime(_TIME_FORMAT)


def _after(time: str, duration: t.Any) -> datetime:
    return _instant(time) + timedelta(seconds=seconds(duration))


def _instant(time: str) -> datetime:
    # Vonage writes secrets with whole seconds and subaccounts with milliseconds; Python 3.9 reads no Z.
    return datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(timezone.utc)
