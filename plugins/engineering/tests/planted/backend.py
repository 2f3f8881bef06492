"""What backend is to find: dead code in an order service, and what its logs tell."""

from __future__ import annotations

from plugins.engineering.tests.planted import _held_out

_STOCK = '''"""Stock levels of the {a} warehouse, kept in memory and written out at night."""

from __future__ import annotations

import csv
import json ⟦unused-import⟧
import logging
from collections import Counter, OrderedDict ⟦unused-import⟧
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

log = logging.getLogger(__name__)

__all__ = ["Shelf", "read_{a}", "total", "write_{a}"]


@dataclass
class Shelf:
    """A place with so many {b} parts on it."""

    name: str
    count: int
    price: "Decimal"

    def take(self, wanted: int) -> int:
        if wanted <= 0:
            raise ValueError(f"cannot take {wanted}")
            self.count = max(self.count, 0) ⟦unreachable-code⟧
        taken = min(wanted, self.count)
        self.count -= taken
        return taken

    def _is_low(self) -> bool:
        return self.count < 3

    def needs_{c}(self) -> bool:
        return self._is_low() or self.name.startswith("{c}")

    def _label_{d}(self) -> str: ⟦unused-private-method⟧
        return f"{self.name} ({self.count})"


def read_{a}(path: Path) -> list[Shelf]:
    shelves = []
    skipped = 0 ⟦unused-variable⟧
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if not row.get("name"):
                continue
            name, count, _rest = row["name"], row["count"], row.get("note")
            shelves.append(Shelf(name, int(count), _price(row["price"])))
    return shelves


def write_{a}(path: Path, shelves: list[Shelf]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for shelf in shelves:
            writer.writerow([shelf.name, shelf.count, shelf.price])


def total(shelves: list[Shelf]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for shelf in shelves:
        counts[shelf.name] += shelf.count
    return counts


def _price(text: str) -> "Decimal":
    from decimal import Decimal

    try:
        return Decimal(text)
    except ArithmeticError as error:
        log.warning("no price in %r", text)
        raise ValueError(text) from error


def _rounded_{e}(value: float, places: int = 2) -> float: ⟦unused-private-function⟧
    """Round half up, as the {e} office does."""
    shift = 10**places
    return int(value * shift + 0.5) / shift
'''

_ROUTES = '''"""Which {b} handler answers which kind of message."""

import os
import sys
from . import signals
from .stock import read_{a}
from .stock import total as _total
import re as _re ⟦unused-import⟧

try:
    import uvloop
except ImportError:
    HAS_UVLOOP = False
else:
    HAS_UVLOOP = True


def _handle_{b}(message):
    return message["{b}"]


def _handle_{c}(message):
    return message["{c}"], os.getpid()


def usage(problem):
    """Print a line and end."""
    print(problem)
    sys.exit(2)
    print("usage: route {b} | {c}") ⟦unreachable-code⟧


def serve(source):
    while True:
        for line in source:
            if line == "stop":
                break
        else:
            return
        source.acknowledge()
    source.close() ⟦unreachable-code⟧


def read_on(source):
    while True:
        try:
            line = source.read()
        except EOFError:
            break
        for kind in ("{b}", "{c}"):
            if line.startswith(kind):
                break
        else:
            break
    source.close()


def dispatch(message):
    """`_handle_` and the kind make the name of the function."""
    return globals()["_handle_" + message["kind"]](message)


def start(path):
    found = _total(read_{a}(path))
    while True:
        line = sys.stdin.readline()
        if not line:
            return found
        found[line.strip()] += 1
'''

_SIGNALS = '''"""Tells everyone who wants to know; importing it is enough."""

import atexit

_listeners = []


def listen(function):
    _listeners.append(function)
    return function


@listen
def _on_{d}(event):
    print("{d}", event)


def _on_exit():
    for listener in _listeners:
        listener("exit")


atexit.register(_on_exit)
'''

