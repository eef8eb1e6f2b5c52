# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Files on a host that hand an API secret over: read, refused or replaced as a whole, and read back.

A link stays a link, and the file that it leads to is written. Owner, group and mode are set before the secret is in the
file. A file that cannot be read is an error, and never counts as an empty one.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ansible_collections.community.vonage.plugins.module_utils._atomic_file import (
    Access,
    access_of,
    read,
    remove_leftovers,
    replace,
    resolve,
)

# A shell, systemd's EnvironmentFile= and docker's --env-file read these characters as they stand. Each of them has a
# meaning of its own for quotes, backslashes, blanks and most other characters, and docker takes quotes literally.
_PLAIN = re.compile("[A-Za-z0-9_@%+=:,./-]+")

NOT_PLAIN = "has characters that a shell, systemd and docker do not all read alike from an environment file"

_OCTAL = re.compile("0[0-7]{3}")

# Of a user or a group.
_ID_NUMBER = re.compile("[0-9]{1,9}")

_GENERATION_NUMBER = re.compile("[0-9]{1,9}")

_ACCOUNT = "VONAGE_API_KEY"
_SECRET = "VONAGE_API_SECRET"
_GENERATION = "VONAGE_API_SECRET_GENERATION"

_HEADER = "# Managed by community.vonage.rotate_api_secret\n"


class SecretFileError(Exception):
    """The file was not written. The text says why, and what to do."""


@dataclass(frozen=True)
class Mark:
    """Whose secret a file holds.

    :ivar account_id: API key of the account.
    :ivar generation: The number of the secret.
    """

    account_id: str
    generation: int


def is_plain(secret: str) -> bool:
    """Whether every reader of an environment file reads this value as it stands."""
    return _PLAIN.fullmatch(secret) is not None


def parse_access(owner: str | None, group: str | None, mode: str | None) -> Access:
    """Look up who may read a file with a secret.

    :param owner: Name or number of a user of this host.
    :param group: Name or number of a group of this host.
    :param mode: An octal number as a text, such as `0640`.
    :raises SecretFileError: There is no such user or group, or others could use the file.
    """
    user_id = _look_up("user", owner, lambda name: pwd.getpwnam(name).pw_uid) if owner else None
    group_id = _look_up("group", group, lambda name: grp.getgrnam(name).gr_gid) if group else None
    if mode is None:
        return Access(user_id, group_id)
    if _OCTAL.fullmatch(mode) is None:
        raise SecretFileError(f"The mode must be an octal number in quotes, such as '0640', not {mode!r}")
    return Access(user_id, group_id, _refuse_access_for_others(int(mode, 8)))


def write_env_file(
    path: str, secret: str, mark: Mark, access: Access, dropin: str | None = None, check_mode: bool = False
) -> bool:
    """Write an environment file that holds the account, the secret and its generation, and nothing else.

    :param path: The file.
    :param secret: The value.
    :param mark: Whose it is.
    :param access: Who may read the file.
    :param dropin: A drop-in of a systemd unit that is to name the file.
    :param check_mode: Whether to write nothing.
    :returns: Whether something changed, or would.
    :raises SecretFileError: The file was refused, or could not be written. The message says what was changed.
    """
    target = _target(path)
    _refuse_planted(path, target, access)
    found = _read(target)
    if found is not None:
        there, value = _parse_env_file(path, found)
        _refuse_older(path, f"the line {_GENERATION}", there, mark)
        # The numbers of a record that was started anew begin at 1 again, and the process would confirm another secret.
        if there == mark and value not in ("", secret):
            raise SecretFileError(
                f"{path} has another secret with generation {mark.generation}: the record was started anew. Remove the"
                f" line {_GENERATION} from it, and restart the process that reads it. Nothing was changed on this host"
            )
    if not is_plain(secret):
        raise SecretFileError(
            f"The secret {NOT_PLAIN}: rotate to a new one, or hand this one over with the consumer template_file, with"
            f" the quotes that its reader needs. {path} was not changed"
        )
    if not is_plain(mark.account_id):
        raise SecretFileError("account_id must be an API key as the Vonage dashboard shows it. Nothing was changed")
    _refuse_access_for_others(access_of(target, access).mode or 0)
    content = f"{_HEADER}{_ACCOUNT}={mark.account_id}\n{_SECRET}={secret}\n{_GENERATION}={mark.generation}\n".encode()
    if dropin is not None:
        _refuse_dropin_of_others(dropin)
        _make_directory(os.path.dirname(dropin), check_mode)
    changed = _replace(target, content, access, check_mode)
    if dropin is not None:
        changed = _write_dropin(dropin, path, check_mode) or changed
    return changed


