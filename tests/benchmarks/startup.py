"""How long the command needs to answer, and the kernel to start."""

from __future__ import annotations

import shutil
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

    def ours() -> None:
        subprocess.run([command, "--version"], check=True, stdout=subprocess.DEVNULL)

    def bare() -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True)

    version, nothing = interleaved(15, ours, bare)
    yield Figure("genesis --version", f"{version * 1000:.0f} ms",
                 f"python -c pass {nothing * 1000:.0f} ms", version / nothing, 6.0)  # fmt: skip
    yield Figure("  heavy libraries that it imports", f"{_heavy_imports()}", "0",
                 float(_heavy_imports()), 0.0)  # fmt: skip
    yield from _boot(folder)


def _heavy_imports() -> int:
    code = (
        "import sys\nfrom genesis.cli.main import cli\n"
        "cli(['--version'], standalone_mode=False)\n"
        f"print(sum(name in sys.modules for name in {HEAVY!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def _boot(folder: Path) -> Iterator[Figure]:
    twenty = [
        Candidate(f"noop{n:02}", "tests.benchmarks.bench_team:NoOp", f"noop{n:02}", "1",
                  ("genesis-kernel>=0",))
        for n in range(20)
    ]  # fmt: skip

    def boot(candidates: list[Candidate], name: str) -> None:
        with Kernel(Home(folder / name), candidates=candidates):
            pass

    boot([], "empty")
    boot(twenty, "twenty")
    with_twenty, empty = interleaved(15, lambda: boot(twenty, "twenty"), lambda: boot([], "empty"))
    yield Figure("boot with 20 no-op plugins", f"{with_twenty * 1000:.1f} ms",
                 f"empty kernel {empty * 1000:.1f} ms", with_twenty / empty, 1.5)  # fmt: skip
    shutil.rmtree(folder / "empty")
