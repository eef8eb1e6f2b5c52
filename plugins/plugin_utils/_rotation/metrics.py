# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The metrics of rotations: a textfile for the node exporter of Prometheus."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from ansible_collections.community.vonage.plugins.module_utils._atomic_file import (
    AS_IT_IS,
    Access,
    read,
    replace,
    resolve,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.locked_file import locked
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.report import LONGEST_WAIT

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
_LAST_SUCCESS = f"{_PREFIX}last_success_timestamp_seconds"
_SAMPLE = re.compile(
    r'(?P<name>vonage_rotation_\w+)\{account_id="(?P<account_id>(?:[^"\\]|\\.)*)"(?P<more>.*)\} (?P<value>\S+)'
)
_COMMENT = re.compile(r"# (HELP|TYPE) vonage_rotation_|$")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


Values = Mapping[str, t.Any]


def write_metrics(
    path: Path,
    now: datetime,
    accounts: Mapping[str, Values],
    failed: bool,
    wait: float = LONGEST_WAIT,
) -> None:
    """Write the metrics of accounts, and keep those of others.

    :param path: The textfile. It is replaced at once, so that the collector never reads half of it.
    :param now: When the run ended.
    :param accounts: Of each API key `active_secrets`, `secret_age_seconds`, `overlap_seconds`, `generation`, `stage`
        and `outcome`, as far as they are known.
    :param failed: Whether the run has failed; the time of the last success stays then.
    :param wait: Seconds to wait for another process that keeps the textfile locked.
    :raises OSError: It cannot be written.
    :raises ValueError: It holds something else, which would be lost.
    """
    own = {_escaped(account_id): values for account_id, values in accounts.items()}
    path = Path(resolve(path))
    # A user who may read a file can lock it, and everybody may read the textfile: a file beside it is locked instead.
    with locked(path.with_name(f".{path.name}.lock"), new_mode=0o600, wait=wait):
        # The collector runs as another user.
        access = AS_IT_IS if path.exists() else Access(mode=0o644)
        before = _read(path)
        samples = [sample for sample in before if sample[1] not in own]
        last_success = {account: value for name, account, _more, value in before if name == _LAST_SUCCESS}
        for account_id, values in own.items():
            success = last_success.get(account_id) if failed else f"{now.timestamp():.0f}"
            samples += _samples(account_id, {
                **values,
                "last_run_timestamp_seconds": f"{now.timestamp():.0f}",
                "last_success_timestamp_seconds": success,
            })  # fmt: skip
        replace(path, _text(samples).encode(errors="surrogateescape"), access)


_Sample = tuple[str, str, str, str]


def _samples(account_id: str, values: Values) -> Iterator[_Sample]:
    for name in _METRICS:
        value = values.get(name)
        if value is not None and name in ("stage", "outcome"):
            yield _PREFIX + name, account_id, f',{name}="{_escaped(value)}"', "1"
        elif value is not None and _NUMBER.fullmatch(str(value)):
            yield _PREFIX + name, account_id, "", str(value)


def _read(path: Path) -> list[_Sample]:
    lines = read(path).decode(errors="surrogateescape").splitlines() if path.exists() else []
    found = {line: _SAMPLE.fullmatch(line) for line in lines if not _COMMENT.match(line)}
    others = [line for line, match in found.items() if not match]
    if others:
        raise ValueError(f"{path} holds other lines than metrics of rotations: name a file of its own")
    return [(match["name"], match["account_id"], match["more"], match["value"]) for match in found.values() if match]


def _escaped(text: t.Any) -> str:
    """The value of a label, as Prometheus reads it, in one line and without characters that have no encoding."""
    plain = str(text).encode(errors="backslashreplace").decode()
    return " ".join(plain.replace("\\", "\\\\").replace('"', '\\"').split())


def _text(samples: Iterable[_Sample]) -> str:
    lines = []
    samples = list(samples)
    for name, description in _METRICS.items():
        of_it = sorted(sample for sample in samples if sample[0] == _PREFIX + name)
        if of_it:
            lines += [f"# HELP {_PREFIX}{name} {description}", f"# TYPE {_PREFIX}{name} gauge"]
        lines += [f'{sample}{{account_id="{account_id}"{more}}} {value}' for sample, account_id, more, value in of_it]
    return "\n".join(lines) + "\n"
