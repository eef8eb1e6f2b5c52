#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vonage_subaccount_info
short_description: List the subaccounts of a Vonage primary account
version_added: 0.1.0
description:
  - Lists all subaccounts of a primary account, or reads one of them.
  - The account must be provisioned for the Subaccounts API of Vonage. Otherwise the task fails with the code
    C(unprovisioned).
  - To use the subaccounts as hosts, see P(community.vonage.vonage_subaccounts#inventory).
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
  - community.vonage.attributes.read_only
options:
  account_id:
    description:
      - API key of the subaccount to read.
      - If not set, all subaccounts of O(api_key) are listed.
    type: str
seealso:
  - module: community.vonage.vonage_api_secret_info
  - plugin: community.vonage.vonage_subaccounts
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: List the subaccounts
  community.vonage.vonage_subaccount_info:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
  register: listed

- name: Show which of them are suspended
  ansible.builtin.debug:
    msg: "{{ listed.subaccounts | selectattr('suspended') | map(attribute='api_key') | list }}"

- name: Read one subaccount
  community.vonage.vonage_subaccount_info:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    account_id: efgh5678
  register: shop

- name: Stop before a campaign that its balance does not cover
  ansible.builtin.assert:
    that: shop.subaccounts[0].use_primary_account_balance or shop.subaccounts[0].balance > 50
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
subaccounts:
  description: The subaccounts, the oldest first. With O(account_id), only that one.
  returned: success
  type: list
  elements: dict
  contains: &account
    api_key:
      description: API key of the account, which identifies it.
      type: str
      returned: success
      sample: efgh5678
    name:
      description: Name of the account, which is not unique. V(null) if it has none.
      type: str
      returned: success
      sample: Shop Berlin
    primary_account_api_key:
      description: API key of its primary account. V(null) for a primary account.
      type: str
      returned: success
      sample: abcd1234
    use_primary_account_balance:
      description: Whether it uses the balance of its primary account. V(null) for a primary account.
      type: bool
      returned: success
      sample: false
    balance:
      description: The balance in euro. V(null) if the account has no own balance.
      type: float
      returned: success
      sample: 10.5
    credit_limit:
      description: The credit limit in euro. V(null) if the account has no own balance.
      type: float
      returned: success
      sample: 0.0
    suspended:
      description: Whether the account is suspended.
      type: bool
      returned: success
      sample: false
    created_at:
      description: When it was created, with whole seconds.
      type: str
      returned: success
      sample: "2025-05-06T07:08:09Z"
primary:
  description:
    - The primary account, with the same fields as one of RV(subaccounts).
    - V(null) with O(account_id), because Vonage returns it only with the list.
  returned: success
  type: dict
  contains: *account
"""

from ansible_collections.community.vonage.plugins.module_utils._operations.ansible_module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations.subaccount_info import SUBACCOUNT_INFO


def main() -> None:
    run_module(SUBACCOUNT_INFO)


if __name__ == "__main__":
    main()
