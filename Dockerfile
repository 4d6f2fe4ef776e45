FROM python:3.13-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
# What is added to the package, such as "--extra traces".
ARG EXTRAS=""
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups --no-install-project $EXTRAS
COPY README.md LICENSE ./
COPY bot ./bot
COPY countersign ./countersign
RUN uv sync --locked --no-default-groups --no-editable $EXTRAS

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home countersign
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER countersign
STOPSIGNAL SIGTERM
ENV HEALTH_PORT=8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["countersign", "health"]
ENTRYPOINT ["countersign"]
CMD ["serve"]
