# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make test`: run every check, print one line for each, and end with `N passed, N failed, N skipped`.

The checks are in two lanes that run side by side, each with a home folder and a staged copy of its own. What a check
prints goes to .build/log/<name>.log. What this machine lacks is skipped; where CI is set, that counts as failed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from environment import (
    BUILD,
    COLLECTION,
    PYTHON_OF_GROUP,
    PYTHONS,
    ROOT,
    MissingPython,
    Unprepared,
    environ,
    environment,
    give_pip_to_ansible_test,
    home,
    interpreters,
    package,
    stage,
)

LOG = BUILD / "log"
STAGE = {lane: BUILD / "stage" / lane / COLLECTION for lane in ("tools", "ansible-test")}
PATH_OF_STAGE = STAGE["tools"].parents[2]
PACKAGE = BUILD / "package/tools"
INSTALLED = PACKAGE / "collections"
TIMEOUT = 50 * 60

# Every supported ansible-core; `dev` has the newest one for Python 3.11.
GROUP_OF_CORE = {core: f"core-{core.replace('.', '-')}" for core in ("2.16", "2.17", "2.18", "2.19", "2.20", "2.21")}
GROUP_OF_CORE["2.19"] = "dev"

# The oldest, the newest and the one in between. On these, sanity and the system tests run too, and the unit tests run
# in ansible-test, each in its own process; on the others in plain pytest, in a third of the time.
SPAN = ("2.16", "2.19", "2.21")

# The system tests with something to prove on each of them. (The others import what only the environment dev has.)
EVERY_CORE = (
    "rotation",
    "rotation_team",
    "fleet",
    "rotate_fleet",
    "in_process",
    "leaks",
    "modules",
    "record",
    "check_store",
    "inventory",
    "consumers",
)

# The system tests that need the environment services.
SERVICES = tuple(f"tests/system/test_{name}.py" for name in ("central_consumers", "stores"))

# ansible-test says so, and exits with 0, when it found nothing to test.
NOTHING_TESTED = "All targets skipped"


@dataclass(frozen=True)
class Check:
    name: str
    command: str
    lane: str = "tools"
    group: str = "dev"
    # A Python that the check needs beside that of its group.
    target: str = ""
    quick: bool = False
    env: dict[str, str] = field(default_factory=dict)
    # The check fails when a line of its log matches, whatever its exit status says.
    forbidden: str = NOTHING_TESTED
    # Lines of its log that match are repeated at the end of the run.
    repeated: str = ""


