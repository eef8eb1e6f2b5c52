# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a run of the role meets the world: the wire, the clock, and who else runs.

Each of these asks the run that is under way in this process (`engine.Engine`), and none of them knows a task or an
internal variable of the role. The consumers are tasks files, in `hooks`.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import sys
import types
import typing as t
from collections.abc import Iterator
from datetime import datetime, timezone, tzinfo
from pathlib import Path

import controller
import requests
from ansible.executor import task_executor
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import action_loader
from requests.adapters import HTTPAdapter

HOOKS = Path(__file__).resolve().parent / "hooks"
COLLECTION = "ansible_collections.community.vonage.plugins"

Ask = t.Callable[..., t.Any]

# Who is asked. Nobody, between two runs.
_asked: Ask | None = None


class Escaped(BaseException):
    """A run was about to do something that would leave this process."""


def ask(question: str, *arguments: t.Any, **options: t.Any) -> t.Any:
    """Ask the run that is under way."""
    if _asked is None:
        raise Escaped(f"{question}, without a run")
    return _asked(question, *arguments, **options)


@contextlib.contextmanager
def asking(asked: Ask) -> Iterator[None]:
    """Have a run asked."""
    global _asked
    _asked = asked
    try:
        yield
    finally:
        _asked = None


def plain(value: t.Any) -> t.Any:
    """Without what ansible-core adds to values."""
    return json.loads(json.dumps(value, default=str))


# The wire.

_send = HTTPAdapter.send
_opened: set[HTTPAdapter] = set()


def _send_or_spoil(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: t.Any) -> requests.Response:
    if _asked is None:
        return _send(adapter, request, **options)
    _opened.add(adapter)
    fault = ask("request_begins", request)
    try:
        if fault == "late":
            raise requests.ConnectionError("no answer")
        return _send(adapter, request, **options)
    finally:
        ask("request_ends", fault)


def _close_connections() -> None:
    for adapter in _opened:
        adapter.close()
    _opened.clear()


# The clock.


class _InstanceOfDatetime(type):
    def __instancecheck__(cls, instance: t.Any) -> bool:
        return isinstance(instance, datetime)


class _Datetime(datetime, metaclass=_InstanceOfDatetime):
    """Shows what the clock of the world shows."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> t.Any:
        return datetime.fromtimestamp(ask("clock"), tz)


def _use_the_clock_of_the_world() -> None:
    replace(datetime, _Datetime)
    # `now()` of templates.
    shown = types.SimpleNamespace(datetime=_Datetime, timezone=timezone)
    controller.show_now(shown)
    # Between two attempts of a task.
    task_executor.time = types.SimpleNamespace(sleep=lambda seconds: ask("wait", seconds))
    client = importlib.import_module(f"{COLLECTION}.module_utils._api.client").Client
    make = client.__init__

    def make_with_clock(self: t.Any, connection: t.Any, warn: t.Any, session: t.Any = None) -> None:
        make(self, connection, warn, session, sleep=lambda s: ask("wait", s), clock=lambda: ask("time"))

    client.__init__ = make_with_clock


# The store.


def _keep_the_record_in_the_world() -> None:
    """In place of the file: a store that compares while it writes, as the services do."""
    base = importlib.import_module(f"{COLLECTION}.plugin_utils._rotation.stores.base")
    (store,) = [found for found in base.RecordStore.__subclasses__() if "File" in found.__name__]

    def write(self: t.Any, record: t.Any, replaced: t.Any) -> None:
        if not ask("save", plain(record), plain(replaced.record)):
            raise base.Conflict("it is not what was read any more")

    store.read = lambda self: base.Stored(ask("load"))
    store.write = write
    store.locked = lambda self: contextlib.nullcontext()


# Who else runs.


def _name_runs_as_the_world_does() -> None:
    lease = importlib.import_module(f"{COLLECTION}.plugin_utils._rotation.lease")
    replace(lease.holder, lambda *_arguments: ask("name"))
    replace(lease.is_gone, lambda holder: ask("is_gone", str(holder)))


# What is left.


def _run_module(self: t.Any, module_name: str | None = None, module_args: t.Any = None, **_options: t.Any) -> t.Any:
    """Modules do not run; a wait is one of the world."""
    name, arguments = module_name or self._task.action, module_args or self._task.args
    if name.rpartition(".")[2] != "wait_for":
        raise Escaped(f"the module {name}")
    ask("wait", float(arguments["timeout"]))
    return {"changed": False, "elapsed": 0}


def replace(what: t.Any, by: t.Any) -> None:
    """Replace something wherever the collection has imported it."""
    places = [
        (module, name)
        for module in list(sys.modules.values())
        if module.__name__.startswith(COLLECTION)
        for name, value in vars(module).items()
        if value is what
    ]
    assert places, f"the collection does not use {what}"
    for module, name in places:
        setattr(module, name, by)


def _load_all_of_the_collection() -> None:
    plugins = controller.COLLECTION / "plugins"
    for file in sorted(plugins.glob("*_utils/**/[!_]*.py")) + sorted(plugins.glob("*_utils/**/_[!_]*.py")):
        importlib.import_module(".".join([COLLECTION, *file.relative_to(plugins).with_suffix("").parts]))
    for file in sorted(plugins.glob("action/[!_]*.py")):
        found = action_loader.get(f"community.vonage.{file.stem}", class_only=True)
        assert sys.modules[found.__module__].ActionModule is found


@functools.cache
def take() -> None:
    """Take the place of what is outside of the collection. Between two runs, most of it is as it was."""
    _load_all_of_the_collection()
    HTTPAdapter.send = _send_or_spoil  # type: ignore[assignment]
    controller.after_task.append(_close_connections)
    _keep_the_record_in_the_world()
    _use_the_clock_of_the_world()
    _name_runs_as_the_world_does()
    ActionBase._execute_module = _run_module
    action_loader.add_directory(str(HOOKS / "action"))
