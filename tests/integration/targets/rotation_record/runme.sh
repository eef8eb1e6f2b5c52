#!/usr/bin/env bash
# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -eux -o pipefail

echo first > "${OUTPUT_DIR}/first-password"
echo other > "${OUTPUT_DIR}/other-password"

run() {
    ansible-playbook -i ../../inventory -e "directory=${OUTPUT_DIR}" "$@" | tee "${OUTPUT_DIR}/output"
    # No value of a record is shown, whatever goes wrong.
    if grep Recorded "${OUTPUT_DIR}/output"; then exit 1; fi
}

encrypted() {
    head -n 1 "$1" | grep '^[$]ANSIBLE_VAULT;'
}

run --vault-password-file "${OUTPUT_DIR}/first-password" encrypted.yml "$@"
encrypted "${OUTPUT_DIR}/record.yml"
# Its owner's alone.
find "${OUTPUT_DIR}/record.yml" -perm 600 | grep record.yml

run --vault-password-file "${OUTPUT_DIR}/other-password" wrong_password.yml "$@"

run in_clear.yml "$@"
# With a password, a record in clear is refused, or becomes encrypted when that is asked for.
run --vault-password-file "${OUTPUT_DIR}/other-password" became_encrypted.yml "$@"
encrypted "${OUTPUT_DIR}/in_clear.yml"
