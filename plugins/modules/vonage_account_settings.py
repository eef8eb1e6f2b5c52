#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vonage_account_settings
short_description: Keep the webhooks of a Vonage API account as declared
version_added: 0.1.0
description:
  - Sets the URLs that Vonage calls for incoming SMS and for delivery receipts, and reads the limits of the account.
  - Without any of its options, the module only reads.
  - The settings are those of the account of O(api_key). A subaccount's are set with credentials of its own.
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
attributes:
  check_mode:
    support: full
    details: The settings are read. Whether Vonage would accept a URL is known only when it is written.
  diff_mode:
    support: full
    details: A password or a token in a URL is shown. Put C(no_log=true) on a task that sets one.
  idempotent:
    support: partial
    details: Vonage never returns O(http_forward_method), so a task that sets it reports a change every time.
options:
  mo_callback_url:
    description:
      - URL that Vonage calls for each incoming SMS.
      - An empty string unsets it. If omitted or null, it is left alone.
      - Vonage saves it only when the URL answers a GET with 200 at that moment.
    type: str
  dr_callback_url:
    description:
      - URL that Vonage calls for each delivery receipt. See O(mo_callback_url).
    type: str
  http_forward_method:
    description:
      - How Vonage calls the URLs. The Vonage dashboard calls it the webhook format.
      - If omitted, it is left alone.
      - Vonage never shows it, so a task that sets it reports a change on every run. Set it in a task of its own.
    type: str
    choices:
      - GET_QUERY_PARAMS
      - POST_QUERY_PARAMS
      - POST_JSON
"""

EXAMPLES = r"""
- name: Receive SMS and delivery receipts
  community.vonage.vonage_account_settings:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    mo_callback_url: https://sms.example.com/inbound
    dr_callback_url: https://sms.example.com/receipt

- name: Stop receiving delivery receipts
  community.vonage.vonage_account_settings:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    dr_callback_url: ""
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
settings:
  description: The settings after the task. In check mode, as they would be.
  returned: success
  type: dict
  contains:
    mo_callback_url:
      description: URL for incoming SMS. Empty when it is not set.
      type: str
      returned: success
      sample: https://sms.example.com/inbound
    dr_callback_url:
      description: URL for delivery receipts. Empty when it is not set.
      type: str
      returned: success
      sample: https://sms.example.com/receipt
    max_outbound_request:
      description: Most outgoing requests a second. V(null) when Vonage does not say.
      type: int
      returned: success
      sample: 30
    max_inbound_request:
      description: Most incoming requests a second. V(null) when Vonage does not say.
      type: int
      returned: success
      sample: 30
    max_calls_per_second:
      description: Most API calls a second. V(null) when Vonage does not say.
      type: int
      returned: success
      sample: 30
"""

from ansible_collections.community.vonage.plugins.module_utils._operations.account_settings import ACCOUNT_SETTINGS
from ansible_collections.community.vonage.plugins.module_utils._operations.ansible_module import run_module


def main() -> None:
    run_module(ACCOUNT_SETTINGS)


if __name__ == "__main__":
    main()
