# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .server import Simulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator until it is told to stop, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        simulator = _simulator(options)
    except (OSError, ValueError) as error:
        # Every message of ours names the place and what to write there; none shows a secret.
        print(f"vonage_simulator: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread of its own: the one that is interrupted may hold the lock that this needs.
        signal.signal(number, lambda _number, _frame: threading.Thread(target=simulator.stopping.set).start())
    with simulator:
        if options.ready_file is not None:
            _write_ready_file(options.ready_file, simulator)
        print(
            f"Vonage simulator at {simulator.url} - use it with: "
            f"export VONAGE_REST_URL={simulator.rest_url} VONAGE_API_URL={simulator.api_url}",
            flush=True,
        )
        simulator.stopping.wait(options.stop_after)
    if options.ready_file is not None:
        # Whoever finds the file may rely on a running simulator.
        with contextlib.suppress(FileNotFoundError):
            options.ready_file.unlink()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vonage_simulator", description="A stateful simulator of the Vonage Account API, for rehearsals and tests."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0, the default, takes a free one")
    parser.add_argument(
        "--second-port",
        type=int,
        help="port of a second listener; the first then serves /account/* only, the second /accounts/* only",
    )
    parser.add_argument("--path-prefix", default="", help="what stands before every path, for example /proxy")
    parser.add_argument("--accounts", type=Path, help="JSON file with accounts and switches")
    parser.add_argument("--ready-file", type=Path, help="JSON file to write once the simulator listens")
    parser.add_argument("--tls-cert", help="PEM file of the certificate; speaks HTTPS")
    parser.add_argument("--tls-key", help="PEM file of the private key, when it is not in the same file")
    parser.add_argument("--stop-after", type=float, metavar="SECONDS", help="end by itself after so many seconds")
    return parser


def _simulator(options: argparse.Namespace) -> Simulator:
    data: dict[str, Any] = {}
    if options.accounts is not None:
        try:
            data = json.loads(options.accounts.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{options.accounts}: is not JSON: {error}") from error
        if not isinstance(data, dict) or not set(data) <= {"accounts", "switches"}:
            raise ValueError(f'{options.accounts}: write {{"accounts": [...], "switches": {{...}}}}')
    return Simulator(
        data.get("accounts"),
        data.get("switches"),
        host=options.host,
        port=options.port,
        second_port=options.second_port,
        path_prefix=options.path_prefix,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
    )


def _write_ready_file(path: Path, simulator: Simulator) -> None:
    """Write the ready file by rename, so that nobody ever reads half of it."""
    ready = {
        "url": simulator.url,
        "second_url": simulator.second_url,
        "pid": os.getpid(),
        "port": simulator.port,
    }
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False) as file:
        json.dump(ready, file)
    Path(file.name).replace(path)
