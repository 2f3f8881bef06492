"""Sessions, jobs, logs, repositories and schedules over the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis.contracts import Finding
from genesis.contracts.judgements import JudgedFinding, Judgement
from genesis.scheduling.scheduler import Scheduler
from genesis.storage.statements import table
from genesis.storage.work_tables import SessionRow
from sqlalchemy import update

from tests.host.installing import Site
from tests.web.api.living import Api, living, run


@pytest.fixture
def own(tmp_path: Path, site: Site, api: Api) -> Iterator[Api]:
    """A living home of a test's own; `api` installs the plugin."""
    with living(tmp_path, site) as found:
        yield found


def start(api: Api, **more: object) -> dict[str, object]:
    """Start a session on the repository."""
    body = {"goal": "look", "team": "kit", "repository": str(api.repository), **more}
    return api.post("/sessions", body)


def test_a_session_is_started_and_waits_for_who_takes_it_up(api: Api) -> None:
    before = len(api.server.woken)
    session = start(api, options={"verify_limit_seconds": 30})
    assert (session["status"], session["goal"]) == ("in_progress", "look")
    assert session["options"] == {"verify_limit_seconds": 30}
    assert len(api.server.woken) == before + 1
    kernel = api.server.kernel
    assert session["id"] in [one.id for one in kernel.interrupted_sessions()]
    assert session["id"] in [one["id"] for one in api.get("/sessions/active")["items"]]
    run(kernel, str(session["id"]))
    assert api.get(f"/sessions/{session['id']}")["status"] == "completed"
    assert session["id"] not in [one["id"] for one in api.walk("/sessions/active", limit=1)]


def test_a_session_shows_its_findings_as_the_text_they_are_most_severe_first(api: Api) -> None:
    detail = api.get(f"/sessions/{api.session}")
    assert [(f["severity"], f["message"]) for f in detail["findings"]] == [
        ("high", "<b>bad</b>"), ("low", "odd"),
    ]  # fmt: skip
    (task,) = detail["tasks"]
    assert (task["agent_id"], task["result"]["summary"]) == ("looker", "looked")
    assert api.get(f"/tasks/{task['id']}") == task


