# The tasks of this repository. Each does its own set-up: a fresh Debian with python3 and make is enough.
# Extra arguments: make serve ARGS='--port 4001', make test ARGS='-k refresh'.
.DEFAULT_GOAL := help
.PHONY: help install serve test check fix bench bench-scale bench-enumeration bench-import migrate generate lock
MAKEFLAGS += --no-print-directory

ARGS ?=
bin := .venv/bin
checked := src client tests scripts $(wildcard bench)

help: ## list these tasks
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

install: ## put everything a developer needs into .venv
	@scripts/install dev

serve: ## run a development server (SQLite, all doors open, 127.0.0.1)
	@scripts/install server
	@exec $(bin)/vestibule serve --dev $(ARGS)

test: install ## run all tests, on SQLite and on PostgreSQL
	@scripts/install-test-parts
	@exec $(bin)/pytest -n logical --dist worksteal $(ARGS)

check: install ## formatting, lint, types, imports, architecture, the nhost contract, spelling; runs no tests
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo
	$(bin)/python tests/arch/rules.py
	$(bin)/python tests/arch/nhost_contract.py
	$(bin)/typos

fix: install ## format, and mend what the linter can mend
	$(bin)/ruff check --fix-only .
	$(bin)/ruff format .

bench: install ## measure requests per second against the limits of this machine
	$(bin)/python -m bench $(ARGS)

bench-scale: install ## measure the hot requests at ten thousand and at a million users
	$(bin)/python -m bench scale $(ARGS)

bench-enumeration: install ## compare answers and times for known and unknown addresses
	$(bin)/python -m bench enumeration $(ARGS)

bench-import: install ## move a hundred thousand users from an old server, and let some sign in
	$(bin)/python -m bench import $(ARGS)

migrate: ## bring the database to this version's schema
	@scripts/install server
	@exec $(bin)/vestibule migrate $(ARGS)

generate: install lock ## rewrite every generated file
	$(bin)/python scripts/configuration-page

lock: ## export requirements/*.txt from pyproject.toml (ARGS=--upgrade for newer versions)
	@[ -x $(bin)/uv ] || scripts/install server
	scripts/lock $(ARGS)
