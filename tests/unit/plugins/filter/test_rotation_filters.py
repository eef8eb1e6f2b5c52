# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.community.vonage.plugins.filter.rotation import FilterModule

NOW = "2026-11-22T12:00:00Z"
VALUE = "Curr3ntValue"
ID = "37d0cbf6-5fac-4656-a5c9-13b485d6fff0"


@pytest.fixture
def filters() -> dict[str, t.Callable[..., t.Any]]:
    return FilterModule().filters()


@pytest.fixture
def record(filters: dict[str, t.Callable[..., t.Any]]) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", filters["rotation_new_record"]("abcd1234", VALUE))


@pytest.fixture
def info() -> dict[str, t.Any]:
    secrets = [{"id": ID, "created_at": "2026-03-04T05:06:07Z"}]
    account = {"account_id": "abcd1234", "secrets": secrets, "error": None}
    return {"accounts": [account], "secrets": secrets, "candidates": ["accepted"]}


def test_rotation_new_record(record: dict[str, t.Any]) -> None:
    assert (record["account_id"], record["version"], record["current"]["value"]) == ("abcd1234", 0, VALUE)


def test_rotation_problem(filters: dict[str, t.Callable[..., t.Any]], record: dict[str, t.Any]) -> None:
    assert filters["rotation_problem"](record, "abcd1234") == ""
    assert filters["rotation_problem"](record, "c0ffee01")


def test_rotation_candidates(filters: dict[str, t.Callable[..., t.Any]], record: dict[str, t.Any]) -> None:
    assert filters["rotation_candidates"](record) == [VALUE]


def test_rotation_observation_and_plan(
    filters: dict[str, t.Callable[..., t.Any]], record: dict[str, t.Any], info: dict[str, t.Any]
) -> None:
    observation = filters["rotation_observation"](record, info)
    assert (observation["current"], observation["pending"]) == ("accepted", "none")
    plan = filters["rotation_plan"](record, observation, {"mode": "rotate", "force": True, "max_age": "30d"}, NOW)
    assert plan["outcome"] == "rotate"
    assert plan["steps"]


def test_rotation_step(
    filters: dict[str, t.Callable[..., t.Any]], record: dict[str, t.Any], info: dict[str, t.Any]
) -> None:
    prepared = filters["rotation_step"](
        record, "prepare", NOW, value="N3xtValueOfTests", secrets=info["secrets"], current="accepted"
    )
    assert (prepared["version"], prepared["stage"]) == (1, "prepared")
    assert prepared["pending"]["value"] == "N3xtValueOfTests"


def test_rotation_seconds(filters: dict[str, t.Callable[..., t.Any]]) -> None:
    assert filters["rotation_seconds"]("30d") == 30 * 24 * 60 * 60


def test_bad_input_is_an_error_of_the_filter(filters: dict[str, t.Callable[..., t.Any]]) -> None:
    with pytest.raises(AnsibleFilterError):
        filters["rotation_seconds"]("a while")


@pytest.mark.parametrize("wrong", [{}, {"candidates": [], "accounts": [{}]}, {"accounts": []}, None, "text", []])
def test_the_wrong_result_is_an_error_of_the_filter(
    filters: dict[str, t.Callable[..., t.Any]], record: dict[str, t.Any], wrong: t.Any
) -> None:
    with pytest.raises(AnsibleFilterError, match="rotation_observation was not given what it works on") as caught:
        filters["rotation_observation"](record, wrong)
    assert VALUE not in str(caught.value)
