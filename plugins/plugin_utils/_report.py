# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What a team sees of a rotation beside the output of a run: a report of JSON lines, and a textfile for Prometheus."""

from __future__ import annotations

import json
import os
import re
import typing as t
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from ansible_collections.community.vonage.plugins.plugin_utils._files import locked, replace

_PREFIX = "vonage_rotation_"
_METRICS = {
    "last_run_timestamp_seconds": "When the last run ended.",
    "last_success_timestamp_seconds": "When the last run ended that did not fail.",
    "active_secrets": "How many secrets are valid.",
    "secret_age_seconds": "How old the secret in use was when the last run ended.",
    "overlap_seconds": "How long two secrets had been valid when the last run ended; 0 for one.",
    "generation": "The number of the secret in use.",
    "stage": "1 for the stage that the record is in.",
    "outcome": "1 for what the last run ended with.",
}
_SAMPLE = re.compile(r'(?P<name>\w+)\{account_id="(?P<account_id>[^"]*)"(?P<more>[^}]*)\} (?P<value>\S+)')


def append_report(path: Path, entry: Mapping[str, t.Any]) -> None:
    """Add one line to a report. Lines of several runs do not mix.

    :param path: The report; a new one is readable by its owner alone.
    :param entry: What the line holds, without secrets.
    :raises OSError: It cannot be written.
    """
    line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
    with locked(path.parent):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def write_metrics(path: Path, account_id: str, now: datetime, values: Mapping[str, t.Any], failed: bool) -> None:
    """Write the metrics of an account, and keep those of others.

    :param path: The textfile. It is replaced at once, so that the collector never reads half of it.
    :param account_id: API key of the account.
    :param now: When the run ended.
    :param values: `active_secrets`, `secret_age_seconds`, `overlap_seconds`, `generation`, `stage` and `outcome`, as
        far as they are known.
    :param failed: Whether the run has failed; the time of the last success stays then.
    :raises OSError: It cannot be written.
    """
    with locked(path.parent):
        samples = _read(path)
        before = {name: value for name, account, more, value in samples if account == account_id and not more}
        last_success = before.get(f"{_PREFIX}last_success_timestamp_seconds") if failed else f"{now.timestamp():.0f}"
        own = {
            **values,
            "last_run_timestamp_seconds": f"{now.timestamp():.0f}",
            "last_success_timestamp_seconds": last_success,
        }
        samples = [sample for sample in samples if sample[1] != account_id]
        for name in _METRICS:
            value = own.get(name)
            if value is not None and name in ("stage", "outcome"):
                samples.append((_PREFIX + name, account_id, f',{name}="{value}"', "1"))
            elif value is not None:
                samples.append((_PREFIX + name, account_id, "", str(value)))
        # The collector runs as another user.
        replace(path, _text(samples).encode(), mode=0o644)


_Sample = tuple[str, str, str, str]


def _read(path: Path) -> list[_Sample]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = filter(None, map(_SAMPLE.fullmatch, lines))
    return [(match["name"], match["account_id"], match["more"], match["value"]) for match in found]


def _text(samples: Iterable[_Sample]) -> str:
    lines = []
    samples = list(samples)
    for name, description in _METRICS.items():
        of_it = sorted(sample for sample in samples if sample[0] == _PREFIX + name)
        if of_it:
            lines += [f"# HELP {_PREFIX}{name} {description}", f"# TYPE {_PREFIX}{name} gauge"]
        lines += [f'{sample}{{account_id="{account_id}"{more}}} {value}' for sample, account_id, more, value in of_it]
    return "\n".join(lines) + "\n"
