# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The rules that Vonage puts on a new API secret, and a generator that keeps them.

Source: https://developer.vonage.com/en/account/secret-management: 8 to 25 characters, at least one lower-case
letter, one upper-case letter and one digit. They hold for a secret that is *created*; one that is used to log in may
be older than the rules and is never checked against them.
"""

from __future__ import annotations

import secrets
import string

MINIMUM_LENGTH = 8
MAXIMUM_LENGTH = 25

# Letters and digits alone: other clients put the same value into query strings, forms and SIP digests, where
# quotes, %, +, & and # do not survive. 25 of them carry about 148 bits.
_ALPHABET = string.ascii_letters + string.digits


def broken_rules(value: str) -> list[str]:
    """Name every rule that a new secret breaks.

    :param value: The value that is to become an API secret.
    :returns: One phrase a rule that is broken, fit to follow "The secret must "; empty when Vonage will take it.
        No phrase holds any part of the value.
    """
    rules = []
    if not MINIMUM_LENGTH <= len(value) <= MAXIMUM_LENGTH:
        rules.append(f"have {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters (it has {len(value)})")
    for characters, name in (
        (string.ascii_lowercase, "a lower-case letter a-z"),
        (string.ascii_uppercase, "an upper-case letter A-Z"),
        (string.digits, "a digit 0-9"),
    ):
        if not any(character in characters for character in value):
            rules.append(f"contain {name}")
    if not all("!" <= character <= "~" for character in value):
        rules.append("consist of printable ASCII characters without spaces")
    return rules


def generate() -> str:
    """Make a value for a new API secret.

    :returns: 25 characters of A-Z, a-z and 0-9 from the operating system's random source: a letter first, and every
        class that Vonage asks for.
    """
    while True:
        value = "".join(secrets.choice(_ALPHABET) for _position in range(MAXIMUM_LENGTH))
        # A draw that misses a rule is thrown away whole: mending it would make some values likelier than others.
        if value[0] in string.ascii_letters and not broken_rules(value):
            return value
