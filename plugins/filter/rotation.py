# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state machine of a rotation and what else its role computes. Each filter is documented in its own YAML file."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError

from ansible_collections.community.vonage.plugins.plugin_utils._rotation import store_tasks as _store_tasks
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.observation import (
    Answer,
    Observation,
    candidates,
    observe,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.plan import lists_agree, plan
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.policy import Policy
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.record import (
    Document,
    Record,
    new_record,
    validation_error,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.settings import settings_error
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.timestamps import parse_duration
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.transitions import Facts, advance

Options = Mapping[str, t.Any]


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


def _new_record(account_id: str, value: str | None) -> Document:
    return new_record(account_id, value).as_document()


def _candidates(record: Document, policy: Options | None = None) -> list[str]:
    return candidates(Record.from_document(record), Policy.from_options(policy or {}))


def _observation(
    record: Document,
    info: Options,
    retired: Sequence[Answer] = (),
    confirmed: Options | None = None,
    policy: Options | None = None,
    adopted: Answer = "none",
    adopted_value: str | None = None,
    central_confirmed: t.Any = None,
) -> dict[str, t.Any]:
    observation = observe(
        Record.from_document(record),
        info,
        Policy.from_options(policy or {}),
        retired=retired,
        adopted=adopted,
        adopted_value=adopted_value,
        confirmed=confirmed,
        central_confirmed=central_confirmed,
    )
    return observation.as_dict()


def _lists_agree(record: Document, info: Options, mode: str, current_secret_id: str, now: str) -> bool:
    return lists_agree(Record.from_document(record), info, mode, current_secret_id, now)


def _plan(record: Document, observation: Options, policy: Options, now: str) -> dict[str, t.Any]:
    decided = plan(Record.from_document(record), Observation.from_dict(observation), Policy.from_options(policy), now)
    return decided.as_dict()


def _step(record: Document, step: str, now: str, **facts: t.Any) -> Document:
    return advance(Record.from_document(record), step, now, Facts.from_options(facts)).as_document()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., t.Any]]:
        filters: dict[str, Callable[..., t.Any]] = {
            "rotation_new_record": _new_record,
            "rotation_problem": validation_error,
            "rotation_candidates": _candidates,
            "rotation_observation": _observation,
            "rotation_lists_agree": _lists_agree,
            "rotation_plan": _plan,
            "rotation_step": _step,
            "rotation_seconds": parse_duration,
            "rotation_settings_problem": settings_error,
            "rotation_store_tasks": _store_tasks.tasks_that_show,
        }
        return {name: _raising_filter_errors(name, function) for name, function in filters.items()}
