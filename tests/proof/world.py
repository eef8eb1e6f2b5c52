# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The world of a rotation: Vonage, the store of the record, the consumers, the clock, and who else is at work.

Vonage is the simulator, over a real socket. After each moment of a run, a request, a save or a hand-over, the promises
of a rotation are checked against what the simulator knows.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import sys
import threading
import typing as t
from datetime import datetime, timezone
from pathlib import Path

import requests

sys.path.append(str(Path(__file__).resolve().parents[2] / "roles" / "simulator" / "files"))

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import record as _rotation_record  # noqa: E402
from vonage_simulator.faults import FaultRule  # noqa: E402
from vonage_simulator.server import Simulator  # noqa: E402
from vonage_simulator.state import Account, Secret  # noqa: E402

Record = dict[str, t.Any]

ACCOUNT, PRIMARY = "abcd1234", "c0ffee01"
FIRST, PRIMARYS = "RehearsalSecret1", "RehearsalPrimary1"
HOSTS = ("web1", "web2")

_START = datetime(2026, 11, 22, 12, tzinfo=timezone.utc).timestamp()


def step_of(before: Record | None, after: Record) -> str:
    """The step of a rotation that a save records, as the two records show it."""
    old = before or {
        "generation": 0,
        "stage": "idle",
        "current": None,
        "pending": None,
        "previous": None,
        "lease": None,
    }
    was, now = old["pending"] or {}, after["pending"] or {}
    if after["generation"] > old["generation"]:
        return "promote" if after["current"]["value"] == was.get("value") else "rollback"
    if now.get("value") and now["value"] != was.get("value"):
        return "adopt_value" if now.get("adopted") else "prepare"
    if was and not now:
        return "abandon"
    if was.get("value") and not now.get("value"):
        return "drop"
    if was.get("id") and not now["id"]:
        return "dropped"
    if after["previous"] and not old["previous"]:
        return "adopt"
    if old["previous"] and not after["previous"]:
        return "settle"
    if now.get("id") and not now["value"]:
        return "drop"
    unmarked = {name: value for name, value in now.items() if name != "emergency"}
    if after["stage"] == old["stage"] and after["current"] == old["current"] and unmarked.items() <= was.items():
        if not after["lease"]:
            return "release"
        if (old["lease"] or {}).get("holder") != after["lease"]["holder"]:
            return "claim"
        return "revoke" if after["stage"] == "revoking" else "dropped"
    stage = str(after["stage"])
    return {"created": "create", "distributed": "distribute", "revoking": "revoke"}.get(stage, stage)


class BrokenPromise(AssertionError):
    """A rotation did what it promises never to do."""


class Store:
    """Every version of the record that there was.

    :ivar down: Whether it fails at each attempt to use it.
    """

    def __init__(self) -> None:
        self.versions: list[Record] = []
        self.down = False

    @property
    def record(self) -> Record | None:
        return self.versions[-1] if self.versions else None


class Refused(Exception):
    """A consumer does not take what it is given."""


class Consumer:
    """A host with a file, and a process that uses what it has read of it.

    As the process of the rehearsal, it reports a generation only when Vonage has accepted the value of it.
    """

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self.name = name
        self.up = True
        # Whether it refuses what is older than what it has.
        self.fenced = True
        self.file = self.running = (FIRST, 0)
        self.confirmed = 0
        # A value that is no longer accepted by no fault of a rotation, while it uses that.
        self.excused = ""

    def hand_over(self, value: str, generation: int) -> None:
        if not self.up:
            raise Refused(f"{self.name} is down")
        if self.fenced and generation < self.file[1]:
            raise Refused(f"{self.name} has a newer generation")
        self.file = (value, generation)

    def read_file(self) -> None:
        self.running = self.file
        value = self.running[0]
        if self.excused and value != self.excused:
            # Cut off it was before. A value that is on its way to all of Vonage cannot make that worse.
            on_its_way = value in self._world.values() and not self._world.accepts(value)
            self.excused = value if on_its_way else ""

    def confirm(self) -> int:
        if self._world.accepts(self.running[0]):
            self.confirmed = self.running[1]
        return self.confirmed


class Service(Consumer):
    """A central consumer: whoever reads there uses what it has.

    While it is not up, a hook that hands over to it ends well all the same, and the service has what it had.
    """

    def hand_over(self, value: str, generation: int) -> None:
        if self.up:
            super().hand_over(value, generation)
            self.read_file()


