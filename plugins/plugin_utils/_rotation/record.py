# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The record of a rotation: how it begins, what makes it unusable, and what it says after each step.

A *record* is what a team keeps of one account: the value in use, the value on its way, the one before. Nothing here
decides anything: `plan` says which step is safe. An id is attributed to a value only by proof (see
`pin`), never by age or by its place in the list.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import (
    format_timestamp,
    parse_timestamp,
    time_after,
)

Record = dict[str, t.Any]

SCHEMA = 1
STAGES = ("idle", "prepared", "created", "verified", "promoted", "distributed", "revoking", "blocked")

_RETIRED_KEPT = 2

# What is read of each entry of a record.
_ENTRIES = {
    "current": {"value", "id", "created_at", "since"},
    "pending": {"value", "id", "prepared_at", "attempts"},
    "previous": {"value", "id", "revoke_not_before"},
    "retired": {"value", "id", "retired_at"},
    "lease": {"holder", "expires"},
}


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
    if "lease" not in wrong and not _is_lease(record.get("lease")):
        wrong.append("lease")
    if record.get("stage") not in STAGES:
        wrong.append("stage")
    if wrong:
        return f"The record is damaged ({', '.join(wrong)}): restore it from a backup"
    return ""


def advance(record: Record, step: str, now: str, **facts: t.Any) -> Record:
    """The record that follows a step, with the next version.

    :param record: The record before; it is not changed.
    :param step: One of the steps of a plan that is saved, which are all but `confirm`; or `dropped`, after `drop`.
    :param now: The time, ISO 8601 in UTC.
    :param facts: What the step learned. `secrets`: the secrets listed last; `current`: what the value in use
        answered; `value`: a new value (`prepare`), or the one that the operator named (`adopt_value`); `secret`: the
        created secret as Vonage answered it (`create`); `grace`: a duration (`adopt`, `promote`); `refused`: whether
        Vonage was seen to refuse the old value (`settle`); `secret_id`: the id that the operator named (`adopt`,
        `prepare`); `lease`: the lease of the new record, a dictionary of `holder` and `expires`, or None for none,
        omitted to leave it as it is (any step); `emergency`: the reason of the emergency, empty for none (any step).
    :raises ValueError: There is no such step, or the value to adopt is in the record already.
    """
    if step not in _TRANSITIONS:
        raise ValueError(f"{step!r} is not a recorded step: {', '.join(_TRANSITIONS)}")
    if facts.get("emergency") and record["pending"]:
        # A value that was on its way before the emergency replaces what leaked, too.
        record = {**record, "pending": {**record["pending"], "emergency": facts["emergency"]}}
    changes = _TRANSITIONS[step](record, now, facts)
    if "lease" in facts:
        changes = {**changes, "lease": facts["lease"]}
    return {**record, **changes, "version": record["version"] + 1}


def pin(record: Record, ids: Sequence[str], current: str, pending: str) -> tuple[str | None, str | None]:
    """Attribute listed ids to the value in use and to the value on its way, as far as there is proof.

    Proof is: the record (which holds our own 201), the only listed id when a value answers, the one id that was not
    listed before the creation, and elimination when the other one is certain.
    """
    recorded_current, recorded_pending = [(record[name] or {}).get("id") for name in ("current", "pending")]
    if len(ids) == 1 and current == "accepted" != pending:
        return ids[0], None
    # What was listed before the creation is not what was created, nor is anything but what our own 201 said.
    created = ids[0] if len(ids) == 1 and ids[0] not in record["ids_before"] else None
    if created and pending == "accepted" != current and recorded_pending in (None, created):
        return None, created
    current_id = recorded_current if recorded_current in ids else None
    pending_id = recorded_pending if recorded_pending in ids else None
    if len(ids) != 2:
        return current_id, pending_id
    # An id that is recorded and not listed is a contradiction, which elimination would make a false proof of.
    current_open = current == "accepted" and recorded_current is None
    pending_open = pending == "accepted" and recorded_pending is None
    if current_open and pending == "none":
        previous_id = (record["previous"] or {}).get("id")
        current_id = other(ids, previous_id) if previous_id in ids else None
    if pending_open:
        fresh = [secret_id for secret_id in ids if secret_id not in record["ids_before"]]
        pending_id = other(ids, current_id) or (fresh[0] if len(fresh) == 1 else None)
    if current_open:
        current_id = current_id or other(ids, pending_id)
    return current_id, pending_id


