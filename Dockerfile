# The coordinator: pipeline, Dagster and MLflow. The scoring service has an image of its own (bentoml containerize).
FROM python:3.11-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project
COPY assets assets
COPY bento bento
COPY cli cli
COPY credit credit
COPY federated federated
COPY pipelines pipelines
COPY registry registry
RUN uv sync --frozen --no-dev

FROM python:3.11-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 fedcredit
WORKDIR /app
COPY --from=build --chown=fedcredit /app /app
COPY --chown=fedcredit consortium.yaml workspace.yaml ./
ARG CODE_REVISION=unknown
ENV PATH=/app/.venv/bin:$PATH \
    CODE_REVISION=$CODE_REVISION \
    FEDCREDIT_HOME=/home/fedcredit/state \
    PYTHONUNBUFFERED=1
USER 1000
VOLUME /home/fedcredit/state
EXPOSE 3000
ENTRYPOINT ["fedcredit"]
CMD ["dev"]
