# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations that are wrong on purpose, each in one way that a rotation could be: the proofs must fail with them.

A mutant edits the tasks of the role or the playbook, or replaces a function of the plugins, or is a consumer that is
wrong.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import typing as t
from dataclasses import replace
from pathlib import Path

import controller
import edges
from engine import Engine

Function = t.Callable[..., t.Any]

TASKS = "roles/rotate_api_secret/tasks"
PLAYBOOK = "playbooks/rotate_api_secret.yml"
ROTATION = "plugin_utils._rotation"


# Tasks that mutants move, or leave out.
SAVE_REVOKE = """\
- name: Revoke | Save the intent
  ansible.builtin.import_tasks: save.yml
  vars:
    __rotate_api_secret_step: revoke

"""
SAVE_DROP = """\
- name: Drop | Save the intent
  ansible.builtin.import_tasks: save.yml
  vars:
    __rotate_api_secret_step: drop

"""


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
                original = function(patch)
                changed = patch.change(original)
                edges.replace(original, changed)
                stack.callback(edges.replace, changed, original)
            return super()._play(asked)


def function(patch: Patch) -> Function:
    """What a patch changes.

    :raises AttributeError: It is not there.
    """
    found: Function = getattr(importlib.import_module(f"{edges.COLLECTION}.{patch.module}"), patch.name)
    return found


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


# Of the order of the tasks.


class CreateBeforeSaving(Mutant):
    """A new value is made, and saved when it exists at Vonage."""

    edits = (
        Edit(
            f"{TASKS}/steps/create.yml",
            "    __rotate_api_secret_step: prepare\n",
            "    __rotate_api_secret_step: prepare\n  check_mode: true\n",
        ),
        Edit(
            f"{TASKS}/steps/create.yml",
            "- name: Create | Save the ID of the new secret\n",
            """\
- name: Save the new value
  community.vonage.rotation_record:
    step: check
    record: "{{ rotate_api_secret_stored.record }}"

- name: Create | Save the ID of the new secret
""",
        ),
    )


class NoVerify(Mutant):
    """What Vonage has answered with 201 is handed over at once."""

    edits = (
        Edit(
            f"{TASKS}/steps/promote.yml",
            "  when: \"'verify' in rotate_api_secret_result.planned\"\n",
            "  when: false\n",
        ),
    )


class RevokeBeforeThePlan(Mutant):
    """What the first plan hoped for is done, before the consumers' answers are looked at."""

    edits = (
        Edit(
            f"{TASKS}/steps/close.yml",
            "- name: List the secrets and try the recorded values, with the new secret\n",
            """\
- name: Revoke the old secret
  ansible.builtin.include_tasks: revoke.yml
  when: "'revoke' in rotate_api_secret_result.steps"

- name: List the secrets and try the recorded values, with the new secret
""",
        ),
        Edit(
            f"{TASKS}/steps/close.yml", "  when: \"'revoke' in rotate_api_secret_result.planned\"\n", "  when: false\n"
        ),
    )


class RevokeInTheFirstPlay(Mutant):
    """The old secret goes as soon as the new one is promoted."""

    edits = (
        Edit(
            f"{TASKS}/steps/rotate.yml",
            "- name: Hand the new secret over centrally\n",
            """\
- name: Revoke the old secret
  ansible.builtin.include_tasks: revoke.yml
  when: "'revoke' in rotate_api_secret_result.steps"

- name: Hand the new secret over centrally
""",
        ),
    )


class FinishBeforeDeploy(Mutant):
    """The last two plays are in the wrong order."""

    edits = (
        Edit(PLAYBOOK, "        tasks_from: deploy\n", "        tasks_from: SECOND\n"),
        Edit(PLAYBOOK, "        tasks_from: finish\n", "        tasks_from: deploy\n"),
        Edit(PLAYBOOK, "        tasks_from: SECOND\n", "        tasks_from: finish\n"),
        Edit(
            PLAYBOOK,
            "- name: Finish the rotation\n  hosts: localhost\n",
            "- name: Finish the rotation\n  hosts: all\n",
        ),
        Edit(
            PLAYBOOK,
            """  hosts: "{{ hostvars['localhost'].rotate_api_secret_result.hand_over_in | default(['all']) }}"\n""",
            "  hosts: localhost\n",
        ),
    )


