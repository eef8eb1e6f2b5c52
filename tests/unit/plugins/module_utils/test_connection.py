# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import platform
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.ansible_release import __version__ as ansible_core_version
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.vonage.plugins.module_utils._api.connection import (
    Connection,
    connection_argument_spec,
)
from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent
from ansible_collections.community.vonage.plugins.module_utils._api.version import COLLECTION_VERSION
from ansible_collections.community.vonage.tests.unit.plugins.wire import KEY, OPTIONS, SECRET, set_module_args

CA_FILE = str(Path(__file__))


def connection(**options: t.Any) -> Connection:
    return Connection.from_params({**OPTIONS, **options})


def test_the_options_arrive() -> None:
    made = connection(timeout=7.5, retries=2)
    assert made == Connection(KEY, SECRET, OPTIONS["rest_url"], OPTIONS["api_url"], 7.5, 300.0, 2, True)


URL = "must be a URL such as"
BAD = [
    pytest.param({"api_key": ""}, "set it to the account's API key, for example with VONAGE_API_KEY", id="no-key"),
    pytest.param({"api_key": "abcd:1234"}, "it contains no ':'", id="colon-in-the-key"),
    pytest.param({"api_key": "abcd\n1234"}, "from the Vonage dashboard", id="line-feed-in-the-key"),
    pytest.param({"api_key": "abcd\udcff"}, "from the Vonage dashboard", id="key-that-is-not-utf-8"),
    pytest.param(
        {"api_secret": ""}, "set it to the account's API secret, for example with VONAGE_API_SECRET", id="no-secret"
    ),
    pytest.param({"api_secret": "caf\udce9Secret1"}, "api_secret", id="secret-that-is-not-utf-8"),
    pytest.param({"timeout": 0.0}, "timeout must be above 0 and at most 86400 seconds, not 0", id="no-timeout"),
    pytest.param({"timeout": -1.5}, "above 0 and at most 86400 seconds, not -1.5", id="negative-timeout"),
    pytest.param({"timeout": float("inf")}, "above 0 and at most 86400 seconds, not inf", id="infinite-timeout"),
    pytest.param(
        {"timeout": float("nan")}, "above 0 and at most 86400 seconds, not nan", id="timeout-that-is-no-number"
    ),
    pytest.param({"timeout": 1e10}, "timeout must be", id="timeout-of-centuries"),
    pytest.param({"deadline": 0.0}, "deadline must be above 0 and at most 86400 seconds, not 0", id="no-deadline"),
    pytest.param({"deadline": float("inf")}, "above 0 and at most 86400 seconds, not inf", id="infinite-deadline"),
    pytest.param({"retries": -1}, "retries must be 0 or more, not -1", id="negative-retries"),
    pytest.param(
        {"ca_path": "/no/such/file"}, "ca_path /no/such/file does not exist on the host", id="no-such-ca-path"
    ),
    pytest.param({"ca_path": CA_FILE, "validate_certs": False}, "remove one of them", id="ca-path-without-use"),
    *[
        pytest.param({option: value}, f"{option} {message}", id=f"{option}-{name}")
        for option in ("rest_url", "api_url")
        for name, value, message in (
            ("empty", "", URL),
            ("host-only", "rest.nexmo.com", URL),
            ("other-scheme", "ftp://rest.nexmo.com", URL),
            ("no-host", "https:///account", URL),
            ("open-bracket", "https://[::1", URL),
            ("port-out-of-range", "https://rest.nexmo.com:65536", URL),
            ("port-zero", "https://rest.nexmo.com:0", URL),
            ("port-in-words", "https://rest.nexmo.com:https", URL),
            ("line-feed", "https://rest.nexmo.com\n", URL),
            ("space-inside", "https://rest nexmo.com", URL),
            ("empty-label", "https://rest..nexmo.com", URL),
            ("user", "https://abcd1234@rest.nexmo.com", "must not contain a user name or a password; use api_key"),
            ("password", f"https://abcd1234:{'Hidden1InUrl'}@rest.nexmo.com", "must not contain a user name"),
            ("query", "https://rest.nexmo.com?a=b", "must not contain a query or a fragment"),
            ("empty-query", "https://rest.nexmo.com?", "must not contain a query or a fragment"),
            ("fragment", "https://rest.nexmo.com#a", "must not contain a query or a fragment"),
            ("empty-fragment", "https://rest.nexmo.com/#", "must not contain a query or a fragment"),
            (
                "plain-http",
                "http://rest.nexmo.com",
                "must begin with https://, because http:// sends the secret unencrypted",
            ),
            ("plain-http-address", "http://192.0.2.1", "must begin with https://"),
            ("plain-http-like-loopback", "http://localhost.example.com", "must begin with https://"),
            ("plain-http-ipv6", "http://[2001:db8::1]", "must begin with https://"),
        )
    ],
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_input_ends_before_any_request(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(NotSent) as caught:
        connection(**options)
    assert message in caught.value.message
    assert SECRET not in caught.value.message
    assert "Hidden1InUrl" not in caught.value.message
    assert len(caught.value.message.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://rest.nexmo.com/", "https://rest.nexmo.com"),
        ("https://rest.nexmo.com//", "https://rest.nexmo.com"),
        ("https://proxy.example.com:8443/vonage/eu/", "https://proxy.example.com:8443/vonage/eu"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_base_urls_that_are_taken(url: str, base: str) -> None:
    made = connection(rest_url=url, api_url=url)
    assert (made.rest_url, made.api_url) == (base, base)


def test_plain_http_is_taken_at_ones_own_risk() -> None:
    assert connection(rest_url="http://192.0.2.1", validate_certs=False).rest_url == "http://192.0.2.1"
    with pytest.raises(NotSent, match="must begin with https"):
        connection(rest_url="http://192.0.2.1", ca_path=CA_FILE)


@pytest.mark.parametrize(
    ("options", "verify"),
    [
        ({}, True),
        ({"validate_certs": False}, False),
        ({"ca_path": CA_FILE}, CA_FILE),
        ({"ca_path": ""}, True),
        ({"ca_path": "", "validate_certs": False}, False),
    ],
)
def test_how_certificates_are_verified(options: dict[str, t.Any], verify: bool | str) -> None:
    assert connection(**options).verify == verify


@pytest.mark.parametrize(
    ("url", "options", "trusted"),
    [
        ("https://api.nexmo.com/accounts", {}, True),
        ("https://api.nexmo.com/accounts", {"ca_path": CA_FILE}, True),
        ("https://api.nexmo.com/accounts", {"validate_certs": False}, False),
        ("http://api.nexmo.com/accounts", {"validate_certs": False}, False),
        ("http://127.0.0.1:8080/accounts", {}, True),
        ("http://localhost/accounts", {}, True),
        ("http://[::1]/accounts", {}, True),
        ("http://127.0.0.1:8080/accounts", {"validate_certs": False}, True),
    ],
)
def test_whose_answers_are_sure(url: str, options: dict[str, t.Any], trusted: bool) -> None:
    assert connection(**options).authenticates(url) is trusted


def test_the_user_agent() -> None:
    expected = f"ansible-vonage-account/{COLLECTION_VERSION} python/{platform.python_version()}"
    assert connection().user_agent == f"{expected} ansible-core/{ansible_core_version}"


# -- through AnsibleModule ---------------------------------------------------------------------------------------------

ENVIRONMENT = {
    "api_key": ("VONAGE_API_KEY", "c0ffee01", "c0ffee01"),
    "api_secret": ("VONAGE_API_SECRET", "Fr0mTheEnvironment", "Fr0mTheEnvironment"),
    "rest_url": ("VONAGE_REST_URL", "https://rest.example.com", "https://rest.example.com"),
    "api_url": ("VONAGE_API_URL", "https://api.example.com", "https://api.example.com"),
    "timeout": ("VONAGE_TIMEOUT", "2.5", 2.5),
    "deadline": ("VONAGE_DEADLINE", "12.5", 12.5),
    "retries": ("VONAGE_RETRIES", "7", 7),
    "validate_certs": ("VONAGE_VALIDATE_CERTS", "no", False),
    "ca_path": ("VONAGE_CA_PATH", CA_FILE, CA_FILE),
}


def params(monkeypatch: pytest.MonkeyPatch, **options: t.Any) -> dict[str, t.Any]:
    set_module_args(monkeypatch, options)
    return t.cast("dict[str, t.Any]", AnsibleModule(connection_argument_spec()).params)


def test_every_option_has_a_variable() -> None:
    assert set(ENVIRONMENT) == set(connection_argument_spec())


@pytest.mark.parametrize("option", ENVIRONMENT)
def test_an_option_that_is_not_given_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    name, text, value = ENVIRONMENT[option]
    monkeypatch.setenv(name, text)
    given = {name: value for name, value in {"api_key": KEY, "api_secret": SECRET}.items() if name != option}
    assert params(monkeypatch, **given)[option] == value


def test_options_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text, _value in ENVIRONMENT.values():
        monkeypatch.setenv(name, text)
    given = {**OPTIONS, "ca_path": "/etc/ca.pem"}
    assert params(monkeypatch, **given) == given


def test_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    found = params(monkeypatch, api_key=KEY, api_secret=SECRET)
    assert found == {**OPTIONS, "retries": 3}
    assert Connection.from_params(found).retries == 3


@pytest.mark.parametrize(("option", "variable"), [("api_key", "VONAGE_API_KEY"), ("api_secret", "VONAGE_API_SECRET")])
def test_credentials_are_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, variable: str
) -> None:
    with pytest.raises(SystemExit):
        params(monkeypatch, **{name: OPTIONS[name] for name in ("api_key", "api_secret") if name != option})
    assert f"missing required arguments: {option}" in capsys.readouterr().out
