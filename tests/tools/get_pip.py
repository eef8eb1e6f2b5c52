# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install pip into an empty virtual environment, with a pip beside this file.

ansible-test downloads a script for this from a host of its own, which not every network reaches. But first it looks
for ~/.ansible/test/cache/get_pip_24_2.py (or another version): a copy of this file, beside the folder pip-24.2.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve()
    version = here.stem.removeprefix("get_pip_").replace("_", ".")
    sys.path.insert(0, str(here.with_name(f"pip-{version}")))
    # Options of the script that this one stands in for; "pip install" has no such things.
    wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
    # The pip of the folder would count as installed already.
    sys.argv = ["pip", "install", "--ignore-installed", *wanted]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
