# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils._operations.secret_policy import (
    generate_secret,
    policy_violations,
)

LOWER = "contain a lower-case letter a-z"
UPPER = "contain an upper-case letter A-Z"
DIGIT = "contain a digit 0-9"
ASCII = "consist of printable ASCII characters without spaces"


def length(count: int) -> str:
    return f"have 8 to 25 characters (it has {count})"


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        pytest.param("Abcdef12", [], id="the-shortest"),
        pytest.param("Abcdefghijklmnopqrstuv123", [], id="the-longest"),
        pytest.param("aB3!\"#$%&'()*+,-./:;<=>?@", [], id="punctuation"),
        pytest.param("aB3[\\]^_`{|}~", [], id="more-punctuation"),
        pytest.param("Abcde12", [length(7)], id="too-short"),
        pytest.param("Abcdefghijklmnopqrstuvw123", [length(26)], id="too-long"),
        pytest.param("ABCDEF12", [LOWER], id="no-lower-case"),
        pytest.param("abcdef12", [UPPER], id="no-upper-case"),
        pytest.param("Abcdefgh", [DIGIT], id="no-digit"),
        pytest.param("Abcdef 12", [ASCII], id="space"),
        pytest.param("Abcdef12\n", [ASCII], id="line-feed"),
        pytest.param("Abcdef12\x7f", [ASCII], id="delete-character"),
        pytest.param("Abcdéf12", [ASCII], id="letter-beyond-ascii"),
        pytest.param("Abcdefg٣", [DIGIT, ASCII], id="digit-of-another-script"),
        pytest.param("äBCDEF12", [LOWER, ASCII], id="lower-case-beyond-ascii"),
        pytest.param("Äbcdef12", [UPPER, ASCII], id="upper-case-beyond-ascii"),
        pytest.param("", [length(0), LOWER, UPPER, DIGIT], id="empty"),
        pytest.param("é", [length(1), LOWER, UPPER, DIGIT, ASCII], id="everything"),
    ],
)
def test_each_broken_rule_is_named(value: str, rules: list[str]) -> None:
    assert policy_violations(value) == rules


@given(st.text(max_size=30) | st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=127), max_size=30))
@example("Abcdef12")
def test_rules_agree_with_the_published_ones(value: str) -> None:
    published = re.fullmatch(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[!-~]{8,25}", value)
    assert (not policy_violations(value)) == bool(published)


@given(st.text(max_size=40))
def test_a_rule_never_shows_any_part_of_the_value(value: str) -> None:
    assert set(policy_violations(value)) <= {length(len(value)), LOWER, UPPER, DIGIT, ASCII}


def test_generated_values_keep_every_rule() -> None:
    values = [generate_secret() for _number in range(3000)]
    assert [rules for rules in map(policy_violations, values) if rules] == []
    assert {len(value) for value in values} == {25}
    assert {value[0] for value in values} == set(string.ascii_letters)
    assert set("".join(values)) == set(string.ascii_letters + string.digits)
    assert len(set(values)) == len(values)


def test_generated_values_do_not_follow_a_seed() -> None:
    random.seed(1)
    first = generate_secret()
    random.seed(1)
    assert generate_secret() != first
