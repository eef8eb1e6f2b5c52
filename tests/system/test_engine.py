# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine of tests/proof is held against the role: the same requests in the same order, and the same saves."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Rehearsal

from vonage_simulator.server import Simulator
from vonage_simulator.state import Secret

sys.path.append(str(ROOT / "tests" / "proof"))

from engine import Engine  # noqa: E402
from faults import Faults  # noqa: E402
from world import ACCOUNT, FIRST, World  # noqa: E402

Settings = dict[str, Any]

EMERGENCY = {"mode": "emergency", "emergency_reason": "incident 4711", "accept_cut_off": True}

# What leads to the run that is compared, and that run. A run is killed after a task of the role; the engine, before the
# save of that name.
CREATED = [({}, ("Create the secret at Vonage", 2))]
IN_GRACE = [({"grace": "1h"}, None)]
HISTORIES: dict[str, tuple[list[tuple[Settings, Any]], Settings]] = {
    "rotation": ([], {}),
    "nothing to do": ([({}, None)], {}),
    "resumed": (CREATED, {}),
    "grace": ([], {"grace": "1h"}),
    "finish": (IN_GRACE, {"mode": "finish", "break_lease": True}),
    "rollback": (IN_GRACE, {"mode": "rollback"}),
    "given up": (CREATED, {"mode": "rollback"}),
    "emergency": ([], EMERGENCY),
    "emergency in grace": (IN_GRACE, EMERGENCY),
    "forced": ([({}, None)], {"force": True}),
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
        engine = self._simulator.engine
        answer = engine.answer

        def watched(request: Any, families: Any) -> Any:
            # The consumer asks, too.
            if not request.headers.get("user-agent", "").startswith("ansible-vonage-account/"):
                return answer(request, families)
            with self._lock:
                stored = version()
                delivery = answer(request, families)
                # The consumer's are not counted: it may have asked in the meantime.
                agent = request.headers["user-agent"]
                entry = next(
                    entry
                    for entry in reversed(self._simulator.log)
                    if entry.path == request.path and entry.headers.get("user-agent") == agent
                )
                self.requests.append((stored, entry))
                return delivery

        engine.answer = watched  # type: ignore[method-assign]
        try:
            yield
        finally:
            engine.answer = answer  # type: ignore[method-assign]

    def words(self, records: list[Any]) -> tuple[list[Any], list[Any]]:
        """The requests and the records."""
        saves = [self._plain(record) for record in records]
        requests = [
            (version, entry.method, self._plain(entry.path), self._plain(entry.secret_id), entry.status)
            for version, entry in self.requests
        ]
        return requests, saves

    def _secrets(self) -> list[Secret]:
        account = self._simulator.state.find(ACCOUNT)
        assert account is not None
        return account.secrets

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
        for secret in self._secrets():
            item = item.replace(secret.id, self._labels.get(secret.value, "unknown"))
        return item


def of_the_role(place: Rehearsal, before: list[tuple[Settings, Any]], settings: Settings) -> Any:
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
        variables = {f"rotate_api_secret_{name}": value for name, value in settings.items()}
        return "-e", json.dumps({**variables, "rotate_api_secret_record_in_clear": True})

    place.start_consumer()
    for earlier, kill in before:
        place.run(*arguments(earlier), kill_after=kill[0] if kill else None, vault=False)
    trace = Trace(place.simulator)
    with trace.watching(version):
        run = place.run(*arguments({**settings, "report": str(report)}), environment=environment, vault=False)
    assert run.status == 0, run.output
    records = [yaml.safe_load(file.read_text(encoding="utf-8"))["vonage_rotation"] for file in sorted(kept.iterdir())]
    entry = json.loads(report.read_text(encoding="utf-8").splitlines()[-1])
    assert place.stop_consumer()["refused"] == 0
    return (*trace.words(records), entry["reason"])


def of_the_engine(simulator: Simulator, before: list[tuple[Settings, Any]], settings: Settings) -> Any:
    world = World(simulator, hosts=["gateway1"])
    for earlier, kill in before:
        Engine(world, Faults("save", kill[1], "killed before") if kill else None, **earlier).run()
    saved = len(world.store.versions)
    trace = Trace(simulator)
    with trace.watching(lambda: len(world.store.versions)):
        ending = Engine(world, **settings).run()
    return (*trace.words(world.store.versions[saved:]), ending.reason)


@pytest.mark.parametrize("history", HISTORIES)
def test_the_engine_does_what_the_role_does(place: Rehearsal, history: str) -> None:
    role = of_the_role(place, *HISTORIES[history])
    with Simulator() as simulator:
        engine = of_the_engine(simulator, *HISTORIES[history])
    assert engine == role
    assert engine[0], "nothing was compared"
