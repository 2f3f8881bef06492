"""The tool `styles`: CSS that browsers ignore, in style sheets and in pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from genesis.contracts import Finding, Severity, TaskResult, ToolContext

from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.pages.css_faults import Fault, sheet_faults, style_faults
from genesis_engineering.pages.page import PLAIN, TEMPLATES, Page, is_page, make_finding, read_page
from genesis_engineering.pages.reading import FileReader, sum_up
from genesis_engineering.pages.templates import UNKNOWN, mask_expressions
from genesis_engineering.pages.third_party import is_third_party
from genesis_engineering.pages.words import nearest

_USE = re.compile(r"var\(\s*(--[\w-]+)\s*\)")
_NAME = re.compile(r"(var\(\s*)?(?<![\w-])(--[A-Za-z_][\w-]*)")
_COMPUTED = re.compile(r"--(\$\{|\{|#\{)|[\"'`]--[\w-]*[\"'`]\s*\+|[\"'`]--[\w-]*-[\"'`]")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DEFINING = PLAIN | TEMPLATES | frozenset(
    {".css", ".scss", ".sass", ".less", ".styl", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx",
     ".py", ".rb", ".go", ".rs", ".md", ".mdx", ".json", ".astro", ".svg"}
)  # fmt: skip
_SILENCED = re.compile(r"stylelint-disable")


def check_styles(context: ToolContext) -> TaskResult:
    """Report CSS that has no effect, in `*.css`, in `<style>` and in `style` attributes.

    Medium, since the browser ignores a declaration, a rule or more: `mistyped-property`,
    `mistyped-at-rule`, `mistyped-pseudo`, `mistyped-feature`, `missing-semicolon`,
    `missing-colon`, `invalid-colour`, `unknown-unit`, `detached-unit`, `length-without-unit`,
    `broken-selector`, `stray-brace`, `unclosed-block`, `line-comment`, `late-import`,
    `undefined-variable` (one slip from a defined one). Low: `overridden-declaration`.

    Not judged: libraries, minified files, preprocessors' languages, CSS with expressions.
    """
    files = list_files(context.repository)
    reader = FileReader(context, lambda file: file.suffix == ".css" or is_page(file), files)
    findings: list[Finding] = []
    uses: list[tuple[RepositoryFile, str, int, str]] = []
    for file in reader.files():
        if is_page(file):
            page = read_page(file)
            if page is not None and not page.is_component:
                findings += _page_findings(page)
            continue
        text = _plain_css(file)
        if text is None:
            continue
        uses += _variable_uses(file, text)
        for fault in sheet_faults(text):
            findings.append(_finding(file, text, fault))
    findings += _undefined(uses, files)
    return sum_up("styles", reader, findings, "file")


def _plain_css(file: RepositoryFile) -> str | None:
    text = file.read_text()
    if text is None or is_third_party(file.path, text) or _SILENCED.search(text):
        return None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return None if mask_expressions(text, ".css").is_template else text


def _page_findings(page: Page) -> Iterator[Finding]:
    for tag, text, start in page.scan.raw:
        kind = tag.value("type") or "text/css"
        if tag.name != "style" or UNKNOWN in text or kind != "text/css" or page.is_mail:
            continue
        before = page.text.count("\n", 0, start)
        for fault in sheet_faults(text):
            yield _at(page, fault, before)
    for tag in page.starts():
        style = tag.get("style")
        if style and style.is_known and not tag.is_open and not page.is_mail:
            for fault in style_faults(style.value):
                yield _at(page, fault, style.line - 1)


def _at(page: Page, fault: Fault, before: int) -> Finding:
    return page.finding(fault.rule, fault.severity, fault.message, fault.line + before)


def _finding(file: RepositoryFile, text: str, fault: Fault) -> Finding:
    return make_finding(file, text, fault.rule, fault.severity, fault.message, fault.line)


def _variable_uses(
    file: RepositoryFile, text: str
) -> Iterator[tuple[RepositoryFile, str, int, str]]:
    plain = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for found in _USE.finditer(plain):
        yield file, text, plain.count("\n", 0, found.start()) + 1, found[1]


def _undefined(
    uses: list[tuple[RepositoryFile, str, int, str]], files: list[RepositoryFile]
) -> Iterator[Finding]:
    """`undefined-variable`: `var(--x)` without a fallback, one slip from a name that is defined.

    Other undefined names may come from a library's style sheet.
    """
    if not uses:
        return
    defined: set[str] = set()
    for file in files:
        text = file.read_text() if file.suffix in _DEFINING else None
        if text is None or "--" not in text:
            continue
        if _COMPUTED.search(text):
            return
        defined.update(found[2] for found in _NAME.finditer(text) if not found[1])
    slips: defaultdict[str, str | None] = defaultdict(lambda: None)
    for name in {use[3] for use in uses} - defined:
        slips[name] = nearest(name, defined)
    for file, text, line, name in uses:
        if slips[name]:
            message = f"{name} is defined nowhere; {slips[name]} is probably meant."
            yield make_finding(file, text, "undefined-variable", Severity.MEDIUM, message, line)
