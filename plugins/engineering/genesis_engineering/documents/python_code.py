"""Parse Python as documents show it: whole files, fragments, and sessions of the interpreter."""

from __future__ import annotations

import ast
import doctest
import keyword
import re
import textwrap
import warnings
from dataclasses import dataclass

# How references write a signature: a name with dots after `def` or `class`.
_SYNOPSIS = re.compile(r"^(async def|def|class) \w+(\.\w+)+\s*\(", re.MULTILINE)
_SESSION = re.compile(r"^\s*>>> ?", re.MULTILINE)
_NOT_ONLY_PYTHON = re.compile(
    r"\{\{|\{%|<%|…|--8<--"
    r"|^\s*(\{!|\{\*|<<<|%|!\w|\$ |> |\u276f |\u279c |\?|In \[|Out\[|Traceback \(|@@|\+\+\+ |--- )",
    re.MULTILINE,
)
_DIFF = re.compile(r"^[+-](?=\s|\w|@|#|$)", re.MULTILINE)
_OUR_LIMITS = re.compile(
    r"Missing parentheses in call|Multiple exception types|leading zeros|f-string|t-string"
    r"|must be parenthesized|positional patterns follow|invalid non-printable"
)
_OTHER_SYNTAX = re.compile(
    r"\.\.\.|=>|→|<\w[\w -]*>|^\s*(type \w+|(def|class) \w+\[|case |<|\.\w|lazy )|\bt\"|\?\?\?"
    r"|^\s*(\$|#!|http|GET|POST)|\bor\.\.|^\s*except [\w.]+, "
)
# What an author leaves out: the end of a bracket or a text, the body or the head of a block.
_LEFT_OUT = re.compile(r"^[ \t]*(#[ \t]*)?(\.\.\.|…)[ \t]*(#.*)?$", re.MULTILINE)
# What points at letters of the line above, and a word between two ways to write something.
_BESIDE = re.compile(r"^[ \t]*([\^~][\^~ \t|]*|\(?(or|and|OR)\)?)[ \t]*$", re.MULTILINE)
# What a line gives, below it and over several lines.
_SHOWN = re.compile(
    r"^[ \t]*#[ \t]*(=>|->|>>>|[Oo]utput:|[Pp]rints:?)[ \t]*[\[({]\s*$", re.MULTILINE
)
_OF_EXCERPTS = re.compile(
    r"was never closed|unexpected EOF|unterminated triple|expected an indented block"
    r"|unindent does not match|unexpected indent|forgot a comma"
)
_PROMPT = re.compile(r"^[ \t]*(>>>|\.\.\.)[ \t]?(.*)$", re.MULTILINE)
_MOST_PASTED = 60
_WRAPPERS = (
    "{code}",
    "{code}\n    pass\n",
    "{code}\ndef _(): pass\n",
    "if _:\n    pass\n{code}\n",
    "try:\n    pass\n{code}\n",
    "_(\n{code}\n)",
    "_({{\n{code}\n}})",
    "{code}\n        pass\n",
)


@dataclass(frozen=True)
class BrokenCode:
    """Where code does not parse: `line` counts from 1 in the code, `reason` is the parser's.

    `is_minor`: readers see what is meant, such as prompts in lines that only go on.
    """

    line: int
    reason: str
    is_minor: bool = False


def parse_python(code: str) -> ast.Module | None:
    """The tree of a block, or None where it does not parse; a session gives its inputs."""
    if _SESSION.search(code):
        sources = [source for _, source in _session_inputs(code)]
        trees = [tree for tree in map(_parse_leniently, sources) if tree is not None]
        return ast.Module([node for tree in trees for node in tree.body], [])
    return _parse_leniently(textwrap.dedent(code))


def find_broken_python(code: str) -> BrokenCode | None:
    """Why a block is surely not Python, or None when it is, or may be meant otherwise."""
    if _NOT_ONLY_PYTHON.search(code) or _is_diff(code):
        return None
    if _SESSION.search(code):
        return _broken_session(code)
    dedented = textwrap.dedent(_SHOWN.split(code)[0])
    if _SYNOPSIS.search(dedented):
        return None
    if _parse_leniently(dedented) is not None or _is_signature(dedented):
        return None
    broken = _explain(dedented)
    if broken and (_LEFT_OUT.search(dedented) or _BESIDE.search(dedented)):
        rest = _LEFT_OUT.sub("", _BESIDE.sub("", dedented))
        if _parse_leniently(rest) is not None:
            return None
    if broken and _LEFT_OUT.search(dedented) and _OF_EXCERPTS.search(broken.reason):
        return None
    return broken


def _broken_session(code: str) -> BrokenCode | None:
    for line, source in _session_inputs(code):
        if _parse_leniently(source) is None and not _goes_on_without_dots(code, line, source):
            broken = _explain(source)
            pasted = "\n".join(match[2] for match in _PROMPT.finditer(code))
            is_minor = _parse(pasted) is not None
            return broken and BrokenCode(line + broken.line, broken.reason, is_minor)
    return None


def _goes_on_without_dots(code: str, line: int, source: str) -> bool:
    """Whether the lines that follow an input complete it: not all who paste keep the `...`."""
    given = source.rstrip("\n").split("\n")
    for text in code.split("\n")[line + len(given) :][:_MOST_PASTED]:
        if _SESSION.match(text):
            return False
        given.append(text)
        if _parse("\n".join(given)) is not None:
            return True
    return False


def _session_inputs(code: str) -> list[tuple[int, str]]:
    """Each input of a session with its first line, counted from 0."""
    try:
        examples = doctest.DocTestParser().get_examples(code)
    except ValueError:  # The prompts are not aligned as doctest wants; readers do not mind.
        return []
    return [(example.lineno, example.source) for example in examples]


def _parse_leniently(code: str) -> ast.Module | None:
    for wrapper in _WRAPPERS:
        tree = _parse(wrapper.format(code=code))
        if tree is not None:
            return tree
    return None


def _parse(code: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _explain(code: str) -> BrokenCode | None:
    """The first error, unless it lies in our parser's age or in what an author leaves out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        lines = code.split("\n")
        line = min(max(error.lineno or 1, 1), len(lines))
        if _OUR_LIMITS.search(error.msg) or _OTHER_SYNTAX.search(lines[line - 1]):
            return None
        return BrokenCode(line, error.msg)
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _is_diff(code: str) -> bool:
    return len(_DIFF.findall(code)) > 0


def _is_signature(code: str) -> bool:
    """Whether every line only shows how something is called, such as `f(a: int) -> str`."""
    code = re.sub(r"^[ \t]*#.*\n?", "", code, flags=re.MULTILINE)
    joined = re.sub(r"\n(?=[\s)])", " ", code.strip())
    lines = [re.sub(r"^(async )?(def|class) ", "", line) for line in joined.split("\n") if line]
    if any(keyword.iskeyword(re.split(r"\W", line.strip())[0]) for line in lines):
        return False
    signatures = [
        re.sub(r"^[\w.]+", "def _", line.strip().rstrip(":")) + ": pass" for line in lines
    ]
    return all(_parse(signature) is not None for signature in signatures)
