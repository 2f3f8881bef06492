"""One HTML file that loads nothing and runs nothing; made as a tree, so that all is escaped."""

from __future__ import annotations

from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, tostring

from genesis.contracts.judgements import JudgedFinding
from genesis.contracts.reports import SessionReport

from genesis_engineering.formats.html_style import STYLE
from genesis_engineering.formats.parts import (
    counts,
    gone,
    headline,
    marks,
    more_told,
    omissions,
    one_line,
    place,
    printable,
    provenance,
    seen,
    unfinished,
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_html(report: SessionReport) -> str:
    """The report as one HTML document in UTF-8."""
    page = Element("html", lang="en")
    _head(SubElement(page, "head"), report)
    main = SubElement(SubElement(page, "body"), "main")
    _add(main, "h1", one_line(report.goal))
    _add(main, "p", one_line(headline(report)), "headline")
    _chips(main, report)
    facts = SubElement(main, "dl")
    for name, value in provenance(report).items():
        _add(facts, "dt", name)
        _add(facts, "dd", value)
    _findings(main, report)
    for title, found in gone(report).items():
        _list(main, title, found)
    _list(main, "Not completed", unfinished(report))
    told = [(who, f"{one.what} — {one.reason}") for who, one in omissions(report)]
    _list(main, "Not looked at", told)
    return "<!doctype html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


def _head(head: Element, report: SessionReport) -> None:
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "meta", name="color-scheme", content="light dark")
    _add(head, "title", one_line(f"{report.goal} — {report.session_id}"))
    # The only text that is not escaped: a constant of ours.
    _add(head, "style", STYLE)


def _chips(main: Element, report: SessionReport) -> None:
    """A link to the findings of each severity that occurs."""
    if not report.findings:
        _add(main, "p", "No findings.")
        return
    bar = SubElement(main, "nav", {"aria-label": "Findings by severity"})
    for severity, number in counts(report).items():
        link = _add(bar, "a", f"{number} {severity}", f"chip {severity}")
        link.set("href", f"#{severity}")


def _findings(main: Element, report: SessionReport) -> None:
    number = 0
    for severity, group in groupby(report.judged, key=lambda judged: judged.finding.severity):
        of_severity = list(group)
        section = SubElement(main, "section", id=severity.value)
        _add(section, "h2", f"{severity.value.capitalize()} ({len(of_severity)})")
        for judged in of_severity:
            if judged.is_shown:
                number += 1
                _finding(section, number, judged)


def _finding(section: Element, number: int, judged: JudgedFinding) -> None:
    finding = judged.finding
    article = SubElement(section, "article", {"class": "finding", "id": f"finding-{number}"})
    title = SubElement(article, "h3")
    severity = finding.severity.value
    _add(title, "span", severity, f"chip {severity}").tail = " "
    _add(title, "span", one_line(finding.rule), "rule").tail = " "
    for mark in marks(judged):
        _add(title, "span", mark, f"chip {mark}").tail = " "
    shown = place(finding)
    if shown:
        _add(title, "code", shown, "place")
    _add(article, "p", printable(finding.message), "message")
    evidence = seen(finding)
    if evidence:
        # HTML drops a line's end right after the tag, and no other.
        _add(article, "pre", "\n" + evidence, "evidence").set("tabindex", "0")
    if finding.check.strip():
        check = _add(article, "p", "Check: ", "check")
        _add(check, "code", one_line(finding.check))
    if more := more_told(judged):
        _add(article, "p", more, "more")


def _list(main: Element, title: str, told: list[tuple[str, str]]) -> None:
    if not told:
        return
    section = SubElement(main, "section")
    _add(section, "h2", f"{title} ({len(told)})")
    items = SubElement(section, "ul")
    for who, what in told:
        item = SubElement(items, "li")
        _add(item, "strong", one_line(who)).tail = f": {one_line(what)}"


def _add(parent: Element, tag: str, text: str, style: str = "") -> Element:
    child = SubElement(parent, tag, {"class": style} if style else {})
    child.text = text
    return child
