# Two commands set everything up by themselves: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
# Any torch >= 2.9 will do; give your own, e.g. TORCH="torch==2.13.0+cu130", to use a GPU.
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PROTOS := $(wildcard proto/blockform/v1/*.proto)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports wheel proto format clean

help: ## Shows this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.torch: | $(BIN)/python
	$(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) install $(TORCH)
	@touch $@

$(VENV)/.server: pyproject.toml requirements.lock $(VENV)/.torch
	$(PIP) install -c requirements.lock -e '.[server]'
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.lock $(VENV)/.torch
	$(PIP) install -c requirements.lock -e '.[dev]'
	@touch $@ $(VENV)/.server

demo: $(VENV)/.server ## Starts the server, extracts records from three texts, stops it
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev ## Runs every test
	$(BIN)/python -m pytest

check: lint types imports wheel ## Lint, types, import contracts, the wheel

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd proto && ../$(BIN)/buf lint

types: $(VENV)/.dev
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: $(VENV)/.dev
	PYTHONPATH=proto:client $(BIN)/lint-imports

wheel: $(VENV)/.dev
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

proto: $(VENV)/.dev ## Writes the gRPC stubs anew
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=proto --pyi_out=proto \
		--grpc_python_out=proto $(PROTOS)

format: $(VENV)/.dev ## Formats the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Removes what these commands made
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis
