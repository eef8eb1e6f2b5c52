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
  - The task keywords C(until) and C(retries) run a task again, and would pay again. The task refuses them.
  - The balance is read, and then paid, in two requests, and nothing keeps another run from doing so in between. A
    payment may also take a while to show. Let one run at a time top up an account, on one host, and not more often than
    that.
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
      - The balance is read, and the payment predicted.
      - Whether O(transaction_reference) is the right one is known only when it is paid.
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

from ansible_collections.community.vonage.plugins.module_utils._operations.ansible_module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations.topup import TOPUP


def main() -> None:
    run_module(TOPUP)


if __name__ == "__main__":
    main()
