# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The published OpenAPI of Kubernetes, to hold the fake and what the collection sends against."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

import kubernetes_validate
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

# Without fields that are not published.
_SCHEMAS = resources.files(kubernetes_validate) / "kubernetes-json-schema" / "v1.31.0-local-strict"

# Published in a group of their own.
_OF_ALL_GROUPS = ("APIGroupList", "APIResourceList", "APIVersions", "Status")


def assert_published(objects: Iterable[Mapping[str, Any]]) -> None:
    """Every object has the fields that its kind is published with, of the published types, and no others."""
    for one in objects:
        group = "meta-v1" if one["kind"] in _OF_ALL_GROUPS else one["apiVersion"].replace("/", "-")
        _validator(f"{one['kind'].lower()}-{group}.json").validate(one)


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(_schema(name), registry=_registry())


@functools.cache
def _registry() -> Registry[Any]:
    definitions: Resource[Any] = Resource(contents=_schema("_definitions.json"), specification=DRAFT202012)
    return Registry().with_resource("_definitions.json", definitions)


def _schema(name: str) -> Any:
    return json.loads((_SCHEMAS / name).read_text(encoding="utf-8"))
