# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Base URLs of the simulator at which something goes wrong, with everything that a request held in the answer.

With `/trouble/json/403` after the simulator's URL, each request is answered with a JSON error of status 403; with
`/trouble/json/403/writes`, only those that would change something.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_plus

from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.server import Simulator
from vonage_simulator.wire import Request, Response

QUOTED: dict[str, Callable[[str], str]] = {
    "plain": str,
    "URL": lambda text: quote(text, safe=""),
    "URL path": quote,
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON with a slash escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON twice": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "HTML": html.escape,
    "Python": lambda text: repr(text)[1:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a login": lambda text: base64.b64encode(f"abcd1234:{text}".encode()).decode(),
    # The position of the secret in what is encoded is another one in each of these three.
    "base64 of a longer login": lambda text: base64.b64encode(f"abcd12345:{text}".encode()).decode(),
    "base64 of JSON": lambda text: base64.b64encode(f'{{"value": "{text}"}}'.encode()).decode(),
}


def make_trouble(simulator: Simulator) -> None:
    """Serve these base URLs."""

    def troubled(request: Request, answer: Answer) -> Delivery:
        if not request.path.startswith("/trouble/"):
            return answer(request)
        _empty, _trouble, shape, status, *path = request.path.split("/")
        which = path.pop(0) if path[0] == "writes" else "all"
        inner = replace(request, path="/" + "/".join(path))
        reads = request.method == "GET" or (path[-1] == "settings" and not request.body)
        if which == "writes" and reads:
            return answer(inner)
        if shape == "lost":
            answer(inner)
            return Delivery(None)
        return Delivery(_echo(request, shape, int(status)))

    intercept(simulator, troubled)


def _echo(request: Request, shape: str, status: int) -> Response:
    """An answer that holds what the request held, in every way in which an answer may quote it."""
    login = request.headers["authorization"].split()[-1]
    values = [base64.b64decode(login).decode().partition(":")[2]]
    if request.headers.get("content-type") == "application/json":
        values.append(json.loads(request.body)["secret"])
    quoted = [quoting(value) for value in values for quoting in QUOTED.values()]
    text = " ".join([login, *quoted])
    body = {
        "json": json.dumps({
            "type": f"https://developer.nexmo.com/api-errors#{text}",
            "title": text,
            "detail": text,
            "instance": text,
            "invalid_parameters": [{"name": text, "reason": text}],
        }),
        "legacy": json.dumps({"error-code": "420", "error-code-label": text}),
        "html": f"<html><body><p>{text}</p></body></html>",
        "redirect": "",
    }[shape]  # fmt: skip
    line = " ".join([login, *(text for text in quoted if text.isascii())])
    headers = {"X-Request-Id": line, "Location": f"https://proxy.example.com/{quote(text)}"}
    return Response(status, body.encode(), "text/html" if shape == "html" else "application/json", headers)
