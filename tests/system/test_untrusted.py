# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Vonage, a host or a person wrote is data: it never runs, and comes out as it went in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, Rehearsal, account
from intercept import Answer, intercept

from vonage_simulator.faults import Delivery
from vonage_simulator.wire import Request, Response


def template(touched: Path) -> str:
    """A text that shows itself when it runs as a template."""
    return f"{{{{ lookup('ansible.builtin.pipe', 'touch {touched}') }}}}"


def hostile(touched: Path) -> str:
    """A text with all that may do harm: a template, control characters, line ends, half a character, a host's name."""
    return f"{template(touched)} \x00\x1b[2J\r\nFORGED: line\x85\u2028\ud800 localhost"


# -- Vonage ------------------------------------------------------------------------------------------------------------

SUBACCOUNT = {"api_key": "5ab00001", "primary_account": ACCOUNT, "name": "Shop", "secrets": [{"value": "Subaccount1"}]}
# More than any answer has.
PLACES = 16
MODULES: dict[str, dict[str, Any]] = {
    "vonage_balance_info": {},
    "vonage_account_settings": {"mo_callback_url": "https://example.com/new"},
    "vonage_api_secret_info": {"account_ids": [ACCOUNT, "5ab00001"], "candidates": ["N0tTheSecret"]},
    "vonage_api_secret": {"secret": "SecondSecret2"},
    "vonage_subaccount_info": {},
    "vonage_topup": {"trx": "00X123"},
}


