# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the proofs share: one simulator for all of them, which each test starts again."""

from __future__ import annotations

import os
import sys
import typing as t
from collections.abc import Iterator

import controller
import hypothesis
import pytest

# ... which has said where ansible_collections is.
sys.path.append(str(controller.COLLECTION / "roles" / "simulator" / "files"))

from vonage_simulator.server import Simulator  # noqa: E402

# So that a check which fails says what it has seen.
pytest.register_assert_rewrite("scenarios")

# The same examples each time, so that a failure is one of the change that was made. `deep` looks for new ones.
# Each example is a dozen runs of the playbook and more.
_common: dict[str, t.Any] = {"database": None, "deadline": None, "suppress_health_check": list(hypothesis.HealthCheck)}
hypothesis.settings.register_profile("proof", derandomize=True, max_examples=2, **_common)
hypothesis.settings.register_profile("full", derandomize=True, max_examples=20, **_common)
hypothesis.settings.register_profile("deep", max_examples=60, **_common)
hypothesis.settings.load_profile(os.environ.get("PROOF_PROFILE", "proof"))


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """Runs as long as the tests do."""
    with Simulator() as running:
        yield running
