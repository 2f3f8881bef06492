"""One reader of the event log for all open streams of a process.

A stream has a place in the log (the id of an event). It reads up to where the reader is by
itself, and is handed what follows. A stream whose client is too slow is dropped; with the id of
its last event it goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from genesis.errors import GenesisError
from genesis.host.delivery import EventDelivery
from genesis.kernel import Kernel
from genesis.storage.database import Database
from genesis.storage.event_pages import event_rows, is_wanted, last_event
from genesis.storage.listing import JsonRow
from genesis.web.limits import MOST_STREAMS

_READ_AT_ONCE = 200
_MOST_WAITING = 500
_POLL_SECONDS = 0.5
_log = logging.getLogger("genesis.web")


class Stream:
    """One client that follows the log. Used from the loop in which it was made."""

    def __init__(self, types: Sequence[str], session: str | None) -> None:
        self.types = types
        self.session = session
        self._loop = asyncio.get_running_loop()
        # None ends it.
        self._waiting: asyncio.Queue[JsonRow | None] = asyncio.Queue()

    def offer(self, events: Sequence[JsonRow]) -> None:
        """Hand it events, from any thread."""
        wanted = [event for event in events if self.wants(event)]
        if wanted:
            self._call(self._take, wanted)

    def end(self) -> None:
        """End it, from any thread, after what it was handed."""
        self._call(self._waiting.put_nowait, None)

    def wants(self, event: JsonRow) -> bool:
        """Whether an event is for this stream."""
        is_here = self.session is None or event["session_id"] == self.session
        return is_here and is_wanted(str(event["type"]), self.types)

    async def next(self) -> JsonRow | None:
        """The next event; None at the end."""
        return await self._waiting.get()

    def _take(self, events: Sequence[JsonRow]) -> None:
        if self._waiting.qsize() + len(events) > _MOST_WAITING:
            # Who cannot follow must not make this process grow.
            self._waiting = asyncio.Queue()
            self._waiting.put_nowait(None)
            return
        for event in events:
            self._waiting.put_nowait(event)

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # its loop is closed
            self._loop.call_soon_threadsafe(function, *arguments)


class Feed:
    """The reader: a thread that runs while there are streams. Thread-safe."""

    def __init__(self, database: Database, delivery: EventDelivery) -> None:
        self._database = database
        self._delivery = delivery
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._places = 0
        self._at = 0
        self._runs = False
        self.is_closed = False

    def take_place(self) -> bool:
        """Take one of the MOST_STREAMS places; False when there is none left."""
        with self._lock:
            if self.is_closed or self._places >= MOST_STREAMS:
                return False
            self._places += 1
            return True

    def give_place(self) -> None:
        """Give it back."""
        with self._lock:
            self._places -= 1

    def close(self) -> None:
        """End every stream, and refuse new ones: the server is about to stop."""
        with self._lock:
            self.is_closed = True
            for stream in self._streams:
                stream.end()
        self._delivery.wake()

    async def follow(self, stream: Stream, after: int | None) -> AsyncGenerator[JsonRow]:
        """The events of a stream that follow an id, without a gap and none twice; None: from
        now on. Ends when the stream is ended."""
        place = after
        if place is not None:
            # Long before it is handed anything, so that little has to wait meanwhile.
            while len(found := await self._read(stream, place)) == _READ_AT_ONCE:
                place = int(str(found[-1]["id"]))
                for event in filter(stream.wants, found):
                    yield event
        try:
            joined = await asyncio.to_thread(self._join, stream)
            while place is not None and place < joined:
                found = await self._read(stream, place)
                place = int(str(found[-1]["id"])) if found else joined
                for event in filter(stream.wants, found):
                    yield event
            while (new := await stream.next()) is not None:
                if place is None or int(str(new["id"])) > place:
                    yield new
        finally:
            with self._lock:
                self._streams.discard(stream)

    async def _read(self, stream: Stream, after: int) -> list[JsonRow]:
        return await asyncio.to_thread(
            event_rows, self._database, after, _READ_AT_ONCE, stream.session
        )

    def _join(self, stream: Stream) -> int:
        """Let the reader hand a stream what follows; gives the id up to which it does not."""
        with self._lock:
            if not self._streams:
                self._at = last_event(self._database)
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="genesis feed", daemon=True).start()
            self._streams.add(stream)
            if self.is_closed:
                stream.end()
            return self._at

    def _run(self) -> None:
        wakes = 0
        while self._hand_out():
            wakes = self._delivery.wait(wakes, _POLL_SECONDS)

    def _hand_out(self) -> bool:
        """Hand out what is new; False when nobody is there any more."""
        with self._lock:
            if not self._streams or self.is_closed:
                self._runs = False
                return False
            try:
                found = event_rows(self._database, self._at, _READ_AT_ONCE)
                while found:
                    self._at = int(str(found[-1]["id"]))
                    for stream in self._streams:
                        stream.offer(found)
                    found = event_rows(self._database, self._at, _READ_AT_ONCE)
            except GenesisError as error:
                _log.warning("events are streamed later: %s", error)
            return True


_feeds: weakref.WeakKeyDictionary[Kernel, Feed] = weakref.WeakKeyDictionary()
_feeds_lock = threading.Lock()


def feed_of(kernel: Kernel) -> Feed:
    """The feed of an open kernel; `close` it before its server stops."""
    with _feeds_lock:
        if kernel not in _feeds:
            _feeds[kernel] = Feed(kernel.database, kernel.delivery)
        return _feeds[kernel]
