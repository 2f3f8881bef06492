"""Risky lines of Python among ones that only look so: the gateway of a shop."""

from __future__ import annotations

CHECKOUT = '''"""The checkout of the {a} shop."""

import hashlib
import json
import logging
import os
import random
import sqlite3
import subprocess
import sys

import requests

log = logging.getLogger(__name__)
_TIMEOUT = 10
_STATES = {
    "open": 1,
    "paid": 2,
    "sent": 3,
    "paid": 4, ⟦repeated-key⟧
}


class Basket:
    """What a {a} customer wants to buy."""

    limit: int = 20
    currency: str = "EUR"
    limit: int = 40 ⟦duplicate-field⟧

    def __init__(self, owner, lines=None):
        self.owner = owner
        self.lines = lines or []

    def __len__(self):
        return len(self.lines)

    def __str__(self):
        return self.owner

    def add(self, line, notes=[]): ⟦mutable-default⟧
        notes.append(line)
        self.lines.append((line, list(notes)))

    def find(self, name, default=[]):
        for line in self.lines:
            if line[0] == name:
                return line
        return default

    def is_empty(self):
        return len(self.lines) is 0 ⟦is-literal⟧

    def is_paid(self):
        return self.owner is None or self.lines is not None

    def check(self):
        assert (len(self.lines) < self.limit, "too many lines") ⟦always-true-tuple⟧
        assert self.owner, "nobody's basket"

    def pay(self, amount):
        if amount < 0:
            ValueError(f"{amount} is less than nothing") ⟦exception-not-raised⟧
        self.paid = amount


def rate_of(country):
    try:
        return _RATES[country] ⟦undefined-name⟧
    except KeyError:
        return 0


def find_{b}(connection, name):
    query = f"SELECT id, name FROM {b} WHERE name = '{name}'" ⟦sql-from-text⟧
    return connection.execute(query).fetchall()


def find_all_{b}(connection, table, names):
    marks = ", ".join("?" for _ in names)
    return connection.execute(f"SELECT id FROM {table} WHERE name IN ({marks})", names)


def delete_{b}(connection, number):
    connection.execute("DELETE FROM {b} WHERE id = %s" % number) ⟦sql-from-text⟧
    connection.execute("DELETE FROM lines WHERE {b} = ?", (number,))


def reset_token(user):
    token = "".join(random.choice("0123456789abcdef") for _ in range(32)) ⟦guessable-secret⟧
    log.info("reset for %s", user)
    return token


def shuffle_banners(banners):
    return random.sample(banners, k=3)


def store_password(user, password):
    digest = hashlib.md5(password.encode()).hexdigest() ⟦weak-hash⟧
    return {"user": user, "password": digest}


def etag(body):
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def rates_of(day):
    answer = requests.get("https://rates.{b}.io/" + day) ⟦no-timeout⟧
    answer.raise_for_status()
    return answer.json()


def post_rates(day, rates):
    return requests.post("https://rates.{b}.io/" + day, json=rates, timeout=_TIMEOUT)


def post_order(order):
    url = "https://carrier.{b}.io/orders"
    return requests.post(url, json=order, timeout=_TIMEOUT, verify=False) ⟦no-certificate-check⟧


def archive(name, folder):
    subprocess.run(f"tar -czf {folder}/{name}.tgz {name}", shell=True, check=True) ⟦shell-command⟧
    subprocess.run(["tar", "-tzf", f"{folder}/{name}.tgz"], check=True)


def free_space():
    return subprocess.check_output("df -k . | tail -1", shell=True)


def share(path):
    os.chmod(path, 0o777) ⟦open-permissions⟧
    os.chmod(path.parent, 0o755)


def main():
    with sqlite3.connect("{a}.db") as connection:
        json.dump([tuple(row) for row in find_{b}(connection, sys.argv[1])], sys.stdout)
'''

