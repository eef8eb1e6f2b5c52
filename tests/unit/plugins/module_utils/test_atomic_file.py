# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are replaced at once: what is kept of them, and who may read them meanwhile."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import pytest

from ansible_collections.community.vonage.plugins.module_utils._atomic_file import create, replace

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    return path


def test_a_file_is_created_once_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_paths: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "file"
    create(path, b"of one run")
    with pytest.raises(FileExistsError):
        create(path, b"of another run")
    assert path.read_bytes() == b"of one run"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o2640, 0o1666])
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
    with pytest.raises(
        OSError, match=rf"cannot give the file its owner.*uid {owner.st_uid}, .*run as the owner, or as root"
    ):
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
