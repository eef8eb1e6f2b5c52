# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules in a playbook: credentials for all of them, and what the README begins with."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from conftest import ACCOUNT, FIRST_SECRET, ROOT, Rehearsal


def module(name: str, **options: Any) -> dict[str, Any]:
    return {f"community.vonage.{name}": options, "register": "result"}


@pytest.mark.every_core
def test_the_action_group_sets_the_credentials_of_all_modules(place: Rehearsal) -> None:
    defaults = {
        "api_key": ACCOUNT,
        "api_secret": FIRST_SECRET,
        "rest_url": place.url,
        "api_url": place.url,
    }
    tasks = [
        module("vonage_balance_info"),
        module("vonage_topup", trx="00X123", below=1),
        module("vonage_account_settings"),
        module("vonage_api_secret", secret=FIRST_SECRET),
        module("vonage_api_secret_info"),
        module("vonage_subaccount_info"),
    ]
    playbook = place.directory / "group.yml"
    content = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/community.vonage.vonage": defaults},
        "tasks": tasks,
    }
    playbook.write_text(yaml.safe_dump([content]), encoding="utf-8")
    nothing = {"VONAGE_API_KEY": "", "VONAGE_API_SECRET": "", "VONAGE_REST_URL": "", "VONAGE_API_URL": ""}
    run = place.run(playbook=str(playbook), environment=nothing)
    assert run.status == 0, run.output
    assert len(place.calls()) == 6


@pytest.mark.every_core
@pytest.mark.parametrize("way", ["true", "false"], ids=["in process", "as a module"])
@pytest.mark.parametrize("keywords", [{"retries": 3}, {"until": "result.topped_up", "delay": 0}], ids=str)
def test_a_topup_is_not_run_again_by_a_keyword_of_the_task(
    place: Rehearsal, keywords: dict[str, Any], way: str
) -> None:
    place.simulator.add_fault("drop_after", path="/account/top-up", times=None)
    task = {**module("vonage_topup", trx="00X123", below=50), **keywords}
    run = place.play(task, environment={"VONAGE_IN_PROCESS": way})
    assert run.status == 2
    assert "Remove the task keywords retries and until" in run.text
    assert '"outcome": "not_sent"' in run.output
    # It was not even tried again.
    assert "FAILED - RETRYING" not in run.output
    assert place.calls() == []
    assert place.account().charges == 0


@pytest.mark.every_core
def test_the_playbook_of_the_readme_rotates(place: Rehearsal) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [entry] = yaml.safe_load(readme.partition("```yaml\n")[2].partition("```")[0])
    state = place.env_file.parent
    entry["vars"].update(
        rotate_api_secret_record=str(place.record),
        rotate_api_secret_env_file=str(place.env_file),
        rotate_api_secret_env_file_reload=["sh", "-c", f"kill -HUP $(cat {state}/pid)"],
        rotate_api_secret_env_file_confirm=["cat", f"{state}/generation"],
    )
    assert entry["vars"]["rotate_api_secret_account_id"] == ACCOUNT
    playbook = place.directory / "rotate.yml"
    playbook.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    place.inventory.write_text(
        yaml.safe_dump({"all": {"children": {"sms_gateways": {"hosts": {"gateway1": host}}}}}), encoding="utf-8"
    )
    place.start_consumer()
    place.rotate(playbook=str(playbook), environment={"VONAGE_API_KEY": ""})
    assert place.secret_ids() == [place.stored()["current"]["id"]]
    assert place.stop_consumer()["refused"] == 0


@pytest.mark.every_core
def test_a_subaccount_is_bootstrapped_with_the_credentials_of_its_primary(place: Rehearsal) -> None:
    secrets = [{"value": "Primary0ne", "created_at": "2026-03-04T05:06:07Z"}]
    lost = [{"value": "LostLong4go", "created_at": "2025-03-04T05:06:07Z"}]
    place.simulator.engine.load_accounts(
        [
            {"api_key": "c0ffee01", "secrets": secrets, "balance": "1"},
            {"api_key": ACCOUNT, "secrets": lost, "balance": "1", "primary_account": "c0ffee01"},
        ]
    )
    place.write_inventory(consumers="")
    primary = ("-e", "rotate_api_secret_api_key=c0ffee01")
    run = place.rotate(*primary, environment={"VONAGE_API_SECRET": "Primary0ne"})
    assert "rotate (bootstrap)" in run.output
    assert "grace (unknown_second_secret)" in run.output
    assert len(place.secret_ids()) == 2
    new_id = place.stored()["current"]["id"]
    assert new_id in place.secret_ids()
    named = ("-e", f"rotate_api_secret_current_secret_id={new_id}", "-e", "rotate_api_secret_mode=finish")
    place.rotate(*named, environment={"VONAGE_API_SECRET": "Primary0ne"})
    assert place.secret_ids() == [place.stored()["current"]["id"]]


def sudo_that_empties_the_environment(place: Rehearsal) -> dict[str, str]:
    """Settings that have all of Ansible become another user, who is the same one without the environment."""
    program = place.directory / "sudo"
    program.write_text(
        "#!/bin/sh\n"
        "while :; do case $1 in -u | -p) shift 2 ;; -*) shift ;; *) break ;; esac done\n"
        'exec env -i PATH="$PATH" HOME="$HOME" "$@"\n'
    )
    program.chmod(0o700)
    settings = {"": "true", "_ALLOW_SAME_USER": "true", "_METHOD": "sudo", "_EXE": str(program)}
    return {f"ANSIBLE_BECOME{name}": value for name, value in settings.items()}


@pytest.mark.every_core
def test_an_address_that_was_set_stays_when_a_task_becomes_another_user(place: Rehearsal) -> None:
    read = {"community.vonage.vonage_balance_info": {"retries": 0}, "register": "read"}
    show = {"ansible.builtin.debug": {"var": "read.balance.value"}}
    run = place.play(read, show, environment=sudo_that_empties_the_environment(place))
    assert run.status == 0, run.output
    assert place.calls() == ["GET /account/get-balance 200"]


def test_the_plays_of_a_rotation_on_localhost_become_nobody_else(place: Rehearsal) -> None:
    place.start_consumer()
    run = place.run("-vvv", environment=sudo_that_empties_the_environment(place))
    assert run.status == 0, run.output
    assert len(place.secret_ids()) == 1
    assert "runs as a module: it uses become" not in run.output
