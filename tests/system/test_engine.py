# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine of tests/proof is held against the role: the same requests in the same order, and the same saves."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ROOT, Rehearsal
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.server import Simulator
from vonage_simulator.state import Secret
from vonage_simulator.wire import Request

sys.path.append(str(ROOT / "tests" / "proof"))

from engine import Engine  # noqa: E402
from faults import Faults  # noqa: E402
from world import ACCOUNT, FIRST, PRIMARY, PRIMARYS, World  # noqa: E402

Settings = dict[str, Any]

EMERGENCY = {"mode": "emergency", "emergency_reason": "incident 4711", "accept_cut_off": True}


def secrets(simulator: Simulator) -> list[Secret]:
    account = simulator.state.find(ACCOUNT)
    assert account is not None
    return account.secrets


def nothing(_simulator: Simulator) -> Settings:
    return {}


def poison(simulator: Simulator) -> Settings:
    """The secret that was created is one that Vonage never accepts, and that is known at once."""
    secrets(simulator)[-1].value = "NotAsItWasSent1"
    return {"propagation_timeout": "0s"}


def second_secret(simulator: Simulator) -> Settings:
    """Somebody else has made a second secret, and the operator says which one is in use."""
    account = simulator.state.find(ACCOUNT)
    assert account is not None
    simulator.state.create_secret(account, "SomebodyElses1")
    return {"current_secret_id": account.live[0].id}


def adopted(simulator: Simulator) -> Settings:
    """The operator also has the value of it."""
    return {**second_secret(simulator), "adopt_value": "SomebodyElses1"}


def primary(simulator: Simulator) -> Settings:
    """The account's own secret is known to nobody who rotates, and its primary account makes one."""
    secret = {"value": FIRST, "created_at": "2026-03-04T05:06:07Z"}
    simulator.engine.load_accounts([
        {"api_key": PRIMARY, "secrets": [{"value": PRIMARYS, "id": "37d0cbf6-5fac-4656-a5c9-13b485d6fff0"}]},
        {"api_key": ACCOUNT, "secrets": [secret], "primary_account": PRIMARY},
    ])  # fmt: skip
    return {"admin": True}


class Kill(NamedTuple):
    """When an earlier run is killed: after which task of the role, and at which save of the engine."""

    task: str
    save: int
    fault: str


class History(NamedTuple):
    """What leads to the run that is compared, and that run.

    :ivar before: The settings of earlier runs.
    :ivar outside: What happens at Vonage then; returns further settings of the run.
    :ivar central: What the hook of a central consumer does; empty when there is no such consumer.
    """

    before: Sequence[tuple[Settings, Kill | None]] = ()
    settings: Settings = {}
    outside: Callable[[Simulator], Settings] = nothing
    central: str = ""


UNRECORDED = [({}, Kill("Create the secret at Vonage", 2, "killed before"))]
CREATED = [({}, Kill("Write the record after create", 2, "killed after"))]
PROMOTED = [({}, Kill("Write the record after promote", 3, "killed after"))]
DONE = [({}, None)]
IN_GRACE = [({"grace": "1h"}, None)]
# With those of tests/proof/matrix.py.
HISTORIES: dict[str, History] = {
    "rotation": History(),
    "nothing to do": History(DONE),
    "resumed": History(UNRECORDED),
    "handed over": History(PROMOTED),
    "replaced": History(CREATED, outside=poison),
    "grace": History(settings={"grace": "1h"}),
    "finish": History(IN_GRACE, {"mode": "finish", "break_lease": True}),
    "rollback": History(IN_GRACE, {"mode": "rollback"}),
    "given up": History(UNRECORDED, {"mode": "rollback"}),
    "emergency": History(settings=EMERGENCY),
    "emergency in grace": History(IN_GRACE, EMERGENCY),
    "forced": History(DONE, {"force": True}),
    "adopted": History(outside=adopted),
    "named": History(outside=second_secret),
    "bootstrap": History(outside=primary),
    "central": History(central="hands over"),
    "central, not read back": History(central="nothing"),
}


