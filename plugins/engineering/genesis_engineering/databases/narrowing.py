"""Whether a column's new type holds less than the old one, where that is certain."""

from __future__ import annotations

from sqlglot import exp

_WHOLE = {"TINYINT": 1, "SMALLINT": 2, "MEDIUMINT": 3, "INT": 4, "BIGINT": 8, "INT128": 16}
_TEXTS = frozenset({"VARCHAR", "NVARCHAR", "CHAR", "NCHAR"})
_LONG_TEXTS = frozenset({"TEXT", "MEDIUMTEXT", "LONGTEXT"})
_SIZES = {"FLOAT": 4, "DOUBLE": 8}


def is_narrower(old: exp.DataType, new: exp.DataType) -> bool:
    """Whether values of the old type may not fit into the new one, of the same family."""
    before, after = old.this.name, new.this.name
    if before in _WHOLE and after in _WHOLE:
        return _WHOLE[after] < _WHOLE[before]
    if before in _SIZES and after in _SIZES:
        return _SIZES[after] < _SIZES[before]
    if after in _TEXTS and before in _TEXTS | _LONG_TEXTS:
        return _is_shorter(length_of(old), length_of(new), is_long=before in _LONG_TEXTS)
    if before == after == "DECIMAL":
        return _is_shorter(_digits(old), _digits(new), is_long=False)
    return before in ("TIMESTAMP", "TIMESTAMPTZ", "DATETIME") and after == "DATE"


def length_of(kind: exp.DataType) -> int | None:
    """The length in VARCHAR(length), None without one."""
    given = kind.expressions[0].this if kind.expressions else None
    text = given.name if isinstance(given, exp.Expr) else ""
    return int(text) if text.isdigit() else None


def _is_shorter(old: int | None, new: int | None, *, is_long: bool) -> bool:
    if new is None:
        return False
    return is_long if old is None else new < old


def _digits(kind: exp.DataType) -> int | None:
    """Digits in front of the point of DECIMAL(digits, scale)."""
    numbers = [p.this.name for p in kind.expressions if isinstance(p.this, exp.Expr)]
    if not numbers or not all(n.isdigit() for n in numbers):
        return None
    return int(numbers[0]) - (int(numbers[1]) if len(numbers) > 1 else 0)
