"""Packages of npm, Go and Rust, and how long versions live."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from genesis_engineering.infrastructure.end_of_life import DATES, ended
from genesis_engineering.infrastructure.images import image_ended
from genesis_engineering.infrastructure.javascript_imports import (
    package_of,
    quick_packages,
    read_script_imports,
)
from genesis_engineering.infrastructure.javascript_tokens import tokens_of
from genesis_engineering.infrastructure.npm_versions import meets
from genesis_engineering.infrastructure.runtimes import newest_ended_python, node_range_ended
from genesis_engineering.infrastructure.rust_crates import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.infrastructure_runs import DEPENDENCIES, found

_DAY = datetime.date(2026, 6, 1)


def _imports(text: str, suffix: str = ".ts") -> list[tuple[str, int, bool, bool]]:
    found = read_script_imports(text, suffix)
    return [(one.package, one.line, one.is_plain, one.is_type) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a from 'one'", [("one", 1, True, False)]),
        ("import 'one/deep/file.css'", [("one", 1, True, False)]),
        ('import {\n a,\n b\n} from "@s/one/x"', [("@s/one", 4, True, False)]),
        ("export * from 'one'", [("one", 1, True, False)]),
        ("const a = require('one')", [("one", 1, True, False)]),
        ("require.resolve('one')", [("one", 1, True, False)]),
        ("const a = await import('one')", [("one", 1, False, False)]),
        ("import type { A } from 'one'", [("one", 1, True, True)]),
        ("import type from 'one'", [("one", 1, True, False)]),
        ("try { require('one') } catch {}", [("one", 1, False, False)]),
        ("function f() { return require('one') }", [("one", 1, False, False)]),
        ("`${require('one')}`", [("one", 1, True, False)]),
        ("import a from './one'; import b from '/two'; import c from 'https://x/y.js'", []),
        ("import a from 'node:fs'; import b from 'fs/promises'; import c from '@/x'", []),
        ("// import a from 'one'\n/* require('two') */", []),
        ("const t = \"import a from 'one'\"; const u = `require('two')`", []),
        ("const r = /['\"]require('one')/; const d = 4 / 2 / require.x", []),
        ("a.require('one'); load('two'); from('three')", []),
        ("<p>don't</p>\nimport a from 'one'", [("one", 2, True, False)]),
        ("Array.from('abc'); const from = 'one'", []),
    ],
)
def test_imports_of_scripts_are_told_from_what_looks_like_them(
    text: str, expected: list[tuple[str, int, bool, bool]]
) -> None:
    assert _imports(text) == expected


def test_scripts_inside_of_pages_keep_their_lines() -> None:
    text = "<template>it's</template>\n<script setup>\nimport a from 'one'\n</script>\n"
    assert _imports(text, ".vue") == [("one", 3, True, False)]


_PIECES = st.sampled_from(
    ["import a from 'b'\n", "`", "${", "}", "/", "'", '"', "\\", "//", "/*", "*/", "{", "(", "\n",
     "try", "[", "x", "require('c')", " "]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=40).map("".join)))
@settings(deadline=None, max_examples=300)
def test_the_lexer_takes_any_text_and_its_lines_never_go_back(text: str) -> None:
    lines = [token.line for token in tokens_of(text)]
    assert lines == sorted(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@given(st.lists(_PIECES, max_size=30).map("".join))
@settings(deadline=None, max_examples=200)
def test_the_quick_look_misses_no_package(text: str) -> None:
    exact = {one.package for one in read_script_imports(text, ".js")}
    assert exact <= quick_packages(text)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_specifier_has_a_package_or_none(text: str) -> None:
    assert package_of(text) == "" or text.startswith(package_of(text))


def _package(**parts: object) -> str:
    return json.dumps({"name": "shop", **parts}, indent=2)


def test_packages_of_a_folder_above_count_as_declared(tmp_path: Path) -> None:
    files = {
        "package.json": _package(devDependencies={"lodash": "^4"}),
        "packages/one/package.json": _package(dependencies={"dayjs": "^1"}),
        "packages/one/index.js": "import 'lodash'\nimport 'dayjs'\nimport 'moment'\n",
        "packages/two/package.json": _package(name="two", dependencies={"dayjs": "^1"}),
        "packages/two/index.js": "import 'shop'\nimport 'dayjs'\n",
    }
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("missing-dependency", "medium", "packages/one/index.js:3")
    ]


@pytest.mark.parametrize(
    ("more", "other", "severity"),
    [
        ({}, "", "low"),
        ({}, "require('./lib/adapter.js')", "medium"),
        ({}, "export * from './lib/adapter'", "medium"),
        ({"exports": {"./adapter": "./lib/adapter.js"}}, "", "medium"),
        ({"private": True}, "", "medium"),
        ({"version": ""}, "", "medium"),
    ],
)
def test_what_a_script_lacks_that_nothing_in_a_published_package_loads_is_low(
    tmp_path: Path, more: dict[str, object], other: str, severity: str
) -> None:
    data = {"name": "a", "version": "1.0.0", "main": "index.js", "dependencies": {"one": "1"}}
    files = {
        "package.json": json.dumps(data | more),
        "index.js": f"require('one');\n{other};\n",
        "lib/adapter.js": "// alias: {a: 'a/lib/adapter'}\nconst two = require('two');\n",
    }
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("missing-dependency", severity, "lib/adapter.js:2")
    ]


def test_aliases_settings_and_tools_are_left_alone(tmp_path: Path) -> None:
    files = {
        "package.json": _package(dependencies={"dayjs": "^1", "@fontsource/x": "^1"}),
        "tsconfig.json": '{"compilerOptions": {"baseUrl": "src", "paths": {"@app/*": ["./*"]}}}',
        "vite.config.js": "import vite from 'vite'\nexport default {alias: {'icons': './i'}}\n",
        "src/parts/menu.ts": "",
        "src/a.ts": "import 'dayjs'\nimport '@app/b'\nimport 'parts/menu'\nimport 'icons/a'\n",
        "src/a.test.ts": "import 'vitest'\n",
        "src/b.stories.tsx": "import '@storybook/react'\n",
        "scripts/c.js": "import 'shelljs'\n",
    }
    assert found(tmp_path, DEPENDENCIES, files) == []


def test_what_a_script_or_a_page_names_is_used(tmp_path: Path) -> None:
    files = {
        "package.json": _package(
            dependencies={"serve": "^14", "htmx.org": "^2", "idle-one": "^1"},
            scripts={"start": "serve dist"},
        ),
        "index.js": "",
        "index.html": '<script src="node_modules/htmx.org/dist/htmx.js"></script>',
    }
    assert found(tmp_path, DEPENDENCIES, files) == [("unused-dependency", "low", "package.json:6")]


def test_an_older_lock_file_is_read_as_well(tmp_path: Path) -> None:
    files = {
        "package.json": _package(dependencies={"dayjs": "^1.2", "x": "file:../x", "y": "latest"}),
        "package-lock.json": json.dumps(
            {"lockfileVersion": 1, "dependencies": {"dayjs": {"version": "1.1.0"},
                                                    "x": {}, "y": {"version": "9.0.0"}}}
        ),
    }  # fmt: skip
    assert found(tmp_path, DEPENDENCIES, files) == [("lock-drift", "medium", "package.json:4")]


_PART = st.integers(0, 3).map(str)
_VERSION = st.lists(_PART, min_size=3, max_size=3).map(".".join)
# What is no number comes last: nobody writes `x.1`, and npm reads it in ways of its own.
_BOUND = st.tuples(
    st.lists(_PART, min_size=1, max_size=2), st.sampled_from([[], ["x"], ["*"], ["1"]])
).map(lambda two: ".".join([*two[0], *two[1]]))
_SIMPLE = st.tuples(st.sampled_from(["^", "~", ">=", "<", "", ">", "<="]), _BOUND).map("".join)
_RANGE = st.lists(st.lists(_SIMPLE, min_size=1, max_size=2).map(" ".join), min_size=1, max_size=2)


def test_ranges_mean_what_npm_says_they_mean(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    node = shutil.which("node")
    if npm is None or node is None:
        pytest.skip("there is no node and npm here to compare with")
    asked: list[tuple[str, str]] = []

    @given(_VERSION, _RANGE.map(" || ".join))
    @settings(deadline=None, max_examples=300)
    def collect(version: str, wanted: str) -> None:
        asked.append((version, wanted))

    collect()
    semver = Path(npm).resolve().parent.parent / "node_modules" / "semver"
    if not semver.is_dir():
        pytest.skip("this npm has no semver of its own to compare with")
    program = (
        f"const s = require({json.dumps(str(semver))});"
        "const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(asked.map(([v, r]) => s.satisfies(v, r, true))))"
    )
    done = subprocess.run(
        [node, "-e", program], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    ours = [meets(version, wanted) for version, wanted in asked]
    assert [pair for pair, one, npms in zip(asked, ours, json.loads(done.stdout), strict=True)
            if one != npms] == []  # fmt: skip


@pytest.mark.parametrize(
    ("version", "requirement", "expected"),
    [("1.2.9", "1.2", True), ("1.3.0", "1.2", True), ("2.0.0", "1.2", False),
     ("0.3.0", "0.2", False), ("0.2.9", "0.2.1", True), ("1.2.3", "=1.2.3", True),
     ("1.2.4", "=1.2.3", False), ("1.9.0", ">=1.2, <1.5", False), ("1.2.9", "~1.2.3", True),
     ("1.2.3+build", "1.2", True), ("9.9.9", "*", True), ("2.0.0-rc.1", "1", True)],
)  # fmt: skip
def test_requirements_of_cargo_are_caret_ranges(
    version: str, requirement: str, expected: bool
) -> None:
    assert fits(version, requirement) is expected


def test_go_tools_nested_modules_and_workspaces_are_understood(tmp_path: Path) -> None:
    files = {
        "go.mod": "module a.io/x\nrequire (\n\tb.io/y v1.0.0\n\tc.io/z/v2 v2.1.0\n)\n"
        "require d.io/old v1.0.0\nreplace d.io/old => ./old\n",
        "main.go": 'package main\nimport (\n\t"b.io/y/sub"\n\tz "c.io/z/v2"\n\t"a.io/x/own"\n)\n'
        'import `d.io/old`\nimport "C"\n/*\nimport "no.io/such"\n*/\n',
        "tools.go": '//go:build tools\npackage main\nimport _ "t.io/tool"\n',
        "testdata/a.go": 'package a\nimport "no.io/such"\n',
        "_skip/a.go": 'package a\nimport "no.io/such"\n',
        "nested/go.mod": "module a.io/x/nested\n",
        "nested/a.go": 'package a\nimport "no.io/such"\n',
        "nested/a_test.go": 'package a\nimport "test.io/only"\n',
    }
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("missing-dependency", "high", "nested/a.go:2"),
        ("missing-dependency", "low", "nested/a_test.go:2"),
    ]


def test_go_modules_of_a_workspace_see_each_other(tmp_path: Path) -> None:
    files = {
        "go.work": "use ./a\nuse ./b\n",
        "a/go.mod": "module x.io/a\n",
        "a/a.go": 'package a\nimport "x.io/b"\nimport "else.io/c"\n',
        "b/go.mod": "module x.io/b\n",
    }
    assert found(tmp_path, DEPENDENCIES, files) == []


def test_members_of_a_cargo_workspace_are_not_held_against_its_lock(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a"]\n',
        "Cargo.lock": 'version = 3\n[[package]]\nname = "a"\nversion = "0.1.0"\n',
        "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nserde = { workspace = true }\n'
        'rand_core = "0.6"\n',
        "a/src/lib.rs": "use serde::Serialize;\nuse rand_core as r;\n",
    }
    assert found(tmp_path, DEPENDENCIES, files) == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [("python:3.8-slim", "Python 3.8"), ("docker.io/library/python:3.8", "Python 3.8"),
     ("python:3.13-slim-buster", "Debian 10"), ("node:20.1.0-alpine3.15", "Node.js 20"),
     ("node:gallium", "Node.js 16"), ("ubuntu:focal", "Ubuntu 20.04"), ("debian:10", "Debian 10"),
     ("postgres:9.6", "PostgreSQL 9"), ("golang:1.19-alpine", "Go 1.19"),
     ("python:3", ""), ("python:3.13", ""), ("python", ""), ("me/python:3.6", ""),
     ("ghcr.io/a/node:12", ""), ("alpine:3.23", ""), ("redis:5", ""), ("$BASE:3.6", ""),
     ("debian:sid-slim", ""), ("node:lts", ""), ("ubuntu:24.04", "")],
)  # fmt: skip
def test_images_are_judged_by_their_product_and_their_system(image: str, expected: str) -> None:
    old = image_ended(image, _DAY)
    assert (old[0] if old else "") == expected


def test_a_version_ends_the_day_after_its_last_one() -> None:
    for product, versions in DATES.items():
        for version, day in versions.items():
            assert ended(product, version, day) is None
            later = ended(product, version, day + datetime.timedelta(days=1))
            assert later is not None
            assert later[1] == day


@pytest.mark.parametrize(
    ("wanted", "newest"),
    [("16", "16"), ("<=18", "18"), ("^14 || ^16.13", "16"), (">=12 <17", "16"), (">=14", ""),
     ("^18 || >=20", ""), ("*", ""), ("nonsense", ""), ("", "")],
)  # fmt: skip
def test_ranges_of_node_are_old_when_nothing_newer_is_allowed(wanted: str, newest: str) -> None:
    assert node_range_ended(wanted, _DAY) == newest


@given(st.text(max_size=30))
@settings(deadline=None)
def test_no_text_breaks_the_readers_of_versions(text: str) -> None:
    newest_ended_python(text, _DAY)
    image_ended(text, _DAY)
    fits("1.0.0", text)
    meets(text, text)
