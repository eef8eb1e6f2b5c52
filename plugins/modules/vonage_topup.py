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
  - Repeats the payment that was made when auto-reload was enabled. This charges a card or a PayPal account, always with
    the amount of that payment.
  - The request is never sent more than once. If there is no response to it, the module cannot find out whether the
    payment was made, and fails with C(error.outcome) V(unknown).
  - The task keywords C(until) and C(retries) would repeat the payment. The module rejects them.
  - The module reads the balance and then pays, in two requests. Another run can pay in between, and a payment may take
    a while to show in the balance. Run only one task at a time to top up an account, on a single host, and leave time
    between two runs.
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
attributes:
  check_mode:
    support: full
    details:
      - Only reads the balance, and predicts whether a payment is made.
      - It cannot check O(transaction_reference).
  diff_mode:
    support: none
    details: Vonage's response does not include the balance after the payment.
  idempotent:
    support: partial
    details: With O(below), nothing is paid as long as the balance is high enough. Without it, every run pays.
options:
  transaction_reference:
    description:
      - Reference of the payment that enabled auto-reload. The Vonage dashboard shows it under Billing & Payments.
    type: str
    required: true
    aliases:
      - trx
  below:
    description:
      - Top up only if the balance is below this amount in euro.
      - Without it, every run pays.
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
  run_once: true
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
  description: The balance as it was read before the top-up.
  returned: success, and failure with C(error.outcome) V(unknown) after the top-up was sent
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
      description: Whether Vonage tops up the account automatically. V(null) if Vonage does not tell.
      type: bool
      returned: success
      sample: true
balance_after:
  description:
    - The balance as it was read after a top-up whose outcome is unknown. V(null) if it could not be read.
    - It may not include the payment yet.
  returned: failure with C(error.outcome) V(unknown)
  type: dict
  sample: null
topped_up:
  description: Whether a payment was made. Always V(false) in check mode.
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.community.vonage.plugins.module_utils._operations.ansible_module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations.topup import TOPUP


def main() -> None:
    run_module(TOPUP)


if __name__ == "__main__":
    main()
