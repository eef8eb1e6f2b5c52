# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several requests at once: the bound and the order of a list of accounts, and two runs of the same task."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from intercept import Answer, intercept
from own_client import Client, client, connection
from workplace import ACCOUNT, HANGS, account

from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret import API_SECRET
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret_info import API_SECRET_INFO
from vonage_simulator.faults import Delivery
from vonage_simulator.server import Simulator
from vonage_simulator.wire import Request, json_response


def fleet(size: int) -> tuple[list[str], list[dict[str, Any]]]:
    """Many subaccounts: their API keys, and the accounts of a simulator."""
    keys = [f"5ab0{number:04}" for number in range(size)]
    secret = {"value": "Subaccount1", "created_at": "2026-03-04T05:06:07Z"}
    subaccounts = [{"api_key": key, "secrets": [secret], "primary_account": ACCOUNT} for key in keys]
    return keys, [account(), *subaccounts]


@pytest.mark.parametrize("concurrency", [1, 5, 16])
def test_a_list_of_accounts_is_read_with_a_bound_and_in_its_order(concurrency: int) -> None:
    keys, accounts = fleet(30)
    with Simulator(accounts=accounts) as simulator:
        simulator.add_fault("status_before", status=500, path=f"/{keys[7]}/", times=None)
        under_way = most = 0
        lock, full = threading.Lock(), threading.Event()

        def counted(request: Request, answer: Answer) -> Delivery:
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
                if under_way == concurrency:
                    full.set()
            try:
                full.wait(HANGS)
                # Time for one more to come, if nothing holds it back.
                threading.Event().wait(0.05)
                return answer(request)
            finally:
                with lock:
                    under_way -= 1

        intercept(simulator, counted)
        params = {"account_ids": keys, "candidates": None, "api_secrets": None, "concurrency": concurrency}
        result = API_SECRET_INFO.run(client(simulator.url, retries=0), params, False)
    assert [row["account_id"] for row in result["accounts"]] == keys
    assert [row["account_id"] for row in result["accounts"] if row["error"]] == [keys[7]]
    assert all(len(row["secrets"]) == 1 for row in result["accounts"] if not row["error"])
    assert most == concurrency


class Limiter:
    """Lets ten requests through in each second of a clock that only sleeping moves, and answers 429 to the others."""

    def __init__(self, simulator: Simulator) -> None:
        self.now = 0.5
        self.answered: list[int] = []
        self._passed: Counter[int] = Counter()
        self._lock = threading.Lock()
        intercept(simulator, self._limit)

    def _limit(self, request: Request, answer: Answer) -> Delivery:
        with self._lock:
            second = int(self.now)
            self._passed[second] += 1
            limited = self._passed[second] > 10
            self.answered.append(429 if limited else 200)
        if limited:
            response = json_response(429, {"title": "Rate Limit Hit"})
            response.headers["Retry-After"] = "1"
            return Delivery(response)
        return answer(request)

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        with self._lock:
            self.now = max(self.now, until)


def test_a_limit_of_the_rate_slows_a_list_of_accounts_down_and_fails_none() -> None:
    keys, accounts = fleet(150)
    warnings: list[str] = []
    with Simulator(accounts=accounts) as simulator:
        limiter = Limiter(simulator)
        limited = Client(
            connection(simulator.url, retries=1), warnings.append, sleep=limiter.sleep, clock=lambda: limiter.now
        )
        result = API_SECRET_INFO.run(
            limited, {"account_ids": keys, "candidates": None, "api_secrets": None, "concurrency": 16}, False
        )
    assert [row["account_id"] for row in result["accounts"] if row["error"]] == []
    refused = limiter.answered.count(429)
    # Sixteen at a time, for fifteen seconds, would be refused some hundred times.
    assert 0 < refused < 80
    # One is told of each time that the limit was met, and not of each request.
    assert 0 < len(warnings) < refused
    assert all("retrying" in warning for warning in warnings)


@pytest.mark.parametrize("duplicates", ["refused", "accepted"])
def test_two_runs_of_the_same_task_end_with_one_secret(duplicates: str) -> None:
    params = {"account_id": None, "state": "present", "secret": "SameValue1", "secret_id": None}
    for _repetition in range(5):
        with Simulator(accounts=[account()], switches={"duplicate_secret": duplicates}) as simulator:
            # Both have found that the value is not there before one of them creates it.
            barrier = threading.Barrier(2, timeout=HANGS)

            def together(request: Request, answer: Answer, barrier: threading.Barrier = barrier) -> Delivery:
                if request.method == "POST":
                    barrier.wait()
                return answer(request)

            intercept(simulator, together)
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
