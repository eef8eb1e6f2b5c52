# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of Kubernetes, as far as reading and writing objects of a few kinds, resource versions and RBAC go.

Nothing runs in this cluster: a Deployment stays what was written. A test changes its status with `put`.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fakes.server import Answer, Fake, Request

ADMIN_TOKEN = "admin-of-the-fake"


class Kind(NamedTuple):
    group: str
    name: str
    plural: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/v1" if self.group else "v1"


KINDS = [
    Kind("", "Secret", "secrets"),
    Kind("", "ConfigMap", "configmaps"),
    Kind("", "Pod", "pods"),
    Kind("", "Namespace", "namespaces"),
    Kind("apps", "Deployment", "deployments"),
    Kind("apps", "StatefulSet", "statefulsets"),
    Kind("apps", "DaemonSet", "daemonsets"),
    Kind("apps", "ReplicaSet", "replicasets"),
]
_VERBS = ["create", "delete", "get", "list", "patch", "update"]
_PATCHES = ("application/merge-patch+json", "application/strategic-merge-patch+json", "application/json-patch+json")
Key = tuple[str, str, str]


class FakeKubernetes(Fake):
    """A cluster with the namespace `default`, and the ones that are given.

    :ivar objects: (plural of the kind, namespace, name) -> object as the API shows it.
    :ivar exchanged: Every object that was sent or answered.
    """

    def __init__(self, *namespaces: str, tls_cert: str | None = None) -> None:
        super().__init__(tls_cert)
        self.objects: dict[Key, dict[str, Any]] = {}
        self.exchanged: list[dict[str, Any]] = []
        self._version = 1000
        self._rules: dict[str, Sequence[Mapping[str, Any]] | None] = {ADMIN_TOKEN: None}
        for name in ("default", *namespaces):
            self.put("namespaces", "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    # -- for tests -----------------------------------------------------------------------------------------------------

    def allow(self, namespace: str, rules: Sequence[Mapping[str, Any]]) -> str:
        """Make a token.

        :param namespace: Where the rules hold.
        :param rules: As in a Role: `apiGroups`, `resources`, `verbs`, and perhaps `resourceNames`.
        """
        token = uuid.uuid4().hex
        self._rules[token] = [{**rule, "namespace": namespace} for rule in rules]
        return token

    def put(self, plural: str, namespace: str, content: dict[str, Any]) -> dict[str, Any]:
        """Write an object as somebody else does, whatever there is."""
        key = (plural, namespace, content["metadata"]["name"])
        content = copy.deepcopy(content)
        if plural == "secrets":
            _encode(content)
        return self._store(key, content)

    def get(self, plural: str, namespace: str, name: str) -> dict[str, Any] | None:
        return copy.deepcopy(self.objects.get((plural, namespace, name)))

    def secret(self, namespace: str, name: str) -> dict[str, str] | None:
        """What is in a Secret, decoded, or None."""
        found = self.get("secrets", namespace, name)
        return found and {key: base64.b64decode(value).decode() for key, value in found.get("data", {}).items()}

    def write_kubeconfig(self, path: Any, token: str = ADMIN_TOKEN, namespace: str = "default") -> str:
        """Write a kubeconfig file that leads here, and return its path."""
        cluster = {"server": self.url, "insecure-skip-tls-verify": True}
        context = {"cluster": "fake", "user": "fake", "namespace": namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fake", "cluster": cluster}],
            "users": [{"name": "fake", "user": {"token": token}}],
            "contexts": [{"name": "fake", "context": context}],
            "current-context": "fake",
        }
        # JSON is YAML.
        path.write_text(json.dumps(config), encoding="utf-8")
        return str(path)

    # -- the API -------------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        answer = self._answer(request)
        sent = [request.json] if request.method in ("POST", "PUT") and answer.status < 300 else []
        self.exchanged += copy.deepcopy([one for one in (*sent, answer.content) if "apiVersion" in one])
        return answer

    def _answer(self, request: Request) -> Answer:
        token = request.headers.get("authorization", "").partition("Bearer ")[2]
        if token not in self._rules:
            return _status(401, "Unauthorized", "Unauthorized")
        parts = request.path.strip("/").split("/")
        found = self._discover(parts)
        if found is not None:
            return Answer(200, found) if request.method == "GET" else _status(405, "MethodNotAllowed", "not allowed")
        core = parts[:2] == ["api", "v1"]
        group, rest, namespace = "" if core else "".join(parts[1:2]), parts[2 if core else 3 :], ""
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        kind = next((kind for kind in KINDS if rest and (kind.group, kind.plural) == (group, rest[0])), None)
        if kind is None or len(rest) > 2 or parts[0] not in ("api", "apis"):
            return _status(404, "NotFound", "the server could not find the requested resource")
        name = rest[1] if len(rest) == 2 else ""
        verb = {"GET": "get" if name else "list", "POST": "create", "PUT": "update"}.get(
            request.method, request.method.lower()
        )
        if not self._allowed(token, verb, kind, namespace, name):
            message = (
                f'{kind.plural}{_dot(kind)} {_quoted(name)}is forbidden: User "fake" cannot {verb} resource'
                f' "{kind.plural}" in API group "{kind.group}" in the namespace "{namespace}"'
            )
            return _status(403, "Forbidden", message)
        if verb == "create" and namespace and ("namespaces", "", namespace) not in self.objects:
            return _status(404, "NotFound", f'namespaces "{namespace}" not found')
        answer: Answer = getattr(self, f"_{verb}")(kind, (kind.plural, namespace, name), request)
        return answer

    def _discover(self, parts: list[str]) -> Any:
        if parts == ["version"]:
            return {"major": "1", "minor": "31", "gitVersion": "v1.31.0"}
        if parts == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        if parts == ["apis"]:
            version = {"groupVersion": "apps/v1", "version": "v1"}
            group = {"name": "apps", "versions": [version], "preferredVersion": version}
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}
        if parts in (["api", "v1"], ["apis", "apps", "v1"]):
            group = "" if parts[0] == "api" else "apps"
            resources = [
                {
                    "name": kind.plural,
                    "singularName": kind.name.lower(),
                    "namespaced": kind.plural != "namespaces",
                    "kind": kind.name,
                    "verbs": _VERBS,
                }
                for kind in KINDS
                if kind.group == group
            ]
            version = "/".join(parts[1:])
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}
        return None

    def _allowed(self, token: str, verb: str, kind: Kind, namespace: str, name: str) -> bool:
        rules = self._rules[token]
        if rules is None:
            return True
        return any(
            rule["namespace"] == namespace
            and {kind.group, "*"} & set(rule["apiGroups"])
            and {kind.plural, "*"} & set(rule["resources"])
            and {verb, "*"} & set(rule["verbs"])
            # The name of what is created is not in the URL, so such a rule cannot allow to create.
            and (not rule.get("resourceNames") or name in rule["resourceNames"])
            for rule in rules
        )

    def _get(self, kind: Kind, key: Key, request: Request) -> Answer:
        found = self.objects.get(key)
        return Answer(200, found) if found else _not_found(kind, key)

    def _list(self, kind: Kind, key: Key, request: Request) -> Answer:
        wanted = dict(pair.split("=", 1) for pair in request.query.get("labelSelector", "").split(",") if "=" in pair)
        items = [
            found
            for (plural, namespace, _name), found in self.objects.items()
            if (plural, namespace) == key[:2] or (plural == key[0] and not key[1])
            if wanted.items() <= (found["metadata"].get("labels") or {}).items()
        ]
        return Answer(200, {
            "kind": f"{kind.name}List",
            "apiVersion": kind.api_version,
            "metadata": {"resourceVersion": str(self._version)},
            "items": items,
        })  # fmt: skip

    def _create(self, kind: Kind, key: Key, request: Request) -> Answer:
        content = request.json
        key = (*key[:2], content["metadata"]["name"])
        if content["metadata"].get("resourceVersion"):
            return _status(500, "InternalError", "resourceVersion should not be set on objects to be created")
        if key in self.objects:
            return _status(409, "AlreadyExists", f'{key[0]}{_dot(kind)} "{key[2]}" already exists')
        return self._write(kind, key, content, request, 201)

    def _update(self, kind: Kind, key: Key, request: Request) -> Answer:
        content = request.json
        if key not in self.objects:
            return _not_found(kind, key)
        return self._write(kind, key, content, request)

    def _patch(self, kind: Kind, key: Key, request: Request) -> Answer:
        content_type = request.headers.get("content-type", "")
        if content_type not in _PATCHES:
            return _status(415, "UnsupportedMediaType", f"the body of the request was in an unknown format: {_PATCHES}")
        if key not in self.objects:
            return _not_found(kind, key)
        current = copy.deepcopy(self.objects[key])
        if content_type == "application/json-patch+json":
            for operation in request.json:
                current = _patched(current, operation)
                if current is None:
                    return _status(422, "Invalid", "the server rejected our request due to an error in our request")
        else:
            current = _merged(current, request.json)
        return self._write(kind, key, current, request)

    def _delete(self, kind: Kind, key: Key, request: Request) -> Answer:
        found = self.objects.get(key)
        if found is None:
            return _not_found(kind, key)
        version = found["metadata"]["resourceVersion"]
        preconditions = (request.json or {}).get("preconditions") or {}
        if preconditions.get("resourceVersion", version) != version:
            return _conflict(kind, key)
        if request.query.get("dryRun") != "All":
            del self.objects[key]
        return Answer(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})

    def _write(self, kind: Kind, key: Key, content: Any, request: Request, status: int = 200) -> Answer:
        """Write an object, if it is the one that was read."""
        stored = self.objects.get(key)
        expected = content["metadata"].get("resourceVersion")
        if stored and expected and expected != stored["metadata"]["resourceVersion"]:
            return _conflict(kind, key)
        if stored and content["metadata"].get("uid", stored["metadata"]["uid"]) != stored["metadata"]["uid"]:
            return _conflict(kind, key)
        if (content["kind"], content["apiVersion"]) != (kind.name, kind.api_version):
            return _status(400, "BadRequest", "the object provided is unrecognized")
        if kind.name == "Secret":
            if not all(isinstance(text, str) for text in (content.get("stringData") or {}).values()):
                return _status(400, "BadRequest", "Secret in version v1 cannot be handled as a Secret: want string")
            _encode(content)
            for name, text in content["data"].items():
                try:
                    base64.b64decode(text, validate=True)
                except (binascii.Error, TypeError, ValueError):
                    return _status(400, "BadRequest", f"illegal base64 data at input byte 0 of {name}")
            if sum(len(base64.b64decode(text)) for text in content["data"].values()) > 1024 * 1024:
                return _status(422, "Invalid", "data: Too long: may not be more than 1048576 bytes")
            if stored and (stored.get("immutable") or content["type"] != stored["type"]):
                return _status(422, "Invalid", f'Secret "{key[2]}" is invalid: field is immutable')
        if request.query.get("dryRun") == "All":
            return Answer(status, content)
        return Answer(status, self._store(key, content))

    def _store(self, key: Key, content: dict[str, Any]) -> dict[str, Any]:
        stored = self.objects.get(key)
        metadata = content["metadata"]
        metadata.update(name=key[2], **({"namespace": key[1]} if key[1] else {}))
        metadata["uid"] = stored["metadata"]["uid"] if stored else str(uuid.uuid4())
        metadata.setdefault("creationTimestamp", "2026-11-20T12:00:00Z")
        metadata["resourceVersion"] = stored["metadata"]["resourceVersion"] if stored else ""
        # A write that changes nothing makes no new version.
        if content != stored:
            self._version += 1
            metadata["resourceVersion"] = str(self._version)
            self.objects[key] = content
        return copy.deepcopy(content)


