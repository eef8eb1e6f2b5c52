# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Serves a consumer on its host: writes the file with the secret, and has the process use it."""

from __future__ import annotations

import base64
import binascii
import typing as t
from collections.abc import Mapping

from ansible_collections.community.vonage.plugins.module_utils._consumer_process import Process, ProcessError
from ansible_collections.community.vonage.plugins.module_utils._secret_file import (
    Mark,
    SecretFileError,
    parse_access,
    write_env_file,
    write_text_file,
)

# Of the module rotation_consumer.
ARGUMENT_SPEC: dict[str, t.Any] = {
    "path": {"type": "str"},
    "account_id": {"type": "str"},
    "generation": {"type": "int"},
    "secret": {"type": "str", "no_log": True},
    "content": {"type": "str", "no_log": True},
    "dropin": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "str"},
    "reload": {"type": "list", "elements": "str", "default": []},
    "confirm": {"type": "list", "elements": "str", "default": []},
    "confirm_retries": {"type": "int", "default": 0},
    "confirm_delay": {"type": "float", "default": 0},
    "redact": {"type": "list", "elements": "str", "no_log": True},
    # Only the action knows what to do with these.
    "service": {"type": "str"},
    "lookup": {"type": "str"},
    "term": {"type": "str"},
    "options": {"type": "dict", "no_log": True},
    "said": {"type": "raw"},
}

CONSTRAINTS: dict[str, t.Any] = {
    "required_one_of": [("account_id", "service")],
    "required_together": [("account_id", "generation")],
    "required_by": {"secret": "path", "content": "path"},
    "mutually_exclusive": [("secret", "content"), ("content", "dropin")],
}


def serve(options: Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Hand a secret over on this host.

    :param options: Options of the module rotation_consumer.
    :param check_mode: Whether to change nothing, and to run no command.
    :returns: `changed`, and `confirmed_generation`; or `failed` with `msg`, which may hold what a command printed.
    """
    process = Process(options["reload"], options["confirm"], options["confirm_retries"], options["confirm_delay"])
    try:
        changed = _write(options, check_mode)
        if not check_mode:
            changed = process.use(options["generation"], changed) or changed
    except (ProcessError, SecretFileError) as error:
        return {"failed": True, "msg": str(error)}
    return {"changed": changed, "confirmed_generation": options["generation"] if options["confirm"] else None}


def _write(options: Mapping[str, t.Any], check_mode: bool) -> bool:
    """Write the file, when there is one.

    :returns: Whether something changed, or would.
    :raises SecretFileError: The file was refused, or could not be written.
    """
    path, mark = options["path"], Mark(options["account_id"], options["generation"])
    if path is None:
        return False
    if options["secret"] is None and options["content"] is None:
        raise SecretFileError("Give secret or content with path. Nothing was changed on this host")
    access = parse_access(options["owner"], options["group"], options["mode"])
    if options["secret"] is not None:
        return write_env_file(path, options["secret"], mark, access, options["dropin"], check_mode)
    try:
        content = base64.b64decode(options["content"] or "", validate=True)
    except binascii.Error:
        raise SecretFileError("content must be Base64") from None
    return write_text_file(path, content, mark, access, check_mode)
