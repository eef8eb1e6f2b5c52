# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call by Vonage's own Python SDK, as a script that a task runs: `sdk.py CALL URL KEY`.

The secret comes from the environment, as it should: everybody can see the arguments of a process.
"""

from __future__ import annotations

import json
import os
import sys

from vonage import Auth, HttpClientOptions, Vonage

CALLS = {
    "balance": lambda vonage: vonage.account.get_balance(),
    # With nothing to change, this is how settings are read.
    "settings": lambda vonage: vonage.account.update_default_sms_webhook(),
    "secrets": lambda vonage: vonage.account.list_secrets(),
    "subaccount": lambda vonage: vonage.subaccounts.get_subaccount("5ab00000"),
}


def main() -> None:
    call, url, key = sys.argv[1:]
    host = url.partition("://")[2]
    options = HttpClientOptions(rest_host=host, api_host=host)
    answer = CALLS[call](Vonage(Auth(api_key=key, api_secret=os.environ["VONAGE_API_SECRET"]), options))
    rows = answer if isinstance(answer, list) else [answer]
    print(json.dumps([row.model_dump(mode="json") for row in rows]))


if __name__ == "__main__":
    main()
