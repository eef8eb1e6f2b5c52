#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_record
short_description: Read or save the record of a rotation
version_added: 0.1.0
description:
  - Keeps the record of the role P(community.vonage.rotate_api_secret#role) in a file on the controller, encrypted
    with the vault password of the running job.
  - A record is saved only when the file still has the version that the record was made from. The file is replaced
    at once, and read back.
  - The result of a successful task is never shown, because the record holds API secrets.
author:
  - community.vonage contributors (@ansible-collections)
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
  path:
    description:
      - The file. It is created with mode C(0600), and keeps its owner, its group, its mode and its access control list
        afterwards. A save by a user who cannot keep them fails. A link stays, and its target is written.
    type: path
    required: true
  record:
    description:
      - The record to save, as the filter P(community.vonage.rotation_step#filter) gives it. Its version must be one
        above that in the file.
      - If omitted, the record is read.
    type: raw
  in_clear:
    description:
      - Whether the record may be in clear. A run without a vault password then reads and writes it in clear. A run with
        a vault password reads it, and encrypts it with the next save.
      - If V(false), a record in clear is refused even by a run with a vault password, since somebody else may have put
        it in the place of the encrypted one.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read the record
  community.vonage.rotation_record:
    path: /srv/rotation/abcd1234.yml
  register: stored
"""

RETURN = r"""
record:
  description: The record as it is in the file. V(null) when there is no file.
  returned: success
  type: dict
  sample: null
"""
