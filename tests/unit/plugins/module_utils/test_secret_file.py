# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that hand a secret over: what is kept of them, who may read them at any moment, and what is refused."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils._atomic_file import AS_IT_IS, Access
from ansible_collections.community.vonage.plugins.module_utils._secret_file import (
    Mark,
    SecretFileError,
    is_plain,
    parse_access,
    write_env_file,
    write_text_file,
)

SECRET = "NewSecret1a2b3c4d5e6f7g8h"
MARK = Mark("abcd1234", 4)
ENV_FILE = (
    "# Managed by community.vonage.rotate_api_secret\n"
    f"VONAGE_API_KEY=abcd1234\nVONAGE_API_SECRET={SECRET}\nVONAGE_API_SECRET_GENERATION=4\n"
)
CONTENT = f'{{"login": ["abcd1234", "{SECRET}"]}}'.encode()
NOBODY = 65534


def env_file(path: Path, access: Access = AS_IT_IS, **options: t.Any) -> bool:
    return write_env_file(str(path), SECRET, MARK, access, **options)


def text_file(path: Path, access: Access = AS_IT_IS, **options: t.Any) -> bool:
    return write_text_file(str(path), CONTENT, MARK, access, **options)


def note_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.rotate_api_secret")


def make_env_file(path: Path) -> None:
    path.write_text("VONAGE_API_KEY=abcd1234\nVONAGE_API_SECRET=old\n")
    path.chmod(0o600)


def make_text_file(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0o600)
    note_of(path).write_text("abcd1234 3\n")


Write = Callable[..., bool]
KINDS = [(env_file, make_env_file), (text_file, make_text_file)]
every_kind = pytest.mark.parametrize(("write", "make"), KINDS, ids=["env_file", "text_file"])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "vonage.env"


# Imports come first: the user may not be able to read where they are.
_AS_ANOTHER = f"""
import os, sys
from ansible_collections.community.vonage.plugins.module_utils._atomic_file import AS_IT_IS
from ansible_collections.community.vonage.plugins.module_utils._secret_file import *
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
try:
    if sys.argv[1] == "env_file":
        write_env_file(sys.argv[2], {SECRET!r}, Mark("abcd1234", 4), AS_IT_IS)
    else:
        write_text_file(sys.argv[2], {CONTENT!r}, Mark("abcd1234", 4), AS_IT_IS)
except SecretFileError as error:
    print(error)
"""


