"""What keeps people from using a page is reported; what is merely unknown is not."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest
from genesis.contracts import Severity
from genesis_engineering.pages.contrast import ratio
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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<img src="a.png">', "medium image-without-alt"),
        ('<form><input type="image" src="a.png"></form>', "medium image-without-alt"),
        ('<input name="a">', "medium control-without-label"),
        ('<label for="b">x</label><select id="a"></select>', "medium control-without-label"),
        ('<input name="a" placeholder="b">', "low placeholder-as-label"),
        ('<input type="checkbox" disabled checked>', "low control-without-label"),
        ('<button><svg><path d="M0 0"/></svg></button>', "medium button-without-name"),
        ('<button><i class="icon" aria-hidden="true">x</i></button>', "medium button-without-name"),
        ('<a href="b"><img src="c.png" alt=""></a>', "medium link-without-name"),
        ('<iframe src="a.html"></iframe>', "medium frame-without-title"),
        ('<div role="buton">x</div>', "medium unknown-role"),
        ('<p aria-labeledby="a">x</p>', "medium unknown-aria"),
        ('<p aria-live="loud">x</p>', "low aria-value"),
        ('<a href="b" aria-hidden="true">x</a>', "medium hidden-but-focusable"),
        ('<label for="gone">x</label>', "medium missing-label-target"),
        ('<p aria-labelledby="gone">x</p>', "medium missing-label-target"),
        ('<audio autoplay src="a.mp3"></audio>', "medium autoplaying-sound"),
        ("<marquee>x</marquee>", "medium moving-text"),
        ('<p style="color: #fff; background: #eee">x</p>', "medium low-contrast"),
        ('<p tabindex="3">x</p>', "low positive-tabindex"),
        ('<p accesskey="a">x</p><p accesskey="A">y</p>', "low duplicate-accesskey"),
        ('<a href="b"><button>x</button></a>', "low nested-control"),
        ("<h2></h2>", "low empty-heading"),
        ("<table><thead><tr><td>x</table>", "low table-without-headers"),
        ("<h1>a</h1><h3>b</h3>", "info heading-skipped"),
    ],
)
def test_each_fault_is_reported_at_its_line(tmp_path: Path, body: str, expected: str) -> None:
    result = check("accessibility", tmp_path, {"index.html": page(body)})
    assert f"{expected} index.html:4" in places(result)
    assert max(one.severity.rank for one in result.findings) >= Severity.MEDIUM.rank


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!doctype html>\n<html><title>a</title><body>x</body></html>",
         ["medium page-without-language a.html:2"]),
        ('<!doctype html><html\nlang="en_US"><title>a</title><body>x</body></html>',
         ["low language-code a.html:2"]),
        ('<!doctype html><html lang="en"><body>x</body></html>',
         ["medium page-without-title a.html:1"]),
        ('<!doctype html><html lang="en">\n<title> </title><body>x</body></html>',
         ["medium page-without-title a.html:2"]),
        ('<!doctype html><html lang="en">\n<meta http-equiv="refresh" content="40">'
         "<body>x</body></html>",
         ["medium page-without-title a.html:1", "low timed-refresh a.html:2"]),
        ('<!doctype html><html lang="en">\n<meta http-equiv="refresh" content="0; URL=b.html">'
         "<body>x</body></html>", []),
        ('<!doctype html><html lang="en"><title>a</title>\n<meta name="viewport" '
         'content="width=device-width, user-scalable=no"><body>x</body></html>',
         ["medium zoom-forbidden a.html:2"]),
        ('<!doctype html><html lang="en"><title>a</title>\n<meta http-equiv="refresh" '
         'content="30; url=b.html"><body>x</body></html>', ["low timed-refresh a.html:2"]),
        ("<html>{{ x }}<body><p>{% y %}</body></html>", ["low page-without-language a.html:1"]),
        ("<html><title>{{ x }}</title><body><p>{% y %}</body></html>",
         ["medium page-without-language a.html:1"]),
        ('<!doctype html>\n<html><title>a</title><body lang="en-US">x</body></html>',
         ["low page-without-language a.html:2"]),
        ('<!doctype html>\n<html><title>a</title><body lang="">x</body></html>',
         ["medium page-without-language a.html:2"]),
    ],
)  # fmt: skip
def test_pages_as_a_whole_are_judged(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert places(check("accessibility", tmp_path, {"a.html": text})) == expected


@pytest.mark.parametrize(
    ("body", "severity"),
    [
        ("<body></body>", "low"),
        ("<body><script src='a.js'></script>\n<noscript>Enable it.</noscript></body>", "low"),
        ("<body><p>You can close this.</p><script>window.close();</script></body>", "low"),
        ("<body><a href='b'>On</a><script>location.replace('b')</script></body>", "low"),
        ("<body><div id='app'></div><script src='a.js'></script></body>", "medium"),
        ("<script>parent.ask()</script>", "low"),
        ("<meta http-equiv='refresh' content='0;url=b'><body>{{ a }} <a href='b'>b</a></body>",
         "medium"),
        ("<meta http-equiv='refresh' content='0;url=b'><body><a href='b'>On</a></body>", "low"),
        ("<body>{{ all }}<script>window.close();</script></body>", "medium"),
        (f"<body>{'words ' * 99}<script>function f() {{ window.close(); }}</script></body>",
         "medium"),
    ],
)  # fmt: skip
def test_the_language_of_a_page_that_nobody_stays_on_is_low(
    tmp_path: Path, body: str, severity: str
) -> None:
    text = f"{{% load a %}}<!doctype html>\n<html><head><title>a</title></head>{body}</html>"
    result = check("accessibility", tmp_path, {"a.html": text})
    assert places(result) == [f"{severity} page-without-language a.html:2"]


def test_a_language_that_meta_names_and_a_control_that_a_class_hides(tmp_path: Path) -> None:
    text = (
        '<html><head><meta http-equiv="Content-Language" content="en"><title>a</title></head>'
        '<body>\n<input class="a d-none" name="b"><input class="a" name="c"></body></html>'
    )
    result = check("accessibility", tmp_path, {"a.html": text})
    assert places(result) == [
        "low page-without-language a.html:1",
        "medium control-without-label a.html:2",
    ]


def test_a_page_of_maven_gets_its_head_from_the_site(tmp_path: Path) -> None:
    text = "<html><head><title>a</title></head><body><p>b</p></body></html>"
    files: dict[str, str | bytes] = {"src/site/xhtml/a.html": text, "src/b.html": text}
    result = check("accessibility", tmp_path, files)
    assert places(result) == ["medium page-without-language src/b.html:1"]


def test_jsx_is_named_as_not_read_where_there_is_any(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.html": page(""), "b.test.tsx": "1"}
    told = "accessibility of JSX"
    assert told not in {one.what for one in check("accessibility", tmp_path, files).omissions}
    files["c.tsx"] = "export const a = <img/>"
    assert told in {one.what for one in check("accessibility", tmp_path, files).omissions}


def test_what_a_demonstration_lacks_is_low(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        name: page('<img src="a.png">') for name in ("demo.html", "demonstrated.html")
    }
    assert places(check("accessibility", tmp_path, files)) == [
        "low image-without-alt demo.html:4",
        "medium image-without-alt demonstrated.html:4",
    ]


@pytest.mark.parametrize("comment", ["{#-\n  %s\n-#}", "<!--\n%s\n-->", "<!--\n-->\n<!-- %s -->"])
def test_a_page_that_says_that_a_program_made_it_is_not_looked_at(
    tmp_path: Path, comment: str
) -> None:
    said = comment % "This file was automatically generated - do not edit"
    assert places(check("accessibility", tmp_path, {"a.html": said + page('<img src="a">')})) == []
    other = {"a.html": "<!--\n A. -->\nautomatically generated" + page('<img src="a">')}
    assert len(check("accessibility", tmp_path, dict(other)).findings) == 1


INNOCENT: dict[str, str | bytes] = {
    "good.html": page(
        """<img src="a.png" alt=""><img src="a.png" title="b"><img alt="c"><img id="filled">
