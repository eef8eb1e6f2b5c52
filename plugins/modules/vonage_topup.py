#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vonage_topup
short_description: Top up the balance of a Vonage API account
version_added: 0.1.0
description:
  - Repeats the payment that was made when auto-reload was switched on. This charges a card or a PayPal account, and the
    amount is always that of the first payment.
  - The request is sent once at the most, whatever happens. When no answer comes, nobody can tell whether the payment
    was made, and the task fails with C(error.outcome) V(unknown).
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.attributes
attributes:
  check_mode:
    support: full
    details: The balance is read, and the payment predicted.
  diff_mode:
    support: none
    details: The balance after the payment is not part of Vonage's answer.
  idempotent:
    support: partial
    details: With O(below), nothing is paid while the balance is high enough. Without it, every run pays.
options:
  transaction_reference:
    description:
      - Reference of the payment that switched auto-reload on. The Vonage dashboard shows it under Billing & Payments.
    type: str
    required: true
    aliases:
      - trx
  below:
    description:
      - Top up only when the balance is below this amount in euro.
    type: float
seealso:
  - module: community.vonage.vonage_balance_info
"""

EXAMPLES = r"""
- name: Top up when less than 20 euro are left
  community.vonage.vonage_topup:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    transaction_reference: 00X123456Y7890123Z
    below: 20
"""

RETURN = r"""
balance:
  description: The balance as it was read before the top-up.
  returned: success
  type: dict
  contains:
    value:
      description: The amount.
      type: float
      returned: success
      sample: 12.75
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
balance_after:
  description:
    - The balance as it was read after a top-up whose outcome is unknown. V(null) when it could not be read.
    - A payment may take longer than that to show.
  returned: failure with C(error.outcome) V(unknown)
  type: dict
  sample: null
topped_up:
  description: Whether a payment was made. Always V(false) in check mode.
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.community.vonage.plugins.module_utils._module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations import TOPUP


def main() -> None:
    run_module(TOPUP)


if __name__ == "__main__":
    main()
