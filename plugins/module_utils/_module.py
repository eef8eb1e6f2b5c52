# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Runs an operation as an Ansible module: the one place where errors become `fail_json`."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

from ansible.module_utils import basic

from ansible_collections.community.vonage.plugins.module_utils._client import (
    HAS_REQUESTS,
    REQUESTS_IMPORT_ERROR,
    Client,
)
from ansible_collections.community.vonage.plugins.module_utils._errors import VonageError
from ansible_collections.community.vonage.plugins.module_utils._operations import Operation
from ansible_collections.community.vonage.plugins.module_utils._options import (
    Connection,
    check_given,
    connection_argument_spec,
)


class MaskingModule(basic.AnsibleModule):  # type: ignore[misc]
    """Masks secret options as they are after conversion, too: the base class knows them as they were given.

    The candidates of `a,b` are an example: it masks that text, and neither a nor b.
    """

    def exit_json(self, **result: t.Any) -> None:
        self._mask()
        super().exit_json(**result)

    def fail_json(self, msg: str, **result: t.Any) -> None:
        self._mask()
        super().fail_json(msg, **result)

    def _mask(self) -> None:
        secret = (name for name, option in self.argument_spec.items() if option.get("no_log"))
        self.no_log_values.update(text for name in secret for text in _texts(self.params.get(name)) if text)


def _texts(value: t.Any) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


def run_module(operation: Operation) -> None:
    """Read the task's options, run the operation, and end the module with its result.

    :param operation: What the module does.
    """
    module = MaskingModule(
        argument_spec={**connection_argument_spec(), **operation.options},
        required_if=operation.required_if,
        supports_check_mode=True,
    )
    if not HAS_REQUESTS:
        module.fail_json(msg=basic.missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    try:
        check_given(basic._load_params(), module.argument_spec, operation.never_null)
        connection = Connection.from_params(module.params)
        if connection.verify is False:
            module.warn("validate_certs is false: whoever stands between this host and Vonage can read the secret")
        result = operation.run(Client(connection, warn=module.warn), module.params, module.check_mode)
    except VonageError as error:
        module.fail_json(msg=error.message, error=error.details, **error.result)
    module.exit_json(**result)
