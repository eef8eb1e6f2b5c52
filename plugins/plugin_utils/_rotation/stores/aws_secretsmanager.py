# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The store of a rotation's record in AWS Secrets Manager: a secret in which each version has one successor at most."""

from __future__ import annotations

import json
import os
import typing as t
import uuid
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import Document
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import (
    Conflict,
    RecordStore,
    Settings,
    Stored,
    document,
    parse,
    record_in,
    required,
    silent,
)

try:
    import boto3
except ImportError:
    boto3 = None

# Any fixed one.
_NAMESPACE = uuid.UUID("4d3f2a59-3f0e-4f5d-8a35-5c7c1f0b6c1e")


def open_store(action: ActionBase, settings: Settings, task_vars: Mapping[str, t.Any]) -> RecordStore:
    """Open the store of AWS Secrets Manager, by boto3.

    No module of amazon.aws or community.aws lets a task choose the ID of a version.

    :param action: The action that opens it.
    :param settings: Settings of the role that begin with `aws_secretsmanager_`.
    :param task_vars: Not used.
    :raises AnsibleActionFail: A setting is missing, or there is no connection.
    """
    if boto3 is None:
        raise AnsibleActionFail(missing_required_lib("boto3", reason="for the store aws_secretsmanager"))
    name = required(settings, "aws_secretsmanager_name")
    try:
        # Ansible's modules for AWS read AWS_REGION too, and boto3 does not.
        region = settings["aws_secretsmanager_region"] or os.environ.get("AWS_REGION") or None
        session = boto3.session.Session(profile_name=settings["aws_secretsmanager_profile"] or None, region_name=region)
        client = session.client("secretsmanager")
    except Exception as error:
        raise AnsibleActionFail(
            f"No connection to AWS Secrets Manager can be made ({type(error).__name__}: {error})"
        ) from None
    return SecretsManagerStore(client, name, settings["aws_secretsmanager_kms_key_id"])


class SecretsManagerStore(RecordStore):
    """A secret of Secrets Manager.

    Its API stores unconditionally, but no two versions of a secret with the same id, and who stores one chooses its id.
    So the id of a version is made from that of the one that it replaces: of two runs that read the same version, the
    second one is refused.

    :param client: Of boto3.
    :param name: Name or ARN of the secret.
    :param kms_key_id: What a secret is encrypted with that is created; None for the default.
    """

    def __init__(self, client: t.Any, name: str, kms_key_id: str | None) -> None:
        self._client = client
        self._name = name
        self._kms_key_id = kms_key_id
        self.place = f"the record {name} in AWS Secrets Manager"

    def read(self) -> Stored:
        try:
            found = self._client.get_secret_value(SecretId=self._name)
        except Exception as error:
            if _code(error) == "ResourceNotFoundException":
                # Also said of a secret that exists and has no value yet.
                return Stored(version="" if "staging label" in str(error) else None)
            raise AnsibleActionFail(self._failure("read", error)) from None
        return Stored(record_in(parse(found.get("SecretString") or ""), self.place), found["VersionId"])

    def write(self, record: Document, replaced: Stored) -> None:
        token = str(uuid.uuid5(_NAMESPACE, replaced.version or "nothing"))
        options = {"ClientRequestToken": token, "SecretString": json.dumps(document(record))}
        try:
            if replaced.version is None:
                key = {"KmsKeyId": self._kms_key_id} if self._kms_key_id else {}
                self._client.create_secret(Name=self._name, **key, **options)
            else:
                self._client.put_secret_value(SecretId=self._name, **options)
        except Exception as error:
            if _code(error) == "ResourceExistsException":
                raise Conflict("Secrets Manager has a successor of the version that was read") from None
            raise AnsibleActionFail(self._failure("written", error, record, replaced.record)) from None

    def _failure(self, what: str, error: Exception, *records: Document | None) -> str:
        said = silent(error, *records)
        return f"{self.place[:1].upper()}{self.place[1:]} cannot be {what} ({type(error).__name__}: {said})"


def _code(error: Exception) -> str | None:
    """The code of an error that AWS answered."""
    code: str | None = getattr(error, "response", {}).get("Error", {}).get("Code")
    return code
