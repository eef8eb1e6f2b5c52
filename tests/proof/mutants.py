# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations that are wrong on purpose, each in one way that a rotation could be: the proofs must fail with them."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from engine import Engine, TaskFailed
from world import ACCOUNT

from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret import API_SECRET
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import Observation

Fields = dict[str, t.Any]


class StoreAfterCreate(Engine):
    """A new value is saved when Vonage has it, and not before."""

    _held: Fields | None = None

    def store(self, record: Fields) -> Fields:
        if record["stage"] == "prepared":
            self._held = record
            return record
        if self._held:
            super().store(self._held)
            self._held = None
        return super().store(record)


class NewValueOnRetry(Engine):
    """A run that goes on before the creation makes another value."""

    def tasks_before_asking(self, plan: Fields) -> list[str]:
        tasks = super().tasks_before_asking(plan)
        if "create" in tasks and "save prepare" not in tasks:
            tasks.insert(tasks.index("create"), "save prepare")
        return tasks


class DeleteOldest(Engine):
    """Where there is no free slot, it makes one."""

    def create(self) -> None:
        try:
            super().create()
        except TaskFailed:
            if len(self._listed["secrets"]) > 1 or len(self.world.live) > 1:
                # It does not say which secret it logs in with, or the module would refuse that one.
                login = {"api_key": ACCOUNT, "api_secret": self.record["current"]["value"]}
                self._succeed("create", API_SECRET, **login, state="absent", secret_id=self.world.live[0].id)
            super().create()


class RevokeWithoutConfirm(Engine):
    """It takes for granted that the consumers use what they were given."""

    def confirmed(self) -> dict[str, int]:
        generation: int = self.record["generation"]
        return dict.fromkeys(self.world.consumers, generation)


class RevokeWithoutReadingBack(Engine):
    """It takes for granted that a central hook which ended well has handed the secret over."""

    def central_confirmed(self) -> int | None:
        generation: int = self.record["generation"]
        return generation


class CoverageOfTheReachable(Engine):
    """It counts the hosts that a play has left, and not those of the inventory."""

    def policy(self) -> Fields:
        reachable = [name for name, consumer in self.world.consumers.items() if consumer.up]
        return {**super().policy(), "consumers": reachable}


class NoVerify(Engine):
    """What Vonage has answered with 201 is handed over at once."""

    def verify(self) -> None:
        pass


class NoCompareAndSet(Engine):
    """A save replaces whatever is stored."""

    def store(self, record: Fields) -> Fields:
        self.world.store.versions.append(record)
        return record


class NoRetired(Engine):
    """Values are forgotten when they are revoked."""

    def advance(self, step: str, **facts: t.Any) -> Fields:
        return {**super().advance(step, **facts), "retired": []}


class NoHostFence(Engine):
    """A consumer takes an older generation."""

    def deploy(self, host: str) -> None:
        self.world.consumers[host].fenced = False
        super().deploy(host)


class RollbackWithoutProbe(Engine):
    """It takes for granted that the secret before is still accepted."""

    def observe(self, policy: Fields, retired: t.Sequence[t.Any], begun: Fields | None) -> Observation:
        seen = super().observe(policy, retired, begun)
        return replace(seen, previous="accepted") if self.record["previous"] else seen


class RollbackWithoutIntent(Engine):
    """The secret before is handed over, and then the record says so."""

    _held: Fields | None = None

    def store(self, record: Fields) -> Fields:
        if record["stage"] == "promoted" and (record["previous"] or {}).get("rejected"):
            self._held = record
            return record
        return super().store(record)

    def _list(self) -> None:
        if self._held:
            super().store(self._held)
            self._held = None
        super()._list()


class DropWithoutIntent(Engine):
    """The new secret is dropped, and then the record says so."""

    def tasks_before_asking(self, plan: Fields) -> list[str]:
        tasks = super().tasks_before_asking(plan)
        if "drop" in tasks:
            tasks.remove("save drop")
            tasks.insert(tasks.index("drop") + 1, "save drop")
        return tasks


class RollbackWhileRevoking(Engine):
    """It goes back to a secret whose revocation may be on its way."""

    def _list(self) -> None:
        super()._list()
        if self.settings["mode"] == "rollback" and self._stored and self._stored["stage"] == "revoking":
            self._stored = {**self._stored, "stage": "promoted"}