def error_of_another_user(write: Write, path: Path) -> str:
    """Write the file as a user who is not root, and return the message of the error."""
    command = [sys.executable, "-c", _AS_ANOTHER, write.__name__, str(path)]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A file in a directory of the user that tests are for who are not root."""
    folders = map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"))
    reachable = [
        folder
        for folder in folders
        if folder.is_dir() and all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))
    ]
    with tempfile.TemporaryDirectory(dir=reachable[0]) as directory:
        Path(directory).chmod(0o755)
        if os.geteuid() == 0:
            os.chown(directory, NOBODY, NOBODY)
        yield Path(directory) / "vonage.env"


# -- what is written ---------------------------------------------------------------------------------------------------


def test_an_environment_file_is_written_once(place: Path) -> None:
    assert env_file(place) is True
    assert place.read_text() == ENV_FILE
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    before = place.stat()
    assert env_file(place) is False
    assert place.stat() == before
    assert [path.name for path in place.parent.iterdir()] == ["vonage.env"]


def test_a_file_of_any_format_is_written_once_and_noted(place: Path) -> None:
    assert text_file(place) is True
    assert place.read_bytes() == CONTENT
    assert note_of(place).read_text() == "abcd1234 4\n"
    assert text_file(place) is False


def test_a_dropin_names_the_environment_file(place: Path) -> None:
    dropin = place.parent / "sms-gateway.service.d" / "vonage.conf"
    assert env_file(place, dropin=str(dropin)) is True
    assert f"[Service]\nEnvironmentFile={place}\n" in dropin.read_text()
    assert SECRET not in dropin.read_text()
    assert env_file(place, dropin=str(dropin)) is False


@every_kind
def test_check_mode_writes_nothing(write: Write, make: Callable[[Path], None], place: Path) -> None:
    assert write(place, check_mode=True) is True
    assert list(place.parent.iterdir()) == []
    write(place)
    assert write(place, check_mode=True) is False


# -- what is kept ------------------------------------------------------------------------------------------------------


@every_kind
def test_a_link_stays_and_its_target_is_written(write: Write, make: Callable[[Path], None], place: Path) -> None:
    target = place.parent / "shared" / "vonage.env"
    target.parent.mkdir()
    make(target)
    place.symlink_to("shared/vonage.env")
    write(place)
    assert place.is_symlink()
    assert SECRET in target.read_text()


@every_kind
def test_owner_group_and_mode_are_kept(write: Write, make: Callable[[Path], None], place: Path) -> None:
    make(place)
    place.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(place, NOBODY, NOBODY)
    before = place.stat()
    write(place)
    after = place.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


@every_kind
def test_the_mode_is_set_although_the_content_is_right(write: Write, make: Callable[[Path], None], place: Path) -> None:
    write(place)
    assert write(place, Access(mode=0o640)) is True
    assert stat.S_IMODE(place.stat().st_mode) == 0o640


@every_kind
def test_no_moment_lets_others_read_the_secret(
    write: Write, make: Callable[[Path], None], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(place)
    place.chmod(0o640)
    readable: list[str] = []

    def look(*_arguments: t.Any) -> None:
        for path in place.parent.iterdir():
            if SECRET in path.read_text() and path.stat().st_mode & 0o004:
                readable.append(path.name)

    for name in ("fsync", "replace", "fchmod", "fchown"):
        real = getattr(os, name)

        def watched(*arguments: t.Any, real: Callable[..., t.Any] = real) -> t.Any:
            look()
            result = real(*arguments)
            look()
            return result

        monkeypatch.setattr(os, name, watched)
    write(place, Access(mode=0o640))
    assert SECRET in place.read_text()
    assert readable == []


def test_the_rest_of_a_run_that_was_killed_is_removed(place: Path) -> None:
    place.with_name(".vonage.env.abcd5678.new").write_text(SECRET)
    env_file(place)
    assert [path.name for path in place.parent.iterdir()] == ["vonage.env"]


# -- what is refused ---------------------------------------------------------------------------------------------------


@every_kind
def test_a_file_that_cannot_be_read_is_no_empty_one(
    write: Write, make: Callable[[Path], None], open_place: Path
) -> None:
    make(open_place)
    content = open_place.read_text()
    unreadable = open_place if write is env_file else note_of(open_place)
    unreadable.chmod(0)
    message = error_of_another_user(write, open_place)
    assert f"{unreadable} is there, and " in message
    assert "cannot read it: Permission denied. It is not overwritten unread" in message
    unreadable.chmod(0o600)
    assert open_place.read_text() == content


@pytest.mark.skipif(os.geteuid() != 0, reason="a file of another user is made by root")
@every_kind
def test_a_file_of_another_user_is_not_taken_over(write: Write, make: Callable[[Path], None], open_place: Path) -> None:
    make(open_place)
    for path in open_place.parent.iterdir():
        path.chmod(0o666)
    open_place.chmod(0o660)
    os.chown(open_place, 0, NOBODY)
    content = open_place.read_text()
    message = error_of_another_user(write, open_place)
    assert "this login cannot give the file its owner, group and mode (uid 0, " in message
    assert "Run with become" in message
    assert open_place.read_text() == content


@every_kind
def test_a_user_who_does_not_exist_is_named_before_anything_is_written(
    write: Write, make: Callable[[Path], None], place: Path
) -> None:
    with pytest.raises(SecretFileError, match="There is no user nobody-here on this host"):
        write(place, parse_access("nobody-here", None, None))
    with pytest.raises(SecretFileError, match="There is no group nobody-here on this host"):
        write(place, parse_access(None, "nobody-here", None))
    assert list(place.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("0644", "With the mode 0644, others than the owner and the group may use the file"),
        ("0604", "With the mode 0604, others"),
        ("384", "must be an octal number in quotes, such as '0640', not '384'"),
        ("u=rw", "must be an octal number in quotes, such as '0640', not 'u=rw'"),
    ],
)
def test_a_mode_is_octal_and_closed_to_others(mode: str, message: str) -> None:
    with pytest.raises(SecretFileError) as caught:
        parse_access(None, None, mode)
    assert message in str(caught.value)


@every_kind
def test_a_file_that_others_can_read_is_not_kept_so(write: Write, make: Callable[[Path], None], place: Path) -> None:
    make(place)
    place.chmod(0o644)
    content = place.read_text()
    with pytest.raises(SecretFileError, match="With the mode 0644, others"):
        write(place)
    assert place.read_text() == content
    assert SECRET not in "".join(path.read_text() for path in place.parent.iterdir())


@pytest.mark.parametrize(
    "content",
    ["DB_PASSWORD=keepme\n", f"{ENV_FILE}DATABASE_URL=keepme\n", "export VONAGE_API_KEY=keepme\n", "keepme"],
)
def test_an_environment_file_with_other_settings_is_left_alone(place: Path, content: str) -> None:
    place.write_text(content)
    with pytest.raises(SecretFileError, match="holds other settings") as caught:
        env_file(place)
    assert "keepme" not in str(caught.value)
    assert place.read_text() == content


def test_a_file_without_a_note_is_left_alone(place: Path) -> None:
    place.write_text("keepme")
    place.chmod(0o600)
    with pytest.raises(SecretFileError, match="was not written by this role"):
        text_file(place)
    assert place.read_text() == "keepme"
    note_of(place).touch()
    assert text_file(place) is True


def test_a_dropin_of_others_keeps_everything_as_it_is(place: Path) -> None:
    dropin = place.parent / "vonage.conf"
    dropin.write_text("[Service]\nRestart=always\n")
    with pytest.raises(SecretFileError, match="was not written by this role: move it away"):
        env_file(place, dropin=str(dropin))
    assert not place.exists()
    assert dropin.read_text() == "[Service]\nRestart=always\n"


@pytest.mark.parametrize(
    ("account_id", "generation", "refused"),
    [("abcd1234", 5, True), ("abcd1234", 4, False), ("abcd1234", 3, False), ("efgh5678", 5, False)],
)
@every_kind
def test_a_newer_generation_of_the_same_account_stays(
    write: Write, make: Callable[[Path], None], place: Path, account_id: str, generation: int, refused: bool
) -> None:
    if write is env_file:
        place.write_text(f"VONAGE_API_KEY={account_id}\nVONAGE_API_SECRET_GENERATION={generation}\n")
    else:
        place.write_text("{}")
        note_of(place).write_text(f"{account_id} {generation}\n")
    place.chmod(0o600)
    if refused:
        with pytest.raises(SecretFileError, match="has generation 5, and this run has generation 4"):
            write(place)
    else:
        write(place)
    assert (SECRET in place.read_text()) is not refused


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("vonage.env", "by its absolute path, not by vonage.env"),
        ("", "by its absolute path, not by nothing"),
        ("/nowhere/vonage.env", "name a file in a directory that exists on this host, or create /nowhere first"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, message: str) -> None:
    with pytest.raises(SecretFileError) as caught:
        write_env_file(path, SECRET, MARK, Access())
    assert message in str(caught.value)


@every_kind
def test_a_pipe_is_refused_and_not_waited_for(write: Write, make: Callable[[Path], None], place: Path) -> None:
    os.mkfifo(place)
    with pytest.raises(SecretFileError, match="it is not a regular file"):
        write(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="a link of another user is made by root")
@every_kind
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_of_another_user_is_not_followed(
    write: Write, make: Callable[[Path], None], place: Path, exists: bool
) -> None:
    target = place.parent / "ld.so.preload"
    if exists:
        make(target)
    place.symlink_to(target)
    os.lchown(place, NOBODY, NOBODY)
    content = target.read_text() if exists else None
    with pytest.raises(SecretFileError, match="it is a link of another user, which is not followed"):
        write(place)
    assert (target.read_text() if exists else None) == content
    assert exists or not target.exists()


@every_kind
def test_a_directory_that_everybody_may_write_to_is_refused(
    write: Write, make: Callable[[Path], None], place: Path
) -> None:
    place.parent.chmod(0o1777)
    with pytest.raises(SecretFileError, match=f"since every user can write to {place.parent}:"):
        write(place)
    assert list(place.parent.iterdir()) == []


@every_kind
def test_a_directory_that_everybody_may_replace_is_refused(
    write: Write, make: Callable[[Path], None], place: Path
) -> None:
    directory = place.parent / "own"
    directory.mkdir()
    place.parent.chmod(0o777)
    with pytest.raises(SecretFileError, match=f"since every user can write to {place.parent}:"):
        write(directory / place.name)
    # As below /tmp.
    place.parent.chmod(0o1777)
    assert write(directory / place.name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
@every_kind
def test_a_file_that_another_user_put_there_is_refused(write: Write, make: Callable[[Path], None], place: Path) -> None:
    make(place)
    os.chown(place, NOBODY, NOBODY)
    place.parent.chmod(0o775)
    content = place.read_bytes()
    with pytest.raises(SecretFileError, match=f"belongs to the user {NOBODY}, and a group can write to its directory"):
        write(place)
    assert place.read_bytes() == content
    assert write(place, Access(owner=NOBODY))
    place.parent.chmod(0o755)
    write(place)


@every_kind
def test_a_file_with_another_name_is_refused(write: Write, make: Callable[[Path], None], place: Path) -> None:
    make(place)
    os.link(place, place.with_name("other"))
    content = place.read_bytes()
    with pytest.raises(SecretFileError, match="has hard links, which would keep the old secret"):
        write(place)
    assert place.read_bytes() == content


@pytest.mark.parametrize("owner", ["9" * 20, "²"])
def test_a_number_that_no_user_has(owner: str) -> None:
    with pytest.raises(SecretFileError, match=f"There is no user {owner} on this host"):
        parse_access(owner, None, None)


def test_links_in_a_circle_end(place: Path) -> None:
    place.symlink_to(place)
    with pytest.raises(SecretFileError, match="Too many levels of symbolic links"):
        env_file(place)


def test_another_secret_of_the_same_generation_is_of_another_record(place: Path) -> None:
    place.write_text(ENV_FILE.replace(SECRET, "OfTheLostRecord1"))
    place.chmod(0o600)
    with pytest.raises(SecretFileError, match="has another secret with generation 4: the record was started anew"):
        env_file(place)
    assert "OfTheLostRecord1" in place.read_text()


@pytest.mark.parametrize("mark", ['"9"', "9 # x", "9" * 5000])
def test_a_generation_that_is_no_number_is_not_taken_for_an_old_one(place: Path, mark: str) -> None:
    place.write_text(f"VONAGE_API_KEY=abcd1234\nVONAGE_API_SECRET_GENERATION={mark}\n")
    with pytest.raises(SecretFileError, match="names a generation that is no number"):
        env_file(place)
    assert SECRET not in place.read_text()


# -- how an environment file is read -----------------------------------------------------------------------------------

UNFIT = ["Abcd1234!!;", "Abcd1234\\", "Abcd 1234", "Abcd'1234", 'Abcd"1234', "Abcd$1234", "#Abcd1234", "Abcd`1234`", ""]


@pytest.mark.parametrize("secret", UNFIT)
def test_a_secret_that_readers_do_not_agree_on_is_refused(place: Path, secret: str) -> None:
    make_env_file(place)
    content = place.read_text()
    with pytest.raises(SecretFileError, match="do not all read alike") as caught:
        write_env_file(str(place), secret, MARK, Access())
    assert not secret or secret not in str(caught.value)
    assert place.read_text() == content


def test_an_account_makes_no_line_of_its_own(place: Path) -> None:
    with pytest.raises(SecretFileError, match="account_id must be an API key"):
        write_env_file(str(place), SECRET, Mark("abcd1234\nPATH=/tmp", 4), AS_IT_IS)
    assert not place.exists()


def read_with_shell(shell: str, path: Path) -> str:
    command = [shell, "-c", 'set -a; . "$1"; printf %s "$VONAGE_API_SECRET"', "sh", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={}).stdout


def read_as_docker(path: Path) -> str:
    """As `docker run --env-file`: a line is a comment or is taken literally, without the blanks before it."""
    lines = (line.lstrip() for line in path.read_text().split("\n"))
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))["VONAGE_API_SECRET"]


def read_as_systemd(path: Path) -> str:
    """As systemd.exec(5) describes EnvironmentFile=: quotes and backslashes are resolved, blanks at the end go."""
    values = {}
    for line in path.read_text().split("\n"):
        if line.strip() and line.strip()[0] not in "#;":
            name, _equals, value = line.partition("=")
            assert not {"'", '"', "\\"} & set(value)
            values[name.strip()] = value.strip()
    return values["VONAGE_API_SECRET"]


SHELLS = [shell for shell in ("sh", "bash", "dash") if shutil.which(shell)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=25))
def test_all_readers_read_the_same_value(tmp_path: Path, secret: str) -> None:
    path = tmp_path / "vonage.env"
    path.unlink(missing_ok=True)
    secret = "".join(filter(is_plain, secret)) or "a"
    write_env_file(str(path), secret, MARK, Access())
    assert {read_with_shell(shell, path) for shell in SHELLS} == {secret}
    assert read_as_docker(path) == read_as_systemd(path) == secret
