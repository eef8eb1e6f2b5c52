# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a task in process that need no Ansible around them; the rest is tested through ansible-playbook."""

from __future__ import annotations

import datetime
import json
import os
import typing as t
from contextlib import suppress

import hypothesis
import pytest
from ansible.utils.unsafe_proxy import wrap_var
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils._api.connection import Connection
from ansible_collections.community.vonage.plugins.plugin_utils._in_process import action as _action
from ansible_collections.community.vonage.plugins.plugin_utils._in_process.action import (
    _SessionCache,
    _temporary_environment,
    _to_json_types,
)
from ansible_collections.community.vonage.tests.unit.plugins.wire import OPTIONS

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Encrypted:
    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "decrypted"


@hypothesis.given(value=plain)
@hypothesis.settings(max_examples=30)
def test_what_json_can_say_arrives_as_json_would_carry_it(value: t.Any) -> None:
    assert _to_json_types(value) == json.loads(json.dumps(value))


def test_marks_stay_behind() -> None:
    class Whole(int):
        pass

    class Real(float):
        pass

    arrived = _to_json_types({wrap_var("a"): [wrap_var("b"), Whole(1), Real(1.5), (True, None)], "c": Encrypted()})
    assert arrived == {"a": ["b", 1, 1.5, [True, None]], "c": "decrypted"}
    texts = [*arrived, *arrived["a"][:3]]
    assert [type(one) for one in texts] == [str, str, str, int, float]


@pytest.mark.parametrize("value", [datetime.date(2026, 1, 2), b"bytes", {1, 2}, object()], ids=type)
def test_what_json_cannot_say_is_left_to_the_module(value: t.Any) -> None:
    with pytest.raises(TypeError):
        _to_json_types(["a", {"b": value}])


@pytest.mark.parametrize("broken", ["inside", "value"])
def test_what_a_task_adds_to_the_environment_is_gone_after_it(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setenv("VONAGE_API_KEY", "before")
    monkeypatch.delenv("VONAGE_API_URL", raising=False)
    before = dict(os.environ)
    added = {"VONAGE_API_KEY": "k", "VONAGE_API_URL": "u", **({"NO_PROXY": "no\0text"} if broken == "value" else {})}
    seen: list[t.Any] = []
    with suppress(ZeroDivisionError, ValueError), _temporary_environment(added):
        seen.append((os.environ["VONAGE_API_KEY"], os.environ["VONAGE_API_URL"]))
        raise ZeroDivisionError
    assert seen == ([("k", "u")] if broken == "inside" else [])
    assert dict(os.environ) == before


CONNECTION = Connection.from_params(OPTIONS)


@pytest.mark.parametrize(
    "difference",
    [
        *({option: value} for option, value in {**OPTIONS, "api_key": "k", "api_secret": "s", "timeout": 1.0}.items()),
        {"rest_url": "https://r", "api_url": "https://a", "retries": 9},
        {"validate_certs": False},
        {"ca_path": "/"},
    ],
    ids=str,
)
def test_a_session_is_for_one_connection(difference: dict[str, t.Any]) -> None:
    sessions = _SessionCache()
    first = sessions.get(CONNECTION, {})
    assert sessions.get(Connection.from_params(OPTIONS), {}) is first
    other = Connection.from_params({**OPTIONS, **difference})
    assert (sessions.get(other, {}) is first) == (other == CONNECTION)


def test_a_session_is_for_one_environment_process_and_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = _SessionCache()
    now = 100.0
    monkeypatch.setattr(_action.time, "monotonic", lambda: now)
    found = [sessions.get(CONNECTION, {}), sessions.get(CONNECTION, {"HTTPS_PROXY": "x"})]
    monkeypatch.setattr(os, "getpid", lambda: 1)
    found.append(sessions.get(CONNECTION, {"HTTPS_PROXY": "x"}))
    now += 11
    found.append(sessions.get(CONNECTION, {"HTTPS_PROXY": "x"}))
    now += 9
    assert sessions.get(CONNECTION, {"HTTPS_PROXY": "x"}) is found[-1]
    assert len({id(session) for session in found}) == 4


def test_a_session_that_was_left_in_the_middle_of_a_call_is_not_used_again() -> None:
    sessions = _SessionCache()
    first = sessions.get(CONNECTION, {})
    with suppress(KeyboardInterrupt), sessions.closed_on_error():
        raise KeyboardInterrupt
    second = sessions.get(CONNECTION, {})
    assert second is not first
    with sessions.closed_on_error():
        pass
    assert sessions.get(CONNECTION, {}) is second
