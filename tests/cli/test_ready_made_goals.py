"""The goals that the engineering team has ready-made, as a person gives them to `genesis run`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support import Command

pytest.importorskip("genesis_engineering", reason="the engineering plugin is not installed")


@pytest.fixture
def genesis_team(genesis: Command) -> Command:
    genesis.environment["GENESIS_PLUGINS"] = "engineering"
    return genesis


def kinds(document: dict[str, object]) -> list[str]:
    tasks = document["tasks"]
    assert isinstance(tasks, list)
    return [task["kind"] for task in tasks]


def test_a_triage_takes_its_paths_behind_the_goal_and_leaves_its_files(
    genesis_team: Command, repository: Path
) -> None:
    log = genesis_team.folder / "app.log"
    log.write_text("2026-11-22 08:00:00 ERROR disk 7 full\n" * 3 + "fine\n")
    arguments = ("run", "log triage", "app.log", "--repo", str(repository))
    done = genesis_team(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert kinds(document) == ["plan", "triage"]
    triage = document["tasks"][1]
    assert triage["facts"]["log-lines"] == 4
    folder = genesis_team.home / "sessions" / document["session_id"]
    (notes,) = folder.glob("work/*/triage.json")
    assert json.loads(notes.read_text())["paths"] == [str(log)]
    log.write_text("2026-11-22 09:00:00 ERROR no bread\n")
    again = genesis_team(*arguments)
    assert "1 kind of failure new since the triage of" in again.stdout
    (report,) = (line.split()[0] for line in again.stdout.splitlines() if "triage.md" in line)
    assert "no bread" in Path(report).read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["log", "triage", "app.log"], "stands in quotes"),
        (["log triage", "gone.log"], "gone.log is neither a file nor a folder"),
        (["log triage", "/dev/null"], "/dev/null is neither a file nor a folder"),
    ],
)
def test_a_path_that_is_not_there_is_refused_before_anything_begins(
    genesis_team: Command, repository: Path, arguments: list[str], told: str
) -> None:
    (genesis_team.folder / "app.log").touch()
    done = genesis_team("run", *arguments, "--repo", str(repository))
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert not genesis_team.home.exists()


def test_a_schedule_keeps_the_paths_of_its_goal(genesis_team: Command, repository: Path) -> None:
    (genesis_team.folder / "var").mkdir()
    done = genesis_team(
        "schedule", "add", "--cron", "0 6 * * *", "--json", "--", "run", "log triage", "var",
        "--repo", str(repository),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["options"] == {"paths": [str(genesis_team.folder / "var")]}


def test_a_release_kit_reads_git_and_leaves_drafts(genesis_team: Command, repository: Path) -> None:
    environment = {
        **os.environ, "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(repository), *arguments], check=True, env=environment)

    git("commit", "-q", "--allow-empty", "-m", "one")
    git("tag", "v1.0.0")
    git("commit", "-q", "--allow-empty", "-m", "feat: sell bread")
    done = genesis_team("run", "release kit", "--repo", str(repository), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert kinds(document) == ["plan", "release"]
    assert document["tasks"][1]["facts"]["release-next"] == "1.1.0"
    folder = genesis_team.home / "sessions" / document["session_id"]
    (draft,) = folder.glob("work/*/changelog.md")
    assert "- sell bread (" in draft.read_text()


def test_a_goal_that_only_resembles_one_stays_free_text(
    genesis_team: Command, repository: Path
) -> None:
    (repository / "a.md").write_text("# A\n")
    goal = "release kit for grandmother"
    done = genesis_team("run", goal, "--repo", str(repository), "--json", "--verify-limit", "20")
    assert set(kinds(json.loads(done.stdout))) == {"plan", "review", "verify"}
