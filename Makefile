# `make demo` runs the main job on a real repository; `make test` passes the tests.
# Both set everything up first, in .venv of this folder.

PYTHON ?= python3
REPO ?= .
VERIFY_LIMIT ?= 30
BIN := .venv/bin
STAMP := .venv/.set-up

.PHONY: setup demo test test-crash test-crash-full soak bench check clean help

help:
	@echo "make demo [REPO=path]   review a repository with the engineering team"
	@echo "make test               lint, types and tests"
	@echo "make test-crash         kill -9 at random points, random requests, 3 minutes of load"
	@echo "make test-crash-full    the same with 500 kills of minds; processes write for 30 s"
	@echo "make soak               half an hour of load over HTTP, with a kill -9 every 20 s"
	@echo "make bench              figures, as ratios to a baseline of the same run"
	@echo "make bench-peers        the same beside other frameworks, which it installs in .venv-peers"
	@echo "make setup              only set up .venv"

setup: $(STAMP)

# The environment is made anew when what it is made from has changed.
$(STAMP): pyproject.toml plugins/engineering/pyproject.toml plugins/followups/pyproject.toml plugins/gamification/pyproject.toml plugins/local_llm/pyproject.toml plugins/minilm/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Genesis needs Python 3.11 or later, this is " + sys.version.split()[0] + ". Try make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' -e plugins/engineering -e plugins/followups -e plugins/gamification -e plugins/local_llm -e plugins/minilm
	@touch $(STAMP)

demo: setup
	@$(BIN)/genesis run "nightly review" --repo "$(REPO)" --team engineering --verify-limit $(VERIFY_LIMIT)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check
	$(BIN)/python -m pytest

test-crash: setup
	$(BIN)/python -m pytest tests/crash plugins -m crash -s

test-crash-full: setup
	GENESIS_MIND_KILLS=500 GENESIS_WRITING_SECONDS=30 $(BIN)/python -m pytest tests/crash -m crash -s

soak: setup
	GENESIS_SOAK_SECONDS=1800 $(BIN)/python -m pytest tests/crash/test_soak.py -m crash -s

bench: setup
	$(BIN)/python -m tests.benchmarks

# Peers have an environment of their own: what they need must not reach ours.
.PHONY: bench-peers
bench-peers: setup .venv-peers/.set-up
	$(BIN)/python -m tests.benchmarks.peers

.venv-peers/.set-up: tests/benchmarks/peers/requirements.txt
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	@echo '*' > .venv-peers/.gitignore
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

clean:
	rm -rf .venv .venv-peers .mypy_cache .ruff_cache .hypothesis
