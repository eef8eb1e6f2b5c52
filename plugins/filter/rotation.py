# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state machine of a rotation and what else its role computes. Each filter is documented in its own YAML file."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import plan as _rotation
from ansible_collections.community.vonage.plugins.plugin_utils._rotation import record as _rotation_record
from ansible_collections.community.vonage.plugins.plugin_utils._rotation import settings as _rotation_settings
from ansible_collections.community.vonage.plugins.plugin_utils._rotation import store_tasks as _store_tasks
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import parse_duration
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.transitions import Facts, advance


def _raising_filter_errors(name: str, function: Callable[..., t.Any]) -> Callable[..., t.Any]:
    @functools.wraps(function)
    def wrapper(*arguments: t.Any, **options: t.Any) -> t.Any:
        try:
            return function(*arguments, **options)
        except ValueError as error:
            raise AnsibleFilterError(str(error)) from None
        except (AttributeError, LookupError, StopIteration, TypeError) as error:
            raise AnsibleFilterError(
                f"{name} was not given what it works on ({type(error).__name__}: {error}); ansible-doc -t filter"
                f" community.vonage.{name} says what that is"
            ) from None

    return wrapper


def _new_record(account_id: str, value: str | None) -> _rotation_record.Document:
    return _rotation_record.new_record(account_id, value).as_document()


def _step(record: _rotation_record.Document, step: str, now: str, **facts: t.Any) -> _rotation_record.Document:
    before = _rotation_record.Record.from_document(record)
    return advance(before, step, now, Facts.from_options(facts)).as_document()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., t.Any]]:
        filters: dict[str, Callable[..., t.Any]] = {
            "rotation_new_record": _new_record,
            "rotation_problem": _rotation_record.validation_error,
            "rotation_candidates": _rotation.candidates,
            "rotation_observation": _rotation.observe,
            "rotation_lists_agree": _rotation.lists_agree,
            "rotation_plan": _rotation.plan,
            "rotation_step": _step,
            "rotation_seconds": parse_duration,
            "rotation_settings_problem": _rotation_settings.settings_problem,
            "rotation_store_tasks": _store_tasks.tasks_that_show,
        }
        return {name: _raising_filter_errors(name, function) for name, function in filters.items()}
