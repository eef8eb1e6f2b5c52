#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_decision
short_description: Decide what is safe to do next in a rotation
version_added: 0.1.0
description:
  - Decides as P(community.vonage.rotation_plan#filter) does, for the role P(community.vonage.rotate_api_secret#role),
    and ends the run when there is nothing safe to do.
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
    details: It changes nothing.
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Where the module runs.
    support: full
    platforms: posix
    details: On the controller.
options:
  record:
    description:
      - The record of the rotation.
    type: raw
    required: true
  listed:
    description:
      - The result of M(community.vonage.vonage_api_secret_info), called with the candidates of
        P(community.vonage.rotation_candidates#filter).
    type: raw
    required: true
  adopt_value:
    description:
      - The value of a second secret that is in no record. It was the last one of the candidates.
    type: raw
  retired:
    description:
      - What the retired values of the record answered, where they were probed.
    type: list
    elements: str
    default: []
  begun:
    description:
      - The decision that this run began with, when this is not the first one of the run.
    type: raw
  confirmations:
    description:
      - What the consumers have confirmed, each with the C(run) that it was asked in, its C(host), and the C(generation)
        that its running process uses. Only those of the run of O(begun) count; without it, none does.
    type: list
    elements: raw
    default: []
  central_confirmation:
    description:
      - The C(generation) that was read back from the central consumer, with the C(run) that handed it over. Only that
        of the run of O(begun) counts.
    type: dict
    default: {}
  policy:
    description:
      - As for P(community.vonage.rotation_plan#filter).
    type: dict
    required: true
  hosts:
    description:
      - The consumers that are given a new secret.
    type: list
    elements: str
    default: []
  hooks:
    description:
      - What is done only because a user wants it. The keys are C(approve), C(verify_hook), C(distribute), C(note) and
        C(notify); what has an empty value is not done.
    type: dict
    default: {}
  hand_over_with:
    description:
      - The hooks that hand the secret over on the consumers, C(distribute), and ask them, C(confirm). They are returned
        as they are, so that a consumer cannot replace them.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: List the secrets, and probe the recorded values
  community.vonage.vonage_api_secret_info:
    candidates: "{{ stored.record | community.vonage.rotation_candidates }}"
  register: listed

- name: Decide what is safe to do
  community.vonage.rotation_decision:
    record: "{{ stored.record }}"
    listed: "{{ listed }}"
    policy:
      mode: status
      max_age: 30d
  register: decision
"""

RETURN = r"""
outcome:
  description: One of V(rotate), V(idle), V(grace), V(blocked) and V(inconclusive). It fails with the last two.
  returned: always
  type: str
  sample: rotate
reason:
  description: A stable word for the reason.
  returned: always
  type: str
  sample: max_age
message:
  description: The reason in one sentence.
  returned: always
  type: str
  sample: The secret is older than 30d
steps:
  description: The steps to take, in order.
  returned: always
  type: list
  elements: str
  sample: [prepare, create, verify, promote, distribute, confirm, revoke, settle]
secret_id:
  description: The id that the plan would revoke, where it is known.
  returned: always
  type: str
  sample: null
missing:
  description: The consumers that have not confirmed.
  returned: always
  type: list
  elements: str
  sample: []
account_id:
  description: API key of the account.
  returned: always
  type: str
  sample: abcd1234
generation:
  description: The number of the secret in use.
  returned: always
  type: int
  sample: 4
stage:
  description: How far the record is.
  returned: always
  type: str
  sample: idle
secret_ids:
  description: The ids of the listed secrets.
  returned: always
  type: list
  elements: str
  sample: [37d0cbf6-5fac-4656-a5c9-13b485d6fff0]
current:
  description: What the value in use answered.
  returned: always
  type: str
  sample: accepted
run:
  description: What this run is told from others by.
  returned: always
  type: str
  sample: abcd1234 2026-11-22T12:00:00.000000+00:00
tasks:
  description: What is to be done until the consumers are asked, or after that.
  returned: always
  type: list
  elements: str
  sample: [save prepare, create, save create, verify, save promote]
asks:
  description: Whether the consumers are to be asked, and a second decision to be made.
  returned: always
  type: bool
  sample: true
hand_over_to:
  description: The consumers that this run gives the secret to.
  returned: always
  type: list
  elements: str
  sample: [gateway1]
hand_over_with:
  description: The hooks that hand the secret over on the consumers, and ask them.
  returned: always
  type: dict
  sample: {distribute: env_file, confirm: env_file}
"""
