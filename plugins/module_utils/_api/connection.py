# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The connection to Vonage: its options as an argument spec, and their meaning as one checked object."""

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

# Seconds; an operating system cannot wait for some larger numbers.
_LONGEST_TIMEOUT = 86400


_PUBLIC = {"rest_url": "https://rest.nexmo.com", "api_url": "https://api.nexmo.com"}


def connection_argument_spec() -> dict[str, dict[str, t.Any]]:
    """The options that every module shares.

    :returns: A new argument spec; the documentation of the same options is in the doc fragment `connection`.
    """
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
            "default": _PUBLIC["rest_url"],
            "fallback": (env_fallback, ["VONAGE_REST_URL"]),
        },
        "api_url": {
            "type": "str",
            "default": _PUBLIC["api_url"],
            "fallback": (env_fallback, ["VONAGE_API_URL"]),
        },
        "timeout": {"type": "float", "default": 30, "fallback": (env_fallback, ["VONAGE_TIMEOUT"])},
        "deadline": {"type": "float", "default": 300, "fallback": (env_fallback, ["VONAGE_DEADLINE"])},
        "retries": {"type": "int", "default": 3, "fallback": (env_fallback, ["VONAGE_RETRIES"])},
        "validate_certs": {"type": "bool", "default": True, "fallback": (env_fallback, ["VONAGE_VALIDATE_CERTS"])},
        "ca_path": {"type": "path", "fallback": (env_fallback, ["VONAGE_CA_PATH"])},
    }


def check_given(given: Mapping[str, t.Any], spec: Mapping[str, Mapping[str, t.Any]], never_null: Iterable[str]) -> None:
    """Refuse what Ansible would turn into something that nobody meant, before it is sent.

    :param given: The options as a task gives them, before Ansible converts them.
    :param spec: The argument spec.
    :param never_null: Options that would mean something else when they are null.
    :raises NotSent: An option cannot be used; the message says what to write instead.
    """
    for option in never_null:
        if option in given and given[option] is None:
            raise NotSent(
                f"{option} is null, perhaps because of a variable that is empty; leave it out if that is meant"
            )
    for option, details in spec.items():
        if details["type"] != "str" and details.get("elements") != "str":
            continue
        value = next((given[name] for name in (option, *details.get("aliases", ())) if name in given), None)
        for one in value if isinstance(value, list) and details["type"] == "list" else [value]:
            # Ansible would make a text of it.
            if isinstance(one, (list, dict)):
                kind = "a list" if isinstance(one, list) else "a dictionary"
                raise NotSent(f"{option} must be a text, not {kind}; of a lookup, use lookup() and not query()")
            if one is None and value is not None:
                raise NotSent(f"{option} holds an empty value; leave it out of the list")


class Connection(t.NamedTuple):
    """Everything the client needs to know to reach one Vonage account.

    :ivar api_key: The account's API key.
    :ivar api_secret: One of its secrets.
    :ivar rest_url: Base URL of `/account/*`, without a trailing slash.
    :ivar api_url: Base URL of `/accounts/*`, without a trailing slash.
    :ivar timeout: Seconds to wait for a connection, and then for each part of an answer.
    :ivar deadline: Seconds that a call may take in all: attempts, waits between them, and answers.
    :ivar retries: How often a call that is safe to repeat is sent again.
    :ivar verify: Whether certificates are verified, or the path of the CA bundle to verify them with.
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
        """The User-Agent, in the form that Vonage asks of client libraries."""
        return (
            f"ansible-vonage-account/{COLLECTION_VERSION} python/{platform.python_version()}"
            f" ansible-core/{ansible_core_version}"
        )

    def trusted(self, url: str) -> bool:
        """Whether an answer from a URL surely comes from the server that was addressed.

        :param url: A URL below one of the base URLs.
        :returns: True for verified TLS, and for a loopback address.
        """
        return self.is_local(url) or (urlsplit(url).scheme == "https" and self.verify is not False)

    def is_local(self, url: str) -> bool:
        """Whether a URL is one of a loopback address.

        :param url: A URL below one of the base URLs.
        """
        return _is_loopback(urlsplit(url).hostname or "")

    @classmethod
    def from_params(cls, params: Mapping[str, t.Any]) -> Connection:
        """Check the connection options of a task.

        :param params: The options, already of the types of the argument spec.
        :raises NotSent: An option cannot be used; the message says what to write instead.
        """
        api_key, api_secret = params["api_key"], params["api_secret"]
        # HTTP Basic divides the two at the first colon, so only the secret may hold one.
        if not api_key:
            raise NotSent("api_key is empty; give the account's API key, for example in VONAGE_API_KEY")
        if ":" in api_key or not api_key.isprintable():
            raise NotSent("api_key must be the API key as the Vonage dashboard shows it; there is no ':' in it")
        if not api_secret:
            raise NotSent("api_secret is empty; give the account's API secret, for example in VONAGE_API_SECRET")
        # What the environment holds in another encoding arrives as surrogates, which no header can carry.
        if any("\ud800" <= character <= "\udfff" for character in api_secret):
            raise NotSent("api_secret is not valid Unicode; give it encoded in UTF-8")
        for option in ("timeout", "deadline"):
            if not 0 < params[option] <= _LONGEST_TIMEOUT:
                raise NotSent(
                    f"{option} must be a number of seconds above 0, not {params[option]:g}; a day is the most"
                )
        retries = params["retries"]
        if retries < 0:
            raise NotSent(f"retries must be 0 or more, not {retries}")
        verify: bool | str = params["validate_certs"]
        if params["ca_path"]:
            if not verify:
                raise NotSent("ca_path has no effect with validate_certs=false; leave one of them out")
            if not os.path.exists(params["ca_path"]):
                raise NotSent(f"ca_path names {params['ca_path']}, which does not exist where the task runs")
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
    # The value is not shown where it may hold a password.
    if not usable:
        raise NotSent(f"{option} must be a URL such as {_PUBLIC[option]} or http://127.0.0.1:8080")
    if parts.username is not None or parts.password is not None:
        raise NotSent(f"{option} must not hold a user name or a password; use api_key and api_secret")
    if "?" in value or "#" in value:
        raise NotSent(f"{option} must end after the path: no '?' and no '#'")
    if parts.scheme == "http" and verify is not False and not _is_loopback(host):
        raise NotSent(
            f"{option} must begin with https://: plain http shows the secret to everybody on the way. Only a loopback"
            " address is taken with http://, or, at your own risk, any address with validate_certs=false"
        )
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
