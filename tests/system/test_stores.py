# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record in Vault, AWS Secrets Manager and Kubernetes: the real clients, against OpenBao, moto and a stand-in."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal, Run
from fakes.aws import FakeSecretsManager
from fakes.kubernetes import FakeKubernetes
from fakes.openapi import assert_published
from fakes.openbao import OpenBao
from fakes.server import Answer, Request
from oracle import Oracle
from test_check_store import check_store, findings
from test_rotate_fleet import SUBACCOUNTS, Accounts

FORCED = ("-e", "rotate_api_secret_force=true")
NAMESPACE = "sms"


class Service:
    """A store, and the service behind it.

    :ivar store: Its name.
    :ivar name: Of what it keeps the record in.
    :ivar setting: The variable of the role that says so, without prefix.
    :ivar fake: The service.
    :ivar variables: Of the role, without prefix.
    :ivar environment: How a run reaches the service, and logs in.
    """

    store: str
    name: str
    setting = "name"
    fake: Any
    variables: dict[str, Any]
    environment: dict[str, str]

    def document(self) -> dict[str, Any] | None:
        """What is stored, with the record parsed."""
        raise NotImplementedError

    def record(self) -> dict[str, Any]:
        document = self.document()
        assert document is not None
        record: dict[str, Any] = document["vonage_rotation"]
        return record

    def overwrite(self, record: dict[str, Any]) -> None:
        """Store a record as another run does."""
        raise NotImplementedError

    def put(self, content: dict[str, str]) -> None:
        """Store something that is no record."""
        raise NotImplementedError

    def is_save(self, request: Request) -> bool:
        """Whether a request is the one that stores the record."""
        raise NotImplementedError

    def refusal(self) -> Answer:
        """How the service says that this login may not."""
        raise NotImplementedError


class Vault(Service):
    store = "hashi_vault_kv2"
    name = f"vonage/{ACCOUNT}"
    setting = "path"

    def __init__(self, directory: Path) -> None:
        self.fake = OpenBao()
        self.variables = {}
        self.environment = {"VAULT_ADDR": self.fake.url, "VAULT_TOKEN": self.fake.root_token}

    def document(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.fake.get(self.name)
        return found

    def overwrite(self, record: dict[str, Any]) -> None:
        self.fake.put(self.name, {"vonage_rotation": record})

    def put(self, content: dict[str, str]) -> None:
        self.fake.put(self.name, content)

    def is_save(self, request: Request) -> bool:
        return request.method in ("POST", "PUT")

    def refusal(self) -> Answer:
        return Answer(403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]})


class Aws(Service):
    store = "aws_secretsmanager"
    name = f"vonage/{ACCOUNT}"

    def __init__(self, directory: Path) -> None:
        self.fake = FakeSecretsManager()
        self.variables = {"aws_secretsmanager_region": "eu-central-1"}
        self.environment = {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.fake.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_CONFIG_FILE": "/nowhere",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
            "AWS_MAX_ATTEMPTS": "1",
        }

    @property
    def client(self) -> Any:
        login = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client("secretsmanager", region_name="eu-central-1", endpoint_url=self.fake.backend_url, **login)

    def document(self) -> dict[str, Any] | None:
        client = self.client
        try:
            found = client.get_secret_value(SecretId=self.name)
        except client.exceptions.ResourceNotFoundException:
            return None
        document: dict[str, Any] = json.loads(found["SecretString"])
        return document

    def overwrite(self, record: dict[str, Any]) -> None:
        self.client.put_secret_value(SecretId=self.name, SecretString=json.dumps({"vonage_rotation": record}))

    def put(self, content: dict[str, str]) -> None:
        self.client.create_secret(Name=self.name, SecretString=json.dumps(content))

    def is_save(self, request: Request) -> bool:
        return request.headers["x-amz-target"].endswith((".CreateSecret", ".PutSecretValue"))

    def refusal(self) -> Answer:
        return Answer(400, {"__type": "AccessDeniedException", "Message": "User is not authorized to perform this"})


