# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a rotation: how each step changes it, what makes it unusable, and that no value gets lost."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils import _rotation, _rotation_record

THEN = "2026-11-22T12:00:00Z"
LATER = "2026-11-22T13:00:00Z"
OLD = {"id": "old", "created_at": "2026-01-02T03:04:05Z"}
NEW = {"id": "new", "created_at": "2026-11-22T12:00:01Z"}


def started() -> dict[str, Any]:
    return _rotation_record.new_record("abcd1234", "OldValue1")


def prepared() -> dict[str, Any]:
    return _rotation_record.advance(started(), "prepare", THEN, value="NewValue1", secrets=[OLD], current="accepted")


def created(lost_answer: bool = False) -> dict[str, Any]:
    secret = None if lost_answer else NEW
    return _rotation_record.advance(prepared(), "create", THEN, secret=secret, secrets=[OLD, NEW], current="accepted")


def promoted(current: str = "accepted", **facts: Any) -> dict[str, Any]:
    verified = _rotation_record.advance(created(), "verify", THEN)
    return _rotation_record.advance(verified, "promote", LATER, secrets=[OLD, NEW], current=current, **facts)


def test_prepare_records_the_value_and_pins_the_only_listed_id() -> None:
    record = prepared()
    assert record["stage"] == "prepared"
    assert record["version"] == 1
    assert record["pending"] == {"value": "NewValue1", "id": None, "prepared_at": THEN, "attempts": 1}
    assert record["current"] == {
        "value": "OldValue1",
        "id": "old",
        "created_at": OLD["created_at"],
        "since": THEN,
    }
    assert record["ids_before"] == ["old"]


def test_prepare_pins_nothing_to_a_value_that_is_refused() -> None:
    record = _rotation_record.advance(started(), "prepare", THEN, value="NewValue1", secrets=[OLD], current="refused")
    assert record["current"]["id"] is None


def test_prepare_records_the_id_that_the_operator_named_when_no_value_is_known() -> None:
    nothing = _rotation_record.new_record("abcd1234", None)
    record = _rotation_record.advance(
        nothing, "prepare", THEN, value="N", secrets=[OLD], current="none", secret_id="old"
    )
    assert record["current"]["id"] == "old"
    assert record["current"]["value"] is None


def test_prepare_counts_the_attempts() -> None:
    dropped = _rotation_record.advance(_rotation_record.advance(created(), "drop", THEN), "dropped", THEN)
    again = _rotation_record.advance(dropped, "prepare", THEN, value="Third1", secrets=[OLD], current="accepted")
    assert again["pending"]["attempts"] == 2


def test_create_records_the_id_of_the_answer() -> None:
    assert created()["pending"]["id"] == "new"
    assert created()["stage"] == "created"


def test_create_finds_the_id_by_elimination_when_the_answer_was_lost() -> None:
    assert created(lost_answer=True)["pending"]["id"] == "new"


def test_promote_makes_the_pending_secret_current_and_keeps_the_old_one() -> None:
    record = promoted(grace="2h")
    assert record["stage"] == "promoted"
    assert record["generation"] == 1
    assert record["current"] == {
        "value": "NewValue1",
        "id": "new",
        "created_at": NEW["created_at"],
        "since": LATER,
    }
    assert record["pending"] is None
    assert record["previous"] == {"value": "OldValue1", "id": "old", "revoke_not_before": "2026-11-22T15:00:00Z"}


def test_promote_past_a_refused_secret_records_no_id_to_delete() -> None:
    assert promoted(current="refused")["previous"]["id"] is None


def test_promote_keeps_the_ids_of_the_record_when_the_list_lags() -> None:
    for listed in ([OLD], [NEW], []):
        record = _rotation_record.advance(created(), "promote", LATER, secrets=listed, current="accepted")
        assert (record["current"]["id"], record["previous"]["id"]) == ("new", "old")


def test_create_never_takes_an_id_that_was_there_before() -> None:
    record = _rotation_record.advance(prepared(), "create", THEN, secret=OLD, secrets=[OLD], current="accepted")
    assert record["pending"]["id"] is None


def test_drop_records_the_intent_and_dropped_the_end() -> None:
    dropping = _rotation_record.advance(created(), "drop", THEN)
    assert dropping["pending"] == {"value": None, "id": "new", "prepared_at": THEN, "attempts": 1}
    assert _rotation_record.advance(dropping, "dropped", THEN)["pending"]["id"] is None


def test_settle_forgets_a_value_that_vonage_still_accepts() -> None:
    record = _rotation_record.advance(promoted(), "settle", LATER, refused=False)
    assert record["retired"] == [{"value": None, "id": "old", "retired_at": LATER}]


def test_revoke_records_the_intent_alone() -> None:
    record = _rotation_record.advance(promoted(), "revoke", LATER)
    assert record["stage"] == "revoking"
    assert record["previous"]["id"] == "old"


def test_settle_retires_the_old_secret_and_keeps_two() -> None:
    record = _rotation_record.advance(promoted(), "settle", LATER)
    assert record["stage"] == "idle"
    assert record["previous"] is None
    assert record["ids_before"] == []
    assert record["retired"] == [{"value": "OldValue1", "id": "old", "retired_at": LATER}]
    older = [{"value": f"V{n}", "id": f"i{n}", "retired_at": THEN} for n in (1, 2)]
    record = _rotation_record.advance({**promoted(), "retired": older}, "settle", LATER)
    assert [entry["id"] for entry in record["retired"]] == ["old", "i1"]


