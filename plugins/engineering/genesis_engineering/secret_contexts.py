"""Which lines of a file only show how something is used, and which keys are made to be known."""

from __future__ import annotations

import ast
import base64
import re
import warnings
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath

# What modules of Ansible describe themselves by, in a YAML file beside them or in Python.
_DESCRIPTIONS = frozenset({"EXAMPLES", "DOCUMENTATION", "RETURN"})
_NAMED = re.compile(r"_?(EXAMPLES?|DOCUMENTATION|RETURN|USAGE)", re.IGNORECASE)
_TOP_KEY = re.compile(r"^([A-Za-z_]\w*):")
_PLAYBOOKS = re.compile(r"^((?:.*/)?)playbooks/", re.IGNORECASE)
# Below each collection of Ansible, in its archive or in its repository.
_COLLECTION_MARKS = ("galaxy.yml", "MANIFEST.json", "meta/runtime.yml")
_NOBODY = re.compile(rb"localhost|example\.(com|org|net)|snakeoil|snake oil", re.IGNORECASE)
_AUTHORITY = re.compile(r"(^|[-_.])(ca|root|rootca|authority|issuer)($|[-_.])", re.IGNORECASE)
_ONLY_FOR_TESTS = re.compile(
    r"\b(keys?|certificates?)\b[^.]{0,80}\b(test(s|ing)?|demo|example)\b"
    r"|\bdo not use\b[^.]{0,80}\b(keys?|certificates?)\b",
    re.IGNORECASE,
)
_CLIENT_SECRET = re.compile(r"client[-_]?secret", re.IGNORECASE)
_CLIENT_ID = re.compile(r"client[-_]?id", re.IGNORECASE)
_PROGRAMS = frozenset(
    {".py", ".js", ".ts", ".mjs", ".cjs", ".go", ".rs", ".c", ".cc", ".cpp", ".h"}
)
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
# The one part of what is signed that may be left out.
_VERSION = 0xA0


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
    return bool(_NOBODY.search(_decoded(certificate)))


def is_certificate(path: str) -> bool:
    """Whether a file may be one, by its name."""
    return PurePosixPath(path).suffix.lower() in (".crt", ".cert", ".cer", ".pem")


def is_of_authority(path: str) -> bool:
    """Whether a key signs others, by its name: who has it may pose as anybody to those who trust
    the authority."""
    return _AUTHORITY.search(PurePosixPath(path).stem) is not None


def is_warning(path: str, text: str) -> bool:
    """Whether a file is a README that says that the keys beside it are for tests only."""
    name = PurePosixPath(path).name.lower()
    return name.startswith("readme") and _ONLY_FOR_TESTS.search(text) is not None


def is_brought_along(text: str) -> bool:
    """Whether a text has a certificate that is signed by itself: what a program starts with until
    its user has another one, and its own authority for trials. It proves nothing to strangers.

    Issuer and subject are the same then (RFC 5280, 4.1.2.4 and 4.1.2.6).
    """
    certificate = _elements(_decoded(text))[:1]
    signed = [part for _tag, body in certificate for part in _elements(body)[:1]]
    fields = [body for _tag, part in signed for tag, body in _elements(part) if tag != _VERSION]
    return len(fields) > 4 and fields[2] == fields[4]


def _decoded(text: str | None) -> bytes:
    body = (text or "").partition(_CERTIFICATE)[2].partition("-----END")[0]
    body = re.sub(r"\\n|[^\w+/=]", "", body)
    try:
        return base64.b64decode(body)
    except ValueError:
        return b""


def _elements(der: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of the elements that stand side by side (DER, X.690 8.1)."""
    found = []
    while len(der) > 2:
        octets = der[1] & 0x7F if der[1] & 0x80 else 0
        start = 2 + octets
        end = start + (int.from_bytes(der[2:start]) if octets else der[1])
        found.append((der[0], der[start:end]))
        der = der[end:]
    return found


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
    """Whether line `number`, from 1, gives the secret of an OAuth client in a program's own text,
    beside its id: whoever installs the program has it (RFC 8252, 8.5)."""
    if PurePosixPath(path).suffix.lower() not in _PROGRAMS:
        return False
    around = "\n".join(lines[max(0, number - 4) : number + 3])
    is_secret = _CLIENT_SECRET.search(lines[number - 1])
    return is_secret is not None and _CLIENT_ID.search(around) is not None


def certificates_of(path: str) -> Iterable[str]:
    """The paths at which the certificate of a key `name.key` or `name_key.pem` may lie."""
    pure = PurePosixPath(path)
    stems = [
        pure.stem,
        pure.name.partition(".")[0],
        *(re.sub("key$", end, pure.stem) for end in ("cert", "crt")),
    ]
    return [str(pure.with_name(stem + end)) for stem in stems for end in (".crt", ".pem", ".cert")]
