"""Our background tasks: accepted, run and completed, with their records and events."""

from __future__ import annotations

import time

from genesis.minds.background import BackgroundTasks
from genesis.minds.background_handlers import Handlers
from genesis.minds.background_runner import BackgroundRunner

from tests.benchmarks.background import GMID, _open
from tests.benchmarks.peers.program import Round, serve, started


def main() -> None:
    """All rounds on one database; the variant is the number of workers."""
    start = started()
    database = _open(start.folder / "genesis.db")
    handlers = Handlers()
    handlers.register("request", lambda _context: None)
    tasks = BackgroundTasks(GMID, database, handlers=handlers)

    def run(of: Round) -> float:
        begun = time.perf_counter()
        given = [tasks.submit("nothing") for _ in range(of.count)]
        runner = BackgroundRunner(
            database, handlers, owner="bench", is_alive=lambda _owner: True,
            workers=int(start.variant),
        )  # fmt: skip
        runner.run_until_idle()
        taken = time.perf_counter() - begun
        ended = [tasks.get_task(task.task_id) for task in given]
        assert all(task is not None and task.status == "completed" for task in ended)
        return taken

    serve(start, run)


if __name__ == "__main__":
    main()
