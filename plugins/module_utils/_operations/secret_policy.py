# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Vonage's rules for a new API secret, and a generator of such secrets.

Source: https://developer.vonage.com/en/account/secret-management: 8 to 25 characters, at least one lower-case
letter, one upper-case letter and one digit. The rules are for *new* secrets: a secret that is used to log in may be
older than the rules, and is not checked.
"""

from __future__ import annotations

import secrets
import string

MINIMUM_LENGTH = 8
MAXIMUM_LENGTH = 25

# Letters and digits only: other clients put the secret into query strings, forms and SIP digests without escaping it.
# 25 of these characters have about 148 bits of entropy.
_ALPHABET = string.ascii_letters + string.digits


def policy_violations(value: str) -> list[str]:
    """Check a new secret against the rules.

    :param value: The new secret.
    :returns: A phrase for each violated rule, to follow "The secret must ". No phrase contains a part of the value.
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


def generate_secret() -> str:
    """Generate a new API secret.

    :returns: 25 characters of A-Z, a-z and 0-9 from the random source of the operating system. The first one is a
        letter, and all three classes occur.
    """
    while True:
        value = "".join(secrets.choice(_ALPHABET) for _position in range(MAXIMUM_LENGTH))
        # Retry instead of replacing characters, which would make some values more likely than others.
        if value[0] in string.ascii_letters and not policy_violations(value):
            return value