def places(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with a change of each text in it."""
    if isinstance(value, dict):
        return {name: places(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [places(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def harm(place: Rehearsal, text: str) -> None:
    """Serve base URLs with a text in the answers: `/harm/7` in the eighth place that has one, `/harm/error/403` in all
    places of an error."""

    def harmful(request: Request, answer: Answer) -> Delivery:
        if not request.path.startswith("/harm/"):
            return answer(request)
        _empty, _harm, where, *path = request.path.split("/")
        if where == "error":
            return Delivery(error(int(path[0]), text))
        delivery = answer(replace(request, path="/" + "/".join(path)))
        assert delivery.response is not None
        count: Iterator[int] = iter(range(1000))
        body = places(json.loads(delivery.response.body), lambda old: text if next(count) == int(where) else old)
        return replace(delivery, response=replace(delivery.response, body=json.dumps(body).encode()))

    intercept(place.simulator, harmful)


def error(status: int, text: str) -> Response:
    names = ("title", "detail", "instance", "error-code-label")
    body = {
        **dict.fromkeys(names, text),
        "type": f"https://developer.nexmo.com/api-errors#{text}",
        "invalid_parameters": [{"name": text, "reason": text}],
    }
    line = text.encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "").replace("\x00", "")
    return Response(status, json.dumps(body).encode(), "application/json", {"X-Request-Id": line})


@pytest.mark.every_core
@pytest.mark.parametrize("in_process", [True, pytest.param(False, marks=pytest.mark.full)])
def test_no_text_of_an_answer_runs_in_a_module(place: Rehearsal, in_process: bool) -> None:
    touched, kept = place.directory / "touched", place.directory / "kept"
    place.simulator.engine.load_accounts([account(), SUBACCOUNT])
    harm(place, hostile(touched))
    tasks: list[dict[str, Any]] = []
    for module, options in MODULES.items():
        where = "{{ lookup('ansible.builtin.env', 'VONAGE_API_URL') }}/harm/{{ item }}"
        tasks += [
            {
                f"community.vonage.{module}": {**options, "rest_url": where, "api_url": where, "retries": 0},
                # Each takes a second as a module.
                "loop": [*range(PLACES if in_process or module == "vonage_subaccount_info" else 2), "error/403"],
                "register": module,
                "ignore_errors": True,
            },
            {"ansible.builtin.debug": {"var": module}},
            {"ansible.builtin.debug": {"msg": f"{{{{ {module}.results | map(attribute='msg', default='') | list }}}}"}},
            {"ansible.builtin.set_fact": {f"kept_{module}": f"{{{{ {module} }}}}"}},
            {"ansible.builtin.set_fact": {"derived": f"{{{{ {module}.results | string | upper }}}}"}},
            {"ansible.builtin.debug": {"msg": f"{{{{ kept_{module} }}}} {{{{ derived }}}}"}},
        ]
    everything = ", ".join(f"'{module}': kept_{module}" for module in MODULES)
    copy = {"content": f"{{{{ {{{everything}}} | to_json }}}}", "dest": str(kept), "mode": "0600"}
    tasks.append({"ansible.builtin.copy": copy, "no_log": True})
    run = place.play(*tasks, arguments=("-e", json.dumps({"vonage_in_process": in_process})))
    assert run.status == 0, run.output
    assert not touched.exists()
    # They were there, and are what they were.
    found = json.loads(kept.read_text(encoding="utf-8"))
    names = [one["name"] for row in found["vonage_subaccount_info"]["results"] for one in row.get("subaccounts", ())]
    assert hostile(touched).replace("\ud800", "\N{REPLACEMENT CHARACTER}") in names
    for module in MODULES:
        assert template(touched) in json.dumps(found[module]["results"][-1]), module


@pytest.mark.every_core
def test_no_text_of_an_answer_runs_in_a_rotation_or_writes_lines(place: Rehearsal) -> None:
    touched = place.directory / "touched"
    report, metrics, log = (place.directory / name for name in ("report.jsonl", "vonage.prom", "ansible.log"))
    place.write_inventory(consumers="", report=str(report), metrics=str(metrics))
    text = hostile(touched)

    def refused(request: Request, answer: Answer) -> Delivery:
        writes = request.method == "POST" and request.path.endswith("/secrets")
        return Delivery(error(403, text)) if writes else answer(request)

    intercept(place.simulator, refused)
    run = place.run(environment={"ANSIBLE_LOG_PATH": str(log)})
    assert run.status == 2
    assert "FORGED: line" in run.text
    assert not touched.exists()
    entries = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert [entry["event"] for entry in entries] == ["failed"]
    assert template(touched) in entries[0]["message"]
    assert template(touched) in entries[0]["error"]["title"]
    assert "vonage_rotation_outcome" in metrics.read_text(encoding="utf-8")
    lines = [*run.output.splitlines(), *log.read_text(encoding="utf-8", errors="replace").splitlines()]
    assert not [line for line in lines if line.lstrip().startswith("FORGED")]


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/secrets/"), pytest.param("GET", "/account/get-balance", marks=pytest.mark.full)],
)
def test_no_error_in_a_rotation_quotes_a_value_of_the_record(place: Rehearsal, method: str, path: str) -> None:
    """Of two valid secrets, a request is made with one."""
    place.start_consumer()

    def refused(request: Request, answer: Answer) -> Delivery:
        quotes = " and ".join(secret.value for secret in place.account().secrets)
        return Delivery(error(403, quotes)) if request.method == method and path in request.path else answer(request)

    end = intercept(place.simulator, refused)
    run = place.run("-vvv")
    assert run.status == 2
    assert "******** and ********" in run.text
    end()
    # The values that the outputs are searched for at the end.
    assert len(place.account().secrets) == 2


# -- people ------------------------------------------------------------------------------------------------------------


@pytest.mark.every_core
def test_a_record_with_templates_for_texts_serves_as_vars_files(place: Rehearsal) -> None:
    touched, read = place.directory / "touched", place.directory / "read"
    # Vonage takes any printable characters for a secret, and a person may have typed this one.
    first = "Aa1bcdefg{{lipsum}}{#'"
    place.simulator.engine.load_accounts([account(secrets=[{"value": first, "created_at": "2026-03-04T05:06:07Z"}])])
    place.write_inventory(consumers="")
    place.rotate(environment={"VONAGE_API_SECRET": first})
    assert place.stored()["previous"]["value"] == first
    retired = [{"value": template(touched), "id": template(touched), "retired_at": "2026-03-04T05:06:07Z"}]
    place.store(retired=retired)
    # It saves what it read.
    place.rotate("-e", "rotate_api_secret_mode=finish", environment={"VONAGE_API_SECRET": ""})
    record = place.stored()
    assert [one["value"] for one in record["retired"]] == [first, template(touched)]
    copy = {"content": "{{ vonage_rotation | to_json }}", "dest": str(read), "mode": "0600"}
    tasks = [{"ansible.builtin.copy": copy, "no_log": True}]
    play = {"hosts": "localhost", "gather_facts": False, "vars_files": str(place.record), "tasks": tasks}
    run = place.run(playbook=place.write_playbook(play))
    assert run.status == 0, run.output
    assert not touched.exists()
    assert json.loads(read.read_text(encoding="utf-8")) == record


@pytest.mark.every_core
def test_a_host_does_not_choose_the_files_that_the_controller_runs(place: Rehearsal) -> None:
    written = place.directory / "written"
    facts = {
        "rotate_api_secret_confirm_tasks": "report.yml",
        # What report.yml needs to write there.
        "rotate_api_secret_report": str(written),
        "rotate_api_secret_result": {"decisions": [], "begun_steps": [], "missing": []},
        "rotate_api_secret_stored": {"record": {"version": 1, "generation": 1, "stage": "idle"}},
        "__rotate_api_secret_listed": {"secrets": []},
    }
    answers(place, {"changed": True, "ansible_facts": facts})
    run = place.run()
    assert "have not confirmed generation 1: gateway1" in run.text
    assert not written.exists()
    assert len(place.secret_ids()) == 2


def answers(place: Rehearsal, answer: dict[str, Any]) -> None:
    """Have gateway1 answer every module in the same way. `$ENV_FILE` stands for what its environment file holds."""
    python = place.directory / "python"
    text = json.dumps(answer).replace("$ENV_FILE", f"'\"$(tr '\\n' ' ' < {place.env_file})\"'")
    python.write_text(f"#!/bin/sh\nprintf '%s\\n' '{text}'\n", encoding="utf-8")
    python.chmod(0o700)
    inventory = yaml.safe_load(place.inventory.read_text(encoding="utf-8"))
    inventory["all"]["children"]["sms_gateways"]["hosts"]["gateway1"]["ansible_python_interpreter"] = str(python)
    place.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")


@pytest.mark.every_core
def test_a_host_does_not_choose_the_template_that_the_controller_renders(place: Rehearsal) -> None:
    """Its facts of an earlier play win over the inventory."""
    touched, log = place.directory / "touched", place.directory / "ansible.log"
    source = place.directory / "vonage.json.j2"
    source.write_text("{{ rotate_api_secret_value }}", encoding="utf-8")
    target = place.directory / "vonage.json"
    place.write_inventory(distribute_tasks="template_file", template_file=str(target), template_file_source=str(source))
    text = f"{template(touched)}{{{{ rotate_api_secret_value }}}}".replace("'", '"')
    answers(place, {"msg": text, "ansible_facts": {"rotate_api_secret_template_file_source": str(log)}})
    earlier = {"hosts": "sms_gateways", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}
    playbook = place.write_playbook(earlier, {"import_playbook": "community.vonage.rotate_api_secret"})
    run = place.run("-v", playbook=playbook, environment={"ANSIBLE_LOG_PATH": str(log)})
    assert "lookup" in log.read_text(encoding="utf-8")
    assert "gateway1 is not served: it has the facts rotate_api_secret_template_file_source" in run.text
    assert "grace (unconfirmed_consumers)" in run.text
    assert not touched.exists()
    assert not target.exists()


@pytest.mark.every_core
@pytest.mark.parametrize("failed", [True, False])
def test_nothing_that_a_host_answers_shows_its_secret(place: Rehearsal, failed: bool) -> None:
    place.run("-e", "rotate_api_secret_grace=1h")
    said = "it is $ENV_FILE"
    more = {"warnings": [said], "deprecations": [{"msg": said, "version": "99"}], "exception": said, "stdout": said}
    answers(place, {"failed": failed, "msg": said, "changed": False, "diff": {"after": said}, **more})
    run = place.run("-vvvv", "--diff")
    assert place.stored()["current"]["value"] in place.env_file.read_text(encoding="utf-8")
    assert "grace (unconfirmed_consumers)" in run.text
    # The values of Vonage are looked for in all outputs at the end.
    assert len(place.secret_ids()) == 2


@pytest.mark.full
def test_a_report_repeats_no_value_of_the_record(place: Rehearsal) -> None:
    value, report = "Recorded0neWithoutEnd1234", place.directory / "report.jsonl"
    options = {
        "failure": {"msg": "It broke", "error": {"detail": f"not {value}", "status": 422}},
        "stored": {"record": {"account_id": ACCOUNT, "version": 1, "current": {"value": value}}},
    }
    settings = {"account_id": ACCOUNT, "mode": "rotate", "report": str(report), "metrics": "", "consumers": ""}
    variables = {f"rotate_api_secret_{name}": setting for name, setting in settings.items()}
    run = place.play({"community.vonage.rotation_report": options, "vars": variables})
    line = json.loads(report.read_text(encoding="utf-8"))
    assert line["error"] == {"detail": "not ********", "status": 422}, run.output
    assert value not in run.output
