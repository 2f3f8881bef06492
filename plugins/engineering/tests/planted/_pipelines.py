"""Workflows, a pipeline and container files with what is wrong in them."""

from __future__ import annotations

import random
import string


def _draw(length: int, seed: int) -> str:
    """Put together when it is planted, so that no file of ours holds a secret."""
    letters = string.ascii_letters + string.digits
    return "".join(random.Random(seed).choices(letters, k=length))


_SHA = "5a4ac9002d0be2fb38bd78e4b4dbde5606d7042f"

_TEST = """name: {a} checks
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
env:
  MODE: test
jobs:
  unit:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-24.04, macos-15]
        python: ["3.12", "3.13"]
        include:
          - os: ubuntu-20.04 ⟦ci-removed-runner⟧
            python: "3.11"
    outputs:
      version: ${{ steps.version.outputs.text }}
    steps:
      - uses: actions/checkout@v4
      - uses: astral-sh/setup-uv@main ⟦ci-branch-action⟧
      - uses: codecov/codecov-action@v5 ⟦ci-unpinned-action⟧
      - uses: pypa/cibuildwheel@SHA # v2.22.0
      - id: version
        run: echo "text=$(git describe)" >> "$GITHUB_OUTPUT"
      - run: echo "::set-output name=day::monday" ⟦ci-removed-command⟧
      - name: Old settings
        run: |
          echo "one"
          echo "::set-env name=PLACE::here" ⟦ci-removed-command⟧
      - run: pytest -q || true ⟦ci-cannot-fail⟧
      - run: pytest -q --slow | tee slow.log ⟦ci-cannot-fail⟧
      - name: The same, in earnest
        shell: bash
        run: pytest -q | tee all.log
      - run: ruff check . || true
      - run: python depot/{h}/missing_step.py ⟦ci-missing-path⟧
      - run: |
          mkdir -p made
          echo 'print(1)' > made/new.py
          python made/new.py
      - run: python depot/site/app.py --check
      - uses: actions/upload-artifact@v3 ⟦ci-dead-action⟧
        with:
          name: logs
          path: "*.log"
  nightly-dependencies:
    runs-on: ubuntu-latest
    continue-on-error: true
    steps:
      - uses: actions/checkout@v4
      - run: pytest -q
  report:
    runs-on: ubuntu-latest
    needs: [unit, unti] ⟦ci-unknown-job⟧
    env:
      VERSION: ${{ needs.unit.outputs.version }}
      NIGHT: ${{ needs.nightly-dependencies.result }} ⟦ci-empty-reference⟧
      DEPLOY_TOKEN: TOKEN ⟦ci-secret⟧
      STORE_PASSWORD: ${{ secrets.STORE_PASSWORD }}
      DATABASE_PASSWORD: postgres
    steps:
      - run: echo "$VERSION ${{ steps.vresion.outputs.text }}" ⟦ci-empty-reference⟧
""".replace("SHA", _SHA).replace(": TOKEN ⟦", f": {_draw(40, 11)} ⟦")

_TRIAGE = """name: {b} triage
on:
  issues:
    types: [opened]
  pull_request_target:
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo "Thanks for ${{ github.event.issue.title }}" ⟦ci-script-injection⟧
      - env:
          TITLE: ${{ github.event.issue.title }}
        run: echo "$TITLE, number ${{ github.event.issue.number }}"
      - uses: actions/github-script@v7
        with:
          script: |
            const who = context.actor;
            core.info(`${{ github.event.pull_request.body }} by ${who}`); ⟦ci-script-injection⟧
  preview:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }} ⟦ci-untrusted-checkout⟧
      - run: npm install
  approved:
    if: contains(github.event.pull_request.labels.*.name, 'safe')
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: npm install
"""

_BROKEN = """name: {c} release
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: echo one
     - run: echo two ⟦ci-syntax⟧
"""

_TWICE = """name: {d} pages
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: echo one
  build: ⟦ci-syntax⟧
    runs-on: ubuntu-latest
    steps:
      - run: echo two
"""

