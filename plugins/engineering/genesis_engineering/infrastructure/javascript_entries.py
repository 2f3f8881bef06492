"""Which scripts of a published package nothing loads, so that whoever wants one asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile
from genesis_engineering.infrastructure.javascript_projects import NodeProject

_ENTRY_KEYS = frozenset(
    {"main", "module", "browser", "exports", "bin", "types", "scripts", "files", "imports"}
)
_NAMES_OF_FOLDERS = frozenset({"index", "main"})


def is_on_demand(project: NodeProject, files: Iterable[RepositoryFile]) -> bool:
    """Whether a package that others install loads none of these files: neither its manifest's
    entries nor another script names one. Applications are told by `private` or by no version."""
    data = project.data
    if data.get("private") or not data.get("version") or not data.keys() & {"main", "exports"}:
        return False
    entries = json.dumps({key: data[key] for key in sorted(data.keys() & _ENTRY_KEYS)})
    stems = {file.path: PurePosixPath(file.path).name.split(".")[0] for file in files}
    if not _NAMES_OF_FOLDERS.isdisjoint(stems.values()):
        return False
    named = re.compile(
        rf"[\"'`/](?:{'|'.join(sorted(map(re.escape, stems.values())))})(?:\.[\w.]+)?[\"'`]"
    )
    return not named.search(entries) and not any(
        named.search(file.read_text() or "") for file in project.scripts if file.path not in stems
    )
