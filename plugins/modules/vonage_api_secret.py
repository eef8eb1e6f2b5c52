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
  - Creates an API secret with a given value, or revokes a secret by its id.
  - Vonage never returns the value of a secret. The module logs in with a value to find out whether it exists.
  - An account can have two secrets at most. The module never revokes a secret to make room for a new one.
  - To replace a secret that is in use, use the role P(community.vonage.rotate_api_secret#role).
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.connection
  - community.vonage.connection.redact
  - community.vonage.attributes
attributes:
  check_mode:
    support: full
    details: Only reads the account, and with O(state=present) tries to log in with the value.
  diff_mode:
    support: full
    details: Shows ids and dates, never a value.
  idempotent:
    support: partial
    details:
      - Vonage never returns a value, so the module logs in with it to find out whether it exists.
      - A value that was just created, and that Vonage does not accept yet, is not found. The task then fails and
        creates nothing.
options:
  account_id:
    description:
      - API key of the account whose secrets are managed. It may be a subaccount of O(api_key).
      - If not set, this is O(api_key).
    type: str
  state:
    description:
      - V(present) makes sure that O(secret) is a valid secret of the account.
      - V(absent) makes sure that the secret with the id O(secret_id) does not exist. The only secret of an account
        cannot be revoked. Log in with the other secret, not with the one that is revoked; see O(api_secret_id).
    type: str
    choices:
      - present
      - absent
    default: present
  secret:
    description:
      - The value. It must have 8 to 25 printable ASCII characters without spaces, and at least one lower-case letter,
        one upper-case letter and one digit. The lookup P(community.vonage.new_api_secret#lookup) generates one.
      - Required with O(state=present).
    type: str
  secret_id:
    description:
      - Vonage's id of the secret.
      - Required with O(state=absent).
    type: str
  api_secret_id:
    description:
      - Vonage's id of O(api_secret), the secret that the task logs in with. With O(state=absent), the task fails before
        any request if O(secret_id) is the same.
      - Vonage does not tell which secret a task logs in with. Without this option, a task that revokes a secret of its
        own account tries to log in again afterwards, and warns if Vonage refuses that. There is no warning if Vonage
        still accepts the revoked secret for a while. In check mode, the task warns that it may revoke its own secret.
    type: str
seealso:
  - module: community.vonage.vonage_api_secret_info
  - plugin: community.vonage.new_api_secret
    plugin_type: lookup
    description: Generates a value that Vonage accepts.
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
  description: Vonage's reference of the request that created or revoked the secret. V(null) if nothing was changed.
  returned: success
  type: str
  sample: 854d38af-5d2e-48b2-addb-232889a6860b
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
secret:
  description:
    - The secret that was created, found or revoked.
    - V(null) if the value exists and the account has two secrets, because Vonage does not tell which one it is.
    - V(null) also in check mode if the secret would be created, and if there was nothing to revoke.
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
    - All secrets of the account after the task, the oldest first. In check mode with O(state=present), those before it.
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
