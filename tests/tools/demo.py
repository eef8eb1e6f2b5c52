# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: set up what tests/demo/demo.py needs, and run it with the installed collection."""

from __future__ import annotations

import os

from environment import ROOT, MissingPython, Unprepared, environ, environment, home, package

if __name__ == "__main__":
    print("Preparing: virtual environment, tarball of the collection, installation into a clean path ...", flush=True)
    try:
        env = environ(home("demo"), environment("demo"))
        env["ANSIBLE_COLLECTIONS_PATH"] = str(package("demo", "demo"))
    except (MissingPython, Unprepared) as error:
        raise SystemExit(f"The demo was not started: {error}") from None
    os.chdir(ROOT)
    os.execvpe("python", ["python", "tests/demo/demo.py"], env)
