"""References that lead nowhere are reported; what a build or a server may make is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts import Confidence

from plugins.engineering.tests.page_files import check, page, places

PIXEL = b"\x89PNG"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<img src="img/gone.png" alt="">', "medium missing-asset index.html:4"),
        ('<img src="img/a.png" srcset="img/a.png 1x, img/gone.png 2x" alt="">',
         "medium missing-asset index.html:4"),
        ('<script src="js/gone.js"></script>', "low missing-asset index.html:4"),
        ('<script src="gone.js"></script>', "medium missing-asset index.html:4"),
        ('<link rel="stylesheet" href="gone.css">', "medium missing-asset index.html:4"),
        ('<video src="gone.mp4" controls></video>', "medium missing-asset index.html:4"),
        ('<p style="background: url(img/gone.png)">x</p>', "medium missing-asset index.html:4"),
        ('<p>x</p>\n<style>a {\nbackground: url("img/gone.png") }</style>',
         "medium missing-asset index.html:6"),
        ('<a href="gone.html">x</a>', "medium missing-page index.html:4"),
        ('<img src="IMG/a.png" alt="">', "medium wrong-case index.html:4"),
        ('<img src="/img/gone.png" alt="">', "medium missing-asset index.html:4"),
        ('<a href="#gone">x</a>', "low missing-anchor index.html:4"),
        ('<a href="other.html#gone">x</a>', "low missing-anchor index.html:4"),
    ],
)  # fmt: skip
def test_a_reference_to_nothing_is_reported(tmp_path: Path, body: str, expected: str) -> None:
    files: dict[str, str | bytes] = {
        "index.html": page(body), "img/a.png": PIXEL, "other.html": page('<p id="there">x</p>'),
    }  # fmt: skip
    assert places(check("assets", tmp_path, files)) == [expected]


def test_where_a_reference_is_good_or_somebody_else_may_answer_nothing_is_said(
    tmp_path: Path,
) -> None:
    body = """<img src="img/a%20b.png?v=1" alt=""><a href="other.html#there">x</a><a href="#">x</a>
<a href="about">route</a><a href="docs/">folder</a><a href="https://example.org/gone.html">web</a>
<a href="mailto:a@b.example">m</a><img src="data:image/png;base64,AA" alt=""><a href="#top">t</a>
<img src="/assets/x.png" alt=""><script src="built/app.js"></script><a href="#/route">r</a>
<script src="bundle.js"></script><img src="made/x.png" alt=""><a href="javascript:void(0)">j</a>
<img src="node_modules/a/b.png" alt=""><a name="n" href="#n">n</a>
<link rel="canonical" href="gone.html"><img srcset="img/a%20b.png 1x,img/a%20b.png 2x" alt="">"""
    files: dict[str, str | bytes] = {
        "index.html": page(body), "img/a b.png": PIXEL, "docs/index.html": page("x"),
        "other.html": page('<p id="there">x</p>'), "web/static/assets/x.png": PIXEL,
        ".gitignore": "/built/\n/made/\n", "package.json": '{"scripts": {"b": "x -o bundle.js"}}',
        "templates/t.html": page('<img src="gone.png" alt="">'),
        "base.html": page('<img src="gone.png" alt="">', '<base href="https://example.org/">'),
        "part.html": '<img src="gone.png" alt="">',
        "t.html": "<html><body>{{ x }}<img src='gone.png'></body></html>",
        "site/conf.py": "extensions = []\nproject = 'x'\n",
        "site/page.html": page('<img src="gone.png" alt="">'),
        "scripted.html": page('<a href="#made">x</a><script>a.id = "ma" + "de"</script>'),
        "c.css": "/* url(gone.png) */ a { background: url(img/a%20b.png) } b { fill: url(#g) }",
        "lib.min.css": "a { background: url(gone.png) }",
    }  # fmt: skip
    assert places(check("assets", tmp_path, files)) == []


def test_style_sheets_are_resolved_from_their_own_folder(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "css/a.css": '@import "b.css";\n@import url("gone.css");\n'
        "a { background: url(../img/a.png) }\nb { background: url('../img/gone.png') }\n"
        "@font-face { font-family: f; src: url(f.woff2) }\n",
        "css/b.css": "a { color: red }\n/*# sourceMappingURL=b.css.map */\n",
        "img/a.png": PIXEL,
    }
    assert places(check("assets", tmp_path, files)) == [
        "medium missing-asset css/a.css:2",
        "medium missing-asset css/a.css:4",
        "low missing-asset css/a.css:5",
        "info missing-source-map css/b.css:2",
    ]


def test_a_path_that_is_right_from_a_folder_above_is_low(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "web/css/base/a.css": "a { background: url(../skins/old/img/a.png) }\n"
        "b { background: url(../img/a.png) }\n",
        "web/css/img/b.png": PIXEL,
        "web/skins/old/img/a.png": PIXEL,
    }
    assert places(check("assets", tmp_path, files)) == [
        "low missing-asset web/css/base/a.css:1",
        "medium missing-asset web/css/base/a.css:2",
    ]


def test_what_a_generator_makes_of_a_file_of_that_name_or_puts_beside_its_pages_is_there(
    tmp_path: Path,
) -> None:
    files: dict[str, str | bytes] = {
        "a.html": page('<a href="made.html">a</a> <a href="gone.html">b</a>'),
        "b.html": page('<a href="days/gone.html">a</a>'),
        "made.xhtml": "<p>a</p>",
        "c.html": page('<a href="filled.html">a</a>'),
        "filled.html.in": "<p>@A@</p>",
        "doxygen/own.css": "a { background: url(ftv2doc.png) }\nb { background: url(gone.png) }\n",
        "other/own.css": "b { background: url(gone.png) }\n",
        "other/a.png": PIXEL,
    }
    assert places(check("assets", tmp_path, files)) == [
        "medium missing-page a.html:4",
        "low missing-page b.html:4",
        "low missing-asset doxygen/own.css:2",
        "medium missing-asset other/own.css:1",
    ]


def test_modules_that_name_themselves_are_not_looked_for_in_files(tmp_path: Path) -> None:
    named = 'define("ace/mode/c",["require"], function(require) { require("./gone"); });\n'
    files: dict[str, str | bytes] = {
        "lib/a.js": named,
        "lib/b.js": 'define(["./c"], function(c) { require("./gone"); });\n',
    }
    assert places(check("assets", tmp_path, files)) == ["medium missing-module lib/b.js:1"]


def test_relative_imports_of_scripts_are_followed(tmp_path: Path) -> None:
    code = """import a from './lib/a';
