# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stateful simulator of the Vonage Account API, for rehearsals and tests.

Standard library only. Start it with ``python3 vonage_simulator --port 0`` or, in a test,
``with vonage_simulator.server.Simulator() as sim: ...``. Every behaviour that differs between published
sources is a switch (`switches.py`) which names its source and how strong that source is.
"""

from __future__ import annotations
