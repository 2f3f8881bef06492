"""A person's terminal: runs `genesis` with the plugins of a folder and a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.host.installing import Site, make_home

FIRST_PARTY = {"engineering", "followups", "gamification", "local_llm", "minilm"}


class Terminal:
    """Runs `genesis` with the plugins of a site and a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder / "site")
        self.site.folder.mkdir()
        self.home = make_home(folder / "home")
        self.settings = self.home.settings_file

    def run(self, *words: str, exit_code: int = 0, **variables: str) -> str:
        """Run a command in the home; gives what it printed, after a look at its exit code."""
        return self.ask(*words, "--home", str(self.home.root), exit_code=exit_code, **variables)

    def ask(self, *words: str, exit_code: int = 0, **variables: str) -> str:
        """The same without a home."""
        path = os.pathsep.join([str(self.site.folder), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-m", "genesis.cli.main", *words],
            env={**os.environ, "PYTHONPATH": path, **variables},
            capture_output=True,
            text=True,
        )
        assert done.returncode == exit_code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def states(self, **variables: str) -> dict[str, dict[str, str]]:
        found = json.loads(self.run("plugins", "--json", **variables))
        return {status["id"]: status for status in found if status["id"] not in FIRST_PARTY}
