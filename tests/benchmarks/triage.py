"""Triage of a log of a million lines, in a process of its own, beside `sort | uniq -c` on it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Figure, seconds

LINES = 1_000_000
_SECONDS = 60.0
_MEGABYTES = 300.0
_KINDS = 120


def measure(folder: Path) -> Iterator[Figure]:
    """Seconds against 60 and the whole process's peak memory against 300 MB; once for a realistic
    log, once for one of which no two lines are alike, which is the worst there is."""
    for name, write in (("of many kinds", _realistic), ("of different lines", _different)):
        log = folder / "app.log"
        with log.open("w", encoding="utf-8") as stream:
            write(stream.write)
        taken, peak, counted, templates = _triage(folder, log)
        sorting = seconds(lambda: _sort(log))  # noqa: B023 - called at once
        if counted != LINES:
            raise AssertionError(f"the templates count {counted} lines, not {LINES}")
        yield Figure(
            f"log triage of {LINES:,} lines {name}", f"{taken:.1f} s",
            f"target {_SECONDS:.0f} s; sort | uniq -c {sorting:.1f} s", taken / _SECONDS, 1.0,
        )  # fmt: skip
        yield Figure(
            f"  its peak memory, {templates} templates", f"{peak:.0f} MB",
            f"target {_MEGABYTES:.0f} MB", peak / _MEGABYTES, 1.0,
        )  # fmt: skip


def _triage(folder: Path, log: Path) -> tuple[float, float, int, int]:
    """Seconds and megabytes of a child that runs the tool, the lines that all templates add up to,
    and how many templates there are."""
    repository = folder / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(repository), str(folder / "attempt"), str(log)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    taken = time.perf_counter() - begun
    notes = json.loads((folder / "attempt" / "triage.json").read_text())
    rows = notes["templates"]
    return taken, float(done.stdout) / 1024, sum(row["lines"] for row in rows), len(rows)


def _sort(log: Path) -> None:
    subprocess.run(
        ["sh", "-c", 'LC_ALL=C sort "$1" | uniq -c > /dev/null', "sh", str(log)], check=True
    )


def _realistic(write: object) -> None:
    """Lines of 120 formats with numbers, addresses, ids, paths and names, some far more frequent
    than others, and stack traces among them."""
    assert callable(write)
    chosen = random.Random(7)
    words = [_word(chosen) for _ in range(400)]
    names = [_word(chosen) for _ in range(60)]
    formats = [_format(chosen, words) for _ in range(_KINDS)]
    weights = [1 / (rank + 1) for rank in range(_KINDS)]
    second, written = 0.0, 0
    while written < LINES:
        second += chosen.random() / 5
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1_790_000_000 + second))
        if LINES - written >= 7 and chosen.random() < 0.002:
            write(f"{at},123 ERROR [web] request {written} failed\n{_TRACE.format(written)}")
            written += 7
            continue
        (form,) = chosen.choices(formats, weights)
        values = {
            "n": chosen.randrange(1_000_000), "ip": f"10.{written % 250}.{chosen.randrange(250)}.7",
            "id": f"{chosen.getrandbits(64):016x}", "name": chosen.choice(names),
        }  # fmt: skip
        write(f"{at},{written % 1000:03} {form.format(**values)}\n")
        written += 1


def _different(write: object) -> None:
    """No two lines have a template in common."""
    assert callable(write)
    chosen = random.Random(8)
    for number in range(LINES):
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1_790_000_000 + number // 9))
        write(f"{at} INFO {' '.join(_word(chosen) for _ in range(12))}\n")


def _format(chosen: random.Random, words: list[str]) -> str:
    level = chosen.choices(["INFO", "DEBUG", "WARNING", "ERROR"], [70, 20, 7, 3])[0]
    parts = [chosen.choice(words) for _ in range(chosen.randint(4, 12))]
    for value in ("{n}", "{ip}", "session-{id}", "/srv/{name}/x.txt", "user {name}", "{n} ms"):
        if chosen.random() < 0.4:
            parts.insert(chosen.randrange(1, len(parts)), value)
    return f"{level} [{chosen.choice(words)}] {' '.join(parts)}"


def _word(chosen: random.Random) -> str:
    return "".join(chosen.choices("abcdefghijklmnopqrstuvwxyz", k=chosen.randint(4, 9)))


_TRACE = """Traceback (most recent call last):
  File "/srv/app/web.py", line 10, in handle
    total(order)
  File "/srv/app/cart.py", line 12, in total
    raise ValueError(price)
ValueError: bad price {}
"""
_CHILD = """
import resource, sys
from pathlib import Path
from genesis.testing import run_tool
run_tool("genesis_engineering.log_triage:triage_logs", Path(sys.argv[1]), Path(sys.argv[2]),
         {"paths": [sys.argv[3]]}, kind="triage", time_limit_seconds=900)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
