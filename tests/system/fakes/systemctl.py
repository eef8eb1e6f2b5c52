# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd with one service, as far as its drop-ins, EnvironmentFile= and four commands of systemctl go.

As systemd does: the drop-ins count as they were at the last `daemon-reload`, an environment file as it is at the start
of the service, and a unit that is not running is left alone by `try-restart`. Anything else that systemctl is asked is
refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


class FakeSystemd:
    """The service, and a `systemctl` in the directory that leads here.

    :param directory: An empty directory for the command and what is known of the service.
    :ivar units: Where the unit files are.
    """

    def __init__(self, directory: Path, unit: str = "sms-gateway.service") -> None:
        self.directory = directory
        self.unit = unit
        self.units = directory / "units"
        self.units.mkdir(parents=True, exist_ok=True)
        program = directory / "systemctl"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} {directory} {unit} "$@"\n')
        program.chmod(0o700)

    # -- for tests -----------------------------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """Id of the main process, or 0."""
        return int(self._get("pid", 0))

    def environment(self) -> dict[str, str]:
        """What the main process was started with."""
        content = Path(f"/proc/{self.pid}/environ").read_text()
        return dict(setting.split("=", 1) for setting in content.split("\0") if setting)

    def calls(self) -> list[str]:
        """What systemctl was called with so far."""
        return list(self._get("calls", []))

    def start(self) -> None:
        environment = {"PATH": os.environ["PATH"]}
        for file in self._get("environment_files", []):
            lines = [line for line in Path(file).read_text().splitlines() if line and not line.startswith("#")]
            environment.update(line.split("=", 1) for line in lines)
        service = subprocess.Popen(
            ["sleep", "600"],
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._set("pid", service.pid)

    def stop(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            # It is a child of this process or, when the systemctl that started it is gone, of nobody who is here.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
            while Path(f"/proc/{self.pid}/environ").exists() and Path(f"/proc/{self.pid}/cmdline").read_bytes():
                time.sleep(0.01)
            self._set("pid", 0)

    # -- the command ---------------------------------------------------------------------------------------------------

    def systemctl(self, *arguments: str) -> int:
        self._set("calls", [*self.calls(), " ".join(arguments)])
        if arguments == ("daemon-reload",):
            lines = [line for file in sorted(self._dropins()) for line in file.read_text().splitlines()]
            files = [line.partition("=")[2] for line in lines if line.startswith("EnvironmentFile=")]
            self._set("environment_files", files)
        elif arguments in [("restart", self.unit), ("try-restart", self.unit)]:
            if self.pid or arguments[0] == "restart":
                self.stop()
                self.start()
        elif arguments == ("show", "--property=MainPID", self.unit):
            print(f"MainPID={self.pid}")
        else:
            print(f"Unknown to this systemctl: {arguments}", file=sys.stderr)
            return 1
        return 0

    def _dropins(self) -> list[Path]:
        return list((self.units / f"{self.unit}.d").glob("*.conf"))

    def _get(self, name: str, default: object) -> object:
        file = self.directory / f"{name}.json"
        return json.loads(file.read_text()) if file.exists() else default

    def _set(self, name: str, value: object) -> None:
        (self.directory / f"{name}.json").write_text(json.dumps(value))


if __name__ == "__main__":
    sys.exit(FakeSystemd(Path(sys.argv[1]), sys.argv[2]).systemctl(*sys.argv[3:]))