class Kubernetes(Service):
    store = "kubernetes"
    name = f"vonage-{ACCOUNT}"

    def __init__(self, directory: Path) -> None:
        self.fake = FakeKubernetes(NAMESPACE)
        self.variables = {"kubernetes_namespace": NAMESPACE}
        self.environment = {"K8S_AUTH_KUBECONFIG": self.fake.write_kubeconfig(directory / "kubeconfig")}

    def document(self) -> dict[str, Any] | None:
        found = self.fake.secret(NAMESPACE, self.name)
        return found and {**found, "vonage_rotation": json.loads(found["vonage_rotation"])}

    def overwrite(self, record: dict[str, Any]) -> None:
        self.put({"vonage_rotation": json.dumps(record)})

    def put(self, content: dict[str, str]) -> None:
        data = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": self.name}, "stringData": content}
        self.fake.put("secrets", NAMESPACE, data)

    def is_save(self, request: Request) -> bool:
        return request.method == "PATCH"

    def refusal(self) -> Answer:
        message = 'secrets is forbidden: User "system:serviceaccount:sms:deploy" cannot do this'
        return Answer(
            403, {"kind": "Status", "status": "Failure", "message": message, "reason": "Forbidden", "code": 403}
        )


@pytest.fixture(params=[Vault, Aws, Kubernetes], ids=lambda kind: kind.store)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """Each store, with a service in which nothing is stored."""
    service: Service = request.param(tmp_path)
    with service.fake:
        yield service
    if isinstance(service, Kubernetes):
        assert_published(service.fake.exchanged)


def one_of_them(kind: type[Service]) -> pytest.MarkDecorator:
    """All stores, of which the others are further cases."""
    params = [
        pytest.param(made, id=made.store, marks=() if made is kind else pytest.mark.full)
        for made in (Vault, Aws, Kubernetes)
    ]
    return pytest.mark.parametrize("service", params, indirect=True)


@pytest.fixture
def place(place: Rehearsal, service: Service) -> Rehearsal:
    """The usual place, with the record in the store."""
    usual = place.environment

    def environment() -> dict[str, str]:
        return {**usual(), **service.environment}

    place.environment = environment  # type: ignore[method-assign]
    use(place, service)
    return place


def use(place: Rehearsal, service: Service, **changes: Any) -> None:
    place.write_inventory(record="", store=service.store, **{**service.variables, **changes})


def assert_rotated(place: Rehearsal, service: Service, generation: int = 1) -> None:
    record = service.record()
    assert (record["stage"], record["generation"]) == ("idle", generation)
    assert place.secret_ids() == [record["current"]["id"]]
    value = record["current"]["value"]
    assert f"VONAGE_API_SECRET={value}\n" in place.env_file.read_text(encoding="utf-8")
    # What a consumer reads that is not interested in the rest.
    document = service.document()
    assert document is not None
    assert (document["api_key"], document["api_secret"]) == (ACCOUNT, value)
    assert str(document["generation"]) == str(generation)


def values(service: Service) -> set[str]:
    """All values that the record knows, and the one that the first rotation started from."""
    record = service.record()
    entries = [record["current"], record["pending"], record["previous"], *record["retired"]]
    return {FIRST_SECRET} | {entry["value"] for entry in entries if entry and entry["value"]}


def somebody_elses(record: dict[str, Any]) -> dict[str, Any]:
    """What another run saves that read this record."""
    return {**record, "version": record["version"] + 1, "lease": {"holder": "somebody else", "expires": None}}


# -- rotations ---------------------------------------------------------------------------------------------------------


@one_of_them(Vault)
def test_a_rotation_and_a_second_run(place: Rehearsal, service: Service) -> None:
    place.start_consumer()
    place.rotate(vault=False)
    assert_rotated(place, service)
    assert service.record()["version"] == 5
    second = place.rotate(vault=False)
    assert second.changed == 0
    assert "idle (not_due)" in second.output
    # From the record alone.
    place.rotate(*FORCED, vault=False, environment={"VONAGE_API_SECRET": ""})
    assert_rotated(place, service, generation=2)
    assert place.stop_consumer()["refused"] == 0


@pytest.mark.full
def test_check_mode_stores_nothing(place: Rehearsal, service: Service) -> None:
    run = place.rotate("--check", *FORCED, vault=False)
    assert "rotate (forced)" in run.output
    assert service.document() is None
    assert place.writes() == []


