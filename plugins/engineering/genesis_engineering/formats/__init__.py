"""Formats of a session's report; each module has one function `write_NAME(report) -> str`."""

from __future__ import annotations

from genesis.contracts.reports import ReportFormat, SessionReport


def _markdown(report: SessionReport) -> str:
    # Each command starts the plugin; only one that writes a report imports what writes it.
    from genesis_engineering.formats.markdown import write_markdown

    return write_markdown(report)


def _html(report: SessionReport) -> str:
    from genesis_engineering.formats.html import write_html

    return write_html(report)


def _sarif(report: SessionReport) -> str:
    from genesis_engineering.formats.sarif import write_sarif

    return write_sarif(report)


def _junit(report: SessionReport) -> str:
    from genesis_engineering.formats.junit import write_junit

    return write_junit(report)


FORMATS = (
    ReportFormat(name="markdown", description="GitHub-flavoured Markdown", write=_markdown),
    ReportFormat(name="html", description="One HTML file that needs nothing else", write=_html),
    ReportFormat(name="sarif", description="SARIF 2.1.0, for code hosts and editors", write=_sarif),
    ReportFormat(name="junit", description="The tests as JUnit XML, for CI servers", write=_junit),
)
