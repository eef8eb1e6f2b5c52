# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of ``python3 path/to/vonage_simulator`` and ``python3 -m vonage_simulator``."""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:
    # Run as a directory: Python put the package itself on the path, the package's parent is what imports need.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from vonage_simulator.cli import main

sys.exit(main())
