# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of AWX, as far as credentials and their types go.

As in AWX, a secret input is shown as `$encrypted$`, and a write with this text keeps it; inputs are written as a whole,
and those that the type does not have are refused. A request that it does not know is refused, not ignored.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fakes.server import Answer, Fake, Request

TOKEN = "token-of-the-fake"
ENCRYPTED = "$encrypted$"
_API = "/api/v2"


class FakeAwx(Fake):
    """AWX with one organization and one type of credentials.

    :param fields: The inputs of the type, as AWX describes them.
    :ivar credentials: All credentials, with their inputs in clear.
    """

    organization = "Telephony"
    credential_type = "Vonage API account"

    def __init__(self, *fields: Mapping[str, Any]) -> None:
        super().__init__()
        self.fields = [dict(field) for field in fields] or [
            {"id": "api_key", "type": "string", "label": "API key"},
            {"id": "api_secret", "type": "string", "label": "API secret", "secret": True},
            {"id": "signature_secret", "type": "string", "label": "Signature secret", "secret": True},
        ]
        self.credentials: list[dict[str, Any]] = []

    def put(self, name: str, description: str = "", **inputs: str) -> dict[str, Any]:
        """Have a credential, whose inputs a test can look into."""
        number = len(self.credentials) + 1
        credential = {
            "id": number,
            "type": "credential",
            "url": f"{_API}/credentials/{number}/",
            "name": name,
            "description": description,
            "organization": 1,
            "credential_type": 7,
            "inputs": inputs,
        }
        self.credentials.append(credential)
        return credential

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(
                401, {"detail": "Authentication credentials were not provided. To establish a login session..."}
            )
        if not request.path.endswith("/"):
            return Answer(404, {"detail": "The requested resource could not be found."})
        path = request.path.removeprefix(_API)
        if request.method == "GET" and path == "/credential_types/":
            kind = {"id": 7, "type": "credential_type", "name": self.credential_type, "inputs": {"fields": self.fields}}
            return _listed([kind], request, name="name")
        if request.method == "GET" and path == "/organizations/":
            return _listed([{"id": 1, "type": "organization", "name": self.organization}], request, name="name")
        if request.method == "GET" and path == "/credentials/":
            shown = [{**self._shown(found), "organization__name": self.organization} for found in self.credentials]
            names = ("name", "credential_type", "organization", "organization__name")
            return _listed(shown, request, **{name: name for name in names})
        for credential in self.credentials:
            if (request.method, request.path) == ("GET", credential["url"]):
                return Answer(200, self._shown(credential))
            if (request.method, request.path) == ("PATCH", credential["url"]):
                return self._patch(credential, request.json)
        return Answer(404, {"detail": "The requested resource could not be found."})

    def _patch(self, credential: dict[str, Any], body: dict[str, Any]) -> Answer:
        unknown = body.keys() - {"name", "description", "organization", "credential_type", "inputs"}
        if unknown:
            return Answer(400, {name: ["Unknown to this fake."] for name in unknown})
        if (body.get("credential_type", 7), body.get("organization", 1)) != (7, 1):
            return Answer(400, {"detail": "Invalid pk - object does not exist."})
        known = {field["id"] for field in self.fields}
        refused = {name: [f"'{value}' is not allowed"] for name, value in body["inputs"].items() if name not in known}
        if refused:
            return Answer(400, {"inputs": refused})
        kept = credential["inputs"]
        inputs = {name: kept[name] if value == ENCRYPTED else value for name, value in body["inputs"].items()}
        credential.update({**body, "inputs": inputs})
        return Answer(200, self._shown(credential))

    def _shown(self, credential: dict[str, Any]) -> dict[str, Any]:
        secret = {field["id"] for field in self.fields if field.get("secret")}
        shown = copy.deepcopy(credential)
        shown["inputs"] = {name: ENCRYPTED if name in secret else value for name, value in shown["inputs"].items()}
        return shown


def _listed(items: list[dict[str, Any]], request: Request, **filters: str) -> Answer:
    """The items that match the query; AWX refuses one that asks for what it does not know."""
    for name, value in request.query.items():
        if name not in filters:
            return Answer(400, {"detail": f"has no field named '{name}'"})
        items = [item for item in items if str(item[filters[name]]) == value]
    return Answer(200, {"count": len(items), "next": None, "previous": None, "results": items})
