"""Comments that suppress: where they count, what they must say, and that nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts.judgements import SuppressedBy
from genesis_engineering.judgement.suppressing import without_marker
from hypothesis import given
from hypothesis import strategies as st

from plugins.engineering.tests.judging import finding, judged, judgement_of, report


def suppressed(folder: Path, text: str, line: int, rule: str = "eval") -> list[str] | None:
    """The reasons of what is suppressed; None when the finding stands."""
    (folder / "file").write_text(text)
    one = finding(rule, file="file", line=line)
    judgement = judgement_of(judged(report(folder, {"backend": [one]})))
    assert len(judgement.findings) + len(judgement.suppressed) == 1
    assert all(found.by == SuppressedBy.COMMENT for found in judgement.suppressed)
    return [found.reason for found in judgement.suppressed] or None


@pytest.mark.parametrize(
    "comment",
    ["# {}", "// {}", "/* {} */", "-- {}", "<!-- {} -->", "; {}", "% {}", "{{# {} #}}", "(* {} *)",
     "REM {}", "' {}", '" {}', "<%-- {} --%>", "* {}", "#{}", "  //\t{}"],
)  # fmt: skip
def test_any_comment_on_the_line_or_on_its_own_above_suppresses(
    tmp_path: Path, comment: str
) -> None:
    marker = comment.format("genesis: ignore[eval]")
    assert suppressed(tmp_path, f"a\nx = eval(y)  {marker}\n", 2) is not None
    assert suppressed(tmp_path, f"a\n{marker}\nx = eval(y)\n", 3) is not None
    assert suppressed(tmp_path, f"a\n{marker}\n\nx = eval(y)\n", 4) is None
    assert suppressed(tmp_path, f"x = eval(y)\n{marker}\n", 1) is None


@pytest.mark.parametrize(
    "marker",
    ["genesis: ignore", "genesis: ignore[]", "genesis: ignore[other]", "genesis: ignore[eval2]",
     "genesis: ignore(eval)", "genesis ignore[eval]", "genesis: ignore[*]", "ignore[eval]",
     "mygenesis: ignore[eval]", "genesis: ignored[eval]", "Genesis: Ignore[eval]",
     "genesis: ignore[eval"],
)  # fmt: skip
def test_what_does_not_name_the_rule_suppresses_nothing(tmp_path: Path, marker: str) -> None:
    assert suppressed(tmp_path, f"# {marker}\nx = eval(y)  # {marker}\n", 2) is None


def test_a_comment_behind_code_is_about_its_own_line_only(tmp_path: Path) -> None:
    text = "a = eval(x)  # genesis: ignore[eval]\nb = eval(y)\n"
    assert suppressed(tmp_path, text, 1) == [""]
    assert suppressed(tmp_path, text, 2) is None


def test_several_rules_and_a_reason(tmp_path: Path) -> None:
    text = "x  # noqa  genesis: ignore[bare-except, eval ,exec] -- checked by us\n"
    for rule in ("bare-except", "eval", "exec"):
        assert suppressed(tmp_path, text, 1, rule) == ["checked by us"]
    assert suppressed(tmp_path, text, 1, "unused-import") is None
    text = "<!-- genesis: ignore[broken-link]: made later -->\n[a](b)\n"
    assert suppressed(tmp_path, text, 2, "broken-link") == ["made later"]


def test_a_name_of_the_same_meaning_counts_too(tmp_path: Path) -> None:
    text = "key  # genesis: ignore[github-token]\n"
    assert suppressed(tmp_path, text, 1, "ci-secret") is not None


def test_what_has_no_line_or_cannot_be_read_is_never_suppressed(tmp_path: Path) -> None:
    comment = "# genesis: ignore[eval]\n"
    (tmp_path / "a").write_text(comment * 3)
    (tmp_path / "large").write_text(comment * 60_000)
    (tmp_path / "long").write_text("x" * 20_000 + comment)
    found = [
        finding("eval", file="a", message="1"), finding("eval", file="large", line=2),
        finding("eval", file="long", line=1), finding("eval", file="a", line=99),
        finding("eval", file="absent", line=1), finding("eval", message="2"),
    ]  # fmt: skip
    judgement = judgement_of(judged(report(tmp_path, {"backend": found})))
    assert (len(judgement.findings), judgement.suppressed) == (6, ())


def test_bytes_that_are_no_text_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe\x00 # genesis: ignore[eval]\r\n")
    one = finding("eval", file="a", line=1)
    judgement = judgement_of(judged(report(tmp_path, {"backend": [one]})))
    assert len(judgement.suppressed) == 1


@given(st.text(alphabet=st.characters(exclude_characters="\n"), max_size=30))
def test_a_line_is_the_same_with_such_a_comment_and_without(line: str) -> None:
    assert without_marker(line).split() == line.split()
    for comment in ("# genesis: ignore[a]", "/* genesis: ignore[a, b] why */"):
        ended = line if not line or line[-1] not in '#/*-;%"m' else line + "."
        assert without_marker(f"{ended}  {comment}").split() == ended.split()