_PLAN = '''"""Plans the rounds of the {f} trucks."""

import heapq
import itertools as it ⟦unused-import⟧
import math
from typing import NamedTuple


class Stop(NamedTuple):
    """Where a truck halts, in metres."""

    name: str
    x: float
    y: float


class _Road: ⟦unused-private-class⟧
    """A road between two stops, from before distances were straight lines."""

    def __init__(self, start, end):
        self.start = start
        self.end = end

    def length(self):
        return math.dist(self.start, self.end)


class _Queue:
    """The nearest stop first."""

    def __init__(self):
        self._items = []

    def push(self, cost, stop):
        heapq.heappush(self._items, (cost, stop))

    def pop(self):
        return heapq.heappop(self._items)

    def __len__(self):
        return len(self._items)


def plan_{f}(stops, start):
    queue = _Queue()
    for stop in stops:
        cost = _distance(start, stop)
        queue.push(cost, stop)
    rounds = []
    while queue:
        cost, stop = queue.pop()
        if cost > 40_000:
            break
            rounds.append(stop) ⟦unreachable-code⟧
        rounds.append(stop)
    return rounds


def _distance(one, other):
    if one == other:
        return 0.0
    else:
        return math.hypot(one.x - other.x, one.y - other.y)
    return -1.0 ⟦unreachable-code⟧


def _walk_{g}(node, depth=0): ⟦unused-private-function⟧
    """Every {g} below a node, with its depth."""
    yield node, depth
    for child in node.children:
        yield from _walk_{g}(child, depth + 1)


def _descend(node, depth=0):
    yield node, depth
    for child in node.children:
        yield from _descend(child, depth + 1)


def names_below(node):
    return [child.name for child, _depth in _descend(node)]
'''

_CLIENT = '''"""Speaks with the {h} service of the carrier."""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import time

log = logging.getLogger(__name__)
_HEADER = struct.Struct("!HI")


class CarrierError(Exception):
    """The carrier said no, or said nothing."""


class Base:
    """What every connection can do; subclasses of other packages give `_greeting`."""

    def open(self):
        self._connect()
        self.send(self._greeting())

    def _connect(self):
        raise NotImplementedError

    def _greeting(self):
        return b"hello"


class Connection(Base):
    """One connection over TCP."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.socket: socket.socket | None = None

    def _connect(self):
        begun = time.monotonic() ⟦unused-variable⟧
        self.socket = socket.create_connection(self.address, timeout=5)

    def _greeting(self):
        return b"{h}"

    def send(self, body: bytes) -> None:
        assert self.socket is not None
        self.socket.sendall(_HEADER.pack(1, len(body)) + body)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            assert self.socket is not None
            self.socket.close()
        self.socket = None

    def receive(self) -> bytes:
        assert self.socket is not None
        try:
            kind, length = _HEADER.unpack(self.socket.recv(_HEADER.size))
        except struct.error as error:
            log.error("short answer from %s", self.address)
            return b""
        for attempt in range(3):
            body = self.socket.recv(length)
            if len(body) < length:
                log.warning("attempt %d got %d bytes", attempt, len(body))
                continue
                time.sleep(attempt) ⟦unreachable-code⟧
            return body
        raise CarrierError(f"{kind} was cut short")

    def __getattr__(self, name: str):
        if name.startswith("_ask_"):
            return lambda: self.send(name.removeprefix("_ask_").encode())
        raise AttributeError(name)


class Retry:
    """Calls again what failed with a {h} error."""

    def __init__(self, times: int) -> None:
        self._times = times

    def __call__(self, function):
        for left in reversed(range(self._times)):
            try:
                return function()
            except CarrierError:
                if not left:
                    raise
        return None

    def __reset(self) -> None: ⟦unused-private-method⟧
        self._times = 0
'''

_JOBS = '''"""The night jobs of the {e} office."""

import asyncio
import datetime as dt
import shutil
import tempfile ⟦unused-import⟧
from pathlib import Path

from . import stock
from .client import CarrierError, Connection, Retry  # noqa: F401


async def _flush_{a}(queue): ⟦unused-private-function⟧
    while not queue.empty():
        await queue.get()


async def _drain(queue):
    while not queue.empty():
        await queue.get()


async def run(queue, limit):
    started = dt.datetime.now(dt.timezone.utc)
    try:
        await asyncio.wait_for(_drain(queue), limit)
    finally:
        elapsed = dt.datetime.now(dt.timezone.utc) - started
        print(f"{elapsed} for {queue.qsize()} left")


def copy_{e}(source: Path, target: Path) -> int:
    copied, failed = 0, 0 ⟦unused-variable⟧
    for path in source.iterdir():
        unused_stem = path.stem
        free = shutil.disk_usage(target).free
        if free < path.stat().st_size:
            raise OSError(f"no room for {path}")
        shutil.copy2(path, target)
        copied += 1
    return copied


def report_{e}(path: Path) -> str:
    import math ⟦unused-import⟧

    shelves = stock.read_{a}(path)
    places: int = 3 ⟦unused-variable⟧
    lines = [f"{shelf.name}: {shelf.count}" for shelf in shelves]
    width = max(map(len, lines), default=0) ⟦unused-variable⟧
    return "\\n".join(lines)
    print(f"{len(lines)} lines") ⟦unreachable-code⟧
    return ""


def debug_{e}(path: Path) -> None:
    if False:
        print(path)
    if __debug__:
        print(report_{e}(path))
'''

