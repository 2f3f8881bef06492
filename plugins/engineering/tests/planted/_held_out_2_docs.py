"""Documents of the second part: a handbook in Markdown and reStructuredText beside its package."""

from __future__ import annotations

_TIDES = '''"""Tides for people who sail."""

from {d}_tides.tables import Table, read_table

__all__ = ["Table", "read_table"]
__version__ = "1.2.0"
'''

_TABLES = '''"""Tables of high and low water."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_STEP = 10


@dataclass
class Table:
    """Water levels of one port; heights in metres."""

    port: str
    heights: list[float] = field(default_factory=list)

    def highest(self) -> float:
        """The highest level. Raises ValueError when there is none."""
        return max(self.heights)

    @property
    def days(self) -> int:
        return len(self.heights) // 4

    @classmethod
    def empty(cls, port: str) -> Table:
        return cls(port)


def read_table(path: Path, *, step: int = DEFAULT_STEP) -> Table:
    """The table in a file of one height a line; every `step`th minute counts."""
    lines = path.read_text(encoding="utf-8").split()
    return Table(path.stem, [float(line) for line in lines[::step]])
'''

_README = """# {D} tides

[![build](https://ci.example/{d}.svg)](https://ci.example/{d})
![The harbour](docs/img/harbour.png) ⟦broken-image⟧
![Levels](docs/img/levels.svg "a week")

* [Installation](#installation)
* [First steps](#first-step) ⟦broken-anchor⟧
* [FAQ](#faq--answers)
* [Guide](docs/guide.md), [reference](docs/reference.rst)
* [How we work](docs/contributing.md) ⟦broken-link⟧
* [Code](../../tree/main/src), [licence](https://example.org/licence)

## Installation

```console
$ pip install {d}-tides
Successfully installed {d}-tides-1.2.0
```

## First steps

```python
from {d}_tides import read_table, Table

table = read_table(Path("hull.txt"), step=6)
print(f"{table.port}: {table.highest():.2f} m")
```

With a chart:

```python
from {d}_tides.charts import draw ⟦stale-import⟧

draw(table)
```

```python
for port in ["hull", "dover"]:
print(read_table(port)) ⟦broken-code-block⟧
```

```python
>>> Table.empty("hull").days
0
```

```json
{
  "port": "hull",
  "step": 6,
} ⟦broken-code-block⟧
```

```json
{ "port": "hull", ... }
```

```yaml
ports:
  - hull
  - dover
 step: 6 ⟦broken-code-block⟧
```

```toml
[tides]
step = 6
ports = ["hull", "dover"]
```

## FAQ & answers

`{d}_tides.Table.highest` gives metres, `{d}_tides.Table.lowest` the other end. ⟦stale-name⟧
The step is in `{d}_tides.tables.DEFAULT_STEP`, the code in `src/{d}_tides/tables.py`,
the stations in `src/{d}_tides/stations.py`. Put your own into `~/.{d}.toml`. ⟦stale-path⟧
"""

_GUIDE = """---
title: Guide
---

<a name="ports"></a>

# Guide

See [ports](#ports), [levels](#levels-1), [the API][api] and [the map][map]. ⟦undefined-reference⟧
An array index such as `heights[0]` is no link, and [x] is a box:

- [x] Hull
- [ ] Dover

[api]: reference.rst
[forum]: https://example.org/forum

## Levels

Back to the [readme](../README.md#installation) or [its end](../README.md#end). ⟦broken-anchor⟧

## Levels

![A week](img/levels.svg)
<img src="img/month.svg" alt="A month"> ⟦broken-image⟧
The sources are [here](../src/{d}_tides/tables.py#L10) and [there](<../src/{d}_tides/__init__.py>).

    [indented](code.md) is code

<!-- [hidden](gone.md) -->

```sh
cat <<'END' > ports.txt
if hull; then
END
```

```js
import { tides } from "./tides.js";
const level = tides.map((one) => one.height)); ⟦broken-code-block⟧
```

```js
const level = await tides.latest();
```
"""

_REFERENCE = """Reference
=========

.. _levels:

Levels
------

See :ref:`levels`, :doc:`guide` and :doc:`install/windows`. ⟦broken-link⟧

.. image:: img/levels.svg
   :alt: a week

.. figure:: img/spring-tide.png ⟦broken-image⟧

   A spring tide.

.. code-block:: python

   table = read_table(Path("hull.txt"))
   if table.days > 3 ⟦broken-code-block⟧
       print(table)

.. code-block:: python

   table = Table.empty("hull")

.. autoclass:: {d}_tides.Table
   :members:

.. autofunction:: {d}_tides.tables.write_table ⟦stale-name⟧

`Source <../src/{d}_tides/tables.py>`_ and `its notes <../NOTES.txt>`__. ⟦broken-link⟧
"""

_PROJECT = """[build-system]
requires = ["setuptools>=69"]
build-backend = "setuptools.build_meta"

[project]
name = "{d}-tides"
version = "1.2.0"
requires-python = ">=3.11"

[tool.setuptools.packages.find]
where = ["src"]
"""

DOCS: dict[str, str] = {
    "tides/README.md": _README,
    "tides/pyproject.toml": _PROJECT,
    "tides/docs/guide.md": _GUIDE,
    "tides/docs/reference.rst": _REFERENCE,
    "tides/docs/img/levels.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 4h8"/></svg>\n'
    ),
    "tides/src/{d}_tides/__init__.py": _TIDES,
    "tides/src/{d}_tides/tables.py": _TABLES,
}