def test_a_judged_session_shows_what_stands_in_the_order_of_its_judgement(api: Api) -> None:
    session_id = str(start(api)["id"])
    kernel = api.server.kernel
    run(kernel, session_id)
    detail = api.get(f"/sessions/{session_id}")
    assert detail["judgement"] is None
    low = Finding.model_validate(detail["findings"][1])
    many = [JudgedFinding(finding=low, fingerprint=str(n)) for n in range(1200)]
    judgement = Judgement(findings=tuple(many), fixed=(low,), compared_with="session-1")
    text = judgement.model_dump_json()
    statement = update(table(SessionRow)).where(table(SessionRow).c.id == session_id)
    kernel.database.writer.write(lambda c: c.execute(statement.values(judgement=text)))
    detail = api.get(f"/sessions/{session_id}")
    assert [one["message"] for one in detail["findings"]] == ["odd"] * 1000
    assert len(detail["judgement"]["findings"]) == 1000
    assert detail["judgement"]["fixed"] == [low.model_dump(mode="json")]
    assert (low.confidence, detail["judgement"]["compared_with"]) == ("certain", "session-1")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"goal": ""}, 422), ({"goal": " \t\n"}, 422), ({"goal": "x" * 2001}, 422),
        ({"goal": "a\0b"}, 422), ({"goal": None}, 422), ({"team": "none"}, 404),
        ({"team": "../kit"}, 422), ({"repository": "relative"}, 422),
        ({"repository": "/no/such/folder"}, 404), ({"repository": "/etc/passwd"}, 409),
        ({"repository": "/etc"}, 409), ({"repository": "/" + "x" * 300}, 409),
        ({"options": {"logs": ["/etc/passwd"]}}, 422), ({"unknown": 1}, 422),
        ({"options": {"verify_limit_seconds": 0}}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_started_is_refused_with_its_reason(
    api: Api, changes: dict[str, object], status: int
) -> None:
    body = {"goal": "look", "team": "kit", "repository": str(api.repository), **changes}
    before = api.get("/stats")["sessions"]
    answer = api.server.ask("/api/sessions", body)
    assert answer.status == status
    told = answer.json()
    assert told["status"] == status
    assert len(str(told["detail"])) > 10
    assert "--" not in str(told["detail"]), "no words of the command line"
    assert b"root:" not in answer.body
    assert api.get("/stats")["sessions"] == before


def test_a_session_is_cancelled_once_and_resumed_once(own: Api) -> None:
    session = start(own)
    path = f"/sessions/{session['id']}"
    assert own.post(f"{path}/cancel", status=200)["status"] == "cancelled"
    assert own.status(f"{path}/cancel", method="POST") == 409
    assert own.post(f"{path}/resume", status=200)["status"] == "in_progress"
    assert own.status(f"{path}/resume", method="POST") == 409
    run(own.server.kernel, str(session["id"]))
    assert own.get(path)["status"] == "completed"
    assert own.status(f"{path}/resume", method="POST") == 409
    assert own.status(f"{path}/cancel", method="POST") == 409
    assert own.status("/sessions/none/cancel", method="POST") == 404
    assert own.status("/sessions/none/resume", method="POST") == 404


def test_only_a_whole_id_names_a_session(api: Api) -> None:
    for part in ("latest", api.session[:-1], "session", "%"):
        assert api.status(f"/sessions/{part}") == 404


def test_sessions_are_found_by_status_and_team(api: Api) -> None:
    for query in ({"status": "cancelled"}, {"team": "kit", "status": "cancelled"}):
        found = api.walk("/sessions", limit=1, **query)
        assert {one["status"] for one in found} == {"cancelled"}
        assert api.cancelled in [one["id"] for one in found]
    assert api.walk("/sessions", team="none") == []
    assert api.status("/sessions", status="unknown") == 422


def test_tasks_are_found_by_session_agent_and_status(api: Api) -> None:
    (task,) = api.walk("/tasks", session=api.session)
    assert (task["session_id"], task["status"]) == (api.session, "completed")
    assert "result" not in task
    assert task in api.walk("/tasks", agent="looker", status="completed", limit=1)
    assert api.walk("/tasks", session=api.session, status="failed") == []


def test_agents_have_the_figures_of_their_tasks(own: Api) -> None:
    (agent,) = own.walk("/agents", team="kit")
    assert (agent["total_tasks_completed"], agent["total_tasks_failed"]) == (1, 0)
    assert agent["success_rate"] == 1.0
    assert agent["avg_duration_seconds"] >= 0


def test_logs_are_read_by_names_of_the_record_only(api: Api, tmp_path: Path) -> None:
    path = f"/logs/{api.session}"
    assert api.get(path)["logs"] == ["looker"]
    tail = api.get(f"{path}/looker")
    assert "looked at everything" in tail["text"]
    assert api.get(f"{path}/looker", bytes=5)["text"] == tail["text"][-5:]
    assert api.status(f"{path}/looker", bytes=10**9) == 422
    folder = api.server.kernel.home.log_folder(api.session)
    (folder / "secret.log").write_text("secret")
    for name in ("secret", "nobody", "..%2F..%2Fgenesis", "../looker"):
        assert api.status(f"{path}/{name}") in (400, 404)
    log, kept = folder / "looker.log", tmp_path / "kept"
    log.rename(kept)
    log.symlink_to(kept)
    assert api.status(f"{path}/looker") == 404
    assert api.get(path)["logs"] == []
    log.unlink()
    kept.rename(log)


def test_jobs_are_sessions_that_are_started_by_a_name(api: Api) -> None:
    (job,) = api.get("/jobs")["items"]
    assert (job["name"], job["team"], job["cron"]) == ("auto-implementation", "kit", "0 23 * * *")
    repository = str(api.repository)
    started = api.post("/jobs/start", {"name": "auto-implementation", "repository": repository})
    assert started["goal"] == "improve"
    path = f"/jobs/{started['id']}"
    assert api.get(f"{path}/status")["status"] == "in_progress"
    assert api.get(f"{path}/logs")["logs"] == []
    assert api.post(f"{path}/stop", status=200)["status"] == "cancelled"
    assert api.status(f"{path}/stop", method="POST") == 409
    by_goal = {"goal": "look", "team": "kit", "repository": repository}
    assert api.post("/jobs/start", by_goal)["goal"] == "look"
    assert api.post("/nightly/trigger", {"repository": repository})["goal"] == "improve"
    for body, status in (
        ({"name": "none", "repository": repository}, 404),
        ({"name": "auto-implementation", "goal": "both", "repository": repository}, 422),
        ({"repository": repository}, 422),
    ):
        assert api.status("/jobs/start", body) == status


@pytest.mark.parametrize("path", ["/nightly/trigger", "/jobs/start"])
def test_the_log_of_a_job_tells_of_a_session_that_was_triggered(own: Api, path: str) -> None:
    named = {"name": "auto-implementation"} if path == "/jobs/start" else {}
    started = own.post(path, {"repository": str(own.repository), **named})["id"]
    kernel = own.server.kernel
    file = kernel.home.logs / "auto-compound.log"
    (begun,) = file.read_text().splitlines()
    assert f" auto-implementation started {started} in {own.repository} for " in begun
    assert begun.endswith(": asked for")
    run(kernel, str(started))
    # As `genesis up` tells it, also one that was started anew meanwhile.
    told = Scheduler(kernel, wake=lambda: None)
    told.session_ended(str(started))
    told.session_ended(own.session)
    lines = file.read_text().splitlines()[1:]
    assert f" auto-implementation completed {started} in " in lines[0]
    assert lines[-1].strip() == f"report: genesis sessions show {started}"
    assert len(lines) == 4


def test_a_repository_says_where_it_stands(own: Api) -> None:
    (repository,) = own.walk("/repositories")
    path = f"/repositories/{repository['id']}"
    assert own.get(path) == repository
    assert own.get(f"{path}/status")["last_session"]["id"] == own.cancelled
    run_again = start(own)["id"]
    run(own.server.kernel, str(run_again))
    status = own.get(f"{path}/status")
    assert status["last_session"]["id"] == run_again
    assert status["open_findings"] == {"high": 1, "medium": 0, "low": 1, "info": 0}


def test_a_schedule_is_added_paused_resumed_run_and_removed(api: Api) -> None:
    repository = str(api.repository)
    body = {"job": "auto-implementation", "repository": repository, "timezone": "Europe/Stockholm"}
    schedule = api.post("/schedules", body)
    assert (schedule["cron"], schedule["timezone"]) == ("0 23 * * *", "Europe/Stockholm")
    path = f"/schedules/{schedule['id']}"
    assert api.get(path) == schedule
    assert api.post(f"{path}/pause", status=200)["enabled"] is False
    assert api.post(f"{path}/resume", status=200)["enabled"] is True
    session = api.post(f"{path}/run-now")
    assert api.status(f"{path}/run-now", method="POST") == 409
    (a_run,) = api.walk(f"{path}/runs")
    assert (a_run["session_id"], a_run["status"]) == (session["id"], "started")
    assert [one["id"] for one in api.walk("/schedules", limit=1)] == sorted(
        {"nightly", schedule["id"]}
    )
    assert api.status(path, method="DELETE") == 204
    assert api.status(path, method="DELETE") == 404
    assert api.status(path) == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"cron": "30 22 * *"}, 422), ({"cron": "61 22 * * *"}, 422), ({"cron": "0 0 30 2 *"}, 422),
        ({"cron": "5-3 * * * *"}, 422), ({"timezone": "Europe/Nowhere"}, 404),
        ({"timezone": "../../etc/passwd"}, 422), ({"name": "nightly"}, 409),
        ({"name": "Not a name"}, 422), ({"team": "none"}, 404), ({"repository": "/none"}, 404),
        ({"job": "auto-implementation"}, 422), ({"catch_up": "often"}, 422),
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be_is_refused(
    api: Api, changes: dict[str, object], status: int
) -> None:
    body = {"goal": "look", "team": "kit", "cron": "1 2 * * *", "repository": str(api.repository)}
    assert api.status("/schedules", {**body, **changes}) == status


