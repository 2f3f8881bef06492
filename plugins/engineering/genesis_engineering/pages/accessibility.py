"""The tool `accessibility`: what keeps people from using a page, read and, if it can be, seen."""

from __future__ import annotations

from genesis.contracts import Finding, Omission, TaskResult, ToolContext

from genesis_engineering.pages.access_aria import check_aria
from genesis_engineering.pages.access_controls import check_controls
from genesis_engineering.pages.access_page import check_whole
from genesis_engineering.pages.demonstrations import Demonstrations
from genesis_engineering.pages.fragments import Fragments
from genesis_engineering.pages.idle import IdleTemplates
from genesis_engineering.pages.mentions import read_texts
from genesis_engineering.pages.page import Page
from genesis_engineering.pages.reading import is_deliberate, read_pages, sum_up
from genesis_engineering.pages.rendered import Candidates, check_rendered

_SCRIPTED = frozenset({".jsx", ".tsx"})


def check_accessibility(context: ToolContext) -> TaskResult:
    """Report faults against WCAG 2.2 in pages and templates; none is above medium, and none above
    low in pages that users do not see (`audience`, `demonstrations`) and in templates that nothing
    renders.

    Rules that read the text are in `access_controls`, `access_aria` and `access_page`. Whole pages
    without expressions are also shown in a Chromium of this machine, at most twenty of them, see
    `rendered`; an omission says when there is none.
    """
    reader = read_pages(context)
    findings: list[Finding] = []
    candidates = Candidates()
    demonstrations = Demonstrations(reader.all)
    idle, fragments = IdleTemplates(reader.all), Fragments(reader.all)
    for page in reader.pages():
        found = demonstrations.lessen(page, check_page(page))
        idle.suspect(page, found)
        fragments.add(page)
        candidates.add(page)
        findings += found
    fragments.settle()
    is_all_heard = read_texts(context, reader.all, [idle, fragments])
    if is_all_heard:
        findings = idle.lessen(findings)
    findings += fragments.findings(is_all_heard=is_all_heard)
    seen, omissions = check_rendered(context, candidates)
    shown = {page.path: page for page in candidates.pages}
    for one in seen:
        findings += demonstrations.lessen(shown[one.file or ""], [one])
    if any(file.suffix in _SCRIPTED and not is_deliberate(file) for file in reader.all):
        unread = Omission(what="accessibility of JSX", reason="only HTML and templates are read")
        omissions = [*omissions, unread]
    return sum_up("accessibility", reader, findings, "page", omissions=omissions)


def check_page(page: Page) -> list[Finding]:
    """The findings that the text of one page gives."""
    return [*check_controls(page), *check_aria(page), *check_whole(page)]
