#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_record_aws_secretsmanager
short_description: Read or save the record of a rotation in AWS Secrets Manager
version_added: 0.1.0
description:
  - Keeps the record of the role P(community.vonage.rotate_api_secret#role) in a secret of AWS Secrets Manager.
  - A record is saved as a version whose id is made from the id of the version that it replaces. Secrets Manager has
    no two versions of a secret with one id, so of two runs that read the same version, the second one is refused. It is
    read back.
  - Credentials are found by boto3, in the environment, its configuration files, or the role of the machine.
  - Beside the record, the secret has C(api_key), C(api_secret), which is the value in use, and C(generation).
  - The result of a successful task is never shown, because the record holds API secrets.
author:
  - community.vonage contributors (@ansible-collections)
requirements:
  - boto3 (Python library), on the controller
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
  name:
    description:
      - Name of the secret, which is created when it does not exist; or ARN of one that does.
    type: str
    required: true
  region:
    description:
      - Region of AWS.
      - If not set, E(AWS_REGION) is read, and then what boto3 reads.
    type: str
  profile:
    description:
      - Profile in the configuration files of AWS.
      - If not set, boto3 reads E(AWS_PROFILE).
    type: str
  kms_key_id:
    description:
      - The KMS key that a secret is encrypted with that is created here.
      - If not set, it is the account's default key for Secrets Manager.
    type: str
  record:
    description:
      - The record to save, as the filter P(community.vonage.rotation_step#filter) gives it. Its version must be one
        above that of the record that is stored.
      - If omitted, the record is read.
    type: raw
"""

EXAMPLES = r"""
- name: Read the record
  community.vonage.rotation_record_aws_secretsmanager:
    name: vonage/abcd1234
    region: eu-central-1
  register: stored
"""

RETURN = r"""
record:
  description: The record as it is stored. V(null) when nothing is.
  returned: success
  type: dict
  sample: null
"""
