#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vonage_api_secret
short_description: Create or revoke an API secret of a Vonage API account
version_added: 0.1.0
description:
  - Creates an API secret with a value of yours, or revokes one by its id.
  - Vonage never shows the value of a secret. Whether a value is present is found out by logging in with it.
  - Nothing is ever revoked to make room. An account has two secrets at most.
  - To replace a secret in service, use the role P(community.vonage.rotate_api_secret#role).
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
attributes:
  check_mode:
    support: full
    details: The account is read, and with O(state=present) a login with the value is tried.
  diff_mode:
    support: full
    details: Shows ids and dates, never a value.
  idempotent:
    support: partial
    details:
      - Vonage never shows a value, so the module finds out whether it is there by logging in with it.
      - A value that was created a moment ago, and that Vonage does not accept yet, is not found. The task fails then,
        and creates nothing.
options:
  account_id:
    description:
      - API key of the account whose secrets are managed. It may be a subaccount of O(api_key).
      - If not set, it is O(api_key).
    type: str
  state:
    description:
      - V(present) makes sure that O(secret) is a valid secret of the account.
      - V(absent) makes sure that the secret with the id O(secret_id) does not exist. The only secret of an account
        cannot be revoked. Log in with the secret that stays, not with the one that goes; see O(api_secret_id).
    type: str
    choices:
      - present
      - absent
    default: present
  secret:
    description:
      - The value. It must have 8 to 25 printable ASCII characters without spaces, and at least one lower-case letter,
        one upper-case letter and one digit. The lookup P(community.vonage.new_api_secret#lookup) makes one.
      - Required with O(state=present).
    type: str
  secret_id:
    description:
      - Vonage's id of the secret.
      - Required with O(state=absent).
    type: str
  api_secret_id:
    description:
      - Vonage's id of O(api_secret), the secret that the task logs in with, when you know it. With O(state=absent), a
        task whose O(secret_id) is the same fails, and nothing is sent.
      - Vonage does not say which secret a task logs in with. Without this option, a task that would revoke a secret of
        its own account in check mode warns that this may be the one. Otherwise the task tries the login again after the
        revocation, and warns when Vonage refuses it; when Vonage accepts a revoked secret a while longer, it does not.
    type: str
seealso:
  - module: community.vonage.vonage_api_secret_info
  - plugin: community.vonage.new_api_secret
    plugin_type: lookup
    description: Makes a value that Vonage accepts.
"""

EXAMPLES = r"""
- name: Create a second secret
  community.vonage.vonage_api_secret:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    secret: "{{ vault_vonage_new_api_secret }}"

- name: Create a secret of a subaccount
  community.vonage.vonage_api_secret:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_api_secret }}"
    account_id: efgh5678
    secret: "{{ vault_vonage_subaccount_secret }}"

- name: Revoke the first secret, logged in with the second
  community.vonage.vonage_api_secret:
    api_key: abcd1234
    api_secret: "{{ vault_vonage_new_api_secret }}"
    api_secret_id: 1888cad1-4543-49ee-9e72-b94a6122b493
    state: absent
    secret_id: 37d0cbf6-5fac-4656-a5c9-13b485d6fff0
"""

RETURN = r"""
request_id:
  description: Vonage's reference of the request that created or revoked the secret. V(null) when none did.
  returned: success
  type: str
  sample: 854d38af-5d2e-48b2-addb-232889a6860b
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
secret:
  description:
    - The secret that was created, found or revoked.
    - V(null) when the value was found but the account has two secrets, because Vonage does not tell which one it is; in
      check mode before a creation; and when there was nothing to revoke.
  returned: success
  type: dict
  contains:
    id:
      description: Vonage's id of the secret.
      type: str
      returned: success
      sample: 37d0cbf6-5fac-4656-a5c9-13b485d6fff0
    created_at:
      description: When it was created.
      type: str
      returned: success
      sample: "2026-03-04T05:06:07Z"
secrets:
  description:
    - All secrets of the account after the task, the oldest first. In check mode with O(state=present), as before it.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Vonage's id of the secret.
      type: str
      returned: success
      sample: 37d0cbf6-5fac-4656-a5c9-13b485d6fff0
    created_at:
      description: When it was created.
      type: str
      returned: success
      sample: "2026-03-04T05:06:07Z"
"""

from ansible_collections.community.vonage.plugins.module_utils._operations.ansible_module import run_module
from ansible_collections.community.vonage.plugins.module_utils._operations.api_secret import API_SECRET


def main() -> None:
    run_module(API_SECRET)


if __name__ == "__main__":
    main()
