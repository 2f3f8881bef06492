"""Deliver events to plugins from the log: at least once, in order, each plugin at its own pace."""

from __future__ import annotations

import logging
import threading
import time

from genesis import hookspecs
from genesis.clock import growing_pause
from genesis.contracts.events import Event
from genesis.host.faults import describe
from genesis.host.host import PluginHost
from genesis.storage.database import Database
from genesis.storage.events import events_after, move_cursor, open_cursor

_log = logging.getLogger("genesis.host")
_IDLE_SECONDS = 1.0
_FIRST_WAIT = 0.1
_MOST_WAIT = 60.0
_BATCH = 100
_GATHER_SECONDS = 0.1


class EventDelivery:
    """One thread for each plugin that wants events, so that a slow one delays only itself."""

    def __init__(self, host: PluginHost, database: Database) -> None:
        self._host = host
        self._database = database
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._wake = threading.Condition()
        self._wakes = 0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to deliver."""
        for plugin in self._host.subscribers():
            thread = threading.Thread(
                target=self._serve, args=(plugin,), name=f"events {plugin}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """Say that there may be new events."""
        with self._wake:
            self._wakes += 1
            self._wake.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """Wait until it was woken more often than `seen`, at most so long; gives how often."""
        with self._wake:
            self._wake.wait_for(lambda: self._wakes != seen, seconds)
            return self._wakes

    def stop(self, seconds: float = 5.0) -> None:
        """Deliver what is there, at most that long; the rest waits in the log for the next time."""
        self._stopping.set()
        self.wake()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._over.set()

    def _serve(self, plugin: str) -> None:
        failures = 0
        while not self._over.is_set():
            begun = time.monotonic()
            try:
                self._follow(plugin)
                return
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
                # After the end, a call that hung until now finds the database closed.
                if self._stopping.is_set():
                    return
                was_well = time.monotonic() - begun > _MOST_WAIT
                failures = 1 if was_well else failures + 1
                seconds = growing_pause(failures, 2.0, _MOST_WAIT)
                _log.error(
                    "events wait to be delivered to %s, for %g s: %s",
                    plugin, seconds, describe(error),
                )  # fmt: skip
                self._stopping.wait(seconds)

    def _follow(self, plugin: str) -> None:
        cursor = self._database.writer.write(lambda connection: open_cursor(connection, plugin))
        failures = 0
        while not self._host.is_quarantined(plugin):
            seen = self._wakes
            # Asked before reading: what was written before the stop is then still delivered.
            is_last = self._stopping.is_set()
            with self._database.read() as connection:
                events = events_after(connection, cursor, _BATCH)
            if not events:
                if is_last:
                    return
                self.wait(seen, _IDLE_SECONDS)
                continue
            done = self._deliver(plugin, events)
            if done:
                cursor, failures = done, 0
            if done != events[-1].id:
                failures += 1
            self._move(plugin, cursor, failures)
            if failures:
                if self._stopping.is_set():
                    return
                self._stopping.wait(_FIRST_WAIT * 2 ** min(failures, 6))
            elif len(events) < _BATCH:
                # Each move is a write that others wait for: events that come one by one are
                # taken ten times a second.
                self._stopping.wait(_GATHER_SECONDS)

    def _deliver(self, plugin: str, events: list[Event]) -> int:
        """Hand over events until one fails; gives the id of the last that went well, or 0."""
        done = 0
        for event in events:
            if self._over.is_set():
                return done
            try:
                self._host.hooks.notify(plugin, hookspecs.genesis_event, event)
            except Exception:  # noqa: BLE001 - recorded by the dispatcher; tried again later
                return done
            done = event.id
        return done

    def _move(self, plugin: str, cursor: int, failures: int) -> None:
        self._database.writer.write(
            lambda connection: move_cursor(connection, plugin, cursor, failures)
        )
