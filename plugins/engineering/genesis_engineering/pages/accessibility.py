"""The tool `accessibility`: what keeps people from using a page, read and, if it can be, seen."""

from __future__ import annotations

from genesis.contracts import Finding, Omission, TaskResult, ToolContext

from genesis_engineering.pages.access_aria import check_aria
from genesis_engineering.pages.access_controls import check_controls
from genesis_engineering.pages.access_page import check_whole
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.reading import is_deliberate, read_pages, sum_up
from genesis_engineering.pages.rendered import Candidates, check_rendered

_SCRIPTED = frozenset({".jsx", ".tsx"})


def check_accessibility(context: ToolContext) -> TaskResult:
    """Report faults against WCAG 2.2 in pages and templates; none is above medium.

    Rules that read the text are in `access_controls`, `access_aria` and `access_page`. Whole pages
    without expressions are also shown in a Chromium of this machine, at most twenty of them, see
    `rendered`; an omission says when there is none.
    """
    reader = read_pages(context)
    findings: list[Finding] = []
    candidates = Candidates()
    for page in reader.pages():
        findings += check_page(page)
        candidates.add(page)
    seen, omissions = check_rendered(context, candidates)
    findings += seen
    if any(file.suffix in _SCRIPTED and not is_deliberate(file) for file in reader.all):
        unread = Omission(what="accessibility of JSX", reason="only HTML and templates are read")
        omissions = [*omissions, unread]
    return sum_up("accessibility", reader, findings, "page", omissions=omissions)


def check_page(page: Page) -> list[Finding]:
    """The findings that the text of one page gives."""
    return [*check_controls(page), *check_aria(page), *check_whole(page)]
