# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file store: compare-and-set, replaced at once, encrypted, and silent."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from conftest import Rehearsal, Run

MODULE = "community.vonage.rotation_record"


def record(version: int, **changes: Any) -> dict[str, Any]:
    return {"schema": 1, "account_id": "abcd1234", "version": version, "current": {"value": "Recorded0ne"}, **changes}


def save(place: Rehearsal, content: Any, *arguments: str, vault: bool = True, **options: Any) -> Run:
    task = {MODULE: {"path": str(place.record), "record": content, **options}}
    return place.play(task, arguments=("-vvv", "--diff", *arguments), vault=vault)


@pytest.mark.every_core
def test_a_record_is_written_encrypted_and_for_the_owner_alone(place: Rehearsal) -> None:
    run = save(place, record(1))
    assert (run.status, run.changed) == (0, 1), run.output
    assert place.record.read_bytes().startswith(b"$ANSIBLE_VAULT;1.")
    assert place.record.stat().st_mode & 0o777 == 0o600
    assert place.stored() == record(1)
    assert "Recorded0ne" not in run.output


def test_the_same_save_twice_changes_nothing(place: Rehearsal) -> None:
    save(place, record(1))
    written = place.record.read_bytes()
    run = save(place, record(1))
    assert (run.status, run.changed) == (0, 0), run.output
    assert place.record.read_bytes() == written


@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_save_that_read_another_version_is_refused(place: Rehearsal, version: int) -> None:
    save(place, record(1))
    save(place, record(2))
    written = place.record.read_bytes()
    run = save(place, record(version, account_id="changed0"))
    assert run.status == 2
    assert f"has version 2, and this run had read version {version - 1}" in run.text
    assert "Nothing was saved" in run.text
    assert place.record.read_bytes() == written
    assert "Recorded0ne" not in run.output


def test_a_first_save_must_be_of_the_first_version(place: Rehearsal) -> None:
    assert "has version 0, and this run had read version 3" in save(place, record(4)).text
    assert not place.record.exists()


def test_the_mode_of_an_existing_record_is_kept_and_nothing_else_is_left(place: Rehearsal) -> None:
    save(place, record(1))
    place.record.chmod(0o640)
    before = sorted(place.directory.iterdir())
    save(place, record(2))
    assert place.record.stat().st_mode & 0o777 == 0o640
    assert sorted(place.directory.iterdir()) == before


def test_a_record_behind_a_link_is_replaced_where_it_is(place: Rehearsal) -> None:
    target = place.directory / "elsewhere.yml"
    save(place, record(1))
    place.record.rename(target)
    place.record.symlink_to(target)
    assert save(place, record(2)).status == 0
    assert place.record.is_symlink()
    assert place.stored()["version"] == 2


def test_check_mode_predicts_and_writes_nothing(place: Rehearsal) -> None:
    run = save(place, record(1), "--check")
    assert (run.status, run.changed) == (0, 1), run.output
    assert not place.record.exists()


def test_in_clear_only_when_told_so_by_name(place: Rehearsal) -> None:
    refused = save(place, record(1), vault=False)
    assert refused.status == 2
    assert "this run has no vault password" in refused.text
    assert not place.record.exists()
    assert save(place, record(1), vault=False, in_clear=True).status == 0
    assert yaml.safe_load(place.record.read_text(encoding="utf-8"))["vonage_rotation"] == record(1)
    # With a vault password it becomes encrypted.
    assert save(place, record(2)).status == 0
    assert place.record.read_bytes().startswith(b"$ANSIBLE_VAULT;")


@pytest.mark.parametrize("content", ["Recorded0ne", ["Recorded0ne"], {"value": "Recorded0ne"}])
def test_what_is_no_record_is_refused_and_not_shown(place: Rehearsal, content: Any) -> None:
    run = save(place, content)
    assert run.status == 2
    assert "record must be a dictionary with a version" in run.text
    assert "Recorded0ne" not in run.output


def test_reading_shows_nothing_and_registers_the_record(place: Rehearsal) -> None:
    save(place, record(1))
    run = place.play(
        {MODULE: {"path": str(place.record)}, "register": "stored"},
        {"ansible.builtin.assert": {"that": "stored.record.current.value | length == 11"}},
        arguments=("-vvv",),
    )
    assert run.status == 0, run.output
    assert "Recorded0ne" not in run.output


def test_a_record_that_is_not_there_is_none(place: Rehearsal) -> None:
    run = place.play(
        {MODULE: {"path": str(place.record)}, "register": "stored"},
        {"ansible.builtin.assert": {"that": "stored.record is none"}},
    )
    assert run.status == 0, run.output


def test_a_record_keeps_the_vault_id_that_it_was_written_with(place: Rehearsal) -> None:
    other = place.directory / "other-password"
    other.write_text("other\n", encoding="utf-8")
    prod = ("--vault-id", f"prod@{place.vault_password}")
    save(place, record(1), *prod, vault=False)
    assert place.record.read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;prod")
    run = save(place, record(2), "--vault-id", f"dev@{other}", *prod, vault=False)
    assert run.status == 0, run.output
    assert place.record.read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;prod")
    assert save(place, record(3), *prod, vault=False).status == 0