EVENTS = '''"""The event loop of the {c} gateway."""

import asyncio
import itertools
import math
import pickle
import re
import sys
import threading
import time
from collections import defaultdict

import yaml

_HANDLERS = {}
_PATTERN = re.compile("\\d+ {c}") ⟦invalid-escape⟧
_DIGITS = re.compile(r"\\d+")
_NAMES = dict.fromkeys(["in", "out"], []) ⟦shared-mutable⟧
_COUNTS = defaultdict(default_factory=int) ⟦factory-as-keyword⟧
_TOTALS = defaultdict(int)


class Point:
    """A place on the {c} map."""

    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.label = "" ⟦not-in-slots⟧

    def __bool__(self):
        return "yes" if self.x else "no" ⟦wrong-special-method⟧

    def __len__(self):
        return "2" ⟦wrong-special-method⟧


async def poll(queue):
    while True:
        time.sleep(0.5) ⟦blocking-call-in-async⟧
        await queue.put(await _read())


async def poll_well(queue):
    while True:
        await asyncio.sleep(0.5)
        await queue.put(await _read())


async def _read():
    return await asyncio.to_thread(time.sleep, 0.1)


async def start(queue):
    asyncio.create_task(poll(queue)) ⟦dangling-task⟧
    keeper = asyncio.create_task(poll_well(queue))
    await keeper


def register(names):
    for name in names:
        _HANDLERS[name] = lambda event: event.send(name) ⟦late-loop-variable⟧


def register_well(names):
    for name in names:
        _HANDLERS[name] = lambda event, name=name: event.send(name)
    return sorted(names, key=lambda one: len(one))


def count_{c}(events):
    i = 0
    for event in events:
        if event.kind == "{c}":
            ++i ⟦double-sign⟧
    return i


def is_missing(value):
    return value == math.nan ⟦nan-comparison⟧


def is_given(value):
    return not math.isnan(value)


def load(path):
    with open(path) as file:
        return yaml.load(file, Loader=yaml.Loader) ⟦unsafe-yaml⟧


def load_well(path):
    with open(path) as file:
        return yaml.load(file, Loader=yaml.SafeLoader)


def restore(blob):
    return pickle.loads(blob) ⟦unpickling⟧


def close_all(connections):
    for connection in connections:
        try:
            connection.close()
        except: ⟦bare-except⟧
            pass


def close_one(connection):
    try:
        connection.close()
    except:
        connection.abort()
        raise


def first_number(text):
    try:
        return int(_DIGITS.search(text).group())
    except (AttributeError, ValueError):
        return None
    except ValueError: ⟦duplicate-except⟧
        return 0


def add(shared, value):
    with threading.Lock(): ⟦useless-lock⟧
        shared.append(value)


def guarded(lock, shared, value):
    with lock:
        shared.append(value)


def send(event):
    try:
        return event.send()
    finally:
        return None ⟦jump-in-finally⟧


def clean(text):
    text = re.sub(r"{d}+", "", text, re.IGNORECASE) ⟦flags-as-count⟧
    return re.sub(r"\\s+", " ", text, flags=re.MULTILINE)


def groups(rows):
    for key, rows_of in itertools.groupby(rows, key=len):
        yield key, sum(1 for row in rows_of if row), [row for row in rows_of] ⟦spent-groupby⟧


def compare(left, right):
    left == right ⟦statement-without-effect⟧
    return left is right


def settle(order):
    order.state = order.state
    total = order.total
    total = total ⟦self-assignment⟧
    return total


def fail(code):
    if code > 3:
        raise "gateway failed" ⟦raise-literal⟧
    raise RuntimeError(code)


if sys.version[:3] >= "3.9": ⟦version-as-text⟧
    NEW = True
else:
    NEW = sys.version_info < (3, 9)


def append_to(path, line):
    with open(path, "wr") as file: ⟦invalid-open-mode⟧
        file.write(line)


def total_{d}(values):
    total = 0
    for value in values:
        total += value

    def later():
        print(rest) ⟦undefined-name⟧
        rest = total
        return rest

    return total, later


_seen = 0


def count_one():
    print(_seen) ⟦unbound-local⟧
    _seen += 1
    return _seen
'''