def checks() -> list[Check]:
    mypy = f"mypy --cache-dir {BUILD}/cache/mypy"
    plugins = {"MYPYPATH": str(PATH_OF_STAGE)}
    importable = {"PYTHONPATH": str(PATH_OF_STAGE)}
    staged = {"ANSIBLE_COLLECTIONS_PATH": str(PATH_OF_STAGE)}
    installed = {"ANSIBLE_COLLECTIONS_PATH": str(INSTALLED)}
    found = [
        Check("ruff", f"ruff check --cache-dir {BUILD}/cache/ruff .", quick=True),
        Check("ruff-format", f"ruff format --check --diff --cache-dir {BUILD}/cache/ruff .", quick=True),
        Check("mypy-plugins", f"{mypy} -p ansible_collections.community.vonage.plugins", env=plugins, quick=True),
        Check("mypy-simulator", f"{mypy} -p vonage_simulator", env={"MYPYPATH": "roles/simulator/files"}, quick=True),
        Check("mypy-tools", f"{mypy} tests/tools", env={"MYPYPATH": "tests/tools"}, quick=True),
        Check(
            "mypy-proof",
            f"{mypy} tests/proof",
            env={"MYPYPATH": f"tests/proof:roles/simulator/files:{PATH_OF_STAGE}"},
            quick=True,
        ),
        Check(
            "mypy-bench",
            f"{mypy} tests/bench",
            env={"MYPYPATH": "tests/bench:roles/simulator/files"},
            quick=True,
        ),
        Check("yamllint", "yamllint --strict .", quick=True),
        # The unit tests on their own: with the variables that ansible-test would strip.
        Check("units", "pytest -n 2 tests/unit", env=importable, quick=True),
        # That a rotation survives anything, without Ansible.
        Check("proof", "pytest -n 2 tests/proof", env=importable),
        # Offline, ansible-lint does not install the collection that it checks, so it is told where the copy is.
        Check("ansible-lint", "ansible-lint --offline --strict --profile production", env=staged),
        Check("changelog", "antsibull-changelog lint"),
        Check(
            "docs",
            "antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs self .",
        ),
        Check("licenses", "reuse lint"),
        Check("verify", "ansible-galaxy collection verify --offline community.vonage", env=installed),
        # An execution environment must be given what the modules import.
        Check("requirements", f"ansible-builder introspect --sanitize {INSTALLED} | grep requests", env=installed),
        Check("system", f"pytest -n 2 tests/system {' '.join(f'--ignore {file}' for file in SERVICES)}", env=installed),
        Check("system-services", f"pytest -n 2 {' '.join(SERVICES)}", group="services", env=installed),
        # It exits with 0 in spite of findings.
        Check(
            "galaxy-importer",
            f"python -m galaxy_importer.main {PACKAGE}/community-vonage-*.tar.gz",
            env={"GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true"},
            forbidden="^(WARNING|ERROR)",
        ),
        Check("demo", f"make --no-print-directory -C {ROOT} demo"),
        # The benchmark with the smallest numbers: that it runs, and not how fast anything is.
        Check("bench", f"python tests/bench/self_test.py --collections {INSTALLED}", group="bench"),
        # On the oldest Python, what a module needs there; in environments that ansible-test makes.
        Check(
            f"units-python-{PYTHONS[0]}",
            f"ansible-test units --venv --requirements --python {PYTHONS[0]}",
            lane="ansible-test",
            target=PYTHONS[0],
        ),
        Check(
            f"integration-python-{PYTHONS[0]}",
            f"ansible-test integration --requirements --controller origin:python=venv/{PYTHON_OF_GROUP['dev'][0]}"
            f" --target controller:python=venv/{PYTHONS[0]}",
            lane="ansible-test",
            target=PYTHONS[0],
        ),
    ]
    for core, group in GROUP_OF_CORE.items():
        python = PYTHON_OF_GROUP[group][0]
        units, integration = f"ansible-test units --python {python}", f"ansible-test integration --python {python}"
        if group == "dev":
            # ansible-test takes exactly one release of coverage, which dev has. Older data would be of other lines.
            units, integration = f"ansible-test coverage erase && {units} --coverage", f"{integration} --coverage"
        # The lanes are to take equally long.
        lane = "ansible-test" if core in (*SPAN, "2.20") else "tools"
        if core not in SPAN:
            units = "pytest -n 2 tests/unit"
        found += [
            Check(f"units-{core}", units, lane, group, env=importable),
            Check(f"integration-{core}", integration, lane, group),
        ]
        if core in SPAN:
            found.append(Check(f"sanity-{core}", "ansible-test sanity", "ansible-test", group))
        if core in SPAN and group != "dev":
            # The role is where the cores differ most: its templates give text on one, and native types on the other.
            files = " ".join(f"tests/system/test_{name}.py" for name in EVERY_CORE)
            tests = f"pytest -n 2 -m every_core {files}"
            # Of the two, one for each lane.
            found.append(Check(f"system-{core}", tests, lane if core == SPAN[-1] else "tools", group, env=installed))
    measured = [
        "ansible-test coverage combine",
        # A file that nothing imported is in no data: this adds it, with none of its lines run.
        "coverage run --append -m compileall -q plugins",
        "coverage report",
    ]
    found.append(Check("coverage", " && ".join(measured), "ansible-test", repeated="^TOTAL.*"))
    return found


