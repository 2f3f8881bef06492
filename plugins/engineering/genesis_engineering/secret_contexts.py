"""Which lines of a file only show how something is used, and which secrets everybody has."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

# What modules of Ansible describe themselves by, in a YAML file beside them or in Python.
_DESCRIPTIONS = frozenset({"EXAMPLES", "DOCUMENTATION", "RETURN"})
_NAMED = re.compile(r"_?(EXAMPLES?|DOCUMENTATION|RETURN|USAGE)", re.IGNORECASE)
_TOP_KEY = re.compile(r"^([A-Za-z_]\w*):")
_PLAYBOOKS = re.compile(r"^((?:.*/)?)playbooks/", re.IGNORECASE)
# Below each collection of Ansible, in its archive or in its repository.
_COLLECTION_MARKS = ("galaxy.yml", "MANIFEST.json", "meta/runtime.yml")
_CLIENT_SECRET = re.compile(r"client[-_]?secret", re.IGNORECASE)
_CLIENT_ID = re.compile(r"client[-_]?id", re.IGNORECASE)
_INSTALLED = re.compile(
    r"urn:ietf:wg:oauth|InstalledAppFlow|[\"']installed[\"']|device_code|://(localhost|127\.0\.0\.1)"
)
_PROGRAMS = frozenset(
    {".py", ".js", ".ts", ".mjs", ".cjs", ".go", ".rs", ".c", ".cc", ".cpp", ".h"}
)


def described_lines(path: str, text: str) -> set[int]:
    """The lines, from 1, of texts that describe: docstrings with their examples, and what Ansible's
    modules set EXAMPLES, DOCUMENTATION and RETURN to. Empty for Python that does not parse."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in (".yml", ".yaml"):
        return _lines_of_keys(text)
    return _lines_of_texts(text) if suffix == ".py" else set()


def is_sample_playbook(path: str, paths: Collection[str]) -> bool:
    """Whether a file lies in the `playbooks/` of a collection: these show what its modules do."""
    match = _PLAYBOOKS.match(path)
    return match is not None and any(match[1] + mark in paths for mark in _COLLECTION_MARKS)


def _lines_of_keys(text: str) -> set[int]:
    found: set[int] = set()
    is_inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        key = _TOP_KEY.match(line)
        if key:
            is_inside = key[1] in _DESCRIPTIONS
        if is_inside:
            found.add(number)
    return found


def _lines_of_texts(text: str) -> set[int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.Assign) and _is_description(node):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def _is_description(node: ast.Expr | ast.Assign) -> bool:
    """A text that stands alone, as a docstring does, or is set to a name that Ansible reads."""
    if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
        return False
    return isinstance(node, ast.Expr) or any(
        isinstance(target, ast.Name) and _NAMED.fullmatch(target.id) for target in node.targets
    )


def is_fallback(line: str, text: str) -> bool:
    """Whether a key of a service is what a program uses when its user sets none: a key for
    everybody, `self.api_key = configured or self.API_KEY`, or below `if key is None:`."""
    name = re.match(r"\s*(?:self\.|cls\.)?(\w*(?:KEY|key|TOKEN|token)\w*)\s*=", line)
    if name is None:
        return False
    word = re.escape(name[1])
    is_asked = rf"\bif (not )?(?:\w+\.)?{word}( is None)?:\s*\n{re.escape(line)}"
    return re.search(rf"\bor\s+(?:\w+\.)?{word}\b|{is_asked}", text) is not None


def is_of_installed_app(path: str, lines: Sequence[str], number: int) -> bool:
    """Whether line `number`, from 1, gives the secret of an OAuth client beside its id, in a text
    that speaks of being installed: whoever installs it has the secret (RFC 8252, 8.5)."""
    if PurePosixPath(path).suffix.lower() not in _PROGRAMS:
        return False
    around = "\n".join(lines[max(0, number - 4) : number + 3])
    is_secret = _CLIENT_SECRET.search(lines[number - 1])
    if is_secret is None or not _CLIENT_ID.search(around):
        return False
    return any(_INSTALLED.search(line) for line in lines)
