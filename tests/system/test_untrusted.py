# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Vonage, a host or a person wrote is data: it never runs, and comes out as it went in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Rehearsal, account


def template(touched: Path) -> str:
    """A text that shows itself when it runs as a template."""
    return f"{{{{ lookup('ansible.builtin.pipe', 'touch {touched}') }}}}"


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
