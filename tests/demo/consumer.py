# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that uses a Vonage API secret all the time, for rehearsals.

It logs in with what its environment file holds, every few milliseconds, and counts what Vonage answers. SIGHUP makes
it read the file again; it reports a generation as its own only after Vonage accepted that generation's secret from it.
It needs the standard library alone.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import time
import types
import urllib.error
import urllib.request
from pathlib import Path


class Consumer:
    """The service.

    :param env_file: Where the key and the secret are read from.
    :param url: Base URL of the server that it logs in to.
    :param state: Directory for `generation`, `pid` and `counts.json`, which others read.
    """

    def __init__(self, env_file: Path, url: str, state: Path) -> None:
        self._env_file = env_file
        self._url = url
        self._state = state
        self._counts = {"accepted": 0, "refused": 0, "failed": 0}
        self._generation: str | None = None
        # Plain flags: a signal handler that sets a threading.Event can lock out the very thread that it interrupted.
        self._reload = True
        self._stop = False

    def run(self, interval: float) -> None:
        """Log in until SIGTERM.

        :param interval: Seconds between two logins.
        """
        signal.signal(signal.SIGHUP, self._on_hangup)
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._write("pid", str(os.getpid()))
        settings: dict[str, str] = {}
        while not self._stop:
            time.sleep(interval)
            if self._reload:
                self._reload = False
                settings = dict(line.split("=", 1) for line in self._lines() if "=" in line)
            answer = self._log_in(settings["VONAGE_API_KEY"], settings["VONAGE_API_SECRET"])
            self._counts[answer] += 1
            self._write("counts.json", json.dumps(self._counts))
            generation = settings.get("VONAGE_API_SECRET_GENERATION", "0")
            if answer == "accepted" and generation != self._generation:
                self._generation = generation
                self._write("generation", generation)

    def _lines(self) -> list[str]:
        return self._env_file.read_text(encoding="utf-8").splitlines()

    def _log_in(self, key: str, secret: str) -> str:
        login = base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")
        request = urllib.request.Request(
            f"{self._url}/account/get-balance",
            headers={"Authorization": f"Basic {login}", "Accept": "application/json", "User-Agent": "consumer"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60):
                return "accepted"
        except urllib.error.HTTPError as error:
            return "refused" if error.code == 401 else "failed"
        except OSError:
            return "failed"

    def _write(self, name: str, content: str) -> None:
        temporary = self._state / f".{name}"
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(self._state / name)

    def _on_hangup(self, _signal: int, _frame: types.FrameType | None) -> None:
        self._reload = True

    def _on_terminate(self, _signal: int, _frame: types.FrameType | None) -> None:
        self._stop = True


def main() -> None:
    parser = argparse.ArgumentParser(description="Use a Vonage API secret all the time, and count the answers.")
    parser.add_argument("env_file", type=Path)
    parser.add_argument("url")
    parser.add_argument("state", type=Path)
    parser.add_argument("--interval", type=float, default=0.05, metavar="SECONDS")
    arguments = parser.parse_args()
    Consumer(arguments.env_file, arguments.url, arguments.state).run(arguments.interval)


if __name__ == "__main__":
    main()