def test_adopt_records_the_other_secret_as_superseded() -> None:
    record = _rotation_record.advance(started(), "adopt", THEN, secrets=[OLD, NEW], secret_id="new", grace="0s")
    assert record["current"]["id"] == "new"
    assert record["current"]["value"] == "OldValue1"
    assert record["previous"] == {"value": None, "id": "old", "revoke_not_before": THEN}
    assert record["generation"] == 0


def test_a_step_that_is_not_recorded_is_named() -> None:
    with pytest.raises(ValueError, match="'confirm' is not a recorded step: claim, adopt, adopt_value, drop"):
        _rotation_record.advance(started(), "confirm", THEN)


facts = st.fixed_dictionaries(
    {
        "secrets": st.sampled_from([[], [OLD], [NEW], [OLD, NEW]]),
        "current": st.sampled_from(["accepted", "refused", "none"]),
        "secret": st.sampled_from([None, NEW]),
        "value": st.uuids().map(str),
        "grace": st.sampled_from(["0s", "1d"]),
        "secret_id": st.sampled_from(["", "old"]),
    }
)
# The order that a plan keeps, with the interruptions that it allows.
paths = st.sampled_from(
    [
        ["prepare", "create", "verify", "promote", "distribute", "revoke", "settle"],
        ["prepare", "create", "create", "verify", "verify", "promote", "revoke", "revoke", "settle"],
        ["prepare", "promote", "settle"],
    ]
)


def values(record: dict[str, Any]) -> set[str]:
    entries = [record["current"], record["pending"], record["previous"], *record["retired"]]
    return {entry["value"] for entry in entries if entry and entry["value"]}


@given(paths, st.lists(facts, min_size=9, max_size=9))
@settings(max_examples=200, deadline=None)
def test_no_step_loses_a_value_or_changes_the_record_it_was_given(path: list[str], learned: list[Any]) -> None:
    record = started()
    for step, step_facts in zip(path, learned):
        before = copy.deepcopy(record)
        after = _rotation_record.advance(record, step, THEN, **step_facts)
        assert record == before
        assert after["version"] == before["version"] + 1
        assert after["generation"] == before["generation"] + (step == "promote")
        assert values(before) <= values(after)
        assert not _rotation_record.problem(after, "abcd1234")
        record = after


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "has schema 2 and this release of community.vonage knows 1"),
        ({"schema": "one"}, "not one of a rotation"),
        ({"account_id": "c0ffee01"}, "belongs to account c0ffee01, not to abcd1234"),
        ({"stage": "dancing"}, "damaged (stage)"),
        ({"version": "1"}, "damaged (version)"),
        ({"current": "OldValue1"}, "damaged (current)"),
        ({"retired": None}, "damaged (retired)"),
        ({"retired": ["OldValue1"]}, "damaged (retired)"),
        ({"current": {"value": "OldValue1"}}, "damaged (current)"),
        ({"pending": {}}, "damaged (pending)"),
    ],
)
def test_a_record_that_cannot_be_used_says_why(changes: dict[str, Any], words: str) -> None:
    problem = _rotation_record.problem({**started(), **changes}, "abcd1234")
    assert words in problem
    assert "OldValue1" not in problem


@pytest.mark.parametrize("record", [None, [], "text", {}])
def test_what_is_no_record_at_all_is_refused(record: Any) -> None:
    assert "not one of a rotation" in _rotation_record.problem(record, "abcd1234")


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("90", 90),
        (90, 90),
        ("45s", 45),
        ("15m", 900),
        ("12h", 43200),
        ("30d", 2592000),
        ("2w", 1209600),
        (" 1d ", 86400),
    ],
)
def test_a_duration_is_read(duration: Any, expected: int) -> None:
    assert _rotation_record.seconds(duration) == expected


@pytest.mark.parametrize("duration", ["", "d", "1 month", "-1d", "1.5h", None, "1y"])
def test_what_is_no_duration_says_what_to_write(duration: Any) -> None:
    with pytest.raises(ValueError, match="write seconds, or a number with s, m, h, d or w such as 30d"):
        _rotation_record.seconds(duration)


def info(error: Any = None, candidates: Any = (), secrets: Any = (OLD,)) -> dict[str, Any]:
    return {
        "accounts": [{"account_id": "abcd1234", "secrets": list(secrets), "error": error}],
        "candidates": candidates,
    }


@pytest.mark.parametrize(
    ("record", "result", "expected"),
    [
        (started(), info(candidates=["accepted"]), ([OLD], "accepted", "none")),
        (prepared(), info(candidates=["accepted", "refused"]), ([OLD], "accepted", "refused")),
        (prepared(), info({"status": 401}, ["refused", "accepted"]), ([OLD], "refused", "accepted")),
        (prepared(), info({"status": 503}, ["unknown", "unknown"]), (None, "unknown", "unknown")),
        (_rotation_record.new_record("abcd1234", None), info(), ([OLD], "none", "none")),
        (_rotation_record.advance(created(), "drop", THEN), info(candidates=["accepted"]), ([OLD], "accepted", "lost")),
    ],
)
def test_the_answers_are_read_in_the_order_of_the_candidates(record: Any, result: Any, expected: Any) -> None:
    assert len(_rotation.candidates(record)) == len(result["candidates"])
    seen = _rotation.observe(record, result)
    assert (seen["secrets"], seen["current"], seen["pending"]) == expected


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
    assert _rotation.observe(started(), info(candidates=["accepted"]), answers)["retired"] == expected
