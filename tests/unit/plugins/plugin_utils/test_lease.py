# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import lease as _holder
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.lease import holder, is_gone

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tells nothing elsewhere")


def test_a_run_that_exists_is_not_gone() -> None:
    assert not is_gone(holder(os.getpid()))


def test_a_run_that_has_ended_is_gone() -> None:
    process = subprocess.Popen(["sleep", "60"])
    name = holder(process.pid)
    assert not is_gone(name)
    process.kill()
    # Nobody has waited for it yet.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(name)
    process.wait()
    assert is_gone(name)


def test_a_process_that_has_the_id_of_one_that_ended_is_another_one() -> None:
    name = holder(os.getpid())
    started = name.rpartition(", ")[2].partition("/")[0]
    assert is_gone(name.replace(f", {started}/", f", {int(started) - 1}/"))


@pytest.mark.parametrize("other", ["another boot", "another container", "no name of a run", ""])
def test_of_another_machine_nothing_is_known(other: str) -> None:
    # Still there when it is named, or its start would not be known.
    process = subprocess.Popen(["sleep", "60"])
    name = holder(process.pid)
    process.kill()
    process.wait()
    boot, _slash, container = name.rpartition(", ")[2].partition("/")[2].partition("/")
    changed = {
        "another boot": name.replace(boot, "0" * 8),
        "another container": name.replace(container, "pid:[1]"),
    }
    assert not is_gone(changed.get(other, other))


def test_a_run_of_another_user_that_may_not_be_seen_is_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_permitted(_process: int, _signal: int) -> None:
        raise PermissionError

    name = holder(os.getpid())
    # As with the mount option hidepid: there is all of /proc but that process.
    for entry in ("sys", "self"):
        (tmp_path / entry).symlink_to(f"/proc/{entry}")
    monkeypatch.setattr(_holder, "_PROC", tmp_path)
    assert not is_gone(name)
    monkeypatch.setattr(os, "kill", not_permitted)
    assert not is_gone(name)


def test_a_name_says_who_it_is() -> None:
    assert f" process {os.getpid()}, " in holder(os.getpid())
