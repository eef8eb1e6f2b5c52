# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transitions of a record: how each step changes it, and that no value gets lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import transitions
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.attribution import attribute_ids
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import ListedSecret
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    CurrentSecret,
    Lease,
    PendingSecret,
    PreviousSecret,
    Record,
    RetiredSecret,
    new_record,
    recorded_values,
    validation_error,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.transitions import Facts

THEN = "2026-11-22T12:00:00Z"
LATER = "2026-11-22T13:00:00Z"
OLD = ListedSecret(id="old", created_at="2026-01-02T03:04:05Z")
NEW = ListedSecret(id="new", created_at="2026-11-22T12:00:01Z")


def advance(record: Record, step: str, now: str, **facts: Any) -> Record:
    return transitions.advance(record, step, now, Facts(**facts))


def started() -> Record:
    return new_record("abcd1234", "OldValue1")


def prepared() -> Record:
    return advance(started(), "prepare", THEN, value="NewValue1", secrets=(OLD,), current="accepted")


def created(lost_answer: bool = False) -> Record:
    created_id = None if lost_answer else "new"
    return advance(prepared(), "create", THEN, created_id=created_id, secrets=(OLD, NEW), current="accepted")


def promoted(current: str = "accepted", **facts: Any) -> Record:
    verified = advance(created(), "verify", THEN)
    return advance(verified, "promote", LATER, secrets=(OLD, NEW), current=current, **facts)


def test_prepare_records_the_value_and_attributes_the_only_listed_id() -> None:
    record = prepared()
    assert record.stage == "prepared"
    assert record.version == 1
    assert record.pending == PendingSecret(value="NewValue1", id=None, prepared_at=THEN, attempts=1)
    assert record.current == CurrentSecret(
        value="OldValue1",
        id="old",
        created_at=OLD.created_at,
        since=THEN,
    )
    assert record.ids_before == ("old",)


def test_prepare_attributes_nothing_to_a_value_that_is_refused() -> None:
    record = advance(started(), "prepare", THEN, value="NewValue1", secrets=(OLD,), current="refused")
    assert record.current.id is None


def test_prepare_records_the_id_that_the_operator_named_when_no_value_is_known() -> None:
    nothing = new_record("abcd1234", None)
    record = advance(nothing, "prepare", THEN, value="N", secrets=(OLD,), current="none", secret_id="old")
    assert record.current.id == "old"
    assert record.current.value is None


def test_prepare_counts_the_attempts() -> None:
    dropped = advance(advance(created(), "drop", THEN), "dropped", THEN)
    again = advance(dropped, "prepare", THEN, value="Third1", secrets=(OLD,), current="accepted")
    assert again.pending.attempts == 2


def test_prepare_retires_a_value_that_it_replaces() -> None:
    again = advance(created(), "prepare", LATER, value="Third1", secrets=(OLD,), current="accepted")
    assert again.pending.value == "Third1"
    assert again.retired == (RetiredSecret(value="NewValue1", id="new", retired_at=LATER),)


def test_create_records_the_id_of_the_answer() -> None:
    assert created().pending.id == "new"
    assert created().stage == "created"


def test_create_finds_the_id_by_elimination_when_the_answer_was_lost() -> None:
    assert created(lost_answer=True).pending.id == "new"


def test_promote_makes_the_pending_secret_current_and_keeps_the_old_one() -> None:
    record = promoted(grace="2h")
    assert record.stage == "promoted"
    assert record.generation == 1
    assert record.current == CurrentSecret(
        value="NewValue1",
        id="new",
        created_at=NEW.created_at,
        since=LATER,
    )
    assert record.pending is None
    assert record.previous == PreviousSecret(value="OldValue1", id="old", revoke_not_before="2026-11-22T15:00:00Z")


def test_promote_past_a_refused_secret_records_no_id_to_delete() -> None:
    assert promoted(current="refused").previous.id is None


def test_promote_keeps_the_ids_of_the_record_when_the_list_lags() -> None:
    for listed in ((OLD,), (NEW,), ()):
        record = advance(created(), "promote", LATER, secrets=listed, current="accepted")
        assert (record.current.id, record.previous.id) == ("new", "old")


def test_create_never_takes_an_id_that_was_there_before() -> None:
    record = advance(prepared(), "create", THEN, created_id="old", secrets=(OLD,), current="accepted")
    assert record.pending.id is None


def test_drop_records_the_intent_and_dropped_the_end() -> None:
    dropping = advance(created(), "drop", THEN)
    pending = PendingSecret(value=None, id="new", prepared_at=THEN, attempts=1, created_at=THEN)
    assert dropping.pending == pending
    assert advance(dropping, "dropped", THEN).pending.id is None


