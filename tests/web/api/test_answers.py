"""Every endpoint answers, and what it answers is what its description says."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts.web import AnyEndpoint
from genesis.web.api import kernel_endpoints
from genesis.web.services import Services
from pydantic import TypeAdapter

from tests.web.api.living import Api

SEEDED = {
    "/agents": {
        "id", "team_id", "name", "role", "emoji", "llm_preference", "success_rate",
        "total_tasks_completed", "total_tasks_failed", "avg_duration_seconds", "is_active",
        "created_at", "updated_at",
    },
    "/teams": {"id", "name", "domain", "description", "created_at", "updated_at"},
    "/sessions": {
        "id", "team_id", "status", "target_repo", "priority_file", "branch_name", "pr_url",
        "iteration_count", "started_at", "completed_at", "duration_seconds", "exit_code",
    },
    "/tasks": {
        "id", "session_id", "agent_id", "description", "status", "priority", "llm_used",
        "started_at", "completed_at", "duration_seconds", "error_message", "retry_count",
    },
    "/repositories": {
        "id", "name", "path", "github_url", "team_id", "is_active", "last_synced_at", "created_at",
    },
}  # fmt: skip
PROMISED = {
    "GET": {
        "/agents", "/agents/{id}", "/teams", "/teams/{id}", "/sessions", "/sessions/{id}",
        "/sessions/active", "/sessions/{id}/events", "/logs/{id}", "/logs/{id}/{specialist}",
        "/tasks", "/tasks/{id}", "/jobs", "/jobs/{id}/status", "/jobs/{id}/logs", "/repositories",
        "/repositories/{id}", "/repositories/{id}/status", "/minds", "/minds/{gmid}",
        "/minds/{gmid}/messages", "/minds/{gmid}/memories", "/minds/{gmid}/memories/search",
        "/minds/{gmid}/memories/{id}", "/minds/{gmid}/concerns", "/minds/{gmid}/concerns/due",
        "/minds/{gmid}/concerns/{id}", "/minds/{gmid}/tasks", "/minds/{gmid}/tasks/{id}",
        "/schedules", "/schedules/{id}", "/schedules/{id}/runs", "/events", "/plugins",
        "/plugins/{id}", "/health", "/version", "/llm-usage", "/stats",
    },
    "POST": {
        "/sessions", "/sessions/{id}/cancel", "/sessions/{id}/resume", "/jobs/start",
        "/jobs/{id}/stop", "/nightly/trigger", "/minds", "/minds/{gmid}/messages",
        "/minds/{gmid}/memories", "/minds/{gmid}/concerns", "/minds/{gmid}/concerns/{id}/resolve",
        "/minds/{gmid}/tasks", "/minds/{gmid}/tasks/{id}/cancel", "/schedules",
        "/schedules/{id}/run-now", "/schedules/{id}/pause", "/schedules/{id}/resume",
    },
    "DELETE": {"/schedules/{id}", "/minds/{gmid}/memories/{id}"},
}  # fmt: skip


@pytest.fixture(scope="module")
def endpoints(api: Api) -> tuple[AnyEndpoint, ...]:
    """The endpoints as the server has them."""
    return kernel_endpoints(Services(api.server.kernel, lambda: None))


def check(endpoints: tuple[AnyEndpoint, ...], method: str, path: str, value: object) -> None:
    """That an answer has the shape that its endpoint names."""
    (endpoint,) = (e for e in endpoints if (e.method, e.path) == (method, path))
    TypeAdapter(endpoint.answer).validate_python(value)


def test_every_path_that_was_promised_is_there_and_no_other(
    endpoints: tuple[AnyEndpoint, ...],
) -> None:
    found: dict[str, set[str]] = {}
    for endpoint in endpoints:
        found.setdefault(endpoint.method, set()).add(endpoint.path)
    assert found == PROMISED


def test_every_post_that_makes_something_takes_an_idempotency_key(
    endpoints: tuple[AnyEndpoint, ...],
) -> None:
    made = {e.path for e in endpoints if e.creates}
    assert made == {e.path for e in endpoints if e.status == 201}
    assert made == {
        "/sessions", "/jobs/start", "/nightly/trigger", "/minds", "/minds/{gmid}/messages",
        "/minds/{gmid}/memories", "/minds/{gmid}/concerns", "/minds/{gmid}/tasks", "/schedules",
        "/schedules/{id}/run-now",
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(SEEDED))
def test_lists_have_the_columns_of_the_older_system(api: Api, path: str) -> None:
    items = api.get(path)["items"]
    assert items
    for item in items:
        assert SEEDED[path] <= item.keys()


def test_every_get_answers_what_it_says(api: Api, endpoints: tuple[AnyEndpoint, ...]) -> None:
    (task, *_) = api.get("/tasks")["items"]
    (repository,) = api.get("/repositories")["items"]
    mind = f"/minds/{api.gmid}"
    ids = {
        name: api.get(f"{mind}/{name}")["items"][0] for name in ("memories", "concerns", "tasks")
    }
    for path in sorted(PROMISED["GET"]):
        made = {
            "/agents/{id}": "/agents/looker",
            "/teams/{id}": "/teams/kit",
            "/logs/{id}/{specialist}": f"/logs/{api.session}/looker",
            "/tasks/{id}": f"/tasks/{task['id']}",
            "/repositories/{id}": f"/repositories/{repository['id']}",
            "/repositories/{id}/status": f"/repositories/{repository['id']}/status",
            "/minds/{gmid}/memories/{id}": f"{mind}/memories/{ids['memories']['id']}",
            "/minds/{gmid}/concerns/{id}": f"{mind}/concerns/{ids['concerns']['concern_id']}",
            "/minds/{gmid}/tasks/{id}": f"{mind}/tasks/{ids['tasks']['task_id']}",
            "/schedules/{id}": "/schedules/nightly",
            "/schedules/{id}/runs": "/schedules/nightly/runs",
            "/plugins/{id}": "/plugins/kit",
        }.get(path, path.replace("{gmid}", api.gmid).replace("{id}", api.session))
        query = {"query": "memory"} if path.endswith("search") else {}
        check(endpoints, "GET", path, api.get(made, **query))


@pytest.mark.parametrize(
    "path",
    [
        "/agents/nobody", "/teams/none", "/sessions/none", "/sessions/none/events", "/logs/none",
        "/tasks/none", "/jobs/none/status", "/repositories/none", "/repositories/none/status",
        "/minds/GMD-2026-0000-0000", "/minds/GMD-2026-0000-0000/messages",
        "/minds/GMD-2026-0000-0000/memories", "/minds/GMD-2026-0000-0000/concerns",
        "/minds/GMD-2026-0000-0000/concerns/due", "/minds/GMD-2026-0000-0000/tasks",
        "/schedules/none", "/schedules/none/runs", "/plugins/none", "/minds/atlas", "/nothing",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404(api: Api, path: str) -> None:
    assert api.status(path) == 404


def test_both_versions_of_the_paths_are_the_same(api: Api) -> None:
    answer = api.server.ask("/api/v1/sessions")
    assert answer.json() == api.get("/sessions")


def test_the_reference_names_every_path() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "http-api.md").read_text()
    for paths in PROMISED.values():
        for path in paths:
            assert f"{path}`" in page, path
