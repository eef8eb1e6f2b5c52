#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_record
short_description: Load or save the record of a rotation
version_added: 0.1.0
description:
  - Private to the role P(community.vonage.rotate_api_secret#role), whose variables it reads.
  - Loads the record from the store that C(rotate_api_secret_store) names. This is a file on the controller, encrypted
    with the vault password of the running job, or a secret in HashiCorp Vault, AWS Secrets Manager or Kubernetes.
  - Makes the record that follows a step, and saves it only when the store still has the version that was loaded. The
    saved record is read back.
  - The result of a successful task is never shown, because the record holds API secrets.
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
    support: none
    details: Each save has the next version.
options:
  step:
    description:
      - V(load) checks the variables of the role, and loads the record. Without a record, a new one starts with
        C(rotate_api_secret_api_secret).
      - V(claim), V(adopt), V(adopt_value), V(rollback), V(drop), V(dropped), V(abandon), V(prepare), V(create),
        V(promote), V(distribute), V(revoke), V(settle) and V(release) save the record that follows this step of the
        rotation. V(prepare) makes the new value. V(distribute), V(settle) and V(release) give up the lease.
      - V(create), V(dropped) and V(revoked) add a line to the report. V(revoked) does nothing else.
      - With the user's own store, a step returns RV(next) and saves nothing; V(read_back) checks that O(found) is it.
      - V(look) reads the records of the accounts that are O(hosts).
      - V(check) reads the record, or saves O(record), as it is. V(show) looks for tasks of a store of the user's that
        may show the record.
    type: str
    required: true
  stored:
    description:
      - The result of this module before. With V(load), what the user's own store has loaded.
    type: raw
  listed:
    description:
      - The result of the module that has listed or changed the secrets last.
    type: raw
  plan:
    description:
      - The result of M(community.vonage.rotation_plan).
    type: raw
  found:
    description:
      - With V(read_back), what the user's own store has read back.
    type: raw
  record:
    description:
      - With V(check), the record to save.
    type: raw
  hosts:
    description:
      - With V(look), a pattern of hosts, each of which is an account.
    type: str
"""

EXAMPLES = r"""
- name: Load the rotation record
  community.vonage.rotation_record:
    step: load
  register: rotate_api_secret_stored
"""

RETURN = r"""
record:
  description: The record.
  returned: success
  type: dict
  sample: {}
candidates:
  description: The values to try a login with.
  returned: success
  type: list
  elements: str
  sample: []
retired:
  description: The values that were retired, to try when a second secret is in no record.
  returned: success
  type: list
  elements: str
  sample: []
recorded_values:
  description: All values of the record, which no message may show.
  returned: success
  type: list
  elements: str
  sample: []
login:
  description: The API key and the API secret to log in with.
  returned: success
  type: dict
  sample: {}
looked:
  description: The host and the API key of each account, and its record when its last rotation is over.
  returned: with V(look)
  type: list
  elements: dict
  sample: []
account_ids:
  description: The API keys of the accounts whose last rotation is over.
  returned: with V(look)
  type: list
  elements: str
  sample: [abcd1234]
api_secrets:
  description: The secrets that these accounts use.
  returned: with V(look)
  type: list
  elements: str
  sample: []
next:
  description: The record that a store of the user's is to save.
  returned: with a store of the user's
  type: dict
  sample: {}
"""
