# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.tasks import (
    HOOKS,
    tasks_after_asking,
    tasks_before_asking,
)

ALL = ["prepare", "create", "verify", "promote", "distribute", "confirm", "revoke", "settle"]


def plan(*steps: str, missing: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return {"steps": list(steps), "missing": list(missing)}


@pytest.mark.parametrize(
    ("step", "done"), [("prepare", "create"), ("drop", "drop"), ("revoke", "revoke"), ("revoke", "settle")]
)
def test_an_intent_is_saved_before_it_is_carried_out(step: str, done: str) -> None:
    # In an emergency, room is made first.
    tasks = tasks_before_asking(plan("drop", "revoke", "settle", *ALL), ())
    assert tasks.index(f"save {step}") < tasks.index(done)


@pytest.mark.parametrize(("step", "saved"), [("create", "create"), ("drop", "dropped"), ("settle", "settle")])
def test_what_was_done_is_saved_after_it(step: str, saved: str) -> None:
    tasks = tasks_before_asking(plan("drop", "revoke", "settle", *ALL), ())
    assert tasks.index(f"save {saved}") > tasks.index(step)


def test_a_run_that_asks_nobody_gives_its_lease_up() -> None:
    assert tasks_before_asking(plan("claim", "verify"), ())[-1] == "save release"
    assert "save release" not in tasks_before_asking(plan(*ALL), ())
    assert tasks_before_asking(plan(), HOOKS) == []


def test_nothing_is_revoked_before_the_consumers_are_asked() -> None:
    assert "revoke" not in tasks_before_asking(plan(*ALL), HOOKS)


BEFORE = tasks_before_asking(plan("rollback", "drop", *ALL), HOOKS)
AFTER = tasks_after_asking(plan("revoke", "settle"), "promoted", HOOKS)


@pytest.mark.parametrize(
    ("tasks", "done", "told"),
    [
        (BEFORE, "save rollback", ["notify rolled_back"]),
        (BEFORE, "drop", ["note dropped"]),
        (BEFORE, "create", ["note created"]),
        (BEFORE, "verify", ["verify_hook"]),
        (BEFORE, "save promote", ["notify promoted", "distribute"]),
        (AFTER, "revoke", ["note revoked", "notify revoked"]),
    ],
)
def test_a_users_hook_comes_right_after_what_it_is_about(tasks: list[str], done: str, told: list[str]) -> None:
    at = tasks.index(done) + 1
    assert tasks[at : at + len(told)] == told


def test_a_user_approves_before_anything_is_done() -> None:
    assert BEFORE.index("approve") == 0


@pytest.mark.parametrize("wanted", [(), *((hook,) for hook in HOOKS)], ids=str)
def test_a_hook_that_a_user_does_not_want_is_left_out_and_nothing_else(wanted: tuple[str, ...]) -> None:
    left = [task for task in BEFORE if task.split()[0] not in HOOKS or task.split()[0] in wanted]
    assert tasks_before_asking(plan("rollback", "drop", *ALL), wanted) == left


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
