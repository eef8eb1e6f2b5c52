# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Locks of files on the controller that several runs write to. All errors are OSErrors."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ansible_collections.community.vonage.plugins.module_utils._atomic_file import open_regular, resolve

# Seconds. Another run holds a lock for as long as it takes to write a small file.
_LONGEST_WAIT = 30.0
_PAUSE = 0.05


@contextmanager
def locked(path: Path, new_mode: int | None = None, wait: float = _LONGEST_WAIT) -> Iterator[None]:
    """Keep other runs on this controller out of a file.

    The file itself is locked, and not its directory: a user who may not open the file cannot hold the lock.

    :param path: The file. One that does not exist is not locked: `create` lets only one of two runs make it.
    :param new_mode: Create a file that does not exist first, empty and with this mode.
    :param wait: Seconds to wait for another process that holds the lock.
    :raises OSError: The file cannot be opened, is no regular file, or stays locked.
    """
    path = Path(resolve(path))
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


def append(path: Path, content: bytes) -> None:
    """Add to the end of an existing file.

    :raises OSError: It cannot be written, or is no regular file.
    """
    with os.fdopen(open_regular(path, os.O_WRONLY | os.O_APPEND), "ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _lock(path: Path, deadline: float) -> int | None:
    """Lock a file. The lock ends when the descriptor is closed, which is None when there is no file."""
    while True:
        try:
            # NFS gives a lock for what may be written alone.
            descriptor = open_regular(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
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
