# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The stores that come with the role."""

from __future__ import annotations

import importlib
import typing as t
from collections.abc import Mapping

from ansible.plugins.action import ActionBase

from ansible_collections.community.vonage.plugins.plugin_utils._rotation.stores.base import RecordStore, Settings

# Each is a file of this directory.
STORES = ("file", "hashi_vault_kv2", "aws_secretsmanager", "kubernetes")


def open_store(action: ActionBase, settings: Settings, task_vars: Mapping[str, t.Any]) -> RecordStore:
    """Open the store that the settings name.

    :param action: The action that opens it.
    :param settings: Settings of the role.
    :param task_vars: The variables of the task.
    :raises AnsibleActionFail: A setting is missing, or the store cannot be used.
    """
    # Only the store in use is loaded: the library of AWS alone takes longer than all else in a task.
    module = importlib.import_module(f"{__package__}.{settings['store']}")
    store: RecordStore = module.open_store(action, settings, task_vars)
    return store
