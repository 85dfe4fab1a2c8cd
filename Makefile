# Thin on purpose: make cannot handle a path with a space, so every recipe hands over to Python, by relative paths.
PYTHON ?= python3
NEEDS := @"$(PYTHON)" tools/bootstrap.py
RUN := .local/venv/bin/python -m
FAST_TESTS := tests/unit tests/contract tests/infrastructure

.DEFAULT_GOAL := help
.PHONY: help setup demo up down check test bench fuzz simulate deploy lock lock-check

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F '|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: ## Make all that is needed under .local/ (takes Python >= 3.11 and nothing else)
	$(NEEDS)

demo: ## Watch a campaign being dialed on this machine, from an empty start to the last call
	$(NEEDS) dev packages ministack sam
	@$(RUN) tools.demo

up: ## Start the product on an emulated AWS; its address and keys are in .local/stack.json
	$(NEEDS) dev packages ministack sam
	@$(RUN) tools.stack.local_stack up

down: ## Stop it and leave nothing behind
	$(NEEDS) dev
	@$(RUN) tools.stack.local_stack down

check: ## The fast part of the tests: lint, types, template, unit, contract and infrastructure tests
	$(NEEDS) dev sam
	@$(RUN) tools.check
	$(RUN) pytest -n auto $(FAST_TESTS)

test: check ## Everything: check, then the simulation, integration tests on DynamoDB Local and the deployed template
	$(NEEDS)
	$(RUN) pytest -n 2 tests/simulation
	$(RUN) pytest -n 2 --dist loadgroup tests/dynamodb_engine tests/integration
	$(RUN) pytest tests/e2e

fuzz: ## Half an hour of made-up requests against a stack of their own; ARGS="--minutes 5 --seed 7"
	$(NEEDS) dev packages ministack sam
	@$(RUN) tools.fuzz $(ARGS)

bench: ## Import 200,000 rows on a local stack of its own: speed and memory; ARGS="--rows 20000 --json"
	$(NEEDS) dev packages ministack sam
	@$(RUN) tools.bench $(ARGS)

simulate: ## Ten thousand simulated runs with every kind of fault; ARGS="--seeds 500 --first 7 --json", ARGS="--seed 7"
	$(NEEDS) dev
	@$(RUN) tools.simulate $(ARGS)

deploy: ## Deploy to the AWS account of this shell; options of `sam deploy` go into ARGS="..."
	$(NEEDS) dev sam
	@$(RUN) tools.deploy $(ARGS)

lock: ## Rewrite the lock files after a change in pyproject.toml
	$(NEEDS) lock

lock-check: ## Fail when the lock files are not what pyproject.toml asks for
	$(NEEDS) lock-check
