#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_plan
short_description: Plan a rotation
version_added: 0.1.0
description:
  - Private to the role P(community.vonage.rotate_api_secret#role), whose variables it reads.
  - Decides from the record and from what Vonage lists and accepts which steps are safe. Changes nothing.
  - Fails when no step is safe, unless C(rotate_api_secret_mode) is V(status).
author:
  - community.vonage contributors (@ansible-collections)
extends_documentation_fragment:
  - community.vonage.attributes.controller
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  phase:
    description:
      - V(begin) plans the steps up to the hand-over, and V(finish) those after it. In V(finish), the confirmations of
        the consumers count.
      - V(look) finds out which accounts of a fleet have something to do.
    type: str
    required: true
    choices: [begin, finish, look]
  stored:
    description:
      - The result of M(community.vonage.rotation_record).
    type: raw
    required: true
  listed:
    description:
      - The result of M(community.vonage.vonage_api_secret_info) with the values to try.
    type: raw
    required: true
  before:
    description:
      - The plan before this one in the same run.
    type: raw
  central_confirmation:
    description:
      - What was read back from the central consumer.
    type: raw
  primary:
    description:
      - With V(look), the API key of the account that comes last.
    type: str
"""

EXAMPLES = r"""
- name: Plan the rotation
  community.vonage.rotation_plan:
    phase: begin
    stored: "{{ rotate_api_secret_stored }}"
    listed: "{{ listed }}"
  register: rotate_api_secret_result
"""

RETURN = r"""
outcome:
  description: The outcome of the run. One of V(rotate), V(idle), V(grace), V(blocked) and V(inconclusive).
  returned: always
  type: str
  sample: rotate
reason:
  description: Why, as a stable word.
  returned: always
  type: str
  sample: max_age
message:
  description: Why, as a sentence.
  returned: always
  type: str
  sample: The secret is older than 30d
steps:
  description: All steps of the plan.
  returned: always
  type: list
  elements: str
  sample: [prepare, create, verify, promote, distribute, confirm, revoke, settle]
planned:
  description: The steps that this phase takes. None in check mode, and none with C(rotate_api_secret_mode=status).
  returned: always
  type: list
  elements: str
  sample: [prepare, create, verify, promote, distribute]
look_again:
  description: Whether to look at Vonage again before anything is done.
  returned: always
  type: bool
  sample: false
missing:
  description: The consumers that have not confirmed.
  returned: always
  type: list
  elements: str
  sample: []
look:
  description: The hosts of the accounts with something to do, and of the others.
  returned: with V(look)
  type: dict
  contains:
    due:
      description: The hosts of the accounts with something to do, without that of O(primary).
      type: list
      elements: str
      returned: always
      sample: [efgh5678]
    primary_due:
      description: The host of O(primary), when it has something to do.
      type: list
      elements: str
      returned: always
      sample: []
    idle:
      description: The hosts of the accounts with nothing to do.
      type: list
      elements: str
      returned: always
      sample: [ijkl9012]
plans:
  description: The plans of the accounts with nothing to do.
  returned: with V(look)
  type: list
  elements: dict
  sample: []
secret_id:
  description: The ID that V(drop) or V(revoke) deletes.
  returned: always
  type: str
  sample: null
"""
