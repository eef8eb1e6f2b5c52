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

from ansible_collections.community.vonage.plugins.module_utils._module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations import BALANCE_INFO


def main() -> None:
    run_module(BALANCE_INFO)


if __name__ == "__main__":
    main()
