# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make crash-matrix`: play all cases of tests/proof/matrix.py, and write docs/crash-matrix.md."""

from __future__ import annotations

import subprocess

from environment import ROOT, MissingPython, Unprepared, environ, environment, home, stage

if __name__ == "__main__":
    try:
        programs = environment("dev")
        staged = stage("crash-matrix")
    except (MissingPython, Unprepared) as error:
        raise SystemExit(f"The matrix was not played: {error}") from None
    result = subprocess.run(
        [programs / "python", "tests/proof/matrix.py"],
        cwd=staged,
        env={**environ(home("tools"), programs), "PYTHONPATH": str(staged.parents[2])},
        stdout=subprocess.PIPE,
        check=True,
    )
    (ROOT / "docs/crash-matrix.md").write_bytes(result.stdout)
