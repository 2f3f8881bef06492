"""The plugin in a kernel: from a message to a concern to a follow-up, and its settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, sys, time
from pathlib import Path
from genesis import Kernel, Mind
from genesis.clock import utc_after
from genesis.contracts.service import Periodic
from genesis.home import Home
from genesis.minds.message_input import NewMessage

def until(look):
    deadline = time.monotonic() + 30
    while not look() and time.monotonic() < deadline:
        time.sleep(0.01)

with Kernel(Home(Path(sys.argv[1])), plugins="followups") as kernel:
    (status,) = [s for s in kernel.host.statuses() if s.id == "followups"]
    if status.reason:
        sys.exit(status.reason)
    minds = [Mind.birth(name, store=kernel.minds) for name in ("Atlas", "Vega", "Quiet")]
    atlas, vega, quiet = minds
    talk = atlas.conversation
    talk.add_messages([NewMessage("user", "I have a toothache.", "ann@example.org")])
    talk.add_message("user", "I have a fever.", "ann@example.org", timestamp=utc_after(-30 * 86400))
    talk.add_message("assistant", "I have a cold.", "ann@example.org")
    talk.add_message("user", "I have a headache.", "ann@example.org")
    vega.conversation.add_message("user", "I'm worried about my visa.")
    quiet.conversation.add_message("user", "What is the capital of Peru?")
    until(lambda: vega.concerns.active())
    until(lambda: atlas.concerns.active())
    found = [[c.content for c in mind.concerns.by_status("active")] for mind in minds]
    for mind in minds:
        for concern in mind.concerns.active():
            mind.concerns.update(concern.concern_id, next_check_at=utc_after(-1))
    (periodic,) = kernel.host.records(Periodic)
    for _ in range(3):
        periodic.run()
    said = [[m["content"] for m in mind.conversation.get_messages(role="assistant")]
            for mind in minds]
    print(json.dumps([periodic.name, periodic.every_seconds, found, said]))
"""
SETTINGS = """
[plugins.followups]
quiet_from = "00:00"
quiet_until = "00:00"
every_seconds = 12
"""
IMPORTS = """
import sys
import genesis_followups.plugin
print(*sys.modules)
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, timeout=100, env={**os.environ, **environment},
    )  # fmt: skip


def test_a_message_becomes_a_concern_and_the_concern_one_follow_up(tmp_path: Path) -> None:
    (tmp_path / "genesis.toml").write_text(SETTINGS)
    done = run(RUN, str(tmp_path))
    assert done.returncode == 0, done.stderr
    name, every, found, said = json.loads(done.stdout)
    assert (name, every) == ("followups", 12)
    assert found == [["headache"], ["visa"], []]
    assert said == [
        ["I have a cold.", "How are you now? You told me: “I have a headache.”"],
        ["How are things? You told me: “I'm worried about my visa.”"],
        [],
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('time_zone = "Mars/Olympus"', "no such time zone; write it as Europe/Berlin"),
        ('quiet_from = "late"', "[plugins.followups] quiet_from"),
        ("at_most_a_day = 0", "[plugins.followups] at_most_a_day"),
        ("often = true", "[plugins.followups] often"),
    ],
)
def test_a_wrong_setting_is_named_and_fails_the_plugin_alone(
    tmp_path: Path, settings: str, reason: str
) -> None:
    (tmp_path / "genesis.toml").write_text(f"[plugins.followups]\n{settings}\n")
    done = run(RUN, str(tmp_path))
    assert done.returncode == 1
    assert reason in done.stderr


def test_wrong_rules_of_ones_own_fail_the_plugin_alone(tmp_path: Path) -> None:
    folder = tmp_path / "plugins" / "followups"
    folder.mkdir(parents=True)
    (folder / "rules.toml").write_text("[[rule]]\n")
    done = run(RUN, str(tmp_path))
    assert done.returncode == 1
    assert "rules.toml: rule.0.name: Field required" in done.stderr


def test_importing_the_plugin_is_cheap() -> None:
    modules = set(run(IMPORTS).stdout.split())
    assert "genesis_followups.plugin" in modules
    assert {"chromadb", "numpy", "starlette", "uvicorn", "alembic"}.isdisjoint(modules)
