#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vonage_api_secret_info
short_description: List the API secrets of Vonage API accounts
version_added: 0.1.0
description:
  - Lists the ids and dates of the secrets of one account or of several.
  - Finds out which of several values are valid.
  - Of several accounts, eight are listed at the same time.
  - Vonage never shows the value of a secret.
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.attributes
  - community.vonage.attributes.read_only
options:
  account_ids:
    description:
      - API keys of the accounts to list. They may be subaccounts of O(api_key).
      - An account that cannot be listed does not stop the others. The task fails when none can be listed, unless
        O(candidates) are given.
      - If not set, the account O(api_key) is listed.
    type: list
    elements: str
  candidates:
    description:
      - Values to probe, by logging in with each of them to the first account.
      - When O(api_secret) is refused and a candidate is accepted, the secrets of the first account are listed with the
        candidate.
    type: list
    elements: str
seealso:
  - module: community.vonage.vonage_api_secret
"""

EXAMPLES = r"""
- name: List the secrets
  community.vonage.vonage_api_secret_info:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
  register: account

- name: Find out which of two values is still valid
  community.vonage.vonage_api_secret_info:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    candidates:
      - "{{ vault_vonage_api_secret_of_spring }}"
      - "{{ vault_vonage_api_secret_of_summer }}"
  register: probed

- name: List the secrets of subaccounts
  community.vonage.vonage_api_secret_info:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    account_ids:
      - efgh5678
      - ijkl9012
  register: subaccounts
"""

RETURN = r"""
accounts:
  description: One row for each account, in the order of O(account_ids).
  returned: success
  type: list
  elements: dict
  contains:
    account_id:
      description: API key of the account.
      type: str
      returned: success
      sample: abcd1234
    secrets:
      description: The secrets of the account, the oldest first. Empty when they could not be listed.
      type: list
      elements: dict
      returned: success
      contains:
        id:
          description: Vonage's id of the secret.
          type: str
          returned: success
          sample: 37d0cbf6-5fac-4656-a5c9-13b485d6fff0
        created_at:
          description: When it was created.
          type: str
          returned: success
          sample: "2026-03-04T05:06:07Z"
    error:
      description:
        - Why the account could not be listed with O(api_secret), as in a failed task, with the message in C(msg).
        - V(null) when it was listed.
      type: dict
      returned: success
      sample: null
secrets:
  description: The secrets of the first account.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 37d0cbf6-5fac-4656-a5c9-13b485d6fff0
      created_at: "2026-03-04T05:06:07Z"
candidates:
  description:
    - What each of O(candidates) answered, in the same order.
    - V(accepted) for a login that worked. V(refused) when Vonage itself says that the login is wrong, its certificate
      verifies, and another login to the account worked. V(unknown) for everything else, such as a proxy's error.
  returned: success
  type: list
  elements: str
  sample:
    - refused
    - accepted
"""

from ansible_collections.community.vonage.plugins.module_utils._module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations import API_SECRET_INFO


def main() -> None:
    run_module(API_SECRET_INFO)


if __name__ == "__main__":
    main()
