"""New, known and fixed: of real files that are edited, moved and removed between two sessions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from genesis.contracts import Finding
from genesis.contracts.judgements import FindingState
from genesis.contracts.reports import SessionReport
from genesis_engineering.judgement.judge import judge
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

CODE = "def f(x):\n    return eval(x)\n\n\ndef g(x):\n    return eval(x + 1)\n"


def found_in(repository: Path, word: str = "eval", **more: object) -> list[Finding]:
    """A finding for each line that holds the word, as a tool would give it."""
    return [
        finding(word, file=path.relative_to(repository).as_posix(), line=number + 1,
                evidence=line.strip(), message=f"{word} is used", **more)
        for path in sorted(repository.rglob("*.py"))
        for number, line in enumerate(path.read_text().split("\n"))
        if word in line and "genesis: ignore" not in word
    ]  # fmt: skip


def session(repository: Path, earlier: SessionReport | None = None, *words: str) -> SessionReport:
    found = [one for word in words or ("eval",) for one in found_in(repository, word)]
    return judged(report(repository, {"backend": found}, number=2), earlier)


def changes(after: SessionReport) -> tuple[list[str], list[str], list[str]]:
    """The places of what is new, known and fixed."""
    judgement = judgement_of(after)
    by_state = {
        state: tuple(one for one in judgement.findings if one.state == state)
        for state in FindingState
    }
    assert sum(map(len, by_state.values())) == len(judgement.findings)
    return (
        places(by_state[FindingState.NEW]),
        places(by_state[FindingState.KNOWN]),
        places(judgement.fixed),
    )


def test_without_an_earlier_session_nothing_has_a_state(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    judgement = judgement_of(session(tmp_path))
    assert [one.state for one in judgement.findings] == [None, None]
    assert (judgement.compared_with, judgement.describe()) == (None, "")


def test_lines_that_moved_and_files_that_others_changed_make_nothing_new(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    before = session(tmp_path)
    (tmp_path / "a.py").write_text("import os\n\n\n" + CODE.replace("\n\n\n", "\n\n\n# g\n"))
    after = session(tmp_path, before)
    assert changes(after) == ([], ["eval a.py:5", "eval a.py:10"], [])
    assert judgement_of(after).describe() == "0 new, 2 known, 0 fixed since session-2"


def test_what_is_fixed_and_what_is_added_is_told_apart_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    before = session(tmp_path)
    text = CODE.replace("return eval(x)\n", "return x\n", 1)
    (tmp_path / "a.py").write_text(text + "\n\ndef h(z):\n    print(eval(z))\n")
    after = session(tmp_path, before)
    assert changes(after) == (["eval a.py:10"], ["eval a.py:6"], ["eval a.py:2"])


def test_of_lines_with_the_same_text_the_one_that_went_is_told_by_its_surroundings(
    tmp_path: Path,
) -> None:
    parts = [f"def f{n}(x):\n    before{n}()\n    eval(x)\n    after{n}()\n" for n in range(3)]
    (tmp_path / "a.py").write_text("".join(parts))
    before = session(tmp_path)
    (tmp_path / "a.py").write_text(parts[0].replace("eval(x)", "x()") + parts[1] + parts[2])
    after = session(tmp_path, before)
    assert changes(after) == ([], ["eval a.py:7", "eval a.py:11"], ["eval a.py:3"])


def function(name: str, call: str, handler: str) -> str:
    body = f"    try:\n        return {call}(text)\n    {handler}\n        pass\n"
    return f"def {name}(text):\n{body}\n\n"


def test_a_line_that_says_little_is_another_one_in_other_surroundings(tmp_path: Path) -> None:
    code = function("first", "one", "except:") + function("second", "two", "except ValueError:")
    (tmp_path / "a.py").write_text(code)
    before = session(tmp_path, None, "except:")
    code = function("first", "one", "except ValueError:") + function("third", "three", "x = 1")
    (tmp_path / "a.py").write_text(code + function("second", "two", "except:"))
    after = session(tmp_path, before, "except:")
    assert changes(after) == (["except: a.py:18"], [], ["except: a.py:4"])


def test_functions_that_share_a_line_are_not_taken_for_each_other(tmp_path: Path) -> None:
    parts = [function(name, "parse", "except:") for name in ("first", "second")]
    (tmp_path / "a.py").write_text("def head(items=[]):\n    return items\n\n\n" + "".join(parts))
    before = session(tmp_path, None, "except:")
    parts[0] = function("first", "parse", "except ValueError:")
    code = "def head(items=[]):\n    return items\n\n\n" + "".join(parts)
    (tmp_path / "a.py").write_text(code + function("third", "other", "except:"))
    after = session(tmp_path, before, "except:")
    assert changes(after) == (["except: a.py:22"], ["except: a.py:15"], ["except: a.py:8"])


def test_a_line_that_was_edited_a_little_keeps_its_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("value = eval(text)\n")
    before = session(tmp_path)
    (tmp_path / "a.py").write_text("value = eval(text, {})  # noqa\n")
    assert changes(session(tmp_path, before)) == ([], ["eval a.py:1"], [])


def test_of_two_findings_on_one_line_the_other_stays_when_one_is_fixed(tmp_path: Path) -> None:
    def links(*targets: str) -> SessionReport:
        line = " and ".join(f"[text]({target})" for target in targets)
        (tmp_path / "a.md").write_text(line)
        gone = [t for t in targets if t != "good.md"]
        found = [finding("broken-link", file="a.md", line=1, message=f"no {target}",
                         evidence=line) for target in gone]  # fmt: skip
        return report(tmp_path, {"backend": found}, number=len(gone))

    before = judged(links("x.md", "y.md"))
    after = judged(links("good.md", "y.md"), before)
    assert changes(after)[1] == ["broken-link a.md:1"]
    assert [one.message for one in judgement_of(after).fixed] == ["no x.md"]


def test_a_file_in_another_folder_keeps_its_findings_if_the_old_one_is_gone(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.py").write_text(CODE)
    before = session(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(CODE)
    new, known, fixed = changes(session(tmp_path, before))
    assert (len(new), len(known), fixed) == (2, 2, [])
    (tmp_path / "a.py").unlink()
    assert changes(session(tmp_path, before)) == (
        [], ["eval src/a.py:2", "eval src/a.py:6"], [],
    )  # fmt: skip


def test_a_rule_that_another_tool_saw_by_another_name_is_the_same_finding(tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_text("password: ghp_x\n")
    at = {"file": "ci.yml", "line": 1}
    before = judged(report(tmp_path, {"backend": [finding("github-token", **at)]}))
    after = judged(report(tmp_path, {"frontend": [finding("ci-secret", **at)]}), before)
    assert changes(after) == ([], ["ci-secret ci.yml:1"], [])


def test_what_nobody_looked_for_is_not_fixed_and_is_handed_on_until_somebody_does(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.py").write_text(CODE)
    first = session(tmp_path)
    failed = judged(report(tmp_path, {}, number=3, failed=("backend",)), first)
    judgement = judgement_of(failed)
    assert (judgement.fixed, judgement.findings) == ((), ())
    assert places(judgement.not_comparable) == ["eval a.py:2", "eval a.py:6"]
    assert "2 of before not looked at this time" in judgement.describe()
    absent = judged(report(tmp_path, {}, specialists=("frontend",)), failed)
    assert len(judgement_of(absent).not_comparable) == 2
    (tmp_path / "a.py").write_text(CODE.replace("x + 1", "y").replace("eval(y)", "y"))
    again = session(tmp_path, absent)
    assert changes(again) == ([], ["eval a.py:2"], ["eval a.py:6"])
    assert judgement_of(again).not_comparable == ()


def test_what_was_not_looked_for_before_is_not_new(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    before = judged(report(tmp_path, {}, failed=("backend",)))
    found = {"backend": found_in(tmp_path), "frontend": [finding("page")]}
    after = judgement_of(judged(report(tmp_path, found), before))
    states = {one.finding.rule: one.state for one in after.findings}
    assert states == {"eval": None, "page": FindingState.NEW}


@pytest.mark.parametrize(
    ("before", "now", "is_short"),
    [
        ("", "the rest: no time was left", True),
        ("3 files: no time", "4 files: no time", True),
        ("4 files: no time", "3 files: no time", False),
        ("3 files: no time", "3 files: no time", False),
        ("3 files: no time", "1 file: too large", True),
        ("3 files: no time", "", False),
    ],
)
def test_what_a_specialist_left_out_this_time_is_fixed_only_if_its_line_is_gone(
    tmp_path: Path, before: str, now: str, is_short: bool
) -> None:
    (tmp_path / "a.py").write_text(CODE)
    found = [one.model_copy(update={"evidence": "what it printed"}) for one in found_in(tmp_path)]
    left_out = [{"backend": what} if what else {} for what in (before, now)]
    first = judged(report(tmp_path, {"backend": found}, omitted=left_out[0]))
    (tmp_path / "a.py").write_text(CODE.replace("return eval(x)\n", "return x\n", 1))
    after = judgement_of(judged(report(tmp_path, {}, omitted=left_out[1]), first))
    assert places(after.fixed) == ["eval a.py:2", *([] if is_short else ["eval a.py:6"])]
    assert places(after.not_comparable) == (["eval a.py:6"] if is_short else [])


def test_what_was_in_a_file_that_is_gone_is_fixed_whoever_looked(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    before = session(tmp_path)
    (tmp_path / "a.py").unlink()
    after = judgement_of(judged(report(tmp_path, {}, failed=("backend",)), before))
    assert places(after.fixed) == ["eval a.py:2", "eval a.py:6"]


def test_what_is_suppressed_since_is_neither_fixed_nor_new_when_it_is_back(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    before = session(tmp_path)
    comment = "  # genesis: ignore[eval] on purpose"
    (tmp_path / "a.py").write_text(CODE.replace("eval(x)\n", f"eval(x){comment}\n"))
    hidden = session(tmp_path, before)
    assert changes(hidden) == ([], ["eval a.py:6"], [])
    assert places(judgement_of(hidden).suppressed) == ["eval a.py:2"]
    (tmp_path / "a.py").write_text(CODE)
    assert changes(session(tmp_path, hidden)) == ([], ["eval a.py:2", "eval a.py:6"], [])


def test_of_five_hundred_all_are_compared_though_three_are_shown(tmp_path: Path) -> None:
    lines = [f"value_{n} = eval(text_{n})" for n in range(500)]
    (tmp_path / "a.py").write_text("\n".join(lines))
    before = session(tmp_path)
    lines[499], lines[250] = "pass", "pass"
    (tmp_path / "a.py").write_text("\n".join([*lines, "added = eval(more)"]))
    after = session(tmp_path, before)
    new, known, fixed = changes(after)
    assert (new, len(known)) == (["eval a.py:501"], 498)
    assert fixed == ["eval a.py:251", "eval a.py:500"]
    shown = [one for one in judgement_of(after).findings if one.is_shown]
    assert len(shown) == 3
    assert shown[-1].state == FindingState.NEW


@pytest.mark.parametrize("path", ["../secret.py", "/etc/passwd", "loop.py", "out.py", "a\0b"])
def test_no_file_outside_of_the_repository_is_read(tmp_path: Path, path: str) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (tmp_path / "secret.py").write_text("# genesis: ignore[eval]\nx\n")
    (repository / "out.py").symlink_to(tmp_path / "secret.py")
    (repository / "loop.py").symlink_to(repository / "loop.py")
    one = finding("eval", file=path, line=2)
    after = judgement_of(judged(report(repository, {"backend": [one]})))
    assert len(after.findings) == 1


# Each example writes the files anew.
rewriting = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
files = st.lists(st.sampled_from(["x = 1", "y = 2", "", "def f():", "    x = 1"]), max_size=8).map(
    "\n".join
)


@rewriting
@given(before=some_findings(), after=some_findings(), old=files, new=files)
def test_every_finding_is_in_exactly_one_part(
    tmp_path: Path, before: list[Finding], after: list[Finding], old: str, new: str
) -> None:
    (tmp_path / "tests").mkdir(exist_ok=True)
    for name in ("a.py", "tests/b.py"):
        (tmp_path / name).write_text(old)
    first = judged(report(tmp_path, {"backend": before}))
    assert judge(first, None) == judgement_of(first)
    for name in ("a.py", "tests/b.py"):
        (tmp_path / name).write_text(new)
    second = report(tmp_path, {"backend": after}, number=2)
    judgement = judge(second, first)
    then, now = judgement_of(first).findings, judgement.findings
    counts = judgement.counts()
    assert counts["new"] + counts["known"] == len(now)
    assert counts["known"] + counts["fixed"] == len(then)
    assert not judgement.not_comparable
    had = Counter(one.finding.model_dump_json() for one in then)
    assert Counter(one.model_dump_json() for one in judgement.fixed) <= had
    assert len({one.fingerprint for one in now}) == len(now)
    again = judge(second, judged(second, first))
    assert again.counts() | {"fixed": 0, "new": 0} == again.counts()
    assert [one.finding for one in again.findings] == [one.finding for one in now]


@rewriting
@given(found=some_findings(), text=files, above=st.integers(1, 5))
def test_lines_above_change_nothing_but_numbers(
    tmp_path: Path, found: list[Finding], text: str, above: int
) -> None:
    inside = [
        one.model_copy(update={"file": "a.py", "line": one.line and min(one.line, 4)})
        for one in found
    ]
    whole = text + "\n" * 5
    (tmp_path / "a.py").write_text(whole)
    first = judged(report(tmp_path, {"backend": inside}))
    (tmp_path / "a.py").write_text("# new\n" * above + whole)
    moved = [one.model_copy(update={"line": one.line and one.line + above}) for one in inside]
    counts = judgement_of(judged(report(tmp_path, {"backend": moved}), first)).counts()
    assert (counts["new"], counts["fixed"]) == (0, 0)
