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
      - How the messages about a service begin.
    type: str
  lookup:
    description:
      - The lookup to ask the service with, and its collection. Of those of C(community.hashi_vault), the variables
        C(ansible_hashi_vault_*) count, as in a template.
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
      - What the service said.
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

import base64
import binascii
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.vonage.plugins.module_utils._consumer_process import Process, ProcessError
from ansible_collections.community.vonage.plugins.module_utils._secret_file import (
    Mark,
    SecretFileError,
    parse_access,
    write_env_file,
    write_text_file,
)

ARGUMENT_SPEC: dict[str, t.Any] = {
    "path": {"type": "str"},
    "account_id": {"type": "str"},
    "generation": {"type": "int"},
    "secret": {"type": "str", "no_log": True},
    "content": {"type": "str", "no_log": True},
    "dropin": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "str"},
    "reload": {"type": "list", "elements": "str", "default": []},
    "confirm": {"type": "list", "elements": "str", "default": []},
    "confirm_retries": {"type": "int", "default": 0},
    "confirm_delay": {"type": "float", "default": 0},
    "redact": {"type": "list", "elements": "str", "no_log": True},
    # Only the action knows what to do with these.
    "service": {"type": "str"},
    "lookup": {"type": "str"},
    "term": {"type": "str"},
    "options": {"type": "dict", "no_log": True},
    "said": {"type": "raw"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_one_of=[("account_id", "service")],
        required_together=[("account_id", "generation")],
        required_by={"secret": "path", "content": "path"},
        mutually_exclusive=[("secret", "content"), ("content", "dropin")],
        supports_check_mode=True,
    )
    options = module.params
    process = Process(
        module.run_command, options["reload"], options["confirm"], options["confirm_retries"], options["confirm_delay"]
    )
    try:
        changed = write(options, module.check_mode)
        if not module.check_mode:
            changed = process.use(options["generation"], changed) or changed
    except (ProcessError, SecretFileError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=changed, confirmed_generation=options["generation"] if options["confirm"] else None)


def write(options: dict[str, t.Any], check_mode: bool) -> bool:
    """Write the file, when there is one.

    :returns: Whether something changed, or would.
    :raises SecretFileError: The file was refused, or could not be written.
    """
    path, mark = options["path"], Mark(options["account_id"], options["generation"])
    if path is None:
        return False
    if options["secret"] is None and options["content"] is None:
        raise SecretFileError("Give secret or content with path. Nothing was changed on this host")
    access = parse_access(options["owner"], options["group"], options["mode"])
    if options["secret"] is not None:
        return write_env_file(path, options["secret"], mark, access, options["dropin"], check_mode)
    try:
        content = base64.b64decode(options["content"] or "", validate=True)
    except binascii.Error:
        raise SecretFileError("content must be Base64") from None
    return write_text_file(path, content, mark, access, check_mode)


if __name__ == "__main__":
    main()
