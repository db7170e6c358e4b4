# Every command runs from .venv, which the first one creates; stamps in it record what was done.
# PYTHON=... chooses the interpreter, N=... the number of commits of `make history`.

VENV := .venv
PY := $(VENV)/bin/python
STREAM_EXTRAS := compute,dask,plot,stream,peers
TEST_EXTRAS := $(STREAM_EXTRAS),asv,test
N ?= 5
# What `make bench` measured, and the page of it.
RESULTS := .bench
# What `make gate` compares; the stream's benchmarks need a broker and take minutes each.
BASE = main
HEAD = .
BENCH = ^compute

INSTALL_SOURCES := pyproject.toml setup.py constraints.txt scripts/setup
EXTENSION_SOURCES := setup.py constraints.txt $(wildcard implementations/*.pyx implementations/*.pxd implementations/*_mandel.py implementations/kernels/*)

.DEFAULT_GOAL := help
# Targets share .venv, and whatever is timed needs the machine for itself. But checks may run side by
# side once everything is installed: mypy keeps one core busy for a minute, and tests often wait.
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif
SIDE_BY_SIDE_MAKE := $(MAKE) --no-print-directory --jobs SIDE_BY_SIDE=yes
.PHONY: help bench bench-compute bench-stream stream-demo test thorough check build lint typecheck architecture unit units coverage bench-tests format history results gate clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' Makefile | while read -r name what; do printf '%-14s %s\n' "$$name" "$$what"; done

bench: bench-compute bench-stream ## compare the variants of both ladders on this machine (6 minutes)
	$(PY) -m hotloop report $(RESULTS)/compute.json $(RESULTS)/stream.json -o $(RESULTS)

# Shorter than `hotloop compute` by default: somebody is waiting for a first table.
bench-compute: $(VENV)/.compute $(VENV)/.built ## time the compute ladder only, briefly
	@mkdir -p $(RESULTS)
	$(PY) -m hotloop compute --budget 0.5 --json $(RESULTS)/compute.json

bench-stream: $(VENV)/.stream ## time the stream ladder only
	@mkdir -p $(RESULTS)
	$(PY) -m hotloop stream --json $(RESULTS)/stream.json

stream-demo: $(VENV)/.stream ## run the recipe on a broker for ten seconds
	@$(PY) -m stream.demo

# One of the tests is `architecture`.
test: lint $(VENV)/.built ## run the checks, but for the thorough tests
	@$(SIDE_BY_SIDE_MAKE) typecheck bench-tests unit

check: lint $(VENV)/.built ## run the quick checks: those without processes or brokers
	@$(SIDE_BY_SIDE_MAKE) typecheck architecture units

build: $(VENV)/.built ## compile the extensions

lint: $(VENV)/.test-tools ## run ruff: style and format
	$(PY) -m ruff check
	$(PY) -m ruff format --check

typecheck: $(VENV)/.test-tools ## run mypy, strict
	$(PY) -m mypy

architecture: $(VENV)/.test-tools ## check who may import whom
	$(VENV)/bin/lint-imports --no-logo

# Two more than the two cores that it is meant for: many tests wait, for a broker or for a process.
PYTEST := --side-by-side 4

# But for the tests that try a behaviour again where it takes longer.
unit: $(VENV)/.test-tools $(VENV)/.built ## run pytest, without the thorough tests
	$(PY) -m pytest $(PYTEST) -m "not thorough"

# And properties on more examples (tests/conftest.py).
thorough: $(VENV)/.test-tools $(VENV)/.built ## run the thorough tests, which CI runs after `make test`
	$(PY) -m pytest $(PYTEST) -m "thorough or hypothesis" --hypothesis-profile=thorough

# Those wait for nothing.
units: $(VENV)/.test-tools $(VENV)/.built ## run the tests without processes or brokers
	$(PY) -m pytest $(PYTEST) --side-by-side 2 -m "not thorough" tests/unit

coverage: $(VENV)/.test-tools $(VENV)/.built ## run pytest with branch coverage, which takes minutes more
	$(PY) -m pytest $(PYTEST) --cov

# One interpreted and one compiled variant, on the small problem: tests/test_asv.py calls all of them.
BRIEFLY := tests/test_benchmark_stream.py $(foreach variant,python cython,'tests/test_benchmark_compute.py::test_grid[small-$(variant)]')
bench-tests: $(VENV)/.test-tools $(VENV)/.built ## run pytest-benchmark, briefly
	$(PY) -m pytest --benchmark-only --benchmark-max-time=0.02 --benchmark-min-rounds=1 $(BRIEFLY)

format: $(VENV)/.test-tools ## format the code with ruff
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

history: $(VENV)/.test-tools ## time the last N commits with asv and publish the pages (N=5)
	scripts/history $(N)

# Figures of a busy machine are refused.
results: $(VENV)/.stream $(VENV)/.built ## measure the tables and pictures of docs/results.md and README.md anew
	$(PY) scripts/results

# asv looks for a python3.X on the search path, where a version manager's may not run.
gate: $(VENV)/.test-tools ## judge the working tree against where it left BASE (BASE=main HEAD=. BENCH=^compute)
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(PY) -m hotloop gate '$(BASE)' '$(HEAD)' --merge-base --bench '$(BENCH)'

clean: ## delete .venv and everything that was built
	rm -rf $(VENV) .setup.lock .asv .bench .benchmarks .coverage* htmlcov build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f implementations/*.c implementations/*.so implementations/*.sha256

# ---------------------------------------------------------------- stamps

# The first table waits only for what it needs, not for Kafka.
$(VENV)/.compute: $(INSTALL_SOURCES)
	@scripts/setup compute
	@touch $@

$(VENV)/.stream: $(INSTALL_SOURCES)
	@scripts/setup $(STREAM_EXTRAS)
	@touch $(VENV)/.compute $@

# Includes everything for bench, so that a fresh `make test` installs once.
$(VENV)/.test-tools: $(INSTALL_SOURCES)
	@scripts/setup $(TEST_EXTRAS)
	@touch $(VENV)/.compute $(VENV)/.stream $@

# Not older than .compute: what is installed later changes no extension.
$(VENV)/.built: $(EXTENSION_SOURCES) scripts/build | $(VENV)/.compute
	@scripts/build
