# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that is asked, reloaded and asked again: what confirms a generation, and what does not."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.community.vonage.plugins.module_utils._consumer_process import (
    Output,
    Process,
    ProcessError,
    run_command,
)

RELOAD = ("systemctl", "reload", "sms-gateway")
CONFIRM = ("sms-gateway", "--generation")


class Commands:
    """Commands of a process that uses a generation, and another one after a reload.

    :param outputs: What the process answers, each until the next reload; the last one stays.
    """

    def __init__(self, *outputs: Output, reload: Output = (0, "", "")) -> None:
        self.ran: list[str] = []
        self.slept: list[float] = []
        self._outputs = list(outputs)
        self._reload = reload

    def run(self, command: Sequence[str]) -> Output:
        self.ran.append("reload" if command == RELOAD else "confirm")
        if command == RELOAD:
            del self._outputs[: len(self._outputs) > 1]
            return self._reload
        return self._outputs[0]

    def process(self, **options: t.Any) -> Process:
        options = {"reload": RELOAD, "confirm": CONFIRM, **options}
        return Process(run=self.run, sleep=self.slept.append, **options)


def test_a_process_that_uses_it_is_only_asked() -> None:
    commands = Commands((0, " 4\n", ""))
    assert commands.process().use(4, written=False) is False
    assert "reload" not in commands.ran


@pytest.mark.parametrize("written", [True, False])
def test_a_process_that_uses_another_one_reads_its_file(written: bool) -> None:
    commands = Commands((0, "3", ""), (0, "4", ""))
    assert commands.process().use(4, written) is True
    assert commands.ran.count("reload") == 1


def test_a_process_reads_a_file_that_was_written_whatever_it_says() -> None:
    commands = Commands((0, "4", ""))
    assert commands.process().use(4, written=True) is True


@pytest.mark.parametrize(
    "output",
    [(0, "3", ""), (0, "", ""), (0, "4 or so", ""), (0, "4\n5", ""), (3, "4", "cannot reach it"), (0, "²", "")],
    ids=str,
)
def test_anything_else_confirms_nothing(output: Output) -> None:
    commands = Commands(output)
    with pytest.raises(ProcessError, match="sms-gateway --generation does not confirm generation 4"):
        commands.process(retries=2, delay=1.5).use(4, written=True)
    assert commands.slept == [1.5, 1.5]


def test_a_process_may_take_its_time() -> None:
    outputs: list[Output] = [(0, "3", ""), (7, "", ""), (0, "4", "")]
    process = Process(run=lambda _command: outputs.pop(0), confirm=CONFIRM, retries=5, sleep=lambda _seconds: None)
    assert process.use(4, written=True) is False
    assert outputs == []


def test_a_reload_that_fails_is_an_error() -> None:
    commands = Commands((0, "4", ""), reload=(1, "out", "no such unit"))
    with pytest.raises(ProcessError, match="systemctl reload sms-gateway failed with status 1: no such unit"):
        commands.process().use(4, written=True)


def test_without_commands_nothing_runs() -> None:
    commands = Commands()
    assert commands.process(reload=(), confirm=()).use(4, written=True) is False
    assert commands.ran == []


def test_a_command_prints_and_ends() -> None:
    assert run_command(["sh", "-c", "echo 4; echo why >&2; cat; exit 3"]) == (3, "4\n", "why\n")


def test_a_command_finds_its_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run_command(["echo", "~/pid", "$HOME", "${NOT_SET}"])[1] == f"{tmp_path}/pid {tmp_path} ${{NOT_SET}}\n"


def test_a_daemon_that_a_command_leaves_is_not_waited_for(tmp_path: Path) -> None:
    daemon = tmp_path / "daemon"
    # It waits for this file, so a test that waited for the daemon would not end.
    script = f"(while [ ! -e {daemon} ]; do sleep 0.1; done) & echo started"
    assert run_command(["sh", "-c", script]) == (0, "started\n", "")
    daemon.touch()


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(ProcessError, match="no-such-command --now cannot be started: No such file or directory"):
        run_command(["no-such-command", "--now"])
