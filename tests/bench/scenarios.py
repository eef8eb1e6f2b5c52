# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: the parts of the benchmark, each made of groups of runs that are compared with each other.

The runs of a group are made in turn, round by round, so that what else the machine does meets all of them alike.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lab import HERE, Case, Condition, Lab
from server import PRIMARY, secret_of, subaccount

Task = dict[str, Any]

# The names under which the cases of a comparison are found again.
NOTHING = "nothing"
NOOP_ACTION = "no-op action"
OURS = "this collection"
NOOP_MODULE = "no-op module"
MODULE = "this collection, as a module"
URI = "uri"
SDK = "SDK through command"
BY_ROLE = "the role, account by account"
FIRST = "first version"
NOW = "now"

PLAIN, TLS = Condition(), Condition(tls=True)
FAR = Condition(tls=True, latency=0.08)
CONDITIONS = (PLAIN, TLS, Condition(latency=0.08), FAR)
# The title of what takes too long for more than one run.
LARGEST = f"{FAR}, once"

AS_MODULE = {"VONAGE_IN_PROCESS": "false"}


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    :ivar rounds: How often each case is run.
    :ivar light, heavy, sdk: Tasks of a run, of those that start no process, one, and one that imports the SDK.
    :ivar few: By what these are divided where they are not compared with a target.
    :ivar own_light, own_heavy: The same of tasks that are not in a loop.
    :ivar audits: Numbers of accounts. The first one is what memory is compared with, the last three show the growth:
        below 100, an account more costs less than the noise of a run.
    :ivar audit_by_uri: Number of accounts for the loop of uri.
    :ivar fleets: Numbers of accounts that are rotated, the middle one also with the first version.
    :ivar idle: Numbers of accounts that have nothing to do; the last three show the growth.
    :ivar idle_by_role: Number of accounts for the role.
    :ivar conditions: Of the loops.
    :ivar others: Of all other parts, beside those that are judged; here each case is run once.
    """

    rounds: int = 3
    light: int = 200
    heavy: int = 20
    sdk: int = 8
    few: int = 2
    own_light: int = 40
    own_heavy: int = 10
    audits: Sequence[int] = (1, 10, 100, 400, 1000)
    audit_by_uri: int = 100
    fleets: Sequence[int] = (1, 10, 100)
    idle: Sequence[int] = (10, 100, 400, 1000)
    idle_by_role: int = 20
    conditions: Sequence[Condition] = CONDITIONS
    others: Sequence[Condition] = CONDITIONS


SMALLEST = Sizes(
    rounds=1,
    light=2,
    heavy=1,
    sdk=1,
    few=1,
    own_light=2,
    own_heavy=1,
    audits=(1, 2, 3, 4),
    audit_by_uri=2,
    fleets=(1, 2, 3),
    idle=(2, 3, 4),
    idle_by_role=1,
    conditions=(PLAIN, TLS),
    others=(),
)


@dataclass(frozen=True)
class Group:
    """Cases that are compared with each other.

    :ivar rounds: How often each of them is run.
    """

    title: str
    cases: Sequence[Case]
    rounds: int


@dataclass(frozen=True)
class Call:
    """A request, and who can make it.

    :ivar module, options: The module of the collection that makes this request and no other.
    :ivar path, method, arguments: The same for uri.
    :ivar sdk: The name of the call in `sdk.py`.
    """

    module: str
    path: str
    sdk: str
    options: Task = field(default_factory=dict)
    method: str = "GET"
    arguments: Task = field(default_factory=dict)


BALANCE = Call("vonage_balance_info", "/account/get-balance", "balance")
CALLS = (
    BALANCE,
    # The balance is not below, so that it is only read.
    Call("vonage_topup", BALANCE.path, BALANCE.sdk, {"transaction_reference": "00X123456Y7890123Z", "below": 1}),
    Call(
        "vonage_account_settings",
        "/account/settings",
        "settings",
        method="POST",
        arguments={"body_format": "form-urlencoded", "body": {}},
    ),
    # The secret is there already.
    Call("vonage_api_secret", "/accounts/{{ key }}/secrets", "secrets", {"secret": "{{ secret }}"}),
    Call("vonage_api_secret_info", "/accounts/{{ key }}/secrets", "secrets"),
    Call(
        "vonage_subaccount_info",
        f"/accounts/{{{{ key }}}}/subaccounts/{subaccount(0)}",
        "subaccount",
        {"account_id": subaccount(0)},
    ),
)


LOGIN = {"key": PRIMARY, "secret": secret_of(PRIMARY)}
ROTATION = {
    "rotate_api_secret_record": "{{ records }}/{{ rotate_api_secret_account_id }}.yml",
    # Nobody but the readers of the record uses the secret.
    "rotate_api_secret_consumers": "",
    # To wait costs nothing.
    "rotate_api_secret_verify_interval": 0,
}
LOGIN_OPTIONS = {"api_key": "{{ key }}", "api_secret": "{{ secret }}"}


def accounts(count: int) -> str:
    """The name of a case with so many accounts."""
    return f"{count} account{'s' if count > 1 else ''}"


# -- tasks -------------------------------------------------------------------------------------------------------------


def _by_us(call: Call) -> Task:
    """The server and its certificate are named by the environment of all runs."""
    return {f"community.vonage.{call.module}": {**LOGIN_OPTIONS, **call.options}}


def _by_noop(kind: str) -> Task:
    return {f"bench.noop.noop_{kind}": LOGIN_OPTIONS}


def _by_uri(call: Call, condition: Condition) -> Task:
    return {
        "ansible.builtin.uri": {
            "url": "{{ url }}" + call.path,
            "method": call.method,
            "url_username": "{{ key }}",
            "url_password": "{{ secret }}",
            "force_basic_auth": True,
            "return_content": True,
            "headers": {"Accept": "application/json"},
            **({"ca_path": "{{ ca }}"} if condition.tls else {}),
            **call.arguments,
        }
    }


def _by_sdk(call: Call) -> Task:
    return {
        "ansible.builtin.command": {"argv": [sys.executable, str(HERE / "sdk.py"), call.sdk, "{{ url }}", "{{ key }}"]},
        "environment": {"VONAGE_API_SECRET": "{{ secret }}"},
    }


def _play(*tasks: Task, hosts: str = "localhost") -> list[dict[str, Any]]:
    return [{"hosts": hosts, "gather_facts": False, "tasks": list(tasks)}]


def _nothing(condition: Condition) -> Case:
    """What is subtracted: a run without the tasks."""
    return Case(NOTHING, 1, _play(), 0, variables=LOGIN, condition=condition)


def _looped(
    name: str,
    task: Task,
    count: int,
    condition: Condition,
    environment: dict[str, str] | None = None,
    requests: int | None = None,
) -> Case:
    made = count if requests is None else requests
    playbook = _play({**task, "loop": list(range(count))})
    return Case(name, count, playbook, made, {}, LOGIN, environment or {}, condition)


def _subaccounts(count: int) -> list[str]:
    return [subaccount(number) for number in range(count)]


def _rotated(key: str) -> dict[str, str]:
    """What is different for each account that is rotated."""
    return {"rotate_api_secret_account_id": key, "rotate_api_secret_api_secret": secret_of(key)}


def _versions(lab: Lab, condition: Condition) -> list[str]:
    """The first version is slow: it is only run where it is compared."""
    return [FIRST, NOW] if lab.first and condition == FAR else [NOW]


def _grid(sizes: Sizes, *judged: Condition) -> list[tuple[Condition, int]]:
    """The conditions of a part, and how often its cases are run: as often as was asked for where they are judged."""
    return [
        (condition, sizes.rounds if condition in judged else 1)
        for condition in CONDITIONS
        if condition in judged or condition in sizes.others
    ]


# -- parts -------------------------------------------------------------------------------------------------------------


def loop(_lab: Lab, sizes: Sizes) -> list[Group]:
    """A task in a loop, under each condition."""
    groups = []
    for condition in sizes.conditions:
        few = 1 if condition == PLAIN else sizes.few
        light, heavy, sdk = sizes.light // few, sizes.heavy // few, sizes.sdk // few
        cases = [
            _nothing(condition),
            _looped(NOOP_ACTION, _by_noop("action"), light, condition, requests=0),
            _looped(OURS, _by_us(BALANCE), light, condition),
            _looped(NOOP_MODULE, _by_noop("module"), heavy, condition, requests=0),
            _looped(MODULE, _by_us(BALANCE), heavy, condition, AS_MODULE),
            _looped(URI, _by_uri(BALANCE, condition), heavy, condition),
        ]
        if condition.tls:
            # It speaks nothing else.
            cases.append(_looped(SDK, _by_sdk(BALANCE), sdk, condition))
        groups.append(Group(str(condition), cases, sizes.rounds))
    return groups


def own(_lab: Lab, sizes: Sizes) -> list[Group]:
    """A task that is not in a loop."""
    light, heavy = sizes.own_light, sizes.own_heavy

    def case(name: str, task: Task, count: int, requests: int, condition: Condition) -> Case:
        return Case(name, count, _play(*[task] * count), requests, variables=LOGIN, condition=condition)

    return [
        Group(
            str(condition),
            [
                _nothing(condition),
                case(NOOP_ACTION, _by_noop("action"), light, 0, condition),
                case(OURS, _by_us(BALANCE), light, light, condition),
                case(URI, _by_uri(BALANCE, condition), heavy, heavy, condition),
            ],
            rounds,
        )
        for condition, rounds in _grid(sizes, PLAIN)
    ]


def modules(_lab: Lab, sizes: Sizes) -> list[Group]:
    """Each module in a loop, against the others that can make the same request, and those that make none."""
    light, heavy, sdk = sizes.light // sizes.few, sizes.heavy // sizes.few, sizes.sdk // sizes.few
    cases = [
        _nothing(TLS),
        _looped(NOOP_ACTION, _by_noop("action"), light, TLS, requests=0),
        _looped(NOOP_MODULE, _by_noop("module"), heavy, TLS, requests=0),
    ]
    for call in CALLS:
        cases += [
            _looped(f"{call.module}: {OURS}", _by_us(call), light, TLS),
            _looped(f"{call.module}: {MODULE}", _by_us(call), heavy, TLS, AS_MODULE),
            _looped(f"{call.module}: {URI}", _by_uri(call, TLS), heavy, TLS),
            _looped(f"{call.module}: {SDK}", _by_sdk(call), sdk, TLS),
        ]
    return [Group(str(TLS), cases, sizes.rounds)]


def audit(_lab: Lab, sizes: Sizes) -> list[Group]:
    """One task over the secrets of a fleet, against a loop over a part of it."""
    groups = []
    # Growth is judged near too, where no latency hides what an account costs.
    for condition, rounds in _grid(sizes, PLAIN, FAR):
        cases = [_nothing(condition)]
        for count in sizes.audits:
            task = _by_us(Call("vonage_api_secret_info", "", "", {"account_ids": _subaccounts(count)}))
            cases.append(Case(accounts(count), count, _play(task), count, {}, LOGIN, condition=condition))
        part = sizes.audit_by_uri // (1 if condition == FAR else sizes.few)
        task = _by_uri(Call("", "/accounts/{{ item }}/secrets", ""), condition)
        cases.append(Case(URI, part, _play({**task, "loop": _subaccounts(part)}), part, {}, LOGIN, condition=condition))
        groups.append(Group(str(condition), cases, rounds))
    return groups


def rotation(lab: Lab, sizes: Sizes) -> list[Group]:
    """One rotation with the playbook that is shipped, and one consumer."""
    account = subaccount(0)
    consumer = {
        "rotate_api_secret_consumers": "accounts",
        "rotate_api_secret_env_file": "{{ records }}/vonage.env",
        # It uses the new secret at once.
        "rotate_api_secret_env_file_confirm": ["echo", "1"],
    }

    def case(name: str, condition: Condition) -> Case:
        return Case(
            name,
            1,
            "community.vonage.rotate_api_secret",
            hosts={"consumer": {}},
            variables={**ROTATION, **_rotated(account), **consumer},
            condition=condition,
            first=name == FIRST,
            rotated=[account],
        )

    return [
        Group(str(condition), [case(name, condition) for name in _versions(lab, condition)], rounds)
        for condition, rounds in _grid(sizes, FAR)
    ]


def fleet(lab: Lab, sizes: Sizes) -> list[Group]:
    """A play over accounts as hosts: each is rotated, and then the old secrets are revoked."""
    role = {"ansible.builtin.include_role": {"name": "community.vonage.rotate_api_secret"}}
    playbook = _play(role, {**role, "vars": {"rotate_api_secret_mode": "finish"}}, hosts="accounts")

    def case(name: str, count: int, condition: Condition) -> Case:
        keys = _subaccounts(count)
        return Case(
            f"{accounts(count)}, {name}",
            count,
            playbook,
            hosts={key: _rotated(key) for key in keys},
            variables=ROTATION,
            condition=condition,
            first=name == FIRST,
            rotated=keys,
        )

    one, some, many = sizes.fleets
    groups = []
    for condition, rounds in _grid(sizes, FAR):
        versions = _versions(lab, condition)
        cases = [_nothing(condition), *(case(name, count, condition) for count in (one, some) for name in versions)]
        groups.append(Group(str(condition), cases, min(rounds, 2)))
    # That many take minutes.
    return [*groups, Group(LARGEST, [_nothing(FAR), case(NOW, many, FAR)], 1)]


def idle(_lab: Lab, sizes: Sizes) -> list[Group]:
    """The playbook for a fleet that has nothing to do, against the role for a part of it, account by account."""
    variables = {
        **ROTATION,
        # Their secrets are old.
        "rotate_api_secret_max_age": "",
        "rotate_api_secret_report": "{{ records }}/report.jsonl",
        "rotate_api_secret_metrics": "{{ records }}/metrics.prom",
    }
    fleet_of = {
        "rotate_fleet_accounts": "accounts",
        "rotate_fleet_records": "{{ records }}",
        "rotate_fleet_primary": PRIMARY,
    }
    by_look = [{"import_playbook": "community.vonage.rotate_fleet", "vars": fleet_of}]
    by_role = _play({"ansible.builtin.include_role": {"name": "community.vonage.rotate_api_secret"}}, hosts="accounts")

    def case(name: str, count: int, playbook: Any, condition: Condition) -> Case:
        keys = _subaccounts(count)
        hosts = {key: _rotated(key) if playbook is by_role else {} for key in keys}
        return Case(name, count, playbook, count, hosts, variables, condition=condition, over=keys)

    return [
        Group(
            str(condition),
            [
                _nothing(condition),
                *(case(accounts(count), count, by_look, condition) for count in sizes.idle),
                case(BY_ROLE, sizes.idle_by_role, by_role, condition),
            ],
            rounds,
        )
        for condition, rounds in _grid(sizes, FAR)
    ]


PARTS = {part.__name__: part for part in (loop, own, modules, audit, rotation, fleet, idle)}
