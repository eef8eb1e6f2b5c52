#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vonage_balance_info
short_description: Read the balance of a Vonage API account
version_added: 0.1.0
description:
  - Reads how much money an account has left, and whether Vonage tops it up by itself.
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
  - community.vonage.attributes.read_only
seealso:
  - module: community.vonage.vonage_topup
"""

EXAMPLES = r"""
- name: Read the balance
  community.vonage.vonage_balance_info:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
  register: account

- name: Stop before a campaign that the balance does not cover
  ansible.builtin.assert:
    that: account.balance.value > 50
    fail_msg: "Only {{ account.balance.value }} {{ account.balance.currency }} left"
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
balance:
  description: The balance.
  returned: success
  type: dict
  contains:
    value:
      description: The amount.
      type: float
      returned: success
      sample: 42.5
    currency:
      description: The currency of the amount. Vonage keeps all balances in euro.
      type: str
      returned: success
      sample: EUR
    auto_reload:
      description: Whether Vonage tops the account up by itself. V(null) when Vonage does not say.
      type: bool
      returned: success
      sample: true
"""

from ansible_collections.community.vonage.plugins.module_utils._operations.ansible_module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations.balance_info import BALANCE_INFO


def main() -> None:
    run_module(BALANCE_INFO)


if __name__ == "__main__":
    main()