def let_another_run_in(place: Rehearsal, service: Service, step: str) -> None:
    """Have another run read and save while the next one is about to save; it is killed after that."""

    def step_in(request: Request) -> Answer | None:
        if service.is_save(request):
            service.fake.step_in = None
            other = place.run(vault=False, kill_after=f"Save the rotation record ({step})")
            assert other.status == -9, other.output
        return None

    service.fake.step_in = step_in


def assert_refused(run: Run) -> None:
    assert run.status == 2, run.output
    assert "was changed by somebody else" in run.text
    assert "Nothing was saved; run again when it has ended" in run.text


# The run that waits for the other one must not take that for a service that is down.
PATIENT = {"ANSIBLE_HASHI_VAULT_TIMEOUT": "100"}


@one_of_them(Aws)
def test_of_two_runs_that_begin_at_once_one_goes_on(place: Rehearsal, service: Service) -> None:
    let_another_run_in(place, service, "prepare")
    assert_refused(place.run(vault=False, environment=PATIENT))
    record = service.record()
    assert (record["version"], record["stage"]) == (1, "prepared")
    assert place.writes() == []


@pytest.mark.full
def test_of_two_runs_that_resume_at_once_one_goes_on(place: Rehearsal, service: Service) -> None:
    assert place.run(vault=False, kill_after="Save the rotation record (prepare)").status == -9
    pending = service.record()["pending"]
    let_another_run_in(place, service, "promote")
    assert_refused(place.run(vault=False, environment=PATIENT))
    record = service.record()
    # After prepare, claim, create and promote.
    assert (record["version"], record["stage"]) == (4, "promoted")
    # One value, created once.
    assert record["current"]["value"] == pending["value"]
    assert len(place.writes()) == 1


@pytest.mark.full
def test_a_save_is_refused_when_another_run_saved_before(place: Rehearsal, service: Service) -> None:
    saves = []

    def step_in(request: Request) -> Answer | None:
        # Before the second save looks: the first one looked, saved and read back.
        if saves and not service.is_save(request):
            saves.append(request)
            if len(saves) == 3:
                service.fake.step_in = None
                service.overwrite(somebody_elses(service.record()))
        elif service.is_save(request):
            saves.append(request)
        return None

    service.fake.step_in = step_in
    run = place.run(vault=False)
    assert run.status == 2, run.output
    assert "has version 2, and this run had read version 1" in run.text
    assert service.record()["lease"] == {"holder": "somebody else", "expires": None}


@pytest.mark.full
def test_a_save_whose_answer_is_lost_is_found_by_the_next_run(place: Rehearsal, service: Service) -> None:
    def step_in(request: Request) -> Answer | None:
        if service.is_save(request):
            service.fake.step_in = None
            service.fake.answer(request)
            raise ConnectionAbortedError
        return None

    place.start_consumer()
    service.fake.step_in = step_in
    place.run(vault=False)
    value = service.record()["pending"]["value"] if service.record()["pending"] else None
    place.rotate(vault=False)
    assert_rotated(place, service)
    assert value in (None, service.record()["current"]["value"])
    assert len(place.writes()) == 2
    assert place.stop_consumer()["refused"] == 0


@one_of_them(Vault)
def test_a_service_that_is_down_stops_the_run_before_vonage_is_asked(place: Rehearsal, service: Service) -> None:
    service.fake.stop()
    run = place.run(vault=False)
    assert run.status == 2
    assert "cannot be read (" in run.text
    assert place.calls() == []


@pytest.mark.full
def test_a_service_that_refuses_to_store_stops_the_run_before_anything_is_created(
    place: Rehearsal, service: Service
) -> None:
    service.fake.step_in = lambda request: service.refusal() if service.is_save(request) else None
    run = place.run(vault=False)
    assert run.status == 2
    assert "cannot be written (" in run.text
    assert any(word in run.text for word in ("permission denied", "not authorized", "forbidden"))
    assert place.writes() == []


@pytest.mark.full
def test_what_is_no_record_is_left_alone(place: Rehearsal, service: Service) -> None:
    service.put({"password": "N0recordOfOurs"})
    run = place.run(vault=False)
    assert run.status == 2
    assert "holds no record of a rotation" in run.text
    assert "N0recordOfOurs" not in run.output
    assert place.calls() == []


