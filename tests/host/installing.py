"""Install plugins into a folder of a test, as pip would: a package and its metadata."""

from __future__ import annotations

import itertools
import subprocess
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

from genesis import Kernel
from genesis.home import Home
from genesis.host.discovery import COMMANDS, GROUP, Candidate, candidates_from
from genesis.storage.events import events_after
from genesis.storage.records import SessionRecord, read_session

KERNEL = "genesis-kernel>=0.1,<0.2"
_numbers = itertools.count()

HEADER = """
import asyncio
import os
import sys
import threading
from pathlib import Path

import pluggy
from genesis import NoSettings, Plugin, hook, hookspecs, implements
from genesis.contracts import Specialist, TaskResult, Team, Tool, ToolUse
from genesis.contracts.plugins import Tables, Veto
from pydantic import BaseModel, ConfigDict, SecretStr

mark = pluggy.HookimplMarker("genesis")
forever = threading.Event().wait
HEARD = []
"""

# Contributes a team with one specialist and its tool, all named after it.
MEMBER = """
NAME = "{name}"

def work(context, /):
    return TaskResult(summary=f"{NAME} worked")

class Member(Plugin[NoSettings]):
    @implements(hookspecs.genesis_teams)
    def teams(self):
        return [Team(id=f"{NAME}-team", name=NAME, domain="tests")]

    @implements(hookspecs.genesis_tools)
    def tools(self):
        return [Tool(name=f"{NAME}-tool", description="works", run=f"{__name__}:work")]

    @implements(hookspecs.genesis_specialists)
    def specialists(self):
        use = ToolUse(tool=f"{NAME}-tool")
        return [Specialist(id=f"{NAME}-one", team=f"{NAME}-team", role="works", kinds=("work",),
                           tools=(use,), executor="inline")]
"""

# Besides, owns a table and hears of every event.
HEALTHY = """
class Healthy(Member):
    @implements(hookspecs.genesis_tables)
    def tables(self):
        revisions = Path(__file__).parent / "revisions"
        return [Tables(names=(f"{NAME}_notes",), revisions=revisions)]

    @implements(hookspecs.genesis_event)
    async def hear(self, event):
        HEARD.append(event.id)
"""


@dataclass(frozen=True)
class Site:
    """A folder in which distributions are installed; it has to be put on `sys.path`."""

    folder: Path

    def install(
        self,
        plugin: str,
        code: str,
        *,
        class_name: str = "Sick",
        requires: Sequence[str] = (KERNEL,),
        distribution: str = "",
        version: str = "1.0",
        files: Mapping[str, str] | None = None,
        commands: Mapping[str, str] | None = None,
    ) -> str:
        """Install one plugin; gives the name of its package, which no other test has. `commands`
        names for each the attribute of the package, `:show`, or of a module in it, `.cli:show`."""
        package = f"zoo_{plugin.replace('-', '_').lower()}_{next(_numbers)}"
        distribution = distribution or f"genesis-{plugin.replace('_', '-').lower()}"
        folder = self.folder / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(textwrap.dedent(code))
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(textwrap.dedent(text))
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
        lines += [f"Requires-Dist: {line}" for line in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        points = [f"[{GROUP}]", f"{plugin} = {package}:{class_name}", f"[{COMMANDS}]"]
        points += [f"{name} = {package}{value}" for name, value in (commands or {}).items()]
        (info / "entry_points.txt").write_text("\n".join(points) + "\n")
        return package

    def install_healthy(self, plugin: str) -> str:
        """Install a plugin that does everything right."""
        code = HEADER + MEMBER.replace("{name}", plugin) + HEALTHY
        files = {"revisions/0001_first.py": revision(f"CREATE TABLE {plugin}_notes (id INTEGER)")}
        return self.install(plugin, code, class_name="Healthy", files=files)

    def candidates(self) -> list[Candidate]:
        """The plugins of this folder, as metadata tells of them."""
        found = distributions(path=[str(self.folder)])
        return candidates_from(
            point for each in found for point in each.entry_points if point.group == GROUP
        )


def revision(*statements: str, number: str = "0001") -> str:
    """An Alembic revision that executes statements."""
    lines = [f"    op.execute({statement!r})" for statement in statements]
    before = f'"{int(number) - 1:04}"' if number != "0001" else "None"
    head = f'from alembic import op\n\nrevision = "{number}"\ndown_revision = {before}\n'
    return head + "\n\ndef upgrade():\n" + "\n".join(lines) + "\n"


def heard(module: ModuleType) -> list[int]:
    """The ids of the events that a healthy plugin was told of."""
    found: list[int] = module.HEARD
    return found


def make_home(folder: Path, settings: str = "") -> Home:
    """A home whose database need not survive a power cut."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "genesis.toml").write_text(f'[kernel]\ndurability = "normal"\n{settings}')
    return Home(folder)


def make_repository(folder: Path) -> Path:
    """A git repository with one commit."""
    folder.mkdir(parents=True)
    (folder / "thing.py").write_text("x = 1\n")
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "one")):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def run_session(kernel: Kernel, team: str, repository: Path) -> SessionRecord:
    """Run one session to its end."""
    session_id = kernel.create_session("a test", team, repository, {})
    runner = kernel.runner()
    runner.open(session_id)
    runner.run()
    with kernel.database.read() as connection:
        return read_session(connection, session_id)


def event_ids(kernel: Kernel) -> list[int]:
    """The ids of all events of a home."""
    with kernel.database.read() as connection:
        return [event.id for event in events_after(connection, 0, 100_000)]


def await_end_of_delivery(kernel: Kernel, plugin: str) -> None:
    """Wait until a plugin is told of nothing any more, which is so once it is in quarantine."""
    for thread in kernel.delivery._threads:
        if thread.name == f"events {plugin}":
            thread.join(20)
            assert not thread.is_alive()
