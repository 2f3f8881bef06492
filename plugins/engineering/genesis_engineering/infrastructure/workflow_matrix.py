"""The values that the legs of a workflow's matrix have, as GitHub puts them together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from genesis_engineering.infrastructure.yaml_tree import Yaml

_MOST_LEGS = 2000


def matrix_values(matrix: Yaml, path: Sequence[str]) -> list[Yaml]:
    """What `matrix.a.b` is in each leg, for the path `("a", "b")`; a value of many legs once.

    A value of which `exclude` takes every leg is left out; what `include` adds comes last. Where
    a matrix has more than 2,000 legs, `exclude` is not read.
    """
    name, *rest = path
    values = [one for one in matrix.get(name).items if not _is_excluded(matrix, name, one)]
    values += [one.get(name) for one in matrix.get("include").items]
    return [node for one in values if (node := one.get(*rest)).text]


def _is_excluded(matrix: Yaml, name: str, value: Yaml) -> bool:
    excluded = matrix.get("exclude").items
    axes = {
        key: node.items
        for key, node in matrix.entries.items()
        if key not in ("include", "exclude", name) and node.items
    }
    if not excluded or math.prod(map(len, axes.values())) > _MOST_LEGS:
        return False
    legs = (dict(zip(axes, leg, strict=True)) for leg in itertools.product(*axes.values()))
    return all(any(_is_of(one, {**leg, name: value}) for one in excluded) for leg in legs)


def _is_of(excluded: Yaml, leg: dict[str, Yaml]) -> bool:
    """Whether an entry of `exclude` takes a leg: all that it names is so there."""
    return bool(excluded.entries) and all(
        key in leg and _matches(wanted, leg[key]) for key, wanted in excluded.entries.items()
    )


def _matches(wanted: Yaml, value: Yaml) -> bool:
    if wanted.entries:
        return all(_matches(one, value.get(key)) for key, one in wanted.entries.items())
    return wanted.text == value.text and wanted.texts == value.texts
