#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_secret_file
short_description: Write the file that hands an API secret over to a process
version_added: 0.1.0
description:
  - Of use to the role P(community.vonage.rotate_api_secret#role) alone, whose consumers C(env_file), C(template_file)
    and C(systemd_dropin) write their files with it.
  - Replaces the file at once, when its content differs or when its owner, group or mode do. They are set before the
    secret is in the file. A link stays a link, and the file that it leads to is written.
  - Refuses a file that cannot be read, a file of others, a file with a newer secret of the same account, and a mode
    that lets others read the file.
author:
  - community.vonage contributors (@ansible-collections)
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the changes without making them.
    support: full
  diff_mode:
    description: Returns details of what has changed, or would change, in diff mode.
    support: none
    details: A difference would show secrets.
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Where the module runs.
    support: full
    platforms: posix
options:
  path:
    description:
      - The file, by its absolute path. Its directory must exist.
    type: str
    required: true
  account_id:
    description:
      - API key of the account.
    type: str
    required: true
  generation:
    description:
      - The number of the secret.
    type: int
    required: true
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
"""

EXAMPLES = r"""
- name: Write the environment file
  community.vonage.rotation_secret_file:
    path: /etc/sms-gateway/vonage.env
    account_id: abcd1234
    generation: 4
    secret: "{{ rotate_api_secret_value }}"
    group: sms-gateway
    mode: "0640"
"""

RETURN = r"""
path:
  description: The file, as O(path) names it.
  returned: success
  type: str
  sample: /etc/sms-gateway/vonage.env
"""

import base64
import binascii

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.vonage.plugins.module_utils._secret_file import (
    Mark,
    SecretFileError,
    parse_access,
    write_env_file,
    write_text_file,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "str", "required": True},
            "account_id": {"type": "str", "required": True},
            "generation": {"type": "int", "required": True},
            "secret": {"type": "str", "no_log": True},
            "content": {"type": "str", "no_log": True},
            "dropin": {"type": "str"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "mode": {"type": "str"},
        },
        required_one_of=[("secret", "content")],
        mutually_exclusive=[("secret", "content"), ("content", "dropin")],
        supports_check_mode=True,
    )
    options = module.params
    path, mark = options["path"], Mark(options["account_id"], options["generation"])
    try:
        access = parse_access(options["owner"], options["group"], options["mode"])
        if options["secret"] is not None:
            changed = write_env_file(path, options["secret"], mark, access, options["dropin"], module.check_mode)
        else:
            content = base64.b64decode(options["content"], validate=True)
            changed = write_text_file(path, content, mark, access, module.check_mode)
    except SecretFileError as error:
        module.fail_json(msg=str(error))
    except binascii.Error:
        module.fail_json(msg="content must be Base64")
    module.exit_json(changed=changed, path=path)


if __name__ == "__main__":
    main()
