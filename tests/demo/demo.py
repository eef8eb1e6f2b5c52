# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the main job: one API secret rotated while a consumer uses it, then a run with nothing to do, then a plan.

Runs against the simulator on loopback; nothing leaves the machine. Exit status 0 means that all went as it should.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from workplace import ACCOUNT, HANGS, Workplace, account, wait_for

ROOT = Path(__file__).resolve().parents[2]
DIRECTORY = ROOT / ".build" / "demo"


def main() -> int:
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir(parents=True)
    simulator = _start_simulator()
    try:
        url = json.loads((DIRECTORY / "simulator.json").read_text(encoding="utf-8"))["url"]
        return _rehearse(Workplace(DIRECTORY, url))
    finally:
        simulator.terminate()
        simulator.wait(HANGS)


def _rehearse(place: Workplace) -> int:
    place.start_consumer()
    try:
        _say("Before: the account's secrets, as the simulated Vonage lists them")
        before = _show_secrets(place.url)

        _say("Run 1: the secret is older than 30 days, so it is rotated while the consumer uses it")
        first = _run(place)
        _say("After: the old secret is gone, a new one is there")
        after = _show_secrets(place.url)
        counts = place.counts()
        print(f"The consumer's logins: {counts['accepted']} accepted, {counts['refused']} refused")

        _say("Run 2: the same command again")
        second = _run(place)

        _say("Run 3: --check with rotate_api_secret_force=true, the plan alone")
        third = _run(place, "--check", "-e", "rotate_api_secret_force=true")
    finally:
        counts = place.stop_consumer()
    untouched = _show_secrets(place.url, quiet=True)

    _say("Summary")
    print("The new value is in a vaulted file. Read it with:")
    print(f"  {Path(sys.executable).parent / 'ansible-vault'} view \\")
    print(f"    --vault-password-file {place.vault_password} {place.record}")
    print(f"The consumer's logins in all three runs: {counts['accepted']} accepted, {counts['refused']} refused")
    expectations = {
        "the rotation ended well": first["rc"] == 0,
        "one secret was listed before, and another one afterwards": (
            len(before) == len(after) == 1 and before != after
        ),
        "the consumer was never refused": counts["refused"] == 0 and counts["accepted"] > 0,
        "the second run changed nothing": second["rc"] == 0 and second["changed"] == 0,
        "check mode changed nothing": third["rc"] == 0 and untouched == after,
        "the record is encrypted": place.record.read_bytes().startswith(b"$ANSIBLE_VAULT;"),
    }
    for what, holds in expectations.items():
        print(f"{'ok  ' if holds else 'FAIL'} {what}")
    return 0 if all(expectations.values()) else 1


def _start_simulator() -> subprocess.Popen[bytes]:
    accounts, ready = DIRECTORY / "accounts.json", DIRECTORY / "simulator.json"
    accounts.write_text(json.dumps({"accounts": [account()]}), encoding="utf-8")
    installed = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"]) / "ansible_collections" / "community" / "vonage"
    program = installed / "roles" / "simulator" / "files" / "vonage_simulator"
    with (DIRECTORY / "simulator.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(program), "--accounts", str(accounts), "--ready-file", str(ready)]
            + ["--port", "0", "--stop-after", "3600"],
            stdout=log,
        )
    wait_for(ready.exists, "the simulator")
    return process


def _run(place: Workplace, *arguments: str) -> dict[str, int]:
    """Run the playbook in front of the user; returns its exit status and how many tasks changed something."""
    command = place.command(*arguments)
    print("$", " ".join(command), flush=True)
    environment = {**place.environment(), "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
    changed = 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            # The recap: host : ok=1 changed=0 ...
            changed += sum(int(word[8:]) for word in line.split() if word.startswith("changed="))
    return {"rc": process.returncode, "changed": changed}


def _show_secrets(url: str, quiet: bool = False) -> list[str]:
    with urllib.request.urlopen(f"{url}/_simulator/accounts", timeout=60) as answer:
        accounts: list[dict[str, Any]] = json.load(answer)["accounts"]
    secrets = next(row["secrets"] for row in accounts if row["api_key"] == ACCOUNT)
    if not quiet:
        for secret in secrets:
            print(f"  {secret['id']}  created {secret['created_at']}")
    return [secret["id"] for secret in secrets]


def _say(what: str) -> None:
    print(f"\n=== {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
