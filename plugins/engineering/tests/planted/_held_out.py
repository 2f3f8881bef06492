"""Files that were written after the tools stood, without a look at how these work.

At first sight, the tools found 39 of the 47 defects here, and one thing that was none. What they
missed they were taught then, but for `verify = False` of a session and a `return` after `match`.
"""

from __future__ import annotations

import random
import string

_LETTERS = string.ascii_letters + string.digits


def _draw(length: int, seed: int, letters: str = _LETTERS) -> str:
    return "".join(random.Random(seed).choices(letters, k=length))


_POST = '''"""Posts what the {b} office sends."""

import os, sys, shutil ⟦unused-import⟧
from pathlib import (
    Path,
    PurePath, ⟦unused-import⟧
    PosixPath,
)


class Mailbox:
    """Where letters of a {b} lie; `_seal` is called by the clerk, see `clerk`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._letters: list[str] = []

    @property
    def _weight(self) -> int: ⟦unused-private-method⟧
        return sum(map(len, self._letters))

    @staticmethod
    def _stamp(letter: str) -> str: ⟦unused-private-method⟧
        return letter + "*"

    async def _fetch(self) -> None: ⟦unused-private-method⟧
        self._letters.clear()

    def _seal(self) -> None:
        self._letters.append("{b}")

    def put(self, letter: str) -> int:
        number = len(self._letters)
        try:
            self._letters.append(letter)
            return number
            print(letter) ⟦unreachable-code⟧
        finally:
            os.sync()

    def take(self, kind: str) -> str:
        match kind:
            case "first":
                return self._letters.pop(0)
            case "last":
                return self._letters.pop()
            case _:
                raise KeyError(kind)
        return "" ⟦unreachable-code⟧

    def each(self):
        for letter in self._letters:
            if not letter:
                continue
                self._letters.remove(letter) ⟦unreachable-code⟧
            elif letter == "{b}":
                continue
            else:
                yield letter


def clerk(box: Mailbox) -> None:
    box._seal()
    left = right = 0 ⟦unused-variable⟧
    print(left, file=sys.stderr)


def sizes(folder: Path) -> dict[PosixPath, int]:
    return {path: path.stat().st_size for path in folder.iterdir()}


def _walk(folder: Path): ⟦unused-private-function⟧
    return [path for path in folder.rglob("*") if path.is_file()]


def _is_used(path: Path) -> bool:
    return path.exists()


CHECKS = {"used": _is_used}
'''

_GUARD = '''"""Guards the {c} gate."""

import hashlib
import logging
import marshal
import os
import pickle
import random
import string
import subprocess
import tarfile
import urllib.request
import zipfile

import requests
import yaml

log = logging.getLogger("{c}")


def make_password(length):
    letters = string.ascii_letters
    return "".join(random.choice(letters) for _ in range(length)) ⟦guessable-secret⟧


def pick_color():
    return random.choice(["red", "green"])


def collect(value, into=[]): ⟦mutable-default⟧
    into += [value]
    return into


def count(value, into=None):
    into = into or []
    into += [value]
    return into


def callbacks(names):
    found = []
    for name in names:
        def call():
            return name ⟦late-loop-variable⟧
        found.append(call)
    return found


def called_at_once(names):
    total = 0
    for name in names:
        def size():
            return len(name)
        total += size()
    return total


def stop_here(value):
    import pdb; pdb.set_trace() ⟦debugger-call⟧
    return value


class Shape:
    """Something with an area."""

    def area(self):
        raise NotImplemented ⟦raise-literal⟧

    def __eq__(self, other):
        if not isinstance(other, Shape):
            return NotImplemented
        return self.area() == other.area()

    def __hash__(self):
        return "{c}" ⟦wrong-special-method⟧


def orders(cursor, number, kinds):
    cursor.execute(f""" ⟦sql-from-text⟧
        SELECT id, total
        FROM orders
        WHERE customer = {number}
    """)
    marks = ", ".join(["%s"] * len(kinds))
    cursor.execute(f"SELECT id FROM orders WHERE kind IN ({marks})", kinds)
    return cursor.fetchall()


def shrink(path):
    os.popen("optipng " + path) ⟦shell-command⟧
    subprocess.Popen("gzip %s" % path, shell=True) ⟦shell-command⟧
    subprocess.Popen(["gzip", path])


def unpack(path):
    with zipfile.ZipFile(path) as archive:
        archive.extractall("/srv/{c}")
    tarfile.open(path).extractall("/srv/{c}") ⟦unsafe-unpacking⟧


def restore(path):
    with open(path, "rb") as file:
        first = pickle.load(file) ⟦unpickling⟧
        return first, marshal.load(file) ⟦unmarshalling⟧


def read(path):
    with open(path) as file:
        return yaml.load(file, yaml.UnsafeLoader) ⟦unsafe-yaml⟧


async def look(url):
    return urllib.request.urlopen(url, timeout=3).read() ⟦blocking-call-in-async⟧


def session(url):
    opened = requests.Session()
    opened.verify = False ⟦no-certificate-check⟧
    return opened.get(url, timeout=3)


def fingerprint(secret):
    return hashlib.new("md5", secret).hexdigest() ⟦weak-hash⟧


def tell(name, size):
    log.info("%s has %d bytes of %d", name, size) ⟦broken-log-call⟧
    log.info("%s has %d bytes", name, size)
    return "{} of {}".format(name) ⟦broken-format⟧


def save(path, text):
    with open(path, "rw") as file: ⟦invalid-open-mode⟧
        file.write(text)
    os.chmod(path, 0o666) ⟦open-permissions⟧


def total(values, start):
    for value in values:
        try:
            start += int(value)
        except: ⟦bare-except⟧
            continue
    return start


def kind_of(value):
    if type(value).__name__ is "str": ⟦is-literal⟧
        return "text"
    return {"a": 1, "b": 2, "a": 3}.get(value) ⟦repeated-key⟧
'''

