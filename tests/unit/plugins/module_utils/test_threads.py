# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that run in threads, which are those of an audit of several accounts, import nothing there.

On Python 3.9, two threads that import modules of one zip file at the same moment fail with "cannot import name". That
race is rare on a quiet machine, so the test does not wait for it: it looks for imports in threads.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.community.vonage.tests.unit.plugins.wire import CLOSE, Server, echo, http, run_apart

# A Python of its own, because the one that runs the tests has imported everything already.
AUDIT = """
import json
import sys
import threading

in_threads = []


class Spy:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            in_threads.append(name)


sys.meta_path.insert(0, Spy())

from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret_info import API_SECRET_INFO
from ansible_collections.community.vonage.plugins.module_utils._operations.run import run_operation

params = json.loads(sys.argv[1])
missing = {"candidates": None, "api_secrets": None, "ca_path": None}
result, warnings = run_operation(API_SECRET_INFO, params, {**missing, **params}, False)
print(json.dumps({"in_threads": in_threads, "result": result}))
"""

# Every way in which a call ends.
ANSWERS = [
    http(200, {"_embedded": {"secrets": [{"id": "1-2-3", "created_at": "2026-03-04T05:06:07Z"}]}}),
    echo(401),
    http(404, {}),
    http(429, "", "Retry-After: Sun, 29 Nov 2015 08:00:00 GMT"),
    http(503, "<html>"),
    http(302, "", "Location: https://example.com/"),
    http(200, "<html>"),
    http(200, "no gzip", "Content-Encoding: gzip"),
    CLOSE,
]


@pytest.mark.parametrize("listening", [True, False])
def test_an_audit_imports_nothing_in_its_threads(serve: Callable[..., Server], listening: bool) -> None:
    server = serve(*ANSWERS, listen=listening)
    params = {
        "api_key": "abcd1234",
        "api_secret": "RehearsalSecret1",
        "rest_url": server.url,
        "api_url": server.url,
        "timeout": 60.0,
        "deadline": 300.0,
        "retries": 0,
        "validate_certs": True,
        "account_ids": [f"abcd123{number}" for number in range(len(ANSWERS))],
        "concurrency": len(ANSWERS),
    }
    found = run_apart(AUDIT, params)
    assert len(server.requests) == (len(ANSWERS) if listening else 0)
    assert bool(found["result"].get("failed")) != listening, found["result"]
    assert found["in_threads"] == []
