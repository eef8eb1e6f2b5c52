# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The process of a consumer: have it read what was written, and confirm which generation of the secret it uses.

The process is asked, and not the file: a run that was killed before the reload leaves a process with the old secret.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
import typing as t
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Exit status, standard output and standard error of a command.
Output = tuple[int, str, str]

# What is read of the output of a command.
_MOST_BYTES = 64 * 1024

_NUMBER = re.compile("[0-9]{1,9}")


class ProcessError(Exception):
    """The process does not use the secret. The text says why; it may hold what a command printed."""


def run_command(command: Sequence[str]) -> Output:
    """Run a command. As in the module command, `~` and variables of the environment in it are replaced.

    :raises ProcessError: It cannot be started.
    """
    words = [os.path.expanduser(os.path.expandvars(word)) for word in command]
    # Files, because the end of a pipe would be waited for, and a daemon that the command starts keeps a pipe open.
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        try:
            # The program that serves a consumer has no AnsibleModule. pylint: disable-next=ansible-bad-function
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=False)
        except OSError as error:
            raise ProcessError(f"{_shown(command)} cannot be started: {error.strerror}") from None
        printed = [_read(file) for file in (stdout, stderr)]
    return done.returncode, printed[0], printed[1]


@dataclass(frozen=True)
class Process:
    """How to reach a process.

    :ivar reload: The command that has the process read its file; empty for none.
    :ivar confirm: The command that prints the generation that the process uses; empty for none.
    :ivar retries: How often `confirm` runs again until the process uses the generation.
    :ivar delay: Seconds between two of these.
    :ivar run: Runs a command, given as a list of arguments.
    :ivar sleep: Waits a number of seconds.
    """

    reload: Sequence[str] = ()
    confirm: Sequence[str] = ()
    retries: int = 0
    delay: float = 0
    run: Callable[[Sequence[str]], Output] = run_command
    sleep: Callable[[float], t.Any] = time.sleep

    def use(self, generation: int, written: bool) -> bool:
        """Have the process use a generation.

        :param generation: The number of the secret.
        :param written: Whether the file of the process was changed.
        :returns: Whether the process was made to read its file.
        :raises ProcessError: A command failed, or the process uses another generation.
        """
        stale = written or bool(self.confirm and self._confirmed() != generation)
        if stale and self.reload:
            status, stdout, stderr = self.run(self.reload)
            if status != 0:
                raise ProcessError(f"{_shown(self.reload)} failed with status {status}: {stderr or stdout}")
        if self.confirm:
            self._wait_for(generation)
        return bool(stale and self.reload)

    def _wait_for(self, generation: int) -> None:
        for attempt in range(self.retries + 1):
            if attempt:
                self.sleep(self.delay)
            if self._confirmed() == generation:
                return
        status, stdout, stderr = self.run(self.confirm)
        raise ProcessError(
            f"{_shown(self.confirm)} does not confirm generation {generation}. Its status is {status}, and it printed:"
            f" {stdout.strip()} {stderr.strip()}"
        )

    def _confirmed(self) -> int | None:
        """The generation that the process uses. A command that fails confirms nothing, whatever it prints."""
        status, stdout, _stderr = self.run(self.confirm)
        text = stdout.strip()
        return int(text) if status == 0 and _NUMBER.fullmatch(text) else None


def _read(file: t.BinaryIO) -> str:
    file.seek(0)
    return file.read(_MOST_BYTES).decode("utf-8", "replace")


def _shown(command: Sequence[str]) -> str:
    return " ".join(command)
