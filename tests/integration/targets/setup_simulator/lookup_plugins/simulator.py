# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls the control path of the simulator: `lookup('simulator', method, url)`, and with a text to send.

In the controller's process, because a module that does the same takes as long as the module under test.
"""

from __future__ import annotations

import json
import typing as t
import urllib.request

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Returns the decoded answer; an answer that is an error fails the task."""

    def run(self, terms: list[str], variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        method, url, *body = map(str, terms)
        request = urllib.request.Request(url, "".join(body).encode() or None, method=method)
        # Whatever proxy the environment names, it does not lead to loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as answer:
            return [json.load(answer)]
