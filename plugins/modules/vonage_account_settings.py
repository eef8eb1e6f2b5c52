#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vonage_account_settings
short_description: Manage the webhooks of a Vonage API account
version_added: 0.1.0
description:
  - Sets the URLs that Vonage calls for incoming SMS and for delivery receipts, and reads the limits of the account.
  - Without any of these options, the module only reads the settings.
  - The settings are those of the account O(api_key). To manage those of a subaccount, log in as the subaccount.
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
attributes:
  check_mode:
    support: full
    details: Only reads the settings. It cannot predict whether Vonage accepts a URL.
  diff_mode:
    support: full
    details: Shows passwords and tokens in URLs. Use C(no_log=true) for tasks with such URLs.
  idempotent:
    support: partial
    details: Vonage never returns O(http_forward_method), so a task that sets it reports a change every time.
options:
  mo_callback_url:
    description:
      - URL that Vonage calls for each incoming SMS.
      - An empty string removes it. If omitted or null, it is not changed.
      - Vonage saves it only if the URL responds to a GET with 200.
    type: str
  dr_callback_url:
    description:
      - URL that Vonage calls for each delivery receipt. See O(mo_callback_url).
    type: str
  http_forward_method:
    description:
      - How Vonage calls the URLs. The Vonage dashboard calls it the webhook format.
      - If omitted, it is not changed.
      - Vonage never returns it, so a task that sets it reports a change on every run. Set it in a separate task.
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
settings:
  description: The settings after the task. In check mode, as they would be.
  returned: success
  type: dict
  contains:
    mo_callback_url:
      description: URL for incoming SMS. Empty if it is not set.
      type: str
      returned: success
      sample: https://sms.example.com/inbound
    dr_callback_url:
      description: URL for delivery receipts. Empty if it is not set.
      type: str
      returned: success
      sample: https://sms.example.com/receipt
    max_outbound_request:
      description: Limit of outgoing requests per second. V(null) if Vonage does not return it.
      type: int
      returned: success
      sample: 30
    max_inbound_request:
      description: Limit of incoming requests per second. V(null) if Vonage does not return it.
      type: int
      returned: success
      sample: 30
    max_calls_per_second:
      description: Limit of API calls per second. V(null) if Vonage does not return it.
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
