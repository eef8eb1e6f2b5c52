# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError

from ansible_collections.community.vonage.plugins.lookup.new_api_secret import LookupModule
from ansible_collections.community.vonage.plugins.module_utils._operations.secret_policy import policy_violations


@pytest.fixture
def lookup() -> LookupModule:
    plugin = LookupModule()
    # Set by the plugin loader.
    plugin._load_name = "community.vonage.new_api_secret"
    return plugin


def test_each_evaluation_makes_one_value_that_vonage_takes(lookup: LookupModule) -> None:
    values = [value for _evaluation in range(5) for value in lookup.run([], variables={})]
    assert len(set(values)) == 5
    assert [policy_violations(value) for value in values] == [[]] * 5


def test_terms_are_refused(lookup: LookupModule) -> None:
    with pytest.raises(AnsibleError, match="takes no terms"):
        lookup.run(["length=8"], variables={})
