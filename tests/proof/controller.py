# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook in this process, many times over: for ansible-core 2.16, 2.19 and 2.21.

PlaybookExecutor, strategy, TaskExecutor, templates and plugins are Ansible's own and unchanged. Replaced are the
process of a worker and the queue behind it: a task runs in this process, on copies of what a fork would not share.
Files that were parsed, and templates that were compiled, are kept for later runs.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import functools
import io
import pickle
import sys
import types
import typing as t
from pathlib import Path

from ansible import constants, context
from ansible.executor import task_queue_manager
from ansible.executor.playbook_executor import PlaybookExecutor
from ansible.executor.process import worker
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing import dataloader
from ansible.plugins import loader as plugin_loader
from ansible.plugins import strategy
from ansible.plugins.callback import CallbackBase
from ansible.utils.display import Display
from ansible.vars.manager import VariableManager

COLLECTION = Path(__file__).resolve().parents[2]

# Before anything imports ansible_collections. The system tests have done so, and read only the page of the proof.
if "ansible_collections" not in sys.modules:
    plugin_loader.init_plugin_loader([str(COLLECTION.parents[2])])

try:
    from ansible._internal._task import TaskContext
    from ansible._internal._templating import _jinja_bits
    from ansible._internal._templating import _jinja_plugins as templates

    Environment = _jinja_bits.AnsibleEnvironment
except ImportError:  # ansible-core 2.18 and before
    from ansible import template as templates

    TaskContext = _jinja_bits = None
    Environment = templates.AnsibleEnvironment

compile_context = getattr(_jinja_bits, "_TemplateCompileContext", None)

# What of the settings of an environment decides what a text means.
_SYNTAX = (
    *("block_start_string", "variable_start_string", "comment_start_string", "trim_blocks", "lstrip_blocks"),
    *("keep_trailing_newline", "newline_sequence", "line_statement_prefix", "line_comment_prefix"),
)

Tell = t.Callable[[str, str, t.Any], None]

# As ansible-playbook has them without any option.
_OPTIONS: dict[str, t.Any] = {
    "become": False, "become_method": "sudo", "become_user": None, "check": False, "connection": "local", "diff": False,
    "extra_vars": (), "flush_cache": None, "force_handlers": False, "forks": 5, "inventory": (), "listhosts": None,
    "listtags": None, "listtasks": None, "module_path": None, "private_key_file": None, "remote_user": None,
    "scp_extra_args": "", "sftp_extra_args": "", "skip_tags": (), "ssh_common_args": "", "ssh_extra_args": "",
    "start_at_task": None, "step": None, "subset": None, "syntax": False, "tags": ("all",), "timeout": 10,
    "verbosity": 0,
}  # fmt: skip

# What Display was told to print in the run under way.
printed: list[str] = []
# Called after each task, as what a worker has open is closed when it ends.
after_task: list[t.Callable[[], None]] = []


class _Queue(task_queue_manager.FinalQueue):
    """What goes in is pickled, as for a pipe."""

    def __init__(self, *_arguments: t.Any, **_options: t.Any) -> None:
        self._items: collections.deque[bytes] = collections.deque()

    def put(self, item: t.Any) -> None:
        self._items.append(pickle.dumps(item))

    def get(self) -> t.Any:
        if not self._items:
            # This ends results_thread_main.
            raise EOFError
        return pickle.loads(self._items.popleft())

    def close(self) -> None:
        self._items.clear()


class _Worker(worker.WorkerProcess):
    """Runs a task where it is started."""

    _task: t.Any
    _task_vars: t.Any
    _host: t.Any

    def start(self) -> None:
        self._copy_what_a_fork_copies()
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        try:
            with self._task_context():
                self._run()
        finally:
            sys.stdout, sys.stderr = streams
            worker.current_worker = None
            for end in after_task:
                end()
        strategy.results_thread_main(self._final_q.strategy)

    def _copy_what_a_fork_copies(self) -> None:
        parent = self._task._parent
        self._task = self._task.copy(exclude_parent=True, exclude_tasks=True)
        self._task._parent = parent
        if self._task.loop_control:
            self._task.loop_control = self._task.loop_control.copy()
        self._task_vars = dict(self._task_vars)
        self._host = copy.copy(self._host)
        # Of ansible-core 2.16.
        self._new_stdin = None

    def _task_context(self) -> contextlib.AbstractContextManager[t.Any]:
        if TaskContext is None:
            return contextlib.nullcontext()
        if hasattr(TaskContext, "create"):  # since ansible-core 2.21
            made = TaskContext.create(task=self._task, task_vars=self._task_vars, host_name=self._host.name)
        else:
            made = TaskContext(self._task)
        return t.cast("contextlib.AbstractContextManager[t.Any]", made)


class _NoThread:
    """The queue is emptied after each task."""

    def __init__(self, *_arguments: t.Any, **_options: t.Any) -> None:
        pass

    def start(self) -> None:
        pass

    join = start


