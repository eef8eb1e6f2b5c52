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
# Control characters and ends of lines, characters that reverse the direction of a text or cannot be seen, and lone
# surrogates, which no output can encode.
_NOT_SHOWN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\ud800-\\udfff\\U000e0000-\\U000e007f]+"
)


def one_line(text: str) -> str:
    """A text as one line of characters that can be seen, for a message: a terminal, or a log, would obey others.

    :param text: Whatever somebody else has said.
    """
    return " ".join(_NOT_SHOWN.sub(" ", text).split())


def encodable(value: t.Any) -> t.Any:
    """Replace what cannot be encoded in all texts of a value.

    :param value: A value as JSON has it. Names in objects are left as they are.
    """
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {name: encodable(item) for name, item in value.items()}
    return [encodable(item) for item in value] if isinstance(value, list) else value
