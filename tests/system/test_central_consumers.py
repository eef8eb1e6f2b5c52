# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The consumers that are served once, on localhost: the real collections, against OpenBao and stand-ins."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, Rehearsal, Run, documented, forms, snippets
from fakes.awx import TOKEN, FakeAwx
from fakes.kubernetes import FakeKubernetes
from fakes.openapi import assert_published
from fakes.openbao import OpenBao
from fakes.server import Answer, Request
from oracle import Oracle
from test_forgotten import SHOW

NAMESPACE = "sms"
FORCED = ("-e", "rotate_api_secret_force=true")
FINISH = ("-e", "rotate_api_secret_mode=finish")


class Service:
    """A consumer, and the service that it hands the secret over to.

    :ivar name: Of the consumer.
    :ivar fake: The service.
    :ivar variables: Of the role, without prefix.
    :ivar environment: How a run reaches the service, and logs in.
    :ivar nowhere: The same, to where nobody listens.
    :ivar kept: What was there before, and is none of the role's business.
    :ivar said: What a run says of the refusal.
    """

    name: str
    said: str
    fake: Any
    variables: dict[str, Any]
    environment: dict[str, str]
    nowhere: dict[str, str]
    kept = {"other": "keptS0mething"}

    def handed_over(self) -> dict[str, Any]:
        """What the service has: `account`, `secret`, `generation`, `others`."""
        raise NotImplementedError

    def has(self, account: str, generation: int) -> None:
        """Have it hold another generation."""
        raise NotImplementedError

    def is_write(self, request: Request) -> bool:
        return request.method in ("POST", "PUT", "PATCH")

    def refusal(self, value: str) -> Answer:
        """How the service refuses a write, and repeats what it was sent."""
        raise NotImplementedError


class Awx(Service):
    name = "awx_credential"
    said = "no such thing as ********"
    nowhere = {"CONTROLLER_HOST": "http://127.0.0.1:1"}
    kept = {"signature_secret": "keptS1gnature"}

    def __init__(self, directory: Path) -> None:
        self.fake = FakeAwx()
        self.credential = self.fake.put(
            "Vonage", "Of the gateways.", api_key="old", api_secret="0ldSecret", **self.kept
        )
        self.fake.put("Vonage of others", api_key="x", api_secret="y")
        self.variables = documented("docs/consumers.md 7")
        self.environment = {"CONTROLLER_HOST": self.fake.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def handed_over(self) -> dict[str, Any]:
        inputs = dict(self.credential["inputs"])
        description, _space, mark = self.credential["description"].partition(" [")
        assert description == "Of the gateways."
        match = re.fullmatch(r"Vonage account (\w+), generation (\d+)]", mark)
        assert match
        account, generation = match.groups()
        assert inputs.pop("api_key") == account
        return {
            "account": account,
            "secret": inputs.pop("api_secret"),
            "generation": int(generation),
            "others": inputs,
        }

    def has(self, account: str, generation: int) -> None:
        self.credential["description"] = f"Of the gateways. [Vonage account {account}, generation {generation}]"

    def refusal(self, value: str) -> Answer:
        return Answer(400, {"__all__": f"no such thing as {value}"})


class Kubernetes(Service):
    name = "kubernetes_secret"
    said = "not ********"

    def __init__(self, directory: Path) -> None:
        self.fake = FakeKubernetes(NAMESPACE)
        self._put(dict(self.kept))
        self.variables = documented("docs/consumers.md 4")
        kubeconfig, elsewhere = directory / "kubeconfig", directory / "kubeconfig-of-nowhere"
        self.environment = {"K8S_AUTH_KUBECONFIG": str(self.fake.write_kubeconfig(kubeconfig))}
        elsewhere.write_text(kubeconfig.read_text(encoding="utf-8").replace(self.fake.url, "https://127.0.0.1:1"))
        self.nowhere = {"K8S_AUTH_KUBECONFIG": str(elsewhere)}

    def _put(self, content: dict[str, str]) -> None:
        data = {key: base64.b64encode(value.encode()).decode() for key, value in content.items()}
        secret = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "vonage"}, "data": data}
        self.fake.put("secrets", NAMESPACE, secret)

    def handed_over(self) -> dict[str, Any]:
        content = self.fake.secret(NAMESPACE, "vonage")
        return {
            "account": content.pop("VONAGE_API_KEY"),
            "secret": content.pop("VONAGE_API_SECRET"),
            "generation": int(content.pop("VONAGE_API_SECRET_GENERATION")),
            "others": content,
        }

    def has(self, account: str, generation: int) -> None:
        self._put({**self.kept, "VONAGE_API_KEY": account, "VONAGE_API_SECRET_GENERATION": str(generation)})

    def refusal(self, value: str) -> Answer:
        status = {"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": f"not {value}", "code": 403}
        return Answer(403, status)


