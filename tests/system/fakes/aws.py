# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Secrets Manager, played by moto, with a way to step in between two requests."""

from __future__ import annotations

import urllib.error
import urllib.request

from moto.server import ThreadedMotoServer

from fakes.server import Answer, Fake, Request


class FakeSecretsManager(Fake):
    """A server before that of moto, which answers.

    :ivar backend_url: Of moto itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self.backend_url = f"http://{host}:{port}"
        # moto keeps its state in this process, from one server to the next.
        urllib.request.urlopen(urllib.request.Request(f"{self.backend_url}/moto-api/reset", method="POST")).close()

    def stop(self) -> None:
        super().stop()
        self._moto.stop()

    def answer(self, request: Request) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        url = self.backend_url + request.path
        forwarded = urllib.request.Request(url, request.body, headers, method=request.method)
        try:
            with urllib.request.urlopen(forwarded) as response:
                return Answer(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), {"x-amzn-errortype": error.headers.get("x-amzn-errortype", "")})
