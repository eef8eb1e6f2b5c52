# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: set up what tests/bench/bench.py needs, and run it with the installed collection."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from environment import BUILD, COLLECTION, ROOT, MissingPython, Unprepared, environ, environment, home, package

# The first version of the role, with which the rotation is compared.
FIRST_VERSION = "09c073530b72c08ea812b1ad68c8a253f081f3c4"


def first_version() -> Path | None:
    """Take the first version from the repository's history; None where the history is not there."""
    path = BUILD / "first-version"
    target = path / COLLECTION
    archive = subprocess.run(["git", "archive", FIRST_VERSION], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        print(
            f"Without a comparison with the first version of the role: commit {FIRST_VERSION[:7]} is not in this"
            " repository. A shallow clone is completed by: git fetch --unshallow",
            file=sys.stderr,
        )
        return None
    shutil.rmtree(path, ignore_errors=True)
    target.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(target)], input=archive.stdout, check=True)
    return path


if __name__ == "__main__":
    print("Preparing: virtual environment, tarball of the collection, installation into a clean path ...", flush=True)
    try:
        env = environ(home("bench"), environment("bench"))
        collections = package("bench", "bench")
    except (MissingPython, Unprepared) as error:
        raise SystemExit(f"The benchmark was not started: {error}") from None
    first = first_version()
    arguments = ["--collections", str(collections), *(["--first", str(first)] if first else []), *sys.argv[1:]]
    os.chdir(ROOT)
    os.execvpe("python", ["python", "tests/bench/bench.py", *arguments], env)
