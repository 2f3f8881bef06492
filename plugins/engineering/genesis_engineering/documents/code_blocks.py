"""Code blocks of documents that do not parse in the language they name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.documents.data_code import (
    find_broken_json,
    find_broken_shell,
    find_broken_toml,
    find_broken_yaml,
)
from genesis_engineering.documents.python_code import BrokenCode, find_broken_python
from genesis_engineering.documents.records import CodeBlock
from genesis_engineering.documents.reporting import report
from genesis_engineering.documents.sources import Document, DocumentReader
from genesis_engineering.files import list_files

_PARSERS: dict[str, tuple[str, Callable[[str], BrokenCode | None]]] = {
    **dict.fromkeys(("python", "py", "python3", "pycon"), ("Python", find_broken_python)),
    "json": ("JSON", find_broken_json),
    "toml": ("TOML", find_broken_toml),
    **dict.fromkeys(("yaml", "yml"), ("YAML", find_broken_yaml)),
    **dict.fromkeys(("bash", "sh"), ("shell", find_broken_shell)),
}
_ON_PURPOSE = re.compile(
    r"\b(invalid|incorrect|wrong|broken|(won't|doesn't|does not|not) (work|parse|valid|allowed)"
    r"|not (valid|legal|allowed)|syntax ?errors?|fails|illegal|pseudo\w*|python ?2)\b|❌|🚫",
    re.IGNORECASE,
)
_RELAXED_JSON = re.compile(
    r"settings\.json|tsconfig|devcontainer|launch\.json|jsonc|json5", re.IGNORECASE
)
_FIRST_READ = re.compile(
    r"(^|/)(readme|(.*[-_])?(tutorials?|quick[-_ ]?starts?|getting[-_ ]?started|first[-_ ]steps))"
    r"(\.|/|$|[-_])",
    re.IGNORECASE,
)
# What a block of commands begins with, whatever language it says it is.
_COMMAND = re.compile(
    r"\s*((sudo|pip3?|python3?|npm|npx|yarn|pnpm|git|cd|mkdir|apt|apt-get|brew|conda|curl|wget"
    r"|docker|make|poetry|uv|pipx|cargo|django-admin) |go (get|run|install) |export \w+=)"
)
_SKETCH = re.compile(
    r"\b(somewhat|roughly|something like|simplified|sketch\w*|schematic\w*)\b", re.IGNORECASE
)
# Statements that no Python has, as those have who write down what a program does.
_PSEUDOCODE = re.compile(
    r"^[ \t]*(do|repeat|begin|then|fi|until\b.*|end ?(if|while|for)?|(do|while|if|for)\b.*\{)"
    r"[ \t]*$",
    re.MULTILINE,
)
# A line of text, a prompt of two signs, and a comment in place of what a loop or function does.
_PROSE = re.compile(r"[A-Z][\w ,'-]+\.|(?s:>> .*)")
_ONLY_COMMENT = re.compile(r":[ \t]*\n[ \t]+#.*(\n[ \t]*#.*)*(\n[ \t]*)*(\n\S|\n[ \t]+\w|\Z)")
# How servers tell that they are up, below the call that starts them.
_PRINTED = re.compile(r" +\* [A-Z]\w* ")
_COMMANDS = "and holds commands of a shell"
_CHECKS = {
    "Python": "paste the block into a file and run: python -m py_compile FILE",
    "JSON": "paste the block into a file and run: python -m json.tool FILE",
    "TOML": "paste the block into a file and load it with tomllib",
    "YAML": "paste the block into a file and load it with PyYAML",
    "shell": "paste the block into a file and run: bash -n FILE",
}


def check_code_blocks(context: ToolContext) -> TaskResult:
    """Report tagged code blocks that do not parse: Python, JSON, TOML, YAML and shell."""
    reader = DocumentReader(context, list_files(context.repository))
    findings: list[Finding] = []
    checked = 0
    unreadable: Counter[str] = Counter()
    for document in reader:
        first = len(findings)
        for block in document.parsed.blocks:
            if block.language not in _PARSERS:
                continue
            try:
                finding = _check(document, block)
            except OSError:
                unreadable[block.language] += 1
                continue
            checked += 1
            findings += [finding] if finding else []
        findings[first:] = _without_repeats(findings[first:])
    omissions = [
        Omission(what=f"{count} code blocks in {language}", reason="bash cannot be started")
        for language, count in sorted(unreadable.items())
    ]
    return report("code blocks", reader, findings, checked=checked, omissions=omissions)


def _check(document: Document, block: CodeBlock) -> Finding | None:
    language, find_broken = _PARSERS[block.language]
    broken = find_broken(block.code)
    if broken is None or _is_meant(document, block):
        return None
    lines = block.code.split("\n")
    shown = lines[broken.line - 1] if broken.line <= len(lines) else ""
    if language == "Python" and _PRINTED.match(shown):
        return None
    is_first = _FIRST_READ.search(document.path) is not None
    is_minor = (
        broken.is_minor
        or _PROSE.fullmatch(block.code.strip()) is not None
        or ("expected an indented block" in broken.reason and _ONLY_COMMENT.search(block.code))
        or _SKETCH.search(_before(document, block)) is not None
        or (language == "Python" and _PSEUDOCODE.search(block.code) is not None)
    )
    # What is called shell, JSON or TOML is often output, a tree or an extract of such.
    is_code = language == "Python" and is_first and not is_minor
    severity = Severity.MEDIUM if is_code else Severity.LOW
    is_command = language == "Python" and _COMMAND.match(shown) is not None
    what = _COMMANDS if is_command else "and does not parse"
    return Finding(
        rule="broken-code-block",
        severity=severity,
        message=f"This block says it is {language} {what}: {broken.reason}."[:2000],
        file=document.path,
        line=block.line + broken.line - 1,
        evidence=f"{shown.strip()}\n{broken.reason}"[:2000],
        check=_CHECKS[language],
    )


def _without_repeats(findings: list[Finding]) -> list[Finding]:
    """Of one document: commands in blocks of another language are told once, with their number."""
    alike = [one for one in findings if _COMMANDS in one.message]
    if len(alike) < 2:
        return findings
    first = alike[0]
    message = f"{first.message} The document has {len(alike)} such blocks; this is the first."
    told = first.model_copy(update={"message": message})
    return [told if one is first else one for one in findings if one not in alike[1:]]


def _before(document: Document, block: CodeBlock) -> str:
    return document.parsed.around(block.line, before=3, after=0)


def _is_meant(document: Document, block: CodeBlock) -> bool:
    """Whether the author says that the block is not right, or shows a file with relaxed rules."""
    before = _before(document, block)
    comments = "\n".join(re.findall(r"(?:#|//).*", block.code))
    if block.language == "json" and _RELAXED_JSON.search(before):
        return True
    return bool(_ON_PURPOSE.search(before) or _ON_PURPOSE.search(comments))
