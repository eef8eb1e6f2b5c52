# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a record, beside what the integration target rotation_record shows: owner, link, vault id."""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml
from conftest import Rehearsal, Run

MODULE = "community.vonage.rotation_record"


def record(version: int) -> dict[str, Any]:
    return {"schema": 1, "account_id": "abcd1234", "version": version, "current": {"value": "Recorded0ne"}}


def save(place: Rehearsal, content: Any, *arguments: str, vault: bool = True) -> Run:
    task = {MODULE: {"step": "check", "record": content}}
    variables = {"rotate_api_secret_store": "file", "rotate_api_secret_record": str(place.record)}
    return place.play({**task, "vars": variables}, arguments=arguments, vault=vault)


@pytest.mark.full
def test_the_mode_of_an_existing_record_is_kept_and_nothing_else_is_left(place: Rehearsal) -> None:
    save(place, record(1))
    place.record.chmod(0o640)
    before = sorted(place.directory.iterdir())
    save(place, record(2))
    assert place.record.stat().st_mode & 0o777 == 0o640
    assert sorted(place.directory.iterdir()) == before


@pytest.mark.full
def test_a_record_behind_a_link_is_replaced_where_it_is(place: Rehearsal) -> None:
    target = place.directory / "elsewhere.yml"
    save(place, record(1))
    place.record.rename(target)
    place.record.symlink_to(target)
    assert save(place, record(2)).status == 0
    assert place.record.is_symlink()
    assert place.stored()["version"] == 2


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_a_record_of_another_user_stays_theirs_when_root_rotates(place: Rehearsal) -> None:
    save(place, record(1))
    os.chown(place.record, 1000, 1001)
    place.record.chmod(0o440)
    run = save(place, record(2))
    assert run.status == 0, run.output
    status = place.record.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1000, 1001, 0o440)
    assert place.stored()["version"] == 2


def test_a_record_in_clear_in_the_place_of_an_encrypted_one_ends_the_run(place: Rehearsal) -> None:
    save(place, record(1))
    forged = {**record(1), "current": {"value": "F0rgedByAStranger"}}
    place.record.write_text(yaml.safe_dump({"vonage_rotation": forged}), encoding="utf-8")
    before = len(place.calls())
    run = place.run("-e", "rotate_api_secret_force=true")
    assert run.status == 2
    assert "is in clear, and this run has a vault password" in run.text
    assert "set rotate_api_secret_record_in_clear to true for one run" in run.text
    assert len(place.calls()) == before


def test_a_record_or_a_report_that_is_a_pipe_holds_no_run_up(place: Rehearsal) -> None:
    pipe = place.directory / "pipe"
    os.mkfifo(pipe)
    place.write_inventory(consumers="")
    # That a report or metrics cannot be written is no reason to stop.
    run = place.rotate("-e", f"rotate_api_secret_report={pipe}", "-e", f"rotate_api_secret_metrics={pipe}")
    for what in ("report", "metrics"):
        assert f"The {what} of abcd1234 cannot be written: [Errno 22] it is not a regular file" in run.text
    run = place.run("-e", f"rotate_api_secret_record={pipe}")
    assert run.status == 2
    assert f"The record {pipe} cannot be read: it is not a regular file" in run.text
