# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make test`: run sessions of noxfile.py, print one line for each, and end with `N passed, N failed, N skipped`.

nox runs its sessions one after the other, so this runs two of them at a time, and counts. What a session prints goes to
.build/log/NAME.log. What this machine lacks is skipped; where CI is set, that counts as failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOG = ROOT / ".build/log"
NOX = [sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py")]

AT_ONCE = 2

# Seconds. A session that takes this long hangs.
TIMEOUT = 50 * 60


def list_sessions(*selection: str) -> list[str]:
    """List the sessions that nox selects.

    :param selection: Arguments of nox; without any, it selects the default sessions.
    """
    listed = subprocess.run([*NOX, "--list", "--json", *selection], stdout=subprocess.PIPE, check=True).stdout
    # A meta session only asks for others, which are listed, too.
    return [one["session"] for one in json.loads(listed) if not one["description"].startswith("Meta session")]


class Report:
    """Prints a line for each session, and counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, verdict: str, name: str, detail: str, log: str = "") -> None:
        if verdict == "skip" and os.environ.get("CI"):
            verdict, detail = "FAIL", f"{detail} (CI is set: nothing may be skipped)"
        with self._lock:
            self.counts[verdict] += 1
            print(f"{verdict:4} {name} {detail}", *log.splitlines(), sep="\n     | ", flush=True)

    def end(self, expected: int) -> int:
        """Print the closing line, and return the exit status."""
        if self.counts.total() < expected:
            self.add("FAIL", "all", f"only {self.counts.total()} of {expected} sessions came to an end")
        passed, failed, skipped = (self.counts[verdict] for verdict in ("ok", "FAIL", "skip"))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        return 1 if failed or not passed else 0


def excerpt(text: str) -> str:
    """The part of a log that says what is wrong: the lines that look like it, else the end."""
    lines = [line[:300] for line in text.splitlines()]
    telling = re.compile(r"^(ERROR|FATAL|FAILED|WARNING)|\berror:")
    return "\n".join([line for line in lines if telling.search(line)][:40] or lines[-40:])


def run(name: str, report: Report, running: set[subprocess.Popen[bytes]]) -> None:
    """Run a session, and report how it ended."""
    start = time.monotonic()
    log, result = LOG / f"{name}.log", LOG / f"{name}.json"
    result.unlink(missing_ok=True)
    with log.open("wb") as stream:
        # A process group of its own, so that nothing that the session started outlives it.
        process = subprocess.Popen(
            [*NOX, "--session", name, "--report", str(result)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running.add(process)
    try:
        ended = f"exit status {process.wait(TIMEOUT)}"
    except subprocess.TimeoutExpired:
        ended = f"no end after {TIMEOUT} seconds"
    kill(process)
    running.discard(process)
    text = log.read_text(errors="replace")
    seconds = f"{time.monotonic() - start:.0f} s"
    if ended != "exit status 0":
        report.add("FAIL", name, f"{seconds} ({ended}; {log.relative_to(ROOT)})", excerpt(text))
    elif "skipped" in [one["result"] for one in json.loads(result.read_text())["sessions"]]:
        report.add("skip", name, text.splitlines()[-1])
    else:
        report.add("ok", name, seconds)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a session; nox removes its folders when it is interrupted."""
    for kind in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run sessions of noxfile.py, two at a time.")
    parser.add_argument("--all", action="store_true", help="also run what only `make test-all` runs")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these sessions")
    options = parser.parse_args()
    names = list_sessions(*(["--session", *options.names] if options.names else []))
    if options.all:
        names = list(dict.fromkeys([*list_sessions("--tags", "test-all"), *names]))

    LOG.mkdir(parents=True, exist_ok=True)
    report = Report()
    waiting, running = deque(names), set[subprocess.Popen[bytes]]()

    def work() -> None:
        with contextlib.suppress(IndexError):
            while True:
                run(waiting.popleft(), report, running)

    # To be terminated ends like Ctrl-C: without leaving a process behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threads = [threading.Thread(target=work, daemon=True) for _number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        for process in running.copy():
            kill(process)
    return report.end(len(names))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
