# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vonage's own Python SDK works against the simulator, over TLS: the simulator speaks what the SDK expects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import trustme
from vonage import Auth, HttpClientOptions, Vonage
from vonage_http_client.errors import AuthenticationError, ForbiddenError, HttpRequestError, NotFoundError
from vonage_subaccounts import TransferRequest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "roles" / "simulator" / "files"))

from vonage_simulator.server import Simulator  # noqa: E402  # the line above makes it importable

KEY = "c0ffee01"
VALUE = "Rehearsal0nlyPrimary"
NEW = "New0neSecret"
TRX = "00X123456Y7890123Z"
HOOK = "https://hooks.example.net/sms/inbound"


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A simulator with two listeners that speak TLS with a certificate of a new authority, which is trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    # The SDK offers no option for it, and an exported bundle would win over the session's anyway.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    # The loopback address is not for a proxy that the environment may name.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Simulator(second_port=0, tls_cert=str(tmp_path / "server.pem")) as simulator:
        yield simulator


def client(sim: Simulator, value: str = VALUE) -> Vonage:
    hosts = HttpClientOptions(
        rest_host=sim.rest_url[len("https://") :], api_host=sim.api_url[len("https://") :], timeout=120
    )
    return Vonage(Auth(api_key=KEY, api_secret=value), hosts)


def test_balance(sim: Simulator) -> None:
    balance = client(sim).account.get_balance()
    assert (balance.value, balance.auto_reload) == (42.5, True)


def test_top_up(sim: Simulator) -> None:
    answer = client(sim).account.top_up(TRX)
    assert (answer.error_code, answer.error_code_label) == ("200", "success")
    assert sim.state.accounts[KEY].charges == 1


def test_a_failed_top_up(sim: Simulator) -> None:
    with pytest.raises(HttpRequestError) as error:
        client(sim).account.top_up("another")
    assert error.value.response.json()["error-code-label"] == "topup failed"


def test_the_sdks_settings_are_a_silent_no_op(sim: Simulator) -> None:
    # The SDK writes moCallbackUrl, the service reads moCallBackUrl: it answers 200 with what was there before.
    settings = client(sim).account.update_default_sms_webhook(mo_callback_url=HOOK)
    assert (settings.mo_callback_url, settings.max_outbound_request) == ("", 30)
    (entry,) = sim.requests("POST", "/account/settings")
    assert entry.body.startswith("moCallbackUrl=")
    assert (entry.status, entry.committed) == (200, False)


def test_a_rotation(sim: Simulator) -> None:
    old_client, new_client = client(sim), client(sim, NEW)
    (old,) = old_client.account.list_secrets()
    with pytest.raises(AuthenticationError):
        new_client.account.list_secrets()
    new = old_client.account.create_secret(NEW)
    assert new_client.account.get_balance().value == 42.5
    assert {secret.id for secret in new_client.account.list_secrets()} == {old.id, new.id}
    assert old_client.account.get_secret(new.id) == new
    new_client.account.revoke_secret(old.id)
    with pytest.raises(AuthenticationError):
        old_client.account.get_balance()
    assert [secret.id for secret in new_client.account.list_secrets()] == [new.id]


def test_the_errors_of_secrets(sim: Simulator) -> None:
    account = client(sim).account
    (only,) = account.list_secrets()
    with pytest.raises(ForbiddenError, match="at least 1 secret"):
        account.revoke_secret(only.id)
    account.create_secret(NEW)
    with pytest.raises(ForbiddenError, match="maximum number"):
        account.create_secret(NEW + "2")
    with pytest.raises(NotFoundError, match="no-such-id"):
        account.get_secret("no-such-id")


def test_a_form_after_json_is_labelled_json_by_the_sdk(sim: Simulator) -> None:
    # The SDK shares one headers object: after a JSON call, its form is labelled JSON and cannot be read.
    account = client(sim).account
    account.create_secret(NEW)
    with pytest.raises(HttpRequestError) as error:
        account.top_up(TRX)
    assert error.value.response.json()["invalid_parameters"] == {"trx": "Is required."}
    assert sim.requests("POST", "top-up")[0].headers["content-type"] == "application/json"
    assert sim.state.accounts[KEY].charges == 0


def test_the_sdk_repeats_a_charge_whose_answer_was_lost(sim: Simulator) -> None:
    # Why the collection has a client of its own.
    sim.add_fault("drop_after", path="/account/top-up")
    client(sim).account.top_up(TRX)
    assert sim.state.accounts[KEY].charges == 2


def test_subaccounts(sim: Simulator) -> None:
    # Only an account with a name: the SDK refuses the null that the service answers otherwise.
    sim.state.accounts[KEY].name = "Head office"
    subaccounts = client(sim).subaccounts
    listed = subaccounts.list_subaccounts()
    assert listed.primary_account.api_key == KEY
    assert [account.name for account in listed.subaccounts] == ["Shop Berlin", "Shop Lyon"]
    assert subaccounts.get_subaccount("5ab00002").balance == 10
    transfer = subaccounts.transfer_balance(TransferRequest(from_=KEY, to="5ab00002", amount=12.34))
    assert transfer.amount == 12.34
    assert sim.state.accounts["5ab00002"].balance == Decimal("22.34")