class Vault(Service):
    name = "hashi_vault"
    said = "Forbidden: permission denied for ********"
    nowhere = {"VAULT_ADDR": "http://127.0.0.1:1"}

    def __init__(self, directory: Path) -> None:
        self.fake = OpenBao(cas_required=True)
        self.fake.put("sms/vonage", dict(self.kept))
        self.variables = documented("docs/consumers.md 6")
        self.environment = {"VAULT_ADDR": self.fake.url, "VAULT_TOKEN": self.fake.root_token}

    def handed_over(self) -> dict[str, Any]:
        content = dict(self.fake.get("sms/vonage"))
        return {
            "account": content.pop("api_key"),
            "secret": content.pop("api_secret"),
            "generation": int(content.pop("generation")),
            "others": content,
        }

    def has(self, account: str, generation: int) -> None:
        self.fake.put("sms/vonage", {**self.kept, "api_key": account, "generation": str(generation)})

    def refusal(self, value: str) -> Answer:
        return Answer(403, {"errors": [f"permission denied for {value}"]})


@pytest.fixture(params=[Awx, Kubernetes, Vault], ids=lambda kind: kind.name)
def service(request: pytest.FixtureRequest, place: Rehearsal) -> Iterator[Service]:
    made = request.param(place.directory)
    place.write_inventory(**made.variables)
    with made.fake:
        yield made
    if isinstance(made, Kubernetes):
        assert_published(made.fake.exchanged)


def only(kind: type[Service]) -> pytest.MarkDecorator:
    """All services, of which the others are further cases."""
    params = [
        pytest.param(made, id=made.name, marks=() if made is kind else pytest.mark.full)
        for made in (Awx, Kubernetes, Vault)
    ]
    return pytest.mark.parametrize("service", params, indirect=True)


def hand_over(place: Rehearsal, service: Service, *arguments: str, **options: Any) -> Run:
    environment = {**service.environment, **options.pop("environment", {})}
    return place.run(*arguments, environment=environment, **options)


def assert_handed_over(place: Rehearsal, service: Service, generation: int) -> None:
    expected = {"account": ACCOUNT, "secret": place.stored()["current"]["value"], "generation": generation}
    assert service.handed_over() == {**expected, "others": service.kept}


@only(Kubernetes)
def test_nothing_is_left_of_what_a_service_showed(place: Rehearsal, service: Service) -> None:
    playbook = place.write_playbook({"import_playbook": "community.vonage.rotate_api_secret"}, SHOW)
    run = hand_over(place, service, playbook=playbook)
    assert run.status == 0, run.output
    assert_handed_over(place, service, 1)
    assert [form for value in service.kept.values() for form in forms(value) if form in run.output] == []


@only(Awx)
def test_the_secret_is_handed_over_once_and_shown_nowhere(place: Rehearsal, service: Service) -> None:
    with Oracle(place) as oracle:
        first = oracle.run(environment=service.environment)
        assert first.status == 0, first.output
        assert_handed_over(place, service, 1)
        # It stays to be finished, so the hook runs again; and finds nothing to do.
        written = len(service.fake.calls("POST", "PUT", "PATCH"))
        second = oracle.run(environment=service.environment)
        assert second.status == 0, second.output
        assert second.changed == 0, second.output
        if (
            service.name != "kubernetes_secret"
        ):  # whose module sends what it has, and looks whether that made a difference
            assert len(service.fake.calls("POST", "PUT", "PATCH")) == written
        third = oracle.run(*FINISH, *FORCED, environment=service.environment)
        assert third.status == 0, third.output
        oracle.assert_silent([place.stored()["current"]["value"], *service.kept.values()])


