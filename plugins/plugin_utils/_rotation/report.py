# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The report of rotations: lines of JSON. A team reads there what was done at Vonage, and what each run came to."""

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.locked_file import append, locked

Fields = Mapping[str, t.Any]

# Variables of the environment by which a controller such as AWX tells its jobs apart.
_JOBS = ("AWX_JOB_ID", "JOB_ID")

# Of a plan, what the report repeats.
_REPORTED = ("outcome", "reason", "decisions", "begun_steps", "secret_id", "missing", "age_seconds", "overlap_seconds")

# Seconds to wait for a report, or for metrics, that somebody else keeps locked: they are not to hold a rotation up.
LONGEST_WAIT = 10.0


def append_report(path: Path, *entries: Mapping[str, t.Any], wait: float = LONGEST_WAIT) -> None:
    """Add lines to a report. Lines of several runs do not mix.

    :param path: The report; a new one is readable by its owner alone.
    :param entries: What each line holds, without secrets.
    :param wait: Seconds to wait for another process that keeps the report locked.
    :raises OSError: It cannot be written.
    """
    # In ASCII: a text of a server may hold characters that some readers take for the end of a line, or that UTF-8 has
    # no place for.
    lines = b"".join(json.dumps(entry).encode("ascii") + b"\n" for entry in entries)
    with locked(path, new_mode=0o600, wait=wait):
        append(path, lines)


def report_deed(event: str, settings: Fields, record: Fields, plan: Fields, listed: Fields) -> list[str]:
    """Add the line of a secret that was created, dropped or revoked, when there is a report.

    :param event: `created`, `dropped` or `revoked`.
    :param settings: Settings of the role.
    :param record: The record.
    :param plan: The plan of the run.
    :param listed: The result of the module that did it.
    :returns: Why the line could not be written. That is no reason to fail: what is done is done.
    """
    secret = listed.get("secret") or {}
    return _write_line(settings, {
        "event": event,
        **_common(settings, record, plan, listed),
        "secret_id": secret.get("id"),
        "request_id": listed.get("request_id"),
    })  # fmt: skip


def report_end(
    settings: Fields, record: Fields, plan: Fields, listed: Fields, hosts: int, failure: Fields | None = None
) -> list[str]:
    """Add the line of a run that has ended, when there is a report.

    :param settings: Settings of the role.
    :param record: The record.
    :param plan: The plan of the run.
    :param listed: The secrets that were listed last.
    :param hosts: How many consumers there are.
    :param failure: `failed_task`, `message` and `error` of a run that failed.
    :returns: Why the line could not be written.
    """
    return _write_line(settings, end_entry(settings, record, plan, listed, hosts, failure))


def end_entry(
    settings: Fields, record: Fields, plan: Fields, listed: Fields, hosts: int, failure: Fields | None = None
) -> Fields:
    """What the line of a run that has ended holds; the parameters are those of `report_end`."""
    return {
        "time": _now(),
        "event": "ended" if failure is None else "failed",
        **_common(settings, record, plan, listed),
        **{name: plan.get(name) for name in _REPORTED},
        "consumers": {"hosts": hosts, "missing": plan.get("missing") or []},
        "failed_task": None,
        **(failure or {}),
    }


def _write_line(settings: Fields, entry: Fields) -> list[str]:
    """Add a line to the report that the settings name.

    :returns: Why the line could not be written.
    """
    if not settings["report"]:
        return []
    return why_not(
        f"The report of {settings['account_id']}",
        lambda: append_report(Path(settings["report"]), {"time": _now(), **entry}),
    )


def why_not(what: str, write: Callable[[], None]) -> list[str]:
    """Write something that is no reason to fail.

    :param what: What it is.
    :param write: Writes it.
    :returns: Why it could not be written; a path of the user's may be of any type.
    """
    try:
        write()
    except (OSError, TypeError, ValueError) as error:
        return [f"{what} cannot be written: {error}"]
    return []


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _common(settings: Fields, record: Fields, plan: Fields, listed: Fields) -> Fields:
    return {
        "run": plan.get("run"),
        "job": next(filter(None, map(os.environ.get, _JOBS)), None),
        "mode": settings["mode"],
        "account_id": settings["account_id"],
        "generation": record.get("generation"),
        "stage": record.get("stage"),
        "secret_ids": listed_ids(listed),
    }


def listed_ids(listed: Fields) -> list[str]:
    """The IDs in the result of a module that lists secrets."""
    return [secret["id"] for secret in listed.get("secrets") or ()]