def write_text_file(path: str, content: bytes, mark: Mark, access: Access, check_mode: bool = False) -> bool:
    """Write a file of any format, and a note beside it that says whose secret it holds.

    The note is written first: a run that ends in between has claimed the file for its generation, and no older one can
    be written any more.

    :param path: The file.
    :param content: What it is to hold.
    :param mark: Whose secret that is.
    :param access: Who may read the file.
    :param check_mode: Whether to write nothing.
    :returns: Whether something changed, or would.
    :raises SecretFileError: The file was refused, or could not be written. The message says what was changed.
    """
    target = _target(path)
    _refuse_planted(path, target, access)
    note = f"{_dotfile(target)}.rotate_api_secret"
    noted = _read(note)
    if noted is not None:
        account_id, generation = [*noted.decode(errors="replace").split(), "", ""][:2]
        _refuse_older(path, f"the text in {note}", Mark(account_id, _parse_generation(note, generation)), mark)
    elif _read(target) is not None:
        raise SecretFileError(
            f"{path} was not written by this role. If the template is to take its place, say so with an empty file"
            f" {note}. Nothing was changed on this host"
        )
    _refuse_access_for_others(access_of(target, access).mode or 0)
    changed = _replace(note, f"{mark.account_id} {mark.generation}\n".encode(), Access(mode=0o644), check_mode)
    return _replace(target, content, access, check_mode) or changed


def _target(path: str) -> str:
    """The file that a path leads to."""
    if not os.path.isabs(path):
        raise SecretFileError(f"Name the file by its absolute path, not by {path or 'nothing'}")
    try:
        target = resolve(path)
    except OSError as error:
        raise SecretFileError(
            f"{path} cannot be written: {error.filename}: {error.strerror}. Name the file itself. Nothing was changed"
            " on this host"
        ) from None
    if not os.path.isdir(os.path.dirname(target)):
        raise SecretFileError(
            f"{path} cannot be written: name a file in a directory that exists on this host, or create"
            f" {os.path.dirname(target)} first"
        )
    _refuse_open_directories(path, os.path.dirname(target))
    with suppress(FileNotFoundError):
        if os.stat(target).st_nlink > 1:
            raise SecretFileError(
                f"{path} has hard links, which would keep the old secret: remove them, or make symbolic links instead."
                " Nothing was changed on this host"
            )
    return target


def _refuse_planted(path: str, target: str, access: Access) -> None:
    """Refuse a file that another user may have put there: the secret would belong to that user.

    :param access: Who may read the file. An owner that is named becomes the owner of the file.
    """
    directory = os.stat(os.path.dirname(target))
    with suppress(FileNotFoundError):
        owner = os.stat(target).st_uid
        shared = directory.st_mode & stat.S_IWGRP and access.owner is None
        if shared and owner not in (0, os.geteuid(), directory.st_uid):
            raise SecretFileError(
                f"{path} belongs to the user {owner}, and a group can write to its directory: name the owner of the"
                " file, or a file in another directory. Nothing was changed on this host"
            )


def _refuse_open_directories(path: str, directory: str) -> None:
    """Refuse a file that any user could replace, by way of one of the directories above it.

    :param path: The file, for the message.
    :param directory: The directory that it is in.
    """
    # In a directory with the sticky bit, such as /tmp, nobody can move a directory of somebody else.
    allowed = 0
    while True:
        mode = os.stat(directory).st_mode
        if mode & stat.S_IWOTH and not mode & allowed:
            raise SecretFileError(
                f"{path} is not safe, since every user can write to {directory}: name a file in another directory."
                " Nothing was changed on this host"
            )
        if directory == os.path.dirname(directory):
            return
        directory, allowed = os.path.dirname(directory), stat.S_ISVTX


