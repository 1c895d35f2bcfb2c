# The two commands: `make report` and `make test`. Each builds .venv first, when it is not there yet.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RAW ?= data/raw
OUT ?= data/processed
REPORTS ?= reports
# taken by the invented sample alone, and only where OUT has no labels yet
LABELS ?= data/labels/sample
# in a container one is root, and Jupyter wants to be told that this is meant
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
ARGS ?=
UV := $(shell command -v uv 2>/dev/null)

.PHONY: help report test lint lab lock clean

help: ## list these verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12")'
ifeq ($(UV),)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
else
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
endif
	@touch $@

report: $(STAMP) ## raw posts -> tables -> notebooks -> HTML (RAW=folder OUT=folder REPORTS=folder LABELS=folder)
	$(BIN)/pmdiscourse run $(RAW) --out $(OUT) $(if $(LABELS),--labels $(LABELS))
	$(BIN)/pmdiscourse report $(OUT) --out $(REPORTS)

test: $(STAMP) ## run the tests
	$(BIN)/python -m pytest

lint: $(STAMP) ## run the checks of .pre-commit-config.yaml on all files
	$(BIN)/pre-commit run --all-files

lab: $(STAMP) ## open JupyterLab on notebooks/ with this project's kernel (ARGS=--no-browser)
	JUPYTER_PREFER_ENV_PATH=1 $(BIN)/jupyter lab --notebook-dir=notebooks $(ROOT) $(ARGS)

lock: ## resolve requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --group dev --extra semantic --universal --generate-hashes --python-version 3.11 --no-header --output-file requirements.lock

clean: ## remove what was generated (not .venv, not data/raw, not labels)
	rm -rf $(REPORTS) build dist .pytest_cache .mypy_cache .ruff_cache
	find $(OUT) -mindepth 1 -maxdepth 1 ! -name source_essays ! -name labels ! -name .gitkeep -exec rm -rf {} +
