# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Files on the controller that several runs write to, and that must survive a crash.

A path may be a link: it stays, and its target is written. All errors are OSErrors.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
import time
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Seconds. Another run holds a lock for as long as it takes to write a small file.
_LONGEST_WAIT = 30.0
_PAUSE = 0.05

_ACCESS_LIST = "system.posix_acl_access"


@contextmanager
def locked(path: Path, new_mode: int | None = None, wait: float = _LONGEST_WAIT) -> Iterator[None]:
    """Keep other runs on this controller out of a file.

    The file itself is locked, and not its directory: a user who may not open the file cannot hold the lock.

    :param path: The file. One that does not exist is not locked: `create` lets only one of two runs make it.
    :param new_mode: Create a file that does not exist first, empty and with this mode.
    :param wait: Seconds to wait for another process that holds the lock.
    :raises OSError: The file cannot be opened, is no regular file, or stays locked.
    """
    path = _target(path)
    if new_mode is not None:
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            os.fchmod(descriptor, new_mode)
            os.close(descriptor)
    lock = _lock(path, time.monotonic() + wait)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def read(path: Path) -> bytes:
    """Read a file.

    :raises OSError: It cannot be read, or is no regular file.
    """
    with os.fdopen(_open(path, os.O_RDONLY), "rb") as file:
        return file.read()


def append(path: Path, content: bytes) -> None:
    """Add to the end of an existing file.

    :raises OSError: It cannot be written, or is no regular file.
    """
    with os.fdopen(_open(path, os.O_WRONLY | os.O_APPEND), "ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def create(path: Path, content: bytes) -> None:
    """Create a file with its content at once. It is readable by its owner alone.

    :raises FileExistsError: It exists already.
    :raises OSError: It cannot be written.
    """
    path = _target(path)
    with _temporary(path, content) as (name, descriptor):
        os.fsync(descriptor)
        try:
            os.link(name, path)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links. A crash leaves an empty file, which is no record.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            os.replace(name, path)
    _make_durable(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Put new content in the place of an existing file at once: a reader sees the old or the new, and so does a crash.

    The file keeps its owner, its group, its mode and its access control list.

    :raises OSError: It cannot be written, is no regular file, or these cannot be kept; it is unchanged then.
    """
    path = _target(path)
    before = os.stat(path)
    _check_regular(before, path)
    with _temporary(path, content) as (name, descriptor):
        _keep_access(path, before, descriptor)
        os.fsync(descriptor)
        os.replace(name, path)
    _make_durable(path.parent)


def _target(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _check_regular(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def _open(path: Path, flags: int) -> int:
    # Before it is opened, because to open a device may do something, and to open a pipe waits for its other end.
    _check_regular(os.stat(path), path)
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _check_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _lock(path: Path, deadline: float) -> int | None:
    """Lock a file. The lock ends when the descriptor is closed, which is None when there is no file."""
    while True:
        try:
            # NFS gives a lock for what may be written alone.
            descriptor = _open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            _wait_for_lock(descriptor, path, deadline)
            # Whoever had the lock before may have replaced the file.
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _wait_for_lock(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                said = "another process keeps it locked; find out which one, for example with fuser"
                raise TimeoutError(errno.ETIMEDOUT, said, str(path)) from None
        time.sleep(_PAUSE)


@contextmanager
def _temporary(path: Path, content: bytes) -> Iterator[tuple[str, int]]:
    """A file beside another one, readable by its owner alone, that is gone afterwards unless it was moved."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield name, descriptor
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _keep_access(path: Path, before: os.stat_result, descriptor: int) -> None:
    """Give a file the owner, the group, the access control list and the mode of another one.

    In this order, no step lets anybody read the new file who could not read the old one.
    """
    now = os.fstat(descriptor)
    wanted = (before.st_uid, before.st_gid, stat.S_IMODE(before.st_mode))
    try:
        if (now.st_uid, now.st_gid) != wanted[:2]:
            os.fchown(descriptor, *wanted[:2])
        _copy_access_list(path, descriptor)
        os.fchmod(descriptor, wanted[2])
    except OSError as error:
        raise _cannot_keep(path, before, error.errno) from None
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) != wanted:
        raise _cannot_keep(path, before, errno.EPERM)


def _cannot_keep(path: Path, before: os.stat_result, number: int | None) -> OSError:
    return OSError(
        number or errno.EPERM,
        f"this user cannot keep its owner, group and mode (uid {before.st_uid}, gid {before.st_gid},"
        f" {stat.S_IMODE(before.st_mode):04o}); run as its owner, or as root",
        str(path),
    )


def _copy_access_list(path: Path, descriptor: int) -> None:
    # Linux only. The group bits of the mode are the mask of the list: without it, they would be rights of the group.
    get, put, remove = (t.cast(t.Any, getattr(os, name, None)) for name in ("getxattr", "setxattr", "removexattr"))
    if get is None:
        return
    try:
        access_list = get(path, _ACCESS_LIST)
    except OSError:
        # There is none. The new file may have one, which it was given by its directory.
        with suppress(OSError):
            remove(descriptor, _ACCESS_LIST)
    else:
        put(descriptor, _ACCESS_LIST, access_list)


def _make_durable(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
