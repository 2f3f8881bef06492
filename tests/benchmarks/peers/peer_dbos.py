"""DBOS on SQLite: workflows of no steps, given to its queue or started at once.

Variants: `queue` and `direct` as installed, `queue-wal` and `direct-wal` on a file that was set to
WAL before, which the package itself does not do.
"""

from __future__ import annotations

import time

from dbos import DBOS

from tests.benchmarks.peers.program import Round, serve, set_to_wal, started

POLL_SECONDS = 0.01
"""Instead of one second, so that no round is spent waiting for the queue to look."""


@DBOS.workflow()
def nothing() -> None:
    """The task."""


def main() -> None:
    """All rounds on one file."""
    start = started()
    way, _, wal = start.variant.partition("-")
    path = start.folder / "dbos.db"
    if wal:
        set_to_wal(path)
    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{path}",
                 "log_level": "ERROR"})  # fmt: skip
    DBOS.launch()
    DBOS.register_queue("bench", polling_interval_sec=POLL_SECONDS)

    def run(of: Round) -> float:
        begun = time.perf_counter()
        if way == "queue":
            handles = [DBOS.enqueue_workflow("bench", nothing) for _ in range(of.count)]
        else:
            handles = [DBOS.start_workflow(nothing) for _ in range(of.count)]
        for handle in handles:
            handle.get_result(polling_interval_sec=POLL_SECONDS)
        return time.perf_counter() - begun

    run(Round(0, 0, 1, 1))  # The queue is looked for once in a second after it was registered.
    serve(start, run)


if __name__ == "__main__":
    main()