def test_the_use_of_models_is_summed_up_by_day_and_model(own: Api) -> None:
    run(own.server.kernel, str(start(own)["id"]))
    used = own.get("/llm-usage", days=1)
    (line,) = used["items"]
    assert (line["model"], line["tasks"], line["input_tokens"], line["cost_usd"]) == (
        "small", 2, 200, 1.0,
    )  # fmt: skip
    assert (used["cost_usd"], used["complete"]) == (1.0, True)


def test_stats_and_health_say_how_things_stand(own: Api) -> None:
    stats = own.get("/stats")
    assert (stats["agents"], stats["minds"], stats["schedules"]) == (1, 1, 1)
    assert (stats["sessions"]["completed"], stats["sessions"]["cancelled"]) == (1, 1)
    assert stats["open_tasks"] == 5
    health = own.get("/health")
    assert (health["status"], health["plugins"], health["problems"]) == ("ok", {"active": 1}, [])
    assert health["queue"] == {"ready": 5, "leased": 0}
    assert health["last_event"] == stats["events"]
    (plugin,) = own.get("/plugins")["items"]
    assert (plugin["id"], plugin["state"]) == ("kit", "active")


def test_the_event_log_is_read_page_by_page(api: Api) -> None:
    def walk(path: str, **query: object) -> list[dict[str, object]]:
        items, after = [], 0
        while after is not None:
            page = api.get(path, after=after, **query)
            items += page["items"]
            after = page["next"]
        return items

    events = walk("/events", limit=7)
    assert [e["id"] for e in events] == sorted({e["id"] for e in events})
    assert events == walk("/events", limit=200)
    tasks = walk("/events", limit=3, types="task,session.started")
    kinds = ("task.", "session.started")
    assert tasks == [e for e in events if str(e["type"]).startswith(kinds)]
    mine = walk(f"/sessions/{api.session}/events", limit=2)
    assert mine == [e for e in events if e["session_id"] == api.session]
    assert api.status("/events", types="<b>") == 422


def test_a_page_of_rare_events_looks_at_no_more_than_a_part_of_the_log(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genesis.web.api.events.LOOKED_AT", 5)
    page = api.get("/events", types="session.finished", limit=2)
    assert page["items"] == []
    assert page["next"] is not None
