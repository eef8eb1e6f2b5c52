# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import json
import os
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.locked_file import locked
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.metrics import write_metrics
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.report import append_report

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=timezone.utc)
LATER = datetime(2026, 11, 27, 12, 0, 0, tzinfo=timezone.utc)
VALUES: dict[str, t.Any] = {
    "active_secrets": 2,
    "secret_age_seconds": 30,
    "overlap_seconds": 30,
    "generation": 4,
    "stage": "promoted",
    "outcome": "grace",
}


def metrics(path: Path) -> dict[str, str]:
    """The samples of a textfile, checked for its form on the way."""
    found = {}
    announced: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            kind, name = line.split()[1:3]
            announced += [name] if kind == "TYPE" else []
            continue
        sample, value = line.split()
        # A metric is described once, just before its samples.
        assert sample.partition("{")[0] == announced[-1]
        assert sample not in found
        found[sample] = value
    assert len(announced) == len(set(announced))
    return found


def test_a_report_gets_a_line_for_each_run(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    append_report(path, {"run": 1, "message": "two\nlines of Zoë"})
    append_report(path, {"run": 2})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"run": 1, "message": "two\nlines of Zoë"}, {"run": 2}]
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_of_runs_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    entries = [{"run": number, "text": "x" * 20_000} for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda entry: append_report(path, entry), entries))
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(entry["run"] for entry in found) == list(range(40))


def test_metrics_of_an_account(tmp_path: Path) -> None:
    path = tmp_path / "vonage.prom"
    write_metrics(path, NOW, {"abcd1234": VALUES}, failed=False)
    account = '{account_id="abcd1234"'
    assert metrics(path) == {
        f"vonage_rotation_last_run_timestamp_seconds{account}}}": "1795694400",
        f"vonage_rotation_last_success_timestamp_seconds{account}}}": "1795694400",
        f"vonage_rotation_active_secrets{account}}}": "2",
        f"vonage_rotation_secret_age_seconds{account}}}": "30",
        f"vonage_rotation_overlap_seconds{account}}}": "30",
        f"vonage_rotation_generation{account}}}": "4",
        f'vonage_rotation_stage{account},stage="promoted"}}': "1",
        f'vonage_rotation_outcome{account},outcome="grace"}}': "1",
    }
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_run_that_fails_keeps_the_time_of_the_last_success(tmp_path: Path) -> None:
    path = tmp_path / "vonage.prom"
    write_metrics(path, NOW, {"abcd1234": VALUES}, failed=False)
    write_metrics(path, LATER, {"abcd1234": {"outcome": "failed"}}, failed=True)
    found = metrics(path)
    assert found['vonage_rotation_last_success_timestamp_seconds{account_id="abcd1234"}'] == "1795694400"
    assert found['vonage_rotation_last_run_timestamp_seconds{account_id="abcd1234"}'] == "1795780800"
    # What is not known any more is not shown.
    assert not [name for name in found if "active_secrets" in name]


def test_a_first_run_that_fails_had_no_success(tmp_path: Path) -> None:
    path = tmp_path / "vonage.prom"
    write_metrics(path, NOW, {"abcd1234": {"outcome": "failed"}}, failed=True)
    assert not [name for name in metrics(path) if "last_success" in name]


def test_a_textfile_holds_the_metrics_of_many_accounts(tmp_path: Path) -> None:
    path = tmp_path / "vonage.prom"
    for key in ("abcd1234", "c0ffee01", "abcd1234"):
        write_metrics(path, NOW, {key: VALUES}, failed=False)
    found = metrics(path)
    assert len(found) == 16
    assert len([name for name in found if "c0ffee01" in name]) == 8
    assert sorted(os.listdir(tmp_path)) == [".vonage.prom.lock", "vonage.prom"]


@given(st.text(st.characters(exclude_categories=())))
@example("a\nb\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029c \ud800 {{ 7 * 7 }} \x1b[2J")
def test_no_text_makes_a_line_of_its_own(text: str) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "report.jsonl")
        append_report(path, {"message": text})
        [line] = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {"message": text}
    assert line.isprintable()


def test_no_text_makes_a_metric_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "vonage.prom"
    hostile = '"} 1\nvonage_rotation_stage{account_id="other"} 7 \\ \ud800'
    for _again in range(2):
        write_metrics(path, NOW, {hostile: {"stage": hostile, "generation": "4\nother 1"}}, failed=False)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line.partition("{")[0].rpartition("_")[2] for line in lines] == ["seconds", "seconds", "stage"]
    assert lines[2].startswith('vonage_rotation_stage{account_id="\\"} 1 vonage')


@pytest.mark.parametrize("content", [b"node_load1 0.5\n", b"# somebody's notes\n", b"\xff\xfe\n"])
def test_a_textfile_of_others_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.prom"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="name a file of its own"):
        write_metrics(path, NOW, {"abcd1234": VALUES}, failed=False)
    assert path.read_bytes() == content


def test_metrics_behind_a_link_are_written_where_they_are(tmp_path: Path) -> None:
    target, link = tmp_path / "target.prom", tmp_path / "vonage.prom"
    target.touch()
    link.symlink_to(target)
    write_metrics(link, NOW, {"abcd1234": VALUES}, failed=False)
    assert link.is_symlink()
    assert len(metrics(target)) == 8


def test_a_reader_of_the_metrics_cannot_lock_them(tmp_path: Path) -> None:
    path = tmp_path / "vonage.prom"
    write_metrics(path, NOW, {"abcd1234": VALUES}, failed=False)
    with path.open("rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        write_metrics(path, LATER, {"abcd1234": VALUES}, failed=False, wait=0)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"vonage.prom": 0o644, ".vonage.prom.lock": 0o600}


def test_runs_that_write_metrics_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "vonage.prom"
    with locked(tmp_path / ".vonage.prom.lock", new_mode=0o600), pytest.raises(TimeoutError):
        write_metrics(path, NOW, {"abcd1234": VALUES}, failed=False, wait=0)
    assert not path.exists()