import { b } from "./lib/b.js";
import gone from './lib/gone';
export * from '../other/gone.js';
const c = require('./lib/folder'), d = await import('./lib/D.js');
// import x from './lib/commented';
const text = "import x from './lib/quoted'";
try { require('./lib/optional') } catch {}
require('./lib/' + name);
import raw from './lib/a?raw';
import made from './dist/made.js';
// eslint-disable-next-line import/no-unresolved
import e from './lib/exempt';
"""
    files: dict[str, str | bytes] = {
        "src/main.ts": code, "src/lib/a.tsx": "", "src/lib/b.ts": "", "src/lib/d.js": "",
        "src/lib/folder/index.js": "", "other/x.js": "",
        "src/main.test.js": "import x from './lib/gone'",
    }  # fmt: skip
    result = check("assets", tmp_path, files)
    assert places(result) == [
        "medium missing-module src/main.ts:3",
        "medium missing-module src/main.ts:4",
        "medium wrong-case src/main.ts:5",
    ]
    assert {one.confidence for one in result.findings} == {Confidence.LIKELY}


def test_static_files_of_templates_are_looked_for_in_the_folders_called_static(
    tmp_path: Path,
) -> None:
    files: dict[str, str | bytes] = {
        "app/static/app/a.css": "",
        "app/templates/a.html": "{% load static %}\n<html>{% static 'app/a.css' %}\n"
        "{% static 'app/gone.css' %}{% static 'admin/css/base.css' %}\n"
        "{{ url_for('static', filename='app/lost.js') }}</html>",
    }
    assert places(check("assets", tmp_path, files)) == [
        "medium missing-static-file app/templates/a.html:3",
        "medium missing-static-file app/templates/a.html:4",
    ]


def test_heavy_files_are_told_once_and_only_where_a_page_loads_them(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.html": page('<img src="big.png" alt="">\n<img src="huge.png" alt="">'),
        "b.html": page('<img src="big.png" alt="">'),
        "big.png": bytes(1_100_000), "huge.png": bytes(2_600_000), "alone.png": bytes(3_000_000),
        "docs/c.html": page('<img src="../alone.png" alt="">'),
    }  # fmt: skip
    result = check("assets", tmp_path, files)
    assert sorted(f"{one.severity} {one.message.split()[2]}" for one in result.findings) == [
        "info big.png", "low huge.png",
    ]  # fmt: skip


def test_links_out_of_the_repository_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "secret.html"
    outside.write_text(page('<p id="x">y</p>'), "utf-8")
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "link.html").symlink_to(outside)
    body = '<a href="link.html#gone">x</a><a href="../secret.html">y</a><a href="loop">z</a>'
    (repository / "loop").symlink_to(repository / "loop")
    assert places(check("assets", tmp_path, {"a.html": page(body)})) == []


def test_one_target_that_many_files_ask_for_is_one_finding(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"{name}.html": page('<img src="gone.png" alt="">') for name in ("a", "b", "c")
    }
    files["docs/d.html"] = page('<img src="../gone.png" alt="">')
    files |= {f"js/{n}.js": f"let a{n};\n//# sourceMappingURL={n}.js.map\n" for n in range(5)}
    result = check("assets", tmp_path, files)
    assert places(result) == [
        "medium missing-asset a.html:4",
        "info missing-source-map js/0.js:2",
    ]
    messages = " ".join(one.message for one in result.findings)
    assert "3 more files ask for it" in messages
    assert "5 source maps" in messages


def test_what_an_archive_of_sources_lacks_is_low(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "PKG-INFO": "Metadata-Version: 2.4\n", "a.html": page('<img src="gone.png" alt="">'),
        "b.js": "let b;\n//# sourceMappingURL=b.js.map\n",
    }  # fmt: skip
    assert places(check("assets", tmp_path, files)) == [
        "low missing-asset a.html:4",
        "info missing-source-map b.js:2",
    ]


def test_a_style_sheet_that_users_may_add_is_low(tmp_path: Path) -> None:
    links = "".join(
        f'\n<link rel="stylesheet" href="{name}.css">' for name in ("custom", "shop", "user")
    )
    files: dict[str, str | bytes] = {
        "site/a.html": page("x", links), "css/b.css": '@import "local.css";\n@import "main.css";\n',
    }  # fmt: skip
    assert places(check("assets", tmp_path, files)) == [
        "low missing-asset css/b.css:1", "medium missing-asset css/b.css:2",
        "low missing-asset site/a.html:2", "medium missing-asset site/a.html:3",
        "low missing-asset site/a.html:4",
    ]  # fmt: skip
