"""The Markdown report, read again by a parser: what the findings hold is only text in it."""

from __future__ import annotations

import pytest
from genesis.contracts import Finding, Severity
from genesis.contracts.reports import SessionReport
from genesis_engineering.formats.markdown import write_markdown
from genesis_engineering.formats.parts import one_line
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from plugins.engineering.tests.reports import (
    expected,
    markers,
    report_of,
    report_task,
    reports,
    some,
)

BLOCKS = {"heading", "paragraph", "inline", "bullet_list", "ordered_list", "list_item", "fence"}
INLINES = {"text", "text_special", "strong", "code_inline", "html_inline"}
parser = MarkdownIt("commonmark").enable("table").enable("strikethrough")


def kinds(tokens: list[Token]) -> set[str]:
    return {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}


def inlines(text: str) -> list[list[Token]]:
    return [token.children or [] for token in parser.parse(text) if token.type == "inline"]


def plain(tokens: list[Token]) -> str:
    return "".join(t.content for t in tokens if t.type in ("text", "text_special", "code_inline"))


@some
@given(reports())
def test_no_text_becomes_a_heading_a_link_or_html(report: SessionReport) -> None:
    text = write_markdown(report)
    tokens = parser.parse(text)
    assert kinds(tokens) <= BLOCKS
    for children in inlines(text):
        assert kinds(children) <= INLINES
        html = {token.content for token in children if token.type == "html_inline"}
        assert html <= {"<!-- -->"}
    severities = len({finding.severity for finding in report.findings})
    headings = [token for token in tokens if token.type == "heading_open"]
    unfinished = sum(task.status != "completed" for task in report.tasks)
    assert len(headings) == 1 + severities + unfinished + 1


@some
@given(reports())
def test_every_finding_occurs_once_in_order_and_word_for_word(report: SessionReport) -> None:
    text = write_markdown(report)
    assert markers(text) == expected(report)
    told = [plain(children) for children in inlines(text) if markers(plain(children))]
    for line, finding in zip(told, report.findings, strict=True):
        words = line.replace("`", "")
        assert words.startswith(one_line(finding.rule).replace("`", ""))
        assert words.endswith(f" — {one_line(finding.message).replace('`', '')}")


def test_nobody_is_called_by_a_name_in_a_message() -> None:
    finding = Finding(rule="r", severity=Severity.LOW, message="@someone, see #12")
    text = write_markdown(report_of(report_task(findings=(finding,))))
    assert "@someone" not in text
    assert "#12" not in text


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("use `a_b`, not *c*", "use `a_b`, not \\*c\\*"),
        ("`@a` and `b", "`@a` and \\`b"),
        ("`a``b`", "\\`a\\`\\`b\\`"),
        ("` a `", "\\` a \\`"),
    ],
)
def test_code_in_a_message_stays_code(message: str, line: str) -> None:
    finding = Finding(rule="r", severity=Severity.LOW, message=message)
    text = write_markdown(report_of(report_task(findings=(finding,))))
    assert text.endswith(f"\n1. **r** — {line}\n")


def test_the_document_for_a_maintainer() -> None:
    found = (
        Finding(rule="test-failed", severity=Severity.HIGH, message="it broke", file="a b.py",
                line=7, evidence="x = `1`\n```", check="pytest a"),
        Finding(rule="no-tests", severity=Severity.LOW, message="none"),
    )  # fmt: skip
    facts = {"verification": {"verdict": "failed", "failed": 1, "passed": 2}}
    text = write_markdown(report_of(report_task(findings=found, facts=facts)))
    assert text == (
        "# nightly review\n\n"
        "**completed in 12.0 s; findings: 1 high, 1 low**\n\n"
        "- Repository: /home/me/a b\n- Branch: main\n"
        "- Session: session-20261122T000000Z-0000\n- Team: engineering\n"
        "- Started: 2026-11-22 00:46 UTC\n- Tests: failed (2 passed, 1 failed)\n\n"
        "## High (1)\n\n"
        "1. **test-failed** `a b.py:7` — it broke\n\n"
        "   ````text\n   x = `1`\n   ```\n   ````\n\n"
        "   Check: `pytest a`\n\n"
        "## Low (1)\n\n"
        "2. **no-tests** — none\n"
    )
    long = Finding(rule="r", severity=Severity.LOW, message="m", evidence="line\n" * 20)
    assert "… 12 more lines" in write_markdown(report_of(report_task(findings=(long,))))
