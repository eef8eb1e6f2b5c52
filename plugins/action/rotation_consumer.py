# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands a secret over on a host, or asks a service on the controller. No message and no answer shows a secret."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.module_utils._api.redaction import Redactor
from ansible_collections.community.vonage.plugins.module_utils._api.text import one_line
from ansible_collections.community.vonage.plugins.module_utils._consumer import ARGUMENT_SPEC, CONSTRAINTS
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.host_python import python_of, serve
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.lookup import (
    NotInstalled,
    call_lookup,
    cause_of,
    has_lookup,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import plain

Result = dict[str, t.Any]

# The only facts taken from a host. Others could hold a secret, or override variables of the role.
_INTERPRETER = "discovered_interpreter_"


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        options = dict(self._task.args)
        redact = options.pop("redact", None)
        values = [value for value in redact if value] if isinstance(redact, (list, tuple)) else []
        redactor = Redactor([], [str(value) for value in (*values, options.get("secret")) if value])

        def hide(text: t.Any) -> str:
            return one_line(redactor(str(text)))

        if options.get("service"):
            result.update(self._ask_service(options, task_vars or {}, hide))
        else:
            result.update(self._run_on_host(options, task_vars, hide))
        return result

    def _run_on_host(
        self, options: Mapping[str, t.Any], task_vars: dict[str, t.Any] | None, hide: Callable[[t.Any], str]
    ) -> Result:
        """Serve a consumer, and return only the fields of the host's response that the role uses.

        A host may answer anything. An interpreter that repeats its input, for example, repeats the secret.

        :raises AnsibleActionFail: An option cannot be used.
        """
        checked = ArgumentSpecValidator(ARGUMENT_SPEC, **CONSTRAINTS).validate(dict(options))
        if checked.error_messages:
            raise AnsibleActionFail(hide("; ".join(checked.error_messages)))
        python = python_of(self, task_vars or {})
        if python:
            answer = serve(self, python, checked.validated_parameters)
        else:
            answer = self._execute_module(module_args=dict(options), task_vars=task_vars)
        failed = bool(answer.get("failed"))
        result: Result = {"changed": answer.get("changed") is True, "failed": failed}
        confirmed = answer.get("confirmed_generation")
        result["confirmed_generation"] = confirmed if isinstance(confirmed, int) and not failed else None
        if failed:
            said = answer.get("msg") or answer.get("module_stderr") or "The host gave no answer that can be understood"
            result["msg"] = hide(said)
        facts = answer.get("ansible_facts")
        if isinstance(facts, Mapping):
            result["ansible_facts"] = {name: facts[name] for name in facts if name.startswith(_INTERPRETER)}
        return result

    def _ask_service(
        self, options: Mapping[str, t.Any], task_vars: dict[str, t.Any], hide: Callable[[t.Any], str]
    ) -> Result:
        """Call a lookup, or fail with what a service said.

        :raises AnsibleActionFail: There is no such lookup, or no lookup was named.
        """
        service, lookup, term = (options.get(name) for name in ("service", "lookup", "term"))
        if not lookup:
            said = options.get("said") or "it gave no answer that can be understood"
            raise AnsibleActionFail(hide(f"{service}: {said}"))
        if not has_lookup(lookup):
            raise AnsibleActionFail(hide(f"{service}: there is no lookup {lookup}"))
        if term is None:
            return {"changed": False}
        answer, reason, said = None, "", ""
        try:
            answer = call_lookup(self, lookup, term, task_vars, plain(options.get("options") or {}))
        except NotInstalled as error:
            raise AnsibleActionFail(hide(f"{service}: {error}")) from None
        except Exception as error:
            # Those of other libraries, whatever they are. The texts of some are empty.
            cause = cause_of(error)
            reason = type(cause).__name__
            said = hide(f"{reason}: {cause}")
        # The answer may hold the secret. A failure of this task can be read.
        return {"changed": False, "answer": answer, "reason": reason, "said": said, "_ansible_no_log": True}
