"""The child process of one attempt: reads its spec from stdin, writes updates to stdout.

`python -m genesis.executors.child`. Stdin stays open as long as the parent lives; when it ends,
so does this process, with all that it started.
"""

from __future__ import annotations

import os
import threading
import traceback
from typing import TextIO

from genesis.contracts.executors import AttemptSpec, AttemptUpdate
from genesis.errors import AttemptCancelledError
from genesis.executors.attempt import run_attempt
from genesis.executors.process_tree import adopt_orphans, kill_tree

CANCEL = "cancel"


def main() -> None:
    """Run one attempt."""
    # Whatever a tool prints goes to the log (stderr), never among the updates.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # A process that a tool forks must not keep the channel open: its end tells of ours.
    os.register_at_fork(after_in_child=lambda: os.close(channel.fileno()))
    # Nor may a program that a tool starts read from the kernel: it finds the end of its input.
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    adopt_orphans()
    spec = AttemptSpec.model_validate_json(orders.readline())
    cancelled = threading.Event()
    threading.Thread(target=_watch_parent, args=(orders, cancelled), daemon=True).start()

    def report(fraction: float, message: str) -> None:
        if cancelled.is_set():
            raise AttemptCancelledError("cancelled by the kernel")
        if fraction > 0.0:
            _send(
                channel,
                AttemptUpdate(
                    task_id=spec.task_id, attempt=spec.attempt,
                    fraction=fraction, message=message[:200],
                ),
            )  # fmt: skip

    try:
        _send(channel, run_attempt(spec, report))
    except BaseException:  # noqa: BLE001 - the kernel is gone and cannot be told
        traceback.print_exc()
    finally:
        # What a tool left running must not outlive its attempt, however that ends.
        kill_tree(os.getpid())


def _watch_parent(orders: TextIO, cancelled: threading.Event) -> None:
    for line in orders:
        if line.strip() == CANCEL:
            cancelled.set()
    kill_tree(os.getpid())


def _send(channel: TextIO, update: AttemptUpdate) -> None:
    channel.write(update.model_dump_json() + "\n")
    channel.flush()


if __name__ == "__main__":
    main()
