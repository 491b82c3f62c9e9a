# The doors of the project. Each does its own set-up; `make` alone lists them.
SHELL := /bin/bash
VENV ?= .venv
PY := $(VENV)/bin/python
BOOTSTRAP := $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
  command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && { echo $$p; break; }; done)
SOURCES := domain commands projections read_api write_api hotpath migrations adapters ops
# Some plain modules are compiled too (setup.py), and an extension hides the source beside it.
KERNELS := $(wildcard hotpath/*.pyx hotpath/*.pxd hotpath/*.h hotpath/*.py)
PIP := $(PY) -m pip --disable-pip-version-check --quiet
FAST := $(PY) -m pytest -q -p no:cacheprovider -m "not engines and not browser and not faults"

.PHONY: help demo test test-inner test-outer check check-gates check-inner check-outer bench up clean build lock
help:
	@echo "make demo [ONCE=1]  the whole story on real engines, then keeps running (ONCE=1: stops)"
	@echo "make test           every test, browser and faults included"
	@echo "make check          format, lint, types, imports, house rules, fast tests: under a minute"
	@echo "make bench          the benchmarks, as one table"
	@echo "make up             the platform on .data/cx, until Ctrl-C"
	@echo "make clean          removes what was built and the demo's data"

demo: build
	@$(VENV)/bin/cx demo $(if $(filter 1,$(ONCE)),--once)

up: build
	@$(VENV)/bin/cx up

# Two halves side by side: one computes, the other mostly waits for engines.
test: build
	@$(MAKE) --no-print-directory --output-sync --keep-going -j2 test-inner test-outer

test-inner:
	$(PY) -m pytest tests/house tests/domain tests/commands tests/projections tests/golden \
	  tests/read_api tests/write_api

test-outer:
	$(PY) -m pytest tests/adapters tests/contracts tests/hotpath tests/stories tests/faults

# Three parts side by side, so that it stays under a minute on two cores.
check: build
	@$(MAKE) --no-print-directory --output-sync -j3 check-gates check-inner check-outer

check-gates:
	$(VENV)/bin/ruff format --check --quiet .
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/mypy $(SOURCES)
	$(VENV)/bin/lint-imports
	PATH="$(VENV)/bin:$$PATH" cython-lint $(wildcard hotpath/*.pyx hotpath/*.pxd)
	$(FAST) tests/house tests/adapters tests/commands

check-inner:
	$(FAST) tests/domain tests/projections tests/contracts tests/golden tests/hotpath

check-outer:
	$(FAST) tests/write_api tests/read_api tests/stories tests/faults

bench: build
	$(PY) -m tests.bench.run

build: $(VENV)/.built

# Hashes pin every file that is installed, build tools too.
$(VENV)/.installed: requirements.lock
	@test -n "$(BOOTSTRAP)" || { echo "Python 3.11 or newer is needed, and none is on PATH."; exit 1; }
	@echo "Setting up $(VENV) with $(BOOTSTRAP); a few minutes the first time." >&2
	@test -x $(PY) || $(BOOTSTRAP) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PY) -m compileall -q $(VENV)/lib > /dev/null || true
	@touch $@

$(VENV)/.built: $(VENV)/.installed pyproject.toml setup.py $(KERNELS)
	@echo "Compiling the kernels." >&2
	@$(PIP) install --no-build-isolation --no-deps -e . > $(VENV)/build.log 2>&1 \
	  || { cat $(VENV)/build.log; exit 1; }
	@$(PY) -m compileall -q $(SOURCES)
	@touch $@

lock: $(VENV)/.installed
	$(VENV)/bin/uv pip compile pyproject.toml --extra dev --extra saml --universal --generate-hashes \
	  --no-emit-index-url --no-header --python-version 3.11 --quiet -o requirements.lock

clean:
	rm -rf $(VENV)/.built build *.egg-info .data/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(SOURCES) tests -name __pycache__ -prune -exec rm -rf {} +
	rm -f hotpath/*.so hotpath/*.c
