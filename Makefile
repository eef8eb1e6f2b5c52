# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs make, git, and Python 3.11 or newer with pip. The checks are sessions of nox, see noxfile.py; whoever has nox and
# antsibull-nox can do without make.

# The first one that starts (a pyenv shim may not) and has pip.
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13; do \
	$$python -c 'import pip, tomllib' 2>/dev/null && echo $$python && break; done)

# The environment of nox. virtualenv makes it, since not every Python has the module venv.
TOOLS = .build/tools
NOX = $(TOOLS)/bin/nox --session

.PHONY: help bench crash-matrix demo test test-all test-quick simulator clean tools

help:
	@echo 'make demo        rotate an API secret against the simulator, with the collection as a user gets it'
	@echo 'make test        the tests that a change has to pass; ONLY="SESSION ..." runs some sessions of noxfile.py'
	@echo 'make test-all    all tests, on every supported ansible-core and Python'
	@echo 'make test-quick  linters, types and unit tests'
	@echo 'make bench       measure what the collection costs, for docs/performance.md; ONLY="PART ..." for some of it,'
	@echo '                 ROUNDS=1 for a rough look'
	@echo 'make crash-matrix  disturb a rotation in every way, and write docs/crash-matrix.md'
	@echo 'make simulator   run the simulator of the Vonage Account API in the foreground'
	@echo 'make clean       remove what all of these leave behind'

demo: tools
	@$(NOX) demo

test: tools
	@$(TOOLS)/bin/python tests/tools/test.py $(ONLY)

test-all: tools
	@$(TOOLS)/bin/python tests/tools/test.py --all

test-quick: tools
	@$(TOOLS)/bin/python tests/tools/test.py ruff mypy yamllint units-2.21

bench: tools
	@$(NOX) bench -- $(if $(ROUNDS),--rounds $(ROUNDS)) $(ONLY)

crash-matrix: tools
	@$(NOX) crash-matrix

simulator: tools
	@$(PYTHON) roles/simulator/files/vonage_simulator

clean:
	rm -rf .build .nox

# Anew when the list or the Python has changed, and whole or not at all.
tools:
	@test -n '$(PYTHON)' || { echo 'Found no Python 3.11 or newer with pip; name one: make PYTHON=...' >&2; exit 1; }
	@made_from="$$($(PYTHON) --version; cat tests/tools/requirements.txt)"; \
	test "$$made_from" = "$$(cat $(TOOLS)/made-from 2>/dev/null)" || { rm -rf $(TOOLS) && \
	$(PYTHON) -m pip install -qq --target $(TOOLS)/virtualenv virtualenv && \
	PYTHONPATH=$(TOOLS)/virtualenv $(PYTHON) -m virtualenv -q $(TOOLS) && \
	$(TOOLS)/bin/pip install -qq -r tests/tools/requirements.txt && \
	echo "$$made_from" > $(TOOLS)/made-from; }
