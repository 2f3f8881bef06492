"""One home, on which writers live and are killed.

`python -m tests.crash.minds_lane FOLDER SEED KILLS`. This process imports everything and then
starts every writer with `fork`, so that a life costs some milliseconds. It uses neither threads
nor databases itself, so that a fork is as good as a start. Ends with exit code 1, and says why,
when something is not as it should be.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import random
import signal
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import genesis.minds
import genesis.storage

from tests.crash.minds_checks import examine, look
from tests.crash.minds_ledger import Key, Ledger, Told
from tests.crash.minds_writer import HANDLER, SHARED, handler, live, opened_mind, opened_store

LEAST_BETWEEN, MOST_EXAMINED = 10, 10


def import_everything() -> None:
    """What would otherwise be imported in every life anew, when it is first used."""
    for name in ("alembic", "chromadb", "numpy"):
        importlib.import_module(name)
    for package in (genesis.minds, genesis.storage):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)


def main(folder: Path, seed: int, kills: int) -> None:
    """Kill so often, look after each kill, and bring everything to its end at last."""
    rng, told = random.Random(seed), Told()
    database, unseen = folder / "home" / "genesis.db", set[Key]()
    stopped: list[float] = []
    examined: list[float] = []
    while len(stopped) < kills:
        # The start, the work, and the index, which takes seconds to be opened after a kill.
        longest = rng.choices((0.15, 1.0, 5.0), (3, 4, 2))[0]
        delay = rng.uniform(0, longest)
        _kill_after(delay, lambda: live(folder, "writer", f"{seed}x{len(stopped)}", 60))
        stopped.append(delay)
        unseen.update(told.read(folder / "ledger.log"))
        require(told.errors, stopped, seed)
        # Not each time: the next life shall also be the first to find what was left. Before the
        # first was open, its kill may have left a file without tables.
        if rng.random() < 0.5 and told.lines["boot life"]:
            _in_child(lambda: require(look(database, told, unseen), stopped, seed))
            unseen.clear()
        if len(stopped) % max(LEAST_BETWEEN, kills // MOST_EXAMINED) == 0:
            begun = time.perf_counter()
            _in_child(lambda: require(examine(folder), stopped, seed))
            examined.append(time.perf_counter() - begun)
    _in_child(lambda: finish(folder))
    told.read(folder / "ledger.log")
    wrong = _unfinished(told) + _missed(told)
    _in_child(lambda: require(wrong + examine(folder), stopped, seed))
    _tell(told, stopped, examined, seed)


def require(wrong: list[str], stopped: list[float], seed: int) -> None:
    """End with what is wrong, if anything."""
    if wrong:
        raise AssertionError(
            f"{len(wrong)} things are wrong after {len(stopped)} kills of seed {seed}, the last "
            f"after {stopped[-1]:.3f} s:\n" + "\n".join(wrong[:20])
        )


def finish(folder: Path) -> None:
    """Do all tasks that are left, in a process that nobody kills."""
    with opened_store(folder) as store:
        mind = opened_mind(store, SHARED)
        store.handlers.register(HANDLER, handler(Ledger(folder / "ledger.log")))
        runner = store.background_runner()
        deadline = time.monotonic() + 60
        while mind.background.get_active_tasks() and time.monotonic() < deadline:
            runner.run_until_idle()
            time.sleep(0.1)
        # What comes an hour later is of the moment between its submission and its cancellation.
        for task in mind.background.get_active_tasks():
            if task.run_at is not None:
                mind.background.cancel(task.task_id)
        left = mind.background.get_active_tasks()
        assert not left, f"{len(left)} tasks never end, the first is {left[0]}"


def _unfinished(told: Told) -> list[str]:
    """Accepted tasks that nobody ever worked on."""
    accepted = {n: v for n, v in told.of("task").items() if v != ["cancelled"] and len(v) == 1}
    return [f"task {name} was never done" for name in accepted if not told.ran[name]]


def _missed(told: Told) -> list[str]:
    """More searches for a memory's own words without it than an index of many may have."""
    found, missed = told.lines["found memory"], told.lines["missed memory"]
    return [f"{missed} memories were missed, {found} found"] if missed * 50 > found else []


def _kill_after(seconds: float, call: Callable[[], object]) -> None:
    """Run a call in a child and kill that at some moment, with what it started."""
    child = os.fork()
    if child == 0:
        _be_child(call)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise AssertionError(f"the writer ended by itself, with status {status}")


def _in_child(call: Callable[[], object]) -> None:
    """Run a call in a child to its end."""
    child = os.fork()
    if child == 0:
        _be_child(call)
    _, status = os.waitpid(child, 0)
    if status != 0:
        sys.exit(1)


def _be_child(call: Callable[[], object]) -> None:
    code = 1
    try:
        call()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _tell(told: Told, stopped: list[float], examined: list[float], seed: int) -> None:
    lines = {name.partition(" ")[2]: n for name, n in told.lines.items() if name[:4] == "did "}
    ran = sum(told.ran.values())
    print(
        f"seed {seed}: {len(stopped)} kills after {statistics.median(stopped):.2f} s (median), "
        f"{told.lines['boot life']} of them after the home was open, {told.lines['indexed life']} "
        f"after its index was; acknowledged: {lines}; "
        f"{ran} attempts of {len(told.ran)} tasks; indexes built anew: {told.rebuilt}; "
        f"{len(examined)} times examined, {statistics.median(examined or [0]):.1f} s each",
        flush=True,
    )


if __name__ == "__main__":
    import_everything()
    gc.freeze()
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
