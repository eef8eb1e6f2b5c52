# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the role rotate_api_secret, without Ansible: the same requests in the same order, and the same saves.

Decisions, tasks, records, operations and the client are the product's. What the role's YAML does is here in Python, and
tests/system/test_engine.py holds the two together.
"""

from __future__ import annotations

import typing as t

import requests
from ansible.errors import AnsibleActionFail
from faults import Faults, Killed, Moment
from requests.adapters import HTTPAdapter
from world import ACCOUNT, FIRST, PRIMARY, PRIMARYS, BrokenPromise, Refused, World

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._api.transport import new_session
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret import API_SECRET
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret_info import API_SECRET_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.balance_info import BALANCE_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation
from ansible_collections.community.vonage.plugins.module_utils._operations.run import argument_spec, run_operation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation import record as _rotation_record
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import (
    Observation,
    candidates,
    observe,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.plan import lists_agree, plan
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Record
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores import base as _record_store
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.tasks import (
    tasks_after_asking,
    tasks_before_asking,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import parse_duration
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.transitions import Facts, advance

Fields = dict[str, t.Any]

_SETTINGS: Fields = {
    "mode": "rotate",
    "force": False,
    "max_age": "30d",
    "grace": "0s",
    "lease": "1h",
    "propagation_timeout": "60s",
    "overlap_warning": "7d",
    "verify_times": 3,
    "verify_interval": 2,
    "current_secret_id": "",
    "adopt_value": "",
    "break_lease": False,
    "emergency_reason": "",
    "accept_cut_off": False,
    "admin": False,
}

# `retries` of the task that settles is 5, which Ansible counts after the first attempt.
_SETTLE_ATTEMPTS = 6


class TaskFailed(Exception):
    """A task of the run failed.

    :ivar task: Its name.
    """

    def __init__(self, task: str, message: str) -> None:
        super().__init__(message)
        self.task = task


class Ending(t.NamedTuple):
    """How a run ended.

    :ivar kind: `done`; `stopped`, by a decision; `failed`, by a task; `killed`.
    :ivar reason: The plan's reason, or the task.
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
    :param settings: Variables of the role, without their prefix.
    :ivar steps: What it did, as the steps of a plan.
    :ivar result: What `rotate_api_secret_result` has.
    """

    def __init__(self, world: World, faults: Faults | None = None, check: bool = False, **settings: t.Any) -> None:
        self.world = world
        self.faults = faults or Faults()
        self.check = check
        self.settings = {**_SETTINGS, **settings}
        self.steps: list[str] = []
        self.result: Fields = {}
        # Told between two moments, so that another run can have its turn.
        self.pause: t.Callable[[], None] = lambda: None
        self._session = new_session()
        self._session.mount("http://", _Wire(self))
        self._stored: Fields | None = None
        self._listed: Fields = {}
        self._confirmed: dict[str, int] = {}
        self._central_confirmed: int | None = None

    # How it runs.

    def run(self) -> Ending:
        """Run to the end, whatever that is.

        :raises BrokenPromise: On the way, a promise was broken.
        """
        self._run = self.world.holder()
        self.world.alive.add(self._run)
        try:
            ending = self._run_plays()
        except Killed:
            ending = Ending("killed", "")
        except TaskFailed as failure:
            self._print(str(failure))
            decided = failure.task == "decide"
            ending = Ending("stopped", self.result["reason"]) if decided else Ending("failed", failure.task)
        finally:
            self.world.alive.discard(self._run)
            self._session.close()
        if self.world.broken:
            raise self.world.broken
        return ending

    def _run_plays(self) -> Ending:
        self.begin()
        for host in self.result["hand_over_to"]:
            self.deploy(host)
        if self.result["asks"]:
            self._list()
            self._decide(begun=self.result)
            self._take(self.result["tasks"])
        return Ending("done" if self.result["outcome"] != "grace" else "stopped", self.result["reason"])

    def begin(self) -> None:
        """tasks/begin.yml"""
        if self.world.store.down:
            raise TaskFailed("load the record", "the store is down")
        self._stored = self.world.store.record
        problem = _rotation_record.validation_error(self._stored, ACCOUNT) if self._stored else ""
        if problem:
            raise TaskFailed("check the record", problem)
        self._list()
        record = self.record
        retired: list[str] = []
        values = [entry["value"] for entry in record["retired"] if entry["value"]]
        unrecorded = len(self._listed["secrets"]) > 1 and not record["pending"] and not record["previous"]
        if unrecorded and record["retired"]:
            answer = self._succeed("probe the retired", API_SECRET_INFO, account_ids=[ACCOUNT], candidates=values)
            retired = answer["candidates"]
        self._decide(retired=retired)
        self._take(self.result["tasks"])

    def deploy(self, host: str) -> None:
        """tasks/deploy.yml on one consumer; that it fails is no failure of the run."""
        assert self._stored is not None
        consumer, record = self.world.consumers[host], self._stored
        value, generation = record["current"]["value"], record["generation"]
        if "distribute" not in self.steps:
            self.steps.append("distribute")
        try:
            self._moment("hand over", host, lambda: consumer.hand_over(value, generation))
        except Refused:
            return
        if consumer.confirm() != generation or consumer.running != consumer.file:
            self._moment("reload", host, consumer.read_file)
        self._confirmed[host] = consumer.confirm()

    # The record.

    @property
    def admin(self) -> bool:
        return bool(self.settings["admin"])

    @property
    def record(self) -> Fields:
        """The record as it was read or saved last."""
        return self._stored or _rotation_record.new_record(ACCOUNT, "" if self.admin else FIRST).as_document()

    def advance(self, step: str, **facts: t.Any) -> Fields:
        """The record that follows a step."""
        before = Record.from_document(self.record)
        return advance(before, step, self.world.now, Facts.from_options(facts)).as_document()

    def _save(self, what: str) -> None:
        settings, listed = self.settings, self._listed
        expires = self.world.now_and(parse_duration(settings["lease"]))
        lease = {"holder": self.result["run"], "expires": expires}
        record = self.advance(
            "claim" if what == "release" else what,
            secrets=listed["secrets"],
            current=self.result["current"],
            grace=settings["grace"],
            secret_id=settings["current_secret_id"],
            secret=listed.get("secret") or {},
            value=self.world.new_value() if what == "prepare" else settings["adopt_value"],
            refused=listed.get("candidates", []) == ["refused"],
            emergency=settings["emergency_reason"] if settings["mode"] == "emergency" else "",
            lease=None if what in ("distribute", "settle", "release") else lease,
        )
        self._stored = self._moment("save", what, lambda: self.store(record))

    def store(self, record: Fields) -> Fields:
        """Replace the record by compare-and-set, and read it back."""
        if self.world.store.down:
            raise AnsibleActionFail("the store is down")
        saved: Fields = _record_store.save(self.world.store, record, check_mode=False)["record"]
        return saved

    # The tasks.

    def _take(self, tasks: t.Sequence[str]) -> None:
        for task in tasks:
            kind, _space, what = task.partition(" ")
            step = what if kind == "save" else kind
            # These end what a step has begun.
            step = "" if step in ("dropped", "distribute", "release") else step
            if step and step not in self.steps[-1:]:
                self.steps.append(step)
            try:
                if kind == "save":
                    self._save(what)
                else:
                    getattr(self, kind)()
            except AnsibleActionFail as error:
                raise TaskFailed(task, str(error)) from None

    def create(self) -> None:
        self._listed = self._succeed("create", API_SECRET, account_id=ACCOUNT, secret=self.record["pending"]["value"])

    def distribute(self) -> None:
        """tasks/steps/distribute.yml"""
        central, record = self.world.central, self.record
        assert central is not None
        self.steps.append("distribute")
        value, generation = record["current"]["value"], record["generation"]
        self._moment("hand over", central.name, lambda: central.hand_over(value, generation))
        self._central_confirmed = central.confirm()

    def verify(self) -> None:
        if self._logins():
            return
        timeout = parse_duration(self.settings["propagation_timeout"])
        deadline = self.world.time + timeout
        while True:
            if self.world.time > deadline:
                raise TaskFailed("verify", "Vonage does not accept the new secret")
            self.world.wait(max(self.settings["verify_interval"], -(-timeout // 60)))
            if self._logins():
                return

    def _logins(self) -> bool:
        login = {"api_key": ACCOUNT, "api_secret": self.record["pending"]["value"]}
        for operation, answer in ((BALANCE_INFO, "balance"), (API_SECRET_INFO, "secrets")):
            results = [self._call(operation, **login) for _time in range(self.settings["verify_times"])]
            if any(answer not in result and result["error"]["status"] != 401 for result in results):
                raise TaskFailed("verify", "; ".join(result.get("msg", "") for result in results))
            if any(answer not in result for result in results):
                return False
        return True

    def drop(self) -> None:
        self._listed = self._delete("drop", self.result["secret_id"])

    def revoke(self) -> None:
        self._delete("revoke", self.record["previous"]["id"])

    def _delete(self, task: str, secret_id: str) -> Fields:
        current = self.record["current"]
        login = {"api_key": ACCOUNT, "api_secret": current["value"], "api_secret_id": current["id"]}
        return self._succeed(task, API_SECRET, **login, state="absent", secret_id=secret_id)

    def settle(self) -> None:
        previous = self.record["previous"] or {}
        login = {"api_key": ACCOUNT, "api_secret": self.record["current"]["value"]}
        candidates = [previous["value"]] if previous.get("value") is not None else []
        for attempt in range(1, _SETTLE_ATTEMPTS + 1):
            self._listed = self._call(API_SECRET_INFO, **login, candidates=candidates)
            alone = len(self._listed.get("secrets", ())) == 1
            if alone and self._listed.get("candidates") in ([], ["refused"]):
                return
            if attempt < _SETTLE_ATTEMPTS:
                self.world.wait(self.settings["verify_interval"])
        if not alone:
            raise TaskFailed("settle", "Vonage lists another secret beside the new one")

    def _list(self) -> None:
        adopted = [self.settings["adopt_value"]] if self.settings["adopt_value"] else []
        values = candidates(Record.from_document(self.record), Policy.from_options(self.policy())) + adopted
        mode, named = self.settings["mode"], self.settings["current_secret_id"]
        looks = 1
        if mode != "status":
            looks += -(-parse_duration(self.settings["propagation_timeout"]) // 5)
        while True:
            self._listed = self._succeed("list", API_SECRET_INFO, account_ids=[ACCOUNT], candidates=values)
            looks -= 1
            record = Record.from_document(self.record)
            if not looks or lists_agree(record, self._listed, mode, named, self.world.now):
                break
            self.world.wait(5)

    # The decision.

    def policy(self) -> Fields:
        settings = self.settings
        names = ("mode", "force", "max_age", "grace", "propagation_timeout", "admin", "current_secret_id")
        more = ("overlap_warning", "break_lease", "emergency_reason", "accept_cut_off")
        return {
            **{name: settings[name] for name in (*names, *more)},
            "consumers": list(self.world.consumers),
            "central": self.world.central.name if self.world.central else "",
        }

    def confirmed(self) -> dict[str, int]:
        """Host -> generation, of those that were asked in this run."""
        return self._confirmed

    def central_confirmed(self) -> int | None:
        """The generation that was read back from the central consumer in this run."""
        return self._central_confirmed

    def observe(self, policy: Fields, retired: t.Sequence[t.Any], begun: Fields | None) -> Observation:
        adopt_value = self.settings["adopt_value"]
        return observe(
            Record.from_document(self.record),
            self._listed,
            Policy.from_options(policy),
            retired=retired,
            confirmed=self.confirmed() if begun else None,
            adopted=self._listed["candidates"][-1] if adopt_value else "none",
            adopted_value=adopt_value,
            central_confirmed=self.central_confirmed() if begun else None,
        )

    def _decide(self, begun: Fields | None = None, retired: t.Sequence[str] = ()) -> None:
        """tasks/decide.yml and plugins/action/rotation_decision.py"""
        world, record, policy = self.world, self.record, self.policy()
        if begun:
            self.steps.append("confirm")
            started = {name: begun[name] for name in ("run", "vouched", "hand_over_to")}
        else:
            vouched = policy["mode"] == "finish" and record["stage"] in ("promoted", "distributed", "revoking")
            started = {"run": self._run, "vouched": vouched, "hand_over_to": []}
        lease = record["lease"]
        policy = {
            **policy,
            "operator_confirmed": started["vouched"],
            "holder": self._run,
            "holder_gone": bool(lease) and lease["holder"] not in world.alive,
        }
        observation = self.observe(policy, retired, begun)
        decided = plan(Record.from_document(record), observation, Policy.from_options(policy), world.now).as_dict()
        acts = not self.check and policy["mode"] != "status"
        if not begun and "distribute" in decided["steps"] and acts:
            started["hand_over_to"] = list(world.consumers)
        tasks: list[str] = []
        if acts:
            tasks = (
                tasks_after_asking(decided, record["stage"], self.hooks) if begun else self.tasks_before_asking(decided)
            )
        self.result = {
            **decided,
            **started,
            "current": observation.current,
            "tasks": tasks,
            "asks": acts and "confirm" in decided["steps"],
            "begun_steps": begun["begun_steps"] if begun else decided["steps"],
        }
        self._print(decided)
        if decided["outcome"] in ("blocked", "inconclusive") and policy["mode"] != "status":
            raise TaskFailed("decide", decided["message"])

    @property
    def hooks(self) -> tuple[str, ...]:
        return ("distribute",) if self.world.central else ()

    def tasks_before_asking(self, plan: Fields) -> list[str]:
        return tasks_before_asking(plan, self.hooks)

    # Vonage.

    def _succeed(self, task: str, operation: Operation, **options: t.Any) -> Fields:
        result = self._call(operation, **options)
        if result.get("failed"):
            raise TaskFailed(task, result["msg"])
        return result

    def _call(self, operation: Operation, **options: t.Any) -> Fields:
        """A task with a module, as its action runs it."""
        record = self.record
        given = {
            "api_key": PRIMARY if self.admin else ACCOUNT,
            "api_secret": PRIMARYS if self.admin else (record["current"] or {}).get("value"),
            "rest_url": self.world.simulator.rest_url,
            "api_url": self.world.simulator.api_url,
            **options,
        }
        defaults = {name: details.get("default") for name, details in argument_spec(operation).items()}
        params = {**defaults, **given}
        params["timeout"] = 30.0
        result, warnings = run_operation(operation, given, params, False, self._connect)
        self._print(warnings, result)
        return result

    def _connect(self, connection: t.Any, warn: t.Callable[[str], None]) -> Client:
        return Client(connection, warn, self._session, sleep=self.world.wait, clock=lambda: self.world.time)

    def send(self, request: requests.PreparedRequest, send: t.Callable[[], requests.Response]) -> requests.Response:
        """Let one request happen."""
        assert request.url is not None
        path = request.url[len(self.world.simulator.url) :]
        # An id says nothing to a reader, and is another one each time.
        name = f"{request.method} {path[: path.find('/secrets') + 8]}" if "/secrets" in path else f"GET {path}"

        def spoilt(fault: str) -> requests.Response:
            if fault == "late":
                self.world.late.append(request)
                raise requests.ConnectionError("no answer")
            return send()

        response: requests.Response = self._moment("request", name, spoilt)
        return response

    # Moments.

    def _moment(self, kind: str, name: str, do: t.Callable[..., t.Any]) -> t.Any:
        """Let one thing happen, or go wrong, and look at the promises."""
        self.world.wait(1)
        self.pause()
        fault = self.faults.next(Moment(kind, name))
        if fault == "killed before":
            raise Killed
        try:
            if kind == "request":
                self.faults.spoil(self.world.simulator, fault)
                result = do(fault)
            elif kind == "save" and fault == "lost":
                raise AnsibleActionFail("the store does not answer")
            else:
                result = do()
            if kind == "save" and fault == "answer lost":
                raise AnsibleActionFail("the store does not answer")
        finally:
            self.world.check()
            self.pause()
        # What follows would only hide it; and what is raised here, the client would take for a lost answer.
        if fault == "killed after" or self.world.broken:
            raise Killed
        return result

    def _print(self, *things: t.Any) -> None:
        self.world.outputs += [str(thing) for thing in things]


class _Wire(HTTPAdapter):
    """Sends requests for real, each of them as a moment of the run."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(max_retries=0)
        self._engine = engine

    def send(self, request: requests.PreparedRequest, **options: t.Any) -> requests.Response:  # type: ignore[override]
        return self._engine.send(request, lambda: super(_Wire, self).send(request, **options))


__all__ = ["BrokenPromise", "Ending", "Engine"]
