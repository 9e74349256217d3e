# The commands of this repository. `make lab` and `make test` need a Linux machine with root; on Debian they install
# what is missing by themselves.
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Bytecode is kept: with assertions rewritten anew at each run, collecting is the longest part of it.
UNIT := PYTHONDONTWRITEBYTECODE= $(PYTEST)
SOAK_SWITCHES ?= 30000
SOAK_EXAMPLES ?= 20
BENCH ?=

.PHONY: help venv lab lab-down lab-status test lint test-unit test-integration test-lab bench pictures soak format reference lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

venv: .venv/.locked ## the environment in .venv/

lab: .venv/.locked ## four hosts with the whole platform on this machine (LAB_SUBNET=172.30.0.0/24)
	@$(BIN)/python -m tests.lab up

lab-down: .venv/.locked ## remove the lab
	@$(BIN)/python -m tests.lab down

lab-status: .venv/.locked ## what the lab's hosts do, and what to try on them
	@$(BIN)/python -m tests.lab status

test: lint test-unit test-integration test-lab ## everything: lint, unit, integration, and the story on the lab

lint: .venv/.locked ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-unit: .venv/.locked ## without I/O
	$(UNIT) -q -n 2 --dist worksteal tests/unit

test-integration: .venv/.locked ## real PostgreSQL, Docker, Caddy and Chromium on this machine
	@$(BIN)/python -m tests.lab packages
	$(PYTEST) -n 2 --dist loadscope tests/integration tests/browser

test-lab: lab ## the four hosts
	$(PYTEST) tests/lab

bench: .venv/.locked ## what is measured, each beside a floor or a rival of the same run (BENCH="--json FILE")
	@$(BIN)/python -m tests.lab packages
	$(BIN)/python -m bench $(BENCH)

pictures: .venv/.locked ## the pictures of docs/browser.md anew
	@$(BIN)/python -m tests.lab packages
	$(BIN)/python -m tests.browser.screenshots

soak: .venv/.locked ## many switches under load, and the unit tests with many examples
	CODEB_SWITCHES=$(SOAK_SWITCHES) $(PYTEST) tests/integration/test_switch_race.py
	CODEB_EXAMPLES=$(SOAK_EXAMPLES) $(UNIT) -q -n 2 tests/unit

format: .venv/.locked ## ruff's formatting, and the fixes it is sure of
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reference: .venv/.locked ## docs/reference anew from the code
	$(BIN)/python -m reference

lock: .venv/.locked ## requirements/*.txt anew from pyproject.toml
	tests/lock.sh

clean: ## the environment and what tools left
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist

.venv/.locked: requirements/dev.txt pyproject.toml VERSION tests/environment.sh
	tests/environment.sh
