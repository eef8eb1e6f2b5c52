# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control path ``/_simulator/...``: looks into the simulator and changes it. Not part of the API, not logged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .accounts import AccountsError
from .clock import milliseconds, parse_time
from .engine import Engine
from .faults import FaultError
from .switches import DEFINITIONS, SwitchError
from .wire import Request, Response, json_response

PREFIX = "/_simulator"


class ControlError(ValueError):
    """A request to the control path cannot be served. The message says what to send instead."""


class Control:
    """Serves the control path.

    Args:
        engine: what is looked into and changed.

    Attributes:
        stop_requested: whether the simulator was asked to end. The server does so once the answer is out.
    """

    def __init__(self, engine: Engine) -> None:
        self.stop_requested = False
        self._engine = engine
        self._routes: dict[str, dict[str, Callable[[Request], Response]]] = {
            "/accounts": {"GET": self._get_accounts, "PUT": self._put_accounts},
            "/log": {"GET": self._get_log, "DELETE": self._delete_log},
            "/faults": {"GET": self._get_faults, "POST": self._post_fault, "DELETE": self._delete_faults},
            "/switches": {"GET": self._get_switches, "PATCH": self._patch_switches},
            "/clock": {"GET": self._get_clock, "POST": self._post_clock},
            "/stop": {"POST": self._post_stop},
        }

    def handle(self, request: Request) -> Response:
        """Serve one request; every error is JSON with a text that says what to send instead."""
        verbs = self._routes.get(request.path[len(PREFIX) :].rstrip("/"))
        if verbs is None:
            paths = ", ".join(PREFIX + path for path in self._routes)
            return _error(404, f"unknown control path, use one of {paths}")
        handler = verbs.get(request.method)
        if handler is None:
            return _error(405, f"{request.method} is not supported here, use {' or '.join(verbs)}")
        try:
            return handler(request)
        except (ControlError, AccountsError, FaultError, SwitchError) as error:
            return _error(400, str(error))

    def _get_accounts(self, request: Request) -> Response:
        with_values = request.query.get("values") == ["true"]
        return json_response(200, {"accounts": self._engine.state.report(with_values=with_values)})

    def _put_accounts(self, request: Request) -> Response:
        body = _body(request, ("accounts", "switches", "faults"))
        switches, faults = body.get("switches", {}), body.get("faults", [])
        if not isinstance(switches, dict):
            raise ControlError("switches: send an object")
        if not isinstance(faults, list) or not all(isinstance(rule, dict) for rule in faults):
            raise ControlError("faults: send a list of objects")
        self._engine.start_again(body.get("accounts"), switches, faults)
        return self._get_accounts(request)

    def _get_log(self, _request: Request) -> Response:
        return json_response(200, {"entries": [entry.as_dict() for entry in self._engine.log.entries()]})

    def _delete_log(self, _request: Request) -> Response:
        return json_response(200, {"deleted": self._engine.log.clear()})

    def _get_faults(self, _request: Request) -> Response:
        return json_response(200, {"faults": self._engine.faults.report()})

    def _post_fault(self, request: Request) -> Response:
        return json_response(201, self._engine.faults.add(_body(request)).report())

    def _delete_faults(self, _request: Request) -> Response:
        return json_response(200, {"deleted": self._engine.faults.clear()})

    def _get_switches(self, request: Request) -> Response:
        values = self._engine.switches.as_dict()
        if request.query.get("describe") != ["true"]:
            return json_response(200, {"switches": values})
        described = [
            {
                "name": switch.name,
                "value": values[switch.name],
                "default": switch.default,
                "valid": switch.valid,
                "label": switch.label,
                "source": switch.source,
            }
            for switch in DEFINITIONS.values()
        ]
        return json_response(200, {"switches": described})

    def _patch_switches(self, request: Request) -> Response:
        self._engine.switches.update(_body(request))
        return self._get_switches(request)

    def _get_clock(self, _request: Request) -> Response:
        return json_response(200, {"now": milliseconds(self._engine.clock.now())})

    def _post_clock(self, request: Request) -> Response:
        body = _body(request, ("advance", "set"))
        if len(body) != 1:
            raise ControlError('send either {"advance": seconds} or {"set": "2026-03-04T05:06:07Z"}')
        if "advance" in body:
            seconds = body["advance"]
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not abs(seconds) < 1e9:
                raise ControlError(f"advance: {seconds!r} is not valid, write a number of seconds")
            self._engine.clock.advance(seconds)
        else:
            try:
                self._engine.clock.set(parse_time(str(body["set"])))
            except ValueError:
                raise ControlError("set: write a time such as 2026-03-04T05:06:07Z") from None
        return self._get_clock(request)

    def _post_stop(self, _request: Request) -> Response:
        self.stop_requested = True
        return json_response(202, {"stopping": True})


def _error(status: int, text: str) -> Response:
    return json_response(status, {"error": text})


def _body(request: Request, fields: tuple[str, ...] = ()) -> dict[str, Any]:
    """Decode the body of a control request, whatever its Content-Type.

    Args:
        request: the request.
        fields: the fields it may have; empty leaves that to whoever reads them.

    Raises:
        ControlError: if it is not such an object.
    """
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ControlError("body: send a JSON object")
    for name in body:
        if fields and name not in fields:
            raise ControlError(f"{name}: unknown field, use {' or '.join(fields)}")
    return body