@pytest.mark.full
def test_an_older_generation_is_refused_but_not_one_of_another_account(place: Rehearsal, service: Service) -> None:
    service.has(ACCOUNT, 5)
    run = hand_over(place, service)
    assert run.status == 2, run.output
    assert "has generation 5, and this run has generation 1: the record is out of date" in run.text
    assert service.fake.calls("POST", "PUT", "PATCH") == []
    service.has("efgh5678", 5)
    run = hand_over(place, service)
    assert run.status == 0, run.output
    assert_handed_over(place, service, 1)


def escaped(text: str) -> str:
    """As JSON may have it: each character by its number."""
    return "".join(f"\\u{ord(character):04x}" for character in text)


def quoted(text: str) -> str:
    """As a URL may have it."""
    return "".join(f"%{ord(character):02X}" for character in text)


@pytest.mark.parametrize("write_down", [escaped, pytest.param(quoted, marks=pytest.mark.full)])
@pytest.mark.parametrize(("request_is", "entry"), [("a read", "previous"), ("a write", "current")])
@only(Awx)
def test_a_service_that_repeats_a_secret_in_other_characters_is_not_quoted(
    place: Rehearsal, service: Service, write_down: Callable[[str], str], request_is: str, entry: str
) -> None:
    repeated: list[str] = []

    def repeat(request: Request) -> Answer | None:
        if service.is_write(request) != (request_is == "a write"):
            return None
        repeated.append(write_down(place.stored()[entry]["value"]))
        return service.refusal(repeated[-1])

    service.fake.step_in = repeat
    run = hand_over(place, service, "-vvv")
    assert run.status == 2, run.output
    assert repeated
    # Each quotation doubles the backslashes.
    shown = re.sub(r"\\+", r"\\", run.output).lower()
    assert [text for text in repeated if text.lower() in shown] == []


@pytest.mark.full
def test_a_service_that_refuses_is_heard_without_the_secret(place: Rehearsal, service: Service) -> None:
    def refuse(request: Request) -> Answer | None:
        return service.refusal(place.stored()["current"]["value"]) if service.is_write(request) else None

    service.fake.step_in = refuse
    with Oracle(place) as oracle:
        run = oracle.run(environment=service.environment)
        assert run.status == 2, run.output
        assert "did not take the secret: " in run.text
        assert service.said in run.text
        oracle.assert_silent([place.stored()["current"]["value"]])
    assert len(place.secret_ids()) == 2
    service.fake.step_in = None
    assert hand_over(place, service).status == 0
    assert_handed_over(place, service, 1)


def not_there(service: Service) -> dict[str, str]:
    return service.nowhere


def drops_connections(service: Service) -> dict[str, str]:
    """It ends each connection without an answer."""

    def drop(_request: Request) -> Answer | None:
        raise ConnectionAbortedError

    service.fake.step_in = drop
    return {}


@pytest.mark.parametrize("trouble", [not_there, pytest.param(drops_connections, marks=pytest.mark.full)])
@only(Vault)
def test_a_service_that_is_down_keeps_the_old_secret(
    place: Rehearsal, service: Service, trouble: Callable[[Service], dict[str, str]]
) -> None:
    environment = trouble(service)
    run = hand_over(place, service, environment=environment)
    assert run.status == 2, run.output
    assert hand_over(place, service, *FINISH, environment=environment).status == 2
    assert len(place.secret_ids()) == 2
    service.fake.step_in = None
    assert hand_over(place, service, *FINISH).status == 0
    assert_handed_over(place, service, 1)
    assert place.secret_ids() == [place.stored()["current"]["id"]]


# Not AWX, which compares nothing, and in which a credential has to be there.
comparing = pytest.mark.parametrize(
    "service",
    [pytest.param(Kubernetes, id=Kubernetes.name, marks=pytest.mark.full), pytest.param(Vault, id=Vault.name)],
    indirect=True,
)


@pytest.mark.full
@comparing
def test_a_write_of_somebody_else_in_between_is_not_lost(place: Rehearsal, service: Service) -> None:
    def write_in_between(request: Request) -> None:
        if service.is_write(request):
            service.fake.step_in = None
            service.has(ACCOUNT, 5)

    service.fake.step_in = write_in_between
    run = hand_over(place, service)
    assert run.status == 2, run.output
    assert "did not take the secret" in run.text
    run = hand_over(place, service)
    assert "has generation 5, and this run has generation 1: the record is out of date" in run.text


