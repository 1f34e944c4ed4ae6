# `make help` says what there is. Needs Python 3.11 or newer; everything else is brought by the targets.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.NOTPARALLEL:
PREPARE := sh setup/with_python.sh -m setup.prepare
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -q

##@ Use

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: ## Prepare this clone: Python packages, translations, front-end bundle
	@$(PREPARE) run

.PHONY: run
run: setup ## Start the demo company and print where to look; Ctrl-C stops all of it
	@exec $(BIN)/python -m callcenter demo

.PHONY: demo-reset
demo-reset: setup ## Throw the demo company's data away and start over
	@exec $(BIN)/python -m callcenter demo --reset

.PHONY: migrate
migrate: setup ## Bring the configured database to the newest revision
	@exec $(BIN)/python -m callcenter migrate

.PHONY: seed
seed: setup ## Fill the configured database with the demo company
	@exec $(BIN)/python -m callcenter seed

.PHONY: lab
lab: setup ## Run the simulated telephone network by itself
	@exec $(BIN)/python -m callcenter lab

.PHONY: simulate
simulate: setup ## What a campaign would come to, before it is dialled: make simulate ARGS="--agents 10,20"
	@exec $(BIN)/python -m callcenter simulate $(ARGS)

##@ Prove

.PHONY: test
test: setup-test ## Everything, in order: lint, house, unit, contract, live, browser, fault
	@sh setup/with_python.sh -m setup.test_all

.PHONY: check
check: setup-test lint ## The gate before a push, under three minutes: lint, types, imports, house, unit
	@$(PYTEST) -m "house or unit" -n 2

.PHONY: lint
lint: ## Style, types, directions of import, front-end types (after setup-test)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q . || { echo "run: make fmt" >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(PREPARE) npm run --silent check
	@$(PREPARE) npm run --silent lock:check

.PHONY: setup-test
setup-test: ## Prepare what tests need (as root: installs the missing system packages)
	@$(PREPARE) test

.PHONY: house unit contract live browser fault
house: setup-test ## Do the conventions hold?
	@$(PYTEST) -m house tests/house
unit: setup-test ## Is each decision right?
	@$(PYTEST) -m unit -n 2
contract: setup-test ## Do both sides of each seam agree? SQLite/PostgreSQL, LocalBus/RedisBus, simulator/recordings
	@$(PYTEST) -m contract -n 2 tests/contract
live: setup-test ## Does a real Asterisk behave as we say?
	@$(PYTEST) -m live tests/live
browser: setup-test ## Can the agent do the job in a real browser?
	@$(PYTEST) -m browser tests/browser
fault: setup-test ## Is it right after the worst moment?
	@$(PYTEST) -m fault tests/fault

.PHONY: bench
bench: setup-test ## Measure; prints JSON (ARGS="connect pop": only these)
	@$(BIN)/python -m bench $(ARGS)

##@ Change

.PHONY: fmt
fmt: ## Format and fix what can be fixed by itself
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format .

.PHONY: front
front: setup ## Rebuild the front-end bundle
	@$(PREPARE) npm run build

.PHONY: locale
locale: setup ## Collect strings into the catalogues and compile them
	@$(BIN)/python -m agent_ui.translations update
	@$(PREPARE) run

.PHONY: revision
revision: setup-test ## A new migration from the difference to the tables: make revision m="what changed"
	@$(BIN)/python -m tests.support.revision "$(m)"
	@$(BIN)/ruff check -q --fix-only callcenter/migrations/versions
	@$(BIN)/ruff format -q callcenter/migrations/versions

.PHONY: lock
lock: setup ## Pin and hash the newest allowed packages
	@sh setup/lock.sh --upgrade