def test_settle_forgets_a_value_that_vonage_still_accepts() -> None:
    record = advance(promoted(), "settle", LATER, refused=False)
    assert record.retired == (RetiredSecret(value=None, id="old", retired_at=LATER),)


def test_revoke_records_the_intent_alone() -> None:
    record = advance(promoted(), "revoke", LATER)
    assert record.stage == "revoking"
    assert record.previous.id == "old"


def test_settle_retires_the_old_secret_and_keeps_two() -> None:
    record = advance(promoted(), "settle", LATER)
    assert record.stage == "idle"
    assert record.previous is None
    assert record.ids_before == ()
    assert record.retired == (RetiredSecret(value="OldValue1", id="old", retired_at=LATER),)
    older = tuple(RetiredSecret(value=f"V{n}", id=f"i{n}", retired_at=THEN) for n in (1, 2))
    record = advance(replace(promoted(), retired=older), "settle", LATER)
    assert [entry.id for entry in record.retired] == ["old", "i1"]


def test_adopt_records_the_other_secret_as_superseded() -> None:
    record = advance(started(), "adopt", THEN, secrets=(OLD, NEW), secret_id="new", grace="0s")
    assert record.current.id == "new"
    assert record.current.value == "OldValue1"
    assert record.previous == PreviousSecret(value=None, id="old", revoke_not_before=THEN)
    assert record.generation == 0


LEASE = Lease(holder="ci 17", expires=LATER)
LEAK = "the log was public"


def step(record: Record, name: str, **facts: Any) -> Record:
    """The record after a step, two secrets listed and the one in use accepted."""
    return advance(record, name, LATER, **{"secrets": (OLD, NEW), "current": "accepted", "secret_id": "", **facts})


def test_claim_changes_the_lease_alone() -> None:
    before = created()
    assert step(before, "claim", lease=LEASE) == replace(before, version=before.version + 1, lease=LEASE)


def test_a_lease_stays_until_a_step_gives_another_one_or_none() -> None:
    claimed = step(created(), "claim", lease=LEASE)
    assert step(claimed, "verify").lease == LEASE
    assert step(claimed, "verify", lease=replace(LEASE, holder="ci 18")).lease.holder == "ci 18"
    assert step(claimed, "verify", lease=None).lease is None


def test_rollback_swaps_the_two_and_rejects_the_new_one() -> None:
    before = promoted(grace="1d")
    record = step(before, "rollback")
    assert (record.stage, record.generation) == ("promoted", before.generation + 1)
    assert record.current == CurrentSecret(
        value="OldValue1",
        id="old",
        created_at=OLD.created_at,
        since=LATER,
    )
    assert record.previous == PreviousSecret(value="NewValue1", id="new", revoke_not_before=LATER, rejected=True)


def test_rollback_never_takes_an_id_for_that_of_a_secret_that_is_gone() -> None:
    foreign = ListedSecret(id="foreign", created_at=LATER)
    for current in ("accepted", "refused"):
        assert step(promoted(), "rollback", secrets=(OLD, foreign), current=current).previous.id == "new"
        without_id = replace(promoted(), current=replace(promoted().current, id=None))
        expected = "foreign" if current == "accepted" else None
        record = step(without_id, "rollback", secrets=(OLD, foreign), current=current)
        assert record.previous.id == expected


def test_abandon_forgets_the_attempts_and_retires_the_value() -> None:
    record = step(prepared(), "abandon")
    assert (record.stage, record.pending, record.ids_before) == ("idle", None, ())
    assert record.retired == (RetiredSecret(value="NewValue1", id=None, retired_at=LATER),)


def test_abandon_does_not_retire_what_is_dropped_or_was_adopted() -> None:
    dropped = step(step(created(), "drop"), "dropped")
    assert step(dropped, "abandon").retired == ()
    adopted = step(started(), "adopt_value", value="Theirs1")
    assert step(adopted, "abandon").retired == ()


def test_abandon_has_a_secret_handed_over_that_an_emergency_found_half_handed_over() -> None:
    emergency = step(promoted(), "prepare", value="Third1", emergency=LEAK)
    assert step(emergency, "abandon").stage == "promoted"
    assert step(step(started(), "prepare", value="NewValue1", emergency=LEAK), "abandon").stage == "idle"


def test_drop_records_an_id_that_is_proven_when_the_answer_was_lost() -> None:
    lost = replace(created(), pending=replace(created().pending, id=None))
    assert step(lost, "drop").pending == replace(lost.pending, value=None, id="new")


def test_dropping_a_retired_secret_changes_nothing_but_the_version() -> None:
    before = replace(started(), stage="promoted")
    assert step(step(before, "drop"), "dropped") == replace(before, version=2)