_GITLAB = """stages: [lint, test, ship]
variables:
  STAGING_API_KEY: TOKEN ⟦ci-secret⟧
  POSTGRES_PASSWORD: postgres
.base:
  image: python:3.13
lint:
  stage: lint
  script:
    - ruff check . || true
    - bash ./ci/{e}_lint.sh ⟦ci-missing-path⟧
unit:
  extends: .bsae ⟦ci-unknown-job⟧
  stage: test
  allow_failure: true ⟦ci-cannot-fail⟧
  script:
    - pytest -q
ship:
  stage: shipping ⟦ci-unknown-job⟧
  image: node:16-alpine ⟦end-of-life-image⟧
  needs:
    - job: lint
    - unit
    - package ⟦ci-unknown-job⟧
  script:
    - bash ./ci/{e}_ship.sh
""".replace("TOKEN ⟦", f"{_draw(32, 12)} ⟦")

_DOCKERFILE = """# syntax=docker/dockerfile:1
ARG PYTHON=3.7
FROM node:22-bookworm AS assets
WORKDIR /web
COPY depot/web/package.json depot/web/package-lock.json ./
RUN npm ci
COPY depot/web/ ./

FROM python:${PYTHON}-slim AS run ⟦end-of-life-image⟧
RUN apt-get update ⟦docker-stale-lists⟧
RUN apt-get install -y --no-install-recommends curl
RUN curl -fsSL http://get.{f}.io/install | sh ⟦docker-piped-script⟧
ENV MODE=production \\
    MAPS_API_KEY=TOKEN ⟦docker-secret⟧
COPY --from=asset /web/dist /app/static ⟦docker-unknown-stage⟧
COPY --from=assets /web/dist /app/static
COPY depot/site/requirements.txt /app/
RUN pip install -r /app/requirements.txt
COPY depot/{g}/setings.toml /app/ ⟦docker-missing-source⟧
COPY depot/site /app
CMD ["python", "/app/app.py"]
""".replace("TOKEN ⟦", f"{_draw(36, 13)} ⟦")

_SITE_DOCKERFILE = """FROM python ⟦docker-unpinned-base⟧
WORKDIR /app
RUN pip install -r requirements.txt ⟦docker-copied-too-late⟧
COPY requirements.txt app.py ./
CMD ["gunicorn", "app:app"]
"""

_GOOD_DOCKERFILE = """FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates \\
    && rm -rf /var/lib/apt/lists/*
RUN <<EOF
apt-get update
apt-get install -y git
EOF
COPY go.* ./
COPY main.go keys/ ./
COPY dist/ /srv/
COPY <<END /etc/motd
hello
END
"""

_COMPOSE = """services:
  web:
    build: ./site
    depends_on: [store, cache] ⟦compose-unknown-service⟧
    environment:
      - ADMIN_PASSWORD=admin
  api:
    build:
      context: ./{h}-api ⟦compose-missing-path⟧
  gate:
    build: {context: ./gate}
    env_file: [gate.env, .env] ⟦compose-missing-path⟧
  store:
    image: postgres:12-alpine ⟦end-of-life-image⟧
    environment:
      POSTGRES_PASSWORD: postgres
  queue:
    image: redis:7
"""

PIPELINES = {
    ".github/workflows/checks.yml": _TEST,
    ".github/workflows/triage.yml": _TRIAGE,
    ".github/workflows/release.yml": _BROKEN,
    ".github/workflows/pages.yaml": _TWICE,
    ".gitlab-ci.yml": _GITLAB,
    "depot/Dockerfile": _DOCKERFILE,
    "depot/site/Dockerfile": _SITE_DOCKERFILE,
    "depot/gate/Dockerfile": _GOOD_DOCKERFILE,
    "depot/tests/fixtures/Dockerfile": "FROM python:2.7\nCOPY nothing /\n",
    "depot/compose.yaml": _COMPOSE,
}
"""Path to text with marks."""
