# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make test`: have nox run sessions of noxfile.py, two at a time, and end with `N passed, N failed, N skipped`.

nox has no such line, and no option for the sessions of `make test-all`: the default ones and those with a tag.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

NOX = [sys.executable, "-m", "nox", "--noxfile", str(Path(__file__).resolve().parents[2] / "noxfile.py")]
AT_ONCE = "2"


def list_sessions(*selection: str) -> list[str]:
    """List the sessions that nox selects.

    :param selection: Arguments of nox; without any, it selects the default sessions.
    """
    listed = subprocess.run([*NOX, "--list", "--json", *selection], stdout=subprocess.PIPE, check=True).stdout
    # A meta session does nothing but ask for others, which are listed, too.
    return [one["session"] for one in json.loads(listed) if not one["description"].startswith("Meta session")]


def main() -> int:
    parser = argparse.ArgumentParser(description="Run sessions of noxfile.py, two at a time, and count them.")
    parser.add_argument("--all", action="store_true", help="also run what only `make test-all` runs")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these sessions")
    options = parser.parse_args()
    names = options.names or list_sessions()
    if options.all:
        names = list_sessions("--tags", "test-all") + names

    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory, "report.json")
        command = [*NOX, "--parallel", AT_ONCE, "--allow-parallel", "--report", str(report), "--session", *names]
        status = subprocess.run(command, check=False).returncode
        if not report.exists():
            # nox has said why, such as a session that does not exist.
            return status or 1
        results = Counter(session["result"] for session in json.loads(report.read_text())["sessions"])
    passed, skipped = results["success"], results["skipped"]
    failed = results.total() - passed - skipped
    if os.environ.get("CI") and skipped:
        print("CI is set, so nothing may be skipped: what was skipped counts as failed.")
        failed, skipped = failed + skipped, 0
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if status or failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
