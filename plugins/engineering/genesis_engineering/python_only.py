"""Say of a tool that reads Python alone that there are other programs, which it did not look at."""

from __future__ import annotations

from pathlib import Path

from genesis.contracts import Omission

from genesis_engineering.files import list_files
from genesis_engineering.survey import LANGUAGES

_NO_PROGRAMS = frozenset({"Python", "HTML", "CSS", "SQL"})


def other_programs(repository: Path, what: str) -> list[Omission]:
    """One omission, of `what` in other languages; none where all programs are Python.

    Without numbers: more of what was never read does not make two sessions less comparable.
    """
    languages = {LANGUAGES.get(f.suffix) for f in list_files(repository) if not f.is_test}
    if not languages - _NO_PROGRAMS - {None}:
        return []
    return [Omission(what=f"{what} in other languages", reason="only Python is read for that")]
