"""The HTML report: one file, nothing runs in it, and whatever text stands in it is only text."""

from __future__ import annotations

from html.parser import HTMLParser

from genesis.contracts import Finding, Severity
from genesis.contracts.reports import SessionReport
from genesis_engineering.formats.html import write_html
from genesis_engineering.formats.parts import printable, seen
from hypothesis import given

from plugins.engineering.tests.reports import (
    expected,
    markers,
    report_of,
    report_task,
    reports,
    some,
)

TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "nav", "a",
    "dl", "dt", "dd", "section", "article", "span", "code", "pre", "ul", "li", "strong",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "aria-label",
    "tabindex",
}  # fmt: skip


class Page(HTMLParser):
    """Every tag with its attributes, and the text of each element by its class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.others: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(dict(attrs).get("class") or tag)
            self.texts.append((self._open[-1], ""))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self.texts[-1][0] == self._open[-1]:
            self.texts[-1] = (self._open[-1], self.texts[-1][1] + data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def of(self, name: str) -> list[str]:
        """The texts of the elements of a class, or of a tag without one."""
        return [text for kind, text in self.texts if kind == name]


@some
@given(reports())
def test_no_text_becomes_a_tag_an_attribute_or_a_reference(report: SessionReport) -> None:
    text = write_html(report)
    page = Page(text)
    assert "<script" not in text.lower()
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {name for _, given in page.tags for name in given} <= ATTRIBUTES
    assert all((given.get("href") or "#").startswith("#") for _, given in page.tags)
    assert page.others == []
    assert len(page.of("style")) == 1
    assert "url(" not in page.of("style")[0]
    assert "@import" not in page.of("style")[0]


@some
@given(reports())
def test_every_finding_occurs_once_in_order_and_word_for_word(report: SessionReport) -> None:
    text = write_html(report)
    assert markers(text) == expected(report)
    page = Page(text)
    assert page.of("message") == [printable(finding.message) for finding in report.findings]
    evidence = [seen(finding) for finding in report.findings if seen(finding)]
    assert [shown.removeprefix("\n") for shown in page.of("evidence")] == evidence
    text.encode()


def test_the_severities_are_counted_and_lead_to_their_findings() -> None:
    found = [
        Finding(rule="r", severity=severity, message="m", file="a.py", line=3)
        for severity in (Severity.HIGH, Severity.HIGH, Severity.INFO)
    ]
    page = Page(write_html(report_of(report_task(findings=tuple(found)))))
    assert page.of("chip high") == ["2 high", "high", "high"]
    assert page.of("chip info") == ["1 info", "info"]
    links = [given["href"] for tag, given in page.tags if tag == "a"]
    ids = {given.get("id") for _, given in page.tags}
    assert links == ["#high", "#info"]
    assert {str(link).removeprefix("#") for link in links} <= ids
    assert page.of("place") == ["a.py:3"] * 3


def test_a_session_without_findings_says_so() -> None:
    page = Page(write_html(report_of(report_task())))
    assert "No findings." in page.of("p")
    assert page.of("headline") == ["completed in 12.0 s; findings: none"]
