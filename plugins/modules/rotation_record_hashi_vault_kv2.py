#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_record_hashi_vault_kv2
short_description: Read or save the record of a rotation in HashiCorp Vault
version_added: 0.1.0
description:
  - Keeps the record of the role P(community.vonage.rotate_api_secret#role) in a secret of a KV version 2
    engine of HashiCorp Vault.
  - A record is saved by the engine's own check-and-set, against the version of the secret that was read, and only
    when the record there still has the version that the new one was made from. It is read back.
  - How to reach Vault and to log in is taken from the variables C(ansible_hashi_vault_*), the configuration file and
    the environment, as the lookups of the collection C(community.hashi_vault) do, such as
    P(community.hashi_vault.vault_kv2_get#lookup).
  - Beside the record, the secret has C(api_key), C(api_secret), which is the value in use, and C(generation).
  - The result of a successful task is never shown, because the record holds API secrets.
author:
  - community.vonage contributors (@ansible-collections)
requirements:
  - community.hashi_vault 2.5.0 or newer, on the controller
  - hvac (Python library), on the controller
attributes:
  action:
    description: Has a part that runs on the controller.
    support: full
  bypass_host_loop:
    description: Runs once for all hosts.
    support: none
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
    details: On the controller.
options:
  mount_point:
    description:
      - Where the engine is mounted.
    type: str
    default: secret
  path:
    description:
      - Path of the secret, below the mount point.
    type: str
    required: true
  record:
    description:
      - The record to save, as the filter P(community.vonage.rotation_step#filter) gives it. Its version must be one
        above that of the record that is stored.
      - If omitted, the record is read.
    type: raw
"""

EXAMPLES = r"""
- name: Read the record
  community.vonage.rotation_record_hashi_vault_kv2:
    path: vonage/abcd1234
  register: stored
"""

RETURN = r"""
record:
  description: The record as it is stored. V(null) when nothing is.
  returned: success
  type: dict
  sample: null
"""
