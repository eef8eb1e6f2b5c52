# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routing: which call serves which method and path. No sockets here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from . import account_api, errors, secrets_api, subaccounts_api
from .auth import authenticate, claims
from .service import Call, Service
from .wire import API, REST, Refusal, Request, Response

Handler = Callable[[Service, Call], Response]


@dataclass(frozen=True)
class Route:
    """One path.

    Args:
        family: the host family that serves it.
        pattern: the path, whose named groups become the call's parameters.
        handlers: the handler of each verb.
        wrong_verbs: verbs that pass the gateway and are answered 405 by the service; any other is stopped with 403.
    """

    family: str
    pattern: re.Pattern[str]
    handlers: Mapping[str, Handler]
    wrong_verbs: Collection[str] = ()


def _accounts(path: str) -> re.Pattern[str]:
    return re.compile("/accounts/(?P<api_key>[^/]+)" + path)


ROUTES = (
    Route(REST, re.compile("/account/get-balance"), {"GET": account_api.balance}),
    # PUT of the settings is stopped by the gateway (observed); so is GET of the top-up here (inferred from it).
    Route(REST, re.compile("/account/top-up"), {"POST": account_api.top_up}),
    Route(REST, re.compile("/account/settings"), {"POST": account_api.settings}),
    # The trailing slash is documented, DELETE of the collection as 405 is observed.
    Route(
        API,
        _accounts("/secrets/?"),
        {"GET": secrets_api.list_secrets, "HEAD": secrets_api.list_secrets, "POST": secrets_api.create_secret},
        ("DELETE",),
    ),
    Route(
        API,
        _accounts("/secrets/(?P<secret_id>[^/]+)"),
        {"GET": secrets_api.read_secret, "HEAD": secrets_api.read_secret, "DELETE": secrets_api.revoke_secret},
        ("POST",),
    ),
    # 405 for PATCH of the collection is observed.
    Route(
        API,
        _accounts("/subaccounts"),
        {"GET": subaccounts_api.list_subaccounts, "POST": subaccounts_api.create_subaccount},
        ("PATCH",),
    ),
    Route(
        API,
        _accounts("/subaccounts/(?P<subaccount_key>[^/]+)"),
        {"GET": subaccounts_api.read_subaccount, "PATCH": subaccounts_api.modify_subaccount},
        ("POST",),
    ),
    Route(
        API,
        _accounts("/(?P<kind>balance|credit)-transfers"),
        {"GET": subaccounts_api.list_transfers, "POST": subaccounts_api.transfer},
        ("PATCH",),
    ),
)


def family_of(path: str) -> str:
    """Return the host family of a path; a path that no route serves counts as the api host's."""
    return REST if path.startswith("/account/") else API


def handle(service: Service, call: Call) -> Response:
    """Serve one call. Fills in ``call.identity`` and ``call.params`` on the way."""
    try:
        return _serve(service, call)
    except Refusal as refusal:
        return refusal.response


def claimed_key(request: Request) -> str | None:
    """Return the API key that a request's credentials name, valid or not."""
    found = claims(request, family_of(request.path))
    return found[0].api_key or None if found else None


def _serve(service: Service, call: Call) -> Response:
    request = call.request
    for route in ROUTES:
        match = route.pattern.fullmatch(request.path)
        if match:
            break
    else:
        return errors.route_not_found()
    handler = route.handlers.get(request.method)
    if handler is None and request.method not in route.wrong_verbs:
        return errors.verb_denied()
    found = claims(request, route.family)
    if not found and handler is account_api.settings:
        # The one endpoint whose answer to a request without a key has been recorded (observed).
        return errors.settings_without_key()
    call.identity = authenticate(found, route.family, service.state, service.switches)
    if handler is None:
        return errors.wrong_verb(request.method)
    call.params = {name: unquote(value) for name, value in match.groupdict().items()}
    return handler(service, call)
