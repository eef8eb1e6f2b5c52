# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the controller: what is kept of an existing one, who can hold its lock, and what is no file."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._files import append, create, locked, read, replace

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


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


def test_a_file_is_created_once_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_paths: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "file"
    create(path, b"of one run")
    with pytest.raises(FileExistsError):
        create(path, b"of another run")
    assert path.read_bytes() == b"of one run"
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
    for use in (read, lambda path: append(path, b""), lambda path: replace(path, b""), lambda path: locked(path)):
        with pytest.raises(OSError, match="not a regular file"):
            use(path).__enter__()


# -- what is kept ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o2640, 0o4755, 0o1666])
def test_the_mode_is_kept(file: Path, mode: int) -> None:
    file.chmod(mode)
    replace(file, b"after")
    assert (file.read_bytes(), file.stat().st_mode & 0o7777) == (b"after", mode)


@AS_ROOT
def test_owner_and_group_are_kept(file: Path) -> None:
    os.chown(file, 1000, 1001)
    file.chmod(0o2640)
    replace(file, b"after")
    status = file.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1000, 1001, 0o2640)
    assert os.listdir(file.parent) == ["file"]


def test_a_file_whose_owner_cannot_be_kept_is_left_as_it_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_permitted(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    owner, fstat = file.stat(), os.fstat
    # The new file is another user's than the old one.
    monkeypatch.setattr(os, "fstat", lambda descriptor: _of_another_user(fstat(descriptor)))
    monkeypatch.setattr(os, "fchown", not_permitted)
    with pytest.raises(OSError, match=rf"cannot keep its owner.*uid {owner.st_uid}, .*run as its owner, or as root"):
        replace(file, b"after")
    assert file.read_bytes() == b"before"
    assert os.listdir(file.parent) == ["file"]


def _of_another_user(status: os.stat_result) -> os.stat_result:
    fields = list(status)
    fields[4] += 1
    return os.stat_result(fields)


def test_nobody_may_read_the_new_file_before_it_is_the_owners(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.chmod(0o644)
    fchmod, modes = os.fchmod, []

    def watched(descriptor: int, mode: int) -> None:
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        fchmod(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", watched)
    replace(file, b"after")
    assert modes == [0o600]


def test_the_access_control_list_is_kept(file: Path) -> None:
    if not hasattr(os, "setxattr"):
        pytest.skip("only Linux shows the list as an attribute")
    nobody = 0xFFFFFFFF
    entries = [(0x01, 6, nobody), (0x02, 4, 1234), (0x04, 0, nobody), (0x10, 4, nobody), (0x20, 0, nobody)]
    rights = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(file, "system.posix_acl_access", rights)
    except OSError:
        pytest.skip("this file system has no access control lists")
    replace(file, b"after")
    # Without it, the mask of the list, which shows as rights of the group, would be rights of the group.
    assert os.getxattr(file, "system.posix_acl_access") == rights


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_target_is_written(tmp_path: Path, exists: bool) -> None:
    target, link = tmp_path / "elsewhere" / "target", tmp_path / "link"
    target.parent.mkdir()
    link.symlink_to(target)
    if exists:
        target.write_bytes(b"before")
        replace(link, b"after")
    else:
        create(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert os.listdir(target.parent) == ["target"]
