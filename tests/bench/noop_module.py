# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that does nothing: what Ansible itself takes for a task that runs a module."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "api_key": {"type": "str", "required": True, "no_log": False},
            "api_secret": {"type": "str", "required": True, "no_log": True},
        }
    )
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