class RevokeBeforeTheIntent(Mutant):
    """The record says that the old secret is being revoked when it is."""

    edits = (
        Edit(f"{TASKS}/steps/revoke.yml", SAVE_REVOKE, ""),
        Edit(
            f"{TASKS}/steps/revoke.yml",
            "- name: Tell of the revocation\n",
            f"{SAVE_REVOKE}- name: Tell of the revocation\n",
        ),
    )


class DropWithoutTheIntent(Mutant):
    """The record does not say that the new secret is being given up."""

    edits = (Edit(f"{TASKS}/steps/drop.yml", SAVE_DROP, ""),)


class RollbackWithoutSaving(Mutant):
    """The record does not say that it is the secret before which is handed over."""

    edits = (Edit(f"{TASKS}/steps/repair.yml", "'adopt_value', 'rollback'] |", "'adopt_value'] |"),)


# Of the tasks.


class RevokeWithoutConfirm(Mutant):
    """It takes for granted that the consumers use what they were given."""

    edits = (
        Edit(
            f"{TASKS}/steps/hand_over.yml",
            'generation: "{{ rotate_api_secret_confirmed_generation }}"',
            'generation: "{{ rotate_api_secret_generation }}"',
        ),
        # Nor does it matter that a host refuses.
        Edit(
            f"{TASKS}/steps/hand_over.yml",
            ' "{{ __rotate_api_secret_tasks }}"\n      loop: "{{ __rotate_api_secret_hand_over_with.distribute }}"\n',
            '\n        file: "{{ __rotate_api_secret_tasks }}"\n        apply: {ignore_errors: true}\n'
            '      loop: "{{ __rotate_api_secret_hand_over_with.distribute }}"\n',
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
    api_key: "{{ rotate_api_secret_stored.login.api_key }}"
    api_secret: "{{ rotate_api_secret_stored.login.api_secret }}"
  register: __rotate_api_secret_listed

- name: Revoke the oldest secret
  community.vonage.vonage_api_secret:
    api_key: "{{ rotate_api_secret_stored.login.api_key }}"
    api_secret: "{{ rotate_api_secret_stored.login.api_secret }}"
    state: absent
    secret_id: "{{ __rotate_api_secret_listed.secrets[0].id }}"
  when: __rotate_api_secret_listed.secrets | length == 2

- name: Create | Create the secret at Vonage
""",
        ),
    )


# Of the plugins.


def _save_whatever_is_stored(_save: Function) -> Function:
    def save(store: t.Any, record: t.Any, check_mode: bool) -> dict[str, t.Any]:
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
            f"{ROTATION}.transitions", "advance", lambda advance: lambda *given: replace(advance(*given), retired=())
        ),
    )


def _accepts_the_one_before(observe: Function) -> Function:
    def changed(record: t.Any, *rest: t.Any, **more: t.Any) -> t.Any:
        seen = observe(record, *rest, **more)
        return replace(seen, previous="accepted") if record.previous else seen

    return changed


class RollbackWithoutProbe(Mutant):
    """It takes for granted that the secret before is still accepted."""

    patches = (Patch(f"{ROTATION}.observation", "observe", _accepts_the_one_before),)


def _forgets_the_revocation(plan: Function) -> Function:
    def changed(record: t.Any, observation: t.Any, policy: t.Any, now: str) -> t.Any:
        if policy.mode == "rollback" and record.stage == "revoking":
            record = replace(record, stage="promoted")
        return plan(record, observation, policy, now)

    return changed


class RollbackWhileRevoking(Mutant):
    """It goes back to a secret whose revocation may be on its way."""

    patches = (Patch(f"{ROTATION}.plan", "plan", _forgets_the_revocation),)


def _prepares(plan: Function) -> Function:
    def changed(*given: t.Any) -> t.Any:
        made = plan(*given)
        steps = made.steps
        if "create" in steps and "prepare" not in steps:
            steps = tuple(each for step in steps for each in (("prepare",) if step == "create" else ()) + (step,))
        return replace(made, steps=steps)

    return changed


class NewValueOnRetry(Mutant):
    """A run that goes on before the creation makes another value."""

    patches = (Patch(f"{ROTATION}.plan", "plan", _prepares),)


def _of_those_who_answered(plan: Function) -> Function:
    def changed(record: t.Any, observation: t.Any, policy: t.Any, now: str) -> t.Any:
        if observation.confirmed:
            policy = replace(
                policy, consumers=tuple(name for name in policy.consumers if name in observation.confirmed)
            )
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
