"""Let schemathesis attack a living home by the document that it gives out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.web.api.living import Api

STREAMS = "/events/stream$"
"""Answers of these never end; tests of their own hold them."""
_CONFIG = """
[checks.negative_data_rejection]
# What is too long is refused before it is looked at.
expected-statuses = [400, 401, 404, 405, 413, 414, 415, 422, 431]
"""


@dataclass
class Outcome:
    """What came of a run: its cases, its report for people, and the statuses that were answered."""

    cases: int
    code: int
    output: str
    statuses: dict[int, int]


def attack(api: Api, folder: Path, *arguments: str, seconds: float) -> Outcome:
    """Run schemathesis with every check against a server; gives what came of it."""
    document = folder / "openapi.json"
    document.write_text(json.dumps(with_known_values(api.get("/openapi.json"), api)))
    (folder / "schemathesis.toml").write_text(_CONFIG)
    report = folder / "report.json"
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", str(document),
            "--url", f"http://{api.server.host}",
            "--header", f"Authorization: Bearer {api.server.token}",
            "--checks", "all", "--exclude-path-regex", STREAMS, "--continue-on-failure",
            "--generation-database", "none", "--request-timeout", "30", "--no-color",
            "--report", "ndjson", "--report-ndjson-path", str(report), *arguments,
        ],
        cwd=folder, capture_output=True, text=True, timeout=seconds,
        env={
            **os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(Path(__file__).parents[3]),
            "SCHEMATHESIS_HOOKS": "tests.web.api.fuzzing_hooks",
        },
    )  # fmt: skip
    found = re.search(r"([\d,]+) generated", done.stdout)
    assert found is not None, done.stdout + done.stderr
    return Outcome(
        int(found[1].replace(",", "")), done.returncode, done.stdout[-20_000:], statuses(report)
    )


def statuses(report: Path) -> dict[int, int]:
    """How many answers there were of each status."""
    counts: dict[int, int] = {}
    for found in re.finditer(r'"status_code": ?(\d{3})', report.read_text()):
        counts[int(found[1])] = counts.get(int(found[1]), 0) + 1
    return counts


def with_known_values(document: dict[str, Any], api: Api) -> dict[str, Any]:
    """The document, in which parts of paths and some members may also be what is really there:
    random ids alone would hardly meet anything."""
    known = known_values(api)
    for path, item in document["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                place = "{" + parameter["name"] + "}"
                if parameter["in"] == "path":
                    values = known.get(path.partition(place)[0].rstrip("/") + "/", [])
                    parameter["schema"] = either(parameter["schema"], values)
    for schema in document["components"]["schemas"].values():
        for name, values in (("repository", [str(api.repository)]), ("team", ["kit"])):
            if name in schema.get("properties", {}) and schema.get("additionalProperties") is False:
                schema["properties"][name] = either(schema["properties"][name], values)
    return document


def either(schema: dict[str, Any], values: list[object]) -> dict[str, Any]:
    """What a schema allows, and often one of some values that it allows."""
    return {"anyOf": [{"enum": values}, schema]} if values else schema


def known_values(api: Api) -> dict[str, list[object]]:
    """By what stands before a variable part of a path: what is there."""
    mind = f"/minds/{api.gmid}"
    return {
        "/api/agents/": ["looker"],
        "/api/teams/": ["kit"],
        "/api/plugins/": ["kit"],
        "/api/schedules/": ["nightly"],
        "/api/minds/": [api.gmid],
        "/api/sessions/": [api.session, api.cancelled],
        "/api/jobs/": [api.session, api.cancelled],
        "/api/logs/": [api.session],
        "/api/logs/{id}/": ["looker"],
        "/api/tasks/": [one["id"] for one in api.walk("/tasks")][:5],
        "/api/repositories/": [one["id"] for one in api.walk("/repositories")],
        **{
            f"/api/minds/{{gmid}}/{name}/": [one[key] for one in api.walk(f"{mind}/{name}")]
            for name, key in (("memories", "id"), ("concerns", "concern_id"), ("tasks", "task_id"))
        },
    }
