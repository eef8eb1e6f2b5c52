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
  - Of several accounts, O(concurrency) are listed at the same time. When Vonage limits the rate, all of them wait, and
    fewer go on.
  - Vonage never shows the value of a secret.
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
  - community.vonage.attributes.read_only
options:
  account_ids:
    description:
      - API keys of the accounts to list. They may be subaccounts of O(api_key).
      - An account that cannot be listed does not stop the others. The task fails when none can be listed, unless
        O(candidates) are given.
      - A value that cannot be an API key ends the task before any request.
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
  concurrency:
    description:
      - How many accounts are listed at the same time, 1 to 64.
      - Vonage publishes no limit of the rate. A task that exceeds it takes longer, and does not fail as long as some of
        its requests come through.
    type: int
    default: 24
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
error:
  description:
    - Why the task failed, to branch on.
    - Missing when Ansible itself ended the task, for example because of a wrong option or a timeout of the task.
  returned: failure
  type: dict
  contains:
    outcome:
      description:
        - V(not_sent) when what was to be done was not sent, V(refused) when it was not done although it was asked for.
        - V(unknown) when the request left, and nobody can tell from the answer whether it was carried out.
      type: str
      returned: always
      sample: refused
    status:
      description: The HTTP status of the answer. V(null) when there was none.
      type: int
      returned: always
      sample: 403
    code:
      description: The code of the error, in small letters, as Vonage or this collection names it.
      type: str
      returned: always
      sample: max-secrets
    title:
      description: The short text of the error.
      type: str
      returned: always
      sample: Secret Addition Forbidden
    detail:
      description: The long text of the error, or the beginning of an answer that is not of Vonage's API.
      type: str
      returned: always
      sample: Account reached maximum number [2] of allowed secrets
    invalid_parameters:
      description: The parameters of the request that Vonage did not accept.
      type: list
      elements: dict
      returned: always
      contains:
        name:
          description: Name of the parameter, as Vonage writes it.
          type: str
          returned: always
          sample: secret
        reason:
          description: What is wrong with it.
          type: str
          returned: always
          sample: Does not meet complexity requirements
    instance:
      description: Vonage's reference of the failure, to be given to its support.
      type: str
      returned: always
      sample: ae5e528e536b470584792a1e918a3563
    request_id:
      description: Vonage's reference of the request, to be given to its support.
      type: str
      returned: always
      sample: 854d38afb87f4d8a8d0a7bbd34a01b54
    method:
      description: The verb of the request.
      type: str
      returned: always
      sample: POST
    path:
      description: The path of the request.
      type: str
      returned: always
      sample: /accounts/abcd1234/secrets
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
      description:
        - The secrets of the account, the oldest first.
        - Empty when they could not be listed. Then there is RV(accounts[].error), and a warning.
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

from ansible_collections.community.vonage.plugins.module_utils._operations.ansible_module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret_info import API_SECRET_INFO


def main() -> None:
    run_module(API_SECRET_INFO)


if __name__ == "__main__":
    main()
