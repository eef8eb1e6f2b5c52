# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stores of a record have in common, and how each of them puts it to its service; the services are in the system
tests."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.aws_secretsmanager import (
    SecretsManagerStore,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import (
    Conflict,
    RecordStore,
    Stored,
    document,
    record_in,
    save,
    silent,
    silent_in,
)
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.hashi_vault_kv2 import VaultStore
from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.kubernetes import KubernetesStore

VALUE = "Recorded0neWithoutEnd1234"


def record(version: int, **changes: t.Any) -> dict[str, t.Any]:
    return {"account_id": "abcd1234", "version": version, "generation": 3, "current": {"value": VALUE}, **changes}


class Memory(RecordStore):
    """A store that does as it is told."""

    place = "the record in memory"

    def __init__(self, stored: t.Any = None, keeps: bool = True, conflicts: bool = False) -> None:
        self.stored = stored
        self.keeps = keeps
        self.conflicts = conflicts
        self.writes = 0

    def read(self) -> Stored:
        return Stored(self.stored, 1)

    def write(self, record: dict[str, t.Any], replaced: Stored) -> None:
        self.writes += 1
        if self.keeps:
            self.stored = record
        if self.conflicts:
            raise Conflict("it says so")


@pytest.mark.parametrize("stored", [None, record(1)])
def test_the_next_version_is_saved(stored: t.Any) -> None:
    store = Memory(stored)
    following = record((stored or {"version": 0})["version"] + 1)
    following["stage"] = "prepared"
    assert save(store, following, check_mode=False) == {"changed": True, "record": following}
    assert store.stored == following


def test_that_a_run_holds_the_record_is_saved_and_changes_nothing() -> None:
    store = Memory(record(1))
    leased = record(2, lease={"holder": "this run", "expires": "2026-11-26T13:00:00Z"})
    assert save(store, leased, check_mode=False) == {"changed": False, "record": leased}
    assert store.stored == leased


def test_the_same_again_is_not_written() -> None:
    store = Memory(record(2))
    assert save(store, record(2), check_mode=False) == {"changed": False, "record": record(2)}
    assert store.writes == 0


def test_check_mode_writes_nothing() -> None:
    store = Memory()
    assert save(store, record(1), check_mode=True)["changed"] is True
    assert store.writes == 0


@pytest.mark.parametrize("version", [1, 2, 4])
def test_another_version_is_refused(version: int) -> None:
    store = Memory(record(2))
    with pytest.raises(AnsibleActionFail, match=rf"^The record in memory has version 2, .* {version - 1}:"):
        save(store, record(version, stage="other"), check_mode=False)
    assert store.writes == 0


def test_a_record_of_another_account_is_refused_and_named() -> None:
    with pytest.raises(AnsibleActionFail, match="it became the record of account other123 meanwhile"):
        save(Memory(record(2, account_id="other123")), record(1), check_mode=False)


def test_a_conflict_is_refused_unless_it_is_with_oneself() -> None:
    with pytest.raises(AnsibleActionFail, match=r"changed by somebody else .* version 1 \(it says so\)"):
        save(Memory(conflicts=True, keeps=False), record(1), check_mode=False)
    assert save(Memory(conflicts=True), record(1), check_mode=False) == {"changed": True, "record": record(1)}


def test_what_reads_back_differently_is_said() -> None:
    with pytest.raises(AnsibleActionFail, match="reads back differently"):
        save(Memory(keeps=False), record(1), check_mode=False)


def test_a_document_says_what_is_in_use() -> None:
    assert document(record(1)) == {
        "vonage_rotation": record(1),
        "api_key": "abcd1234",
        "api_secret": VALUE,
        "generation": 3,
    }
    assert document(record(1, current=None))["api_secret"] == ""


@pytest.mark.parametrize("content", [None, [], "text", {}, {"vonage_rotation": "text"}])
def test_what_is_no_document_is_refused(content: t.Any) -> None:
    with pytest.raises(AnsibleActionFail, match=r"stored as the place holds no record of a rotation"):
        record_in(content, "the place")


@pytest.mark.parametrize("quoted", [VALUE, base64.b64encode(f'{{"value": "{VALUE}"}}'.encode()).decode()])
def test_what_a_service_repeats_is_taken_out(quoted: str) -> None:
    said = silent(f"bad input: {quoted}", record(1, retired=[{"value": "An0therValueOfThem"}]), None)
    assert VALUE not in said
    assert quoted not in said
    assert "bad input" in silent("bad input: An0therThing", record(1))


def test_what_a_service_says_is_one_line_without_control_characters() -> None:
    said = silent("bad\r\ninput\x1b[2J\x00\u2028FORGED: line\x85end", record(1))
    assert said == "bad input [2J FORGED: line end"


def test_each_text_of_what_a_service_says_is_silent() -> None:
    error = {"detail": f"not {VALUE}", "status": 422, "invalid_parameters": [{"name": "secret", "reason": VALUE}]}
    said = silent_in(error, record(1))
    assert VALUE not in json.dumps(said)
    assert said["status"] == 422