def _read(path: str) -> bytes | None:
    """What a file holds; None when there is none."""
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SecretFileError(
            f"{path} is there, and {_login()} cannot read it: {error.strerror}. It is not overwritten unread: run with"
            " become, give that user read access, or name another file. Nothing was changed on this host"
        ) from None


def _parse_env_file(path: str, content: bytes) -> tuple[Mark, str]:
    settings = {_ACCOUNT: "", _SECRET: "", _GENERATION: ""}
    for line in content.decode(errors="replace").split("\n"):
        name, equals, value = line.partition("=")
        if equals and name in settings:
            settings[name] = value.strip()
        elif line.strip() and not line.startswith("#"):
            raise SecretFileError(
                f"{path} holds other settings, which would be lost: give the secret a file of its own. Nothing was"
                " changed on this host"
            )
    return Mark(settings[_ACCOUNT], _parse_generation(path, settings[_GENERATION])), settings[_SECRET]


def _refuse_older(path: str, place_of_mark: str, found: Mark, mark: Mark) -> None:
    if found.account_id == mark.account_id and found.generation > mark.generation:
        raise SecretFileError(
            f"{path} has generation {found.generation}, and this run has generation {mark.generation}: the record is"
            f" out of date. If the record was started anew, remove {place_of_mark}. Nothing was changed on this host"
        )


def _refuse_dropin_of_others(path: str) -> None:
    found = _read(path)
    if found is not None and not found.startswith(_HEADER.encode()):
        raise SecretFileError(f"{path} was not written by this role: move it away. Nothing was changed on this host")


def _make_directory(path: str, check_mode: bool) -> None:
    if os.path.isdir(path) or check_mode:
        return
    try:
        os.mkdir(path)
        os.chmod(path, 0o755)
    except OSError as error:
        raise SecretFileError(
            f"{path} cannot be made by {_login()}: {error.strerror}. Run with become. Nothing was changed on this host"
        ) from None


def _write_dropin(path: str, env_file: str, check_mode: bool) -> bool:
    content = f"{_HEADER}[Service]\nEnvironmentFile={env_file}\n".encode()
    return _replace(path, content, Access(mode=0o644), check_mode)


def _replace(path: str, content: bytes, access: Access, check_mode: bool) -> bool:
    """Put new content in the place of a file, and read it back; or leave a file that is right already."""
    found = _read(path)
    wanted = access_of(path, access)
    if found == content and wanted == access_of(path):
        return False
    if check_mode:
        return True
    try:
        remove_leftovers(path)
        replace(path, content, access)
    except OSError as error:
        raise SecretFileError(
            f"{path} cannot be written by {_login()}: {error.strerror}. Run with become, or name another file. Nothing"
            " was changed in this file"
        ) from None
    if _read(path) != content:
        raise SecretFileError(f"{path} reads back differently from what was written to it")
    return True


def _dotfile(path: str) -> str:
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}")


def _look_up(kind: str, name: str, number_of: Callable[[str], int]) -> int:
    try:
        return int(name) if _ID_NUMBER.fullmatch(name) else number_of(name)
    except KeyError:
        raise SecretFileError(f"There is no {kind} {name} on this host. Nothing was changed on it") from None


def _refuse_access_for_others(mode: int) -> int:
    """Return the mode of a file with a secret, when it is closed to others."""
    if mode & ~0o770:
        raise SecretFileError(
            f"With the mode {mode:04o}, others than the owner and the group may use the file: give it to the group of"
            " its readers, with the mode '0640'. Nothing was changed"
        )
    return mode


def _login() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"the user {os.geteuid()}"


def _parse_generation(path: str, text: str) -> int:
    """The number of a secret; 0 when none is noted."""
    if not text:
        return 0
    if _GENERATION_NUMBER.fullmatch(text) is None:
        raise SecretFileError(
            f"{path} names a generation that is no number, so it cannot be told whether its secret is newer: remove it"
            " there. Nothing was changed on this host"
        )
    return int(text)
