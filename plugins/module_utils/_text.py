# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Texts of an answer, as Ansible takes them."""

from __future__ import annotations

import re
import typing as t

# Half of a character. JSON may hold one, and UTF-8 has no place for it: Ansible refuses the whole result.
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """A text without line ends and other control characters, for a message: a terminal, or a log, would obey them.

    :param text: Whatever somebody else has said.
    """
    return " ".join(_CONTROL_CHARACTERS.sub(" ", text).split())


def encodable(value: t.Any) -> t.Any:
    """Replace what cannot be encoded in all texts of a value.

    :param value: A value as JSON has it. Names in objects are left as they are.
    """
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {name: encodable(item) for name, item in value.items()}
    return [encodable(item) for item in value] if isinstance(value, list) else value
