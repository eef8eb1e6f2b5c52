# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process for a run, so that several can be under way: Ansible keeps much in globals."""

from __future__ import annotations

import os
import signal
import threading
import traceback
import typing as t
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from ansible.errors import AnsibleActionFail
from edges import Ask
from world import Refused

# Of what the other process says.
_RETURNED, _RAISED = "returned", "raised"

Play = t.Callable[[Ask], bool]


def play_apart(play: Play, answer: Ask) -> bool:
    """Run something in a process of its own.

    :param play: What to run there. It is given a function that asks.
    :param answer: Answers here. When it raises anything but what a store or a consumer may, the process is killed.
    :returns: What it returned.
    """
    here, there = Pipe()
    process = os.fork()
    if process == 0:
        here.close()
        _play_and_exit(play, there)
    there.close()
    try:
        while True:
            question, arguments, options = here.recv()
            if question == _RETURNED:
                return bool(arguments)
            if question == _RAISED:
                raise AssertionError(arguments)
            try:
                here.send((True, answer(question, *arguments, **options)))
            except (AnsibleActionFail, Refused) as error:
                here.send((False, str(error)))
    finally:
        here.close()
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _play_and_exit(play: Play, there: Connection) -> t.NoReturn:
    one_at_a_time = threading.Lock()

    def ask(question: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        with one_at_a_time:
            try:
                there.send((question, arguments, options))
                succeeded, answer = there.recv()
            except (OSError, EOFError):
                # Nobody is there any more.
                os._exit(1)
        if succeeded:
            return answer
        raise AnsibleActionFail(answer)

    try:
        there.send((_RETURNED, play(ask), None))
    except BaseException:
        there.send((_RAISED, traceback.format_exc(), None))
    finally:
        os._exit(0)
