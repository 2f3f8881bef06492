"""How long the command needs to answer, and the kernel to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from genesis.home import Home
from genesis.host.discovery import Candidate
from genesis.kernel import Kernel

from tests.benchmarks.figures import Figure, interleaved

HEAVY = ("sqlmodel", "sqlalchemy", "chromadb", "starlette", "pydantic", "rich")


def measure(folder: Path) -> Iterator[Figure]:
    """`genesis --version` as it is installed, and a boot with twenty plugins that do nothing."""
    command = str(Path(sys.executable).parent / "genesis")
    compiled = _keeping_bytecode(folder / "bytecode")

    def ours() -> None:
        subprocess.run([command, "--version"], check=True, stdout=subprocess.DEVNULL, env=compiled)

    def bare() -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True, env=compiled)

    ours()
    version, nothing = interleaved(15, ours, bare)
    yield Figure("genesis --version", f"{version * 1000:.0f} ms",
                 f"python -c pass {nothing * 1000:.0f} ms", version / nothing, 6.0)  # fmt: skip
    yield Figure("  heavy libraries that it imports", f"{_heavy_imports()}", "0",
                 float(_heavy_imports()), 0.0)  # fmt: skip
    yield from _boot(folder, compiled)


def _keeping_bytecode(folder: Path) -> dict[str, str]:
    """An environment in which what was imported once is not compiled again, as for every user."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder)}


def _heavy_imports() -> int:
    code = (
        "import sys\nfrom genesis.cli.main import cli\n"
        "cli(['--version'], standalone_mode=False)\n"
        f"print(sum(name in sys.modules for name in {HEAVY!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def _boot(folder: Path, compiled: dict[str, str]) -> Iterator[Figure]:
    """From nothing, as a person starts it; and the plugins' own share within one process."""

    def process(count: int) -> None:
        home = str(folder / f"home-{count}")
        subprocess.run([sys.executable, "-c", _BOOT, home, str(count)], check=True, env=compiled)

    process(20)
    process(0)
    with_twenty, empty = interleaved(9, lambda: process(20), lambda: process(0))
    yield Figure("boot with 20 no-op plugins", f"{with_twenty * 1000:.0f} ms",
                 f"empty kernel {empty * 1000:.0f} ms", with_twenty / empty, 1.5)  # fmt: skip

    def boot(count: int) -> None:
        with Kernel(Home(folder / f"home-{count}"), candidates=twenty(count)):
            pass

    boot(20)
    with_twenty, empty = interleaved(15, lambda: boot(20), lambda: boot(0))
    yield Figure("  the same without interpreter and imports", f"{with_twenty * 1000:.1f} ms",
                 f"empty kernel {empty * 1000:.1f} ms", with_twenty / empty, None)  # fmt: skip


def twenty(count: int) -> list[Candidate]:
    """That many plugins that contribute nothing."""
    value = "tests.benchmarks.bench_team:NoOp"
    return [
        Candidate(f"noop{n:02}", value, f"noop{n:02}", "1", ("genesis-kernel>=0",))
        for n in range(count)
    ]


_BOOT = """
import sys
from pathlib import Path
from genesis.home import Home
from genesis.host.discovery import Candidate
from genesis.kernel import Kernel
value = "tests.benchmarks.bench_team:NoOp"
candidates = [
    Candidate(f"noop{n:02}", value, f"noop{n:02}", "1", ("genesis-kernel>=0",))
    for n in range(int(sys.argv[2]))
]
with Kernel(Home(Path(sys.argv[1])), candidates=candidates):
    pass
"""
