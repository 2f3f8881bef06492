"""Tell a test that root cannot pass from one that is broken: root is refused no file."""

from __future__ import annotations

import re
from pathlib import Path

from genesis_engineering.files import read_named
from genesis_engineering.verification.records import RecordedTest

OTHER_USER = "a user other than root"
_NOT_RAISED = re.compile(r"DID NOT RAISE|not raised|Missing expected (exception|rejection)")
_NO_RIGHT = re.compile(r"PermissionError|EACCES|EPERM|[Pp]ermission denied")
_CLAIMS = re.compile(
    r"(in \w+: )?(assert |AssertionError|Failed: |Expected )|Missing expected|ERR_ASSERTION"
    r"|\b(expected|want)\b[^\n]{0,60}\berr",
    re.IGNORECASE,
)
# A mode in which the owner may not read (0 to 3) or not write (4 and 5).
_TAKES_RIGHTS = re.compile(
    r"(chmod|from_mode)\w*\b[^\n]{0,150}?(\b0o?0?[0-5][0-7]{2}\b|[(,] ?0(o0+)?\s*\)"
    r"|S_I(READ|EXEC|RUSR|RGRP|ROTH)\b(?![^\n]*S_IW))"
    r"|\bchmod[\"', ]+([0-5][0-7]{2}\b|[augo]*-[rwx]{1,3}\b)|set_readonly\(true\)",
    re.IGNORECASE,
)
_FUNCTION = re.compile(r"^\s*((async )?def |func |(async )?function |(it|test)\(|(pub )?fn )")
_MOST_LINES = 60


def lacks_rights_of_others(test: RecordedTest, repository: Path, *, euid: int) -> bool:
    """Whether a test expects to be refused a file, and ran as root (`euid` 0), who is refused none.

    It says that a PermissionError or EACCES did not come; or what it claims is not so, and the
    lines of it up to there take the owner's own rights from a file.
    """
    if euid != 0:
        return False
    text = f"{test.message}\n{test.detail}"
    if _NOT_RAISED.search(text) and _NO_RIGHT.search(text):
        return True
    if not _CLAIMS.search(test.message):
        return False
    return bool(_TAKES_RIGHTS.search(f"{test.detail}\n{_source_above(test, repository)}"))


def _source_above(test: RecordedTest, repository: Path) -> str:
    """The lines of a test up to the one in which it failed, 60 at most."""
    if test.file is None or not test.line:
        return ""
    lines = (read_named(repository, test.file) or "").split("\n")
    above = lines[max(0, test.line - _MOST_LINES) : test.line]
    starts = [number for number, line in enumerate(above) if _FUNCTION.match(line)]
    return "\n".join(above[starts[-1] if starts else 0 :])
