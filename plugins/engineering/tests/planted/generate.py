"""Build the repository that holds everything planted, and say which findings are due in it."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plugins.engineering.tests import planted

_MARKS = re.compile(r"[ \t]*((?:⟦[^⟦⟧\n]+⟧)+)[ \t]*$", re.MULTILINE)
_MARK = re.compile(r"⟦([^⟦⟧\n]+)⟧")
_PLACE = re.compile(r"\{([a-hA-H])\}")
# Plain nouns: no word of any language, no name of the standard library, nothing that tools take
# for a placeholder.
WORDS = (
    "amber", "anchor", "basil", "beacon", "birch", "canyon", "cedar", "cobalt", "copper", "coral",
    "delta", "ember", "falcon", "fennel", "garnet", "ginger", "harbor", "hazel", "heron", "indigo",
    "jasper", "juniper", "kestrel", "lagoon", "lantern", "linden", "lotus", "maple", "meadow",
    "nectar", "nutmeg", "orchid", "otter", "pebble", "pepper", "quartz", "quill", "raven", "reef",
    "saffron", "sparrow", "spruce", "tulip", "umber", "velvet", "violet", "walnut", "willow",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Due:
    """One finding that a specialist owes; `line` counts from 1, `path` is as in findings."""

    specialist: str
    path: str
    line: int
    rule: str


def planted_files() -> dict[str, dict[str, str]]:
    """What each module of the package plants, by specialist: path to text with its marks.

    Raises ValueError when two modules plant the same path for one specialist.
    """
    found: dict[str, dict[str, str]] = {}
    for module in sorted(pkgutil.iter_modules(planted.__path__), key=lambda one: one.name):
        loaded = importlib.import_module(f"{planted.__name__}.{module.name}")
        own = {module.name.replace("_", "-"): getattr(loaded, "PLANTED", {})}
        for specialist, files in (own | getattr(loaded, "PARTS", {})).items():
            together = found.setdefault(specialist, {}) if files else {}
            if not together.keys().isdisjoint(files):
                raise ValueError(f"{module.name} plants what others of {specialist} plant.")
            together |= files
    return found


def plant(
    folder: Path, seed: int, files: Mapping[str, Mapping[str, str]] | None = None
) -> frozenset[Due]:
    """Make a git repository with one commit in the new `folder`; gives every finding that is due.

    `files` is like the answer of `planted_files`, which it is by default. Raises ValueError when
    two specialists plant the same path.
    """
    chosen = planted_files() if files is None else files
    words = draw_words(seed)
    dues: set[Due] = set()
    owners: dict[str, str] = {}
    for specialist, texts in chosen.items():
        for template, marked in texts.items():
            path = _filled(template, words)
            if path in owners:
                raise ValueError(f"{path} is planted by {owners[path]} and by {specialist}.")
            owners[path] = specialist
            text, due = take_marks(specialist, path, _filled(marked, words))
            dues |= due
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    _commit(folder)
    return frozenset(dues)


def draw_words(seed: int) -> dict[str, str]:
    """The word of each letter: `{a}` ... `{h}`, and `{A}` ... `{H}` for the same capitalised."""
    drawn = dict(zip("abcdefgh", random.Random(seed).sample(WORDS, 8), strict=True))
    return drawn | {letter.upper(): word.capitalize() for letter, word in drawn.items()}


def take_marks(specialist: str, path: str, text: str) -> tuple[str, set[Due]]:
    """The text without its marks, and what they make due.

    A mark `⟦rule⟧` is the specialist's own, `⟦other-specialist/rule⟧` another one's.
    """
    lines, dues = [], set()
    for number, line in enumerate(text.split("\n"), start=1):
        marks = _MARKS.search(line)
        for mark in _MARK.findall(marks[1]) if marks else ():
            other, _, rule = mark.rpartition("/")
            dues.add(Due(other or specialist, path, number, rule))
        lines.append(line[: marks.start()] if marks else line)
    return "\n".join(lines), dues


def _filled(template: str, words: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: words[place[1]], template)


def _commit(folder: Path) -> None:
    identity = ("-c", "user.name=Planter", "-c", "user.email=planter@garden.invalid")
    steps: Iterable[tuple[str, ...]] = (
        ("init", "--quiet", "--initial-branch=main"),
        # What some specialist's ignore file covers is planted all the same.
        ("add", "--all", "--force"),
        (*identity, "commit", "--quiet", "--message=Everything as of today"),
    )
    for step in steps:
        subprocess.run(["git", "-C", str(folder), *step], check=True, capture_output=True)
    # Tests of the repository run in the environment that runs these tests.
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".git" / "info" / "exclude").write_text(".venv\n")
