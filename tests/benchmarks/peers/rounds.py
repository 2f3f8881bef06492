"""Starts the measured programs and lets them take turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[3]
OURS = Path(sys.executable)
PEERS = REPOSITORY / ".venv-peers" / "bin" / "python"
KILLED_AFTER_SECONDS = 120
ROUNDS = 9
_OPT_OUTS = {
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "AGNO_TELEMETRY": "false",
    "LANGSMITH_TRACING": "false",
    "OTEL_SDK_DISABLED": "true",
    "DO_NOT_TRACK": "1",
}


class RoundError(Exception):
    """A program could not do a round; says why."""


class Load(NamedTuple):
    """One round: `count` messages or tasks in all, given by `callers`, to what holds `held`."""

    held: int
    count: int
    callers: int = 1

    def __str__(self) -> str:
        return f"{self.held} {self.count} {self.callers}\n"


class Program:
    """One measured program, `module` or `module variant`, in a process and a folder of its own."""

    def __init__(self, python: Path, command: str, *options: str) -> None:
        module, _, variant = command.partition(" ")
        self._command = command
        self._folder = tempfile.TemporaryDirectory(prefix="genesis-bench-")
        self._noise = Path(self._folder.name) / "noise.txt"
        name = f"tests.benchmarks.peers.{module}"
        with self._noise.open("w") as noise:
            self._process = subprocess.Popen(
                [python, "-m", name, self._folder.name, variant, *options],
                cwd=REPOSITORY, env=_environment(), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=noise,
            )  # fmt: skip

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        # Closing its input ends it.
        try:
            self._process.communicate(timeout=KILLED_AFTER_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def answer(self, load: Load) -> dict[str, str | float]:
        """What the program says about one round. Raises RoundError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        killer = threading.Timer(KILLED_AFTER_SECONDS, self._process.kill)
        killer.start()
        try:
            self._process.stdin.write(str(load))
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            killer.cancel()
        if not line:
            last = self._noise.read_text(errors="replace").strip().splitlines()[-1:]
            raise RoundError(f"{self._command} ended: {''.join(last)[:200]}")
        answer: dict[str, str | float] = json.loads(line)
        if "error" in answer:
            raise RoundError(str(answer["error"])[:120])
        return answer

    def seconds(self, load: Load) -> float:
        """How long one round took. Raises RoundError."""
        return float(self.answer(load)["seconds"])


def durability(command: str) -> str:
    """The journal mode of a peer's file and the `synchronous` of its connections that wrote, read
    while a program of its own appends. Raises RoundError."""
    with Program(PEERS, command, "watch") as program:
        return str(program.answer(Load(0, 2))["durability"])


def in_turns(ours: Program, peer: Program, load: Load) -> tuple[float, float]:
    """The median seconds of a round, ours and the peer's. Raises RoundError."""
    taken = [(ours.seconds(load), peer.seconds(load)) for _ in range(ROUNDS)]
    return statistics.median(one for one, _ in taken), statistics.median(two for _, two in taken)


def versions(*distributions: str) -> dict[str, str]:
    """The installed versions of peers."""
    code = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
    out = subprocess.run(
        [PEERS, "-c", code, *distributions], capture_output=True, check=True, text=True
    )
    return dict(zip(distributions, out.stdout.split(), strict=True))


def _environment() -> dict[str, str]:
    """Ours, without keys that a peer would take as leave to talk to its maker."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return kept | _OPT_OUTS
