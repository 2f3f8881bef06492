"""What is planted is found, and next to nothing else: recall and precision of each specialist.

`python -m plugins.engineering.tests.planted.scoring 1 2` prints the same sheets.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from genesis.contracts import Finding, Severity

from plugins.engineering.tests.planted._held_out_2 import PARTS
from plugins.engineering.tests.planted.generate import (
    Due,
    draw_words,
    plant,
    planted_files,
    take_marks,
)
from plugins.engineering.tests.planted.scoring import Score, compare, review, sheet, total

SEEDS = (1, 20_261)
FIRST = ("backend", "docs-expert", "senior-reviewer", "verification")
each_seed = pytest.mark.parametrize("seed", SEEDS)


@cache
def scores(seed: int) -> tuple[Score, ...]:
    """One session over everything planted, with the words of a seed."""
    with TemporaryDirectory(prefix="genesis-planted-") as name:
        folder = Path(name)
        dues = plant(folder / "project", seed)
        return tuple(compare(dues, review(folder / "project", folder)))


@pytest.mark.timeout(300)
@each_seed
def test_in_all_nine_of_ten_are_found_and_nineteen_of_twenty_findings_are_true(seed: int) -> None:
    everything = total(scores(seed))
    assert everything.recall >= 0.90, sheet(scores(seed))
    assert everything.precision >= 0.95, sheet(scores(seed))


@pytest.mark.timeout(300)
@each_seed
def test_each_specialist_finds_most_and_says_little_else(seed: int) -> None:
    weak = [
        score.specialist
        for score in scores(seed)
        if score.recall < 0.85 or (score.due and score.precision < 0.90)
    ]
    assert weak == [], sheet(scores(seed))


@pytest.mark.timeout(300)
@each_seed
def test_who_has_nothing_planted_reports_nothing(seed: int) -> None:
    talking = [score.specialist for score in scores(seed) if not score.due and score.false]
    assert talking == [], sheet(scores(seed))


def test_what_one_module_holds_for_several_specialists_is_planted_too() -> None:
    files = planted_files()
    assert len(PARTS) == 7
    for specialist, part in PARTS.items():
        assert part.items() < files[specialist].items()


def test_enough_is_planted_of_many_rules_in_several_languages() -> None:
    dues = [
        due
        for name, files in planted_files().items()
        for path, text in files.items()
        for due in take_marks(name, path, text)[1]
    ]
    assert len(dues) >= 60
    assert len({due.rule for due in dues}) >= 25
    early = [due for due in dues if due.specialist in FIRST]
    assert len(early) >= 45
    assert len({due.rule for due in early}) >= 20
    suffixes = {Path(due.path).suffix for due in dues}
    assert {".py", ".js", ".go", ".java", ".c", ".md", ".rst", ".yaml", ".json"} <= suffixes
    assert set(FIRST) <= {due.specialist for due in dues}


def test_most_planted_files_hold_lines_that_are_innocent() -> None:
    files = [text for texts in planted_files().values() for text in texts.values()]
    lines = sum(text.count("\n") for text in files)
    marks = sum(text.count("⟦") for text in files)
    assert lines > 8 * marks


def test_a_mark_is_taken_out_and_makes_a_finding_due() -> None:
    text, dues = take_marks("backend", "a.py", "import os  ⟦unused-import⟧⟦other⟧\nx = 1\n")
    assert text == "import os\nx = 1\n"
    assert dues == {Due("backend", "a.py", 1, "unused-import"), Due("backend", "a.py", 1, "other")}
    assert take_marks("backend", "a", "x ⟦ux-designer/no-label⟧")[1] == {
        Due("ux-designer", "a", 1, "no-label")
    }
    assert take_marks("backend", "a", "x ⟦y⟧ z") == ("x ⟦y⟧ z", set())


def test_a_seed_draws_its_words_and_the_repository_is_committed(tmp_path: Path) -> None:
    files = {"backend": {"{a}/{b}.py": "import {a}  ⟦unused-import⟧\nclass {A}: x = {1: 2}\n"}}
    words = draw_words(7)
    assert words == draw_words(7) != draw_words(8)
    assert len(set(words.values())) == 16
    dues = plant(tmp_path / "r", 7, files)
    path = f"{words['a']}/{words['b']}.py"
    assert dues == {Due("backend", path, 1, "unused-import")}
    written = f"import {words['a']}\nclass {words['A']}: x = {{1: 2}}\n"
    assert (tmp_path / "r" / path).read_text() == written
    status = ["git", "-C", str(tmp_path / "r"), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""


def test_two_specialists_cannot_plant_the_same_file(tmp_path: Path) -> None:
    files = {"backend": {"a.py": "x\n"}, "frontend": {"a.py": "y\n"}}
    with pytest.raises(ValueError, match=r"a\.py is planted by backend and by frontend"):
        plant(tmp_path / "r", 1, files)


def finding(rule: str, line: int | None, file: str = "a.py") -> Finding:
    return Finding(rule=rule, severity=Severity.LOW, message="m", file=file, line=line)


def test_what_is_found_missed_and_false_is_told_apart() -> None:
    dues = [Due("backend", "a.py", line, "eval") for line in (1, 2, 3, 4)]
    dues.append(Due("poet", "a.py", 1, "rhyme"))
    reported = [finding("eval", 1), finding("eval", None), finding("eval", 2), finding("exec", 3)]
    backend, poet, ux = compare(dues, {"backend": reported, "ux": [finding("eval", 4)]})
    assert [due.line for due in backend.found] == [1, 2]
    assert [due.line for due in backend.missed] == [3, 4]
    assert [(due.rule, due.line) for due, _ in backend.false] == [("eval", 1), ("exec", 3)]
    assert (backend.recall, backend.precision) == (0.5, 0.5)
    assert (poet.recall, poet.precision, ux.recall, ux.precision) == (0.0, 1.0, 1.0, 0.0)
    everything = total([backend, poet, ux])
    assert (everything.due, len(everything.found), len(everything.false)) == (5, 2, 3)
    printed = sheet([backend, poet, ux])
    assert "missed  poet               rhyme                      a.py:1" in printed
    assert "5 defects of 2 rules" in printed
