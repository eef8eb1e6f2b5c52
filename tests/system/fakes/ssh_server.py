# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SSH server on a loopback port, which runs commands on this machine as a host of an inventory would."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import asyncssh


class SshServer:
    """Runs while the context is open.

    :param directory: Where the key of its client is written.
    :ivar commands: What it was told to run.
    """

    def __init__(self, directory: Path) -> None:
        self.commands: list[str] = []
        self._key = directory / "ssh-key"
        self._known = directory / "ssh-key.pub"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._port = 0

    def variables(self) -> dict[str, Any]:
        """The variables of a host that is reached through it."""
        return {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": self._port,
            "ansible_ssh_private_key_file": str(self._key),
            # No process that waits for further connections, and nothing of this user's.
            "ansible_ssh_args": "-F none -o ControlMaster=no -o ControlPath=none -o UserKnownHostsFile=/dev/null",
            "ansible_host_key_checking": False,
        }

    def __enter__(self) -> SshServer:
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(str(self._key))
        key.write_public_key(str(self._known))
        self._key.chmod(0o600)
        self._thread.start()
        self._server = self._wait(asyncio.run_coroutine_threadsafe(self._listen(), self._loop))
        self._port = self._server.get_port()
        return self

    def __exit__(self, *_details: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._wait(asyncio.run_coroutine_threadsafe(self._server.wait_closed(), self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, future: Future[Any]) -> Any:
        return future.result()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            authorized_client_keys=str(self._known),
            process_factory=self._run,
            sftp_factory=True,
            encoding=None,
        )

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self.commands.append(process.command or "")
        pipe = asyncio.subprocess.PIPE
        # What a host says first, whatever it is asked.
        command = f"echo This host is watched; {process.command or ''}"
        shell = await asyncio.create_subprocess_shell(command, stdin=pipe, stdout=pipe, stderr=pipe)
        await process.redirect(stdin=shell.stdin, stdout=shell.stdout, stderr=shell.stderr)
        process.exit(await shell.wait())
