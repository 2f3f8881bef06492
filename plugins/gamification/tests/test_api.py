"""The endpoints over real HTTP: what they answer, and what they refuse."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from plugins.gamification.tests.boards import add_agents, add_history, make_team
from plugins.gamification.tests.playing import install
from tests.host.installing import make_repository
from tests.web.api import fuzzing
from tests.web.api.living import Api, fill, install_kit
from tests.web.serving import Server, serving

BASE = "/api/gamification"
KEY = "^[!-~]{1,200}$"
AWARD = {"agent_id": "ann", "amount": 120, "reason": "well done", "idempotency_key": "k-1"}


@contextmanager
def answering(folder: Path) -> Iterator[Server]:
    """A server of a home with the agents Ann, Bob, Cy and Old, who has a past."""
    site = install(folder / "site")
    with (
        patch.object(sys, "path", [str(site.folder), *sys.path]),
        serving(folder / "home", site, plugins="gamification") as server,
    ):
        database = server.kernel.database
        make_team(database)
        add_agents(database, ["ann", "bob", "cy"])
        add_history(database, "old", {"2020-01-01": (260, 9, 1)}, streak=2)
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with answering(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for requests that change nothing."""
    with answering(tmp_path_factory.mktemp("shared")) as found:
        yield found


def ledger(server: Server) -> list[tuple[object, ...]]:
    """Agent, amount, reason, kind and actor of every row."""
    query = "SELECT agent_id, amount, reason, source_type, actor FROM xp_transactions ORDER BY id"
    with server.kernel.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_an_award_is_written_with_its_reason_and_who_asked_for_it(server: Server) -> None:
    answer = server.ask(f"{BASE}/award-xp", AWARD)
    assert answer.status == 200, answer.body
    given = answer.json()
    assert given["awarded"] is True
    assert ledger(server)[0] == ("ann", 120, "well done", "bonus", "api")
    agent = server.ask(f"{BASE}/agent/ann").json()
    # 120 XP are level 2, and reaching it earns 20 more.
    assert (agent["total_xp"], agent["level"]) == (140, 2)
    assert (given["total_xp"], given["level"]) == (140, 2)
    assert [row["amount"] for row in agent["transactions"]] == [20, 120]
    assert agent["transactions"][1]["id"] == given["id"]


def test_the_same_key_again_gives_nothing_and_names_the_row(server: Server) -> None:
    first = server.ask(f"{BASE}/award-xp", AWARD).json()
    again = server.ask(f"{BASE}/award-xp", AWARD)
    assert (again.status, again.json()) == (200, {"awarded": False, "existing": first["id"]})
    other = server.ask(f"{BASE}/award-xp", {**AWARD, "amount": 5})
    assert other.status == 409
    assert len(ledger(server)) == 2
    assert server.ask(f"{BASE}/award-xp", {**AWARD, "idempotency_key": "k-2"}).json()["awarded"]


def test_the_header_for_keys_gives_the_first_answer_again(server: Server) -> None:
    header = {"Idempotency-Key": "h-1"}
    first = server.ask(f"{BASE}/award-xp", AWARD, headers=header)
    again = server.ask(f"{BASE}/award-xp", AWARD, headers=header)
    assert again.body == first.body
    assert again.header("idempotency-replayed") == "true"


def test_the_header_alone_is_a_key_too(server: Server) -> None:
    award = {name: value for name, value in AWARD.items() if name != "idempotency_key"}
    header = {"Idempotency-Key": "h-1"}
    first = server.ask(f"{BASE}/award-xp", award, headers=header)
    assert (first.status, first.json()["awarded"]) == (200, True)
    assert server.ask(f"{BASE}/award-xp", award, headers=header).body == first.body
    # One key is one award, by whichever way it comes.
    in_body = server.ask(f"{BASE}/award-xp", {**award, "idempotency_key": "h-1"})
    assert in_body.json() == {"awarded": False, "existing": first.json()["id"]}
    assert len(ledger(server)) == 2
    too_long = server.ask(f"{BASE}/award-xp", award, headers={"Idempotency-Key": "h" * 201})
    assert (too_long.status, "200 characters" in too_long.json()["detail"]) == (422, True)