def test_adopt_value_records_the_value_as_pending_with_the_other_id() -> None:
    record = step(started(), "adopt_value", value="Theirs1", secret_id="old")
    assert record.stage == "created"
    assert record.current.id == "old"
    assert record.pending == PendingSecret(
        value="Theirs1",
        id="new",
        prepared_at=LATER,
        attempts=1,
        adopted=True,
    )
    assert record.ids_before == ("old",)


def test_adopt_value_records_no_id_without_a_proof() -> None:
    record = step(started(), "adopt_value", value="Theirs1")
    assert (record.current.id, record.pending.id, record.ids_before) == (None, None, ())


def test_a_recorded_id_is_worth_more_than_one_that_is_named() -> None:
    current = CurrentSecret(value="OldValue1", id="old", created_at=None, since=THEN)
    record = replace(started(), current=current)
    assert step(record, "adopt_value", value="Theirs1", secret_id="new").pending.id == "new"


def test_adopt_value_refuses_a_value_that_is_in_the_record() -> None:
    for value in ("NewValue1", "OldValue1"):
        with pytest.raises(ValueError, match="in the record already") as caught:
            step(promoted(), "adopt_value", value=value)
        assert value not in str(caught.value)


def test_an_emergency_goes_from_the_pending_secret_to_the_one_that_it_replaces() -> None:
    marked = step(started(), "prepare", value="NewValue1", secrets=(OLD,), emergency=LEAK)
    assert marked.pending.emergency == LEAK
    # The next run is an ordinary one.
    promoted_after = step(step(marked, "create", created_id="new"), "promote")
    assert promoted_after.previous.emergency == LEAK
    assert "emergency" not in promoted_after.as_document()["current"]
    assert step(promoted_after, "settle").retired[0].emergency == LEAK


def test_a_pending_secret_is_marked_with_an_emergency_by_the_next_save() -> None:
    assert step(prepared(), "claim", emergency=LEAK).pending.emergency == LEAK
    assert step(created(), "promote", emergency=LEAK).previous.emergency == LEAK
    assert "emergency" not in step(created(), "promote", emergency="").as_document()["previous"]


def test_an_emergency_outlives_a_value_that_is_dropped() -> None:
    dropped = step(step(step(created(), "claim", emergency=LEAK), "drop"), "dropped")
    assert step(dropped, "prepare", value="Third1", secrets=(OLD,)).pending.emergency == LEAK


def test_settle_leaves_a_secret_to_be_handed_over_when_it_only_made_room() -> None:
    assert step(promoted(), "settle", emergency=LEAK).stage == "promoted"
    leaked = step(created(), "promote", emergency=LEAK)
    assert step(leaked, "settle", emergency=LEAK).stage == "idle"
    assert step(leaked, "settle", emergency="another one").stage == "promoted"


def test_adopt_keeps_the_emergency_of_the_previous_secret() -> None:
    previous = PreviousSecret(value="Older1", id=None, revoke_not_before=THEN, emergency=LEAK)
    record = step(replace(started(), previous=previous), "adopt", secret_id="new")
    assert record.previous == PreviousSecret(value="Older1", id="old", revoke_not_before=LATER, emergency=LEAK)


@pytest.mark.parametrize(
    ("current", "pending", "ids_before", "answers", "listed", "expected"),
    [
        # A recorded id that is not listed is a contradiction, and no proof of the other.
        ("gone", None, [], ("accepted", "none"), ["other", "previous"], (None, None)),
        ("current", "gone", [], ("accepted", "accepted"), ["current", "other"], ("current", None)),
        # A refused value may have no secret at all.
        (None, None, [], ("refused", "none"), ["other", "previous"], (None, None)),
        (None, None, [], ("accepted", "none"), ["other", "previous"], ("other", None)),
        ("current", None, [], ("accepted", "accepted"), ["current", "other"], ("current", "other")),
        (None, "pending", [], ("accepted", "refused"), ["current", "pending"], ("current", "pending")),
        (None, None, ["a"], ("accepted", "accepted"), ["a", "b"], ("a", "b")),
        (None, None, [], ("accepted", "accepted"), ["a", "b"], (None, None)),
        (None, None, [], ("accepted", "none"), ["a", "b", "c"], (None, None)),
        ("gone", None, [], ("accepted", "none"), ["a"], ("a", None)),
        # What was there before the creation, or is not what was created, is not the new one: the list is an old one.
        (None, None, ["a"], ("none", "accepted"), ["b"], (None, "b")),
        (None, None, ["a"], ("none", "accepted"), ["a"], (None, None)),
        (None, "b", ["a"], ("none", "accepted"), ["a"], (None, None)),
        (None, "b", [], ("refused", "accepted"), ["a"], (None, None)),
    ],
)
def test_an_id_is_attributed_by_proof_alone(
    current: Any, pending: Any, ids_before: Any, answers: tuple[str, str], listed: list[str], expected: Any
) -> None:
    record = replace(
        started(),
        current=CurrentSecret(value="OldValue1", id=current, created_at=None, since=THEN),
        pending=PendingSecret(value="NewValue1", id=pending, prepared_at=THEN, attempts=1)
        if answers[1] != "none"
        else None,
        previous=PreviousSecret(value=None, id="previous", revoke_not_before=THEN),
        ids_before=tuple(ids_before),
    )
    assert attribute_ids(record, listed, *answers) == expected


