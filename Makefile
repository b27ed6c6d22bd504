# `make demo` shows the whole story, `make test` checks everything. Both need python 3.11 or newer with pip, and a
# package registry; nothing is installed outside this folder (except Debian packages for a card reader, by root's `make test`).

PYTHON ?=
bin = .venv/bin
export PYTHON

.NOTPARALLEL:
.PHONY: .venv demo test deep lint docs packages locks clean

.venv:
	@sh scripts/setup demo

# ONCE=1 ends after the story, with success only if every tap was answered as it should be.
demo: .venv
	@ONCE=$(ONCE) $(bin)/python -m demo

# A file's tests stay together, on one of as many processes as there are cores (four at most: each has a database server).
side_by_side = -n auto --maxprocesses=4 --dist loadfile

test: packages lint
	@$(bin)/pytest $(side_by_side)

# The same tests, Hypothesis trying 25 times as hard.
deep: packages lint
	@SHIKAKU_DEEP=1 $(bin)/pytest $(side_by_side)

lint:
	@sh scripts/setup test
	@$(bin)/ruff check --quiet .
	@$(bin)/ruff format --quiet --check .
	@$(bin)/mypy --no-error-summary
	@$(bin)/lint-imports --no-logo

# Generate docs/openapi.json and docs/settings.md from the code; a test holds them equal to it.
docs:
	@sh scripts/setup test
	@$(bin)/python -m scripts.generate_docs

packages:
	@sh scripts/system-packages

# Compile the four locks anew so that they agree; UPGRADE=1 takes the newest versions.
locks:
	@sh scripts/setup test
	@sh scripts/locks $(if $(UPGRADE),--upgrade)

clean:
	rm -rf .venv var build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
