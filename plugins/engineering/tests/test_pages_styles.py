"""CSS that browsers ignore is reported where it stands; what any browser reads never is."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.pages.css_blocks import unbalanced_brace
from genesis_engineering.pages.css_faults import sheet_faults, style_faults
from genesis_engineering.pages.css_names import COLOURS, UNITS, properties
from genesis_engineering.pages.words import is_slip, nearest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.page_files import check, page, places


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("a {\n  colr: red;\n}", ["mistyped-property 2"]),
        ("a {\n  backgroud-color: red;\n}", ["mistyped-property 2"]),
        ("a {\n  xcolor: red;\n}", []),
        ("a {\n  color: red\n  margin: 0;\n}", ["missing-semicolon 2"]),
        ("a {\n  margin 0;\n  color: red;\n}", ["missing-colon 2"]),
        ("a {\n  color: #12345;\n}", ["invalid-colour 2"]),
        ("a {\n  border: 1px solid\n    #ggg;\n}", ["invalid-colour 3"]),
        ("a {\n  color: whitte;\n}", ["invalid-colour 2"]),
        ("a {\n  justify-content: centre;\n}", ["mistyped-value 2"]),
        ("a {\n  display: inline-blok;\n}", ["mistyped-value 2"]),
        ("a {\n  overflow: hidden\n    scrol;\n}", ["mistyped-value 3"]),
        ("a {\n  width: 10xp;\n}", ["unknown-unit 2"]),
        ("a {\n  margin: calc(1rm + 2px) 0;\n}", ["unknown-unit 2"]),
        ("a {\n  padding: 10 px;\n}", ["detached-unit 2"]),
        ("a {\n  margin: 0 5;\n}", ["length-without-unit 2"]),
        ("a:hoover { color: red }", ["mistyped-pseudo 1"]),
        ("a::befor { color: red }", ["mistyped-pseudo 1"]),
        ("ul li:not(:frist-child) { color: red }", ["mistyped-pseudo 1"]),
        ("@meida print { a { color: red } }", ["mistyped-at-rule 1"]),
        ("@media (max-widht: 9px) { a { color: red } }", ["mistyped-feature 1"]),
        ("a, { color: red }", ["broken-selector 1"]),
        (".2col { color: red }", ["broken-selector 1"]),
        ("#3d { color: red }", ["broken-selector 1"]),
        ("a { color: red }\n}\nb { color: red }", ["stray-brace 2"]),
        ("a { color: red }\nb {\n color: red", ["unclosed-block 2"]),
        ("// note\na { color: red }", ["line-comment 1"]),
        ("a {\n  // note\n  color: red;\n}", ["line-comment 2"]),
        ("a { color: red }\n@import 'b.css';", ["late-import 2"]),
        ("a {\n  margin: 1px;\n  margin: 2px;\n}", ["overridden-declaration 3"]),
        ("a {\n  color: red;\n  color: red;\n}", ["overridden-declaration 3"]),
        ("@media print {\n a {\n  @media all {\n colr: red }}}", ["mistyped-property 4"]),
    ],
)
def test_each_fault_is_found_at_its_line(css: str, expected: list[str]) -> None:
    assert [f"{fault.rule} {fault.line}" for fault in sheet_faults(css)] == expected


@pytest.mark.parametrize(
    "css",
    [
        ":root { --Main: { a: b }; --x: 10 px; --y:; } a { color: var(--Main, red) }",
        "a { *zoom: 1; _height: 1px; width: 10px\\9; filter: progid:DXImageTransform.M(a='#x') }",
        "a { -webkit-foo: bar; -moz-colr: red; --colr: red }",
        "a { height: 100vh; height: 100dvh; display: -webkit-box; display: flex }",
        "a { font-size: 16px; font-size: 1rem; color: #000; color: #000a; color: rgb(0 0 0 / 1) }",
        "a { background: red; background: linear-gradient(red, blue) }",
        "a { margin: 0 auto; line-height: 1.5; flex: 1 0 0; z-index: 3; opacity: .5; tab-size: 4 }",
        "a { font: 12px/1.5 'a:b', serif; grid-area: 1 / 2 / span 2; aspect-ratio: 16 / 9 }",
        "a { background: url(http://a.example/b;c:d) } @font-face { unicode-range: U+26, U+4?? }",
        "@charset 'utf-8'; @layer a, b; @import 'x.css' layer(a); a { color: CanvasText }",
        "@media screen and (min-width: 1px) and (400px <= width <= 700px) { a { color: red } }",
        "@supports (display: grid) { a { & > b:is(c, d) { color: red } &:hover { color: red } } }",
        "@keyframes a { 0% { top: 0 } 33.3% { top: 1px } to { top: 2px } }",
        "a { scrollbar-dark-shadow-color: red }",
        "a::-webkit-scrollbar { width: 1px } b:deep(c) { color: red } d::part(e) { color: red }",
        "a[href$='.2col'] { color: red } .\\32 col { color: red } @page :first { margin: 1in }",
        "@font-feature-values F { @styleset { a: 1 } } @property --x { syntax: '*' }",
        "$a: 1px; b { width: $a }",
        "@mixin a { colr: red } // x",
        "@define-color x #12345; a { colr: red }",
        ".a { composes: b from './c.css' } a { }",
        "/* } */ a { content: '}' } b { background: url(data:image/svg+xml;utf8,{) }",
        "a { align-items: safe center; place-items: first baseline; overflow: clip auto }",
        "a { display: var(--dsplay); position: -webkit-sticky; float: Inherit; clear: @botth }",
        "a { display: newest-value; text-align: -moz-center; visibility: hidden !important }",
        "a { transition: all .2S EASE-IN; width: CALC(1PX + 2Vw); color: #FFF }",
        "a { color: red; } /* unfinished",
        "",
    ],
)  # fmt: skip
def test_what_browsers_or_preprocessors_read_is_no_fault(css: str) -> None:
    assert sheet_faults(css) == []


def test_style_attributes_and_elements_are_read_at_their_place(tmp_path: Path) -> None:
    head = "\n<style>\na { colr: red }\n</style>"
    body = '<p style="width: 10;\n  colr: red">x</p><p style="color: {{ x }}; colr: red">y</p>'
    files: dict[str, str | bytes] = {"a.html": page(body, head)}
    assert places(check("styles", tmp_path, files)) == [
        "medium mistyped-property a.html:3",
        "low length-without-unit a.html:7",
        "medium mistyped-property a.html:8",
    ]


def test_a_variable_that_is_one_slip_from_a_defined_one_is_reported(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.css": ":root { --accent-color: red }\na { color: var(--acent-color) }\n"
        "b { color: var(--acent-color, red) }\nc { color: var(--bs-other) }\n"
        "/* var(--accent-colour) */ d { color: var(--set-by-script) }\n",
        "b.js": "el.style.setProperty('--set-by-scripts', 1); x = '--set-by-script'",
    }
    assert places(check("styles", tmp_path, files)) == ["medium undefined-variable a.css:2"]


def test_libraries_minified_files_templates_and_tests_are_left_alone(tmp_path: Path) -> None:
    wrong = "a { colr: red }\n"
    files: dict[str, str | bytes] = {
        "css/bootstrap.css": wrong, "css/a.min.css": wrong, "tests/a.css": wrong,
        "css/b.css": "/*! thing v1.2.3 */\n" + wrong, "css/c.css": "{{ x }}" + wrong,
        "css/d.css": wrong.strip() * 60, "static/lib/e.css": wrong, "vendor/f.css": wrong,
        "g.scss": wrong, "mail/h.html": page("x", f"<style>{wrong}</style>"),
        "css/own.css": wrong,
    }  # fmt: skip
    assert places(check("styles", tmp_path, files)) == ["medium mistyped-property css/own.css:1"]


def test_faults_in_examples_are_low(tmp_path: Path) -> None:
    assert places(check("styles", tmp_path, {"examples/a.css": "a { colr: red }"})) == [
        "low mistyped-property examples/a.css:1"
    ]


@pytest.mark.parametrize(
    "css", ["{" * 60_000, "a{" * 20_000, "a:" * 60_000, ":" * 90_000, "[" * 90_000, "/*" * 50_000,
            "@media{" * 9_000, "a{b:c}" * 20_000, "var(" * 20_000, '"' * 90_000, "url(" * 30_000]
)  # fmt: skip
def test_hostile_sheets_are_read_to_their_end(tmp_path: Path, css: str) -> None:
    lines = "\n".join(css[n : n + 400] for n in range(0, len(css), 400))
    assert "1 file" in check("styles", tmp_path, {"a.css": lines}).summary


_VALUES = st.sampled_from(["0", "1px", "#fff", "red", "50%", "calc(1px + 2em)", "var(--x)"])
_WORDS = st.text("abcdefgh-", min_size=4, max_size=9)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(sorted(properties())), _VALUES), max_size=8))
def test_declarations_of_known_names_have_no_fault(
    declarations: list[tuple[str, str]],
) -> None:
    names = dict(declarations)
    css = "; ".join(f"{name}: {value}" for name, value in names.items())
    assert [fault.rule for fault in style_faults(css)] == []


@given(st.text("{}'\"/*\n a", max_size=60))
def test_the_brace_that_is_named_is_one_of_the_text(text: str) -> None:
    line = unbalanced_brace(text)
    assert line is None or "{" in text.split("\n")[line - 1]


@given(_WORDS, _WORDS)
def test_slips_go_both_ways_and_are_never_the_word_itself(one: str, other: str) -> None:
    assert is_slip(one, other) == is_slip(other, one)
    assert not is_slip(one, one)
    assert nearest(one, {one, other}) is None


@given(_WORDS, st.integers(0, 8))
def test_a_letter_left_out_or_swapped_is_a_slip(word: str, place: int) -> None:
    place %= len(word)
    assert is_slip(word[:place] + word[place + 1 :], word)
    swapped = word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
    assert swapped == word or is_slip(swapped, word)


def test_the_lists_hold_what_everybody_uses() -> None:
    assert len(COLOURS) == 148
    assert {"px", "rem", "dvh", "cqw", "fr"} <= UNITS
    assert {
        "color",
        "grid-template-areas",
        "inset-inline",
        "text-wrap",
        "zoom",
        "fill",
    } <= properties()
    assert not [name for name in properties() if name.startswith("-") or name != name.lower()]
