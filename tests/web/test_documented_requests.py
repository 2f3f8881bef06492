"""The commands of docs/how-to/use-the-api.md do what the page says, against a real `genesis up`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.service.running import running
from tests.support import Command, make_repository

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-api.md"
_BETWEEN = "-- the next block --\n"


def carry_out(folder: Path, url: str) -> list[str]:
    """Run the blocks of the page in one shell; gives what each printed."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    script = f"printf '\\n{_BETWEEN}'\n".join(blocks).replace("http://127.0.0.1:3030", url)
    done = subprocess.run(
        ["bash", "-u", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split(_BETWEEN)


def pages(printed: str) -> list[dict[str, object]]:
    """The JSON documents that stand one behind the other."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while (at := printed.find("{", at)) >= 0:
        document, at = decoder.raw_decode(printed, at)
        found.append(document)
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_page_work_one_after_the_other(genesis: Command) -> None:
    make_repository(genesis.folder / "project")
    genesis.environment["GENESIS_PLUGINS"] = "engineering"
    with running(genesis) as up:
        health, said, twice, listed, work, stream, wrong = carry_out(genesis.folder, up.url)
        assert genesis("down").returncode == 0
    assert [document["status"] for document in pages(health)] == ["ok"]
    assert [document["id"] for document in pages(said)] == [1]
    assert [document["id"] for document in pages(twice)] == [2, 2]
    assert twice.count("idempotency-replayed: true") == 1
    newest, before, concerns = pages(listed)
    assert (newest["next"], before["next"], concerns["items"]) == (2, None, [])
    session, active = pages(work)
    assert session["repository_id"] == "project"
    assert set(active) == {"items", "next"}  # it may have ended by now
    assert re.findall("event: (.*)", stream) == ["mind.born", "message.added", "message.added"]
    assert [document["status"] for document in pages(wrong)] == [422]
