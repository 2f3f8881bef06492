"""More risky lines of Python: the gateway's pages, its nights, and files in a bad state."""

from __future__ import annotations

ADMIN = '''"""The admin pages of the {d} portal."""

import logging
import tarfile

import paramiko
from flask import Flask, request

app = Flask(__name__)
log = logging.getLogger(__name__)

__all__ = ["app", "run", "settings_{d}"] ⟦undefined-export⟧


@app.get("/calc")
def calc():
    return str(eval(request.args["formula"])) ⟦eval⟧


@app.get("/constants")
def constants():
    return str(eval("6 * 7"))


@app.post("/plugin")
def plugin():
    exec(request.form["code"]) ⟦exec⟧
    return "ok"


@app.post("/import")
def unpack():
    with tarfile.open(fileobj=request.stream) as archive:
        archive.extractall("/srv/{d}") ⟦unsafe-unpacking⟧
    return "ok"


@app.post("/import-safely")
def unpack_well():
    with tarfile.open(fileobj=request.stream) as archive:
        archive.extractall("/srv/{d}", filter="data")
    return "ok"


@app.get("/state")
def state():
    log.warning("state of %s asked by %s", request.remote_addr) ⟦broken-log-call⟧
    log.info("%s asked", request.remote_addr)
    return "%s of %s" % (1,) ⟦broken-format⟧


@app.get("/greeting")
def greeting():
    return "{0} and {1}".format("{d}") ⟦broken-format⟧


def health():
    return "{} is {state}".format("{d}", state="well")


def health(): ⟦redefinition⟧
    return "well"


def connect(host):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy()) ⟦no-host-key-check⟧
    client.connect(host)
    return client


def connect_well(host):
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    client.connect(host)
    return client


def is_admin(user):
    breakpoint() ⟦debugger-call⟧
    if user.role != "admin\u202e \u2066# only admins\u2069 \u2066": ⟦hidden-character⟧
        return False
    return user.name in ("root", "{d}")


def run():
    app.run(host="127.0.0.1", debug=True) ⟦flask-debug⟧
'''

TASKS = '''"""What the {g} gateway does at night."""

import asyncio
import gettext
import hmac
import os
import random
import ssl
import subprocess
import urllib.request
from functools import singledispatch
from typing import TYPE_CHECKING, overload

import requests
import yaml

if TYPE_CHECKING:
    from .checkout import Basket

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader

gettext.install("{g}")


def title(basket: "Basket") -> str:
    return _("Basket of {g}") + basket.owner


def convert(name):
    os.system(f"convert {name} -resize 200 {name}.png") ⟦shell-command⟧
    return subprocess.run(["identify", name], check=True, capture_output=True)


def run_hook(command):
    return subprocess.call(command, shell=True) ⟦shell-command⟧


def settings(path):
    with open(path) as file:
        return yaml.load(file) ⟦unsafe-yaml⟧


def settings_well(path):
    with open(path) as file:
        return yaml.load(file, Loader)


def fetch(url):
    context = ssl._create_unverified_context() ⟦no-certificate-check⟧
    return urllib.request.urlopen(url, context=context, timeout=3).read()


def fetch_as_told(url, verify):
    if not verify:
        context = ssl._create_unverified_context()
    else:
        context = ssl.create_default_context()
    return urllib.request.urlopen(url, context=context, timeout=3).read()


def orders_of(cursor, name, day):
    cursor.execute("SELECT * FROM orders WHERE owner = '" + name + "'") ⟦sql-from-text⟧
    cursor.execute("SELECT * FROM orders WHERE day = '{}'".format(day)) ⟦sql-from-text⟧
    cursor.execute("SELECT * FROM orders WHERE owner = %s AND day = %s", (name, day))
    return cursor.fetchall()


def columns_of(cursor, table, columns):
    listed = ", ".join(columns)
    cursor.execute("SELECT " + listed + " FROM " + table)
    cursor.execute(f"SELECT {listed} FROM {table} WHERE owner = ?", ("{g}",))
    return "Please select one from the menu and update your set of " + table


async def mirror(urls):
    for url in urls:
        page = requests.get(url, timeout=3) ⟦blocking-call-in-async⟧
        subprocess.run(["sync", page.text], check=True) ⟦blocking-call-in-async⟧
    async with asyncio.timeout(3):
        await asyncio.gather(*(asyncio.to_thread(requests.get, url, timeout=3) for url in urls))


def one_time_code():
    otp = random.randint(100_000, 999_999) ⟦guessable-secret⟧
    return otp


def jitter():
    return random.uniform(0.5, 1.5)


def sign(secret, body):
    import hashlib

    signature = hashlib.sha1(secret + body).hexdigest() ⟦weak-hash⟧
    return signature, hmac.new(secret, body, "sha256").hexdigest()


def menu(window, names):
    for name in names:
        window.add(name, command=lambda: window.open(name)) ⟦late-loop-variable⟧


def remember(key, value, known={}): ⟦mutable-default⟧
    known[key] = value
    return known


def cached(key, _cache={}):
    if key not in _cache:
        _cache[key] = key * 2
    return _cache[key]


def options(given={}):
    given = dict(given)
    given["{g}"] = True
    return given


def ask():
    return eval(input("formula: ")) ⟦eval⟧


class Meter:
    """A value that can be set."""

    def __init__(self):
        self._value = 0

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = value

    @overload
    def at(self, key: int) -> int: ...

    @overload
    def at(self, key: str) -> str: ...

    def at(self, key):
        return key


@singledispatch
def show(value):
    return str(value)


@show.register
def _(value: int):
    return hex(value)


@show.register
def _(value: list):
    return ", ".join(map(show, value))


def is_equal(one, other):
    try:
        one == other
    except TypeError:
        return False
    return one == other


def old_names():
    os.environ = {"PATH": "/usr/bin"} ⟦environ-replaced⟧
    os.environ["LANG"] = "C"
    assert "the languages" ⟦assert-on-text⟧
    return {name: 1 for name in os.environ} | {"{h}": value for value in range(3)} ⟦repeated-key⟧
'''

BROKEN = '''"""Half merged."""


def price(line):
    total = line.count * line.price
    if line.discount ⟦syntax-error⟧
        total -= line.discount
    return total
'''

EXAMPLE = '''"""How the gateway is called; an example for the docs."""

import requests


def demo():
    try:
        return requests.get("https://{c}.io", timeout=3).json()
    except (OSError, ValueError):
        return {}


def demo_{c}():
    return requests.get("https://{c}.io", verify=False, timeout=3) ⟦no-certificate-check⟧
'''

OLD = """# Python 2, kept for the machine in the basement
import sys

if len(sys.argv) < 2:
    print "usage: sync {a}"
    raise SystemExit, 2
"""

TEST = '''"""Tests may do what programs may not."""

import pickle
import random
import subprocess


def test_round_trip():
    assert pickle.loads(pickle.dumps({"a": 1})) == {"a": 1}


def test_shell(tmp_path):
    assert subprocess.call(f"ls {tmp_path}", shell=True) == 0


def test_token():
    token = random.choice("ab")
    assert token in "ab"
    try:
        raise ValueError
    except:
        pass
'''