def echo(request: Request) -> Answer:
    """A refusal that repeats what it was sent, which no service should do."""
    text = request.body.decode()
    status = {"kind": "Status", "status": "Failure", "message": text, "reason": "Invalid", "code": 422}
    return Answer(422, {"errors": [text], "__type": "ValidationException", "Message": text, **status})


@one_of_them(Aws)
def test_nothing_shows_a_value(place: Rehearsal, service: Service) -> None:
    place.start_consumer()
    with Oracle(place) as oracle:
        assert oracle.run(vault=False).status == 0
        assert oracle.run("--check", *FORCED, vault=False).status == 0
        service.fake.step_in = lambda request: echo(request) if service.is_save(request) else None
        refused = oracle.run(*FORCED, vault=False)
        assert refused.status == 2
        assert "cannot be written (" in refused.text
        service.fake.step_in = None
        assert oracle.run(*FORCED, vault=False).status == 0
        assert len(values(service)) >= 3
        oracle.assert_silent(values(service))


@pytest.mark.full
@pytest.mark.parametrize("missing", ["collection", "library"])
def test_what_is_missing_is_named(place: Rehearsal, service: Service, missing: str) -> None:
    library = {"hashi_vault_kv2": "hvac", "aws_secretsmanager": "boto3", "kubernetes": "kubernetes"}[service.store]
    environment = {"ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
    if missing == "library":
        (place.directory / "missing" / library).mkdir(parents=True)
        code = f"raise ImportError('No module named {library}')"
        (place.directory / "missing" / library / "__init__.py").write_text(code, encoding="utf-8")
        environment = {"PYTHONPATH": str(place.directory / "missing")}
    elif service.store == "aws_secretsmanager":
        pytest.skip("needs no collection")
    run = place.run(vault=False, environment=environment)
    assert run.status == 2
    assert library in run.text
    assert "nstall" in run.text
    assert place.calls() == []


# -- what each service is asked ----------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("service", [Vault], indirect=True, ids=["hashi_vault_kv2"])
def test_vault_is_given_a_version_to_compare_with_each_write(place: Rehearsal, service: Vault) -> None:
    service.fake.require_cas()
    place.start_consumer()
    place.rotate(vault=False)
    writes = [request.json["options"] for request, _status in service.fake.log if service.is_save(request)]
    assert writes == [{"cas": version} for version in range(5)]
    assert place.stop_consumer()["refused"] == 0


# -- the check of a store ----------------------------------------------------------------------------------------------


@pytest.mark.full
def test_the_store_keeps_its_contract(place: Rehearsal, service: Service) -> None:
    for _twice in range(2):
        run = check_store(place)
        assert run.status == 0, run.output
        assert "keeps its contract" in run.text
        assert findings(run) == ["kept"] * 4
    assert service.document() is None
    assert place.calls() == []


@pytest.mark.full
def test_the_check_leaves_alone_what_is_stored(place: Rehearsal, service: Service) -> None:
    use(place, service, consumers="")
    place.rotate(vault=False)
    before = service.document()
    run = check_store(place, "-e", f"rotate_api_secret_{service.store}_{service.setting}={service.name}")
    assert run.status == 2
    assert "Something is stored there already, which is left alone" in run.text
    assert service.document() == before


# -- docs/stores.md: each block as it stands, with the permissions that it names and no more ---------------------------


def block(language: str, number: int = 1) -> str:
    """A block of the guide, by its language and its number among those."""
    text = (ROOT / "docs" / "stores.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[number - 1]


def settings(place: Rehearsal, service: Service) -> tuple[str, str]:
    """The arguments that give a run the settings in the guide, which are all that it has of the store."""
    number = {"hashi_vault_kv2": 1, "aws_secretsmanager": 2, "kubernetes": 3}[service.store]
    place.write_inventory(record="")
    path = place.directory / "settings.yml"
    path.write_text(block("yaml", number), encoding="utf-8")
    return "-e", f"@{path}"


@pytest.mark.full
def test_the_settings_and_the_permissions_in_the_guide_suffice(place: Rehearsal, service: Service) -> None:
    arguments = settings(place, service)
    environment = {}
    if isinstance(service, Vault):
        policy = re.findall(r'path "(.+)" {\s+capabilities = (\[.+\])\s+}', block("hcl"))
        service.fake.allow_approle("rotation", "OfTheRotation", {path: json.loads(rights) for path, rights in policy})
        # An extra variable of the file comes first, so the address in it is overridden by another.
        arguments += ("-e", f"ansible_hashi_vault_url={service.fake.url}")
        environment = {"ROTATION_SECRET_ID": "OfTheRotation", "VAULT_TOKEN": "hvs.of-nobody", "VAULT_ADDR": ""}
    if isinstance(service, Kubernetes):
        role = yaml.safe_load(block("yaml", 4))
        token = service.fake.allow(role["metadata"]["namespace"], role["rules"])
        kubeconfig = Path(service.environment["K8S_AUTH_KUBECONFIG"])
        kubeconfig.write_text(kubeconfig.read_text(encoding="utf-8").replace("admin-of-the-fake", token))
        config = json.loads(kubeconfig.read_text(encoding="utf-8"))
        config["contexts"][0]["name"] = "production"
        kubeconfig.write_text(json.dumps({**config, "current-context": "nothing"}), encoding="utf-8")
    place.start_consumer()
    place.rotate(*arguments, vault=False, environment=environment)
    assert_rotated(place, service)
    assert place.stop_consumer()["refused"] == 0
    if isinstance(service, Aws):
        # moto grants everything: what was used is what the policy grants.
        [statement] = json.loads(block("json"))["Statement"]
        used = {request.headers["x-amz-target"].partition(".")[2] for request, _status in service.fake.log}
        assert {f"secretsmanager:{action}" for action in used} == set(statement["Action"])


@pytest.mark.parametrize("service", [Kubernetes], indirect=True, ids=["kubernetes"])
def test_an_empty_secret_of_the_administrator_is_used(place: Rehearsal, service: Kubernetes) -> None:
    service.put({})
    empty = service.fake.get("secrets", NAMESPACE, service.name)
    service.fake.put("secrets", NAMESPACE, {**empty, "metadata": {**empty["metadata"], "labels": {"team": "sms"}}})
    rules = yaml.safe_load(block("yaml", 4))["rules"][:1]
    environment = {"K8S_AUTH_HOST": service.fake.url, "K8S_AUTH_API_KEY": service.fake.allow(NAMESPACE, rules)}
    use(place, service, consumers="")
    place.rotate(vault=False, environment={**environment, "K8S_AUTH_KUBECONFIG": ""})
    assert service.record()["stage"] == "distributed"
    assert service.fake.get("secrets", NAMESPACE, service.name)["metadata"]["labels"] == {"team": "sms"}


@pytest.mark.full
@pytest.mark.parametrize("service", [Aws], indirect=True, ids=["aws_secretsmanager"])
def test_a_secret_without_a_value_is_used(place: Rehearsal, service: Aws) -> None:
    service.client.create_secret(Name=service.name)
    use(place, service, consumers="")
    place.rotate(vault=False)
    assert service.record()["stage"] == "distributed"


@pytest.mark.full
def test_the_records_of_a_fleet(place: Rehearsal, service: Service) -> None:
    accounts = Accounts(place)
    # The store of Kubernetes uses a module.
    accounts.variables = {key: {"ansible_python_interpreter": sys.executable} for key in (ACCOUNT, *SUBACCOUNTS)}
    settings = {f"rotate_api_secret_{name}": value for name, value in service.variables.items()}
    options = {"rotate_api_secret_store": service.store, "rotate_fleet_records": "", **settings}
    accounts.finish(environment=service.environment, **options)
    assert service.record()["account_id"] == ACCOUNT
    run = accounts.run(environment=service.environment, **options)
    assert (run.status, run.changed) == (0, 0), run.output
    assert f"nothing to do: {', '.join([*SUBACCOUNTS, ACCOUNT])}" in run.text
    service.fake.stop()
    run = accounts.run(environment=service.environment, **options)
    assert run.status == 2
    assert "cannot be read (" in run.text
    assert place.calls() == []


@pytest.mark.full
@pytest.mark.parametrize("service", [Vault], indirect=True, ids=["hashi_vault_kv2"])
def test_a_secret_that_was_deleted_is_not_begun_anew(place: Rehearsal, service: Vault) -> None:
    service.overwrite({"version": 7})
    service.fake.delete(service.name)
    run = place.run(vault=False)
    assert run.status == 2
    assert "has to be undeleted first" in run.text
    assert place.writes() == []
