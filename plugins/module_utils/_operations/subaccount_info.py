# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change in any release.
"""The operation of vonage_subaccount_info."""

from __future__ import annotations

from ansible_collections.community.vonage.plugins.module_utils._api.client import Client
from ansible_collections.community.vonage.plugins.module_utils._operations.operation import Operation, Params, Result


def _subaccount_info(client: Client, params: Params, _check_mode: bool) -> Result:
    if params["account_id"] is None:
        return {"changed": False, **client.list_subaccounts().as_dict()}
    # Only the list has the primary account, and would take a second request.
    return {"changed": False, "primary": None, "subaccounts": [client.get_subaccount(params["account_id"]).as_dict()]}


SUBACCOUNT_INFO = Operation(_subaccount_info, {"account_id": {"type": "str"}}, never_null=("account_id",))
