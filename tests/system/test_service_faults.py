# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each central consumer and each store, with each fault of its service: nothing is revoked, and the end has a name.

docs/service-faults.md says how each case ends, on every ansible-core. `nox -s service-faults` writes it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import test_central_consumers as consumers
import test_stores as stores
import yaml
from conftest import ACCOUNT, ROOT, Rehearsal
from fakes.server import Answer, Request

PAGE = ROOT / "docs" / "service-faults.md"
NEW = "NewInTheService1"

# A consumer or a store: its name in the role, and what stands behind it.
SERVICES: dict[str, Callable[[Path], Any]] = {
    "consumer hashi_vault": consumers.Vault,
    "consumer kubernetes_secret": consumers.Kubernetes,
    "consumer awx_credential": consumers.Awx,
    "store hashi_vault_kv2": stores.Vault,
    "store aws_secretsmanager": stores.Aws,
    "store kubernetes": stores.Kubernetes,
}


class Fault(NamedTuple):
    """What befalls a service.

    :ivar begin: Begins it, and returns what the environment of a run has then.
    :ivar meaning: The same in words.
    """

    begin: Callable[[Any, Rehearsal], dict[str, str]]
    meaning: str


def is_write(service: Any, request: Request) -> bool:
    return bool(service.is_write(request) if hasattr(service, "is_write") else service.is_save(request))


def denial(service: Any) -> Answer:
    answer = service.refusal("this") if isinstance(service, consumers.Service) else service.refusal()
    assert isinstance(answer, Answer)
    return answer


def down(service: Any, place: Rehearsal) -> dict[str, str]:
    nowhere = "http://127.0.0.1:1"
    if "K8S_AUTH_KUBECONFIG" in service.environment:
        usual = Path(service.environment["K8S_AUTH_KUBECONFIG"])
        elsewhere = place.directory / "kubeconfig-of-nowhere"
        elsewhere.write_text(usual.read_text(encoding="utf-8").replace(service.fake.url, nowhere), encoding="utf-8")
        return {"K8S_AUTH_KUBECONFIG": str(elsewhere)}
    return {name: nowhere for name, value in service.environment.items() if value == service.fake.url}


def unreachable(service: Any, place: Rehearsal) -> dict[str, str]:
    def drop(_request: Request) -> Answer | None:
        raise ConnectionAbortedError

    service.fake.step_in = drop
    return {}


def refusing(service: Any, place: Rehearsal) -> dict[str, str]:
    if "VAULT_TOKEN" in service.environment:
        return {"VAULT_TOKEN": service.fake.allow({"secret/data/elsewhere": ["read"]})}
    service.fake.step_in = lambda _request: denial(service)
    return {}


def read_only(service: Any, place: Rehearsal) -> dict[str, str]:
    if "VAULT_TOKEN" in service.environment:
        return {"VAULT_TOKEN": service.fake.allow({"secret/data/*": ["read"]})}
    service.fake.step_in = lambda request: denial(service) if is_write(service, request) else None
    return {}


def sealed(service: Any, place: Rehearsal) -> dict[str, str]:
    service.fake.seal()
    return {}


def sealed_between(service: Any, place: Rehearsal) -> dict[str, str]:
    def seal(request: Request) -> None:
        if is_write(service, request):
            service.fake.step_in = None
            service.fake.seal()

    service.fake.step_in = seal
    return {}


def half_written(service: Any, place: Rehearsal) -> dict[str, str]:
    def pretend(request: Request) -> Answer | None:
        if not is_write(service, request):
            return None
        target = request.headers.get("x-amz-target", "").partition(".")[0]
        headers = {**request.headers, "x-amz-target": f"{target}.GetSecretValue"} if target else request.headers
        body = json.dumps({"SecretId": json.loads(request.body)["SecretId"]}).encode() if target else b""
        method = request.method if target else "GET"
        answer = service.fake.answer(replace(request, method=method, headers=headers, body=body))
        assert isinstance(answer, Answer)
        return answer

    service.fake.step_in = pretend
    return {}


def silent(service: Any, place: Rehearsal) -> dict[str, str]:
    ended = threading.Event()

    def wait(_request: Request) -> Answer | None:
        ended.wait()
        raise ConnectionAbortedError

    service.fake.step_in = wait
    service.release = ended.set
    return {}


FAULTS = {
    "down": Fault(down, "nobody listens at its address"),
    "unreachable": Fault(unreachable, "connections end without an answer"),
    "refusing": Fault(refusing, "the login may do nothing"),
    "read-only": Fault(read_only, "the login may read, and not write"),
    "sealed": Fault(sealed, "it is sealed"),
    "sealed between": Fault(sealed_between, "it is sealed between the read and the write"),
    "half-written": Fault(half_written, "it says that it has stored what it was given, and has not"),
    "silent": Fault(silent, "it takes a request and does not answer"),
}
CASES = [(service, fault) for service in SERVICES for fault in FAULTS if "sealed" not in fault or "vault" in service]
# What `make test` shows; the others are for `make test-all`.
SHOWN = [("consumer hashi_vault", "sealed between"), ("store hashi_vault_kv2", "sealed")]


# Where the page is to be written; without it, the cases are compared with the page.
WRITE = os.environ.get("WRITE_SERVICE_FAULTS", "")


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], str]:
    """How the cases ended so far."""
    return {}


