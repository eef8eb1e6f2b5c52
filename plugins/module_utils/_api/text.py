# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Makes texts from responses safe to print and to return."""

from __future__ import annotations

import re
import typing as t

# Lone surrogates are valid in JSON, but cannot be encoded in UTF-8: Ansible rejects a result that contains one.
_SURROGATE = re.compile("[\ud800-\udfff]")
# Control characters, line ends, invisible characters, characters that change the direction of text, and surrogates.
_NOT_SHOWN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\ud800-\\udfff\\U000e0000-\\U000e007f]+"
)


def one_line(text: str) -> str:
    """Make a text one line of visible characters. Others could control a terminal or forge a line of a log.

    :param text: A text from a response, a file or a host.
    """
    return " ".join(_NOT_SHOWN.sub(" ", text).split())


def replace_surrogates(value: t.Any) -> t.Any:
    """Replace lone surrogates in all texts of a value.

    :param value: A value as JSON has it. The names in objects are not changed.
    """
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {name: replace_surrogates(item) for name, item in value.items()}
    return [replace_surrogates(item) for item in value] if isinstance(value, list) else value