def test_a_negative_award_is_a_penalty(server: Server) -> None:
    server.ask(f"{BASE}/award-xp", AWARD)
    lost = {**AWARD, "amount": -50, "reason": "broke the build", "idempotency_key": "k-2"}
    answer = server.ask(f"{BASE}/award-xp", lost).json()
    assert (answer["total_xp"], answer["level"]) == (90, 1)
    assert ledger(server)[-1] == ("ann", -50, "broke the build", "penalty", "api")
    assert server.ask(f"{BASE}/agent/ann").json()["progress"] == 0.9


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 0}, {"amount": 10_001}, {"amount": -10_001}, {"amount": 10**30},
        {"amount": 1.5}, {"amount": "12"}, {"amount": True}, {"amount": None},
        {"reason": ""}, {"reason": "  \n"}, {"reason": "x" * 201}, {"reason": "a\0b"},
        {"idempotency_key": ""}, {"idempotency_key": "a b"}, {"idempotency_key": "k" * 201},
        {"agent_id": ""}, {"actor": "somebody else"},
    ],
    ids=str,
)  # fmt: skip
def test_an_award_that_is_none_is_refused(shared: Server, change: dict[str, object]) -> None:
    answer = shared.ask(f"{BASE}/award-xp", {**AWARD, **change})
    assert answer.status == 422
    assert next(iter(change)) in str(answer.json())
    assert ledger(shared) == []


@pytest.mark.parametrize("missing", AWARD)
def test_nothing_of_an_award_may_be_left_out(shared: Server, missing: str) -> None:
    award = {name: value for name, value in AWARD.items() if name != missing}
    answer = shared.ask(f"{BASE}/award-xp", award)
    assert answer.status == 422
    assert missing in str(answer.json())
    assert ledger(shared) == []


@pytest.mark.parametrize("agent", ["nobody", "Ann", "ann ", "x%27%20OR%201=1--", "a" * 200])
def test_an_agent_that_is_none_is_not_found(shared: Server, agent: str) -> None:
    path = agent.replace(" ", "%20")
    assert shared.ask(f"{BASE}/agent/{path}").status == 404
    assert shared.ask(f"{BASE}/achievements/{path}").status == 404
    answer = shared.ask(f"{BASE}/award-xp", {**AWARD, "agent_id": agent})
    assert answer.status == 404
    assert "agent" in str(answer.json()["detail"])
    assert ledger(shared) == []


@pytest.mark.parametrize(
    "query",
    ["metric=fame", "metric=", "metric=XP", "period=hourly", "limit=0", "limit=201", "limit=-1",
     "limit=ten", "page=2", "metric=xp&metric=tasks"],
)  # fmt: skip
def test_a_leaderboard_that_is_none_is_refused(shared: Server, query: str) -> None:
    assert shared.ask(f"{BASE}/leaderboard?{query}").status in (400, 422)


def test_a_leaderboard_is_of_xp_and_of_all_time_where_nothing_else_is_asked(
    shared: Server,
) -> None:
    board = shared.ask(f"{BASE}/leaderboard").json()
    assert (board["metric"], board["period"]) == ("xp", "all_time")
    crew = [one for one in board["items"] if one["team_name"] == "Crew"]
    places = [(one["rank"], one["agent_id"], one["score"]) for one in crew]
    assert places == [(1, "old", 260), (2, "ann", 0), (2, "bob", 0), (2, "cy", 0)]
    assert board["items"][0]["success_rate"] == 0.9
    assert shared.ask(f"{BASE}/leaderboard?limit=2").json()["items"] == board["items"][:2]
    success = shared.ask(f"{BASE}/leaderboard?metric=success").json()["items"]
    assert [(one["agent_id"], one["score"]) for one in success] == [("old", 0.9)]
    assert shared.ask(f"{BASE}/leaderboard?metric=streak").json()["items"][0]["score"] == 2


def test_the_leaderboard_of_today_has_what_was_earned_today(server: Server) -> None:
    server.ask(f"{BASE}/award-xp", AWARD)
    for period in ("daily", "weekly", "monthly"):
        board = server.ask(f"{BASE}/leaderboard?period={period}").json()
        assert [(one["agent_id"], one["score"]) for one in board["items"]] == [("ann", 140)]