class Trace:
    """What a run did, in words that are the same in each repetition.

    :ivar requests: Each with the version of the record that was stored when it came.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._lock = threading.Lock()
        self._labels = {FIRST: "the first"}
        self.requests: list[tuple[int, Any]] = []

    @contextmanager
    def watching(self, version: Callable[[], int]) -> Iterator[None]:
        """Write down the collection's requests."""

        def watched(request: Request, answer: Answer) -> Delivery:
            # The consumer asks, too.
            if not request.headers.get("user-agent", "").startswith("ansible-vonage-account/"):
                return answer(request)
            with self._lock:
                stored = version()
                delivery = answer(request)
                # The consumer's are not counted: it may have asked in the meantime.
                agent = request.headers["user-agent"]
                entry = next(
                    entry
                    for entry in reversed(self._simulator.log)
                    if entry.path == request.path and entry.headers.get("user-agent") == agent
                )
                self.requests.append((stored, entry))
                return delivery

        end = intercept(self._simulator, watched)
        try:
            yield
        finally:
            end()

    def words(self, records: list[Any]) -> tuple[list[Any], list[Any]]:
        """The requests and the records."""
        saves = [self._plain(record) for record in records]
        requests = [
            (version, entry.method, self._plain(entry.path), self._plain(entry.secret_id), entry.status)
            for version, entry in self.requests
        ]
        return requests, saves

    def _plain(self, item: Any, name: str = "") -> Any:
        if isinstance(item, dict):
            return {key: self._plain(value, key) for key, value in item.items()}
        if isinstance(item, list):
            return [self._plain(value, name) for value in item]
        if not isinstance(item, str):
            return item
        if name == "value":
            return self._labels.setdefault(item, f"new {len(self._labels)}")
        if name in ("created_at", "since", "prepared_at", "retired_at", "revoke_not_before", "expires", "holder"):
            return "something"
        for secret in secrets(self._simulator):
            item = item.replace(secret.id, self._labels.get(secret.value, "unknown"))
        return item


def of_the_role(place: Rehearsal, history: History) -> Any:
    kept = place.directory / "kept"
    kept.mkdir()
    report = place.directory / "report.jsonl"
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "keep_records",
        "RECORD": str(place.record),
        "KEPT": str(kept),
    }

    def version() -> int:
        if not place.record.exists():
            return 0
        return int(yaml.safe_load(place.record.read_text(encoding="utf-8"))["vonage_rotation"]["version"])

    def arguments(settings: Settings) -> tuple[str, str]:
        login = {"api_key": PRIMARY, "api_secret": PRIMARYS} if settings.get("admin") else {}
        given = {**{name: value for name, value in settings.items() if name != "admin"}, **login}
        variables = {f"rotate_api_secret_{name}": value for name, value in given.items()}
        return "-e", json.dumps({**variables, "rotate_api_secret_record_in_clear": True})

    place.start_consumer()
    if history.central:
        hook = place.directory / "hand_over.yml"
        note = {"rotate_api_secret_central_confirmed_generation": "{{ rotate_api_secret_generation }}"}
        tasks = [{"ansible.builtin.set_fact": note, "when": history.central == "hands over"}]
        hook.write_text(yaml.safe_dump(tasks), encoding="utf-8")
        place.write_inventory(distribute_central_tasks=str(hook))
    for earlier, kill in history.before:
        place.run(*arguments(earlier), kill_after=kill.task if kill else None, vault=False)
    settings = {**history.settings, **history.outside(place.simulator), "report": str(report)}
    trace = Trace(place.simulator)
    with trace.watching(version):
        run = place.run(*arguments(settings), environment=environment, vault=False)
    assert run.status == 0, run.output
    records = [yaml.safe_load(file.read_text(encoding="utf-8"))["vonage_rotation"] for file in sorted(kept.iterdir())]
    entry = json.loads(report.read_text(encoding="utf-8").splitlines()[-1])
    assert place.stop_consumer()["refused"] == 0
    return (*trace.words(records), entry["reason"])


def of_the_engine(simulator: Simulator, history: History) -> Any:
    world = World(simulator, hosts=["gateway1"], central=bool(history.central))
    if world.central:
        world.central.up = history.central == "hands over"
    for earlier, kill in history.before:
        Engine(world, Faults("save", kill.save, kill.fault) if kill else None, **earlier).run()
    settings = {**history.settings, **history.outside(simulator)}
    saved = len(world.store.versions)
    trace = Trace(simulator)
    with trace.watching(lambda: len(world.store.versions)):
        ending = Engine(world, **settings).run()
    return (*trace.words(world.store.versions[saved:]), ending.reason)


# In `make test`, a rotation, and the steps of the role that no other test of it takes.
SHOWN = ("rotation", "given up", "named")


@pytest.mark.parametrize(
    "history", [pytest.param(name, marks=() if name in SHOWN else pytest.mark.full) for name in HISTORIES]
)
def test_the_engine_does_what_the_role_does(place: Rehearsal, history: str) -> None:
    role = of_the_role(place, HISTORIES[history])
    with Simulator() as simulator:
        engine = of_the_engine(simulator, HISTORIES[history])
    assert engine == role
    assert engine[0], "nothing was compared"
