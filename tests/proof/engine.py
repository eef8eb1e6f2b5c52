# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the shipped playbook, in a world: the role's own tasks and the collection's own plugins.

What the run does outside of itself it asks of `Engine.answer`: to send a request, to save, to hand over, what time it
is. Each of the first three is a moment of the run, at which faults strike and the promises are checked.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import typing as t
from collections.abc import Iterator

import controller
import edges
import requests
from ansible.errors import AnsibleActionFail
from apart import play_apart
from faults import Faults, Killed, Moment
from world import ACCOUNT, FIRST, PRIMARY, PRIMARYS, BrokenPromise, Refused, World, step_of

Fields = dict[str, t.Any]

PLAYBOOK = controller.COLLECTION / "playbooks" / "rotate_api_secret.yml"


@functools.cache
def _controller() -> controller.Controller:
    return controller.Controller()


class Ending(t.NamedTuple):
    """How a run ended.

    :ivar kind: `done`; `stopped`, by a decision; `failed`, by a task; `killed`.
    :ivar reason: The plan's reason, or what could not be done and how far the record is.
    """

    kind: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.reason})" if self.reason else self.kind


class Engine:
    """A run.

    :param world: Where it runs.
    :param faults: What befalls it.
    :param check: Whether it is one in check mode.
    :param settings: Variables of the role, without their prefix; and `admin`, to log in as the primary account.
    :ivar plan: The steps of its plan, as it was before the consumers were asked.
    :ivar steps: Those that were seen to be done.
    :ivar result: `rotate_api_secret_result`.
    :ivar apart: Whether it runs in a process of its own.
    """

    def __init__(self, world: World, faults: Faults | None = None, check: bool = False, **settings: t.Any) -> None:
        self.world = world
        self.faults = faults or Faults()
        self.check = check
        self.settings = settings
        self.plan: list[str] | None = None
        self.steps: list[str] = []
        self.result: Fields = {}
        # Called between two moments, so that another run can have its turn.
        self.pause: t.Callable[[], None] = lambda: None
        self.apart = False
        self._name = ""
        self._doing = "begin"
        self._error = ""

    # How it runs.

    def run(self) -> Ending:
        """Run to the end, whatever that is.

        :raises BrokenPromise: On the way, a promise was broken.
        """
        self._name = self.world.holder()
        self.world.alive.add(self._name)
        try:
            failed = play_apart(self._play, self.answer) if self.apart else self._play(self.answer)
            ending = self._ending(failed)
        except Killed:
            ending = Ending("killed", "")
        finally:
            self.world.alive.discard(self._name)
        if self.world.broken:
            raise self.world.broken
        return ending

    def controller(self) -> controller.Controller:
        """What runs the playbook."""
        return _controller()

    def _play(self, asked: edges.Ask) -> bool:
        """Run the playbook; whether it failed."""
        edges.take()
        simulator, consumers, central = self.world.simulator, self.world.consumers, self.world.central
        admin = self.settings.get("admin")
        given = {
            "account_id": ACCOUNT,
            "api_key": PRIMARY if admin else ACCOUNT,
            "api_secret": PRIMARYS if admin else FIRST,
            "consumers": "consumers" if consumers else "",
            # It is not there: see edges.py.
            "record": "/nowhere/record.yml",
            "record_in_clear": True,
            "distribute_tasks": str(edges.HOOKS / "distribute.yml"),
            "confirm_tasks": str(edges.HOOKS / "confirm.yml"),
            "distribute_central_tasks": str(edges.HOOKS / "distribute_centrally.yml") if central else "",
            **{name: value for name, value in self.settings.items() if name != "admin"},
        }
        os.environ.update(VONAGE_REST_URL=simulator.rest_url, VONAGE_API_URL=simulator.api_url)
        variables = {f"rotate_api_secret_{name}": value for name, value in given.items()}
        with edges.asking(asked):

            def tell(status: str, host: str, result: t.Any) -> None:
                asked("told", status, host, json.dumps(result, default=str))

            failed, facts = self.controller().run(
                PLAYBOOK, dict.fromkeys(consumers, "consumers"), variables, tell, self.check
            )
            asked("ended", edges.plain(facts.get("rotate_api_secret_result")), controller.printed)
        return bool(failed)

    def _ending(self, failed: bool) -> Ending:
        outcome, reason = self.result.get("outcome"), str(self.result.get("reason"))
        if not failed:
            return Ending("stopped" if outcome == "grace" else "done", reason)
        if outcome in ("blocked", "inconclusive"):
            return Ending("stopped", reason)
        stage = (self.world.store.record or {"stage": "none"})["stage"]
        return Ending("failed", f"{self._error or self._doing}; stage {stage}")

    # What it asks.

    def answer(self, question: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        """What the world answers to a question of the run."""
        return getattr(self, f"_answer_{question}")(*arguments, **options)

    def _answer_told(self, status: str, host: str, text: str) -> None:
        self.world.outputs.append(text)
        if host != "localhost":
            return
        result = json.loads(text)
        # One is made again when another look at Vonage may help.
        if result.get("phase") == "begin" and "steps" in result:
            self.plan = result["steps"]
        if status == "failed" and not self._error:
            for item in result.get("results") or [result]:
                error = item.get("error") or {}
                if item.get("failed") and error.get("path"):
                    self._error = _request(error["method"], error["path"])
                    break

    def _answer_ended(self, result: Fields | None, printed: list[str]) -> None:
        self.result = result or {}
        self.world.outputs += printed

    def _answer_name(self) -> str:
        return self._name

    def _answer_is_gone(self, holder: str) -> bool:
        return not any(holder.endswith(f" {name}") for name in self.world.alive)

    def _answer_clock(self) -> float:
        return self.world.time + self.world.clock_error

    def _answer_time(self) -> float:
        return self.world.time

    def _answer_wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    def _answer_load(self) -> Fields | None:
        self._need_the_store()
        return self.world.store.record

    def _answer_save(self, record: Fields, replaced: Fields | None) -> bool:
        step = step_of(replaced, record)
        # `release` gives the lease back, and the other two end what was seen before.
        if step not in ("release", "dropped", "distribute"):
            self._done(step)
        with self._moment("save", step) as fault:
            if fault == "lost":
                raise AnsibleActionFail("the store does not answer")
            self._need_the_store()
            if self.world.store.record != replaced:
                return False
            self.world.prepares(record)
            self.world.store.versions.append(record)
            if fault == "answer lost":
                raise AnsibleActionFail("the store does not answer")
            return True

    def _need_the_store(self) -> None:
        if self.world.store.down:
            raise AnsibleActionFail("the store is down")

    def _answer_hand_over(self, host: str, value: str, generation: int) -> None:
        consumer, generation = self.world.consumers[host], int(generation)
        self._done("distribute")
        with self._moment("hand over", host):
            consumer.hand_over(value, generation)
        if consumer.confirm() != generation or consumer.running != consumer.file:
            with self._moment("reload", host):
                consumer.read_file()

    def _answer_confirm(self, host: str) -> int:
        self._done("confirm")
        return self.world.consumers[host].confirm()

    def _answer_hand_over_centrally(self, value: str, generation: int) -> int:
        central = self.world.central
        assert central is not None
        self._done("distribute")
        with self._moment("hand over", central.name):
            central.hand_over(value, int(generation))
        return central.confirm()

    def _answer_request_begins(self, request: requests.PreparedRequest) -> str:
        method, url = str(request.method), str(request.url)
        name = _request(method, url[len(self.world.simulator.url) :])
        if "balance" in name:
            # A rotation has no other use for it.
            self._done("verify")
        if method == "DELETE":
            if self.steps[-1:] == ["claim"]:
                # It was the intent, which does not change a record that says so already.
                self.steps.pop()
            self._done("revoke" if (self.world.store.record or {}).get("stage") == "revoking" else "drop")
        fault = self._begin("request", name)
        self.world.sends(request)
        self.faults.spoil(self.world.simulator, fault)
        if fault == "late":
            self.world.late.append(request)
        return fault

    def _answer_request_ends(self, fault: str) -> None:
        self._end(fault)

    # Moments.

    @contextlib.contextmanager
    def _moment(self, kind: str, name: str) -> Iterator[str]:
        """Around what happens, or fails."""
        fault = self._begin(kind, name)
        try:
            yield fault
        finally:
            self._end(fault)

    def _begin(self, kind: str, name: str) -> str:
        moment = Moment(kind, name)
        self._doing = str(moment)
        self.world.wait(1)
        self.pause()
        fault = self.faults.next(moment)
        if fault == "killed before":
            raise Killed
        return fault

    def _end(self, fault: str) -> None:
        self.world.check()
        self.pause()
        # What comes after a broken promise would only hide it.
        if fault == "killed after" or self.world.broken:
            raise Killed

    def _done(self, step: str) -> None:
        if step not in self.steps[-1:]:
            self.steps.append(step)


def _request(method: str, path: str) -> str:
    # An id says nothing to a reader, and is another one each time.
    path = path.replace(f"/accounts/{ACCOUNT}/secrets", "/secrets")
    return f"{method} {path[:8] if path.startswith('/secrets') else path}"


__all__ = ["BrokenPromise", "Ending", "Engine", "Refused"]
