# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Files that are replaced at once, with nothing of them lost, on the controller and on the hosts of consumers.

A path may be a link: it stays, and its target is written. All errors are OSErrors.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
import tempfile
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

# Of the name of a temporary file.
_SUFFIX = ".new"

StrPath = t.Union[str, "os.PathLike[str]"]

# More than any path has.
_MOST_STEPS = 1000

_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_NO_ATTRIBUTES = (errno.ENOENT, errno.ENODATA, errno.ENOTSUP, errno.EOPNOTSUPP)
# Checksums of the content, which is another one.
_OF_THE_CONTENT = ("security.ima", "security.evm")

_ACCESS_LIST = "system.posix_acl_access"


@dataclass(frozen=True)
class Access:
    """Who may use a file. What is None stays as it is; a new file belongs to the login, and has mode 0600.

    :ivar owner: Number of a user.
    :ivar group: Number of a group.
    :ivar mode: The mode.
    """

    owner: int | None = None
    group: int | None = None
    mode: int | None = None


AS_IT_IS = Access()


def read(path: StrPath) -> bytes:
    """Read a file.

    :raises OSError: It cannot be read, or is no regular file.
    """
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        return file.read()


def create(path: StrPath, content: bytes) -> None:
    """Create a file with its content at once. It is readable by its owner alone.

    :raises FileExistsError: It exists already.
    :raises OSError: It cannot be written.
    """
    path = resolve(path)
    with _temporary(path) as (name, descriptor):
        _write(descriptor, content)
        try:
            os.link(name, path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            # A file system without hard links. A crash leaves an empty file, which is no record.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            os.replace(name, path)
    _make_durable(os.path.dirname(path))


def replace(path: StrPath, content: bytes, access: Access = AS_IT_IS) -> None:
    """Put new content in the place of a file at once: a reader sees the old or the new, and so does a crash.

    The file keeps its owner, group, mode and access control list, unless another access is named. They are set before
    the content is in the new file.

    :param path: The file, which need not exist yet.
    :param content: The content.
    :param access: Who may use the file.
    :raises OSError: The file cannot be written, is no regular file, or the access cannot be set; it is unchanged then.
    """
    path = resolve(path)
    with suppress(FileNotFoundError):
        check_regular(os.stat(path), path)
    with _temporary(path) as (name, descriptor):
        _set_access(path, access_of(path, access), descriptor)
        _write(descriptor, content)
        os.replace(name, path)
    _make_durable(os.path.dirname(path))


def resolve(path: StrPath) -> str:
    """The file that a path leads to.

    A link is followed when it belongs to root or to this login. A link of somebody else could lead this login to any
    file that only this login may write.

    :raises OSError: A link belongs to somebody else, or links lead in a circle.
    """
    left, resolved = os.path.abspath(path).split(os.sep)[1:], os.sep
    for _step in range(_MOST_STEPS):
        if not left:
            return resolved
        name, left = left[0], left[1:]
        if name == os.pardir:
            resolved = os.path.dirname(resolved)
            continue
        if name in ("", os.curdir):
            continue
        step = os.path.join(resolved, name)
        try:
            found = os.lstat(step)
        except FileNotFoundError:
            resolved = step
            continue
        if not stat.S_ISLNK(found.st_mode):
            resolved = step
            continue
        if found.st_uid not in (0, os.geteuid()):
            raise OSError(errno.EPERM, "it is a link of another user, which is not followed", step)
        target = os.readlink(step)
        resolved = os.sep if os.path.isabs(target) else resolved
        left = [*target.split(os.sep), *left]
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def remove_leftovers(path: StrPath) -> None:
    """Remove the temporary files of a path that killed runs have left beside it.

    A run that is about to replace the file at this moment fails, and leaves it as it is.

    :raises OSError: One of them cannot be removed.
    """
    directory, name = os.path.split(resolve(path))
    # mkstemp makes eight characters.
    for rest in glob.glob(os.path.join(glob.escape(directory), f".{glob.escape(name)}.{'?' * 8}{_SUFFIX}")):
        with suppress(FileNotFoundError):
            os.unlink(rest)


def access_of(path: StrPath, access: Access = AS_IT_IS) -> Access:
    """Who may use a file, once an access was set. What is None is up to the system.

    :param path: The file, which need not exist.
    :param access: The access.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return Access(access.owner, access.group, 0o600 if access.mode is None else access.mode)
    return Access(
        found.st_uid if access.owner is None else access.owner,
        found.st_gid if access.group is None else access.group,
        stat.S_IMODE(found.st_mode) if access.mode is None else access.mode,
    )


def open_regular(path: StrPath, flags: int) -> int:
    """Open the regular file that a path leads to.

    :raises OSError: The file cannot be opened, or is something else, such as a pipe.
    """
    path = resolve(path)
    # Before it is opened, because to open a device may do something, and to open a pipe waits for its other end.
    check_regular(os.lstat(path), path)
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        check_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def check_regular(status: os.stat_result, path: StrPath) -> None:
    """Refuse what is no regular file.

    :raises OSError: It is none.
    """
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


@contextmanager
def _temporary(path: str) -> Iterator[tuple[str, int]]:
    """An empty file beside another one, for its owner alone, that is gone afterwards unless it was moved."""
    descriptor, name = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.", suffix=_SUFFIX)
    try:
        yield name, descriptor
    finally:
        os.close(descriptor)
        with suppress(FileNotFoundError):
            os.unlink(name)


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.fsync(descriptor)


def _set_access(path: str, wanted: Access, descriptor: int) -> None:
    """Give a new file its access. In this order, no step lets anybody use it who may not use it in the end."""
    made = os.fstat(descriptor)
    try:
        # Root alone may give a file away, so only what differs is set.
        if wanted.owner is not None and wanted.owner != made.st_uid:
            os.fchown(descriptor, wanted.owner, -1)
        if wanted.group is not None and wanted.group != made.st_gid:
            os.fchown(descriptor, -1, wanted.group)
        _copy_extended_attributes(path, descriptor)
        os.fchmod(descriptor, t.cast(int, wanted.mode))
    except OSError as error:
        raise _cannot_set(path, wanted, error.errno) from None
    made = os.fstat(descriptor)
    set_now = (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode))
    if any(value not in (None, found) for value, found in zip((wanted.owner, wanted.group, wanted.mode), set_now)):
        raise _cannot_set(path, wanted, errno.EPERM)


def _cannot_set(path: str, wanted: Access, number: int | None) -> OSError:
    return OSError(
        number or errno.EPERM,
        f"this login cannot give the file its owner, group and mode (uid {wanted.owner}, gid {wanted.group},"
        f" {wanted.mode:04o}); run as the owner, or as root",
        path,
    )


def _copy_extended_attributes(path: str, descriptor: int) -> None:
    """Copy the access control list, the context of SELinux and what else there is, on Linux."""
    listed, get, put, remove = (
        t.cast(t.Any, getattr(os, name, None)) for name in ("listxattr", "getxattr", "setxattr", "removexattr")
    )
    if listed is None:
        return
    try:
        names = [name for name in listed(path) if name not in _OF_THE_CONTENT]
    except OSError as error:
        # There is no file yet, or there are no such attributes on its file system.
        if error.errno not in _NO_ATTRIBUTES:
            raise
        names = []
    for name in names:
        try:
            put(descriptor, name, get(path, name))
        except OSError:
            # The group bits of the mode are the mask of the list: without it, they would be rights of the group.
            if name == _ACCESS_LIST:
                raise
    if _ACCESS_LIST not in names:
        # The new file may have one, which it was given by its directory.
        try:
            remove(descriptor, _ACCESS_LIST)
        except OSError as error:
            if error.errno not in _NO_ATTRIBUTES:
                raise


def _make_durable(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
