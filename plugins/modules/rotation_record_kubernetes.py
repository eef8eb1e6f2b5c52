#!/usr/bin/python

# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation alone: the module is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: rotation_record_kubernetes
short_description: Read or save the record of a rotation in Kubernetes
version_added: 0.1.0
description:
  - Keeps the record of the role P(community.vonage.rotate_api_secret#role) in a Secret of Kubernetes.
  - A record is saved only when the Secret still has the resource version that was read, and the record there still
    has the version that the new one was made from. It is read back. What others keep in labels and annotations stays.
  - How to reach Kubernetes and to log in is what the modules of C(kubernetes.core) find without options, beside the two
    below, such as E(K8S_AUTH_KUBECONFIG), E(K8S_AUTH_HOST) and the account of the pod.
  - Beside the record, the secret has C(api_key), C(api_secret), which is the value in use, and C(generation).
  - The result of a successful task is never shown, because the record holds API secrets.
author:
  - community.vonage contributors (@ansible-collections)
requirements:
  - kubernetes.core, on the controller
  - kubernetes (Python library), on the controller
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
  namespace:
    description:
      - Namespace of the Secret. It has to exist.
    type: str
    required: true
  name:
    description:
      - Name of the Secret, which is created when it does not exist.
    type: str
    required: true
  kubeconfig:
    description:
      - Path of the kubeconfig file.
    type: path
  context:
    description:
      - Context in that file.
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
  community.vonage.rotation_record_kubernetes:
    namespace: sms
    name: vonage-abcd1234
  register: stored
"""

RETURN = r"""
record:
  description: The record as it is stored. V(null) when nothing is.
  returned: success
  type: dict
  sample: null
"""
