#!/usr/bin/env bash
# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Rotates with the playbook that is shipped, against a simulator that the role of the collection starts and stops.

set -eux

trap 'ansible-playbook simulator.yml -e tasks_from=stop "$@"' EXIT
ansible-playbook simulator.yml -e tasks_from=main "$@"

VONAGE_REST_URL="$(python -c 'import json, sys; print(json.load(sys.stdin)["url"])' < "${OUTPUT_DIR}/simulator/ready.json")"
export VONAGE_REST_URL VONAGE_API_URL="${VONAGE_REST_URL}" VONAGE_API_KEY=abcd1234 VONAGE_API_SECRET=FirstSecret1

echo rehearsal > "${OUTPUT_DIR}/vault-password"
ansible-playbook --vault-password-file "${OUTPUT_DIR}/vault-password" -e @vars.yml rotate.yml "$@"