<label>d <input></label><label for="e">e</label><input id="e"><input aria-label="f">
<input type=hidden>
<input type="submit"><input title="g"><button><svg><title>h</title></svg></button><button>i</button>
<button aria-label="j"><i></i></button><button id="filled-by-script"></button><a name="k"></a>
<button><span id="l"></span></button><a href="m"><img src="n.png" alt="o"></a>
<my-button></my-button>
<iframe src="p.html" title="q"></iframe><iframe src="r.html" width="0" height="0"></iframe>
<div role="doc-chapter">s</div><div role="presentation none">t</div><p aria-current="page">u</p>
<video autoplay muted src="v"></video><video autoplay controls src="w"></video><p tabindex="0">x</p>
<a href="y" aria-hidden="true" tabindex="-1">z</a><table><tr><td>layout</td></tr></table>
<p style="color: #fff; background: #eee; background-image: url(a.png)">x</p>
<p style="color: #fff; background: #eee"><b style="color: #000">own colour</b></p>
<div hidden><input name="unseen"></div><div style="display: none"><img src="a.png"></div>"""
    ),
    "t.html": "<html {{ attributes }}><img {{ a }}><img src='b' {% if c %}alt='d'{% endif %}>"
    "<button>{{ e }}</button><a href='f'>{% g %}</a><input id='{{ h }}'><div role='{{ i }}'>"
    "<input id='j'>{% comment %}<img src='k'>{% endcomment %}{# <img src='l'> #}"
    "{% filter force_escape %}<img src='m'>{% endfilter %}</html>",
    "c.vue": "<template>\n  <div>\n    <img :src='a' :alt='b'><img v-bind='c'><Button/>\n"
    "    <button v-text='d'/><label><input v-model='e'></label><my-icon/>\n"
    "    <button><Icon/></button><input id='f'>\n  </div>\n</template>\n<script>a<img></script>\n",
    "d.svelte": "<script>let a = '<img>';</script>\n<div>\n<img src={a} alt={b}/>"
    "<img {src} {alt}/>\n"
    "<button on:click={() => { c({d: 1}) }}>{e}</button><img {...f}/><a href={g}>{h}</a>\n</div>\n",
    "e.erb": "<div><%= image_tag 'a' %><button><%= b %></button><img src='c' <%= d %>></div>",
    "tests/a.html": "<html><img src='a'></html>",
}  # fmt: skip


def test_what_has_a_name_or_may_get_one_is_left_alone(tmp_path: Path) -> None:
    result = check("accessibility", tmp_path, INNOCENT)
    assert places(result) == []


def test_components_and_templates_are_judged_where_nothing_is_left_open(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "c.vue": "<script setup>\nlet a\n</script>\n<template>\n  <div>\n    <img :src='a'>\n"
        "    <button><i class='fa'/></button>\n    <input v-model='b'>\n  </div>\n</template>\n",
        "d.svelte": "<div>\n<img src={a}/>\n<button><i class='fa'></i></button>\n</div>\n",
        "e.php": "<?php if ($a) { ?>\n<div><img src=\"<?= $b ?>\"></div>\n<?php } ?>",
        "f.hbs": "{{#each a}}\n<img src='{{b}}'>\n<a href='{{c}}'><i class='fa'></i></a>{{/each}}",
    }  # fmt: skip
    assert places(check("accessibility", tmp_path, files)) == [
        "medium image-without-alt c.vue:6",
        "medium button-without-name c.vue:7",
        "medium control-without-label c.vue:8",
        "medium image-without-alt d.svelte:2",
        "medium button-without-name d.svelte:3",
        "medium image-without-alt e.php:2",
        "medium image-without-alt f.hbs:2",
        "medium link-without-name f.hbs:3",
    ]


_PARTS = st.sampled_from(
    ["{{", "}}", "{%", "%}", "<?php", "?>", "<%", "%>", "{", "}", "${", "a", "\n"]
)


@given(st.lists(_PARTS).map("".join), st.sampled_from([".html", ".svelte", ".php", ".tpl"]))
def test_hiding_expressions_keeps_every_place(text: str, suffix: str) -> None:
    masked = mask_expressions(text, suffix).text
    assert len(masked) == len(text)
    assert all(
        after in (before, UNKNOWN) and (before == "\n") == (after == "\n")
        for before, after in zip(text, masked, strict=True)
    )


_COLOUR = st.tuples(*[st.floats(0, 1)] * 3)


@given(_COLOUR, _COLOUR)
def test_contrast_is_symmetric_and_between_1_and_21(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    assert 1 <= ratio(one, other) <= 21.001
    assert math.isclose(ratio(one, other), ratio(other, one))
    assert math.isclose(ratio((0, 0, 0), (1, 1, 1)), 21)
