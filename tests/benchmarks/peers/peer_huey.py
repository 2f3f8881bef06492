"""huey: tasks given to a `SqliteHuey(fsync=True)` and run by its consumer in this process."""

from __future__ import annotations

import logging
import threading
import time

from huey import SqliteHuey

from tests.benchmarks.peers.program import Round, serve, started


def main() -> None:
    """All rounds on one file; the variant is the number of workers."""
    start = started()
    logging.disable()
    huey = SqliteHuey(filename=str(start.folder / "huey.db"), fsync=True)
    done = threading.Semaphore(0)
    nothing = huey.task()(lambda: None)
    huey.signal("complete")(lambda *_: done.release())

    def run(of: Round) -> float:
        begun = time.perf_counter()
        for _ in range(of.count):
            nothing()
        consumer = huey.create_consumer(
            workers=int(start.variant), periodic=False, check_worker_health=False
        )
        consumer.start()
        for _ in range(of.count):
            done.acquire()
        consumer.stop(graceful=True)
        taken = time.perf_counter() - begun
        assert huey.pending_count() == 0
        return taken

    serve(start, run)


if __name__ == "__main__":
    main()