_PAGE = """# The {d} gate

<p align="center"><img src="pictures/{d}_gate.png" width="200"></p> ⟦broken-image⟧

See [the rules](<rules of {d}.md>) ⟦broken-link⟧
and [rules](#Opening-Hours), [closing](#closing-hours). ⟦broken-anchor⟧

## Opening hours

```json
{'open': 8, 'closed': 18} ⟦broken-code-block⟧
```

```bash
if [ -f gate.lock ]; then
  rm gate.lock
fi
for day in mon tue; do
  echo "$day" ⟦broken-code-block⟧
```

```python
from {a}kit import Sorter
sorter = Sorter(trays=2)
if sorter.summary() ⟦broken-code-block⟧
    print("open")
```

```python
sorter = Sorter(trays=2)
sorter.put(4)
```

`{a}kit.trays.Tray.size` and `{a}kit.trays.Tray.measure` tell how wide it is. ⟦stale-name⟧
Weights are in `kit/{a}kit/weights_{e}.py`, trays in `kit/{a}kit/trays.py`. ⟦stale-path⟧
"""

SENIOR: dict[str, str] = {
    "gate/guard.py": _GUARD,
    "gate/compose.yaml": "\n".join(
        [
            "services:",
            "  gate:",
            "    environment:",
            f"      - CHAT_URL=https://hooks.slack.com/services/T{_draw(8, 31).upper()}"
            f"/B{_draw(8, 32).upper()}/{_draw(24, 33)} ⟦slack-token⟧",
            f"      - CACHE=redis://gate:{_draw(12, 34)}4x@cache.{{c}}-gate.io/0 ⟦url-password⟧",
            "      - BROKER=amqp://guest:guest@broker:5672/",
            "",
        ]
    ),
    "gate/settings.ini": "\n".join(
        [
            "[store]",
            f"aws_secret_access_key = {_draw(40, 35)} ⟦aws-key⟧",
            "[mail]",
            "password = tR7#mZ2vQ9xL ⟦password⟧",
            "password_file = /run/secrets/Mail2Pw",
            "",
        ]
    ),
    "gate/app.properties": f"model.key={'sk-ant-api03-' + _draw(93, 36)} ⟦anthropic-key⟧\n"
    f"hub.token={'hf_' + _draw(34, 37, string.ascii_letters)} ⟦hugging-face-token⟧\n"
    "gate.color=green\n",
}
BACKEND: dict[str, str] = {"ledger/post.py": _POST}
DOCUMENTS: dict[str, str] = {"kit/docs/gate.md": _PAGE}
