# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the filters. What each of them computes is tested where its function is."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.community.vonage.plugins.filter.rotation import FilterModule

VALUE = "Curr3ntValue"


@pytest.fixture
def filters() -> dict[str, t.Callable[..., t.Any]]:
    return FilterModule().filters()


def test_bad_input_is_an_error_of_the_filter(filters: dict[str, t.Callable[..., t.Any]]) -> None:
    with pytest.raises(AnsibleFilterError):
        filters["rotation_seconds"]("a while")


@pytest.mark.parametrize("wrong", [{}, {"candidates": [], "accounts": [{}]}, {"accounts": []}, None, "text", []])
def test_the_wrong_result_is_an_error_of_the_filter(filters: dict[str, t.Callable[..., t.Any]], wrong: t.Any) -> None:
    record = filters["rotation_new_record"]("abcd1234", VALUE)
    with pytest.raises(AnsibleFilterError, match="rotation_observation was not given what it works on") as caught:
        filters["rotation_observation"](record, wrong)
    assert VALUE not in str(caught.value)
