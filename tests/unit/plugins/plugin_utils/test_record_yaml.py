# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record as YAML; what Ansible makes of it as vars_files is shown in tests/system/test_untrusted.py."""

from __future__ import annotations

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.record_yaml import dump, load

# Surrogates as well: they stand for bytes of the environment that are no UTF-8.
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
@example("{{ 7 * 7 }}")
@example("#jinja2: variable_start_string:'['\n[ 7 * 7 ]")
@example("!unsafe x")
@example("2026-11-20")
@example("\ud800")
@example(" \n")
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    assert load(dump({"vonage_rotation": {"current": {"value": text}}})) == {
        "vonage_rotation": {"current": {"value": text}}
    }


@given(st.text(st.characters(exclude_categories=("Cs",))))
@example("{{ 7 * 7 }}")
@example("{% if true %}{# a #}")
def test_ansible_reads_the_same(text: str) -> None:
    assert DataLoader().load(dump({"value": text}).decode()) == {"value": text}


@pytest.mark.parametrize("text", ["abcd1234", "2026-11-20T12:00:00Z", "leaked: 50 % & more!\n - [x] 'y' \"é\""])
def test_what_is_no_template_is_plain_yaml_for_other_programs(text: str) -> None:
    assert yaml.safe_load(dump({"value": text})) == {"value": text}


@given(ANY_TEXT)
@example("{{ 7 * 7 }}")
def test_without_the_tag_any_program_reads_it(text: str) -> None:
    document = dump({"other": text, "value": "Recorded0ne"}).decode().replace("!unsafe ", "")
    assert yaml.safe_load(document)["value"] == "Recorded0ne"


@pytest.mark.parametrize("content", [b"{", b"!other x", b"\xff\xff", b"a: 0000-99-99", b"[" * 5000])
def test_what_is_no_yaml_is_none(content: bytes) -> None:
    assert load(content) is None
