# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""Runs an operation as an Ansible module."""

from __future__ import annotations

import typing as t

from ansible.module_utils import basic

from ansible_collections.community.vonage.plugins.module_utils._api.transport import HAS_REQUESTS, REQUESTS_IMPORT_ERROR
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation
from ansible_collections.community.vonage.plugins.module_utils._operations.run import (
    argument_spec,
    run_operation,
    secret_values,
)


class MaskingModule(basic.AnsibleModule):  # type: ignore[misc]
    """Masks secret options also in their converted form.

    The base class masks only the original form: for the list `a,b` that text, but neither a nor b.
    """

    def exit_json(self, **result: t.Any) -> None:
        self._mask()
        super().exit_json(**result)

    def fail_json(self, msg: str, **result: t.Any) -> None:
        self._mask()
        super().fail_json(msg, **result)

    def _mask(self) -> None:
        self.no_log_values.update(secret_values(self.argument_spec, self.params))


def run_module(operation: Operation) -> None:
    """Run an operation with the options of the task, and exit with its result."""
    module = MaskingModule(
        argument_spec=argument_spec(operation), required_if=operation.required_if, supports_check_mode=True
    )
    if not HAS_REQUESTS:
        module.fail_json(msg=basic.missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    result, warnings = run_operation(operation, basic._load_params(), module.params, module.check_mode)
    for warning in warnings:
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