# Function -> what it led to.
_prepared: dict[t.Any, tuple[World, dict[str, Account], dict[str, t.Any], list[FaultRule]]] = {}


class World:
    """Everything beside the runs.

    :param simulator: A running one. It is made to start again.
    :param secrets: Values that Vonage has at the beginning.
    :param hosts: The consumers.
    :param central: Whether there is a central consumer, too.
    """

    def __init__(
        self,
        simulator: Simulator,
        secrets: t.Sequence[str] = (FIRST,),
        hosts: t.Sequence[str] = HOSTS,
        central: bool = False,
    ) -> None:
        self.simulator = simulator
        rows = [{"value": value, "created_at": "2026-03-04T05:06:07Z"} for value in secrets]
        simulator.engine.start_again([
            {"api_key": PRIMARY, "secrets": [{"value": PRIMARYS}]},
            {"api_key": ACCOUNT, "secrets": rows, "primary_account": PRIMARY},
        ])  # fmt: skip
        self._time = _START
        # By how many seconds the clock where the runs are made differs from that of Vonage.
        self.clock_error = 0
        self._lock = threading.Lock()
        simulator.clock.now = lambda: self._time  # type: ignore[method-assign]
        self.store = Store()
        self.consumers = {name: Consumer(self, name) for name in hosts}
        self.central = Service(self, "the service") if central else None
        # Values that a rotation made.
        self.made: list[str] = []
        # Ids that outsiders made, and those of them that the operator gave away.
        self.foreign: set[str] = set()
        self.given_away: set[str] = set()
        # In an emergency, the operator has accepted that consumers may be cut off.
        self.cut_off_accepted = False
        # Who runs at this moment.
        self.alive: set[str] = set()
        # Requests that Vonage has let in, and not carried out yet.
        self.late: list[requests.PreparedRequest] = []
        # What runs printed.
        self.outputs: list[str] = []
        self.broken: BrokenPromise | None = None
        self._known_gone: set[str] = set()
        self._runs = 0

    @classmethod
    def after(cls, prepare: t.Callable[[World], t.Any], simulator: Simulator) -> World:
        """A world in which something has happened, which happens once for all such worlds in this process.

        :param prepare: What happens in a new one.
        """
        if prepare not in _prepared:
            world = cls(simulator)
            prepare(world)
            rules = list(simulator.faults._rules)
            _prepared[prepare] = world._copy(), simulator.state.accounts, simulator.switches.as_dict(), rules
        kept, accounts, switches, rules = _prepared[prepare]
        world = cls(simulator)
        vars(world).update(vars(kept._copy()), simulator=simulator, _lock=world._lock)
        for consumer in world.everybody:
            consumer._world = world
        simulator.state.replace(
            dataclasses.replace(account, secrets=[dataclasses.replace(secret) for secret in account.secrets])
            for account in accounts.values()
        )
        simulator.switches.update(switches)
        simulator.faults.replace(map(copy.copy, rules))
        return world

    def _copy(self) -> World:
        """A copy without the simulator."""
        world = copy.copy(self)
        for name in ("simulator", "_lock"):
            vars(world).pop(name, None)
        # The consumers know the world they are in.
        return copy.deepcopy(world, {id(self): None})

    # The clock.

    @property
    def time(self) -> float:
        return self._time

    @property
    def now(self) -> str:
        """What the clock shows where the runs are made."""
        return self.now_and(0)

    def now_and(self, seconds: int) -> str:
        """What it shows so many seconds later."""
        shown = int(self._time) + self.clock_error + seconds
        return datetime.fromtimestamp(shown, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._time += seconds

    # Vonage.

    @property
    def account(self) -> Account:
        account = self.simulator.state.find(ACCOUNT)
        assert account is not None
        return account

    @property
    def live(self) -> list[Secret]:
        return self.account.live

    def values(self) -> list[str]:
        return [secret.value for secret in self.live]

    def id_of(self, value: str | None) -> str | None:
        return next((secret.id for secret in self.live if secret.value == value), None)

    def accepts(self, value: str) -> bool:
        """Whether all of Vonage accepts a value at this moment."""
        switches = self.simulator.switches
        delay = max(switches["propagation_delay_rest"], switches["propagation_delay_api"])
        return any(secret.value == value and secret.alive(self._time, delay) for secret in self.account.secrets)

    def prepares(self, record: Record) -> None:
        """A run is about to save a record: a value on its way, that Vonage does not have, was made by the run."""
        value = (record["pending"] or {}).get("value")
        if value and value not in [*self.made, *(secret.value for secret in self.account.secrets)]:
            self.made.append(value)

    def sends(self, request: requests.PreparedRequest) -> None:
        """A run is about to send a request: so was a value that it creates."""
        if request.method == "POST":
            value = json.loads(request.body or b"")["secret"]
            if value not in self.made:
                self.made.append(value)

    @property
    def everybody(self) -> list[Consumer]:
        """All who use the secret."""
        return [*self.consumers.values(), *([self.central] if self.central else [])]

    # Outsiders.

    def create(self, value: str) -> str:
        """Somebody else makes a secret."""
        secret = self.simulator.state.create_secret(self.account, value)
        self.foreign.add(secret.id)
        return secret.id

    def revoke(self, value: str) -> None:
        """Somebody else revokes a secret, with what follows for those who use it."""
        secret = next(secret for secret in self.live if secret.value == value)
        self.simulator.state.revoke_secret(self.account, secret)
        self._known_gone.add(secret.id)
        for consumer in self.everybody:
            if consumer.running[0] == value:
                consumer.excused = value

    def deliver_late(self) -> None:
        """What was on its way is carried out, if that is still possible; whoever sent it was let in long ago."""
        for request in self.late:
            if request.method == "DELETE":
                found = [secret for secret in self.live if str(request.url).endswith(secret.id)]
                if found and len(self.live) > 1:
                    self.simulator.state.revoke_secret(self.account, found[0])
            if request.method != "POST":
                continue
            value = json.loads(request.body or b"")["secret"]
            switch = "duplicate_secret" if value in self.values() else "reused_secret"
            known = value in [secret.value for secret in self.account.secrets]
            if len(self.live) < 2 and not (known and self.simulator.switches[switch] == "refused"):
                self.simulator.state.create_secret(self.account, value)
        self.late.clear()

    # Runs.

    def holder(self) -> str:
        self._runs += 1
        return f"run {self._runs}"

    # The promises.

    def check(self) -> None:
        """After each moment: what a rotation promises. The first promise that is not kept is in `broken`."""
        try:
            self._check()
        except BrokenPromise as broken:
            self.broken = self.broken or broken

    def _check(self) -> None:
        record = self.store.record
        for consumer in self.everybody:
            value = consumer.running[0]
            if self.accepts(value):
                consumer.excused = ""
            elif value != consumer.excused and not self.cut_off_accepted:
                raise BrokenPromise(f"{consumer.name} is cut off: Vonage does not accept what it uses")
        recorded = _rotation_record.recorded_values(_rotation_record.Record.from_document(record)) if record else []
        ids = [(record[name] or {}).get("id") for name in ("current", "pending", "previous")] if record else []
        if record:
            ids += [entry["id"] for entry in record["retired"]]
        for secret in self.live:
            if secret.value in self.made and secret.value not in recorded and secret.id not in ids:
                raise BrokenPromise("a secret that a rotation made is in no record")
        for secret in self.account.secrets:
            if secret.revoked_at is None or secret.id in self._known_gone:
                continue
            self._known_gone.add(secret.id)
            if secret.id in self.foreign - self.given_away:
                raise BrokenPromise("a secret that somebody else made was revoked")
            if record and (record["current"] or {}).get("value") == secret.value:
                raise BrokenPromise("the secret in use was revoked")
        self._check_history()

    def _check_history(self) -> None:
        versions = self.store.versions
        if versions:
            problem = _rotation_record.validation_error(versions[-1], ACCOUNT)
            if problem:
                raise BrokenPromise(problem)
        if len(versions) > 1:
            before, after = versions[-2:]
            if after["version"] != before["version"] + 1 or after["generation"] < before["generation"]:
                raise BrokenPromise("a save has undone another one")

    def check_outputs(self) -> None:
        """At the end: no value is in what was printed.

        :raises BrokenPromise: One is.
        """
        text = "\n".join(self.outputs)
        found = [secret.value for secret in self.account.secrets if secret.value in text]
        if found or any(value in text for value in self.made):
            raise BrokenPromise("a value was printed")

    @property
    def finished(self) -> bool:
        """Whether the work is done: one secret, everybody on it, and a record that says so."""
        record = self.store.record
        if not record or record["stage"] != "idle" or record["pending"] or record["previous"] or record["lease"]:
            return False
        current = record["current"]["value"]
        handed_over = all(
            consumer.running == consumer.file == (current, record["generation"]) for consumer in self.everybody
        )
        return self.values() == [current] and handed_over
