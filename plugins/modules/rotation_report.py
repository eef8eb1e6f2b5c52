#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_report
short_description: Say what a run of a rotation came to
version_added: 0.1.0
description:
  - Shows the end of a run of the role P(community.vonage.rotate_api_secret#role), returns what it came to, and writes
    that to a report and to metrics. None of them holds a value.
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
    details: Only the report and the metrics are written.
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Where the module runs.
    support: full
    platforms: posix
    details: On the controller.
options:
  account_id:
    description:
      - API key of the account.
    type: str
    required: true
  mode:
    description:
      - What the run was to do. Of V(status), nothing is written.
    type: str
    default: rotate
  report:
    description:
      - A file that gets a line of JSON for each run. It is created with mode C(0600).
      - A report or metrics that cannot be written are a warning.
    type: path
  metrics:
    description:
      - A textfile for the node exporter of Prometheus. It may be shared by accounts, and holds nothing else.
      - It is created with mode C(0644). Later it keeps its owner, its group, its mode and its access control list.
    type: path
  event:
    description:
      - Something that was done at Vonage, with O(listed). Only a line of the report is written then.
    type: str
  failed_task:
    description:
      - The task that ended the run.
    type: str
  failure:
    description:
      - The result of that task, or what may be shown of it.
    type: raw
  decision:
    description:
      - The last result of M(community.vonage.rotation_decision) in this run.
    type: raw
    required: true
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
  kept_in:
    description:
      - Where the record is.
    type: str
    required: true
  hosts:
    description:
      - The consumers.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Report the result
  community.vonage.rotation_report:
    account_id: abcd1234
    report: /var/log/vonage-rotation.jsonl
    decision: "{{ decision }}"
    record: "{{ stored.record }}"
    listed: "{{ listed }}"
    kept_in: /srv/rotation/abcd1234.yml
"""

RETURN = r"""
msg:
  description:
    - What happened, in lines.
    - The other values are those of O(decision), with the generation, the stage and the secrets that there are in the
      end.
  returned: always
  type: list
  elements: str
  sample: ["idle (not_due): The secret is accepted and not due for rotation"]
"""
