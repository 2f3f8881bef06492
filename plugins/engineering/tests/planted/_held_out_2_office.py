"""More Python of the second part: what an office runs, what it costs, what nobody calls."""

from __future__ import annotations

_CLI = r'''#!/usr/bin/env python
"""Exports of the {b} stock, for the people in the office."""

import argparse
import hashlib
import json
import os
import shutil
import sys
import zipfile

from flask import Flask, jsonify

app = Flask(__name__)
VERSION = "%(prog)s 3.2"


class Exporter(object):
    formats = {"csv": ";", "tsv": "\t"}

    def __init__(self, target, fmt="csv"):
        self.target = target
        self.fmt = fmt
        self.target = self.target ⟦self-assignment⟧

    def __len__(self, other): ⟦wrong-special-method⟧
        return len(self.formats) + len(other)

    def header(self):
        return self.formats[self.fmt].join(["sku", "zone"])

    def rows(self, items):
        for item in items:
            if item.get("deleted") == True:
                continue
            yield self.formats[self.fmt].join(str(item[key]) for key in ("sku", "zone"))

    def header(self): ⟦redefinition⟧
        return self.formats[self.fmt].join(["sku", "zone", "weight"])

    def write(self, items):
        if self.fmt not in self.formats:
            raise "unknown format" ⟦raise-literal⟧
        with open(self.target, "w+r") as out: ⟦invalid-open-mode⟧
            out.write(self.header() + "\n")
            for row in self.rows(items):
                out.write(row + "\n")
        os.chmod(self.target, 0o777) ⟦open-permissions⟧
        os.chmod(os.path.dirname(self.target) or ".", 0o750)


def progress(done, total):
    done == total ⟦statement-without-effect⟧
    sys.stderr.write("%d of %d (%s)\r" % (done, total)) ⟦broken-format⟧
    sys.stderr.write("%d %%\r" % (100 * done // max(total, 1)))


def checksum(path):
    hasher = hashlib.sha256()
    with open(path, "rb") as source:
        for block in iter(lambda: source.read(65536), b""):
            hasher.update(block)
    return hasher.hexdigest()


def formula(text, row):
    """The value of a column that the office computes, such as `weight * 2`."""
    allowed = {"weight": row["weight"], "zone": row["zone"]}
    return eval(text, {"__builtins__": {}}, allowed) ⟦eval⟧


def unpack(archive, target):
    names = zipfile.ZipFile(archive).namelist()
    shutil.copy(archive, target)
    return names


def windows_path(name):
    folder = "C:\stock" ⟦invalid-escape⟧
    return os.path.join(folder, r"\d+", name)


@app.route("/stock")
def stock():
    return jsonify(items=load_items()) ⟦undefined-name⟧


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("source")
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args(argv)
    if sys.version < "3.8": ⟦version-as-text⟧
        parser.error("too old")
    if sys.version_info < (3, 8):
        parser.error("too old")
    if options.serve:
        app.run(host="127.0.0.1", debug=True) ⟦flask-debug⟧
        return 0
    with open(options.source, encoding="utf-8") as source:
        items = json.load(source)
    breakpoint() ⟦debugger-call⟧
    progress(len(items), len(items))
    assert "items are never empty" ⟦assert-on-text⟧
    print(checksum(options.source), unpack(options.source, "/tmp"), windows_path("x"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
'''

# A priced order with every exception that ten years brought.
_PRICING = r'''"""What an order costs."""


def price(order, customer, rules, today): ⟦complex-function⟧
    total = 0
    for line in order.lines:
        if line.kind == "parcel":
            if line.weight > 30:
                if customer.contract and customer.contract.heavy:
                    total += line.weight * customer.contract.heavy
                elif line.zone in rules.remote:
                    total += line.weight * 3
                else:
                    total += line.weight * 2
            elif line.weight > 10:
                total += 12 if line.zone == "A" else 15 if line.zone == "B" else 20
            else:
                total += 8
            if line.fragile and not line.insured:
                total += 4
            elif line.fragile and line.value > 1000:
                total += line.value / 100
        elif line.kind == "letter":
            for stamp in line.stamps:
                if stamp.expired(today):
                    if not rules.forgive or stamp.value > 5:
                        continue
                    total -= stamp.value / 2
                elif stamp.used:
                    while stamp.parent:
                        stamp = stamp.parent
                        if stamp.value and stamp.kind != "gift":
                            total += stamp.value
                            break
                else:
                    total -= stamp.value
        elif line.kind == "pallet" and customer.business:
            try:
                total += rules.pallets[line.zone]
            except KeyError:
                if customer.default_zone in rules.pallets:
                    total += rules.pallets[customer.default_zone]
                elif rules.fallback:
                    total += rules.fallback
                else:
                    raise
    if customer.vip and total > 100 or customer.staff:
        total *= 0.9
    if today.month == 12 and not customer.business:
        if total > 50:
            total -= 5
        elif total > 20 and order.first:
            total -= 2
    return total


def zone_name(letter):
    """Long, flat and easy: a table in other words."""
    if letter == "A":
        return "inner"
    if letter == "B":
        return "outer"
    if letter == "C":
        return "island"
    if letter == "D":
        return "mountain"
    if letter == "E":
        return "abroad"
    return "unknown"
'''

