"""What docs-expert is to find: a library's documents that no longer fit its files and names."""

from __future__ import annotations

from plugins.engineering.tests.planted import _held_out

_README = """# {A}kit

[![build](https://ci.{b}.io/{a}kit.svg)](https://ci.{b}.io/{a}kit)
![logo](kit/docs/logo.svg)
![screenshot](kit/docs/images/{c}.png) ⟦broken-image⟧

{A}kit sorts {b} parcels. See the [guide](kit/docs/guide.md), the
[reference](kit/docs/api.rst), the [license](LICENSE.md) ⟦broken-link⟧
and [how to help](CONTRIBUTING.md#set-up).

- [Install](#install)
- [First steps](#first-steps)
- [Options](#options-and-defaults) ⟦broken-anchor⟧
- [Questions](#questions--answers)

## Install

```sh
pip install {a}kit
if command -v {a}kit; then {a}kit --version ⟦broken-code-block⟧
```

## First steps

```python
from {a}kit import Sorter, load_{c}
from {a}kit.trays import Tray

sorter = Sorter(trays=4)
for parcel in load_{c}("parcels.csv"):
    sorter.put(parcel)
print(sorter.summary() ⟦broken-code-block⟧
print(Tray(3))
```

A shorter way, in which `...` stands for your own code:

```python
with Sorter(trays=...) as sorter:
    ...
```

It prints

```json
{"trays": 4, "parcels": [1, 2, 3]}
```

Until 1.4 it was `{a}kit.sort_all`; it was removed, see the [changelog](CHANGELOG.md).

## Options

The settings are those of `{a}kit.settings.Settings`; `{a}kit.settings.read_{d}` reads them from
`kit/{a}kit/settings.py`. Trays are made by `{a}kit.trays.make_{e}`, ⟦stale-name⟧
each of them a `{a}kit.trays.Tray` with `{a}kit.trays.Tray.weigh`. The command is in
`kit/{a}kit/command_{d}.py`. ⟦stale-path⟧

```toml
[tool.{a}kit]
trays = 4
names = ["in", "out"
rest = true ⟦broken-code-block⟧
```

```yaml
trays:
  - name: in
    size: 3
   weight: 4 ⟦broken-code-block⟧
```

## Questions & answers

Ask in the [forum](https://forum.{b}.io) or read [the notes][notes]
and [the plan][plan]. ⟦undefined-reference⟧
An `array[0][1]` is not a link, nor is [this], nor `[x][y]`.

[notes]: kit/docs/notes.md ⟦broken-link⟧
"""

_CONTRIBUTING = """# How to help

Fork, `git clone`, then the steps below. [Back](README.md), [up](../../issues).

## Set up

```bash
python -m venv .venv
.venv/bin/pip install -e kit
```

```console
$ {a}kit sort "parcels
> of today"
sorted 3
```

Create `kit/{a}kit/my_new_module.py`, add your code to it, and name yourself in `AUTHORS`. Tests are
in [the tests](kit/tests), which `kit/tests/test_sorter.py` begins. Style is checked by
[the workflow](.github/workflows/{f}.yml). ⟦broken-link⟧

<a href="kit/docs/guide.md#weights">Weights</a> come first,
<a href="kit/docs/Guide.md">the guide</a> later. ⟦broken-link⟧
<img src="kit/docs/logo.svg" alt="logo">

```diff
- from {a}kit import gone
+ from {a}kit import Sorter
```
"""

_CHANGELOG = """# Changelog

## 2.0

- Removed `{a}kit.sort_all` and `{a}kit.trays.make_{e}`, moved `kit/{a}kit/old_{d}.py`.
- [All changes](https://code.{b}.io/compare/v1.4...v2.0)

## 1.4

```python
from {a}kit import sort_all
```
"""

_GUIDE = """# Guide

How parcels go through {A}kit. [Back to the readme](../../README.md), [the notes](./notes/)
and [the picture](logo.svg).

## Weights

Each `{a}kit.trays.Tray` counts grams. The limit is `{a}kit.settings.LIMIT`, the unit
`{a}kit.settings.UNIT_{f}`. ⟦stale-name⟧
For [very heavy ones](#heavy-parcels) see below,
for [light ones](#light-parcels) too. ⟦broken-anchor⟧
The [second part](guide.md#weights-1) and [the shelf](api.rst) tell more, and so does
[how to set up](../../CONTRIBUTING.md#setup). ⟦broken-anchor⟧

### Heavy parcels

```python
from {a}kit.trays import Tray, heavy_{g} ⟦stale-import⟧

tray = Tray(size=3)
tray.weigh(heavy_{g}())
```

```pycon
>>> from {a}kit import Sorter
>>> Sorter(trays=3)
Sorter(3)
```

This is invalid on purpose:

```python
tray.weigh(
```

### Weights

| what | where |
|------|-------|
| scale | `kit/{a}kit/trays.py` |
| label | `kit/{a}kit/labels_{h}.py` | ⟦stale-path⟧
| prices | ![prices](images/prices_{h}.png) | ⟦broken-image⟧

```json
{
  "limit": 30000,
  "unit": "g"
  "trays": [] ⟦broken-code-block⟧
}
```

```json
// settings.json may have comments
{"trays": 4}
```

```json
{"trays": [1, 2, ...]}
```

#### Labels

Prices are on [their page](price%20list.md "Prices"), with
[last year's](price%20list%202024.md). ⟦broken-link⟧
[![state](images/state_{b}.svg)](../../README.md) ⟦broken-image⟧
Trays stand in [a folder](../{a}kit/trays.py), robots in [another](../{a}kit/robots/). ⟦broken-link⟧
This is code: `[no](link.md)`. <!-- [nor](this.md) is read -->

    [indented](code.md) is code too

```yaml
labels:
\t- sticker ⟦broken-code-block⟧
```

```bash
for label in *.toml; do
  echo "label: $label ⟦broken-code-block⟧
done
```

```python
def weigh(tray):
    grams = tray.grams
      return grams ⟦broken-code-block⟧
```

```python
import {a}kit.scales ⟦stale-import⟧
import {a}kit.trays as trays
```

### <a name="stickers"></a>Stickers

See [above](#stickers) and [custom](#own-id).

### Own {#own-id}

A label is a [sticker][], and a [sign][sticker]. {A}kit reads `labels.toml`, which you write:

```toml
name = "{h}"
[paper]
size = "A6"
```

[sticker]: https://{h}.io/sticker
"""

