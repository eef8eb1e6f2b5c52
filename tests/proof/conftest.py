# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the proofs share: one simulator for all of them, which each test starts again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "roles" / "simulator" / "files"))

from vonage_simulator.server import Simulator  # noqa: E402

# The same examples each time, so that a failure is one of the change that was made. `deep` looks for new ones.
hypothesis.settings.register_profile("proof", database=None, deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.register_profile("deep", database=None, deadline=None, max_examples=300)
hypothesis.settings.load_profile(os.environ.get("PROOF_PROFILE", "proof"))


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """Runs as long as the tests do."""
    with Simulator() as running:
        yield running
