# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs make, git, and Python 3.11 or newer with pip. All that is built or downloaded goes to .build.

# The first one that starts (a pyenv shim may not) and has what tests/tools need.
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13; do \
	$$python -c 'import pip, tomllib' 2>/dev/null && echo $$python && break; done)

.PHONY: help bench crash-matrix demo test test-quick simulator clean python

help:
	@echo 'make demo        rotate an API secret against the simulator, with the collection as a user gets it'
	@echo 'make test        all tests; ONLY="NAME ..." runs some of them; ONLY=proof PROOF_PROFILE=deep plays histories of'
	@echo '                 rotations that are new each time, for half an hour'
	@echo 'make test-quick  linters, types and unit tests'
	@echo 'make bench       measure what the collection costs, for docs/performance.md; ONLY="PART ..." for some of it,'
	@echo '                 ROUNDS=1 for a rough look'
	@echo 'make crash-matrix  disturb a rotation in every way, and write docs/crash-matrix.md'
	@echo 'make simulator   run the simulator of the Vonage Account API in the foreground'
	@echo 'make clean       remove .build'

demo: python
	@$(PYTHON) tests/tools/demo.py

test: python
	@$(PYTHON) tests/tools/test.py $(ONLY)

test-quick: python
	@$(PYTHON) tests/tools/test.py --quick

bench: python
	@$(PYTHON) tests/tools/bench.py $(if $(ROUNDS),--rounds $(ROUNDS)) $(ONLY)

crash-matrix: python
	@$(PYTHON) tests/tools/crash_matrix.py

simulator: python
	@$(PYTHON) roles/simulator/files/vonage_simulator

clean:
	rm -rf .build

python:
	@test -n '$(PYTHON)' || { echo 'Found no Python 3.11 or newer with pip; name one: make PYTHON=...' >&2; exit 1; }