_GENERATORS = '''"""Generators and contexts that look unfinished and are not."""

import abc
import contextlib
import typing as t


class Source(abc.ABC):
    """Whatever gives {g} events."""

    @abc.abstractmethod
    def _events(self) -> t.Iterator[str]: ...

    def first(self) -> str | None:
        return next(self._events(), None)


class Nothing(Source):
    """No {g} at all."""

    def _events(self) -> t.Iterator[str]:
        return
        yield ""


class Fixed(Source):
    """The same {g} each time; pickles by `__reduce__`."""

    def __init__(self, *events: str) -> None:
        self._fixed = events

    def _events(self) -> t.Iterator[str]:
        yield from self._fixed

    def __reduce__(self):
        return Fixed, self._fixed


@contextlib.contextmanager
def quietly(*kinds: type[Exception]) -> t.Iterator[None]:
    try:
        yield
    except kinds:
        pass


def first_of(sources: list[Source]) -> str | None:
    for source in sources:
        with quietly(LookupError):
            return source.first()
        return None
    return None


def kinds_of(value: int | str | None) -> str:
    match value:
        case int():
            return "int"
        case str():
            return "str"
        case _:
            return "none"
'''

_MIGRATION = '''"""add {b} column"""

from alembic import op
import sqlalchemy as sa
import json

revision = "3f1c2a9d4e57"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("{b}", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("orders", "{b}")
'''

_COMPAT = '''"""Old names of {c} things, for plugins of 2.x."""

from .stock import Shelf as Rack
from .plan import Stop


def moved(name):
    return {"Rack": Rack, "Halt": Stop}.get(name)
'''

_TEST = '''"""Tests leave things about that nobody minds."""

import json
import os

from ledger.stock import Shelf


def _helper():
    return Shelf("a", 1, 2)


def test_take():
    shelf = Shelf("{a}", 5, 1)
    left = shelf.take(3)
    assert shelf.count == 2
'''

# What happened last night; `stock.py` was called by a script that is not kept here.
_LOG = """2026-03-02 01:00:00,101 INFO ledger.jobs: started with 412 orders
2026-03-02 01:00:02,311 WARNING ledger.client: attempt 1 got 12 bytes
2026-03-02 01:00:07,020 ERROR ledger.client: the {h} service refused order 5512 ⟦error-line⟧
2026-03-02 01:00:09,411 INFO ledger.jobs: 0 errors so far, error rate 0.0 %
2026-03-02 01:02:07,020 ERROR ledger.client: the {h} service refused order 5519
2026-03-02 01:03:17,877 INFO ledger.jobs: copied 31 files
2026-03-02 01:04:00,002 CRITICAL ledger.jobs: no room left for the {e} report ⟦fatal-line⟧
2026-03-02 01:04:00,051 INFO ledger.jobs: ended
"""

PLANTED: dict[str, str] = {
    "ledger/__init__.py": '"""The order ledger."""\n\nfrom .plan import Stop\n',
    "ledger/stock.py": _STOCK,
    "ledger/routes.py": _ROUTES,
    "ledger/signals.py": _SIGNALS,
    "ledger/plan.py": _PLAN,
    "ledger/client.py": _CLIENT,
    "ledger/jobs.py": _JOBS,
    "ledger/sources.py": _GENERATORS,
    "ledger/compat.py": _COMPAT,
    "ledger/migrations/0002_{b}.py": _MIGRATION,
    "ledger/tests/test_stock.py": _TEST,
    "logs/ledger.log": _LOG,
    **_held_out.BACKEND,
}
