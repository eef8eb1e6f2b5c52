# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The observation of a rotation: which values are tried, and how the answers are read."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import (
    ListedSecret,
    Observation,
    candidates,
    observe,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    PendingSecret,
    PreviousSecret,
    Record,
    new_record,
)

THEN = "2026-11-22T12:00:00Z"
OLD = ListedSecret(id="old", created_at="2026-01-02T03:04:05Z")


def started() -> Record:
    return new_record("abcd1234", "OldValue1")


def prepared(value: str | None = "NewValue1") -> Record:
    return replace(started(), pending=PendingSecret(value=value, id=None, prepared_at=THEN, attempts=1))


def promoted(value: str | None = "OldValue1", rejected: bool = False) -> Record:
    previous = PreviousSecret(value=value, id="old", revoke_not_before=THEN, rejected=rejected)
    return replace(new_record("abcd1234", "NewValue1"), previous=previous)


def info(error: Any = None, candidates: Any = (), secrets: Any = (OLD,)) -> dict[str, Any]:
    return {
        "accounts": [{"account_id": "abcd1234", "secrets": [asdict(secret) for secret in secrets], "error": error}],
        "candidates": candidates,
    }


@pytest.mark.parametrize(
    ("record", "result", "expected"),
    [
        (started(), info(candidates=["accepted"]), ((OLD,), "accepted", "none")),
        (prepared(), info(candidates=["accepted", "refused"]), ((OLD,), "accepted", "refused")),
        (prepared(), info({"status": 401}, ["refused", "accepted"]), ((OLD,), "refused", "accepted")),
        (prepared(), info({"status": 503}, ["unknown", "unknown"]), (None, "unknown", "unknown")),
        (new_record("abcd1234", None), info(), ((OLD,), "none", "none")),
        (prepared(value=None), info(candidates=["accepted"]), ((OLD,), "accepted", "lost")),
    ],
)
def test_the_answers_are_read_in_the_order_of_the_candidates(record: Any, result: Any, expected: Any) -> None:
    assert len(candidates(record, Policy())) == len(result["candidates"])
    seen = observe(record, result, Policy())
    assert (seen.secrets, seen.current, seen.pending) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], "none"),
        (["refused"], "refused"),
        (["refused", "unknown"], "unknown"),
        (["unknown", "accepted"], "accepted"),
    ],
)
def test_of_several_retired_values_the_weightiest_answer_counts(answers: list[str], expected: str) -> None:
    assert observe(started(), info(candidates=["accepted"]), Policy(), retired=answers).retired == expected


BACK = Policy(mode="rollback")


@pytest.mark.parametrize(
    ("record", "policy", "values", "expected"),
    [
        (promoted(), BACK, ["NewValue1", "OldValue1"], "refused"),
        (promoted(), Policy(), ["NewValue1"], "none"),
        (promoted(), Policy.from_options({}), ["NewValue1"], "none"),
        (promoted(rejected=True), BACK, ["NewValue1"], "none"),
        (prepared(), BACK, ["OldValue1", "NewValue1"], "none"),
        (promoted(value=None), BACK, ["NewValue1"], "none"),
    ],
)
def test_the_previous_value_is_probed_for_a_rollback_alone(
    record: Any, policy: Any, values: list[str], expected: str
) -> None:
    assert candidates(record, policy) == values
    answers = ["accepted", "refused"][: len(values)]
    assert observe(record, info(candidates=answers), policy).previous == expected


def test_the_list_is_that_of_the_previous_value_when_it_alone_is_accepted() -> None:
    seen = observe(promoted(), info({"status": 401}, ["refused", "accepted"]), BACK)
    assert (seen.secrets, seen.current, seen.previous) == ((OLD,), "refused", "accepted")


@pytest.mark.parametrize(("value", "expected"), [("Theirs1", "accepted"), ("OldValue1", "none"), (None, "accepted")])
def test_a_value_to_adopt_that_is_in_the_record_counts_as_none(value: Any, expected: str) -> None:
    seen = observe(started(), info(candidates=["accepted"]), Policy(), adopted="accepted", adopted_value=value)
    assert seen.adopted == expected
    assert observe(started(), info(candidates=["accepted"]), Policy()).adopted == "none"


def test_an_observation_survives_as_plain_types() -> None:
    seen = observe(prepared(), info(candidates=["accepted", "refused"]), Policy(), confirmed={"web1": 1})
    assert seen.as_dict()["secrets"] == [asdict(OLD)]
    assert Observation.from_dict(seen.as_dict()) == seen
    nothing = replace(seen, secrets=None, status=503)
    assert Observation.from_dict(nothing.as_dict()) == nothing


def test_options_that_are_missing_or_null_have_their_defaults() -> None:
    assert Policy.from_options({}) == Policy()
    assert Policy.from_options({each.name: None for each in fields(Policy)}) == Policy()
