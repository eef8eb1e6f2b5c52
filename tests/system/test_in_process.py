# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in the controller's own process: what comes out is what comes out of the module, to the byte."""

from __future__ import annotations

import re
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, Rehearsal, account, forms

from vonage_simulator.server import Simulator

GROUP = "group/community.vonage.vonage"
THIS_PYTHON = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
AS_MODULE, IN_PROCESS = {"VONAGE_IN_PROCESS": "false"}, {"VONAGE_IN_PROCESS": "true"}

# Made anew for each answer: ids, times, ports of a server that is tried in vain, and how long a call waits.
MADE_ANEW = re.compile(
    "[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z|in [0-9.]+ s|j[0-9]+\\.[0-9]+"
)
# One line for each look at an asynchronous task that has not ended yet.
POLLED = re.compile("ASYNC POLL on .*\n")
# On the screen it has lines, in a result it is a text. In process there is none of a module, as ansible-core says.
TRACEBACK = re.compile('"exception": ".*"|\\(traceback missing\\)|Traceback \\(most recent call last\\):\n(?: .*\n)+.*')


def task(module: str, **options: Any) -> dict[str, Any]:
    return {f"community.vonage.{module}": options}


# So that a module which outlives its task does not do so for long.
SHORT = {"timeout": 3, "retries": 0}

BALANCE = task("vonage_balance_info")
NEW = task("vonage_api_secret", secret="SecondSecret2")

# Everything that a task may say about itself, and everything that may be wrong with it.
TASKS: dict[str, Any] = {
    "balance": BALANCE,
    "check mode": {**NEW, "check_mode": True},
    "diff": {**NEW, "check_mode": True, "diff": True},
    "no diff": {**NEW, "check_mode": True, "diff": False},
    "created": NEW,
    "settings": {**task("vonage_account_settings", http_forward_method="POST_JSON"), "diff": True},
    "topped up": task("vonage_topup", trx="00X123", below="50"),
    "not topped up": task("vonage_topup", transaction_reference="00X123", below=5),
    "candidates": task("vonage_api_secret_info", candidates="NotSecret9,NotSecret8"),
    "accounts": task("vonage_api_secret_info", account_ids=[ACCOUNT, "nowhere0", ACCOUNT], concurrency="1"),
    "no log": {**BALANCE, "no_log": True},
    "loop": {**task("vonage_balance_info", retries="{{ item }}"), "loop": [0, 1]},
    "loop with a label": {**BALANCE, "loop": [0, 1], "loop_control": {"label": "one"}},
    "loop with a failure": {**task("vonage_balance_info", api_secret="{{ item or omit }}"), "loop": ["", "Not1"]},
    "until": {**BALANCE, "register": "read", "until": "read.balance.value > 100", "retries": 1, "delay": 0},
    "failed when": {**BALANCE, "register": "read", "failed_when": "read.balance.value > 1"},
    "changed when": {**BALANCE, "changed_when": True},
    "delegated": {**BALANCE, "delegate_to": "localhost", "vars": {"ansible_connection": "local"}},
    "environment": {
        **BALANCE,
        "environment": {"VONAGE_API_SECRET": "NotSecret9", "VONAGE_RETRIES": 0},
        "module_defaults": {GROUP: {"api_secret": "{{ omit }}"}},
    },
    "environment that is wrong": {**BALANCE, "environment": {"VONAGE_TIMEOUT": "soon"}},
    "environment of a module": {**BALANCE, "environment": {"SOMETHING": "else"}},
    "asynchronous": {**BALANCE, "async": 600, "poll": 1},
    "timed out": {**task("vonage_balance_info", rest_url="{{ stalling }}", **SHORT), "timeout": 1},
    "timed out in threads": {
        **task("vonage_api_secret_info", api_url="{{ stalling }}", account_ids=["stalled1", "stalled2"], **SHORT),
        "timeout": 1,
    },
    "refused": task("vonage_balance_info", api_secret="NotSecret9"),
    "not connected": task("vonage_balance_info", rest_url="http://127.0.0.1:1", retries=1),
    "a crash of ours": task("vonage_balance_info", rest_url="{{ crashing }}"),
    "warned": task("vonage_balance_info", validate_certs=False),
    "null": task("vonage_topup", trx="00X123", below=None),
    "a list as a secret": task("vonage_api_secret", secret=["SecondSecret2"]),
    "a number as a secret": task("vonage_api_secret", secret=123456789),
    "a date as a reference": task("vonage_topup", trx=yaml.safe_load("2026-01-02")),
    "a word as a number": task("vonage_balance_info", retries="many"),
    "words as booleans": task("vonage_balance_info", validate_certs="on", ca_path="/nowhere/ca.pem"),
    "a relative path": task("vonage_balance_info", ca_path="play.yml", rest_url="https://127.0.0.1:1", retries=0),
    "no such option": task("vonage_balance_info", api_sekret="SecondSecret2"),
    "no such choice": task("vonage_api_secret", state="gone"),
    "a missing option": task("vonage_api_secret", state="absent"),
    "an option twice": task("vonage_topup", trx="00X123", transaction_reference="00X124", below=1),
    "free form": {"community.vonage.vonage_balance_info": "retries=1"},
}


