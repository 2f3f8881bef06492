"""Failures for lack of a program: one of the machine, one that a build makes, an optional package.

Each function gives what is lacking, in words, or None.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from genesis_engineering.verification.records import RecordedTest
from genesis_engineering.verification.same_cause import raised_at

GO_MODULES = "the modules that go.mod names"
_PROGRAMS = ("the program ", "the built program ")
_NO_GO_MODULES = "module lookup disabled by GOPROXY=off"
_NOT_FOUND = re.compile(
    r"FileNotFoundError: \[Errno 2\] No such file or directory: '([^'\n]+)'"
    r"|command was not found or was not executable: ([\w./+-]+)"
    r"|exec: \"([\w.+-]+)\": executable file not found in \$PATH"
)
_STARTS = re.compile(r"\bsubprocess\b|\bPopen\b|\bexecvp|\bspawn\b|\bexec:|pexpect")
_FALLBACK = re.compile(
    r"^([ \t]*)except[ \t(]+(?:ImportError|ModuleNotFoundError)\b[^\n]*:[ \t]*\n"
    r"(?P<body>(?:\1[ \t]+[^\n]*\n|[ \t]*\n)+)",
    re.MULTILINE,
)
_NOTHING = re.compile(r"^[ \t]+((?:\w+\s*=\s*)+)None\b", re.MULTILINE)
_MOST_BYTES = 1_000_000


def is_program(lack: str) -> bool:
    """Whether what a test lacks is a program, or what a build of the repository has to fetch."""
    return lack == GO_MODULES or lack.startswith(_PROGRAMS)


def lack_of_program(text: str, repository: Path) -> str | None:
    """What a failure's text says could not be started: a program that is not on PATH, or one of
    the repository's own that has to be built first."""
    if _NO_GO_MODULES in text:
        return GO_MODULES
    match = _NOT_FOUND.search(text)
    if match is None or not _STARTS.search(text):
        return None
    name = next(group for group in match.groups() if group)
    if "/" not in name:
        return None if shutil.which(name) else f"{_PROGRAMS[0]}{name}"
    makes = (repository / "Makefile").is_file() or (repository / "CMakeLists.txt").is_file()
    is_program = "." not in name.rpartition("/")[2] and not Path(name).is_absolute()
    return f"{_PROGRAMS[1]}{name.lstrip('./')}" if makes and is_program else None


def lack_of_fallback(test: RecordedTest, repository: Path) -> str | None:
    """What a test calls although its file says `except ImportError: name = None`."""
    if "NoneType" not in test.message:
        return None
    place = raised_at(test)
    path = repository / (place[0] if place else test.file or "")
    try:
        if not path.resolve().is_relative_to(repository.resolve()):
            return None
        if path.stat().st_size > _MOST_BYTES:
            return None
        text = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None
    line = text.split("\n")[place[1] - 1 : place[1]] if place else []
    for block in _FALLBACK.finditer(text):
        for found in _NOTHING.finditer(block["body"]):
            for name in re.findall(r"\w+", found[1]):
                if line and re.search(rf"\b{name}\b", line[0]):
                    return f"the optional package that gives {name}"
    return None
