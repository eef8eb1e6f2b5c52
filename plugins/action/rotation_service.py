# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a service through a lookup of another collection, and says what it said without the values of the record."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.lookup import (
    NotInstalled,
    call_lookup,
    cause_of,
    has_lookup,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import plain, silent

Fields = dict[str, t.Any]


class ActionModule(ActionBase):
    """Runs on the controller, whatever host the task is for."""

    _supports_check_mode = False
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: Fields | None = None) -> Fields:
        result: Fields = super().run(tmp, task_vars)
        # What may hold a secret is raw: an error of the argument spec would print it.
        _validation, options = self.validate_argument_spec(
            argument_spec={
                "service": {"type": "str", "required": True},
                "record": {"type": "raw", "required": True, "no_log": True},
                "lookup": {"type": "str"},
                "term": {"type": "str"},
                "options": {"type": "raw", "no_log": True},
                "said": {"type": "raw"},
            }
        )
        record = options["record"]
        if not isinstance(record, dict):
            raise AnsibleActionFail("record must be a dictionary, as a store gives it")
        if not options["lookup"]:
            said = options["said"] or "it gave no answer that can be understood"
            raise AnsibleActionFail(f"{options['service']}: {silent(said, record)}")
        if not has_lookup(options["lookup"]):
            raise AnsibleActionFail(f"{options['service']}: there is no lookup {silent(options['lookup'], record)}")
        if options["term"] is None:
            return result
        answer, reason, said = None, "", ""
        try:
            answer = call_lookup(
                self, options["lookup"], options["term"], task_vars or {}, plain(options["options"] or {})
            )
        except NotInstalled as error:
            raise AnsibleActionFail(f"{options['service']}: {silent(error, record)}") from None
        except Exception as error:
            # Those of other libraries, whatever they are. The texts of some are empty.
            cause = cause_of(error)
            reason = type(cause).__name__
            said = f"{reason}: {silent(cause, record)}"
        # The answer may hold the secret. A failure of this task can be read.
        result.update(changed=False, answer=answer, reason=reason, said=said, _ansible_no_log=True)
        return result
