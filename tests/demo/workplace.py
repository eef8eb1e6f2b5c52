# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A place to rehearse a rotation in: an inventory with one consumer, its process, a vault password and a record.

The demo and the system tests both work in one, so that the demo shows what the tests prove.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

ACCOUNT = "abcd1234"
FIRST_SECRET = "RehearsalSecret1"
PLAYBOOK = "community.vonage.rotate_api_secret"
_CONSUMER = Path(__file__).with_name("consumer.py")

# Seconds after which something hangs, however busy the machine is.
HANGS = 600


def account(**changes: Any) -> dict[str, Any]:
    """An account for the simulator, with one secret that is long due for rotation."""
    secret = {"value": FIRST_SECRET, "created_at": "2026-03-04T05:06:07Z"}
    return {
        "api_key": ACCOUNT,
        "secrets": [secret],
        "balance": "42.50",
        "auto_reload": True,
        "trx": "00X123",
        **changes,
    }


class Workplace:
    """Everything that one rotation needs beside Vonage.

    :param directory: An existing, empty directory for all files.
    :param url: Base URL of the simulator.
    """

    def __init__(self, directory: Path, url: str) -> None:
        self.directory = directory
        self.url = url
        self.record = directory / "record.yml"
        self.env_file = directory / "consumer" / "vonage.env"
        self.vault_password = directory / "vault-password"
        self.inventory = directory / "inventory.yml"
        self._consumer: subprocess.Popen[bytes] | None = None
        self.env_file.parent.mkdir()
        self.env_file.write_text(f"VONAGE_API_KEY={ACCOUNT}\nVONAGE_API_SECRET={FIRST_SECRET}\n", encoding="utf-8")
        self.vault_password.write_text("rehearsal\n", encoding="utf-8")
        self.write_inventory()

    def write_inventory(self, **changes: Any) -> None:
        """Write the inventory: one consumer, which is this machine.

        :param changes: Role variables without their prefix, on top of the usual ones.
        """
        state = self.env_file.parent
        variables = {
            "record": str(self.record),
            "consumers": "sms_gateways",
            "env_file": str(self.env_file),
            "env_file_reload": ["sh", "-c", f"kill -HUP $(cat {state}/pid)"],
            "env_file_confirm": ["cat", f"{state}/generation"],
            **changes,
        }
        host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        inventory = {
            "all": {
                "children": {"sms_gateways": {"hosts": {"gateway1": host}}},
                "vars": {f"rotate_api_secret_{name}": value for name, value in variables.items()},
            }
        }
        self.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """The environment of a run: the account's first credentials, and where the simulator is."""
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "VONAGE_API_KEY": ACCOUNT,
            "VONAGE_API_SECRET": FIRST_SECRET,
            "VONAGE_REST_URL": self.url,
            "VONAGE_API_URL": self.url,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
        }

    def command(self, *arguments: str, playbook: str = PLAYBOOK, vault: bool = True) -> list[str]:
        """The command line of a run."""
        vaulted = ["--vault-password-file", str(self.vault_password)] if vault else []
        return ["ansible-playbook", "-i", str(self.inventory), *vaulted, playbook, *arguments]

    def start_consumer(self) -> None:
        """Start the consumer, and wait until Vonage has accepted it."""
        self._consumer = subprocess.Popen(
            [sys.executable, str(_CONSUMER), str(self.env_file), self.url, str(self.env_file.parent)]
        )
        wait_for((self.env_file.parent / "generation").exists, "the consumer's first login")

    def stop_consumer(self) -> Mapping[str, int]:
        """Stop the consumer.

        :returns: How many of its logins were `accepted`, `refused` and `failed`.
        """
        assert self._consumer is not None, "the consumer was not started"
        self._consumer.send_signal(signal.SIGTERM)
        self._consumer.wait(HANGS)
        self._consumer = None
        return self.counts()

    def close(self) -> None:
        """Stop the consumer if it still runs."""
        if self._consumer is not None:
            self.stop_consumer()

    def counts(self) -> Mapping[str, int]:
        """How many of the consumer's logins were `accepted`, `refused` and `failed` until now."""
        counts: dict[str, int] = json.loads((self.env_file.parent / "counts.json").read_text(encoding="utf-8"))
        return counts


def wait_for(condition: Callable[[], bool], what: str, timeout: float = HANGS) -> None:
    """Wait until a condition holds.

    :param condition: Is asked again and again.
    :param what: What is waited for, for the message.
    :param timeout: Seconds.
    :raises TimeoutError: It did not hold in time.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {timeout:g} s in vain for {what}")
        time.sleep(0.02)
