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
  - Finds out which of several values are valid secrets.
  - Several accounts are listed at the same time; see O(concurrency). When Vonage limits the rate, the module waits and
    sends fewer requests at the same time.
  - Vonage never returns the value of a secret.
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
      - The task continues if an account cannot be listed. It fails if no account can be listed, unless O(candidates)
        are given.
      - The task fails before any request if a value cannot be an API key.
      - If not set, the account O(api_key) is listed.
    type: list
    elements: str
  api_secrets:
    description:
      - The secrets of O(account_ids), in the same order, to log in to each account with its own.
      - If set, the task does not fail when accounts cannot be listed. Cannot be combined with O(candidates).
      - If not set, O(api_key) lists all accounts.
    type: list
    elements: str
  candidates:
    description:
      - Values to try, by logging in to the first account with each of them.
      - If O(api_secret) is refused and a candidate is accepted, the candidate is used to list the secrets of the first
        account.
    type: list
    elements: str
  concurrency:
    description:
      - How many accounts are listed at the same time, 1 to 64.
      - Vonage does not document its rate limit. A task that exceeds it takes longer, but does not fail as long as some
        of its requests succeed.
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
    - Why the task failed, in a form to use in conditions.
    - Missing if Ansible itself ended the task, for example because of an invalid option or the task keyword C(timeout).
  returned: failure
  type: dict
  contains:
    outcome:
      description:
        - V(not_sent) if the request was not sent. Nothing was changed.
        - V(refused) if Vonage refused the request. Nothing was changed.
        - V(unknown) if the request was sent, but no response tells whether Vonage processed it.
      type: str
      returned: always
      sample: refused
    status:
      description: The HTTP status of the response. V(null) if there was none.
      type: int
      returned: always
      sample: 403
    code:
      description: The code of the error, in lower case. It is defined by Vonage or by this collection.
      type: str
      returned: always
      sample: max-secrets
    title:
      description: The short text of the error.
      type: str
      returned: always
      sample: Secret Addition Forbidden
    detail:
      description: The long text of the error, or the beginning of a response that is not from Vonage.
      type: str
      returned: always
      sample: Account reached maximum number [2] of allowed secrets
    invalid_parameters:
      description: The parameters of the request that Vonage rejected.
      type: list
      elements: dict
      returned: always
      contains:
        name:
          description: Name of the parameter, as Vonage spells it.
          type: str
          returned: always
          sample: secret
        reason:
          description: What is wrong with it.
          type: str
          returned: always
          sample: Does not meet complexity requirements
    instance:
      description: Vonage's reference of the error, for Vonage support.
      type: str
      returned: always
      sample: ae5e528e536b470584792a1e918a3563
    request_id:
      description: Vonage's reference of the request, for Vonage support.
      type: str
      returned: always
      sample: 854d38afb87f4d8a8d0a7bbd34a01b54
    method:
      description: The method of the request.
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
        - Empty if they could not be listed. In this case RV(accounts[].error) is set, and there is a warning.
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
        - V(null) if it was listed.
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
    - The result for each of O(candidates), in the same order.
    - V(accepted) if the login succeeded.
    - V(refused) if Vonage refused the login, its certificate is valid, and another login to the account succeeded.
    - V(unknown) in all other cases, for example after an error of a proxy.
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
