# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a rotation: what makes a document unusable, and that a document is written as it was read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    STAGES,
    Record,
    new_record,
    validation_error,
)

LATER = "2026-11-22T13:00:00Z"
LEASE_DOCUMENT = {"holder": "ci 17", "expires": LATER}


def started() -> Record:
    return new_record("abcd1234", "OldValue1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "has schema 2 and this release of community.vonage knows 1"),
        ({"schema": "one"}, "is not a rotation record"),
        ({"account_id": "c0ffee01"}, "belongs to account c0ffee01, not to abcd1234"),
        ({"stage": "dancing"}, "damaged (stage)"),
        ({"version": "1"}, "damaged (version)"),
        ({"current": "OldValue1"}, "damaged (current)"),
        ({"retired": None}, "damaged (retired)"),
        ({"retired": ["OldValue1"]}, "damaged (retired)"),
        ({"current": {"value": "OldValue1"}}, "damaged (current)"),
        ({"pending": {}}, "damaged (pending)"),
        ({"lease": "ci 17"}, "damaged (lease)"),
        ({"lease": {"holder": "ci 17"}}, "damaged (lease)"),
        ({"lease": {"holder": 17, "expires": LATER}}, "damaged (lease)"),
        ({"lease": {"holder": "ci 17", "expires": "soon"}}, "damaged (lease)"),
        ({"lease": {"holder": "ci 17", "expires": None}}, "damaged (lease)"),
    ],
)
def test_a_record_that_cannot_be_used_says_why(changes: dict[str, Any], words: str) -> None:
    problem = validation_error({**started().as_document(), **changes}, "abcd1234")
    assert words in problem
    assert "OldValue1" not in problem


@pytest.mark.parametrize("record", [None, [], "text", {}])
def test_what_is_no_record_at_all_is_refused(record: Any) -> None:
    assert "is not a rotation record" in validation_error(record, "abcd1234")


texts = st.sampled_from(["", "a", LATER])
unknown_keys = st.dictionaries(st.sampled_from(["color", "of_a_newer_release"]), st.none() | st.lists(texts))


def part(required: list[str], **optional: Any) -> Any:
    """Documents of a part of a record, with the optional keys and others, in any order of the keys."""
    known = st.fixed_dictionaries({key: st.none() | texts for key in required}, optional=optional)
    items = st.builds(lambda one, other: list({**one, **other}.items()), known, unknown_keys)
    return items.flatmap(st.permutations).map(dict)


retired_secrets = part(["value", "id", "retired_at"], emergency=texts)
documents = st.fixed_dictionaries({
    "schema": st.just(1),
    "account_id": st.just("abcd1234"),
    "version": st.integers(0, 9),
    "generation": st.integers(0, 9),
    "stage": st.sampled_from(STAGES),
    "current": st.none() | part(["value", "id", "created_at", "since"]),
    "pending": st.none()
    | part(
        ["value", "id", "prepared_at", "attempts"],
        adopted=st.booleans(),
        emergency=texts,
        created_at=st.none() | texts,
    ),
    "previous": st.none()
    | part(["value", "id", "revoke_not_before"], emergency=texts, rejected=st.booleans()),
    "retired": st.lists(retired_secrets, max_size=2),
    "ids_before": st.lists(texts, max_size=2),
    "lease": st.none() | st.just(LEASE_DOCUMENT),
})  # fmt: skip


@given(documents, unknown_keys, st.randoms())
@settings(max_examples=200, deadline=None)
def test_a_document_is_written_as_it_was_read(document: dict[str, Any], unknown: dict[str, Any], random: Any) -> None:
    items = list({**document, **unknown}.items())
    random.shuffle(items)
    document = dict(items)
    assert validation_error(document, "abcd1234") == ""
    written = Record.from_document(document).as_document()
    # As text, so that the order of the keys counts.
    assert json.dumps(written) == json.dumps(document)


def test_a_new_record_has_the_keys_in_the_order_of_the_documentation() -> None:
    expected = "schema account_id version generation stage current pending previous retired ids_before lease"
    assert " ".join(started().as_document()) == expected


def test_a_record_with_a_lease_can_be_used() -> None:
    assert validation_error({**started().as_document(), "lease": LEASE_DOCUMENT}, "abcd1234") == ""
