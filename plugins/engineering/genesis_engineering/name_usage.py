"""Where names occur in a repository's text: what is written anywhere is taken as used."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

_PRIVATE = re.compile(r"(?<![A-Za-z0-9])_\w+|\b[A-Za-z]\w*__\w+")
# `getattr(self, "_handle_" + kind)`, `f"_handle_{kind}"`, `"_handle_%s"`
_PREFIX = re.compile(r"[\"'](_\w+_)(?=[\"']\s*[+%]|\{|%s)")
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_FROM = re.compile(r"\bfrom[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]{0,5000}\)|[^\n#;]*)")


@dataclass
class PrivateNames:
    """How often each private name occurs, and the beginnings from which names are put together."""

    counts: Counter[str] = field(default_factory=Counter)
    prefixes: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        for name in _PRIVATE.findall(text):
            self.counts[name] += 1
            # Class._Class__name is how a name like __name is reached from outside.
            if "__" in name[1:] and not name.startswith("__"):
                self.counts["__" + name[1:].split("__", 1)[1]] += 1
        self.prefixes.update(_PREFIX.findall(text))

    def is_only_defined(self, name: str, own: int) -> bool:
        """Whether a name occurs `own` times, all in what it names, and cannot be put together."""
        if self.counts[name] > own:
            return False
        ends = (index for index, letter in enumerate(name, start=1) if letter == "_")
        return not any(name[:end] in self.prefixes for end in ends)


@dataclass
class ModuleNames:
    """Names that files take out of modules: `(module, name)`, modules by their last part."""

    taken: set[tuple[str, str]] = field(default_factory=set)
    starred: set[str] = field(default_factory=set)

    def add(self, text: str, modules: Collection[str]) -> None:
        """Note what `text` takes out of one of `modules`."""
        for module, names in _FROM.findall(text):
            last = module.rsplit(".", 1)[-1]
            if last in modules:
                self.taken |= {(last, name) for name in re.findall(r"\w+", names)}
                if "*" in names:
                    self.starred.add(last)
        for chain in _DOTTED.findall(text):
            parts = chain.split(".")
            self.taken |= {pair for pair in itertools.pairwise(parts) if pair[0] in modules}

    def has(self, module: str, name: str) -> bool:
        return module in self.starred or (module, name) in self.taken
