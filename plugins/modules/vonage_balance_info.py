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
  - Reads the balance of an account, and whether Vonage tops up the account automatically.
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
      description: Whether Vonage tops up the account automatically. V(null) if Vonage does not tell.
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
