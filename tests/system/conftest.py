# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the system tests share: the simulator in this process, a place to rehearse in, and runs of Ansible.

The collection under test is the one that Ansible finds, so ANSIBLE_COLLECTIONS_PATH must lead to it.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# Some tests use the collection itself beside Ansible.
sys.path.append(os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""))
sys.path[:0] = [str(ROOT / "tests" / "demo"), str(ROOT / "roles" / "simulator" / "files")]

from workplace import ACCOUNT, FIRST_SECRET, HANGS, Workplace, account  # noqa: E402

from vonage_simulator.server import Simulator  # noqa: E402
from vonage_simulator.state import Account  # noqa: E402

# Files that are for anybody: reports and metrics.
_SHOWN = (".jsonl", ".prom")


class _RecordLoader(yaml.SafeLoader):
    """Reads Ansible's tag of texts that are no templates, too."""


_RecordLoader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@dataclass(frozen=True)
class Run:
    """A run of Ansible that has ended.

    :ivar status: Its exit status; negative for the signal that killed it.
    :ivar output: What it wrote to both streams.
    """

    status: int
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something, as the recap counts them."""
        words = self.output.rpartition("PLAY RECAP")[2].split()
        return sum(int(word[8:]) for word in words if word.startswith("changed="))

    @property
    def text(self) -> str:
        """The output with its line breaks folded, to look for a sentence in."""
        return " ".join(self.output.replace("\\n", " ").split())


class Rehearsal(Workplace):
    """A workplace whose runs are recorded.

    :ivar shows: A value that a test has shown on purpose.
    """

    def __init__(self, directory: Path, simulator: Simulator) -> None:
        super().__init__(directory, simulator.url)
        self.simulator = simulator
        self.shows = ""
        self._outputs: list[str] = []

    def run(self, *arguments: str, kill_after: str | None = None, **options: Any) -> Run:
        """Run the playbook that is shipped, or another one.

        :param arguments: Further arguments of ansible-playbook.
        :param kill_after: Name of a task after which the run is killed.
        :param options: `playbook`, `vault`; `environment`: variables on top of the usual ones.
        """
        environment = {**self.environment(), **options.pop("environment", {})}
        if kill_after is not None:
            environment["ANSIBLE_CALLBACK_PLUGINS"] = str(Path(__file__).parent / "callback")
            environment["ANSIBLE_CALLBACKS_ENABLED"] = "kill_after"
            environment["KILL_AFTER"] = kill_after
        result = subprocess.run(
            self.command(*arguments, **options),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=HANGS,
            start_new_session=True,
            check=False,
        )
        self._outputs.append(result.stdout)
        return Run(result.returncode, result.stdout)

    def check_outputs(self) -> None:
        """No run has shown a secret that Vonage has or had, on the screen, in a report or among the metrics."""
        files = [file.read_text(encoding="utf-8") for file in self.directory.rglob("*") if file.suffix in _SHOWN]
        shown = "\n".join([*self._outputs, *files])
        values = {secret.value for one in self.simulator.state.accounts.values() for secret in one.secrets}
        for value in values - {self.shows}:
            for form in forms(value):
                assert form not in shown, f"{value} is shown"

    def rotate(self, *arguments: str, **options: Any) -> Run:
        """Run the shipped playbook, and show its output when it fails."""
        run = self.run(*arguments, **options)
        assert run.status == 0, run.output
        return run

    def play(self, *tasks: dict[str, Any], arguments: tuple[str, ...] = (), **options: Any) -> Run:
        """Run tasks of one's own on localhost."""
        play = {"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}
        return self.run(*arguments, playbook=self.write_playbook(play), **options)

    def write_playbook(self, *plays: dict[str, Any]) -> str:
        """Write a playbook of one's own, and return its path."""
        playbook = self.directory / "play.yml"
        playbook.write_text(yaml.safe_dump(list(plays), sort_keys=False), encoding="utf-8")
        return str(playbook)

    def stored(self) -> dict[str, Any]:
        """The record, decrypted."""
        result = subprocess.run(
            ["ansible-vault", "view", "--vault-password-file", str(self.vault_password), str(self.record)],
            env=self.environment(),
            capture_output=True,
            check=True,
        )
        record: dict[str, Any] = yaml.load(result.stdout, _RecordLoader)["vonage_rotation"]
        return record

    def store(self, **changes: Any) -> dict[str, Any]:
        """Change the record by hand."""
        record = {**self.stored(), **changes}
        self.write_record({"vonage_rotation": record})
        return record

    def write_record(self, document: Any) -> None:
        """Write a document in the place of the record, vaulted."""
        self.record.write_text(yaml.safe_dump(document), encoding="utf-8")
        subprocess.run(
            ["ansible-vault", "encrypt", "--vault-password-file", str(self.vault_password), str(self.record)],
            env=self.environment(),
            capture_output=True,
            check=True,
        )

    def secret_ids(self, api_key: str = ACCOUNT) -> list[str]:
        """The ids of the secrets that Vonage has now."""
        return [secret.id for secret in self.account(api_key).live]

    def account(self, api_key: str = ACCOUNT) -> Account:
        """The account as Vonage has it."""
        found = self.simulator.state.find(api_key)
        assert found is not None
        return found

    def calls(self) -> list[str]:
        """The requests of the collection to Vonage so far, each as verb, path and status."""
        return [
            f"{entry.method} {entry.path} {entry.status}"
            for entry in self.simulator.log
            if entry.headers["user-agent"].startswith("ansible-vonage-account/")
        ]

    def writes(self) -> list[str]:
        """Those of them that changed something, or tried to."""
        return [call for call in self.calls() if not call.startswith("GET ")]


def forms(value: str) -> list[str]:
    """What gives a secret away, in whatever form it is written.

    Quoting for URLs, JSON, HTML and Python, also several times over, leaves letters and digits as they are, so the
    longest run of them is in all of these forms. Base64 changes them too: there are three forms, one for each position
    that the secret can begin at in what is encoded, and so after any API key.

    :param value: The secret.
    """
    run = max(re.findall("[0-9A-Za-z]+", value), key=len)
    assert len(run) >= 8, "too short a run of letters and digits to be told from other text"
    encoded = value.encode()
    found = [run]
    for before in range(3):
        text = base64.b64encode(bytes(before) + encoded).decode()
        # Without the digits that the neighbours of the value have a part in.
        found.append(text[-(-before * 4 // 3) : (before + len(encoded)) * 4 // 3])
    return found


def snippets() -> Iterator[tuple[str, str]]:
    """The YAML in the README and in the guides, by file and number."""
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("roles/*/README.md"))]:
        blocks = re.findall(r"^```ya?ml\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for number, block in enumerate(blocks, 1):
            yield f"{path.relative_to(ROOT)} {number}", block


def documented(name: str) -> dict[str, Any]:
    """The variables of the role in a snippet of the documentation, without their prefix; others are left out.

    :param name: File and number of the snippet.
    """
    content: dict[str, Any] = yaml.safe_load(dict(snippets())[name])
    return {key[18:]: value for key, value in content.items() if key.startswith("rotate_api_secret_")}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """The simulator, with one account whose only secret is due for rotation."""
    with Simulator(accounts=[account()]) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator) -> Iterator[Rehearsal]:
    """A place to rehearse in; a consumer that a test starts is stopped."""
    assert os.environ.get("ANSIBLE_COLLECTIONS_PATH"), (
        "set ANSIBLE_COLLECTIONS_PATH to where the collection is installed"
    )
    rehearsal = Rehearsal(tmp_path, simulator)
    yield rehearsal
    rehearsal.close()
    rehearsal.check_outputs()


__all__ = ["ACCOUNT", "FIRST_SECRET", "HANGS", "Rehearsal", "Run", "account", "documented", "forms", "snippets"]
