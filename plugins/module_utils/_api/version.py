# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The version of the collection, as Vonage sees it in the User-Agent header."""

from __future__ import annotations

# Held equal to the version in galaxy.yml by a unit test.
COLLECTION_VERSION = "0.1.0"
