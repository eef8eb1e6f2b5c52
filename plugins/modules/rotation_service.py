#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_service
short_description: Ask a service that takes the secret of a rotation
version_added: 0.1.0
description:
  - Private to the role P(community.vonage.rotate_api_secret#role).
  - With O(lookup) alone, fails when there is no such lookup, so that its collection has to be installed.
  - With O(lookup) and O(term), asks a service. Neither the answer nor an error of the lookup is shown.
  - Without O(lookup), fails with O(said). The values of O(record) are taken out of the message, however they are quoted
    or encoded.
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
    support: none
    details: The lookup is called in C(check_mode), too.
  diff_mode:
    description: Returns details of what has changed, or would change, in diff mode.
    support: none
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
    support: none
    details: As the lookup is.
  platform:
    description: Where the module runs.
    support: full
    platforms: posix
    details: On the controller.
options:
  service:
    description:
      - How the message begins.
    type: str
    required: true
  record:
    description:
      - The record of the rotation, whose values are not shown.
    type: raw
    required: true
  lookup:
    description:
      - The lookup, with its collection. Of those of C(community.hashi_vault), the variables C(ansible_hashi_vault_*)
        count, as in a template.
    type: str
  term:
    description:
      - What is looked up.
    type: str
  options:
    description:
      - Options of the lookup, as a dictionary.
    type: raw
  said:
    description:
      - What the service said.
    type: raw
"""

EXAMPLES = r"""
- name: Read a secret in Vault
  community.vonage.rotation_service:
    service: Vault
    record: "{{ stored.record }}"
    lookup: community.hashi_vault.vault_kv2_get
    term: sms/vonage
  register: found

- name: Stop when Vault did not answer
  community.vonage.rotation_service:
    service: Vault does not show the secret
    record: "{{ stored.record }}"
    said: "{{ found.said }}"
  when: found.answer is none
"""

RETURN = r"""
answer:
  description: What the lookup gave; null when it failed.
  returned: with O(term)
  type: list
  elements: raw
reason:
  description: The kind of the error; empty when there was none.
  returned: with O(term)
  type: str
  sample: Forbidden
said:
  description: The error, without the values of the record; empty when there was none.
  returned: with O(term)
  type: str
  sample: "Forbidden: permission denied"
"""