_API = """Reference
=========

.. image:: logo.svg
.. image:: images/overview_{e}.svg ⟦broken-image⟧

The class :class:`{a}kit.Sorter` has :meth:`{a}kit.Sorter.put` and
:meth:`{a}kit.Sorter.take_{e}`. ⟦stale-name⟧

.. code-block:: python

   from {a}kit.settings import Settings
   from {a}kit.settings import defaults_{d} ⟦stale-import⟧

   settings = Settings(trays=2)

.. code-block:: python

   def put(parcel)
       return parcel

.. code-block:: json

   {"trays": 2}

See `the guide <guide.md>`_ and `the history <../history.rst>`_. ⟦broken-link⟧

.. _forum: https://forum.{b}.io

.. include:: ../{h}.rst ⟦broken-link⟧

The tests are in ``kit/tests/test_sorter.py`` and in
``kit/tests/test_{g}.py``. ⟦stale-path⟧

``{a}kit.trays.Tray`` is a tray; ``{a}kit.plugins`` may be given by other packages.
""".replace("   def put(parcel)\n", "   def put(parcel) ⟦broken-code-block⟧\n")

_PLAN = """# Plan

- `{a}kit.robots.Arm` will lift what is heavy, from `kit/{a}kit/robots.py`.
- [The robots' page](kit/docs/guide.md) tells why.
"""

_INIT = '''"""Sorts parcels."""

from .settings import Settings
from .sorter import Sorter, load_{c}
from .trays import Tray

__all__ = ["Settings", "Sorter", "Tray", "load_{c}"]
'''

_SORTER = '''"""Sorts parcels into trays."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from .trays import Tray


class Sorter:
    """Puts each parcel into the tray that has room."""

    def __init__(self, trays: int = 4) -> None:
        self.trays = [Tray(3) for _ in range(trays)]

    def __enter__(self) -> Sorter:
        return self

    def __exit__(self, *error: object) -> None:
        self.trays.clear()

    def put(self, parcel: int) -> None:
        min(self.trays, key=lambda tray: tray.grams).weigh(parcel)

    def summary(self) -> dict[str, int]:
        return {"trays": len(self.trays)}


def load_{c}(path: str) -> Iterator[int]:
    with open(path, newline="") as file:
        for row in csv.reader(file):
            yield int(row[0])
'''

_TRAYS = '''"""Trays and what lies on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tray:
    """A tray with so many places."""

    size: int
    grams: int = 0

    def weigh(self, grams: int) -> int:
        self.grams += grams
        return self.grams
'''

_SETTINGS = '''"""What can be set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

LIMIT = 30_000


@dataclass(frozen=True)
class Settings:
    """How many trays there are."""

    trays: int = 4


def read_{d}(path: Path) -> Settings:
    return Settings(**json.loads(path.read_text()))
'''

_TEST = """from {a}kit import Sorter


def test_sorter():
    sorter = Sorter(trays=2)
    sorter.put(5)
    assert sorter.summary() == {"trays": 2}
"""

_LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>\n'

PLANTED: dict[str, str] = {
    "README.md": _README,
    "CONTRIBUTING.md": _CONTRIBUTING,
    "CHANGELOG.md": _CHANGELOG,
    "AUTHORS": "Ann, Bob and {H}\n",
    "kit/docs/guide.md": _GUIDE,
    "kit/docs/api.rst": _API,
    "kit/docs/plans/robots.md": _PLAN.replace("kit/docs/guide.md", "../guide.md"),
    "kit/docs/price list.md": "# Prices\n\n[Guide](guide.md#weights)\n",
    "kit/docs/notes/index.md": "# Notes\n\nNothing [yet](../guide.md#heavy-parcels).\n",
    "kit/docs/logo.svg": _LOGO,
    "kit/pyproject.toml": '[project]\nname = "{a}kit"\nversion = "2.0.0"\n'
    'requires-python = ">=3.11"\ndependencies = []\n\n'
    '[project.entry-points."{a}kit.plugins"]\nlight = "{a}kit.trays:Tray"\n',
    "kit/{a}kit/__init__.py": _INIT,
    "kit/{a}kit/sorter.py": _SORTER,
    "kit/{a}kit/trays.py": _TRAYS,
    "kit/{a}kit/settings.py": _SETTINGS,
    "kit/tests/test_sorter.py": _TEST,
    **_held_out.DOCUMENTS,
}
