"""What several tests need: repositories, the throw-away plugin, the command, deadlines."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")
SECONDS = 30.0
_HERE = Path(__file__).parent


def until(look: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """Look again and again until there is something to see; fails after a deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder."""
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def make_repository(folder: Path, files: dict[str, str] | None = None) -> Path:
    """A real git repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, text in (files or {"a.py": "print('hello')\n"}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


def install_probe(folder: Path, plugin: str = "probe") -> Path:
    """The throw-away plugin as an installed distribution; PYTHONPATH needs the folder."""
    package = folder / "probe_plugin"
    package.mkdir(parents=True)
    shutil.copy(_HERE / "probe_plugin.py", package / "__init__.py")
    about = folder / f"genesis_{plugin}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: genesis-{plugin}\nVersion: 1.0\n"
        "Requires-Dist: genesis-kernel>=0.1,<0.2\n"
    )
    (about / "entry_points.txt").write_text(
        f"[genesis.plugins]\n{plugin} = probe_plugin:ProbePlugin\n"
    )
    return folder


def write_plan(repository: Path, *tasks: dict[str, object]) -> None:
    """Write the plan that the probe's planner finds; each task has at least `key`."""
    described = [{"kind": "work", "description": task["key"], **task} for task in tasks]
    (repository / ".probe-plan.json").write_text(json.dumps({"tasks": described}))


def acting(key: str, *steps: list[object], **more: object) -> dict[str, object]:
    """A planned task of the probe's team that takes these steps."""
    return {"key": key, "params": {"do": list(steps)}, **more}


@dataclass
class Command:
    """The `genesis` command in a working folder, with the throw-away plugin as the only one."""

    folder: Path
    plugin_path: Path
    environment: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    @property
    def home(self) -> Path:
        """The default home of that working folder."""
        return self.folder / ".genesis"

    def start(
        self, *arguments: str | bytes, wrap: Sequence[str] = (), **options: object
    ) -> subprocess.Popen[str]:
        """Start it; stdout and stderr are pipes, unless the options say otherwise."""
        ours = ("GENESIS_", "GIT_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        environment |= {
            "PYTHONPATH": str(self.plugin_path), "GENESIS_PLUGINS": "probe",
            "GENESIS_WORKERS": "2", "COLUMNS": "200",
        }  # fmt: skip
        environment |= self.environment
        for name in self.removed:
            del environment[name]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*wrap, sys.executable, "-m", "genesis.cli.main", *arguments],
            cwd=self.folder, env=environment, text=True, errors="replace", **pipes | options,
        )  # fmt: skip

    def __call__(
        self, *arguments: str | bytes, wrap: Sequence[str] = (), **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        process = self.start(*arguments, wrap=wrap, **options)
        try:
            output, errors = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            raise AssertionError(f"did not end: {arguments}\n{output}\n{errors}") from None
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody used a moment ago, for a server that is started again."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def processes_with(marker: str) -> list[psutil.Process]:
    """The processes whose command line has an argument; zombies do not count."""
    found = []
    for process in psutil.process_iter():
        try:
            if marker in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found
