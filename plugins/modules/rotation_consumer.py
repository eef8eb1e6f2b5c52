#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_consumer
short_description: Hand an API secret over to a consumer of a rotation
version_added: 0.1.0
description:
  - Private to the role P(community.vonage.rotate_api_secret#role), for the consumers that come with it.
  - On a host, writes the file, has the process read it, and asks the process which generation of the secret it uses.
  - With O(service), asks a service on the controller by a lookup, or fails with what the service said.
  - Replaces the file at once, when its content differs or when its owner, group or mode do. They are set before the
    secret is in the file. A link stays a link, and the file that it leads to is written.
  - Refuses a file that cannot be read, a file of others, a file with a newer secret of the same account, and a mode
    that lets others read the file.
  - The messages of a host are shown without the values in O(redact). Nothing else that a host answers is used, such as
    facts or warnings.
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.attributes.controller
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: A difference would show secrets.
  idempotent:
    support: full
  platform:
    details: On the host, or with O(service) on the controller.
options:
  path:
    description:
      - The file, by its absolute path. Its directory must exist.
      - If omitted, nothing is written, and O(confirm) or O(service) is required.
    type: str
  account_id:
    description:
      - API key of the account. Required without O(service).
    type: str
  generation:
    description:
      - The number of the secret. Required without O(service).
    type: int
  secret:
    description:
      - The secret of an environment file. The file has the lines C(VONAGE_API_KEY), C(VONAGE_API_SECRET) and
        C(VONAGE_API_SECRET_GENERATION), and nothing else.
      - A value that a shell, systemd and docker do not all read as it stands is refused. These are values with other
        characters than letters, digits and C(_@%+=:,./-).
    type: str
  content:
    description:
      - The content of a file of any format, in Base64. Ansible would take a text that looks like JSON for a dictionary.
      - Account and generation are noted in a file beside it, which holds no secret.
    type: str
  dropin:
    description:
      - With O(secret), a drop-in of a systemd unit. It is made to name the environment file.
    type: str
  owner:
    description:
      - Name or number of the user that the file is to belong to. By default, it keeps its owner.
    type: str
  group:
    description:
      - Name or number of the group that the file is to belong to. By default, it keeps its group.
    type: str
  mode:
    description:
      - The mode as an octal number in quotes. Others must not be able to use the file.
      - By default, a file keeps its mode, and a new one gets C(0600).
    type: str
  reload:
    description:
      - The command that has the process read the file, as a list of arguments.
      - It runs when the file has changed, or when the process does not confirm O(generation).
    type: list
    elements: str
    default: []
  confirm:
    description:
      - The command that prints the generation that the process uses, as a list of arguments.
      - The task fails unless the command prints O(generation) and ends with status 0.
    type: list
    elements: str
    default: []
  confirm_retries:
    description:
      - How often O(confirm) runs again until it prints O(generation).
    type: int
    default: 0
  confirm_delay:
    description:
      - Seconds between two runs of O(confirm).
    type: float
    default: 0
  redact:
    description:
      - Values that no message of the task may show.
    type: list
    elements: str
  service:
    description:
      - Name of the service, with which messages begin. If set, nothing is done on a host.
    type: str
  lookup:
    description:
      - The lookup to ask the service with, as collection and name. Lookups of C(community.hashi_vault) also read the
        variables C(ansible_hashi_vault_*).
      - Without O(term), the task fails when there is no such lookup, so that its collection has to be installed.
      - Without this option, the task fails with O(said).
    type: str
  term:
    description:
      - What to look up.
    type: str
  options:
    description:
      - The options of the lookup.
    type: dict
  said:
    description:
      - The error of the service, for the message of a task that fails without O(lookup).
    type: raw
"""

EXAMPLES = r"""
- name: Write the environment file
  community.vonage.rotation_consumer:
    path: /etc/sms-gateway/vonage.env
    account_id: abcd1234
    generation: 4
    secret: "{{ rotate_api_secret_value }}"
    group: sms-gateway
    mode: "0640"
    reload: [systemctl, reload, sms-gateway]
    confirm: [sms-gateway, --show-secret-generation]
"""

RETURN = r"""
confirmed_generation:
  description: The generation that the process uses; null without O(confirm).
  returned: success, without O(service)
  type: int
  sample: 4
answer:
  description: What the lookup gave, or null when it failed. It is never shown, since it may hold a secret.
  returned: with O(term)
  type: raw
  sample: [{}]
reason:
  description: The type of the error of the lookup; empty when there was none.
  returned: with O(term)
  type: str
  sample: InvalidPath
said:
  description: The error of the lookup, without the values of O(redact).
  returned: with O(term)
  type: str
  sample: "Forbidden: permission denied"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.vonage.plugins.module_utils._consumer import ARGUMENT_SPEC, CONSTRAINTS, serve


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True, **CONSTRAINTS)
    result = serve(module.params, module.check_mode)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
