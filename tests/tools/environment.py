# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where tools and tests run: interpreters, virtual environments, home folders, staged copies, the installed tarball.

Everything lies in the git-ignored folder .build; nothing is written to the user's home. Standard library only.
"""

from __future__ import annotations

import ast
import configparser
import functools
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
COLLECTION = Path("ansible_collections/community/vonage")

# The Pythons on which the modules must work.
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")

# On which Python the environment of a dependency group runs (the first one that is found). The cores are spread over
# all Pythons that a controller may have.
PYTHON_OF_GROUP = {
    "bench": ("3.11", "3.12", "3.13"),
    "demo": ("3.11", "3.12", "3.13"),
    "dev": ("3.11",),
    "services": ("3.11", "3.12", "3.13"),
    "core-2-16": ("3.10",),
    "core-2-17": ("3.12",),
    "core-2-18": ("3.13",),
    "core-2-20": ("3.12",),
    "core-2-21": ("3.13",),
}

# The releases of pip that ansible-test asks for, in those of these environments in which it makes others of its own.
PIP_FOR_ANSIBLE_TEST = {"core-2-16": "23.1.2", "dev": "24.2", "core-2-21": "25.2"}


class MissingPython(Exception):
    """This machine has no interpreter of the version that is needed."""


class Unprepared(Exception):
    """A preparing command failed."""


def run(command: Sequence[str | Path], cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a preparing command; be silent unless it fails."""
    result = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if result.returncode:
        output, words = result.stdout.decode(errors="replace"), " ".join(map(str, command))
        raise Unprepared(f"{output}\nThis command failed ({result.returncode}): {words}")


# -- interpreters ------------------------------------------------------------------------------------------------------


def search_path() -> list[str]:
    """PATH without the shims of pyenv.

    A shim exists for every version that was ever installed, and fails for those that are not chosen. ansible-test calls
    each python3.x that it sees, and it strips PYENV_VERSION from the environment, so the shims have to go.
    """
    return [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder).name != "shims"]


def works(python: Path) -> bool:
    return subprocess.run([python, "-c", "import ssl, venv"], capture_output=True, check=False).returncode == 0


@functools.cache
def interpreters() -> dict[str, Path]:
    """Find a working interpreter of each version: in PATH, else in pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    found = {}
    for version in PYTHONS:
        candidates = [Path(folder, f"python{version}") for folder in search_path()]
        candidates += sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))
        for candidate in candidates:
            if candidate.exists() and works(candidate):
                found[version] = candidate
                break
    return found


def interpreter(group: str) -> Path:
    for version in PYTHON_OF_GROUP[group]:
        if version in interpreters():
            return interpreters()[version]
    raise MissingPython(f"needs Python {' or '.join(PYTHON_OF_GROUP[group])}, which was not found")


# -- where packages come from ------------------------------------------------------------------------------------------


@functools.cache
def pip_settings() -> dict[str, str]:
    """The user's settings of pip that say where packages come from.

    uv does not read them, and neither does the pip that ansible-test starts, with another HOME and no PIP_* variables.
    """
    command = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    settings = {}
    # Sorted so that the variables, which pip lists as ":env:", win over the files.
    for line in sorted(lines, key=lambda line: line.startswith(":env:")):
        name, value = line.split("=", maxsplit=1)
        key = name.rpartition(".")[2]
        if key in ("cert", "client-cert", "extra-index-url", "find-links", "index-url", "proxy", "trusted-host"):
            settings[key] = ast.literal_eval(value)
    return settings


def installer_environ() -> dict[str, str]:
    """The environment of pip and uv when they are called from here."""
    env = {
        "PIP_CACHE_DIR": str(BUILD / "cache/pip"),
        "UV_CACHE_DIR": str(BUILD / "cache/uv"),
        # As pip does: the best version in any index.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    variables = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE"}
    for key in variables.keys() & pip_settings().keys():
        env[variables[key]] = " ".join(pip_settings()[key].split())
    return {**env, **os.environ}


# -- virtual environments ----------------------------------------------------------------------------------------------


@functools.cache
def dependency_groups() -> dict[str, list[str]]:
    with open(ROOT / "pyproject.toml", "rb") as file:
        groups: dict[str, list[str]] = tomllib.load(file)["dependency-groups"]
    return groups


def uv() -> Path:
    """Install uv with nothing but pip: `--target` also works where pip may not touch the system's packages."""
    (requirement,) = dependency_groups()["bootstrap"]
    target = BUILD / "bootstrap" / requirement
    if not (target / "bin/uv").exists():
        command = [sys.executable, "-m", "pip", "install", "-qq", "--target", str(target), requirement]
        run(command, env=installer_environ())
    return target / "bin/uv"


