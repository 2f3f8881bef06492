"""Which lines of a file only show how something is used, and which keys are made to be known."""

from __future__ import annotations

import ast
import base64
import re
import warnings
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

# What modules of Ansible describe themselves by, in a YAML file beside them or in Python.
_DESCRIPTIONS = frozenset({"EXAMPLES", "DOCUMENTATION", "RETURN"})
_NAMED = re.compile(r"_?(EXAMPLES?|DOCUMENTATION|RETURN|USAGE)", re.IGNORECASE)
_TOP_KEY = re.compile(r"^([A-Za-z_]\w*):")
_PLAYBOOKS = re.compile(r"^((?:.*/)?)playbooks/", re.IGNORECASE)
# Below each collection of Ansible, in its archive or in its repository.
_COLLECTION_MARKS = ("galaxy.yml", "MANIFEST.json", "meta/runtime.yml")
_NOBODY = re.compile(rb"localhost|example\.(com|org|net)|snakeoil|snake oil", re.IGNORECASE)
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


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


def is_trial_key(certificate: str | None) -> bool:
    """Whether the key of a certificate is there for trials: it names nobody's host, such as
    localhost. The certificate may stand in the strings of a program."""
    body = (certificate or "").partition(_CERTIFICATE)[2].partition("-----END")[0]
    body = re.sub(r"\\n|[^\w+/=]", "", body)
    try:
        names = base64.b64decode(body)
    except ValueError:
        return False
    return bool(_NOBODY.search(names))


def is_fallback(line: str, text: str) -> bool:
    """Whether a key of a service is what a program uses when its user sets none: a key for
    everybody, `self.api_key = configured or self.API_KEY`."""
    name = re.match(r"\s*(?:self\.|cls\.)?(\w*(?:KEY|key|TOKEN|token)\w*)\s*=", line)
    return bool(name and re.search(rf"\bor\s+(?:\w+\.)?{re.escape(name[1])}\b", text))


def certificates_of(path: str) -> Iterable[str]:
    """The paths at which the certificate of a key `name.key` or `name_key.pem` may lie."""
    pure = PurePosixPath(path)
    stems = [
        pure.stem,
        pure.name.partition(".")[0],
        *(re.sub("key$", end, pure.stem) for end in ("cert", "crt")),
    ]
    return [str(pure.with_name(stem + end)) for stem in stems for end in (".crt", ".pem", ".cert")]
