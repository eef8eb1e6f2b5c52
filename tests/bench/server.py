# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server that everything is measured against: the simulator, in a process of its own, with the accounts of a fleet.

It ends when its standard input does, and so does not outlive the benchmark, however that ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "roles/simulator/files"))

from vonage_simulator.log import RequestLog  # noqa: E402  # the line above makes it importable
from vonage_simulator.server import Simulator  # noqa: E402
from vonage_simulator.wire import Request  # noqa: E402

PRIMARY = "c0ffee01"
# Long due for rotation.
CREATED_AT = "2026-01-02T03:04:05Z"


def subaccount(number: int) -> str:
    return f"5ab{number:05d}"


def secret_of(api_key: str) -> str:
    return f"Rehearsal0nly{api_key}"


def id_of(api_key: str) -> str:
    return f"first-{api_key}"


def fleet(size: int) -> list[dict[str, Any]]:
    """A primary account and its subaccounts, in the form of the simulator's accounts file."""
    keys = [PRIMARY, *(subaccount(number) for number in range(size))]
    return [
        {
            "api_key": key,
            "name": None if key == PRIMARY else f"Shop {key}",
            "primary_account": None if key == PRIMARY else PRIMARY,
            "secrets": [{"value": secret_of(key), "id": id_of(key), "created_at": CREATED_AT}],
            "balance": "42.50",
        }
        for key in keys
    ]


class CountingLog(RequestLog):
    """Counts the requests, and keeps none.

    What the simulator keeps is searched for every secret of every account, which would be most of what is measured.
    """

    def __init__(self) -> None:
        super().__init__()
        self._counting = threading.Lock()
        self._count = 0

    def add(self, request: Request, known_secrets: Iterable[str], **facts: Any) -> None:
        with self._counting:
            self._count += 1

    def clear(self) -> int:
        with self._counting:
            count, self._count = self._count, 0
        return count


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a fleet of simulated accounts until standard input ends.")
    parser.add_argument("ready", type=Path, help="file to write the address to")
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--tls-cert")
    arguments = parser.parse_args()
    simulator = Simulator(fleet(arguments.accounts), tls_cert=arguments.tls_cert)
    simulator.engine.log = CountingLog()
    with simulator:
        temporary = arguments.ready.with_suffix(".new")
        temporary.write_text(json.dumps({"url": simulator.url}), encoding="utf-8")
        temporary.replace(arguments.ready)
        sys.stdin.read()


if __name__ == "__main__":
    main()
