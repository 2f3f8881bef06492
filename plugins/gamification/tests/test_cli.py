"""The commands, as processes of their own: what they print, what they refuse, what they write."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import genesis, probe_path, repository  # noqa: F401 - fixtures
from tests.support import Command, acting, make_repository, write_plan


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, probe_path: Path) -> Command:  # noqa: F811
    """A home in which Alpha completed one task and failed at one, and Beta completed one. Tests
    that change something have a copy of it."""
    folder = tmp_path_factory.mktemp("played")
    (folder / "work").mkdir()
    checkout = make_repository(folder / "repository")
    write_plan(
        checkout,
        acting("good", specialist="alpha"),
        acting("bad", ["fail", "no"], specialist="alpha"),
        acting("fine", specialist="beta"),
    )
    command = Command(folder / "work", probe_path, {"GENESIS_PLUGINS": "probe,gamification"})
    done = command("run", "a goal", "--repo", str(checkout), "--team", "probe")
    assert done.returncode == 1, done.stderr
    return command


@pytest.fixture
def game(tmp_path: Path, played: Command) -> Command:
    """A copy of the home that was played in."""
    shutil.copytree(played.folder, tmp_path / "work")
    return replace(played, folder=tmp_path / "work", environment=dict(played.environment))


def ask(command: Command, *arguments: str) -> Any:
    """The document that a command prints; it succeeds."""
    done = command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows(command: Command, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(command.home / "genesis.db")) as connection:
        return connection.execute(query).fetchall()


def session_of(command: Command) -> str:
    ((session,),) = rows(command, "SELECT id FROM sessions")
    return str(session)


def xp_of(command: Command, agent: str) -> int:
    return int(ask(command, "agent", "show", agent)["total_xp"])


def test_the_leaderboard_lists_who_did_something_and_who_did_not(game: Command) -> None:
    board = ask(game, "leaderboard")
    assert (board["metric"], board["period"]) == ("xp", "all_time")
    agents = [entry["agent_id"] for entry in board["items"]]
    assert set(agents) >= {"alpha", "beta", "planner", "verification"}
    assert [entry["score"] for entry in board["items"]] == sorted(
        (entry["xp"] for entry in board["items"]), reverse=True
    )
    success = {
        one["agent_id"]: one for one in ask(game, "leaderboard", "--metric=success")["items"]
    }
    assert (success["alpha"]["score"], success["beta"]["score"]) == (0.5, 1.0)
    assert success["beta"]["rank"] < success["alpha"]["rank"]


def test_rows_go_to_stdout_and_their_heading_does_not(game: Command) -> None:
    done = game("leaderboard", "--period", "daily", "--limit", "2")
    assert done.returncode == 0
    assert "rank" in done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    rank, agent, xp = lines[0].split()[:3]
    assert (rank, agent) == ("1", ask(game, "leaderboard")["items"][0]["agent_id"])
    assert int(xp.replace(",", "")) == ask(game, "leaderboard")["items"][0]["xp"]


def test_an_agent_is_shown_with_its_way_to_the_next_level_and_the_evidence(game: Command) -> None:
    profile = ask(game, "agent", "show", "alpha")
    assert (profile["tasks_completed"], profile["tasks_failed"]) == (1, 1)
    assert profile["success_rate"] == 0.5
    assert [one["id"] for one in profile["achievements"]] == ["first-task"]
    assert profile["total_xp"] == sum(one["amount"] for one in profile["transactions"])
    shown = game("agent", "show", "alpha").stdout
    assert f"XP to level {profile['level'] + 1}" in shown
    assert re.search(r"\[#*\.+\]", shown)
    assert "1 completed, 1 failed (50.0%)" in shown
    assert "First Steps" in shown
    for one in profile["transactions"]:
        assert f"#{one['id']} (" in shown
        assert f"event {one['event_id']}" in shown
    assert len(ask(game, "agent", "show", "alpha", "--rows", "1")["transactions"]) == 1


def test_what_hr_wrote_is_shown(game: Command) -> None:
    xp_of(game, "alpha")
    content = json.dumps({"strengths": ["work"], "the_30_before": "2 of 3", "weak_kinds": []})
    with closing(sqlite3.connect(game.home / "genesis.db")) as connection, connection:
        connection.execute(
            "INSERT INTO gamification_evaluations (agent_id, created_at, verdict, content) "
            "VALUES ('alpha', '2026-05-01T00:00:00.000000Z', 'double_down', ?)",
            [content],
        )
    shown = game("agent", "show", "alpha").stdout
    assert "evaluation   double down" in shown
    assert "strengths: work" in shown
    assert "weak kinds" not in shown
    assert "the 30 before: 2 of 3" in shown


def test_praise_is_given_once_to_all_who_completed_something(game: Command) -> None:
    before = xp_of(game, "alpha"), xp_of(game, "beta")
    session = session_of(game)
    first = game("praise", session)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("Praised: alpha, beta")
    after = xp_of(game, "alpha"), xp_of(game, "beta")
    assert after >= (before[0] + 100, before[1] + 100)
    again = game("praise", session)
    assert (again.returncode, again.stdout.split(":")[0]) == (0, "Praised before")
    assert (xp_of(game, "alpha"), xp_of(game, "beta")) == after
    ((task,),) = rows(game, "SELECT id FROM tasks WHERE agent_id = 'beta'")
    assert ask(game, "praise", task) == {"new": True, "agents": ["beta"]}


def test_latest_is_the_newest_session(game: Command, repository: Path) -> None:  # noqa: F811
    old = session_of(game)
    write_plan(repository, acting("good", specialist="beta"))
    game("run", "another goal", "--repo", str(repository), "--team", "probe")
    assert "beta" in ask(game, "praise", "latest")["agents"]
    merge = ("gamification", "merged", "https://example.org/pull/2", "--session", "latest")
    assert ask(game, *merge)["new"] is True
    ((newest,),) = rows(game, f"SELECT id FROM sessions WHERE id <> '{old}'")
    said = rows(game, "SELECT DISTINCT session_id FROM events WHERE type LIKE '%.given'")
    assert said == rows(game, "SELECT session_id FROM events WHERE type LIKE '%.merged'")
    assert said == [(newest,)]


def test_a_merge_is_told_once(game: Command) -> None:
    told = ("gamification", "merged", "https://example.org/pull/1", "--session", session_of(game))
    before = xp_of(game, "beta")
    assert ask(game, *told)["new"] is True
    assert xp_of(game, "beta") >= before + 50
    assert ask(game, *told)["new"] is False
    paid = (
        "SELECT COUNT(*) FROM xp_transactions WHERE agent_id = 'beta' AND source_id LIKE 'https%'"
    )
    assert rows(game, paid) == [(1,)]


def test_an_award_says_who_gave_it_and_a_key_gives_it_once(game: Command) -> None:
    before = xp_of(game, "beta")
    award = ("gamification", "award", "beta", "-30", "--reason", "slow", "--key", "k")
    given = ask(game, *award)
    assert given["awarded"] is True
    assert ask(game, *award) == {"awarded": False, "existing": given["id"]}
    assert xp_of(game, "beta") == before - 30
    ((actor, reason, kind),) = rows(
        game, "SELECT actor, reason, source_type FROM xp_transactions WHERE rule_id = 'manual'"
    )
    assert actor.startswith("cli:")
    assert (reason, kind) == ("slow", "penalty")
    for _ in range(2):
        assert ask(game, "gamification", "award", "beta", "5", "--reason", "x")["awarded"] is True
    assert "by cli:" in game("agent", "show", "beta").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("agent", "show", "nobody"), "no agent 'nobody'"),
        (("gamification", "award", "nobody", "5", "--reason", "x"), "no agent 'nobody'"),
        (("gamification", "award", "beta", "0", "--reason", "x"), "0 XP"),
        (("gamification", "award", "beta", "10001", "--reason", "x"), "10001 XP"),
        (("gamification", "award", "beta", "-10001", "--reason", "x"), "-10001 XP"),
        (("gamification", "award", "beta", "9" * 400, "--reason", "x"), "999 XP"),
        (("gamification", "award", "beta", "much", "--reason", "x"), "not a valid integer"),
        (("gamification", "award", "beta", "5"), "--reason"),
        (("gamification", "award", "beta", "5", "--reason", " "), "reason"),
        (("gamification", "award", "beta", "5", "--reason", "x" * 201), "reason"),
        (("gamification", "award", "beta", "5", "--reason", "x", "--key", ""), "key"),
        (("praise", "nothing"), "no session or task 'nothing'"),
        (("praise", ""), "no session or task ''"),
        (("gamification", "merged", "ftp://x", "--session", "s"), "address"),
        (("gamification", "merged", "https://x", "--session", "s"), "no session"),
        (("leaderboard", "--metric", "fame"), "fame"),
        (("leaderboard", "--period", "hourly"), "hourly"),
        (("leaderboard", "--limit", "0"), "0"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    played: Command, arguments: tuple[str, ...], said: str
) -> None:
    done = played(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert rows(played, "SELECT COUNT(*) FROM xp_transactions WHERE event_id IS NULL") == [(0,)]


def test_what_an_agent_was_told_cannot_steer_the_terminal(game: Command) -> None:
    game("gamification", "award", "beta", "5", "--reason", "a\x1b[2Jb\nrank")
    shown = game("agent", "show", "beta").stdout
    assert "\x1b" not in shown
    assert not any(line.startswith("rank") for line in shown.splitlines())


def test_verify_finds_what_differs_and_fix_writes_it_anew(game: Command) -> None:
    assert ask(game, "gamification", "verify")["different"] == 0
    good = ask(game, "leaderboard")
    with closing(sqlite3.connect(game.home / "genesis.db")) as connection, connection:
        connection.execute("UPDATE agent_levels SET total_xp = 9 WHERE agent_id = 'alpha'")
    found = game("gamification", "verify")
    assert found.returncode == 1
    assert "agent_levels: is alpha" in found.stdout
    assert ask(game, "gamification", "verify", "--fix")["fixed"] is True
    assert ask(game, "gamification", "verify")["different"] == 0
    assert ask(game, "leaderboard") == good


def test_verify_looks_at_what_is_kept_of_periods(game: Command) -> None:
    with closing(sqlite3.connect(game.home / "genesis.db")) as connection, connection:
        connection.execute(
            "INSERT INTO leaderboard_cache (period, agent_id, rank, score, metric_type, "
            "period_start, period_end, updated_at) "
            "VALUES ('daily', 'alpha', 1, 7, 'xp', '2020-01-01', '2020-01-01', 'now')"
        )
    found = game("gamification", "verify")
    assert (found.returncode, found.stdout.count("leaderboard_cache")) == (1, 1)
    assert ask(game, "gamification", "verify", "--fix")["snapshots"]
    assert ask(game, "gamification", "verify")["different"] == 0


def test_another_rule_is_shown_by_rederive_and_written_by_adopt(game: Command) -> None:
    before = xp_of(game, "alpha")
    settings = game.home / "genesis.toml"
    settings.write_text('[plugins.gamification]\npacks = ["base", "penalties"]\n')
    changes = ask(game, "gamification", "rederive", "--dry-run")
    assert changes
    due = sum(one["due"] - one["paid"] for one in changes if one["agent_id"] == "alpha")
    assert due < 0
    assert xp_of(game, "alpha") == before
    assert "would change" in game("gamification", "rederive").stdout
    refused = game("gamification", "adopt", stdin=-3)
    assert refused.returncode != 0
    assert xp_of(game, "alpha") == before
    assert ask(game, "gamification", "adopt", "--yes") == changes
    assert xp_of(game, "alpha") == before + due
    assert ask(game, "gamification", "rederive") == []
    assert ask(game, "gamification", "verify")["different"] == 0


def test_catch_up_reads_what_happened_while_the_plugin_was_away(
    genesis: Command,  # noqa: F811
    repository: Path,  # noqa: F811
) -> None:
    write_plan(repository, acting("good", specialist="alpha"))
    genesis("run", "a goal", "--repo", str(repository), "--team", "probe")
    genesis.environment["GENESIS_PLUGINS"] = "probe,gamification"
    assert ask(genesis, "gamification", "status")["behind"] > 0
    done = genesis("gamification", "catch-up")
    assert done.returncode == 0
    assert "were read" in done.stdout
    assert "Reading events" in done.stderr
    status = ask(genesis, "gamification", "status")
    assert (status["behind"], status["faults"], status["problems"]) == (0, 0, [])
    assert status["transactions"] > 0
    assert ask(genesis, "gamification", "replay") == {"settled": 0, "waiting": 0}


def test_hidden_nothing_is_shown_and_the_ledger_goes_on(game: Command) -> None:
    before = xp_of(game, "beta")
    game.environment["GENESIS_PLUGINS__GAMIFICATION__VISIBLE"] = "false"
    for arguments in (("leaderboard",), ("agent", "show", "beta")):
        done = game(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is hidden" in done.stderr
    assert ask(game, "gamification", "award", "beta", "5", "--reason", "x")["awarded"] is True
    assert "visible        no" in game("gamification", "status").stdout
    del game.environment["GENESIS_PLUGINS__GAMIFICATION__VISIBLE"]
    assert xp_of(game, "beta") >= before + 5


def test_without_the_plugin_the_command_says_why_it_is_not_there(game: Command) -> None:
    game.environment["GENESIS_PLUGINS"] = "probe"
    done = game("leaderboard")
    assert done.returncode == 2
    assert "gamification" in done.stderr
    assert game("sessions", "list").returncode == 0


def test_a_folder_that_is_no_home_stays_as_it_is(genesis: Command) -> None:  # noqa: F811
    genesis.environment["GENESIS_PLUGINS"] = "probe,gamification"
    done = genesis("leaderboard")
    assert done.returncode == 2
    assert "no home" in done.stderr
    assert not genesis.home.exists()