class Report:
    """Prints a line for each check, from both lanes, and counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.repeated: list[str] = []
        self._lock = threading.Lock()

    def add(self, verdict: str, name: str, detail: str, log: str = "") -> None:
        if verdict == "skip" and os.environ.get("CI"):
            verdict, detail = "FAIL", f"{detail} (CI is set: nothing may be skipped)"
        with self._lock:
            self.counts[verdict] += 1
            print(f"{verdict:4} {name} {detail}", *log.splitlines(), sep="\n     | ", flush=True)

    def end(self, expected: int) -> int:
        # A lane that ended early must not look like success.
        if self.counts.total() < expected:
            self.add("FAIL", "all-checks", f"only {self.counts.total()} of {expected} checks came to an end")
        print(*self.repeated, sep="\n", end="\n" if self.repeated else "")
        passed, failed, skipped = (self.counts[verdict] for verdict in ("ok", "FAIL", "skip"))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        return 1 if failed or not passed else 0


def excerpt(text: str, forbidden: str) -> str:
    """The part of a log that says what is wrong: the lines that look like it, else the end."""
    lines = [line[:300] for line in text.splitlines()]
    telling = re.compile(rf"{forbidden}|^(ERROR|FATAL|FAILED)|\berror:")
    return "\n".join([line for line in lines if telling.search(line)][:40] or lines[-40:])


def run(check: Check, report: Report, running: set[subprocess.Popen[bytes]]) -> None:
    start = time.monotonic()
    log = LOG / f"{check.name}.log"
    try:
        if check.target and check.target not in interpreters():
            raise MissingPython(f"needs Python {check.target}, which was not found")
        env = {**environ(home(check.lane), environment(check.group)), **check.env}
    except MissingPython as missing:
        report.add("skip", check.name, str(missing))
        return
    except Unprepared as error:
        report.add("FAIL", check.name, "was not started", str(error))
        return
    with log.open("wb") as file:
        # A process group of its own, so that nothing that the check started outlives it.
        process = subprocess.Popen(
            ["bash", "-c", check.command],
            cwd=STAGE[check.lane],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
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
    if check.repeated:
        report.repeated += [f"{check.name}: {line}" for line in text.splitlines() if re.match(check.repeated, line)]
    seconds = f"{time.monotonic() - start:.0f}"
    if ended == "exit status 0" and not re.search(check.forbidden, text, re.MULTILINE):
        report.add("ok", check.name, seconds)
    else:
        where = f"{seconds} ({ended}; {log.relative_to(ROOT)})"
        report.add("FAIL", check.name, where, f"$ {check.command}\n{excerpt(text, check.forbidden)}")


def kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def main() -> int:
    known = checks()
    parser = argparse.ArgumentParser(description="Run the checks of this collection.")
    parser.add_argument("--quick", action="store_true", help="only linters, types and unit tests")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(c.name for c in known)}")
    options = parser.parse_args()
    unknown = set(options.names) - {check.name for check in known}
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    chosen = [
        check for check in known if (check.quick or not options.quick) and check.name in (options.names or [check.name])
    ]

    LOG.mkdir(parents=True, exist_ok=True)
    report = Report()
    try:
        environment("dev")
        if not options.quick:
            package("tools", "dev")
    except (MissingPython, Unprepared) as error:
        raise SystemExit(f"No check was started: {error}") from None
    lanes = {check.lane for check in chosen}
    for lane in lanes:
        stage(lane)
    if "ansible-test" in lanes:
        give_pip_to_ansible_test(home("ansible-test"))
        for version in PYTHONS:
            if version not in interpreters():
                report.add("skip", f"python-{version}", "was not found: nothing is tested on it")

    expected = report.counts.total() + len(chosen)
    # To be terminated ends like Ctrl-C, below: without leaving a process behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running: set[subprocess.Popen[bytes]] = set()

    def work(lane: str) -> None:
        for check in chosen:
            if check.lane == lane:
                run(check, report, running)

    threads = [threading.Thread(target=work, args=(lane,), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        for process in running.copy():
            kill(process)
    return report.end(expected)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
