# Each target does its own set-up: uv, the locked environment, then the command.
UV := $(or $(shell command -v uv),.venv-uv/bin/uv)
FEDCREDIT := .venv/bin/fedcredit

.PHONY: run test dev mlflow serve client load lint benchmark clean

run: .venv/ready  ## take real loans through the whole pipeline
	@$(FEDCREDIT) run

test: .venv/ready  ## run every test
	@.venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

dev: .venv/ready  ## open the Dagster UI
	@$(FEDCREDIT) dev

mlflow: .venv/ready  ## open the MLflow UI
	@$(FEDCREDIT) mlflow

serve: .venv/ready  ## serve the champion
	@$(FEDCREDIT) serve

client: .venv/ready  ## generate a typed Python client of the service that runs on PORT
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/openapi-python-client generate --url http://localhost:$(or $(PORT),8000)/docs.json \
		--output-path clients/python --overwrite

load: .venv/ready  ## put load on the service that runs on PORT
	$(UV) tool run --quiet locust==2.47.0 -f benchmarks/locustfile.py --headless -u 32 -r 32 -t 30s \
		-H http://localhost:$(or $(PORT),8000)

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
