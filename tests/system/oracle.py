# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The leak oracle: has Ansible write all that it can, watches what cannot be read later, and searches everything."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conftest import HANGS, Rehearsal, Run, forms
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request

LOUD = ("-vvvvv", "--diff")

# The first part of each artefact's name. What ansible-runner writes is there only when it ran.
KINDS = ("output", "log", "tree", "junit", "facts", "tmp", "processes", "requests", "runner")

# ansible-runner writes its whole environment here: it is an input, like the environment itself.
_INPUTS = ("command", "env", "project", "inventory")


class Oracle:
    """A context manager around runs of Ansible: watches the process list and the requests while it is entered."""

    def __init__(self, place: Rehearsal) -> None:
        self._place = place
        self._directory = place.directory / "oracle"
        self._outputs: list[str] = []
        self._requests: list[str] = []
        self._commands: set[bytes] = set()
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        # The simulator's own log is redacted: what is searched are the requests as they came.
        intercept(place.simulator, self._record)

    def __enter__(self) -> Oracle:
        self._watcher.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._stopped.set()
        self._watcher.join()

    def saw_process(self, argument: str) -> bool:
        """Whether a process with this argument was in the process list."""
        return any(argument.encode() in command for command in set(self._commands))

    @property
    def environment(self) -> dict[str, str]:
        """Variables that have Ansible write everything that it can beside the screen."""
        variables = {
            "ANSIBLE_LOG_PATH": self._directory / "log" / "ansible.log",
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree",
            "ANSIBLE_CALLBACK_TREE_DIR": self._directory / "tree",
            "JUNIT_OUTPUT_DIR": self._directory / "junit",
            "JUNIT_FAIL_ON_IGNORE": "true",
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": self._directory / "facts",
            "ANSIBLE_GATHERING": "implicit",
            "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true",
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_REMOTE_TMP": self._directory / "tmp" / "remote",
            "ANSIBLE_LOCAL_TEMP": self._directory / "tmp" / "local",
        }
        (self._directory / "log").mkdir(parents=True, exist_ok=True)
        return {name: str(value) for name, value in variables.items()}

    def run(self, *arguments: str, **options: Any) -> Run:
        """Run a playbook as `Rehearsal.run` does, with everything written."""
        environment = {**self.environment, **options.pop("environment", {})}
        run = self._place.run(*LOUD, *arguments, environment=environment, **options)
        self._outputs.append(run.output)
        return run

    def run_in_runner(self, playbook: str, environment: dict[str, str]) -> Run:
        """Run a playbook in ansible-runner, which writes the stream of JSON events that AWX shows."""
        directory = self._directory / "runner"
        directory.mkdir(parents=True)
        result = subprocess.run(
            [
                "ansible-runner", "run", str(directory), "--ident", "job", "--playbook", playbook,
                "--inventory", str(self._place.inventory), f"--cmdline={' '.join(LOUD)}",
            ],
            env={
                **self._place.environment(),
                **self.environment,
                # With it, each event holds the options of its task in clear, which Ansible's documentation warns of.
                "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "false",
                "ANSIBLE_VAULT_PASSWORD_FILE": str(self._place.vault_password),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=HANGS,
            check=False,
        )  # fmt: skip
        run = Run(result.returncode, result.stdout)
        self._outputs.append(run.output)
        return run

    def result(self, host: str) -> str:
        """The result of the last task of a host, as JSON."""
        return (self._directory / "tree" / host).read_text(encoding="utf-8")

    def log(self) -> str:
        """Everything that Ansible wrote for people, complete.

        The screen of ansible-runner is not: of the lines that were written in between two events, it shows the last one
        when it reads them together with the next event.
        """
        return (self._directory / "log" / "ansible.log").read_text(encoding="utf-8")

    def artefacts(self) -> dict[str, str]:
        """Everything that was written or seen, by its name, which begins with its kind."""
        texts = {f"output/{number}": output for number, output in enumerate(self._outputs)}
        texts["processes"] = b"\n".join(sorted(self._commands)).decode(errors="replace")
        texts["requests"] = "\n".join(self._requests)
        for file in sorted(self._directory.rglob("*")):
            name = file.relative_to(self._directory)
            if file.is_file() and not (name.parts[0] == "runner" and set(name.parts) & set(_INPUTS)):
                texts[str(name)] = file.read_text(encoding="utf-8", errors="replace")
        return texts

    def find(self, *secrets: str) -> list[str]:
        """The names of the artefacts that give one of these secrets away."""
        needles = [form for secret in secrets for form in forms(secret)]
        return [name for name, text in self.artefacts().items() if any(needle in text for needle in needles)]

    def assert_silent(self, secrets: Iterable[str], options: Iterable[str] = ()) -> None:
        """No secret is anywhere.

        :param secrets: Values that may be nowhere at all.
        :param options: Values that were given as options of tasks. They may be in the files in which Ansible carries
            the options of any module to its host, when it was told to keep these files.
        """
        kinds = {name.partition("/")[0] for name, text in self.artefacts().items() if text}
        assert kinds >= {"output", "log", "tree", "junit", "processes", "requests"}, "nothing was written"
        found = self.find(*secrets) + [name for name in self.find(*options) if not Path(name).match("AnsiballZ_*.py")]
        assert not found, f"a secret is in {found}"

    def _record(self, request: Request, answer: Answer) -> Delivery:
        shown = [f"{request.method} {request.path}?{request.query_string}"]
        shown += [f"{name}: {value}" for name, value in request.headers.items() if name != "authorization"]
        if not (request.method == "POST" and request.path.endswith("/secrets")):
            shown.append(request.body.decode(errors="replace"))
        self._requests.append("\n".join(shown))
        return answer(request)

    def _watch(self) -> None:
        while not self._stopped.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    # Of the runs that are watched: what others do on this machine is not theirs.
                    if bytes(self._directory) in (process / "environ").read_bytes():
                        self._commands.add((process / "cmdline").read_bytes())
