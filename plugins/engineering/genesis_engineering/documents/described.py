"""Names that documents define themselves, as Sphinx's Python domain lets them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DIRECTIVE = re.compile(
    r"^(\s*)\.\. (?:py:)?(auto)?(module|currentmodule|class|exception|function|method|attribute"
    r"|property|data|classmethod|staticmethod|decorator)::\s*([A-Za-z_][\w.]*)"
)
_MODULES = frozenset({"module", "currentmodule"})


def described_names(lines: Iterable[str]) -> set[str]:
    """Full names of what directives such as `.. class::` describe, within modules and classes.

    A role that names one of them leads there, whatever the code has. Directives of autodoc only
    give the place of what stands below them: they read the code.
    """
    found: set[str] = set()
    module = ""
    outer: list[tuple[int, str]] = []
    for line in lines:
        match = _DIRECTIVE.match(line)
        if match is None:
            continue
        indent, auto, kind, name = len(match[1]), match[2], match[3], match[4].strip(".")
        if kind in _MODULES:
            module, outer = name, []
            continue
        while outer and outer[-1][0] >= indent:
            outer.pop()
        place = outer[-1][1] if outer else module
        outer.append((indent, name if "." in name and not outer else f"{place}.{name}".strip(".")))
        if not auto:
            found |= {name, f"{place}.{name}", outer[-1][1]}
    return {name for name in found if "." in name.strip(".")}
