# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import os
import sys
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.community.vonage.plugins.plugin_utils._in_process.eligibility import (
    TaskContext,
    fallback_reason,
)

BESIDE = os.path.join(os.path.dirname(sys.executable), "python-of-another-environment")


IN_THE_WORKER: list[dict[str, t.Any]] = [
    {},
    {"switch": True},
    {"switch": "yes"},
    # As AWX sets a variable that has no value.
    {"switch": ""},
    {"interpreter": ""},
    {"interpreter": "auto"},
    {"interpreter": "auto_silent"},
    {"interpreter": "auto_legacy"},
    {"interpreter": "auto_legacy_silent"},
    {"interpreter": sys.executable},
    {"environment": {"VONAGE_API_SECRET": "s", "VONAGE_REST_URL": "https://x"}},
    {"environment": {"HTTPS_PROXY": "http://p", "https_proxy": "http://p", "HTTP_PROXY": "", "http_proxy": ""}},
    {"environment": {"NO_PROXY": "*", "no_proxy": "*", "ALL_PROXY": "x", "all_proxy": "x"}},
    {"environment": {"REQUESTS_CA_BUNDLE": "/ca", "CURL_CA_BUNDLE": "/ca", "SSL_CERT_FILE": "/ca"}},
    {"environment": {"SSL_CERT_DIR": "/ca"}},
    {"platform": "darwin", "proxies_known": True},
    {"platform": "freebsd14"},
]
AS_A_MODULE: list[tuple[dict[str, t.Any], str]] = [
    ({"switch": False}, "vonage_in_process is false"),
    ({"switch": "no"}, "vonage_in_process is false"),
    ({"switch": "0"}, "vonage_in_process is false"),
    ({"connection": "ssh"}, "the connection is ssh"),
    ({"connection": "community.docker.docker"}, "the connection is community.docker.docker"),
    ({"become": True}, "it uses become"),
    ({"asynchronous": True}, "it is asynchronous"),
    ({"interpreter": "/usr/bin/python-of-somebody"}, "the interpreter is /usr/bin/python-of-somebody"),
    ({"interpreter": "python3"}, "the interpreter is python3"),
    ({"interpreter": BESIDE}, f"the interpreter is {BESIDE}"),
    ({"environment": {"PYTHONPATH": "/x"}}, "its environment sets PYTHONPATH"),
    ({"environment": {"LD_PRELOAD": "/x", "NO_PROXY": "*", "PATH": "/y"}}, "its environment sets LD_PRELOAD, PATH"),
    ({"environment": {"xVONAGE_API_KEY": "x"}}, "its environment sets xVONAGE_API_KEY"),
    ({"environment": {"VONAGE_API_KEY2": "x"}}, "its environment sets VONAGE_API_KEY2"),
    ({"environment": {"Https_Proxy": "x"}}, "its environment sets Https_Proxy"),
    ({"has_requests": False}, f"requests is not installed for {sys.executable}"),
    (
        {"platform": "darwin"},
        "no proxy variable is set, and the proxies of macOS cannot be read; without a proxy, set no_proxy='*'",
    ),
]


@pytest.mark.parametrize("difference", IN_THE_WORKER, ids=str)
def test_a_task_for_the_controller_runs_in_the_worker(difference: dict[str, t.Any]) -> None:
    assert fallback_reason(TaskContext(**difference)) is None


@pytest.mark.parametrize(("difference", "reason"), AS_A_MODULE, ids=str)
def test_every_other_task_runs_as_a_module(difference: dict[str, t.Any], reason: str) -> None:
    assert fallback_reason(TaskContext(**difference)) == reason


def test_another_name_of_the_same_interpreter_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("python", "python3"):
        (tmp_path / name).symlink_to(sys.executable)
    (tmp_path / "elsewhere").mkdir()
    # The same program, of another environment.
    (tmp_path / "elsewhere" / "python3").symlink_to(sys.executable)
    (tmp_path / "other").write_text("")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert fallback_reason(TaskContext(interpreter=str(tmp_path / "python3"))) is None
    for path in (tmp_path / "elsewhere" / "python3", tmp_path / "other", tmp_path / "missing"):
        assert fallback_reason(TaskContext(interpreter=str(path))) == f"the interpreter is {path}"


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(AnsibleActionFail, match=r"VONAGE_IN_PROCESS\) must be true or false, not perhaps"):
        fallback_reason(TaskContext(switch="perhaps"))


def test_each_field_of_a_context_has_a_case() -> None:
    cases = [*IN_THE_WORKER, *(difference for difference, _reason in AS_A_MODULE)]
    assert {field.name for field in dataclasses.fields(TaskContext)} == {name for case in cases for name in case}
