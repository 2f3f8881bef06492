"""What comes out of a repository is printed as it is, and moves no terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from genesis.cli.lines import plain
from genesis.cli.report import print_report
from genesis.contracts.findings import Finding, Omission
from genesis.contracts.work import Status, TaskResult
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from tests.sessions.test_outcome import session, task

MARKUP = ["no[/bold]such", "[red]red", "[link=x]y", "[/]", "ends in \\", "\\[bold]", "[bold"]
ESCAPES = ["\x1b]0;owned\x07", "\x1b[2J", "\x9b31m", "back\rto the start", "\x08\x08", "\x00"]


def report(words: str) -> str:
    """A report in which these words stand wherever a tool or a person can put them."""
    found = [
        Finding(rule=words, severity="low", message=words, file=words, line=1, check=words),
        Finding(rule=words, severity="low", message=f"{words} again", file=words),
    ]
    result = TaskResult(
        summary=words, findings=found, omissions=[Omission(what=words, reason=words)]
    )
    done = task(Status.COMPLETED, result=result)
    failed = replace(task(Status.FAILED), id="f", error=words, description=words)
    ended = session(goal=words, repository=words, reason=words, status=Status.COMPLETED)
    output = io.StringIO()
    print_report(Console(file=output, width=500, color_system=None), ended, [done, failed])
    return output.getvalue()


@pytest.mark.parametrize("words", MARKUP)
def test_markup_is_printed_literally(words: str) -> None:
    assert report(words).count(words) >= 8


@pytest.mark.parametrize("words", ESCAPES)
def test_escape_sequences_are_made_harmless(words: str) -> None:
    printed = report(f"<{words}>")
    assert not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in printed)
    assert "\N{REPLACEMENT CHARACTER}" in printed


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_is_literal_and_harmless_within_markup(words: str) -> None:
    printed = Text.from_markup(f"[bold]{plain(words)}[/bold]").plain
    kept = {c for c in printed if ord(c) < 32 or 127 <= ord(c) < 160}
    assert kept <= {"\n", "\t"}
    assert len(printed) == len(words)
