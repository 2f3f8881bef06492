"""The baseline file: what it suppresses, how it reads, and what a damaged one does."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from genesis.contracts import Finding
from genesis.contracts.judgements import SuppressedBy
from genesis_engineering.judgement.baseline import (
    FILE,
    Entry,
    entries_of,
    read_baseline,
    write_baseline,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.judging import (
    finding,
    judged,
    judgement_of,
    places,
    report,
    some_findings,
)


def keep(repository: Path, found: list[Finding], before: tuple[Entry, ...] = ()) -> list[Entry]:
    """Write a baseline of what a session found."""
    judgement = judgement_of(judged(report(repository, {"backend": found})))
    hidden = [one for one in judgement.suppressed if one.by == SuppressedBy.BASELINE]
    entries = entries_of([*judgement.findings, *hidden], before, keeps_rest=False)
    write_baseline(repository, entries)
    return entries


def standing(repository: Path, found: list[Finding]) -> list[str]:
    return places(judgement_of(judged(report(repository, {"backend": found}))).findings)


def at(line: int, **more: object) -> Finding:
    return finding("eval", **({"file": "a.py", "line": line, "message": "m"} | more))


def test_what_is_in_it_is_suppressed_wherever_it_moves_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("eval(a)\neval(b)\n")
    keep(tmp_path, [at(1)])
    assert standing(tmp_path, [at(1), at(2)]) == ["eval a.py:2"]
    (tmp_path / "a.py").write_text("import os\n\neval(a)\neval(b)\neval(a)\n")
    # Two where one was known: one of them is not.
    assert standing(tmp_path, [at(3), at(4), at(5)]) == ["eval a.py:4", "eval a.py:5"]
    assert standing(tmp_path, [at(3, message="n"), at(4)]) == ["eval a.py:4"]


def test_it_is_sorted_and_has_one_finding_on_a_line(tmp_path: Path) -> None:
    found = [finding(rule, file=file, message=f"{rule} ü \"{file}\"\n")
             for rule in "cab" for file in ("z.py", "a.py", None)]  # fmt: skip
    keep(tmp_path, found)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    entries = json.loads(text)["findings"]
    assert [(one["file"], one["rule"]) for one in entries] == [
        (file, rule) for file in (None, "a.py", "z.py") for rule in "abc"
    ]
    assert text.count("\n") == 5 + len(found)
    assert "ü" in text
    random.Random(1).shuffle(found)
    keep(tmp_path, found)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_reasons_that_somebody_wrote_stay_and_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("eval(a)\neval(b)\n")
    entries = keep(tmp_path, [at(1), at(2)])
    first = [entries[0].model_copy(update={"reason": "known since 2019"}), entries[1]]
    write_baseline(tmp_path, first)
    judgement = judgement_of(judged(report(tmp_path, {"backend": [at(1), at(2)]})))
    assert sorted(one.reason for one in judgement.suppressed) == ["", "known since 2019"]
    (tmp_path / "a.py").write_text("\n# moved\neval(a)\n")
    again = keep(tmp_path, [at(3)], read_baseline(tmp_path).entries)
    assert [entry.reason for entry in again] == ["known since 2019"]


def test_entries_that_no_finding_has_go_or_stay_as_asked(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("eval(a)\neval(b)\n")
    before = keep(tmp_path, [at(1), at(2)])
    judgement = judgement_of(judged(report(tmp_path, {"backend": [at(1)]})))
    assert entries_of(judgement.suppressed, before, keeps_rest=True) == before
    assert entries_of(judgement.suppressed, before, keeps_rest=False) == before[:1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Invalid JSON"), ("{", "Invalid JSON"), ("[]", "object"), ("{}", "version"),
        ('{"version": 2, "findings": []}', "version"),
        ('{"version": 1, "findings": [{"rule": "a"}]}', "findings.0"),
        ('{"version": 1, "findings": [], "more": 1}', "more"),
        ('{"version": 1, "findings": [{"rule": "a", "message": "m", "fingerprint": "*"}]}',
         "fingerprint"),
        ("<<<<<<< HEAD\n{}", "Invalid JSON"), ("[" * 100_000, "JSON"), ("\xff", "JSON"),
    ],
)  # fmt: skip
def test_a_damaged_one_is_a_finding_and_no_other_is_lost(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    judgement = judgement_of(judged(report(tmp_path, {"backend": [at(1)]})))
    problem, other = judgement.findings
    assert (problem.finding.rule, problem.finding.file) == ("baseline-unreadable", FILE)
    assert why in problem.finding.message
    assert "genesis baseline write" in problem.finding.message
    assert other.finding == at(1)
    assert (problem.specialists, judgement.suppressed) == ((), ())


def test_it_cannot_be_a_link_a_folder_a_pipe_or_endless(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"version": 1, "findings": []}')
    for number, make in enumerate(
        (lambda p: p.symlink_to(outside), lambda p: p.symlink_to("/nowhere"), lambda p: p.mkdir(),
         os.mkfifo, lambda p: p.write_bytes(b" " * (33 * 2**20)))
    ):  # fmt: skip
        repository = tmp_path / str(number)
        repository.mkdir()
        make(repository / FILE)
        found = read_baseline(repository)
        assert [problem.rule for problem in found.problems] == ["baseline-unreadable"], number
    assert read_baseline(tmp_path / "absent") == read_baseline(tmp_path)


def test_a_damaged_one_is_fixed_when_it_is_corrected(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    before = judged(report(tmp_path, {}))
    (tmp_path / FILE).write_text('{"version": 1, "findings": []}')
    after = judgement_of(judged(report(tmp_path, {}), before))
    assert [one.rule for one in after.fixed] == ["baseline-unreadable"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some_findings(), st.sampled_from(["x = 1\nx = 1\n", "a\nb\nc\n"]))
def test_what_was_written_suppresses_everything_it_was_made_of(
    tmp_path: Path, found: list[Finding], text: str
) -> None:
    (tmp_path / FILE).unlink(missing_ok=True)
    (tmp_path / "a.py").write_text(text)
    entries = keep(tmp_path, found)
    assert list(read_baseline(tmp_path).entries) == entries
    judgement = judgement_of(judged(report(tmp_path, {"backend": found})))
    assert (judgement.findings, len(judgement.suppressed)) == ((), len(entries))
    assert keep(tmp_path, found, tuple(entries)) == entries
