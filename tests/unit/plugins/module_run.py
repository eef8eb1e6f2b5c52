# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module as Ansible does, in the process of the test."""

from __future__ import annotations

import importlib
import json
import typing as t

import pytest

from ansible_collections.community.vonage.tests.unit.plugins.wire import KEY, NEW, SECRET, set_module_args, shapes

_MODULES = "ansible_collections.community.vonage.plugins.modules."


class Run:
    """Runs a module's main(), and keeps what it printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.printed = ""

    def __call__(
        self,
        module: str,
        options: dict[str, t.Any],
        check_mode: bool = False,
        fails: bool = False,
        diff: bool = True,
        null: bool = False,
    ) -> dict[str, t.Any]:
        given = {"api_key": KEY, "api_secret": SECRET, "retries": 0, **options}
        # What is None here was left out, unless the test is of null.
        given = {option: value for option, value in given.items() if null or value is not None}
        set_module_args(self._monkeypatch, given, check_mode=check_mode, diff=diff, verbosity=4)
        with pytest.raises(SystemExit) as caught:
            importlib.import_module(_MODULES + module).main()
        output = self._capsys.readouterr()
        self.printed = output.out + output.err
        result = t.cast("dict[str, t.Any]", json.loads(output.out))
        assert (bool(caught.value.code), bool(result.get("failed"))) == (fails, fails), result
        return result

    def warned(self, text: str) -> bool:
        # Where all of ansible-core can be imported, from 2.19 on a warning goes to the terminal, in lines of its width.
        return "".join(text.split()) in "".join(self.printed.split())


def assert_nothing_secret(printed: str) -> None:
    for value in (SECRET, NEW):
        assert [form for form in shapes(value) if form in printed] == []
