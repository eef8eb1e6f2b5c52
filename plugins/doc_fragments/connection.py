# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of connection_argument_spec() in module_utils/_api/connection.py. Unit tests compare the two."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - API key of the Vonage account to log in to.
      - If not set, the environment variable E(VONAGE_API_KEY) is read on the host where the task runs.
    type: str
    required: true
  api_secret:
    description:
      - A valid API secret of that account.
      - If not set, the environment variable E(VONAGE_API_SECRET) is read on the host where the task runs.
    type: str
    required: true
  rest_url:
    description:
      - Base URL for C(/account/), which serves the balance and the settings.
      - It may have a port and a path, and may be the same as O(api_url), for example for the simulator.
      - C(http://) is allowed for loopback addresses, and for others only with O(validate_certs=false).
      - If not set, the environment variable E(VONAGE_REST_URL) is read on the host where the task runs.
    type: str
    default: https://rest.nexmo.com
  api_url:
    description:
      - Base URL for C(/accounts/), which serves the secrets and the subaccounts. See O(rest_url).
      - If not set, the environment variable E(VONAGE_API_URL) is read on the host where the task runs.
    type: str
    default: https://api.nexmo.com
  timeout:
    description:
      - Seconds to wait for a connection, and again for each part of a response.
      - If not set, the environment variable E(VONAGE_TIMEOUT) is read on the host where the task runs.
    type: float
    default: 30
  deadline:
    description:
      - Seconds that a request may take in total, including all retries, the waits between them, and the whole response.
        O(timeout) does not limit this, because it starts again with each part of a response.
      - A request without a response by then is not retried. If it may have been sent, the outcome in C(error) is
        V(unknown). The lookup of the host name is not interrupted.
      - If not set, the environment variable E(VONAGE_DEADLINE) is read on the host where the task runs.
    type: float
    default: 300
  retries:
    description:
      - How often a request is retried.
      - Requests that only read are retried after connection errors and the statuses 429, 500, 502, 503 and 504. Other
        requests are retried only if Vonage certainly did not process them, and a top-up is never retried.
      - If not set, the environment variable E(VONAGE_RETRIES) is read on the host where the task runs.
    type: int
    default: 3
  validate_certs:
    description:
      - Whether to verify the certificates of the servers. With V(false), anyone in between can read the secret.
      - If not set, the environment variable E(VONAGE_VALIDATE_CERTS) is read on the host where the task runs.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a CA bundle to verify the servers with. By default, E(REQUESTS_CA_BUNDLE) or the CA bundle of the Python
        library C(requests) is used.
      - If not set, the environment variable E(VONAGE_CA_PATH) is read on the host where the task runs.
    type: path
requirements:
  - requests 2.25.1 or newer, with urllib3 1.26.5 or newer, on the host where the task runs
notes:
  - Options take precedence over environment variables. To set them for all modules, use C(module_defaults) with the
    group C(group/community.vonage.vonage).
  - On the controller, a task runs in the process of the Ansible worker, which is much faster than a module and gives
    the same result. To run it as a module, set the variable C(vonage_in_process) or the environment variable
    E(VONAGE_IN_PROCESS) to V(false).
seealso:
  - name: Vonage Account API
    description: The documentation of the API.
    link: https://developer.vonage.com/en/api/account
"""

    # For every module.
    REDACT = r"""
options:
  redact:
    description:
      - Further secrets to hide in all messages of the task, such as the other secret of the account.
      - The values of all secret options are always hidden, also when they are quoted or in base64.
    type: list
    elements: str
"""

    # For plugins; modules have the environment variables in their argument spec.
    ENVIRONMENT = r"""
options:
  api_key:
    env:
      - name: VONAGE_API_KEY
  api_secret:
    env:
      - name: VONAGE_API_SECRET
  rest_url:
    env:
      - name: VONAGE_REST_URL
  api_url:
    env:
      - name: VONAGE_API_URL
  timeout:
    env:
      - name: VONAGE_TIMEOUT
  deadline:
    env:
      - name: VONAGE_DEADLINE
  retries:
    env:
      - name: VONAGE_RETRIES
  validate_certs:
    env:
      - name: VONAGE_VALIDATE_CERTS
  ca_path:
    env:
      - name: VONAGE_CA_PATH
"""
