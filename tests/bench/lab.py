# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where it is measured: the servers, the collections, one environment for all, and runs of ansible-playbook."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import certifi
import requests
import trustme
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from server import CREATED_AT, id_of, secret_of

HERE = Path(__file__).parent

# Seconds; a run that hangs is a bug.
_LONGEST_RUN = 30 * 60


class Failed(Exception):
    """A run did not do what is to be measured."""


@dataclass(frozen=True)
class Condition:
    """How the server answers."""

    tls: bool = False
    latency: float = 0.0

    def __str__(self) -> str:
        return f"{'TLS' if self.tls else 'plain'}, {self.latency * 1000:.0f} ms"


@dataclass(frozen=True)
class Measurement:
    """What one run cost.

    :ivar wall: Seconds from start to end.
    :ivar cpu: Seconds of CPU, user and system, of ansible-playbook and every process below it.
    :ivar peak: Bytes of the largest resident set of any of these processes.
    :ivar server: Seconds of CPU of the server meanwhile.
    :ivar requests: Requests that the server was sent.
    """

    wall: float
    cpu: float
    peak: int
    server: float
    requests: int


@dataclass(frozen=True)
class Case:
    """A run to be measured.

    :ivar name: What it is called in the results.
    :ivar count: How many tasks, or accounts, its cost is divided by.
    :ivar playbook: Plays, or the name of a playbook in a collection.
    :ivar requests: How many requests it must make; None if that is a result too.
    :ivar hosts: Variables of each host in the group `accounts`.
    :ivar variables: Of all hosts.
    :ivar environment: Variables of the environment, on top of those of all runs.
    :ivar first: Whether to run the first version of the collection.
    :ivar rotated: The accounts that must have a new secret, and no other, afterwards.
    :ivar over: The accounts whose records say that their rotation is over.
    """

    name: str
    count: int
    playbook: Sequence[dict[str, Any]] | str
    requests: int | None = None
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    condition: Condition = Condition()
    first: bool = False
    rotated: Sequence[str] = ()
    over: Sequence[str] = ()


