"""Packages that nothing declares, and whose lack few or none feel."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from genesis.testing import run_tool
from genesis_engineering.infrastructure.javascript_imports import read_relative_imports
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.infrastructure_runs import DEPENDENCIES, found, make_repository, run

MANIFEST = json.dumps(
    {"name": "shop", "version": "1.0.0", "main": "index.js", "dependencies": {"dayjs": "^1"}}
)
TRY = "let far;\ntry {\n  far = require('./lib/far');\n} catch (e) { far = null; }\n"
FAR = "const near = require('./near');\n"
NEAR = "const one = require('far-away');\n"


def severities(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    """(severity, `file:line`) of each missing package."""
    told = found(root, DEPENDENCIES, {"package.json": MANIFEST} | files)
    return [(severity, where) for rule, severity, where in told if rule == "missing-dependency"]


@pytest.mark.parametrize(
    "index",
    [
        TRY,
        "import 'dayjs';\nasync function load() { try { return await import('./lib/far.js'); } "
        "catch { return null; } }\n",
        "function load() { try { require('dayjs'); return require('./lib/far') } catch (e) {} }\n",
    ],
)
def test_what_is_loaded_in_a_try_only_lacks_its_packages_without_harm(
    tmp_path: Path, index: str
) -> None:
    files = {"index.js": index, "lib/far.js": FAR, "lib/near.js": NEAR}
    assert severities(tmp_path, files) == [("low", "lib/near.js:1")]


@pytest.mark.parametrize(
    "more",
    [
        {"index.js": TRY + "require('./lib/near');\n"},
        {"index.js": "try { require('fs'); } catch (e) {}\nrequire('./lib/far');\n"},
        {"index.js": "const load = () => require('./lib/far');\n"},
        {"index.js": "try { start(); } finally { stop(); }\nexport * from './lib/far.js';\n"},
        {"index.js": TRY, "other.js": "require('./lib/near.js');\n"},
        {"index.js": TRY, "lib/index.js": "require('.');\nrequire('./near');\n"},
        {"index.js": "require('dayjs');\n", "lib/far.js": FAR + "require('./index');\n",
         "lib/index.js": "require('./far');\nrequire('dayjs');\n"},
        {"index.js": TRY, "package.json": MANIFEST.replace("index.js", "lib/near.js")},
    ],
)  # fmt: skip
def test_what_is_loaded_outside_of_a_try_as_well_misses_its_packages(
    tmp_path: Path, more: dict[str, str]
) -> None:
    files = {"lib/far.js": FAR, "lib/near.js": NEAR}
    assert severities(tmp_path, files | more) == [("medium", "lib/near.js:1")]


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"devDependencies": {"webpack": "^5"}}, "low"),
        ({"scripts": {"build": "browserify index.js -o out.js"}}, "low"),
        ({"description": "an invite to a party"}, "medium"),
        ({"description": "parcel tracking", "keywords": ["vite"]}, "medium"),
    ],
)
def test_a_package_that_a_bundler_may_know_by_its_settings_is_low(
    tmp_path: Path, more: dict[str, object], severity: str
) -> None:
    manifest = json.dumps(json.loads(MANIFEST) | more)
    files = {"package.json": manifest, "index.js": "require('dayjs');\n" + NEAR}
    assert severities(tmp_path, files) == [(severity, "index.js:2")]


LOADS = "require('dayjs');\nrequire('./near');\n"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("const PACKAGES = ['dayjs@1.2.0', 'far-away@2.0.1'];", "low"),
        ("exec('npm install --no-save far-away@^2');", "low"),
        ('install("far-away@latest");', "low"),
        ("// needs far-away@2.0.1", "medium"),
        ("const mail = 'far-away@example.org';", "medium"),
        ("const PACKAGES = ['not-far-away@2.0.1', 'far-away-plugin@1.0.0'];", "medium"),
        ("const PACKAGES = ['far-away'];", "medium"),
    ],
)
def test_a_package_whose_version_the_code_names_to_install_may_come_by_itself(
    tmp_path: Path, text: str, severity: str
) -> None:
    files = {"index.js": LOADS, "near.js": NEAR, "install.js": f"require('./index');\n{text}\n"}
    assert severities(tmp_path, files) == [(severity, "near.js:1")]


def installed(name: str, **dependencies: str) -> tuple[str, str]:
    """The manifest of a package in node_modules."""
    return f"node_modules/{name}/package.json", json.dumps({"dependencies": dependencies})


def with_installed(root: Path, packages: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(severity, place, message) where these are in node_modules, which git ignores."""
    files = {"package.json": MANIFEST, "index.js": LOADS, "near.js": NEAR}
    repository = make_repository(root, files | {".gitignore": "node_modules\n"})
    for path, text in packages:
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text, encoding="utf-8")
    status = subprocess.run(["git", "status", "-s"], cwd=repository, capture_output=True, text=True)
    assert "node_modules" not in status.stdout
    tool = f"genesis_engineering.infrastructure.{DEPENDENCIES}"
    findings = run_tool(tool, repository, root / "attempt").findings
    return [(str(one.severity), f"{one.file}:{one.line}", one.message) for one in findings]