def _encode(secret: dict[str, Any]) -> None:
    """Give a Secret what the API gives it by itself."""
    secret.setdefault("type", "Opaque")
    secret.setdefault("data", {})
    for name, text in (secret.pop("stringData", None) or {}).items():
        secret["data"][name] = base64.b64encode(text.encode()).decode()


def _dot(kind: Kind) -> str:
    return f".{kind.group}" if kind.group else ""


def _quoted(name: str) -> str:
    return f'"{name}" ' if name else ""


def _status(code: int, reason: str, message: str) -> Answer:
    return Answer(code, {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    })  # fmt: skip


def _not_found(kind: Kind, key: Key) -> Answer:
    return _status(404, "NotFound", f'{key[0]}{_dot(kind)} "{key[2]}" not found')


def _conflict(kind: Kind, key: Key) -> Answer:
    message = (
        f'Operation cannot be fulfilled on {key[0]}{_dot(kind)} "{key[2]}": the object has been modified; please apply'
        " your changes to the latest version and try again"
    )
    return _status(409, "Conflict", message)


def _merged(current: Any, patch: Any) -> Any:
    """A JSON merge patch, RFC 7396. (A strategic one differs in lists, which are replaced here.)"""
    if not isinstance(patch, dict):
        return patch
    result = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _patched(current: Any, operation: Mapping[str, Any]) -> Any:
    """One operation of a JSON patch, RFC 6902, on members of objects; None when it fails."""
    path = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    parent = current
    for part in path[:-1]:
        if not isinstance(parent, dict) or part not in parent:
            return None
        parent = parent[part]
    last = path[-1]
    if operation["op"] == "add" or (operation["op"] == "replace" and last in parent):
        parent[last] = operation["value"]
    elif operation["op"] == "remove" and last in parent:
        del parent[last]
    elif not (operation["op"] == "test" and parent.get(last) == operation["value"]):
        return None
    return current