_DEAD = r'''"""Routes of the vans, and what is left from the time of the trams."""

from __future__ import annotations

import contextlib
import enum
import heapq
import itertools as it ⟦unused-import⟧
import typing as t
from collections import deque, OrderedDict ⟦unused-import⟧

try:
    import orjson as json
except ImportError:
    import json

if t.TYPE_CHECKING:
    from warehouse.models import Shipment


class Kind(enum.Enum):
    VAN = "van"
    BIKE = "bike"


class _Tram: ⟦unused-private-class⟧
    """Trams carried parcels until the depot moved."""

    capacity = 40


class _Stop:
    def __init__(self, name: str) -> None:
        self.name = name

    def __lt__(self, other: _Stop) -> bool:
        return self.name < other.name


class Planner:
    """The shortest way; `_visit_van` and `_visit_bike` are found by name."""

    def __init__(self, edges: dict[str, dict[str, int]]) -> None:
        self._edges = edges
        self._queue: deque[str] = deque()

    def plan(self, kind: Kind, start: str) -> dict[str, int]:
        return getattr(self, f"_visit_{kind.value}")(start)

    def _visit_van(self, start: str) -> dict[str, int]:
        found, heap = {start: 0}, [(0, start)]
        while heap:
            length, place = heapq.heappop(heap)
            for other, step in self._edges.get(place, {}).items():
                if length + step < found.get(other, 1 << 30):
                    found[other] = length + step
                    heapq.heappush(heap, (length + step, other))
        return found

    def _visit_bike(self, start: str) -> dict[str, int]:
        self._queue.append(start)
        seen = {start: 0}
        while True:
            if not self._queue:
                return seen
            place = self._queue.popleft()
            for other in self._edges.get(place, ()):
                if other in seen:
                    continue
                seen[other] = seen[place] + 1
                self._queue.append(other)
        self._queue.clear() ⟦unreachable-code⟧
        return {}

    def _rebalance(self, limit: int) -> list[str]: ⟦unused-private-method⟧
        return sorted(self._edges)[:limit]

    @contextlib.contextmanager
    def locked(self):
        yield self


def _tariff_2019(weight: float) -> float: ⟦unused-private-function⟧
    if weight < 2:
        return 3.5
    return 3.5 + _surcharge(weight)


def _surcharge(weight: float) -> float:
    return weight * 0.4


def load(path: str) -> Planner:
    with open(path, encoding="utf-8") as stream:
        raw = stream.read()
    parsed = json.loads(raw)
    size = len(raw) ⟦unused-variable⟧
    _, edges = parsed["version"], parsed["edges"]
    for name, _ignored in edges.items():
        if not isinstance(name, str):
            raise TypeError("stops have names")
            name = str(name) ⟦unreachable-code⟧
    first = _Stop("depot")
    try:
        return Planner(edges)
    except KeyError as error:
        raise LookupError(first.name)


def weigh(shipment: Shipment) -> float:
    return _surcharge(shipment.weight)
'''

_MODELS = '''"""What is stored."""

from django.db import models


class Pallet(models.Model):
    sku = models.CharField(max_length=40, db_index=True)
    weight = models.DecimalField(max_digits=8, decimal_places=2)
    zone = models.CharField(max_length=2)


class Shipment(models.Model):
    reference = models.CharField(max_length=20)
    weight = models.DecimalField(max_digits=8, decimal_places=2)
'''

_PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{a}-warehouse"
version = "2.3.1"
requires-python = ">=3.10"
dependencies = [
  "aiohttp>=3.9,<4",
  "celery>=5.3,<6",
  "django>=5,<6",
  "fastapi>=0.110,<1",
  "flask>=3,<4",
  "httpx>=0.27,<1",
  "orjson>=3.9,<4",
  "paramiko>=3,<5",
  "pyyaml>=6,<7",
  "requests>=2.31,<3",
]

[tool.hatch.build.targets.wheel]
packages = ["warehouse"]
"""

# Lines of a service in Java; the stack goes through nobody's code here.
_LOG = """2026-03-02 04:11:09,120 INFO  [main] c.{a}.Application - Started in 4.2 seconds
2026-03-02 04:11:10,001 DEBUG [pool-1] c.{a}.Poller - error count is 0
2026-03-02 04:12:44,519 ERROR [pool-2] c.{a}.CarrierClient - Parcel 40017 is refused ⟦error-line⟧
2026-03-02 04:12:45,519 INFO  [pool-2] c.{a}.CarrierClient - no errors since 1 s
2026-03-02 04:13:44,733 ERROR [pool-4] c.{a}.CarrierClient - Parcel 40291 is refused
2026-03-02 04:20:00,000 WARN  [pool-1] c.{a}.Poller - Slow answer: 2100 ms
2026-03-02 04:31:07,640 FATAL [main] c.{a}.Application - Out of file handles, giving up ⟦fatal-line⟧
"""

SENIOR: dict[str, str] = {
    "freight/bin/export_stock.py": _CLI,
    "freight/warehouse/pricing.py": _PRICING,
    "freight/warehouse/__init__.py": "",
    "freight/warehouse/models.py": _MODELS,
    "freight/pyproject.toml": _PROJECT,
}
BACKEND: dict[str, str] = {"freight/warehouse/routes.py": _DEAD, "logs/carrier_{b}.log": _LOG}
