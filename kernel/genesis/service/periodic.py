"""What is done again and again: each thing in a thread of its own, never twice at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from genesis.contracts.service import Periodic
from genesis.host.faults import describe
from genesis.host.host import PluginHost

_log = logging.getLogger("genesis.service")


class Rounds:
    """Calls things at least so many seconds apart, the first time at once.

    A thread cannot be ended from outside: one in which a call hangs holds up nothing but itself.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self, name: str, every_seconds: float, run: Callable[[], None]) -> None:
        """Call again and again from now on; what it raises is logged."""
        thread = threading.Thread(
            target=self._go_round, args=(name, every_seconds, run), name=name, daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def stop(self, seconds: float) -> None:
        """Call nothing more and wait for what is being called, at most that long."""
        self._stopping.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _go_round(self, name: str, every_seconds: float, run: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                run()
            except BaseException as error:  # noqa: BLE001 - SystemExit too: it is tried again
                _log.error("%s failed, and is tried again: %s", name, describe(error))
            self._stopping.wait(every_seconds)


def begin_periodic(rounds: Rounds, host: PluginHost) -> int:
    """Begin what plugins contribute; gives how many things that is."""
    found = host.contributions(Periodic)
    for plugin, record in found:
        name = f"periodic {record.name} of {plugin}"
        rounds.begin(name, record.every_seconds, partial(call_periodic, host, plugin, record))
    return len(found)


def call_periodic(host: PluginHost, plugin: str, record: Periodic) -> None:
    """Call once, unless its plugin is in quarantine; a fault is recorded as the plugin's."""
    if host.is_quarantined(plugin):
        return
    begun = time.perf_counter()
    try:
        record.run()
    except BaseException as error:  # noqa: BLE001 - one plugin's fault stays its own
        seconds = time.perf_counter() - begun
        host.failed(plugin, f"periodic {record.name}", error, seconds * 1000)
    else:
        host.succeeded(plugin)