def stop_halfway(place: Rehearsal, service: Any, kind: str) -> None:
    """Have a rotation wait to be finished: the new secret is promoted, and the old one listed too."""
    account = place.account()
    [first] = account.live
    made = place.simulator.state.create_secret(account, NEW)
    since = "2026-11-20T12:00:00Z"
    record = {
        "schema": 1,
        "account_id": ACCOUNT,
        "version": 5,
        "generation": 1,
        "stage": "distributed",
        "current": {"value": NEW, "id": made.id, "created_at": since, "since": since},
        "pending": None,
        "previous": {"value": first.value, "id": first.id, "revoke_not_before": since},
        "retired": [],
        "ids_before": [first.id],
        "lease": None,
    }
    usual = {"consumers": "", "report": str(place.directory / "report.jsonl"), "record_in_clear": True}
    if kind == "store":
        if isinstance(service, stores.Aws):
            service.put({})
        service.overwrite(record)
        usual.update(record="", store=service.store)
    else:
        place.record.write_text(yaml.safe_dump({"vonage_rotation": record}), encoding="utf-8")
    place.write_inventory(**{**usual, **service.variables})


def finish(place: Rehearsal, environment: dict[str, str], *arguments: str) -> str:
    """Run to revoke the old secret.

    :returns: How the run ended, as the report has it.
    """
    place.run(*consumers.FINISH, *arguments, vault=False, environment=environment)
    entry = json.loads((place.directory / "report.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    if entry["event"] == "ended":
        return f"{entry['outcome']} ({entry['reason']})"
    assert entry["event"] == "failed"
    assert entry["message"] not in ("", "no message")
    # One task of the role says it for all services; of the others, the name says enough.
    says_it = entry["failed_task"] == "Stop when the service does not show it"
    return f"failed: {entry['message'].partition(':')[0] if says_it else entry['failed_task']}"


@pytest.mark.every_core
@pytest.mark.parametrize(
    ("name", "fault"),
    [pytest.param(*case, id=", ".join(case), marks=() if case in SHOWN else pytest.mark.full) for case in CASES],
)
def test_a_service_with_a_fault_costs_nobody_the_secret(
    place: Rehearsal, outcomes: dict[tuple[str, str], str], name: str, fault: str
) -> None:
    if "awx" in name and not any((Path(path) / "ansible_collections/awx/awx").is_dir() for path in sys.path):
        pytest.skip("the Ansible of this ansible-core brings no awx.awx")
    kind = name.partition(" ")[0]
    service = SERVICES[name](place.directory)
    with service.fake:
        stop_halfway(place, service, kind)
        # A silent service has to be given up some time; the others answer.
        patience = ("-e", "rotate_api_secret_service_timeout=5") if fault == "silent" else ()
        environment = {**service.environment, **FAULTS[fault].begin(service, place)}
        outcome = finish(place, environment, *patience)
        assert len(place.secret_ids()) == 2
        service.fake.step_in = None
        if fault == "silent":
            service.release()
        if "sealed" in fault:
            service.fake.unseal()
        assert finish(place, service.environment) == "rotate (confirmed)"
        assert len(place.secret_ids()) == 1
    outcomes[name, fault] = outcome
    if WRITE:
        Path(WRITE).write_text(page(outcomes), encoding="utf-8")
    else:
        assert published()[name, fault] == outcome, "nox -s service-faults writes docs/service-faults.md anew"


def test_the_page_has_these_cases_and_no_others() -> None:
    if not WRITE:
        assert list(published()) == CASES


# -- the page ----------------------------------------------------------------------------------------------------------

_HEAD = """\
<!--
Copyright (c) 2026, community.vonage contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What a fault of a service does to a rotation

A new secret was promoted, and a run with `-e rotate_api_secret_mode=finish` is about to revoke the old one, when the
service of the [central consumer](consumers.md#central) or of the [store](stores.md) has a fault. The old secret stays
in all of these cases, and the run ends as the table says, with the reason in its message and in the report. When the
service works again, the next run revokes the old secret.

This page is written by `nox -s service-faults`, and the tests fail when it is no longer what happens, on ansible-core
2.16, 2.19 and 2.21; those of AWX on 2.16 and 2.19, because Ansible 14 brings no `awx.awx`. Vault is OpenBao, and AWS is
moto; programs of the tests play Kubernetes and AWX.

| what befalls it | |
|---|---|
{faults}

| service | what befalls it | the run |
|---|---|---|
{rows}
"""


def page(found: dict[tuple[str, str], str]) -> str:
    """The page of these outcomes."""
    faults = "\n".join(f"| {name} | {fault.meaning} |" for name, fault in FAULTS.items())
    rows = "\n".join(f"| {name} | {fault} | {found[name, fault]} |" for name, fault in CASES if (name, fault) in found)
    return _HEAD.format(faults=faults, rows=rows)


def published() -> dict[tuple[str, str], str]:
    """What the page says."""
    rows = PAGE.read_text(encoding="utf-8").partition("| the run |\n|---|---|---|\n")[2].splitlines()
    cells = [row.strip("| ").split(" | ") for row in rows]
    return {(name, fault): outcome for name, fault, outcome in cells}
