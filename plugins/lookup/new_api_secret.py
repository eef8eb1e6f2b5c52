# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: new_api_secret
short_description: Generate a new Vonage API secret
version_added: 0.1.0
author:
  - community.vonage contributors (@ansible-collections)
description:
  - Generates a random value that Vonage accepts as an API secret - 25 characters of A-Z, a-z and 0-9, starting with a
    letter.
  - Every evaluation generates another value. Store the value before you use it, for example with
    M(ansible.builtin.set_fact) and C(no_log).
options:
  _terms:
    description: Takes no terms.
"""

EXAMPLES = r"""
- name: Generate a value once
  ansible.builtin.set_fact:
    next_api_secret: "{{ lookup('community.vonage.new_api_secret') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: The value.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.community.vonage.plugins.module_utils._operations.secret_policy import generate_secret


class LookupModule(LookupBase):
    def run(self, terms: list[t.Any], variables: t.Any = None, **options: t.Any) -> list[str]:
        if terms:
            raise AnsibleLookupError("community.vonage.new_api_secret takes no terms")
        self.set_options(var_options=variables, direct=options)
        return [generate_secret()]
