# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""What the operator wants of a rotation, as far as the plan depends on it."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import Duration


@dataclass(frozen=True)
class Policy:
    """The operator's options, and who runs.

    :ivar mode: `rotate`, `finish`, `rollback`, `emergency` or `status`.
    :ivar force: Whether to rotate although the secret is not due.
    :ivar max_age: The age at which a secret is due; empty for never.
    :ivar grace: How long the old secret stays at least.
    :ivar propagation_timeout: How long a new secret may take to be accepted everywhere.
    :ivar overlap_warning: How long two secrets may be valid before the plan warns; empty for no warning.
    :ivar admin: Whether the credentials are those of a primary account.
    :ivar current_secret_id: The ID that the operator named; empty for none.
    :ivar consumers: The hosts that must confirm.
    :ivar central: The central consumer, whose generation must be read back; empty for none.
    :ivar operator_confirmed: Whether the operator confirms for the consumers, of a secret that was handed over before
        this run.
    :ivar holder: This run.
    :ivar holder_gone: Whether the process of the recorded lease's holder is known to have ended.
    :ivar break_lease: Whether to ignore the recorded lease.
    :ivar emergency_reason: What happened.
    :ivar accept_cut_off: Whether consumers may be cut off in an emergency.
    :ivar distribute_tasks: The hook that hands the secret over on hosts.
    """

    mode: str = "rotate"
    force: bool = False
    max_age: Duration = ""
    grace: Duration = 0
    propagation_timeout: Duration = 0
    overlap_warning: Duration = ""
    admin: bool = False
    current_secret_id: str = ""
    consumers: tuple[str, ...] = ()
    central: str = ""
    operator_confirmed: bool = False
    holder: str | None = None
    holder_gone: bool = False
    break_lease: bool = False
    emergency_reason: str = ""
    accept_cut_off: bool = False
    distribute_tasks: str = ""

    @classmethod
    def from_options(cls, options: Mapping[str, t.Any]) -> Policy:
        """Read a policy from options of the same names. One that is missing, or null, has its default."""
        return cls(
            mode=options.get("mode") or "rotate",
            force=bool(options.get("force")),
            max_age=options.get("max_age") or "",
            grace=options.get("grace") or 0,
            propagation_timeout=options.get("propagation_timeout") or 0,
            overlap_warning=options.get("overlap_warning") or "",
            admin=bool(options.get("admin")),
            current_secret_id=options.get("current_secret_id") or "",
            consumers=tuple(options.get("consumers") or ()),
            central=options.get("central") or "",
            operator_confirmed=bool(options.get("operator_confirmed")),
            holder=options.get("holder"),
            holder_gone=bool(options.get("holder_gone")),
            break_lease=bool(options.get("break_lease")),
            emergency_reason=options.get("emergency_reason") or "",
            accept_cut_off=bool(options.get("accept_cut_off")),
            distribute_tasks=options.get("distribute_tasks") or "",
        )
