#!/usr/bin/env bash
# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The subaccounts of a simulator as hosts: as they are listed, as they are cached, and when they cannot be listed.

set -eux

trap 'ansible-playbook ../rotate_api_secret/simulator.yml -e tasks_from=stop "$@"' EXIT
ansible-playbook ../rotate_api_secret/simulator.yml -e tasks_from=main -e @accounts.yml "$@"

VONAGE_API_URL="$(python -c 'import json, sys; print(json.load(sys.stdin)["url"])' < "${OUTPUT_DIR}/simulator/ready.json")"
export VONAGE_API_URL VONAGE_API_KEY=abcd1234 PRIMARY_API_SECRET=FirstSecret1
export ANSIBLE_INVENTORY_CACHE_CONNECTION="${OUTPUT_DIR}/cache" ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true

for _ in listed cached; do
    ansible-playbook -i vonage_subaccounts.yml hosts.yml "$@"
done

fails() {
    if ansible-inventory -i vonage_subaccounts.yml --list > "${OUTPUT_DIR}/output" 2>&1; then exit 1; fi
    tr '\n' ' ' < "${OUTPUT_DIR}/output" | grep "$1"
    # No value is shown.
    if grep Secret1 "${OUTPUT_DIR}/output"; then exit 1; fi
}

rm -r "${OUTPUT_DIR}/cache"
PRIMARY_API_SECRET=WrongSecret1 fails "HTTP 401"
PRIMARY_API_SECRET='' fails "api_secret is empty"
VONAGE_TIMEOUT=soon fails "argument 'timeout' is of type"
