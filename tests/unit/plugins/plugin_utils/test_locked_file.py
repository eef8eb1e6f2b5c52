# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the controller that several runs write to: who can hold their lock, and what is no file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.community.vonage.plugins.module_utils._atomic_file import create, read, replace
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.locked_file import append, locked


@contextmanager
def held(path: Path) -> Iterator[None]:
    """A lock that somebody else holds: of another open file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    return path


# -- the lock ----------------------------------------------------------------------------------------------------------


def test_a_lock_on_the_directory_holds_nobody_up(file: Path) -> None:
    with held(file.parent), locked(file, wait=0):
        replace(file, b"after")
    assert file.read_bytes() == b"after"


def test_a_lock_that_somebody_else_holds_is_waited_for_no_longer_than_said(file: Path) -> None:
    with held(file), pytest.raises(TimeoutError, match="another process keeps it locked"), locked(file, wait=0):
        pass
    with locked(file, wait=0):
        pass


def test_a_file_that_was_replaced_while_its_lock_was_waited_for_is_locked_anew(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, seen = fcntl.flock, []

    def another_run_is_faster(descriptor: int, operation: int) -> None:
        flock(descriptor, operation)
        seen.append(os.fstat(descriptor).st_ino)
        if len(seen) == 1:
            replace(file, b"of another run")

    monkeypatch.setattr(fcntl, "flock", another_run_is_faster)
    with locked(file, wait=0):
        assert len(seen) == 2
        assert seen[1] == file.stat().st_ino


def test_a_file_that_is_not_there_is_locked_by_being_created_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with locked(path, wait=0), locked(path, wait=0):
        create(path, b"of one run")
        with pytest.raises(FileExistsError):
            create(path, b"of another run")
    assert path.read_bytes() == b"of one run"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["file"]


# -- what is no file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pipe", "device", "directory"])
def test_what_is_no_regular_file_is_refused_and_not_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "other"
    if kind == "pipe":
        # To open it would wait for its other end.
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to(os.devnull)
    else:
        path.mkdir()
    for use in (read, lambda path: append(path, b""), lambda path: replace(path, b""), locked):
        with pytest.raises(OSError, match="not a regular file"):
            use(path).__enter__()
