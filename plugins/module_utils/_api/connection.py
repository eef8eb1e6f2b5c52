# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The connection options: their argument spec, and a `Connection` made of valid ones."""

from __future__ import annotations

import ipaddress
import os
import platform
import typing as t
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from ansible.module_utils.ansible_release import __version__ as ansible_core_version
from ansible.module_utils.basic import env_fallback

from ansible_collections.community.vonage.plugins.module_utils._api.errors import NotSent
from ansible_collections.community.vonage.plugins.module_utils._api.version import COLLECTION_VERSION

# Seconds. Some operating systems cannot wait for longer.
_MAX_TIMEOUT = 86400

_DEFAULT_URLS = {"rest_url": "https://rest.nexmo.com", "api_url": "https://api.nexmo.com"}


def connection_argument_spec() -> dict[str, dict[str, t.Any]]:
    """Make the argument spec of the options in the doc fragment `connection`."""
    return {
        "api_key": {
            "type": "str",
            "required": True,
            "no_log": False,
            "fallback": (env_fallback, ["VONAGE_API_KEY"]),
        },
        "api_secret": {
            "type": "str",
            "required": True,
            "no_log": True,
            "fallback": (env_fallback, ["VONAGE_API_SECRET"]),
        },
        "rest_url": {
            "type": "str",
            "default": _DEFAULT_URLS["rest_url"],
            "fallback": (env_fallback, ["VONAGE_REST_URL"]),
        },
        "api_url": {
            "type": "str",
            "default": _DEFAULT_URLS["api_url"],
            "fallback": (env_fallback, ["VONAGE_API_URL"]),
        },
        "timeout": {"type": "float", "default": 30, "fallback": (env_fallback, ["VONAGE_TIMEOUT"])},
        "deadline": {"type": "float", "default": 300, "fallback": (env_fallback, ["VONAGE_DEADLINE"])},
        "retries": {"type": "int", "default": 3, "fallback": (env_fallback, ["VONAGE_RETRIES"])},
        "validate_certs": {"type": "bool", "default": True, "fallback": (env_fallback, ["VONAGE_VALIDATE_CERTS"])},
        "ca_path": {"type": "path", "fallback": (env_fallback, ["VONAGE_CA_PATH"])},
    }


def validate_raw_options(
    options: Mapping[str, t.Any], spec: Mapping[str, Mapping[str, t.Any]], never_null: Iterable[str]
) -> None:
    """Reject values that Ansible would convert to something unintended, such as a list to a string.

    :param options: The options of a task, before Ansible converts them.
    :param spec: The argument spec.
    :param never_null: Options that must not be null, because the task would do something else without them.
    :raises NotSent: An option is invalid; the message says what to write instead.
    """
    for option in never_null:
        if option in options and options[option] is None:
            raise NotSent(f"{option} is null, perhaps because a variable is empty; omit the option if that is intended")
    for option, details in spec.items():
        if details["type"] != "str" and details.get("elements") != "str":
            continue
        value = next((options[name] for name in (option, *details.get("aliases", ())) if name in options), None)
        for item in value if isinstance(value, list) and details["type"] == "list" else [value]:
            if isinstance(item, (list, dict)):
                kind = "a list" if isinstance(item, list) else "a dictionary"
                raise NotSent(f"{option} must be a string, not {kind}; for a lookup, use lookup() instead of query()")
            if item is None and value is not None:
                raise NotSent(f"{option} contains an empty value; remove it from the list")