# -- Vault -------------------------------------------------------------------------------------------------------------


class InvalidPath(Exception):
    pass


def vault(*answers: t.Any) -> tuple[VaultStore, list[t.Any]]:
    """A store, and the calls of lookups that it makes, which are answered with these."""
    calls: list[t.Any] = []
    pending = iter(answers)

    def look_up(name: str, term: str, **options: t.Any) -> t.Any:
        calls.append((name, term, options))
        answer = next(pending)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return VaultStore(look_up, "secret", "vonage/abcd1234"), calls


def caused(error: Exception) -> AnsibleError:
    """An error of a lookup, as it wraps one of its library."""
    outer = AnsibleError("said by the lookup")
    outer.__cause__ = error
    return outer


def test_vault_is_read_with_its_version() -> None:
    store, calls = vault({"secret": document(record(4)), "metadata": {"version": 9}})
    assert store.read() == Stored(record(4), 9)
    assert calls == [("vault_kv2_get", "vonage/abcd1234", {"engine_mount_point": "secret"})]


def test_nothing_in_vault_is_no_error() -> None:
    assert vault(caused(InvalidPath("None, on get")))[0].read() == Stored()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (caused(InvalidPath("no handler for route")), "Vault has no secrets engine at secret"),
        (caused(PermissionError("denied")), r"vonage/abcd1234 in Vault cannot be read \(PermissionError: denied\)"),
        (ConnectionError("refused"), r"cannot be read \(ConnectionError: refused\)"),
        (AnsibleActionFail("install it"), "^install it$"),
    ],
)
def test_vault_that_cannot_be_read(error: Exception, message: str) -> None:
    with pytest.raises(AnsibleActionFail, match=message):
        vault(error)[0].read()


@pytest.mark.parametrize(("replaced", "cas"), [(Stored(), 0), (Stored(record(1), 7), 7)])
def test_vault_is_told_what_is_replaced(replaced: Stored, cas: int) -> None:
    store, calls = vault({})
    store.write(record(2), replaced)
    data = {"data": document(record(2)), "options": {"cas": cas}}
    assert calls == [("vault_write", "secret/data/vonage/abcd1234", {"data": data})]


def test_vault_that_refuses() -> None:
    mismatch = Exception("check-and-set parameter did not match the current version, on post http://vault")
    with pytest.raises(Conflict, match="has to be undeleted first"):
        vault(mismatch)[0].write(record(1), Stored())
    with pytest.raises(Conflict, match="current version$"):
        vault(mismatch)[0].write(record(2), Stored(record(1), 1))
    with pytest.raises(AnsibleActionFail, match=r"cannot be written \(ValueError: \*+\)"):
        vault(ValueError(VALUE))[0].write(record(1), Stored())
    with pytest.raises(AnsibleActionFail, match="^install it$"):
        vault(AnsibleActionFail("install it"))[0].write(record(1), Stored())


# -- AWS ---------------------------------------------------------------------------------------------------------------


class ClientError(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"An error occurred ({code}): {message}")
        self.response = {"Error": {"Code": code}}


class Client:
    """The part of boto3's client that is used, with one answer."""

    def __init__(self, answer: t.Any = None) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, t.Any]]] = []

    def __getattr__(self, name: str) -> t.Callable[..., t.Any]:
        def call(**options: t.Any) -> t.Any:
            self.calls.append((name, options))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call


def test_secrets_manager_is_read() -> None:
    client = Client({"SecretString": json.dumps(document(record(4))), "VersionId": "v9"})
    assert SecretsManagerStore(client, "vonage/abcd1234", None).read() == Stored(record(4), "v9")
    assert client.calls == [("get_secret_value", {"SecretId": "vonage/abcd1234"})]


@pytest.mark.parametrize("answer", [{"SecretString": "no JSON", "VersionId": "v"}, {"VersionId": "v"}])
def test_secrets_manager_holds_something_else(answer: dict[str, str]) -> None:
    with pytest.raises(AnsibleActionFail, match="holds no record"):
        SecretsManagerStore(Client(answer), "name", None).read()


def test_secrets_manager_holds_nothing() -> None:
    missing = ClientError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    assert SecretsManagerStore(Client(missing), "name", None).read() == Stored()
    empty = ClientError("ResourceNotFoundException", "can't find the secret value for staging label: AWSCURRENT")
    assert SecretsManagerStore(Client(empty), "name", None).read() == Stored(version="")
    with pytest.raises(AnsibleActionFail, match="marked for deletion"):
        SecretsManagerStore(Client(ClientError("InvalidRequestException", "marked for deletion")), "name", None).read()