@pytest.mark.parametrize("made", [started(), prepared(), promoted(), Facts(value="NewValue1")])
def test_a_value_is_not_in_the_repr(made: Any) -> None:
    assert "Value1" not in repr(made)


@pytest.mark.parametrize(
    ("step", "facts", "missing"),
    [
        ("prepare", {}, "the new value"),
        ("adopt", {}, "the ID of the secret in use"),
        ("create", {}, "a pending secret"),
        ("abandon", {}, "a pending secret"),
        ("rollback", {}, "a previous secret"),
    ],
)
def test_a_step_that_lacks_something_says_what(step: str, facts: Any, missing: str) -> None:
    with pytest.raises(ValueError, match=f"needs {missing}"):
        advance(started(), step, THEN, **facts)


def test_a_step_that_is_not_recorded_is_named() -> None:
    with pytest.raises(ValueError, match="'confirm' is not a recorded step: claim, adopt, adopt_value, drop"):
        advance(started(), "confirm", THEN)


facts = st.fixed_dictionaries(
    {
        "secrets": st.sampled_from([(), (OLD,), (NEW,), (OLD, NEW)]),
        "current": st.sampled_from(["accepted", "refused", "none"]),
        "created_id": st.sampled_from([None, "new"]),
        "value": st.uuids().map(str),
        "grace": st.sampled_from(["0s", "1d"]),
        "secret_id": st.sampled_from(["", "old"]),
        "lease": st.sampled_from([None, LEASE, transitions.KEEP_LEASE]),
        "emergency": st.sampled_from(["", "the log was public"]),
    }
)
# The order that a plan keeps, with the interruptions that it allows.
paths = st.sampled_from(
    [
        ["prepare", "create", "verify", "promote", "distribute", "revoke", "settle"],
        ["prepare", "create", "create", "verify", "verify", "promote", "revoke", "revoke", "settle"],
        ["prepare", "promote", "settle"],
        ["prepare", "claim", "create", "abandon", "prepare", "promote", "settle"],
        ["prepare", "create", "promote", "claim", "distribute", "rollback", "distribute", "revoke", "settle"],
        ["adopt_value", "claim", "verify", "promote", "distribute", "rollback", "revoke", "settle"],
    ]
)


@given(paths, st.lists(facts, min_size=9, max_size=9))
@settings(max_examples=50, deadline=None)
def test_no_step_loses_a_value_or_an_unknown_key(path: list[str], learned: list[Any]) -> None:
    document = {**started().as_document(), "of_a_newer_release": {"kept": True}}
    for step, step_facts in zip(path, learned):
        before = Record.from_document(document)
        assert before.as_document() == document
        assert list(before.as_document()) == list(document)
        after = advance(before, step, THEN, **step_facts)
        assert before.as_document() == document
        assert after.version == before.version + 1
        assert after.generation == before.generation + (step in ("promote", "rollback"))
        assert set(recorded_values(before)) <= set(recorded_values(after))
        document = after.as_document()
        assert not validation_error(document, "abcd1234")
        assert document["of_a_newer_release"] == {"kept": True}


def test_facts_are_read_from_plain_types() -> None:
    rows = [{"id": "old", "created_at": OLD.created_at}]
    lease = {"holder": "ci 17", "expires": LATER}
    options = {
        "secrets": rows,
        "current": "accepted",
        "value": "NewValue1",
        "secret": {"id": "new"},
        "grace": "1d",
        "refused": False,
        "secret_id": "old",
        "lease": lease,
        "emergency": LEAK,
    }
    facts = Facts.from_options(options)
    assert facts == Facts(
        secrets=(OLD,),
        current="accepted",
        value="NewValue1",
        created_id="new",
        grace="1d",
        refused=False,
        secret_id="old",
        lease=LEASE,
        emergency=LEAK,
    )
    assert Facts.from_options({**options, "lease": None}).lease is None


def test_facts_that_are_missing_have_their_defaults() -> None:
    facts = Facts.from_options({})
    assert facts == Facts()
    assert facts.lease is transitions.KEEP_LEASE