@comparing
def test_what_is_not_there_yet_is_made(place: Rehearsal, service: Service) -> None:
    new = {"kubernetes_secret": {"kubernetes_secret": "new"}, "hashi_vault": {"hashi_vault_path": "sms/new"}}
    place.write_inventory(**service.variables | new[service.name])
    assert hand_over(place, service).status == 0
    content = service.fake.get("sms/new") if service.name == "hashi_vault" else service.fake.secret(NAMESPACE, "new")
    assert set(content.values()) == {ACCOUNT, place.stored()["current"]["value"], "1"}


# -- Vault -------------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_the_login_of_the_store_serves_the_consumer_too(place: Rehearsal) -> None:
    service = Vault(place.directory)
    place.write_inventory(**service.variables)
    with service.fake as vault:
        policy = {"secret/data/sms/vonage": ["create", "read", "update"]}
        vault.allow_approle("rotation", "OfTheRotation", policy)
        # As docs/stores.md has it: in variables, and nothing in the environment.
        variables = yaml.safe_load(dict(snippets())["docs/stores.md 1"])
        login = {name: value for name, value in variables.items() if name.startswith("ansible_hashi_vault_")}
        arguments = ("-e", json.dumps({**login, "ansible_hashi_vault_url": vault.url}))
        run = place.run(*arguments, environment={"ROTATION_SECRET_ID": "OfTheRotation"})
        assert run.status == 0, run.output
        assert_handed_over(place, service, 1)


# -- a hook of one's own -----------------------------------------------------------------------------------------------


def write_hook(place: Rehearsal, *tasks: dict[str, Any]) -> None:
    """Have the secret handed over centrally by tasks of one's own."""
    hook = place.directory / "hand_over.yml"
    hook.write_text(yaml.safe_dump(list(tasks)), encoding="utf-8")
    place.write_inventory(consumers="", distribute_central_tasks=str(hook))


NOTE = {"ansible.builtin.set_fact": {"rotate_api_secret_central_confirmed_generation": 1}}


@pytest.mark.every_core
@pytest.mark.parametrize(
    "task",
    [
        pytest.param({"ansible.builtin.debug": {"msg": "It does nothing"}}, id="does nothing"),
        pytest.param({**NOTE, "when": False}, id="was skipped"),
        pytest.param(
            {"ansible.builtin.set_fact": {"rotate_api_secret_central_confirmed_generation": 0}},
            id="read an older generation back",
            marks=pytest.mark.full,
        ),
    ],
)
def test_a_central_hook_that_confirms_nothing_keeps_the_old_secret(place: Rehearsal, task: dict[str, Any]) -> None:
    write_hook(place, task)
    assert place.run(*FORCED).status == 0
    run = place.run(*FINISH)
    assert run.status == 0, run.output
    assert len(place.secret_ids()) == 2
    assert f"missing: central consumer {place.directory}/hand_over.yml" in run.text
    # A confirmation of this run alone counts.
    write_hook(place, NOTE)
    assert place.run(*FINISH).status == 0
    assert place.secret_ids() == [place.stored()["current"]["id"]]


# -- AWX ---------------------------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"awx_credential": "Vonnage"}, "AWX has 0 credentials Vonnage"),
        ({"awx_credential_organization": "Sales"}, "AWX has 0 credentials Vonage"),
        ({"awx_credential_type": "Machine"}, "AWX has no credential type Machine"),
        # AWX would show the value.
        ({"awx_credential_secret_input": "api_key"}, "and a secret input api_key"),
    ],
)
def test_a_credential_that_will_not_do_is_left_alone(place: Rehearsal, variables: dict[str, str], said: str) -> None:
    service = Awx(place.directory)
    place.write_inventory(**service.variables | variables)
    with service.fake:
        run = hand_over(place, service)
        assert run.status == 2, run.output
        assert said in run.text
        assert "Nothing was changed in AWX" in run.text
        assert service.fake.calls("PATCH") == []


# -- Kubernetes: rollouts ----------------------------------------------------------------------------------------------

ANNOTATION = "vonage-api-secret-generation"


