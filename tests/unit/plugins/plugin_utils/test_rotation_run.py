# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps of a plan a run takes before its consumers confirm, and after, and with which save it ends."""

from __future__ import annotations

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.run import (
    last_save_begin,
    last_save_finish,
    planned_begin,
    planned_finish,
)

ALL = ["prepare", "create", "verify", "promote", "distribute", "confirm", "revoke", "settle"]


@pytest.mark.parametrize(
    ("steps", "planned", "last_save"),
    [
        ([], [], ""),
        (ALL, ALL[:5], ""),
        (["claim", "distribute", "confirm"], ["claim", "distribute"], ""),
        (["confirm", "revoke", "settle"], [], ""),
        # The consumers are not asked, so the run ends here.
        (["drop", "abandon"], ["drop", "abandon"], "release"),
        (["abandon"], ["abandon"], "release"),
    ],
    ids=str,
)
def test_before_the_consumers_confirm(steps: list[str], planned: list[str], last_save: str) -> None:
    assert planned_begin(steps) == planned
    assert last_save_begin(steps) == last_save


@pytest.mark.parametrize(
    ("steps", "stage", "missing", "planned", "last_save"),
    [
        (["revoke", "settle"], "promoted", [], ["revoke", "settle"], ""),
        (["settle"], "promoted", [], ["settle"], ""),
        # What has leaked is revoked before everybody has confirmed.
        (["revoke"], "promoted", ["gateway1"], ["revoke"], "release"),
        ([], "promoted", [], [], "distribute"),
        ([], "promoted", ["gateway1"], [], "release"),
        ([], "distributed", [], [], "release"),
        # The account has changed since the run began.
        (["claim", "verify", "promote", "distribute", "confirm"], "promoted", [], [], "distribute"),
        (["distribute", "confirm", "revoke", "settle"], "created", [], [], "release"),
    ],
    ids=str,
)
def test_after_the_consumers_were_asked(
    steps: list[str], stage: str, missing: list[str], planned: list[str], last_save: str
) -> None:
    assert planned_finish(steps) == planned
    assert last_save_finish(planned, stage, missing) == last_save