def other(ids: Sequence[str], one: str | None) -> str | None:
    return next((secret_id for secret_id in ids if secret_id != one), None) if one else None


def _claim(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    return {}


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
            "value": None,
            **(record["previous"] or {}),
            "id": other(ids, current_id),
            "revoke_not_before": _later(now, facts),
        },
    }


def _adopt_value(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    # One value under two ids: the id of the one in use would be taken for superseded.
    if facts["value"] in recorded_values(record):
        raise ValueError("The value to adopt is in the record already: name that of the other secret, or none")
    ids = [secret["id"] for secret in facts["secrets"]]
    current = _pinned(record, record["current"], now, facts)
    if current["id"] is None and facts.get("secret_id") in ids:
        current["id"] = facts["secret_id"]
    return {
        "stage": "created",
        "current": current,
        "pending": {
            "value": facts["value"],
            "id": other(ids, current["id"]),
            "prepared_at": now,
            "attempts": 1,
            # Not made here, so it is never dropped, and never created again.
            "adopted": True,
            **_mark(facts),
        },
        "ids_before": [current["id"]] if current["id"] else [],
    }


def _drop(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    # The intent: a value that is given up for good, and its id says what is to go.
    pending = record["pending"]
    if not pending:
        return {}
    secret_id = pending["id"]
    if not secret_id:
        secret_id = pin(record, [secret["id"] for secret in facts["secrets"]], facts["current"], "accepted")[1]
    return {"pending": {**pending, "value": None, "id": secret_id}}


def _dropped(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    if not record["pending"]:
        return {}
    # The count of attempts outlives the value.
    return {"stage": "idle", "pending": {**record["pending"], "id": None}}


def _abandon(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    pending = record["pending"]
    # An emergency may have begun before the secret in use was handed over to everybody.
    return {
        "stage": "promoted" if _mark(pending) and record["generation"] else "idle",
        "pending": None,
        # A request that was lost may still create it: then it is known, and can be dropped.
        "retired": [*_retire(pending, now), *record["retired"]][:_RETIRED_KEPT],
        "ids_before": [],
    }


def _prepare(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    ids = [secret["id"] for secret in facts["secrets"]]
    current, replaced = record["current"], record["pending"] or {}
    if current is None and facts.get("secret_id") in ids:
        # The operator says which secret the new one replaces; its value is nobody's business.
        current = {"value": None, "id": facts["secret_id"], "created_at": None, "since": None}
    return {
        "stage": "prepared",
        "current": _pinned(record, current, now, facts) if current else None,
        "pending": {
            "value": facts["value"],
            "id": None,
            "prepared_at": now,
            "attempts": replaced.get("attempts", 0) + 1,
            **(_mark(facts) or _mark(replaced)),
        },
        # One that was created, and is not there, may still appear: then it is known as one that nobody uses.
        "retired": [*_retire(replaced, now), *record["retired"]][:_RETIRED_KEPT],
        "ids_before": ids,
    }


def _create(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    secret = facts.get("secret") or {}
    ids = [secret["id"] for secret in facts["secrets"]]
    pinned = pin(record, ids, facts["current"], "accepted")[1]
    # An id that was there before cannot be the new one, however little the list shows.
    fresh = [secret_id for secret_id in (secret.get("id"), pinned) if secret_id not in (None, *record["ids_before"])]
    # From now on it may take its time to arrive, and not from when its value was made, which may be long ago.
    pending = {**record["pending"], "id": next(iter(fresh), None), "created_at": now}
    return {"stage": "created", "pending": pending}


def _verify(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    return {"stage": "verified"}


def _promote(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    ids = [secret["id"] for secret in facts["secrets"]]
    old, new = record["current"], record["pending"]
    current_id, pending_id = pin(record, ids, facts["current"], "accepted")
    pending_id = pending_id or new["id"]
    previous = None
    if old:
        # An id that is not beyond doubt is not recorded, so nothing can ever be deleted by it.
        old_id = None if facts["current"] == "refused" else current_id or old["id"]
        previous = {"value": old["value"], "id": old_id, "revoke_not_before": _later(now, facts), **_mark(new)}
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


def _rollback(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    ids = [secret["id"] for secret in facts["secrets"]]
    old, new = record["current"], record["previous"]
    old_id = pin(record, ids, facts["current"], "none")[0] or old["id"]
    return {
        "stage": "promoted",
        "generation": record["generation"] + 1,
        "current": {
            "value": new["value"],
            "id": new["id"],
            "created_at": _created_at(facts, new["id"]),
            "since": now,
        },
        # Rejected: nobody rolls back to it.
        "previous": {"value": old["value"], "id": old_id, "revoke_not_before": now, "rejected": True},
    }


def _distribute(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    return {"stage": "distributed"}


def _revoke(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    return {"stage": "revoking"}


def _settle(record: Record, now: str, facts: Mapping[str, t.Any]) -> Record:
    previous = record["previous"]
    # A value that Vonage was not seen to refuse is not kept: it would be taken for one that came back.
    value = previous["value"] if previous and facts.get("refused", True) else None
    retired = [{"value": value, "id": previous["id"], "retired_at": now, **_mark(previous)}] if previous else []
    # Revoked only to make room, before the secret in use was handed over to everybody.
    made_room = previous and facts.get("emergency") and previous.get("emergency") != facts["emergency"]
    return {
        "stage": "promoted" if made_room else "idle",
        "previous": None,
        "retired": [*retired, *record["retired"]][:_RETIRED_KEPT],
        "ids_before": [],
    }


_TRANSITIONS: dict[str, t.Callable[[Record, str, Mapping[str, t.Any]], Record]] = {
    "claim": _claim,
    "adopt": _adopt,
    "adopt_value": _adopt_value,
    "drop": _drop,
    "dropped": _dropped,
    "abandon": _abandon,
    "prepare": _prepare,
    "create": _create,
    "verify": _verify,
    "promote": _promote,
    "rollback": _rollback,
    "distribute": _distribute,
    "revoke": _revoke,
    "settle": _settle,
}


def recorded_values(record: Record) -> list[str]:
    """Every value that a record holds."""
    entries = [record["current"], record["pending"], record["previous"], *record["retired"]]
    return [entry["value"] for entry in entries if entry and entry["value"]]


def _pinned(record: Record, current: Mapping[str, t.Any], now: str, facts: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The value in use, with its id as far as there is proof of it now."""
    ids = [secret["id"] for secret in facts["secrets"]]
    current_id = pin({**record, "current": current}, ids, facts["current"], "none")[0]
    return {
        **current,
        "id": current_id,
        "created_at": _created_at(facts, current_id) or current["created_at"],
        "since": current["since"] or now,
    }


def _retire(pending: Mapping[str, t.Any], now: str) -> list[dict[str, t.Any]]:
    """The value on its way, as one that is retired, when it was made here."""
    if not pending.get("value") or pending.get("adopted"):
        return []
    return [{"value": pending["value"], "id": pending["id"], "retired_at": now}]


def _mark(entry: Mapping[str, t.Any]) -> dict[str, str]:
    """The mark of an emergency, to be put on the next entry: its reason."""
    return {"emergency": entry["emergency"]} if entry.get("emergency") else {}


def _is_lease(lease: t.Any) -> bool:
    if lease is None:
        return True
    try:
        parse_timestamp(lease["expires"])
    except (AttributeError, ValueError):
        return False
    return isinstance(lease["holder"], str)


def _created_at(facts: Mapping[str, t.Any], secret_id: str | None) -> str | None:
    # "" when Vonage did not say.
    return next((secret["created_at"] for secret in facts["secrets"] if secret["id"] == secret_id), None) or None


def _later(now: str, facts: Mapping[str, t.Any]) -> str:
    return format_timestamp(time_after(now, facts.get("grace") or 0))
