# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations that are wrong on purpose, each in one way that a rotation could be: the proofs must fail with them.

A mutant edits the tasks of the role, or replaces a function of the plugins, or is a consumer that is wrong.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import typing as t
from pathlib import Path

import controller
import edges
from engine import Engine

Fields = dict[str, t.Any]
Function = t.Callable[..., t.Any]

TASKS = "roles/rotate_api_secret/tasks"
ROTATION = "plugin_utils._rotation"


class Edit(t.NamedTuple):
    """A text of a file of the collection, and what stands in its place."""

    file: str
    text: str
    replacement: str


class Patch(t.NamedTuple):
    """A function of the plugins, and what makes another one of it."""

    module: str
    name: str
    change: t.Callable[[Function], Function]


class Mutant(Engine):
    edits: t.ClassVar[tuple[Edit, ...]] = ()
    patches: t.ClassVar[tuple[Patch, ...]] = ()

    def controller(self) -> controller.Controller:
        return controller_with(self.edits)

    def _play(self, asked: edges.Ask) -> bool:
        edges.take()
        with contextlib.ExitStack() as stack:
            for patch in self.patches:
                original = getattr(importlib.import_module(f"{edges.COLLECTION}.{patch.module}"), patch.name)
                changed = patch.change(original)
                edges.replace(original, changed)
                stack.callback(edges.replace, changed, original)
            return super()._play(asked)


@functools.cache
def controller_with(edits: tuple[Edit, ...]) -> controller.Controller:
    """What runs the playbook with edits.

    :raises AssertionError: A text that is edited is not there, or more than once.
    """
    edited: dict[Path, str] = {}
    for edit in edits:
        path = controller.COLLECTION / edit.file
        text = edited.get(path) or path.read_text(encoding="utf-8")
        assert text.count(edit.text) == 1, f"{edit.file} has no such text, or several: {edit.text}"
        edited[path] = text.replace(edit.text, edit.replacement)
    return controller.Controller(edited)


# Of the tasks.


class NoVerify(Mutant):
    """What Vonage has answered with 201 is handed over at once."""

    edits = (
        Edit(
            f"{TASKS}/steps/verify.yml",
            "  ansible.builtin.import_tasks: verify_logins.yml\n",
            "  ansible.builtin.debug:\n    msg: left out\n",
        ),
        Edit(f"{TASKS}/steps/verify.yml", "  when: not __rotate_api_secret_verified | bool\n", "  when: false\n"),
    )


class RevokeWithoutConfirm(Mutant):
    """It takes for granted that the consumers use what they were given."""

    edits = (
        Edit(
            f"{TASKS}/deploy.yml",
            'generation: "{{ rotate_api_secret_confirmed_generation }}"',
            'generation: "{{ rotate_api_secret_generation }}"',
        ),
        # Nor does it matter that a host refuses.
        Edit(
            f"{TASKS}/deploy.yml",
            '        file: "{{ __rotate_api_secret_distribute_hook }}"\n',
            '        file: "{{ __rotate_api_secret_distribute_hook }}"\n        apply: {ignore_errors: true}\n',
        ),
    )


class RevokeWithoutReadingBack(Mutant):
    """It takes for granted that a central hook which ended well has handed the secret over."""

    edits = (
        Edit(
            f"{TASKS}/steps/distribute.yml",
            'generation: "{{ rotate_api_secret_central_confirmed_generation }}"',
            'generation: "{{ rotate_api_secret_stored.record.generation }}"',
        ),
    )


class DeleteOldest(Mutant):
    """Where there is no free slot, it makes one."""

    edits = (
        Edit(
            f"{TASKS}/steps/create.yml",
            "- name: Create | Create the secret at Vonage\n",
            """\
- name: List the secrets
  community.vonage.vonage_api_secret_info:
    api_key: "{{ rotate_api_secret_api_key }}"
    api_secret: "{{ __rotate_api_secret_login }}"
  register: __rotate_api_secret_listed

- name: Revoke the oldest secret
  community.vonage.vonage_api_secret:
    api_key: "{{ rotate_api_secret_api_key }}"
    api_secret: "{{ __rotate_api_secret_login }}"
    state: absent
    secret_id: "{{ __rotate_api_secret_listed.secrets[0].id }}"
  when: __rotate_api_secret_listed.secrets | length == 2

- name: Create | Create the secret at Vonage
""",
        ),
    )


# Of the plugins.


def _save_whatever_is_stored(_save: Function) -> Function:
    def save(store: t.Any, record: Fields, check_mode: bool) -> Fields:
        store.write(record, store.read())
        return {"changed": True, "record": record}

    return save


class NoCompareAndSet(Mutant):
    """A save replaces whatever is stored."""

    patches = (Patch(f"{ROTATION}.stores.base", "save", _save_whatever_is_stored),)


class NoRetired(Mutant):
    """Values are forgotten when they are revoked."""

    patches = (
        Patch(
            f"{ROTATION}.record",
            "advance",
            lambda advance: lambda *arguments, **facts: {**advance(*arguments, **facts), "retired": []},
        ),
    )


class RollbackWithoutProbe(Mutant):
    """It takes for granted that the secret before is still accepted."""

    patches = (
        Patch(
            f"{ROTATION}.plan",
            "observe",
            lambda observe: (
                lambda record, *rest, **more: {
                    **observe(record, *rest, **more),
                    **({"previous": "accepted"} if record["previous"] else {}),
                }
            ),
        ),
    )


class RollbackWhileRevoking(Mutant):
    """It goes back to a secret whose revocation may be on its way."""

    patches = (
        Patch(
            f"{ROTATION}.plan",
            "plan",
            lambda plan: (
                lambda record, observation, policy, now: plan(
                    {**record, "stage": "promoted"}
                    if policy["mode"] == "rollback" and record["stage"] == "revoking"
                    else record,
                    observation,
                    policy,
                    now,
                )
            ),
        ),
    )


def _prepares(plan: Function) -> Function:
    def changed(*arguments: t.Any) -> Fields:
        made: Fields = plan(*arguments)
        steps = made["steps"]
        if "create" in steps and "prepare" not in steps:
            steps = [each for step in steps for each in (["prepare"] if step == "create" else []) + [step]]
        return {**made, "steps": steps}

    return changed


class NewValueOnRetry(Mutant):
    """A run that goes on before the creation makes another value."""

    patches = (Patch(f"{ROTATION}.plan", "plan", _prepares),)


def _of_those_who_answered(plan: Function) -> Function:
    def changed(record: Fields, observation: Fields, policy: Fields, now: str) -> t.Any:
        confirmed = observation.get("confirmed")
        if confirmed:
            policy = {**policy, "consumers": [name for name in policy["consumers"] if name in confirmed]}
        return plan(record, observation, policy, now)

    return changed


class CoverageOfTheReachable(Mutant):
    """It counts the hosts that are left, and not those of the inventory."""

    patches = (Patch(f"{ROTATION}.plan", "plan", _of_those_who_answered),)


# Of the consumers.


class NoHostFence(Mutant):
    """A consumer takes an older generation."""

    def _answer_hand_over(self, host: str, value: str, generation: int) -> None:
        self.world.consumers[host].fenced = False
        super()._answer_hand_over(host, value, generation)
