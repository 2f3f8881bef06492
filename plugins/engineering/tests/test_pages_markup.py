"""Markup that browsers repair is reported where it stands; sound markup never is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from genesis_engineering.pages.nesting import pair_tags
from genesis_engineering.pages.tags import scan_tags
from genesis_engineering.pages.tree import build_tree
from hypothesis import given, settings
from hypothesis import strategies as st
from justhtml import JustHTML

from plugins.engineering.tests.page_files import check, page, places


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<p class="a" class="b">x</p>', "medium duplicate-attribute"),
        ('<p class="a" class="a">x</p>', "low duplicate-attribute"),
        ("<textarea>\n<p>swallowed", "high endless-element"),
        ('<script src="a.js"/>\n<p>swallowed</p>', "high endless-element"),
        ('<p id="x">a</p><label for="x">b</label><p id="x">c</p>', "medium duplicate-id"),
        ('<p id="x">a</p><p id="x">c</p>', "low duplicate-id"),
        ('<button form="gone">b</button>', "medium missing-target"),
        ("<b>bold\n<p>x</p>", "medium unclosed-element"),
        ("<section><p>x</p>", "low unclosed-element"),
        ("<p>x</p></section>", "low stray-end-tag"),
        ("<b>x<i>y</b>z</i>", "low crossed-elements"),
        ("<form><form>x</form></form>", "medium dropped-tag"),
        ("<div><td>x</td></div>", "medium dropped-tag"),
        ("<table><tr><td>a</td></tr><div>b</div></table>", "medium moved-out-of-table"),
        ('<a href="a">x <a href="b">y</a></a>', "medium nested-link"),
        ("<p>x<ul><li>y</li></ul></p>", "low paragraph-cut-short"),
        ('<div class="x"/><p>y</p>', "medium self-closed-element"),
        ("<sectoin>x</sectoin>", "medium mistyped-element"),
        ('<input type="emial" name="a">', "medium mistyped-value"),
        ('<form method="pots">x</form>', "medium mistyped-value"),
        ('<img src="#" alt="" loading="lasy">', "low mistyped-value"),
        ("<center>x</center>", "low obsolete-element"),
    ],
)
def test_each_fault_is_reported_at_its_line(tmp_path: Path, body: str, expected: str) -> None:
    found = places(check("markup", tmp_path, {"index.html": page(body)}))
    assert f"{expected} index.html:4" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<html><head><style>a{color:red}</style></head><body>x</body></html>",
         ["medium missing-doctype page.html:1"]),
        ("<html><head></head><body>x</body></html>", ["low missing-doctype page.html:1"]),
        ("<html><head><style>a {}</style></head><body><iframe src=a></iframe></body></html>",
         ["low missing-doctype page.html:1"]),
        ("<!doctype html><html><head><title>a</title>\n<title>b</title></head><body></body></html>",
         ["low second-title page.html:2"]),
        ("<!doctype html><html><body>\n<p>é</p></body></html>",
         ["medium missing-charset page.html:2"]),
        ("<!doctype html><html><body>\n<script>a = 'é';</script><!-- ü --></body></html>",
         ["low missing-charset page.html:2"]),
        ("<!doctype html><html><body>\n<p>\ufffd</p></body></html>",
         ["low missing-charset page.html:2"]),
        ("<!doctype html><html>\n<head><!--" + "x" * 1100 + "-->\n<meta charset=utf-8></head>"
         "<body>é</body></html>", ["low late-charset page.html:3"]),
        ("<!doctype html><html>\n<head><title>" + "x" * 1100 + "</title>\n<meta charset=utf-8>"
         "</head><body>é</body></html>", ["medium late-charset page.html:3"]),
        ('<!doctype html><html><head>\n<link rel="styelsheet" href="a.css"></head></html>',
         ["medium mistyped-value page.html:2"]),
    ],
)  # fmt: skip
def test_the_head_of_a_page_is_checked(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert places(check("markup", tmp_path, {"page.html": text})) == expected


INNOCENT = {
    "omitted.html": page(
        "<ul><li>a<li>b</ul><p>c<p>d<table><tr><td>e<td>f<tr><td>g</table>"
        "<dl><dt>h<dd>i</dl><select><option>j<option>k</select><br/><img src='#' alt=''/>"
        '<a href=docs/>l</a><svg viewBox="0 0 1 1"><path d="M0 0"/><g/><title>m</title></svg>'
        "<math><mi>x</mi></math><template><tr><td>n</td></tr></template>"
        "<noscript><p>o</p></noscript><!-- <p> </b> --><textarea><b></textarea>"
        "<my-element/><p>q</p></my-element>"
    ),
    "scripts.html": page('<script>let a = "<div>" + "</b>"; if (a<b) { c }</script>'),
    "part.html": "<div class='header'>\n<p>opened here, closed in another file\n",
    "a.jinja": '{% if a %}<div class="x">{% else %}<div class="y">{% endif %}</div><p id="a">'
    '{% for b in c %}<p id="a">{% endfor %}<form><table {{ d }} class="x" class="y">',
    "b.erb": '<div <%= a %> id="x" <% if b %>id="y"<% end %>></div>',
    "c.vue": "<template>\n  <div class='a' :class='b'><Foo/><my-input type='emial'/></div>\n"
    "</template>\n",
    "mail/newsletter.html": "<html><body><center><font color=red>x</font></center></body></html>",
    "tests/broken.html": "<b><p class=a class=b></div>",
    "pydoc.html": "<html><head><title>Python: module shop</title></head><body><b></html>",
    "listing.html": '<html><body><pre><span class="WHIT">a</span></pre></body></html>',
    "built.html": '<html><body><script src="./assets/index-D1Qujclx.js"></script></html>',
    "docs/api.html": '<html><head><meta name="generator" content="pdoc"></head><b></html>',
    "feed.html": '<?xml version="1.0"?><rss><channel></rss>',
}


def test_a_template_has_a_scope_of_ids_of_its_own(tmp_path: Path) -> None:
    body = '<p id="x">a</p><template><p id="x">b</p><template><p id="x"></template></template>'
    files: dict[str, str | bytes] = {
        "a.html": page(body),
        "b.html": page(body + '\n<p id="x">c</p>'),
    }
    assert places(check("markup", tmp_path, files)) == ["low duplicate-id b.html:5"]


def test_what_only_looks_wrong_stays_unreported(tmp_path: Path) -> None:
    result = check("markup", tmp_path, dict(INNOCENT))
    assert places(result) == []
    assert "pages" in result.summary


def test_findings_in_documentation_are_low_at_most(tmp_path: Path) -> None:
    text = page('<script src="a.js"/>\n<p>swallowed</p>')
    assert places(check("markup", tmp_path, {"docs/a.html": text})) == [
        "low endless-element docs/a.html:4"
    ]


def test_many_of_a_kind_in_one_file_are_one_finding_with_their_number(tmp_path: Path) -> None:
    body = "\n".join('<p class="a" class="b">x</p>' for _ in range(9))
    result = check("markup", tmp_path, {"index.html": page(body)})
    assert places(result) == ["medium duplicate-attribute index.html:4"]
    assert "The file has 9 of this kind" in result.findings[0].message


def test_carriage_returns_do_not_move_lines(tmp_path: Path) -> None:
    text = page("<p>a</p>\n<b>x</b></section>").replace("\n", "\r\n")
    assert places(check("markup", tmp_path, {"a.html": text})) == ["low stray-end-tag a.html:5"]


_PIECES = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<table>", "<tr>", "<td>", "</table>", "<a>",
         "</a>", "<div>", "</div>", "<svg>", "</svg>", "<br>", "x", "<!-- c -->", "<form>",
         "</form>", "<template>", "</template>", "<select>", "<li>", "\n"]
    )
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(_PIECES)
def test_every_element_that_a_tag_made_knows_that_tag(pieces: list[str]) -> None:
    text = "".join(pieces)
    tags = scan_tags(text).tags
    for element in build_tree(text, tags).root.elements():
        if element.tag is not None:
            assert element.tag.name == element.name
            assert text[element.tag.start : element.tag.end].lower() == f"<{element.name}>"


@settings(deadline=None, max_examples=200)
@given(_PIECES)
def test_a_text_of_balanced_elements_has_nothing_left_over(pieces: list[str]) -> None:
    inner = "".join(one for one in pieces if not one.startswith("<"))
    text = f"<div><b>{inner}</b><p>{inner}<p></div>"
    nesting = pair_tags(scan_tags(text).tags)
    assert (nesting.unclosed, nesting.stray, nesting.crossed) == ([], [], [])
    assert len(nesting.spans) == 2


_ATTRIBUTES = st.lists(
    st.tuples(
        st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True),
        st.text(st.characters(codec="ascii", exclude_characters="\0\r\"&<"), max_size=12),
        st.sampled_from(['{}="{}"', "{} = \n\"{}\"", "{}\t=\"{}\""]),
    ),
    max_size=5,
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(_ATTRIBUTES)
def test_attributes_are_read_as_the_parser_of_the_standard_reads_them(
    attributes: list[tuple[str, str, str]],
) -> None:
    written = " ".join(form.format(name, value) for name, value, form in attributes)
    text = f"<p {written}>x</p>"
    (tag, _end) = scan_tags(text).tags
    children = JustHTML(text, sanitize=False, fragment=True).root.children
    assert children
    seen = {one.name: one.value for one in reversed(tag.attributes)}
    assert seen == dict(children[0].attrs or {})


def test_hostile_texts_are_read_to_their_end(tmp_path: Path) -> None:
    random.seed(1)
    pieces = ("<a><b>", "<table>", "<p a b c", "{{", "{%", "<%", "<", "<svg>", '<a b="', "<!--",
              "<div>" , "</p>", "<select><option>", "<table><tr><td>", "<button>")  # fmt: skip
    files: dict[str, str | bytes] = {
        f"h{n}.html": page(piece * (30_000 // len(piece))) for n, piece in enumerate(pieces)
    }
    files["noise.html"] = random.randbytes(200_000).replace(b"\0", b"<")
    files["big.html"] = b"<p>" * 400_000
    result = check("markup", tmp_path, files, seconds=300)
    assert [one.reason for one in result.omissions] == ["larger than 1 MB, not read"]
    assert check("accessibility", tmp_path, {}, seconds=300).omissions[0] == result.omissions[0]


def test_what_the_time_did_not_suffice_for_is_said(tmp_path: Path) -> None:
    result = check("markup", tmp_path, {"a.html": page("x")}, seconds=2)
    assert [(one.what, one.reason) for one in result.omissions] == [
        ("1 file", "no time was left to read them")
    ]
