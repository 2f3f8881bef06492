"""What does not parse is reported; dialects, templates and lenient formats are left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from plugins.engineering.tests.page_files import check, page, places

needs_node = pytest.mark.skipif(
    shutil.which("node") is None and shutil.which("nodejs") is None, reason="no Node here"
)


@needs_node
def test_scripts_that_neither_browsers_nor_node_can_read_are_reported(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.js": "const x = 1;\nfunction f( { return x }\n",
        "m.mjs": "import x from 'y';\nexport const z = ;\n",
        "ok/script.js": "var a = 1; with (a) { b() }\n",
        "ok/module.js": "import a from 'b';\nawait a; export default `${a}`;\n",
        "ok/common.cjs": "#!/usr/bin/env node\nif (x) return;\nmodule.exports = 1;\n",
        "b.js": 'x.innerHTML = "<b></b>"; // </b>\nlet y = ;\n',
        "ok/jsx.js": "export const A = () => <div>{b}</div>;\n",
        "ok/flow.js": "// @flow\nconst a: number = 1;\n",
        "ok/types.js": "function f(a: string): void {}\n",
        "ok/template.js": "const a = {{ value }};\n",
        "ok/decorated.js": "@observer\nclass A {}\n",
        "tests/broken.js": "function (\n",
        "ok/banner.start.js": "(function () {\n",
        "ok/banner.end.js": "})();\n",
        "ok/intro.js": "(function () {\n",
        "ok/outro.js": "})();\n",
        "ok/amd-banner.js": "(function () {\n",
        "ok/amd-footer.js": "})();\n",
        "lone.end.js": "})();\n",
    }
    assert places(check("scripts", tmp_path, files)) == [
        "high script-syntax a.js:2",
        "high script-syntax b.js:2",
        "high script-syntax lone.end.js:1",
        "high script-syntax m.mjs:2",
    ]


@needs_node
def test_a_script_named_like_a_part_is_reported_where_its_brackets_are_closed(
    tmp_path: Path,
) -> None:
    files: dict[str, str | bytes] = {
        "header.js": "function f() { return x y; }\n",
        "banner.js": "function f() {\n",
    }
    assert places(check("scripts", tmp_path, files)) == [
        "low script-syntax banner.js:2",
        "high script-syntax header.js:1",
    ]


@needs_node
def test_scripts_inside_of_pages_are_parsed_at_their_place(tmp_path: Path) -> None:
    body = (
        "<script>let a = `${b}`;</script>\n<script type=module>\nimport x from './y';\n"
        "let c = {;\n</script><script type='text/template'>{{{</script>"
        "<script type='application/json'>{,}</script><script>if (a < b) { c() }</script>"
    )
    files: dict[str, str | bytes] = {
        "index.html": page(body),
        "nameless.js": "function () { return 1; }\n",
        "settings.js": "/* settings */\n{\n  port: 80\n, host: 'a' // b\n}\n",
        "wrapped.js": "var parser = @@parser;",
        "templates/a.js": "module.exports = //OPTIONS;",
        "t.html": "<html><script>let a = {{ b }};</script></html>",
    }
    assert places(check("scripts", tmp_path, files)) == [
        "high script-syntax index.html:7",
        "high script-syntax nameless.js:1",
    ]


@needs_node
def test_no_script_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = f"require('node:fs').writeFileSync({str(trace)!r}, 'x'); while (true) {{}}\n"
    result = check("scripts", tmp_path, {"a.js": code, "b.mjs": "await new Promise(() => {});\n"})
    assert places(result) == []
    assert not trace.exists()


@needs_node
def test_where_a_fifth_of_all_scripts_fail_they_are_a_dialect(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{n}.js": "let a := b;\n" for n in range(6)}
    result = check("scripts", tmp_path, files)
    assert places(result) == []
    assert [one.what for one in result.omissions] == ["6 scripts"]


def test_without_node_the_scripts_are_named_as_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(git.parent))
    result = check("scripts", tmp_path, {"a.js": "function (\n", "b.json": "{"})
    assert places(result) == ["medium json-syntax b.json:1"]
    assert [(one.what, one.reason) for one in result.omissions] == [
        ("1 script", "not looked at: no Node here")
    ]


def test_json_is_judged_by_who_reads_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "package.json": '{\n  "name": "a",\n}\n',
        "data/a.json": '{\n  "a": 1\n  "b": 2\n}\n',
        "data/twice.json": '{\n  "a": 1,\n  "b": {"a": 2},\n  "a": 3\n}\n',
        "web/manifest.json": '{"name": "a",\n "name": "b"}\n',
        "ok/comma.json": '{"a": [1, 2,],}\n',
        "ok/comments.json": '// why\n{"a": 1, /* b */ "c": 2}\n',
        "ok/lines.json": '{"a": 1}\n{"a": 2}\n',
        "ok/template.json": '{"a": {{ b }} }\n',
        "ok/bom.json": "\ufeff{}\n",
        "ok/empty.json": "",
        "ok/comment-keys.json": '{"//": "a", "//": "b"}\n',
        "tsconfig.build.json": "{ extends: 'a' }\n",
        "ok/deep.json": "[" * 100_000,
        "tests/bad.json": "{",
    }
    assert places(check("scripts", tmp_path, files)) == [
        "medium json-syntax data/a.json:3",
        "low duplicate-key data/twice.json:4",
        "high json-syntax package.json:3",
        "medium duplicate-key web/manifest.json:2",
    ]


def test_a_merge_that_was_committed_half_done_is_reported(tmp_path: Path) -> None:
    conflict = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\n"
    files: dict[str, str | bytes] = {
        "a.css": conflict, "b.html": page(conflict), "c.json": conflict, "d.ts": conflict,
        "ok.css": "/* <<<<<<< and >>>>>>> are marks */\n", "docs.html": page("=======\n&lt;&lt;"),
    }  # fmt: skip
    assert places(check("scripts", tmp_path, files)) == [
        "high merge-conflict a.css:2",
        "high merge-conflict b.html:5",
        "high merge-conflict c.json:2",
        "high merge-conflict d.ts:2",
    ]
