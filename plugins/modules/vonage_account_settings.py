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
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.attributes
attributes:
  check_mode:
    support: full
    details: The settings are read. Whether Vonage would accept a URL is known only when it is written.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: Vonage never returns O(http_forward_method), so a task that sets it reports a change every time.
options:
  mo_callback_url:
    description:
      - URL that Vonage calls for each incoming SMS.
      - An empty string unsets it. If omitted, it is left alone.
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

from ansible_collections.community.vonage.plugins.module_utils._module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations import ACCOUNT_SETTINGS


def main() -> None:
    run_module(ACCOUNT_SETTINGS)


if __name__ == "__main__":
    main()