class _Callback(CallbackBase):
    """Tells a function of each result, as a callback gets it: without what is not to be shown."""

    CALLBACK_NAME = _load_name = "proof"

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def _told(self, status: str, result: t.Any) -> None:
        host = getattr(result, "host", None) or result._host
        self._tell(status, host.name, result.result if hasattr(result, "result") else result._result)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._told("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._told("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._told("unreachable", result)


def _replace_workers() -> None:
    task_queue_manager.FinalQueue = _Queue
    worker.WorkerQueue = lambda **_options: None
    strategy.WorkerProcess = _Worker
    locks = strategy.threading
    strategy.threading = types.SimpleNamespace(Thread=_NoThread, Condition=locks.Condition, Lock=locks.Lock)
    make = strategy.StrategyBase.__init__

    def make_with_queue(self: t.Any, tqm: t.Any) -> None:
        make(self, tqm)
        self._final_q.strategy = self
        # The last strategy has left its end in it.
        self._final_q.close()

    strategy.StrategyBase.__init__ = make_with_queue
    constants.DEFAULT_INTERNAL_POLL_INTERVAL = 0
    # Signals are those of pytest, and the callback is given to each run.
    task_queue_manager.signal = types.SimpleNamespace(signal=lambda *_a: None, SIGTERM=15, SIGINT=2, SIG_DFL=0)
    task_queue_manager.TaskQueueManager.load_callbacks = lambda self: None
    Display.set_queue = lambda self, queue: None
    Display.display = lambda self, text, *_arguments, **_options: printed.append(str(text))


def _keep_compiled_templates() -> None:
    compile_ = Environment.compile
    kept: dict[t.Any, t.Any] = {}

    def compile_once(self: t.Any, source: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        if not isinstance(source, str) or any(arguments) or any(options.values()):
            return compile_(self, source, *arguments, **options)
        settings = [getattr(self, name) for name in _SYNTAX]
        if compile_context is not None:
            settings.append(compile_context.current(optional=True))
        key = type(self), str.__str__(source), str(settings)
        if key not in kept:
            kept[key] = compile_(self, source)
        return kept[key]

    Environment.compile = compile_once


def _copy_containers(value: t.Any) -> t.Any:
    """A copy for Ansible to write into. It shares texts and numbers, which nothing can change."""
    copied: t.Any
    if isinstance(value, dict):
        copied = copy.copy(value)
        copied.update((name, _copy_containers(item)) for name, item in value.items() if isinstance(item, (dict, list)))
        return copied
    if isinstance(value, list):
        copied = copy.copy(value)
        copied[:] = map(_copy_containers, value)
        return copied
    return value


@functools.cache
def _prepare_ansible() -> None:
    _replace_workers()
    _keep_compiled_templates()
    # What DataLoader keeps of files that it has read, it copies for each use.
    dataloader.copy = types.SimpleNamespace(deepcopy=_copy_containers)


class _Loader(dataloader.DataLoader):
    """Reads some files otherwise than they are."""

    def __init__(self, edits: t.Mapping[Path, str]) -> None:
        super().__init__()
        self._edits = edits

    def _get_file_contents(self, file_name: str) -> t.Any:
        text = self._edits.get(Path(self.path_dwim(file_name)))
        return super()._get_file_contents(file_name) if text is None else (text.encode(), True)


def show_now(clock: t.Any) -> None:
    """Replace the module `datetime` in which `now()` of templates looks."""
    templates.datetime = clock


class Controller:
    """Runs playbooks, one at a time.

    :param edits: Text of files, by their path, in place of what is on the disk.
    """

    def __init__(self, edits: t.Mapping[Path, str] | None = None) -> None:
        _prepare_ansible()
        self._loader = _Loader(edits or {})

    def run(self, playbook: Path, hosts: t.Mapping[str, str], variables: t.Any, tell: Tell, check: bool) -> t.Any:
        """Run a playbook.

        :param hosts: Host -> group, beside localhost.
        :param variables: As with `-e`.
        :param tell: Is told of each result: its status, its host and what is in it.
        :returns: Whether localhost failed, and the facts of localhost.
        """
        printed.clear()
        for reported in (Display()._warns, Display()._deprecations, Display()._errors):
            reported.clear()
        context.CLIARGS = ImmutableDict({**_OPTIONS, "check": check})
        inventory = InventoryManager(loader=self._loader, sources=["localhost,"])
        for name, group in hosts.items():
            inventory.add_group(group)
            inventory.add_host(name, group=group)
        for host in inventory.hosts.values():
            host.set_variable("ansible_connection", "local")
        manager = VariableManager(loader=self._loader, inventory=inventory)
        manager._extra_vars = variables
        executor = PlaybookExecutor([str(playbook)], inventory, manager, self._loader, {})
        callback = _Callback(tell)
        if hasattr(executor._tqm, "_stdout_callback"):  # ansible-core 2.18 and before
            executor._tqm._stdout_callback = callback
        else:
            callback._init_callback_methods()
            executor._tqm._callback_plugins = [callback]
        executor.run()
        return "localhost" in executor._tqm._failed_hosts, manager._nonpersistent_fact_cache.get("localhost", {})