class Connection(t.NamedTuple):
    """Valid connection options.

    :ivar api_key: The account's API key.
    :ivar api_secret: One of its secrets.
    :ivar rest_url: Base URL of `/account/*`, without a trailing slash.
    :ivar api_url: Base URL of `/accounts/*`, without a trailing slash.
    :ivar timeout: Seconds to wait for a connection, and for each part of a response.
    :ivar deadline: Seconds that a request may take with all attempts and the waits between them.
    :ivar retries: How often a request is retried where that is safe.
    :ivar verify: Whether to verify certificates, or the path of a CA bundle to verify them with.
    """

    api_key: str
    api_secret: str
    rest_url: str
    api_url: str
    timeout: float
    deadline: float
    retries: int
    verify: bool | str

    @property
    def user_agent(self) -> str:
        """The User-Agent, in the format that Vonage asks client libraries for."""
        return (
            f"ansible-vonage-account/{COLLECTION_VERSION} python/{platform.python_version()}"
            f" ansible-core/{ansible_core_version}"
        )

    def authenticates(self, url: str) -> bool:
        """Whether the identity of a server is certain: with verified TLS, and on a loopback address.

        :param url: A URL below one of the base URLs.
        """
        return self.is_loopback(url) or (urlsplit(url).scheme == "https" and self.verify is not False)

    def is_loopback(self, url: str) -> bool:
        """Whether a URL has a loopback address."""
        return _is_loopback(urlsplit(url).hostname or "")

    @classmethod
    def from_params(cls, params: Mapping[str, t.Any]) -> Connection:
        """Validate the connection options of a task.

        :param params: The options, with the types of the argument spec.
        :raises NotSent: An option is invalid; the message says what to write instead.
        """
        api_key, api_secret = params["api_key"], params["api_secret"]
        # HTTP Basic splits the credentials at the first colon.
        if not api_key:
            raise NotSent("api_key is empty; set it to the account's API key, for example with VONAGE_API_KEY")
        if ":" in api_key or not api_key.isprintable():
            raise NotSent("api_key must be the API key from the Vonage dashboard; it contains no ':'")
        if not api_secret:
            raise NotSent("api_secret is empty; set it to the account's API secret, for example with VONAGE_API_SECRET")
        # A variable of the environment in another encoding arrives as surrogates, which a header cannot contain.
        if any("\ud800" <= character <= "\udfff" for character in api_secret):
            raise NotSent("api_secret is not valid Unicode; encode it in UTF-8")
        for option in ("timeout", "deadline"):
            if not 0 < params[option] <= _MAX_TIMEOUT:
                raise NotSent(f"{option} must be above 0 and at most {_MAX_TIMEOUT} seconds, not {params[option]:g}")
        retries = params["retries"]
        if retries < 0:
            raise NotSent(f"retries must be 0 or more, not {retries}")
        verify: bool | str = params["validate_certs"]
        if params["ca_path"]:
            if not verify:
                raise NotSent("ca_path has no effect with validate_certs=false; remove one of them")
            if not os.path.exists(params["ca_path"]):
                raise NotSent(f"ca_path {params['ca_path']} does not exist on the host where the task runs")
            verify = params["ca_path"]
        return cls(
            api_key=api_key,
            api_secret=api_secret,
            rest_url=_base_url("rest_url", params["rest_url"], verify),
            api_url=_base_url("api_url", params["api_url"], verify),
            timeout=params["timeout"],
            deadline=params["deadline"],
            retries=retries,
            verify=verify,
        )


def _base_url(option: str, value: str, verify: bool | str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        usable = (
            parts.scheme in ("http", "https")
            and all("!" <= character <= "~" for character in value)
            and all(host.rstrip(".").split("."))
            and parts.port != 0
        )
    except ValueError:
        usable = False
    # Do not show the value, because it may contain a password.
    if not usable:
        raise NotSent(f"{option} must be a URL such as {_DEFAULT_URLS[option]} or http://127.0.0.1:8080")
    if parts.username is not None or parts.password is not None:
        raise NotSent(f"{option} must not contain a user name or a password; use api_key and api_secret")
    if "?" in value or "#" in value:
        raise NotSent(f"{option} must not contain a query or a fragment: no '?' and no '#'")
    if parts.scheme == "http" and verify is not False and not _is_loopback(host):
        raise NotSent(
            f"{option} must begin with https://, because http:// sends the secret unencrypted. http:// is allowed for"
            " loopback addresses and, at your own risk, for any address with validate_certs=false"
        )
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