def test_a_version_has_one_successor() -> None:
    client = Client()
    store = SecretsManagerStore(client, "name", "alias/rotation")
    for replaced in (Stored(), Stored(version=""), Stored(record(1), "v1"), Stored(record(1), "v1"), Stored({}, "v2")):
        store.write(record(2), replaced)
    names, options = zip(*client.calls)
    assert names == ("create_secret", *["put_secret_value"] * 4)
    first, empty, one, same, other = (option["ClientRequestToken"] for option in options)
    assert first == empty
    assert one == same
    assert len({first, one, other}) == 3
    assert options[0]["KmsKeyId"] == "alias/rotation"
    assert json.loads(options[4]["SecretString"]) == document(record(2))


def test_secrets_manager_that_refuses() -> None:
    with pytest.raises(Conflict):
        SecretsManagerStore(Client(ClientError("ResourceExistsException")), "name", None).write(record(1), Stored())
    with pytest.raises(AnsibleActionFail, match="AccessDenied"):
        SecretsManagerStore(Client(ClientError("AccessDenied")), "name", None).write(record(1), Stored())


# -- Kubernetes --------------------------------------------------------------------------------------------------------


def kubernetes(*results: dict[str, t.Any]) -> tuple[KubernetesStore, list[t.Any]]:
    """A store, and the modules that it runs, which end with these."""
    calls: list[t.Any] = []
    pending = iter(results)

    def call(module: str, **options: t.Any) -> dict[str, t.Any]:
        calls.append((module, options))
        return next(pending)

    return KubernetesStore(call, "sms", "vonage"), calls


def secret(content: dict[str, t.Any], version: str = "7") -> dict[str, t.Any]:
    """What k8s_info returns."""
    data = {name: base64.b64encode(json.dumps(value).encode()).decode() for name, value in content.items()}
    return {"api_found": True, "resources": [{"data": data, "metadata": {"resourceVersion": version}}]}


def test_a_secret_is_read_with_its_version() -> None:
    store, calls = kubernetes(secret(document(record(4))))
    assert store.read() == Stored(record(4), "7")
    assert calls == [("k8s_info", {"api_version": "v1", "kind": "Secret", "namespace": "sms", "name": "vonage"})]
    assert kubernetes({"resources": []})[0].read() == Stored()
    assert kubernetes(secret({}))[0].read() == Stored(None, "7")


@pytest.mark.parametrize("broken", [{"other": "x"}, {"vonage_rotation": "text"}])
def test_a_secret_that_holds_something_else(broken: dict[str, t.Any]) -> None:
    with pytest.raises(AnsibleActionFail, match="holds no record"):
        kubernetes(secret(broken))[0].read()


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"failed": True, "msg": "403 Forbidden"}, r"Secret sms/vonage cannot be read \(403 Forbidden\)$"),
        ({"failed": True, "module_stderr": "crashed"}, "crashed"),
        ({"api_found": False, "resources": []}, "no reason was given"),
        ({"failed": True, "msg": "Failed to import the library (kubernetes)"}, "pip install kubernetes"),
    ],
)
def test_a_secret_that_cannot_be_read(result: dict[str, t.Any], message: str) -> None:
    with pytest.raises(AnsibleActionFail, match=message):
        kubernetes(result)[0].read()


def test_a_secret_is_changed_only_in_the_version_that_was_read() -> None:
    store, calls = kubernetes({})
    store.write(record(2), Stored(record(1), "7"))
    [(module, options)] = calls
    assert (module, options["state"], options["merge_type"]) == ("k8s", "patched", ["merge"])
    definition = options["resource_definition"]
    assert definition["metadata"] == {"namespace": "sms", "name": "vonage", "resourceVersion": "7"}
    decoded = {name: base64.b64decode(text).decode() for name, text in definition["data"].items()}
    assert json.loads(decoded.pop("vonage_rotation")) == record(2)
    assert decoded == {"api_key": "abcd1234", "api_secret": VALUE, "generation": "3"}


def test_a_secret_is_created_empty() -> None:
    store, calls = kubernetes({}, secret({}, "8"), {})
    store.write(record(1), Stored())
    assert [module for module, _options in calls] == ["k8s", "k8s_info", "k8s"]
    assert "data" not in calls[0][1]["resource_definition"]
    assert calls[2][1]["resource_definition"]["metadata"]["resourceVersion"] == "8"


def test_a_secret_that_somebody_else_wrote() -> None:
    with pytest.raises(Conflict):
        kubernetes({}, secret(document(record(1))))[0].write(record(1), Stored())
    with pytest.raises(Conflict):
        kubernetes({"failed": True, "reason": "Conflict", "msg": VALUE})[0].write(record(2), Stored(record(1), "7"))


def test_a_secret_that_cannot_be_written() -> None:
    with pytest.raises(AnsibleActionFail, match="cannot be created"):
        kubernetes({"failed": True, "msg": "no"})[0].write(record(1), Stored())
    repeated = base64.b64encode(json.dumps(record(2)).encode()).decode()
    with pytest.raises(AnsibleActionFail, match="cannot be written") as raised:
        kubernetes({"failed": True, "msg": repeated})[0].write(record(2), Stored(record(1), "7"))
    assert repeated not in str(raised.value)