def test_all_27_achievements_are_listed_with_how_many_agents_have_each(server: Server) -> None:
    add = (
        "INSERT INTO agent_achievements (agent_id, achievement_id, unlocked_at) "
        "VALUES ('old', 'first-task', '2020-01-01T00:00:00.000000Z')"
    )
    server.kernel.database.writer.write(lambda c: c.exec_driver_sql(add).close())
    everything = server.ask(f"{BASE}/achievements").json()["items"]
    assert len(everything) == 27
    had = {one["id"]: one["agents"] for one in everything}
    assert had.pop("first-task") == 1
    assert set(had.values()) == {0}
    assert {one["unlocked_at"] for one in everything} == {None}
    assert everything[0]["criteria"]["all"]
    of_old = server.ask(f"{BASE}/achievements/old").json()["items"]
    unlocked = {one["id"]: one["unlocked_at"] for one in of_old if one["unlocked_at"]}
    assert unlocked == {"first-task": "2020-01-01T00:00:00.000000Z"}
    (shown,) = server.ask(f"{BASE}/agent/old").json()["achievements"]
    assert (shown["id"], shown["name"]) == ("first-task", "First Steps")
    add = add.replace("first-task", "speed-demon").replace("2020", "2019")
    server.kernel.database.writer.write(lambda c: c.exec_driver_sql(add).close())
    shown = server.ask(f"{BASE}/agent/old").json()["achievements"]
    assert [one["id"] for one in shown] == ["speed-demon", "first-task"]


def test_what_hr_last_wrote_of_an_agent_is_shown(server: Server) -> None:
    add = (
        "INSERT INTO gamification_evaluations (agent_id, created_at, verdict, content) "
        "VALUES (?, ?, ?, ?)"
    )
    rows = [("old", f"2026-05-0{day}", verdict, json.dumps({"trend": "up"}))
            for day, verdict in ((1, "keep"), (2, "investigate"))]  # fmt: skip
    for row in rows:
        server.kernel.database.writer.write(lambda c, r=row: c.exec_driver_sql(add, r).close())
    assert server.ask(f"{BASE}/agent/old").json()["evaluation"] == {
        "created_at": "2026-05-02", "verdict": "investigate", "content": {"trend": "up"},
    }  # fmt: skip
    assert server.ask(f"{BASE}/agent/ann").json()["evaluation"] is None


def test_hidden_nothing_is_shown_and_the_ledger_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESIS_PLUGINS__GAMIFICATION__VISIBLE", "false")
    with answering(tmp_path) as server:
        for path in ("/leaderboard", "/agent/old", "/achievements", "/achievements/old"):
            answer = server.ask(BASE + path)
            assert answer.status == 409
            assert "is hidden" in str(answer.json()["detail"])
        assert server.ask(f"{BASE}/award-xp", AWARD).json()["awarded"] is True
        assert len(ledger(server)) == 2


def test_the_guard_stands_before_it(shared: Server) -> None:
    stranger = {"Authorization": ""}
    assert shared.ask(f"{BASE}/award-xp", AWARD, headers=stranger).status == 401
    assert shared.ask(f"{BASE}/leaderboard", headers=stranger).status == 401
    assert ledger(shared) == []


def _with_keys(fill_in: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The document, by which an award has its key in the body: it cannot say "or in the header"."""

    def change(document: dict[str, Any], api: Api) -> dict[str, Any]:
        changed = fill_in(document, api)
        award = next(
            schema
            for schema in changed["components"]["schemas"].values()
            if "idempotency_key" in schema.get("properties", {})
        )
        award["properties"]["idempotency_key"] = {"type": "string", "pattern": KEY}
        award["required"].append("idempotency_key")
        return changed

    return change


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_requests_made_from_the_document_find_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    site = install(tmp_path / "site")
    monkeypatch.setattr(sys, "path", [str(site.folder), *sys.path])
    install_kit(site)
    known = fuzzing.known_values
    agents = {f"{BASE}/agent/": ["looker"], f"{BASE}/achievements/": ["looker"]}
    monkeypatch.setattr(fuzzing, "known_values", lambda api: {**known(api), **agents})
    if mode == "positive":
        monkeypatch.setattr(fuzzing, "with_known_values", _with_keys(fuzzing.with_known_values))
    with serving(tmp_path / "home", site, plugins="kit,gamification") as server:
        api = fill(server, make_repository(tmp_path / "repository"))
        outcome = fuzzing.attack(
            api, tmp_path, "--mode", mode, "--phases", "fuzzing",
            "--include-path-regex", "gamification", "--max-examples", "40", seconds=100,
        )  # fmt: skip
    assert outcome.code == 0, outcome.output
    assert outcome.cases > 50
    assert {status for status in outcome.statuses if status >= 500} == set()
    if mode == "positive":
        assert outcome.statuses[200] > 30