LEFT_TO_THE_MODULE = {
    "environment of a module",
    "environment that is wrong",
    "asynchronous",
    "a date as a reference",
    "a word as a number",
    "a relative path",
    "no such option",
    "no such choice",
    "a missing option",
    "an option twice",
}


# Whatever Python is started, the controller's own or that of a module, runs this first. What breaks in a call itself is
# taken for an answer that did not come, so it is the wait before the next attempt that breaks.
CRASH = """
import random

import requests

request = requests.Session.request


def crashing(session, method, url, *arguments, **options):
    if "/crashing" in url:
        random.uniform = lambda *_arguments: {}["on purpose"]
        raise requests.ConnectionError
    return request(session, method, url, *arguments, **options)


requests.Session.request = crashing
"""
CRASHING = {"sitecustomize.py": CRASH}


def playbook(place: Rehearsal, tasks: dict[str, Any]) -> str:
    """One play for each task, on a host of its name."""
    defaults = {"api_key": ACCOUNT, "api_secret": FIRST_SECRET, "rest_url": place.url, "api_url": place.url}
    plays = [
        {
            "hosts": name.replace(" ", "_"),
            "gather_facts": False,
            "vars": {name: f"{place.url}/{name}" for name in ("stalling", "crashing")},
            "module_defaults": {GROUP: defaults},
            "tasks": [
                {"name": name, "ignore_errors": True, "register": "result", **details},
                {"name": "Result", "ansible.builtin.debug": {"var": details.get("register", "result")}},
            ],
        }
        for name, details in tasks.items()
    ]
    hosts = {play["hosts"]: THIS_PYTHON for play in plays}
    place.inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    return place.write_playbook(*plays)


def run_both(
    place: Rehearsal,
    *arguments: str,
    tasks: dict[str, Any] | None = None,
    python: dict[str, str],
    **environment: str,
) -> tuple[str, str]:
    """What a playbook writes as modules and in process, each time with the same accounts.

    :param tasks: Those of the playbook, instead of `TASKS`.
    :param python: Files that every Python finds before its own, by name.
    :param environment: Variables on top of the usual ones.
    """
    tasks = TASKS if tasks is None else tasks
    # Of an option that does not exist, Ansible cannot know that it is a secret.
    place.shows = "SecondSecret2"
    outputs = []
    place.simulator.add_fault("stall", path="/stalling/", times=None)
    path = place.directory / "python"
    path.mkdir()
    for name, content in python.items():
        (path / name).write_text(content, encoding="utf-8")
    for way in (AS_MODULE, IN_PROCESS):
        place.simulator.engine.load_accounts([account()])
        run = place.run(
            *arguments,
            playbook=playbook(place, tasks),
            environment={"PYTHONPATH": str(path), **environment, **way},
        )
        assert run.output.count("\nPLAY [") == len(tasks), run.output
        outputs.append(MADE_ANEW.sub("*", POLLED.sub("", run.output)))
    return outputs[0], outputs[1]


# A task of each kind: one that changes something, warns, hides, repeats, fails, crashes, and has a wrong option.
SPREAD = ("diff", "topped up", "no log", "loop with a failure", "until", "a crash of ours", "warned", "no such option")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(SPREAD, id="spread"),
        pytest.param(tuple(TASKS), id="all", marks=[pytest.mark.full, pytest.mark.every_core]),
    ],
)
def test_the_output_is_that_of_the_module(place: Rehearsal, names: tuple[str, ...]) -> None:
    module, in_process = run_both(place, "--diff", tasks={name: TASKS[name] for name in names}, python=CRASHING)
    assert in_process.splitlines() == module.splitlines()
    assert "KeyError: 'on purpose' (sitecustomize.py:" in module


@pytest.mark.full
def test_the_loudest_output_is_that_of_the_module(place: Rehearsal) -> None:
    """It shows how a task was invoked; left out is how a module is carried to where it runs, and its call stack."""
    module, in_process = run_both(place, "-vvv", python=CRASHING, ANSIBLE_DISPLAY_TRACEBACK="always")
    for name in TASKS:
        assert blocks(in_process)[name] == blocks(module)[name]
    # Or two runs of a module would have been compared.
    parts = in_process.split("\nTASK [")
    assert {part.partition("]")[0] for part in parts if " runs as a module: " in part} == LEFT_TO_THE_MODULE


