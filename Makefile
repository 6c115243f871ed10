# Each target does its own set-up: uv, the locked environment, then the command.
UV := $(or $(shell command -v uv),.venv-uv/bin/uv)
FEDCREDIT := .venv/bin/fedcredit

.PHONY: run test dev mlflow serve lint benchmark clean

run: .venv/ready  ## take real loans through the whole pipeline
	@$(FEDCREDIT) run

test: .venv/ready  ## run every test
	@.venv/bin/python -m pytest

dev: .venv/ready  ## open the Dagster UI
	@$(FEDCREDIT) dev

mlflow: .venv/ready  ## open the MLflow UI
	@$(FEDCREDIT) mlflow

serve: .venv/ready  ## serve the champion
	@$(FEDCREDIT) serve

lint: .venv/ready  ## ruff, types, imports between rooms
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	.venv/bin/hadolint Dockerfile

clean:  ## remove the environment and everything made by runs
	rm -rf .venv .venv-uv .fedcredit reports

.venv/ready: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --quiet --frozen --compile-bytecode --python 3.11
	@touch $@

.venv-uv/bin/uv:
	@python3 -m venv .venv-uv
	@.venv-uv/bin/pip install --quiet uv