def environment(group: str) -> Path:
    """Make the virtual environment of a dependency group, or renew it when the groups changed; return its bin."""
    python = interpreter(group)
    target = BUILD / "venv" / group
    wanted = json.dumps([str(target), str(python), dependency_groups()], indent=1)
    stamp = target / "made-from.json"
    if not (stamp.exists() and stamp.read_text() == wanted and (target / "bin/python").exists()):
        env = installer_environ()
        run([uv(), "venv", "--quiet", "--clear", "--seed", "--python", python, target], env=env)
        source = f"{ROOT / 'pyproject.toml'}:{group}"
        run([uv(), "pip", "install", "--quiet", "--python", target / "bin/python", "--group", source], env=env)
        stamp.write_text(wanted)
    return target / "bin"


# -- home folders and environment variables ----------------------------------------------------------------------------


def home(name: str) -> Path:
    """Make a home folder of its own, with the user's settings of pip.

    ansible-test keeps environments in ~/.ansible/test; two that run at the same time on one home corrupt each other's.
    """
    target = BUILD / "home" / name
    settings = configparser.RawConfigParser()
    settings["global"] = {**pip_settings(), "cache-dir": str(BUILD / "cache/pip")}
    config = target / ".config/pip/pip.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.touch(mode=0o600)
    with config.open("w") as file:
        settings.write(file)
    return target


def give_pip_to_ansible_test(user_home: Path) -> None:
    """Put what ansible-test would download (see get_pip.py) where it looks first."""
    cache = user_home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIP_FOR_ANSIBLE_TEST.values():
        shutil.copy2(Path(__file__).with_name("get_pip.py"), cache / f"get_pip_{version.replace('.', '_')}.py")
        if not (cache / f"pip-{version}-py3-none-any.whl").exists():
            download = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--dest", str(cache)]
            run([*download, f"pip=={version}"], env=installer_environ())


def environ(user_home: Path, programs: Path) -> dict[str, str]:
    """The environment of everything that is tested, the same on every machine."""
    # A developer's own settings and, above all, credentials of a real account must not get into a test.
    dropped = ("ANSIBLE_", "GIT_", "MAKE", "PYTEST_", "PYTHON", "VIRTUAL_ENV", "VONAGE_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    folders = [str(programs), *(str(python.parent) for python in interpreters().values()), *search_path()]
    env.update(
        HOME=str(user_home),
        LC_ALL="C.UTF-8",
        NO_COLOR="1",
        PATH=os.pathsep.join(dict.fromkeys(folders)),
    )
    # This variable makes requests forget Session.verify. Some machines have it, so it is set here for all; ansible-test
    # strips it, so the unit tests run both ways.
    for bundle in programs.parent.glob("lib/python3.*/site-packages/certifi/cacert.pem"):
        env["REQUESTS_CA_BUNDLE"] = str(bundle)
    return env


# -- the collection where Ansible's tools want it ----------------------------------------------------------------------


def stage(name: str) -> Path:
    """Copy the collection to .build/stage/<name>/ansible_collections/community/vonage, and return that path.

    Ansible's tools want the collection in a folder of that name, and ansible-test sees through a symbolic link. The
    copy holds what git would commit, uncommitted work included.
    """
    target = BUILD / "stage" / name / COLLECTION
    # ansible-test keeps virtual environments there that are worth keeping, too.
    output, kept = target / "tests/output", target.parent / "kept-output"
    if output.exists():
        output.rename(kept)
    shutil.rmtree(target, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for path in filter(None, listed.split("\0")):
        # git also lists what was deleted and not yet committed.
        if os.path.lexists(ROOT / path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, target / path, follow_symlinks=False)
    if kept.exists():
        kept.rename(output)
    # ansible-test asks git which files to test. Without a repository of its own, the copy would belong to the one
    # around it, which ignores .build: nothing would be tested, and ansible-test would call that a success.
    run(["git", "init", "--quiet"], cwd=target)
    run(["git", "add", "--all"], cwd=target)
    return target


def package(name: str, group: str) -> Path:
    """Build the tarball from a staged copy and install it into a clean path, as a user would; return that path."""
    programs = environment(group)
    env = environ(home(name), programs)
    target = BUILD / "package" / name
    shutil.rmtree(target, ignore_errors=True)
    run([programs / "ansible-galaxy", "collection", "build", "--output-path", target], cwd=stage(name), env=env)
    (tarball,) = target.glob("*.tar.gz")
    path = target / "collections"
    run([programs / "ansible-galaxy", "collection", "install", "--offline", tarball, "-p", path], env=env)
    return path