def test_without_requests_the_output_is_that_of_the_module(place: Rehearsal) -> None:
    tasks = {name: TASKS[name] for name in ("balance", "created")}
    missing = {"requests.py": "raise ImportError('No module named requests')"}
    module, in_process = run_both(place, "-vvv", tasks=tasks, python=missing)
    assert blocks(in_process) == blocks(module)
    assert in_process.count("runs as a module: requests is not installed for ") == len(tasks)
    assert "Failed to import the required Python library (requests)" in module
    assert place.calls() == []


def blocks(output: str) -> dict[str, list[str]]:
    """The lines of each task, without those of the connection and without tracebacks."""
    found: dict[str, list[str]] = {}
    for part in TRACEBACK.sub("*", output).split("\nTASK [")[1:]:
        name, _bracket, text = part.partition("]")
        lines = [line for line in text.splitlines() if not re.match("<|Using module file|.* runs as a module: ", line)]
        found.setdefault(name, []).extend(lines)
    return found


@pytest.mark.full
@pytest.mark.every_core
def test_what_cannot_be_done_in_process_runs_as_a_module(place: Rehearsal) -> None:
    other_python = {"ansible_python_interpreter": str(link_to_this_python(place.directory))}
    tasks: dict[str, dict[str, Any]] = {
        "vonage_in_process is false": {**BALANCE, "vars": {"vonage_in_process": "{{ not true }}"}},
        "it is asynchronous": {**BALANCE, "async": 600, "poll": 1},
        "it uses become": {**BALANCE, "become": True},
        "its environment sets PYTHONPATH": {**BALANCE, "environment": {"PYTHONPATH": "", "VONAGE_RETRIES": "1"}},
        "the module must check its options": task("vonage_balance_info", timeout="long"),
        f"the interpreter is {other_python['ansible_python_interpreter']}": {**BALANCE, "vars": other_python},
    }
    run = place.play(*({**details, "ignore_errors": True} for details in tasks.values()), arguments=("-vvv",))
    assert re.findall("community.vonage.vonage_balance_info runs as a module: (.*)", run.output) == list(tasks)


def link_to_this_python(directory: Path) -> Path:
    link = directory / "python"
    link.symlink_to(sys.executable)
    return link


def test_a_gateway_that_echoes_the_login_in_broken_headers_gets_it_into_no_log(place: Rehearsal) -> None:
    """Ansible's log file shows what libraries log, and urllib3 logs headers that it cannot read."""
    log = place.directory / "ansible.log"
    echo = b"HTTP/1.1 200 OK\r\nno header\r\nX-Echo: %s\r\nContent-Length: 2\r\n\r\n{}"
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server, echo), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        environment = {"ANSIBLE_LOG_PATH": str(log), "VONAGE_REST_URL": url}
        run = place.play(task("vonage_balance_info", retries=0), arguments=("-vvv",), environment=environment)
    assert "contains no balance" in run.text
    assert "runs as a module" not in run.output
    written = log.read_text(encoding="utf-8")
    assert "contains no balance" in " ".join(written.split())
    assert [form for form in forms(FIRST_SECRET) if form in written] == []


def answer(server: socket.socket, text: bytes) -> None:
    """Answer one request with the login that it carries."""
    connection, _address = server.accept()
    with connection:
        request = connection.recv(65536)
        (login,) = re.findall(rb"(?i)authorization: (.*)\r", request)
        connection.sendall(text % login)


# -- connections -------------------------------------------------------------------------------------------------------


def connections(simulator: Simulator) -> list[Any]:
    """Every connection to a simulator from now on."""
    found: list[Any] = []
    (listener,) = simulator._listeners
    accept = listener.get_request

    def counted() -> Any:
        found.append(accept())
        return found[-1]

    listener.get_request = counted  # type: ignore[method-assign]
    return found


def test_the_items_of_a_loop_share_a_connection(place: Rehearsal) -> None:
    opened = connections(place.simulator)
    run = place.play({**BALANCE, "loop": list(range(20))})
    assert run.status == 0, run.output
    assert len(place.calls()) == 20
    assert len(opened) == 1


def test_a_change_of_the_environment_takes_another_connection(place: Rehearsal) -> None:
    opened = connections(place.simulator)
    place.play({**BALANCE, "loop": ["a", "a", "b"], "environment": {"CURL_CA_BUNDLE": "/{{ item }}"}})
    assert len(place.calls()) == 3
    assert len(opened) == 2
