# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several requests at once: the bound and the order of a list of accounts, and two runs of the same task."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from in_process import client
from workplace import ACCOUNT, account

from ansible_collections.community.vonage.plugins.module_utils._operations import (
    API_SECRET,
    API_SECRET_INFO,
)
from vonage_simulator.server import Simulator

MOST_REQUESTS = 8


def test_a_list_of_accounts_is_read_with_a_bound_and_in_its_order() -> None:
    keys = [f"5ab000{number:02}" for number in range(30)]
    secret = {"value": "Subaccount1", "created_at": "2026-03-04T05:06:07Z"}
    subaccounts = [{"api_key": key, "secrets": [secret], "primary_account": ACCOUNT} for key in keys]
    with Simulator(accounts=[account(), *subaccounts]) as simulator:
        simulator.add_fault("status_before", status=500, path=f"/{keys[7]}/", times=None)
        under_way = most = 0
        lock = threading.Lock()
        answer = simulator.engine.answer

        def counted(*arguments: Any) -> Any:
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
            try:
                threading.Event().wait(0.05)
                return answer(*arguments)
            finally:
                with lock:
                    under_way -= 1

        simulator.engine.answer = counted  # type: ignore[method-assign]
        result = API_SECRET_INFO.run(client(simulator.url, retries=0), {"account_ids": keys, "candidates": None}, False)
    assert [row["account_id"] for row in result["accounts"]] == keys
    assert [row["account_id"] for row in result["accounts"] if row["error"]] == [keys[7]]
    assert all(len(row["secrets"]) == 1 for row in result["accounts"] if not row["error"])
    assert 2 <= most <= MOST_REQUESTS


@pytest.mark.parametrize("duplicates", ["refused", "accepted"])
def test_two_runs_of_the_same_task_end_with_one_secret(duplicates: str) -> None:
    params = {"account_id": None, "state": "present", "secret": "SameValue1", "secret_id": None}
    for _repetition in range(5):
        with Simulator(accounts=[account()], switches={"duplicate_secret": duplicates}) as simulator:
            # Both have found that the value is not there before one of them creates it.
            barrier = threading.Barrier(2, timeout=10)
            answer = simulator.engine.answer

            def together(request: Any, *rest: Any, barrier: Any = barrier, answer: Any = answer) -> Any:
                if request.method == "POST":
                    barrier.wait()
                return answer(request, *rest)

            simulator.engine.answer = together  # type: ignore[method-assign]
            with ThreadPoolExecutor(2) as pool:
                runs = [
                    pool.submit(API_SECRET.run, client(simulator.url, retries=0), params, False) for _run in range(2)
                ]
                results = [run.result() for run in runs]
            found = simulator.state.find(ACCOUNT)
            assert found is not None
            assert len(found.live) == 2
            assert sorted(result["changed"] for result in results) == [False, True]
            assert all(len(result["secrets"]) == 2 for result in results)