class Cluster:
    """What a cluster does with a Deployment of one pod: it ends the old pod some time after it has made the new one.

    :param lingers: How many looks at the pods the old one outlives.
    """

    def __init__(self, fake: FakeKubernetes, lingers: int) -> None:
        self._fake = fake
        self._lingers = lingers
        labels = {"app": "sms-gateway"}
        self._deploy({"metadata": {"labels": labels}}, 1)
        self._pod("old", {})
        fake.step_in = self._step_in

    def _deploy(self, template: dict[str, Any], generation: int) -> None:
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
        self._fake.put("deployments", NAMESPACE, {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "sms-gateway", "generation": generation},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "sms-gateway"}}, "template": template},
            "status": {**counts, "observedGeneration": generation},
        })  # fmt: skip

    def _pod(self, name: str, annotations: dict[str, str]) -> None:
        metadata = {"name": name, "labels": {"app": "sms-gateway"}, "annotations": annotations}
        self._fake.put("pods", NAMESPACE, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata})

    def _step_in(self, request: Request) -> None:
        deployment = self._fake.get("deployments", NAMESPACE, "sms-gateway")
        assert deployment
        annotations = deployment["spec"]["template"]["metadata"].get("annotations", {})
        if request.method == "GET" and request.path.endswith("/pods") and annotations:
            self._pod("new", annotations)
            self._lingers -= 1
            if self._lingers < 0:
                self._fake.objects.pop(("pods", NAMESPACE, "old"), None)


@pytest.mark.parametrize("lingers", [pytest.param(1, marks=pytest.mark.full), 1000])
def test_pods_with_the_old_secret_keep_it_from_being_revoked(place: Rehearsal, lingers: int) -> None:
    service = Kubernetes(place.directory)
    place.write_inventory(**documented("docs/consumers.md 5"), confirm_retries=2, kubernetes_secret_timeout=120)
    with service.fake:
        Cluster(service.fake, lingers)
        run = hand_over(place, service)
        assert_handed_over(place, service, 1)
        if lingers == 1000:
            assert "grace (unconfirmed_consumers)" in run.text
            assert len(place.secret_ids()) == 2
            return
        assert run.status == 0, run.output
        assert place.secret_ids() == [place.stored()["current"]["id"]]
        deployment = service.fake.get("deployments", NAMESPACE, "sms-gateway")
        assert deployment["spec"]["template"]["metadata"]["annotations"] == {ANNOTATION: "1"}
    assert_published(service.fake.exchanged)


@pytest.mark.full
@pytest.mark.parametrize("status", [400, 404])
def test_a_list_of_pods_that_is_not_answered_confirms_nothing(place: Rehearsal, status: int) -> None:
    service = Kubernetes(place.directory)
    place.write_inventory(**documented("docs/consumers.md 5"), confirm_retries=0, kubernetes_secret_timeout=120)
    with service.fake:
        Cluster(service.fake, 1000)
        cluster = service.fake.step_in

        def refused(request: Request) -> Answer | None:
            cluster(request)
            lists = request.method == "GET" and request.path.endswith("/pods")
            return Answer(status, {"kind": "Status", "status": "Failure", "code": status}) if lists else None

        service.fake.step_in = refused
        run = hand_over(place, service)
    assert "grace (unconfirmed_consumers)" in run.text
    assert len(place.secret_ids()) == 2


@pytest.mark.full
def test_a_secret_that_is_not_shown_is_not_overwritten_by_an_older_one(place: Rehearsal) -> None:
    service = Kubernetes(place.directory)
    place.write_inventory(**service.variables)
    service.has(ACCOUNT, 9)
    asked: list[str] = []

    def hide(request: Request) -> Answer | None:
        reads = request.method == "GET" and request.path.endswith("/secrets/vonage")
        asked.extend([request.path] if reads else [])
        first = reads and len(asked) == 1
        return Answer(400, {"kind": "Status", "status": "Failure", "code": 400}) if first else None

    with service.fake:
        service.fake.step_in = hide
        run = hand_over(place, service)
    assert run.status == 2
    assert "has generation 9, and this run has generation 1" in run.text
    assert service.fake.secret(NAMESPACE, "vonage")["VONAGE_API_SECRET_GENERATION"] == "9"
    assert len(place.secret_ids()) == 2
