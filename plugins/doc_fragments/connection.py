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
      - Base URL of the server of C(/account/), which holds the balance and the settings.
      - It may be the same as O(api_url), with a port and a path, for example for the simulator.
      - Plain C(http://) is taken for loopback addresses, and for others only with O(validate_certs=false).
      - If not set, the environment variable E(VONAGE_REST_URL) is read on the host where the task runs.
    type: str
    default: https://rest.nexmo.com
  api_url:
    description:
      - Base URL of the server of C(/accounts/), which holds the secrets and the subaccounts. See O(rest_url).
      - If not set, the environment variable E(VONAGE_API_URL) is read on the host where the task runs.
    type: str
    default: https://api.nexmo.com
  timeout:
    description:
      - Seconds to wait for a connection, and again for each part of an answer.
      - If not set, the environment variable E(VONAGE_TIMEOUT) is read on the host where the task runs.
    type: float
    default: 30
  deadline:
    description:
      - Seconds that one call may take in all, with every attempt, the waits between attempts and the whole answer,
        however slowly that comes. O(timeout) alone begins again with each part of an answer.
      - A request that may have arrived by then, and was not answered, is not repeated; the outcome in C(error) is
        V(unknown). A lookup of the host name is not cut off.
      - If not set, the environment variable E(VONAGE_DEADLINE) is read on the host where the task runs.
    type: float
    default: 300
  retries:
    description:
      - How often a call that is safe to repeat is sent again.
      - A call that only reads is repeated after connection errors and the statuses 429, 500, 502, 503 and 504. One that
        changes something is repeated only when Vonage surely did not process it, and a top-up never.
      - If not set, the environment variable E(VONAGE_RETRIES) is read on the host where the task runs.
    type: int
    default: 3
  validate_certs:
    description:
      - Whether the certificates of the servers are verified. With V(false), everybody on the way can read the secret.
      - If not set, the environment variable E(VONAGE_VALIDATE_CERTS) is read on the host where the task runs.
    type: bool
    default: true
  ca_path:
    description:
      - A file of CA certificates to verify the servers with, instead of those that C(requests) brings or
        E(REQUESTS_CA_BUNDLE) names.
      - If not set, the environment variable E(VONAGE_CA_PATH) is read on the host where the task runs.
    type: path
requirements:
  - requests 2.25.1 or newer, with urllib3 1.26.5 or newer, on the host where the task runs
notes:
  - Options win over the environment. To set them once for the tasks of all modules, use C(module_defaults) with the
    group C(group/community.vonage.vonage).
  - A task for the controller runs in the controller's own process, which takes a fraction of the time of a module and
    gives the same result. The variable C(vonage_in_process) with V(false), or the environment variable
    E(VONAGE_IN_PROCESS), has it run as a module like on any other host.
seealso:
  - name: Vonage Account API
    description: The API behind it.
    link: https://developer.vonage.com/en/api/account
"""

    # Of every module.
    REDACT = r"""
options:
  redact:
    description:
      - Further secrets that no message of the task may show, such as the other valid secret of the account.
      - The values of all options that hold a secret are taken out anyway, also quoted and in base64.
    type: list
    elements: str
"""

    # Beside the above, for a plugin: what a module has in its argument spec.
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
