"""Statements of templates in lines of their own, what extends another, and what gets a name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from genesis_engineering.pages.templates import UNKNOWN, mask_expressions
from hypothesis import given
from hypothesis import strategies as st

from plugins.engineering.tests.page_files import check, page, places


@pytest.fixture(autouse=True)
def _no_browser(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a browser sees has tests of its own; here it would only cost time."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(folder))


_LAYOUT = "<!doctype html><html><head><title>\n{prefix} block title\nA\n{prefix} endblock\n"
_LAYOUT += "</title></head><body>b</body></html>"


@pytest.mark.parametrize(
    "start",
    ["# extends 'a.html'\n", "{# Copyright #}\n#  extends \"a.html\"\n", "{% extends 'a.html' %}\n",
     "{%- extends layout %}"],
)  # fmt: skip
def test_the_html_of_what_extends_another_is_thrown_away(tmp_path: Path, start: str) -> None:
    text = start + _LAYOUT.format(prefix="#")
    assert places(check("accessibility", tmp_path, {"b.html": text})) == []


@pytest.mark.parametrize("prefix", ["#", "%", "  #-"])
def test_the_layout_itself_is_judged(tmp_path: Path, prefix: str) -> None:
    text = _LAYOUT.format(prefix=prefix)
    assert places(check("accessibility", tmp_path, {"b.html": text})) == [
        "medium page-without-language b.html:1"
    ]


def test_an_example_of_what_extends_another_throws_nothing_away(tmp_path: Path) -> None:
    text = "<html><title>a</title><body><pre>\n# extends 'a'\n{% extends 'a' %}</pre></body></html>"
    assert places(check("accessibility", tmp_path, {"b.html": text})) == [
        "medium page-without-language b.html:1"
    ]


def test_a_line_of_a_template_may_be_the_name_of_a_link() -> None:
    text = "<a href='#b'>\n  # if a < b\n  ${a}\n  # endif\n  ## <b>\n</a>\n# endset\n"
    masked = mask_expressions(text, ".html")
    assert masked.has_blocks
    assert set("".join(masked.text.split("\n")[1:5]).strip()) <= {UNKNOWN, " "}


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("<pre>\n# if the shop is open\n# for each host\n# endif\n</pre>", ".html"),
        ("<pre>\n# extends the range\n# block the door\n</pre>", ".html"),
        ("#set { a: b }\n# endfor\n", ".css"),
    ],
)
def test_comments_of_shells_and_headings_are_no_statements(text: str, suffix: str) -> None:
    assert mask_expressions(text, suffix).text == text


@pytest.mark.parametrize(
    "body",
    [
        "# set box\n<input name='a'>\n# endset\n<label>A ${box}</label>",
        "{% set box %}<input name='a'>{%- endset -%}<label>A {{ box }}</label>",
        "{% set box | trim %}<input name='a'>{% endset %}<label>A {{ box }}</label>",
        "{% capture box %}<select name='a'></select>{% endcapture %}<label>A {{ box }}</label>",
    ],
)
def test_a_field_that_gets_a_name_stands_somewhere_else(tmp_path: Path, body: str) -> None:
    assert places(check("accessibility", tmp_path, {"a.html": page(body)})) == []


@pytest.mark.parametrize(
    "body",
    [
        "# set box = 1\n<input name='a'>\n# endfor",
        "{% set box = 1 %}\n<input name='a'>",
        "{% set box %}b{% endset %}\n<input name='a'>{% set c %}d{% endset %}",
    ],
)
def test_a_field_outside_of_what_gets_a_name_needs_a_label(tmp_path: Path, body: str) -> None:
    assert places(check("accessibility", tmp_path, {"a.html": page(body)})) == [
        "medium control-without-label a.html:5"
    ]


_PIECES = st.sampled_from(
    ["# set x\n", "# endset\n", "% if a\n", "# endfor\n", "## b\n", "# extends 'a'\n", "<p>", "\n",
     "{% set x %}", "{% endset %}", " ", "#"]
)  # fmt: skip


@given(st.lists(_PIECES).map("".join))
def test_hiding_lines_keeps_every_place(text: str) -> None:
    masked = mask_expressions(text, ".html").text
    assert len(masked) == len(text)
    assert all(
        after in (before, UNKNOWN) and (before == "\n") == (after == "\n")
        for before, after in zip(text, masked, strict=True)
    )


def test_long_lines_and_blanks_are_read_in_one_go() -> None:
    for piece in ("# set ", " ", "\t#", "# if a\n", "# endset x", "{% set ", "{% set x |"):
        text = "# endset\n" + piece * (300_000 // len(piece))
        assert len(mask_expressions(text, ".html").text) == len(text)
