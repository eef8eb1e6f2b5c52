# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the comparison of settings: what is the same URL, and what is sent for any settings before."""

from __future__ import annotations

import string
import typing as t
from urllib.parse import parse_qsl

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils._operations.account_settings import (
    ACCOUNT_SETTINGS,
    _same_url,
)
from ansible_collections.community.vonage.tests.unit.plugins.wire import ClientFactory, Server, http

labels = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=8)
words = st.text(string.ascii_letters + string.digits + "-._~", max_size=6)
escapes = st.sampled_from(["%2f", "%2F", "%c3%A9", "%20", ""])


@st.composite
def parts(draw: st.DrawFn) -> dict[str, str]:
    """The parts of a URL, each as it stands in it."""
    query, fragment = draw(words), draw(words)
    return {
        "scheme": draw(st.sampled_from(["http", "https"])),
        "user": draw(st.sampled_from(["", "me@", "me:you@"])),
        "host": ".".join(draw(st.lists(labels, min_size=1, max_size=3))),
        "port": draw(st.sampled_from(["", ":8080", ":443", ":80"])),
        "path": draw(st.sampled_from(["", "/"])) and "/" + draw(words) + draw(escapes) + draw(words),
        "query": query and "?" + query,
        "fragment": fragment and "#" + fragment,
    }


def url(found: dict[str, str]) -> str:
    return "{scheme}://{user}{host}{port}{path}{query}{fragment}".format(**found)


def respelt(found: dict[str, str]) -> list[dict[str, str]]:
    """The same URL in every other spelling that RFC 3986 (section 6.2) calls equivalent, one change at a time."""
    default = {"http": ":80", "https": ":443"}[found["scheme"]]
    changes = [
        {"scheme": found["scheme"].upper()},
        {"host": found["host"].swapcase()},
        {"path": found["path"].replace("%2f", "%2F").replace("%c3%A9", "%C3%a9")},
    ]
    if found["port"] in ("", default):
        changes += [{"port": ""}, {"port": default}]
    if found["path"] in ("", "/"):
        changes += [{"path": ""}, {"path": "/"}]
    return [{**found, **change} for change in changes]


def others(found: dict[str, str]) -> list[dict[str, str]]:
    """URLs that are none of these."""
    changes = [
        {"scheme": "http" if found["scheme"] == "https" else "https", "port": found["port"] or ":8080"},
        {"host": found["host"] + "x"},
        {"port": ":8081"},
        {"user": "someone@"},
        {"path": (found["path"] or "/") + "x"},
        {"path": (found["path"] or "/x") + "/"},
        {"query": (found["query"] or "?") + "x"},
        {"fragment": (found["fragment"] or "#") + "x"},
    ]
    if found["path"].swapcase() != found["path"] and "%" not in found["path"]:
        changes.append({"path": found["path"].swapcase()})
    return [{**found, **change} for change in changes]


@given(parts())
def test_another_spelling_is_the_same_url(found: dict[str, str]) -> None:
    for spelling in respelt(found):
        assert _same_url(url(found), url(spelling))
        assert _same_url(url(spelling), url(found))


@given(parts())
def test_another_url_is_not_the_same(found: dict[str, str]) -> None:
    for other in others(found):
        assert not _same_url(url(found), url(other))
        assert not _same_url(url(other), url(found))


@given(st.text(), st.text())
@example("https://[", "https://[x")
@example("http://a:99999", "http://a:0")
@example("", "https://")
def test_whatever_vonage_returns_can_be_compared(stored: str, wanted: str) -> None:
    assert _same_url(stored, stored)
    assert _same_url(stored, wanted) is _same_url(wanted, stored)


class Vonage:
    """Vonage's settings: what is sent is kept, what is not is left alone; an empty value unsets."""

    def __init__(self, stored: dict[str, t.Any]) -> None:
        self.stored = stored
        self.writes: list[dict[str, str]] = []

    def __call__(self, request: bytes) -> bytes:
        fields = dict(parse_qsl(request.decode().partition("\r\n\r\n")[2], keep_blank_values=True))
        if fields:
            self.writes.append(fields)
        for field, key in {"moCallBackUrl": "mo-callback-url", "drCallBackUrl": "dr-callback-url"}.items():
            if field in fields:
                self.stored[key] = fields[field]
        return http(200, {**self.stored, "max-calls-per-second": 30})


urls = st.one_of(st.just(""), parts().map(url))
unset = st.sampled_from(["", None, "absent"])


@given(
    before=st.tuples(st.one_of(unset, urls), st.one_of(unset, urls)),
    wanted=st.tuples(st.one_of(st.none(), urls), st.one_of(st.none(), urls)),
    method=st.one_of(st.none(), st.just("POST_JSON")),
    again=st.booleans(),
)
@settings(max_examples=40)
def test_only_what_differs_is_sent_and_predicted(
    before: tuple[t.Any, t.Any], wanted: tuple[t.Any, t.Any], method: str | None, again: bool
) -> None:
    keys = dict(zip(("mo-callback-url", "dr-callback-url"), before))
    vonage = Vonage({key: value for key, value in keys.items() if value != "absent"})
    stored = ["" if value in (None, "absent") else value for value in before]
    # A value that is declared as it is stored is of interest more often than chance would have it.
    wanted = (stored[0], wanted[1]) if again else wanted
    params = {"mo_callback_url": wanted[0], "dr_callback_url": wanted[1], "http_forward_method": method}
    different = {
        field: value
        for field, value, old in zip(("moCallBackUrl", "drCallBackUrl"), wanted, stored)
        if value is not None and not _same_url(value, old)
    }
    sent = {**different, **({"httpForwardMethod": method} if method else {})}
    with Server(*[vonage] * 6) as server:
        clients = ClientFactory()

        def run(check_mode: bool) -> dict[str, t.Any]:
            client = clients.client(rest_url=server.url, api_url=server.url)
            return ACCOUNT_SETTINGS.run(client, params, check_mode)

        predicted = run(True)
        assert vonage.writes == []
        real = run(False)
        assert vonage.writes == ([sent] if sent else [])
        assert {**predicted, "warnings": None} == {**real, "warnings": None}
        assert real["changed"] is bool(sent)
        repeated = run(False)
    assert repeated["changed"] is (method is not None)
    assert repeated["settings"] == real["settings"]
    for option, value in zip(("mo_callback_url", "dr_callback_url"), wanted):
        assert value is None or _same_url(repeated["settings"][option], value)
