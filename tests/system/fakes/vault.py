# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HashiCorp Vault, as far as a KV version 2 secrets engine, tokens with policies, and AppRole go.

Paths, status codes and texts are those of Vault's HTTP API. A request that it does not know is refused, not ignored.
"""

from __future__ import annotations

import copy
import fnmatch
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from fakes.server import Answer, Fake, Request

ROOT_TOKEN = "hvs.root-of-the-fake"
_TIME = "2026-11-20T12:00:00.123456789Z"
_CAPABILITY = {"GET": "read", "LIST": "list", "POST": "update", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class FakeVault(Fake):
    """Vault with one KV version 2 engine.

    :param mount: Mount point of the engine.
    :param cas_required: Whether each write has to say which version it expects.
    :ivar secrets: Path below the mount point -> versions, oldest first; the first one has number 1.
    """

    def __init__(self, mount: str = "secret", cas_required: bool = False, tls_cert: str | None = None) -> None:
        super().__init__(tls_cert)
        self.mount = mount
        self.cas_required = cas_required
        self.sealed = False
        self.secrets: dict[str, list[dict[str, Any]]] = {}
        self._policies: dict[str, Mapping[str, Sequence[str]] | None] = {ROOT_TOKEN: None}
        self._approles: dict[tuple[str, str], Mapping[str, Sequence[str]]] = {}

    # -- for tests -----------------------------------------------------------------------------------------------------

    def allow(self, policy: Mapping[str, Sequence[str]]) -> str:
        """Make a token.

        :param policy: Path as in a policy of Vault (`*` at its end, `+` for one segment) -> capabilities.
        """
        token = f"hvs.{uuid.uuid4().hex}"
        self._policies[token] = policy
        return token

    def allow_approle(self, role_id: str, secret_id: str, policy: Mapping[str, Sequence[str]]) -> None:
        """Let an application log in."""
        self._approles[role_id, secret_id] = policy

    def put(self, path: str, data: dict[str, Any]) -> int:
        """Store a new version as somebody else does, and return its number."""
        versions = self.secrets.setdefault(path, [])
        versions.append({"data": copy.deepcopy(data), "deletion_time": "", "destroyed": False})
        return len(versions)

    def get(self, path: str) -> Any:
        """The newest version of a secret, or None."""
        versions = self.secrets.get(path)
        return versions[-1]["data"] if versions and _readable(versions[-1]) else None

    # -- the API -------------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if not request.path.startswith("/v1/"):
            return _errors(404, [])
        if self.sealed:
            return _errors(503, ["Vault is sealed"])
        path = request.path[4:]
        if path == "auth/approle/login":
            return self._log_in(request)
        token = request.headers.get("x-vault-token") or request.headers.get("authorization", "").partition("Bearer ")[2]
        if token not in self._policies:
            if not token:
                return _errors(403, ["permission denied"])
            return _errors(403, ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"])
        method = "LIST" if request.method == "GET" and request.query.get("list") == "true" else request.method
        if path == "auth/token/lookup-self" and method == "GET":
            return _data({"id": token, "policies": ["fake"], "type": "service", "ttl": 0})
        if not path.startswith(f"{self.mount}/"):
            return _errors(404, [f'no handler for route "{path}". route entry not found.'])
        family, _slash, name = path[len(self.mount) + 1 :].partition("/")
        exists = name in self.secrets
        if not self._allowed(token, path, method, creates=family in ("data", "metadata") and not exists):
            return _errors(403, ["1 error occurred:\n\t* permission denied\n\n"])
        handler = getattr(self, f"_{method.lower()}_{family}", None)
        if handler is None:
            return _errors(405, ["1 error occurred:\n\t* unsupported operation\n\n"])
        answer: Answer = handler(name, request)
        return answer

    def _log_in(self, request: Request) -> Answer:
        login = request.json or {}
        policy = self._approles.get((login.get("role_id", ""), login.get("secret_id", "")))
        if policy is None:
            return _errors(400, ["invalid role or secret ID"])
        token = self.allow(policy)
        return Answer(200, {**_ENVELOPE, "auth": {"client_token": token, "policies": ["fake"], "lease_duration": 3600}})

    def _allowed(self, token: str, path: str, method: str, creates: bool) -> bool:
        policy = self._policies[token]
        if policy is None:
            return True
        capability = "create" if creates and method in ("POST", "PUT") else _CAPABILITY[method]
        if method in ("POST", "PUT") and not path.startswith((f"{self.mount}/data/", f"{self.mount}/metadata/")):
            capability = "update"
        granted = [rights for rule, rights in policy.items() if fnmatch.fnmatchcase(path, rule.replace("+", "[!/]*"))]
        return any(capability in rights for rights in granted) and not any("deny" in rights for rights in granted)

    def _get_data(self, name: str, request: Request) -> Answer:
        versions = self.secrets.get(name, [])
        number = int(request.query.get("version") or 0) or len(versions)
        if not 0 < number <= len(versions):
            return _errors(404, [])
        version = versions[number - 1]
        content = {"data": version["data"] if _readable(version) else None, "metadata": _metadata(version, number)}
        return _data(content, 200 if _readable(version) else 404)

    def _post_data(self, name: str, request: Request) -> Answer:
        try:
            body = request.json
        except json.JSONDecodeError:
            return _errors(400, ["failed to parse JSON input"])
        data, options = body.get("data"), body.get("options") or {}
        if not isinstance(data, dict):
            return _errors(400, ["no data provided"])
        refused = self._compare(name, options)
        if refused:
            return refused
        number = self.put(name, data)
        return _data(_metadata(self.secrets[name][-1], number))

    _put_data = _post_data

    def _patch_data(self, name: str, request: Request) -> Answer:
        if request.headers.get("content-type") != "application/merge-patch+json":
            return _errors(415, [])
        current = self.get(name)
        if current is None:
            return _errors(404, [])
        body = request.json
        refused = self._compare(name, body.get("options") or {})
        if refused:
            return refused
        number = self.put(name, _merged(current, body["data"]))
        return _data(_metadata(self.secrets[name][-1], number))

    def _compare(self, name: str, options: Mapping[str, Any]) -> Answer | None:
        if "cas" not in options:
            return _errors(400, ["check-and-set parameter required for this call"]) if self.cas_required else None
        if options["cas"] != len(self.secrets.get(name, [])):
            return _errors(400, ["check-and-set parameter did not match the current version"])
        return None

    def _delete_data(self, name: str, request: Request) -> Answer:
        if self.get(name) is not None:
            self.secrets[name][-1]["deletion_time"] = _TIME
        return Answer(204)

    def _post_delete(self, name: str, request: Request) -> Answer:
        return self._mark(name, request, deletion_time=_TIME)

    def _post_undelete(self, name: str, request: Request) -> Answer:
        return self._mark(name, request, deletion_time="")

    def _post_destroy(self, name: str, request: Request) -> Answer:
        return self._mark(name, request, destroyed=True)

    _put_delete, _put_undelete, _put_destroy = _post_delete, _post_undelete, _post_destroy

    def _mark(self, name: str, request: Request, **marks: Any) -> Answer:
        versions = self.secrets.get(name, [])
        for number in (request.json or {}).get("versions") or []:
            if 0 < number <= len(versions):
                versions[number - 1].update(marks)
        return Answer(204)

    def _get_metadata(self, name: str, request: Request) -> Answer:
        versions = self.secrets.get(name)
        if versions is None:
            return _errors(404, [])
        return _data({
            "cas_required": False,
            "created_time": _TIME,
            "current_version": len(versions),
            "custom_metadata": None,
            "delete_version_after": "0s",
            "max_versions": 0,
            "oldest_version": 1,
            "updated_time": _TIME,
            "versions": {str(number): _metadata(version, number) for number, version in enumerate(versions, 1)},
        })  # fmt: skip

    def _delete_metadata(self, name: str, request: Request) -> Answer:
        self.secrets.pop(name, None)
        return Answer(204)

    def _list_metadata(self, name: str, request: Request) -> Answer:
        prefix = f"{name.rstrip('/')}/" if name else ""
        below = [path[len(prefix) :] for path in self.secrets if path.startswith(prefix)]
        keys = sorted({key.partition("/")[0] + ("/" if "/" in key else "") for key in below})
        return _data({"keys": keys}) if keys else _errors(404, [])


_ENVELOPE = {
    "request_id": "b4f1c3d2-0000-4000-8000-000000000000",
    "lease_id": "",
    "renewable": False,
    "lease_duration": 0,
    "data": None,
    "wrap_info": None,
    "warnings": None,
    "auth": None,
}


def _data(content: Any, status: int = 200) -> Answer:
    return Answer(status, {**_ENVELOPE, "data": copy.deepcopy(content)})


def _errors(status: int, errors: list[str]) -> Answer:
    return Answer(status, {"errors": errors})


def _readable(version: Mapping[str, Any]) -> bool:
    return not version["deletion_time"] and not version["destroyed"]


def _metadata(version: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {
        "created_time": _TIME,
        "custom_metadata": None,
        "deletion_time": version["deletion_time"],
        "destroyed": version["destroyed"],
        "version": number,
    }


def _merged(current: Any, patch: Any) -> Any:
    """A JSON merge patch, RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result
