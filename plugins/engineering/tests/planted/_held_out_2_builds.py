"""Workflows and images of the second part."""

from __future__ import annotations

_NIGHTLY = """name: Nightly
on:
  schedule:
    - cron: "17 3 * * *"
  workflow_dispatch:
    inputs:
      channel:
        type: choice
        options: [beta, stable]
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-18.04 ⟦ci-removed-runner⟧
    outputs:
      tag: ${{ steps.version.outputs.tag }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
          cache-dependency-path: stockroom/package-lock.json
      - run: npm ci
        working-directory: stockroom
      - name: Version
        id: version
        run: |
          tag=$(git rev-parse --short HEAD)
          echo "::set-output name=tag::$tag" ⟦ci-removed-command⟧
          echo "channel=beta" >> "$GITHUB_ENV"
      - name: Stop what is left of the last run
        run: pkill -u runner chrome || true
      - name: Tests
        working-directory: stockroom
        run: npx vitest run || true ⟦ci-cannot-fail⟧
      - uses: actions/upload-artifact@v2 ⟦ci-dead-action⟧
        with:
          name: results
          path: stockroom/results
  publish:
    runs-on: ubuntu-24.04
    needs: [build, lint] ⟦ci-unknown-job⟧
    if: inputs.channel == 'stable'
    environment: production
    steps:
      - uses: actions/checkout@v4
      - uses: peaceiris/actions-gh-pages@main ⟦ci-branch-action⟧
        with:
          github_token: ${{ secrets.GITHUB_TOKEN }}
          publish_dir: stockroom/dist
      - run: sh stockroom/bin/release.sh "${{ needs.build.outputs.tag }}"
      - run: bash stockroom/bin/announce.sh ⟦ci-missing-path⟧
      - id: pages
        run: echo "url=https://stock.example" >> "$GITHUB_OUTPUT"
      - run: echo "at ${{ steps.page.outputs.url }}" ⟦ci-empty-reference⟧
      - run: echo "at ${{ steps.pages.outputs.url }}"
"""

_WELCOME = """name: Welcome
on:
  pull_request_target:
    types: [opened, edited]
  issue_comment:
    types: [created]
jobs:
  greet:
    if: github.event_name == 'issue_comment'
    runs-on: ubuntu-latest
    permissions:
      issues: write
    steps:
      - name: Answer
        env:
          GH_TOKEN: ${{ github.token }}
          AUTHOR: ${{ github.event.comment.user.login }}
          BODY: ${{ github.event.comment.body }}
        run: |
          printf '%s wrote %s\\n' "$AUTHOR" "$BODY"
          echo "Comment ${{ github.event.comment.id }}"
          if [ "${{ github.event.comment.body }}" = "/rerun" ]; then ⟦ci-script-injection⟧
            gh workflow run nightly-{a}.yml
          fi
  preview:
    if: github.event_name == 'pull_request_target'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }} ⟦ci-untrusted-checkout⟧
      - run: npm ci && npm run build
        working-directory: stockroom
  label:
    if: github.event_name == 'pull_request_target'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/labeler@v5
"""

_DOCS_FLOW = """name: Docs
on:
  push:
    branches: [main]
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Build: the pages ⟦ci-syntax⟧
        run: make pages
"""

_DOCKERFILE = """# syntax=docker/dockerfile:1
ARG NODE_VERSION=24
FROM node:${NODE_VERSION}-bookworm-slim AS deps
WORKDIR /app
RUN npm ci --omit=dev ⟦docker-copied-too-late⟧
COPY package.json package-lock.json ./

FROM deps AS build
ARG REVISION=unknown
RUN apt-get update ⟦docker-stale-lists⟧
RUN apt-get install -y --no-install-recommends curl ca-certificates
RUN curl -fsSL https://get.stock.example/cli | sh ⟦docker-piped-script⟧
COPY src ./src
COPY tsconfig.build.json ./ ⟦docker-missing-source⟧
RUN npx tsc --outDir dist && echo "$REVISION" > dist/revision

FROM nginx ⟦docker-unpinned-base⟧
ENV STOCK_LOCALE=en_GB \\
    PASSWORD_FILE=/run/secrets/stock
ENV DB_PASSWORD=mR5v-Kx28qTz ⟦docker-secret⟧⟦senior-reviewer/password⟧
COPY --from=busybox:1.36 /bin/busybox /bin/busybox
COPY --from=biuld /app/dist /usr/share/nginx/html ⟦docker-unknown-stage⟧
HEALTHCHECK CMD ["/bin/busybox", "wget", "-q", "-O", "-", "http://localhost/"]
"""

_TELEGRAMS_DOCKERFILE = """FROM rust:1.83-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml ./
COPY src src
RUN cargo build --release

FROM debian:stretch-slim ⟦end-of-life-image⟧
RUN apt-get update \\
    && apt-get install -y --no-install-recommends tini \\
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/telegrams /usr/local/bin/
ENTRYPOINT ["tini", "telegrams"]
"""

_COMPOSE = """name: stockroom
x-log: &log
  logging: {driver: local}
services:
  web:
    <<: *log
    build:
      context: .
      target: build
    depends_on:
      db:
        condition: service_healthy
      chache: ⟦compose-unknown-service⟧
        condition: service_started
    env_file:
      - path: .env.local
        required: false
  db:
    <<: *log
    image: postgres:16.4
    volumes:
      - data:/var/lib/postgresql/data
    healthcheck:
      test: pg_isready
  cache:
    image: valkey/valkey:8.0
  mail:
    build: ./mailer ⟦compose-missing-path⟧
volumes:
  data: {}
"""

IMAGES: dict[str, str] = {
    ".github/workflows/nightly-{a}.yml": _NIGHTLY,
    ".github/workflows/welcome-{a}.yaml": _WELCOME,
    ".github/workflows/docs-{a}.yml": _DOCS_FLOW,
    "stockroom/Dockerfile": _DOCKERFILE,
    "stockroom/docker-compose.yml": _COMPOSE,
    "telegrams/Dockerfile": _TELEGRAMS_DOCKERFILE,
    "telegrams/Cargo.toml": '[package]\nname = "telegrams"\nversion = "0.3.0"\nedition = "2021"\n',
}
