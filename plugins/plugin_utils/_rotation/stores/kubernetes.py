# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The store of a rotation's record in Kubernetes: a Secret, changed only while it has the version that was read."""

from __future__ import annotations

import base64
import binascii
import json
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Document
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import (
    VARIABLE,
    Conflict,
    RecordStore,
    Result,
    Settings,
    Stored,
    document,
    parse,
    record_in,
    required,
    silent,
)


def open_store(action: ActionBase, settings: Settings, task_vars: Mapping[str, t.Any]) -> RecordStore:
    """Open the store of a Secret, by the modules of kubernetes.core.

    The modules know all ways to reach a cluster and to log in.

    :param action: The action that opens it.
    :param settings: Settings of the role that begin with `kubernetes_`.
    :param task_vars: The variables of the task.
    :raises AnsibleActionFail: A setting is missing.
    """
    connection = {name: settings[f"kubernetes_{name}"] for name in ("kubeconfig", "context")}
    connection = {name: value for name, value in connection.items() if value}

    def call(module: str, **module_options: t.Any) -> Result:
        # A module writes its options to the system's log, unless it is told that they are secret.
        no_log, action._task.no_log = action._task.no_log, True
        try:
            result: Result = action._execute_module(
                module_name=f"kubernetes.core.{module}",
                module_args={**connection, **module_options},
                task_vars=task_vars,
            )
        except AnsibleError as error:
            result = {"failed": True, "msg": str(error)}
        finally:
            action._task.no_log = no_log
        return result

    return KubernetesStore(call, required(settings, "kubernetes_namespace"), required(settings, "kubernetes_name"))


class KubernetesStore(RecordStore):
    """A Secret. What it compares is the resource version, which is another one after each change of an object.

    :param call: Runs a module of kubernetes.core, and returns its result.
    :param namespace: Of the Secret.
    :param name: Of the Secret.
    """

    def __init__(self, call: t.Callable[..., Result], namespace: str, name: str) -> None:
        self._call = call
        self._object = {"apiVersion": "v1", "kind": "Secret"}
        self._metadata = {"namespace": namespace, "name": name}
        self.place = f"the record in the Secret {namespace}/{name}"

    def read(self) -> Stored:
        result = self._call("k8s_info", api_version="v1", kind="Secret", **self._metadata)
        if result.get("failed") or not result.get("api_found", True):
            raise AnsibleActionFail(self._failure("read", result))
        if not result["resources"]:
            return Stored()
        found = result["resources"][0]
        data, version = found.get("data") or {}, found["metadata"]["resourceVersion"]
        # An empty one was made for the record, by this store or by an administrator.
        return Stored(record_in(_decoded(data), self.place) if data else None, version)

    def write(self, record: Document, replaced: Stored) -> None:
        # To create is no comparison here: the module changes what it finds. So an empty one is created first, and the
        # record is put into what was empty when it was read.
        if replaced.version is None:
            definition = {**self._object, "metadata": self._metadata, "type": "Opaque"}
            result = self._call("k8s", state="present", resource_definition=definition)
            if result.get("failed"):
                raise AnsibleActionFail(self._failure("created", result, record))
            replaced = self.read()
            if replaced.record:
                raise Conflict("it was created meanwhile")
        content = document(record)
        content = {name: value if isinstance(value, str) else json.dumps(value) for name, value in content.items()}
        definition = {
            **self._object,
            "metadata": {**self._metadata, "resourceVersion": replaced.version},
            "data": {name: base64.b64encode(text.encode()).decode() for name, text in content.items()},
        }
        # Patched, so that labels and annotations of others stay.
        result = self._call("k8s", state="patched", merge_type=["merge"], resource_definition=definition)
        if result.get("failed"):
            if result.get("reason") == "Conflict":
                raise Conflict("Kubernetes says: the object has been modified")
            raise AnsibleActionFail(self._failure("written", result, record, replaced.record))

    def _failure(self, what: str, result: Result, *records: Document | None) -> str:
        said = silent(result.get("msg") or result.get("module_stderr") or "no reason was given", *records)
        hint = f". {_INSTALL}" if "kubernetes" in said and ("not found" in said or "import" in said) else ""
        return f"{self.place[:1].upper()}{self.place[1:]} cannot be {what} ({said}){hint}"


def _decoded(data: Mapping[str, str]) -> t.Any:
    try:
        return {VARIABLE: parse(base64.b64decode(data[VARIABLE]).decode())}
    except (KeyError, binascii.Error, UnicodeDecodeError):
        return None


_INSTALL = (
    "The store kubernetes needs the collection kubernetes.core and the Python library kubernetes on the controller:"
    " ansible-galaxy collection install kubernetes.core, and pip install kubernetes for the Python that runs Ansible"
)