class Server:
    """A server process, and the way to what only the simulator knows."""

    def __init__(self, directory: Path, accounts: int, certificate: Path | None, ca: Path) -> None:
        ready = directory / f"server-{'tls' if certificate else 'plain'}.json"
        arguments = ["--tls-cert", str(certificate)] if certificate else []
        self._process = subprocess.Popen(
            [sys.executable, HERE / "server.py", ready, "--accounts", str(accounts), *arguments], stdin=subprocess.PIPE
        )
        self._control = requests.Session()
        self._control.trust_env = False
        self._control.verify = str(ca)
        deadline = time.monotonic() + 120
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Failed("the server did not start")
            time.sleep(0.02)
        self.url: str = json.loads(ready.read_text(encoding="utf-8"))["url"]

    def start_again(self, latency: float) -> None:
        """Forget what was done to the accounts, and answer so many seconds late from now on."""
        slow = [{"action": "slow", "seconds": latency, "times": None}] if latency else []
        self._call("PUT", "accounts", {"faults": slow})

    def count(self) -> int:
        """How many requests there were since the last call."""
        deleted: int = self._call("DELETE", "log", {})["deleted"]
        return deleted

    def secrets(self) -> dict[str, list[str]]:
        """When the secrets of each account were created."""
        accounts = self._call("GET", "accounts", {})["accounts"]
        return {row["api_key"]: [secret["created_at"] for secret in row["secrets"]] for row in accounts}

    def cpu(self) -> float:
        """Seconds of CPU since the start."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        answer = self._control.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json()


class Lab:
    """Runs cases.

    :param directory: For everything that is written; emptied first.
    :param collections: Where the collection is installed.
    :param first: Where the first version of the collection is, or None.
    :param accounts: How many accounts a server has beside the primary one.
    """

    def __init__(self, directory: Path, collections: Path, first: Path | None, accounts: int) -> None:
        self.directory = directory
        self.first = first and first.resolve()
        self._collections = collections.resolve()
        self._accounts = accounts
        self._servers: dict[bool, Server] = {}
        shutil.rmtree(directory, ignore_errors=True)
        plugins = directory / "noop/ansible_collections/bench/noop/plugins"
        for kind, source in (("action", "noop_action.py"), ("modules", "noop_module.py")):
            target = plugins / kind / f"{source.removesuffix('.py')}.py"
            target.parent.mkdir(parents=True)
            shutil.copy2(HERE / source, target)
        # As large a file as the one that a machine has: to read it is a part of what TLS costs.
        self.ca = directory / "ca.pem"
        authority = trustme.CA()
        self.ca.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        self._certificate = directory / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(self._certificate))
        self.vault_password = directory / "vault-password"
        self.vault_password.write_text("benchmark\n", encoding="utf-8")
        # Empty: what a user has set is not measured.
        self._settings = directory / "ansible.cfg"
        self._settings.touch()

    @contextlib.contextmanager
    def open(self) -> Iterator[Lab]:
        """Run the servers meanwhile."""
        try:
            for tls in (False, True):
                certificate = self._certificate if tls else None
                self._servers[tls] = Server(self.directory, self._accounts, certificate, self.ca)
            yield self
        finally:
            for server in self._servers.values():
                server.stop()

    def run(self, case: Case) -> Measurement:
        """Run a case once.

        :raises Failed: It did not end well, or did not make the requests that it is to make.
        """
        place = self.directory / "run"
        shutil.rmtree(place, ignore_errors=True)
        (place / "records").mkdir(parents=True)
        server = self._servers[case.condition.tls]
        server.start_again(case.condition.latency)
        server.count()
        arguments = self._write(case, place, server.url)
        report, log = place / "cost.json", place / "output.txt"
        before = server.cpu()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, HERE / "tree.py", report, "ansible-playbook", *arguments],
                cwd=place,
                env=self._environ(case, server.url),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(_LONGEST_RUN)
            except BaseException:
                # Of any kind: an interrupted benchmark leaves nothing behind.
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
                raise
        made = server.count()
        text = log.read_text(encoding="utf-8", errors="replace")
        secrets = server.secrets()
        problem = ""
        if status:
            problem = f"ended with {status}"
        elif case.requests not in (None, made):
            problem = f"made {made} requests instead of {case.requests}"
        elif any(len(secrets[key]) != 1 or secrets[key] == [CREATED_AT] for key in case.rotated):
            problem = "did not rotate every account"
        if problem:
            raise Failed(f"{case.name} ({case.condition}) {problem}:\n{text[-3000:]}")
        used = json.loads(report.read_text(encoding="utf-8"))
        return Measurement(used["wall"], used["cpu"], used["peak"], server.cpu() - before, made)

    def _write(self, case: Case, place: Path, url: str) -> list[str]:
        local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        hosts = {name: {**local, **variables} for name, variables in case.hosts.items()}
        variables = {
            "url": url,
            "ca": str(self.ca) if case.condition.tls else None,
            "records": str(place / "records"),
            **case.variables,
        }
        inventory = {"all": {"vars": variables, "children": {"accounts": {"hosts": hosts}}}}
        (place / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
        for key in case.over:
            (place / "records" / f"{key}.yml").write_bytes(self._encrypted(_record_that_is_over(key)))
        playbook = case.playbook
        if not isinstance(playbook, str):
            (place / "playbook.yml").write_text(yaml.safe_dump(list(playbook), sort_keys=False), encoding="utf-8")
            playbook = "playbook.yml"
        return ["-i", "inventory.yml", "--vault-password-file", str(self.vault_password), playbook]

    def _encrypted(self, record: dict[str, Any]) -> bytes:
        secret = VaultSecret(self.vault_password.read_bytes().strip())
        encrypted: bytes = VaultLib([("default", secret)]).encrypt(yaml.safe_dump({"vonage_rotation": record}), secret)
        return encrypted

    def _environ(self, case: Case, url: str) -> dict[str, str]:
        """The same for all runs, as far as the case has no other."""
        dropped = ("ANSIBLE_", "PYTHON", "VONAGE_")
        collections = self.first if case.first else self._collections
        trust = {"VONAGE_CA_PATH": str(self.ca)} if case.condition.tls else {}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(dropped)},
            "ANSIBLE_COLLECTIONS_PATH": f"{collections}{os.pathsep}{self.directory / 'noop'}",
            "ANSIBLE_CONFIG": str(self._settings),
            # Nothing is printed of what went well; of what did not, everything.
            "ANSIBLE_DISPLAY_OK_HOSTS": "false",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_FORKS": "5",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "NO_PROXY": "127.0.0.1",
            # The SDK has no option for it.
            "REQUESTS_CA_BUNDLE": str(self.ca),
            "VONAGE_API_URL": url,
            "VONAGE_REST_URL": url,
            **trust,
            **case.environment,
        }


def _record_that_is_over(key: str) -> dict[str, Any]:
    current = {"value": secret_of(key), "id": id_of(key), "created_at": CREATED_AT, "since": CREATED_AT}
    return {
        **{"schema": 1, "account_id": key, "version": 9, "generation": 2, "stage": "idle", "current": current},
        **{"pending": None, "previous": None, "retired": [], "ids_before": [], "lease": None},
    }
