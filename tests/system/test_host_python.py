# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a secret gets to a host: through the standard input of its Python, or by a module where that may not work."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import yaml
from conftest import Rehearsal
from fakes.ssh_server import SshServer
from oracle import Oracle

SU = {"ansible_become": True, "ansible_become_method": "su"}

WAYS: list[Any] = [
    pytest.param("local", {}, False, id="local", marks=pytest.mark.full),
    pytest.param("local", SU, True, id="local and su", marks=pytest.mark.full),
    pytest.param("ssh", {}, False, id="ssh"),
    pytest.param("ssh", SU, True, id="ssh and su", marks=pytest.mark.full),
]


@pytest.mark.every_core
@pytest.mark.parametrize(("connection", "variables", "by_module"), WAYS)
def test_a_secret_is_handed_over_and_shown_nowhere(
    place: Rehearsal, connection: str, variables: dict[str, Any], by_module: bool
) -> None:
    shows = ["sed", "-n", "s/.*GENERATION=//p", str(place.env_file)]
    place.write_inventory(env_file_reload=["true"], env_file_confirm=shows)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(SshServer(place.directory)) if connection == "ssh" else None
        reached = server.variables() if server else {}
        modules = place.directory / "remote-tmp"
        inventory = yaml.safe_load(place.inventory.read_text())
        host = inventory["all"]["children"]["sms_gateways"]["hosts"]["gateway1"]
        host.update({"ansible_remote_tmp": str(modules), **reached, **variables})
        place.inventory.write_text(yaml.safe_dump(inventory))
        with Oracle(place) as oracle:
            run = oracle.run("-vvvv")
            assert run.status == 0, run.output
            record = place.stored()
            assert (record["stage"], record["generation"]) == ("idle", 1)
            assert record["current"]["value"] in place.env_file.read_text()
            # A module is a file there for a moment.
            assert modules.exists() == by_module
            oracle.assert_silent([record["current"]["value"]])
        if server:
            assert record["current"]["value"] not in "".join(server.commands)
