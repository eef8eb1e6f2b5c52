#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_report
short_description: Report the result of a rotation
version_added: 0.1.0
description:
  - Private to the role P(community.vonage.rotate_api_secret#role), whose variables it reads.
  - Shows the result of a run. Adds a line to the report that C(rotate_api_secret_report) names, and writes the metrics
    that C(rotate_api_secret_metrics) names. A report or metrics that cannot be written are a warning.
  - With C(rotate_api_secret_mode=status), nothing is written.
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
    support: none
    details: Each run adds a line to the report.
options:
  stored:
    description:
      - The result of M(community.vonage.rotation_record).
    type: raw
  listed:
    description:
      - The secrets that were listed last.
    type: raw
  plan:
    description:
      - The result of M(community.vonage.rotation_plan).
    type: raw
  idle:
    description:
      - The plans of accounts of a fleet that have nothing to do. Nothing is shown for them.
    type: list
    elements: dict
  failed_task:
    description:
      - The name of the task that failed.
    type: str
  failure:
    description:
      - The result of the task that failed. It is shown without the values of the record.
    type: raw
"""

EXAMPLES = r"""
- name: Report the result
  community.vonage.rotation_report:
    stored: "{{ rotate_api_secret_stored }}"
    listed: "{{ listed }}"
    plan: "{{ rotate_api_secret_result }}"
"""

RETURN = r"""
msg:
  description: What the run came to.
  returned: always
  type: raw
  sample: ["idle (not_due): The secret is accepted and not due for rotation"]
"""
