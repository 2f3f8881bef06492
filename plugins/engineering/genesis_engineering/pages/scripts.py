"""The tool `scripts`: scripts and JSON files that do not parse, and merges left half done."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.files import RepositoryFile
from genesis_engineering.pages.json_files import check_json
from genesis_engineering.pages.node_parse import Answer, Script, find_node, parse_scripts
from genesis_engineering.pages.page import PLAIN, Page, make_finding, read_page
from genesis_engineering.pages.reading import FileReader, sum_up
from genesis_engineering.pages.templates import UNKNOWN, mask_expressions
from genesis_engineering.reporting import count_of

_SCRIPTS = frozenset({".js", ".mjs", ".cjs"})
_TEXTS = _SCRIPTS | PLAIN | frozenset(
    {".json", ".css", ".scss", ".less", ".ts", ".tsx", ".jsx", ".vue", ".svelte"}
)  # fmt: skip
_DIALECT = re.compile(
    r"</|<[A-Z>]|/>|\bimport\s+type\b|\binterface\s+\w+\s*\{|\bdeclare\s|^\s*@\w+|^\s*\.pragma|"
    r"^\s*\.import|^\s*#(?!!)\w+|\{\{|\{%|<%|<\?|\|>|::\w|\bimport\s+(defer|source)\b|\busing\s+\w+\s*=|"
    r"\bas\s+(any|const|string|unknown)\b|^\s*%\w+\(|\benum\s+\w+\s*\{|\)\s*:\s*\w"
    r"[<\w>\[\]| ]{0,80}(\{|=>)|\bexport\s+(type|default\s+from)\b|"
    r"\b\w+\?\s*:\s*(string|number|boolean|any)\b|"
    r"^\s*(package|namespace)\s+[\w.]+|\bpublic\s+(static|function|var)\b|%\w+%|@@?\w+@",
    re.MULTILINE,
)
_FLOW = re.compile(r"@flow\b|@jsx\b|@ts-")
_LITERAL = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|//[^\n]*|/\*.*?\*/", re.DOTALL)
_RUN_TYPES = frozenset({"", "text/javascript", "application/javascript", "module"})
_FEW = 4
_MARK = re.compile(r"^(<{7} \S.*|>{7} \S.*)$", re.MULTILINE)
_MIDDLE = re.compile(r"^={7}$", re.MULTILINE)


@dataclass
class _Scripts:
    """What Node is to parse: each script with the file and text that it comes from."""

    scripts: list[Script] = field(default_factory=list)
    sources: list[tuple[RepositoryFile, str]] = field(default_factory=list)

    def add(self, script: Script, file: RepositoryFile, text: str) -> None:
        self.scripts.append(script)
        self.sources.append((file, text))


_PAIRS = (
    ("start", "end"), ("begin", "end"), ("intro", "outro"), ("header", "footer"),
    ("head", "foot"), ("prefix", "suffix"), ("open", "close"), ("banner", "footer"),
)  # fmt: skip
_AROUND = frozenset(
    {"banner", "footer", "header", "intro", "outro", "preamble", "prefix", "suffix", "wrapper"}
)
# `@@name`, where a build puts text in: no decorator begins so.
_PLACEHOLDER = re.compile(r"(?<![\w\"'`])@@\w")
_TEMPLATE = re.compile(r"(^|[/_.-])templates?([/_.-]|$)", re.IGNORECASE)
_PART = re.compile(r"((?:.*[._-])?)(\w+)(\.\w+)")


def check_scripts(context: ToolContext) -> TaskResult:
    """Report what cannot be parsed, which Node and Python's own reader of JSON decide.

    - `script-syntax` (high): JavaScript of `*.js`, `*.mjs`, `*.cjs` or a page's `<script>` that is
      neither a script nor a module. Dialects (JSX, Flow, TypeScript, decorators) are not judged.
    - `json-syntax` (high, medium) and `duplicate-key` (medium, low): see `json_files`.
    - `merge-conflict` (high): conflict marks of a merge.

    Without Node JavaScript is not looked at, which an omission says.
    """
    reader = FileReader(context, lambda file: file.suffix in _TEXTS)
    findings: list[Finding] = []
    waiting = _Scripts()
    paths = {file.path for file in reader.all}
    for file in reader.files():
        text = file.read_text()
        if text is None:
            continue
        conflict = _conflict(file, text)
        if conflict:
            findings.append(conflict)
        elif file.suffix == ".json":
            findings += check_json(file, text)
        elif file.suffix in _SCRIPTS and not (
            _TEMPLATE.search(file.path) or _is_fragment(file.path, paths)
        ):
            waiting.add(Script(file.absolute), file, text)
        elif file.suffix in PLAIN:
            _add_inline(file, waiting)
    broken, omissions = _parse(context, waiting)
    return sum_up("scripts", reader, findings + broken, "file", omissions=omissions)


def _is_fragment(path: str, paths: set[str]) -> bool:
    """Whether a file is one of two between which a build puts others: `start.js` and `end.js`."""
    folder, slash, name = path.rpartition("/")
    match = _PART.fullmatch(name)
    if match is None:
        return False
    others = (
        one if match[2] == other else other for one, other in _PAIRS if match[2] in (one, other)
    )
    return any(f"{folder}{slash}{match[1]}{other}{match[3]}" in paths for other in others)


def _conflict(file: RepositoryFile, text: str) -> Finding | None:
    if "<<<<<<<" not in text or ">>>>>>>" not in text or not _MIDDLE.search(text):
        return None
    found = _MARK.search(text)
    if not found:
        return None
    line = text.count("\n", 0, found.start()) + 1
    message = "A merge was committed with its conflict: both versions stand in the file."
    return make_finding(file, text, "merge-conflict", Severity.HIGH, message, line)


def _add_inline(file: RepositoryFile, waiting: _Scripts) -> None:
    """The scripts of a page; what may be filled in by a program is left out."""
    page = read_page(file)
    if page is None or _is_filled_in(page):
        return
    for tag, text, start in page.scan.raw:
        code = page.source[start : start + len(text)]
        if tag.name != "script" or tag.get("src") or tag is page.scan.endless or not code.strip():
            continue
        kind = (tag.value("type") or "").lower()
        if kind not in _RUN_TYPES or "{{" in code or "{%" in code or "<%" in code:
            continue
        waiting.add(
            Script(file.absolute, code, page.source.count("\n", 0, start)), file, page.source
        )


def _is_filled_in(page: Page) -> bool:
    """Whether expressions of a template stand outside of scripts and styles."""
    position = 0
    for _tag, text, start in page.scan.raw:
        if UNKNOWN in page.text[position:start]:
            return True
        position = start + len(text)
    return UNKNOWN in page.text[position:]


def _parse(context: ToolContext, waiting: _Scripts) -> tuple[list[Finding], list[Omission]]:
    if not waiting.scripts:
        return [], []
    what = count_of(len(waiting.scripts), "script")
    node = find_node()
    if node is None:
        return [], [Omission(what=what, reason="not looked at: no Node here")]
    context.progress(0.9, f"Node parses {what}")
    answers = parse_scripts(node, waiting.scripts, context.folder, context.seconds_left - 2)
    omissions = []
    if len(answers) < len(waiting.scripts):
        left = count_of(len(waiting.scripts) - len(answers), "script")
        omissions.append(Omission(what=left, reason="Node did not get to the end of them"))
    failed = [answer for answer in answers if _is_broken(answer, waiting)]
    if len(failed) > max(_FEW, len(answers) / 5):
        left = count_of(len(failed), "script")
        reason = "Node cannot read them; with so many, they are written in a dialect"
        return [], [*omissions, Omission(what=left, reason=reason)]
    return [_finding(answer, waiting) for answer in failed], omissions


def _is_broken(answer: Answer, waiting: _Scripts) -> bool:
    if answer.message is None:
        return False
    script = waiting.scripts[answer.id]
    code = waiting.sources[answer.id][1] if script.code is None else script.code
    if (
        _FLOW.search(code)
        or _PLACEHOLDER.search(code)
        or mask_expressions(code.replace("${", ""), ".js").is_template
    ):
        return False
    return not _DIALECT.search(_LITERAL.sub("", code))


def _is_part(path: str, bare: str) -> bool:
    """Whether a file is named as what a build puts around others, and leaves its brackets open."""
    words = set(re.split(r"[-_.]", path.rpartition("/")[2].lower()))
    is_open = any(bare.count(one) != bare.count(other) for one, other in ("{}", "()"))
    return is_open and not _AROUND.isdisjoint(words)


def _finding(answer: Answer, waiting: _Scripts) -> Finding:
    script = waiting.scripts[answer.id]
    file, text = waiting.sources[answer.id]
    message = f"{answer.message}: browsers and Node refuse the whole script."
    line = answer.line + script.before
    is_part = script.code is None and _is_part(file.path, _LITERAL.sub("", text))
    severity = Severity.LOW if is_part else Severity.HIGH
    found = make_finding(file, text, "script-syntax", severity, message, line)
    if script.code is not None:
        return found
    return found.model_copy(update={"check": f"node --check {shlex.quote(file.path)}"[:1000]})
