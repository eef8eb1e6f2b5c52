# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.community.vonage.plugins.module_utils._rotation_tasks import (
    HOOKS,
    tasks_after_asking,
    tasks_before_asking,
)

ALL = ["prepare", "create", "verify", "promote", "distribute", "confirm", "revoke", "settle"]


def plan(*steps: str, missing: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return {"steps": list(steps), "missing": list(missing)}


@pytest.mark.parametrize(
    ("steps", "tasks"),
    [
        ([], []),
        (ALL, ["save prepare", "create", "save create", "verify", "save promote"]),
        (["claim", "distribute", "confirm", "revoke", "settle"], ["save claim"]),
        # Nobody is asked: what was claimed is given up.
        (["drop"], ["save drop", "drop", "save dropped", "save release"]),
        (["claim", "verify"], ["save claim", "verify", "save release"]),
        # In an emergency, room is made first.
        (["revoke", "settle", *ALL], ["save revoke", "revoke", "settle", "save settle", "save prepare", "create"]),
    ],
    ids=str,
)
def test_tasks_until_the_consumers_are_asked(steps: list[str], tasks: list[str]) -> None:
    assert tasks_before_asking(plan(*steps), ())[: len(tasks) or None] == tasks


def test_nothing_is_revoked_before_the_consumers_are_asked() -> None:
    assert "revoke" not in tasks_before_asking(plan(*ALL), HOOKS)


def test_what_a_user_wants_is_done_too() -> None:
    assert tasks_before_asking(plan(*ALL), HOOKS) == [
        "approve",
        "save prepare",
        "create",
        "note created",
        "save create",
        "verify",
        "verify_hook",
        "save promote",
        "notify promoted",
        "distribute",
    ]
    assert tasks_before_asking(plan(), HOOKS) == []
    assert tasks_after_asking(plan("revoke", "settle"), "promoted", HOOKS) == [
        "save revoke",
        "revoke",
        "note revoked",
        "notify revoked",
        "settle",
        "save settle",
    ]


@pytest.mark.parametrize(
    ("last", "stage", "tasks"),
    [
        (plan("revoke", "settle"), "promoted", ["save revoke", "revoke", "settle", "save settle"]),
        (plan("settle"), "promoted", ["settle", "save settle"]),
        # What has leaked goes, and those who are missing are not forgotten.
        (plan("revoke", missing=["gateway1"]), "promoted", ["save revoke", "revoke", "save release"]),
        (plan(), "promoted", ["save distribute"]),
        (plan(), "distributed", ["save release"]),
        (plan(missing=["gateway1"]), "promoted", ["save release"]),
        # A plan that has more to do first is for the next run.
        (plan("drop", *ALL), "promoted", ["save distribute"]),
        (plan("claim", "distribute", "confirm", "revoke", "settle"), "distributed", ["save release"]),
    ],
    ids=str,
)
def test_tasks_when_the_consumers_were_asked(last: dict[str, t.Any], stage: str, tasks: list[str]) -> None:
    assert tasks_after_asking(last, stage, ()) == tasks