@pytest.mark.parametrize(
    "packages",
    [
        [installed("dayjs", **{"far-away": "^1"}), installed("far-away")],
        [installed("dayjs", middle="1"), installed("middle", **{"far-away": "1"}),
         installed("far-away")],
        [installed("dayjs", middle="1"), installed("middle", dayjs="1", **{"far-away": "1"}),
         installed("far-away", dayjs="1")],
    ],
)  # fmt: skip
def test_a_package_that_an_installed_one_brings_is_there_for_now(
    tmp_path: Path, packages: list[tuple[str, str]]
) -> None:
    ((severity, place, message),) = with_installed(tmp_path, packages)
    assert (severity, place) == ("low", "near.js:1")
    assert "only because dayjs brings it" in message


@pytest.mark.parametrize(
    "packages",
    [
        [],
        [installed("far-away")],
        [installed("dayjs"), installed("far-away")],
        [installed("dayjs", **{"far-away": "^1"})],
        [installed("other", **{"far-away": "^1"}), installed("far-away")],
        [("node_modules/dayjs/package.json", "["), installed("far-away")],
        [("node_modules/dayjs/package.json", '{"dependencies": [1]}'), installed("far-away")],
        [installed("dayjs", **{"../../..": "1"}), installed("far-away")],
    ],
)
def test_a_package_that_no_declared_one_brings_is_missing(
    tmp_path: Path, packages: list[tuple[str, str]]
) -> None:
    ((severity, place, _message),) = with_installed(tmp_path, packages)
    assert (severity, place) == ("medium", "near.js:1")


def test_names_with_capitals_and_folders_above_are_the_project_s_own(tmp_path: Path) -> None:
    files = {"index.js": "require('FieldTypes');\n", "js/app/lib/a.js": "require('app/lib/b');\n"}
    files["index.js"] += "import a from 'input_stream';\n"
    more = {"js/app/lib/b.js": "", "src/input/input_stream.js": ""}
    assert severities(tmp_path, files | more) == [("medium", "index.js:2")]
    more["webpack.config.js"] = "module.exports = { resolve: { modules: ['./src/input'] } };\n"
    (tmp_path / "told").mkdir()
    assert severities(tmp_path / "told", files | more) == []


def test_each_reason_is_told_in_words(tmp_path: Path) -> None:
    files = {"package.json": MANIFEST, "index.js": TRY, "lib/far.js": FAR, "lib/near.js": NEAR}
    (one,) = [f for f in run(tmp_path, DEPENDENCIES, files).findings if f.file == "lib/near.js"]
    assert "loaded in a try only, so the rest does without it" in one.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("require('./a'); require('b')", [("./a", False)]),
        ("try { require('./a') } catch (e) { require('../b') }", [("./a", True), ("../b", False)]),
        ("import a from './a'; export { b } from './b'", [("./a", False), ("./b", False)]),
        ("try { if (x) { y = () => { require('./a') } } } finally {}", [("./a", True)]),
        ("import type { A } from './a'", []),
        ("// require('./a')\nconst b = \"require('./b')\"", []),
    ],
)
def test_relative_imports_are_told_with_whether_they_stand_in_a_try(
    text: str, expected: list[tuple[str, bool]]
) -> None:
    assert list(read_relative_imports(text)) == expected


_PIECES = st.sampled_from(
    ["try {", "}", "catch {", "require('./a')", "import './b'\n", "'", "`", "{"]
)


@given(st.lists(_PIECES, max_size=30).map("".join))
@settings(deadline=None, max_examples=200)
def test_without_a_try_no_import_stands_in_one(text: str) -> None:
    without = text.replace("try {", "{")
    assert not any(is_tried for _, is_tried in read_relative_imports(without))
