"""Suites of node's own runner, jest and vitest: each result is that of the runner itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from plugins.engineering.tests.node_packages import modules_with
from plugins.engineering.tests.verifying import (
    counts,
    facts,
    junit_counts,
    make_repository,
    rules,
    verify,
    write,
)

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")

EVERY_OUTCOME = """
import test, { describe, it } from 'node:test';
import assert from 'node:assert';

test('good', () => {});
test('bad', () => {
  assert.equal(1, 2);
});
test('good', () => { console.log('named like another'); });
test('skipped', { skip: 'later' }, () => {});
test('todo', { todo: true }, () => { throw new Error('not yet'); });
describe('group', () => {
  it('inside', () => {});
  describe('deeper', () => { it('inside', () => { throw new Error('boo'); }); });
});
"""
JEST = """
const { add } = require('../lib');
test('good', () => { expect(add(1, 1)).toBe(2); });
test('bad', () => {
  expect(add(1, 1)).toBe(3);
});
describe('group', () => { it('good', () => {}); it.skip('skipped', () => {}); it.todo('todo'); });
test('good', () => {});
"""
VITEST = "import { test, describe, it, expect } from 'vitest';" + JEST.replace(
    "const { add } = require('../lib');", "import { add } from '../lib.mjs';"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", own=False)


def add_package(repository: Path, script: str, modules: Path | None = None) -> None:
    text = json.dumps({"name": "it", "scripts": {"test": script}})
    write(repository, {"package.json": text, ".gitignore": "node_modules\n"})
    if modules is not None:
        (repository / "node_modules").symlink_to(modules)


def counts_of_node(repository: Path, *options: str) -> dict[str, object]:
    report = repository.parent / "own.xml"
    subprocess.run(
        ["node", "--test", "--test-reporter=junit", f"--test-reporter-destination={report}",
         *options],
        cwd=repository, capture_output=True, timeout=60,
    )  # fmt: skip
    return junit_counts(report)


def test_each_outcome_of_nodes_own_runner_is_that_of_its_junit_report(repository: Path) -> None:
    add_package(repository, "node --test")
    files = {
        "a.test.mjs": EVERY_OUTCOME,
        "b.test.mjs": "import './absent.mjs';\n",
        "c.test.mjs": "console.log('a script without tests');\n",
    }
    write(repository, files)
    result = verify(repository)
    expected = {"passed": 4, "failed": 3, "errors": 0, "skipped": 2}
    assert counts(result) == counts_of_node(repository) == expected
    assert facts(result)["verdict"] == "failed"
    assert str(facts(result)["runner"]).startswith("node ")
    bad = next(one for one in result.findings if "::bad" in one.message)
    assert (bad.file, bad.line) == ("a.test.mjs", 7)
    assert "1 == 2" in bad.message
    assert any("a.test.mjs::group > deeper > inside: boo" in one.message for one in result.findings)
    again = subprocess.run(bad.check, shell=True, cwd=repository, capture_output=True, text=True)
    assert re.search(r"fail 1\b", again.stdout)
    assert not (repository.parent / "repository" / "node_modules").exists()


def test_a_test_within_a_test_that_fails_is_one_finding_and_counts_as_node_counts(
    repository: Path,
) -> None:
    add_package(repository, "node --test")
    text = "import test from 'node:test';\ntest('outer', async (t) => {\n"
    text += "  await t.test('inner', () => { throw new Error('boo'); });\n});\n"
    write(repository, {"a.test.mjs": text})
    result = verify(repository)
    assert facts(result)["failed"] == 2
    assert rules(result) == ["test-failed"]
    assert "outer > inner" in result.findings[0].message


def test_a_script_keeps_its_shape_and_its_build_and_loses_its_linter(repository: Path) -> None:
    scripts = {
        "test": "npm run lint && npm run build && WORD=said node --test 'built/*.js'",
        "build": "mkdir -p built && cp src/* built/",
        "lint": "eslint .",
    }
    text = "const test = require('node:test');\n"
    text += "test('a', () => { if (process.env.WORD !== 'said') throw new Error('lost'); });\n"
    write(repository, {"package.json": json.dumps({"scripts": scripts}), "src/a.js": text})
    script = scripts["test"].replace("'built/*.js'", "built/a.js")
    scripts["test"] = script
    write(repository, {"package.json": json.dumps({"scripts": scripts})})
    result = verify(repository)
    assert facts(result)["verdict"] == "passed", result
    assert facts(result)["passed"] == 1
    assert not (repository / "built").exists()


def test_a_file_that_spins_is_stopped_and_named(repository: Path) -> None:
    add_package(repository, "node --test")
    text = (
        "import test from 'node:test';\ntest('a', () => {});\ntest('spins', () => {for (;;) {}});"
    )
    write(repository, {"a.test.mjs": text})
    result = verify(repository, limit_seconds=5)
    assert facts(result)["verdict"] == "incomplete"
    assert rules(result) == ["test-hung"]
    assert result.findings[0].file == "a.test.mjs"


def test_a_file_that_crashes_its_process_is_a_failure_as_node_counts_it(repository: Path) -> None:
    add_package(repository, "node --test")
    files = {
        "a.test.mjs": "import test from 'node:test';\ntest('a', () => {});\n",
        "b.test.mjs": "import test from 'node:test';\ntest('b', () => { process.abort(); });\n",
        "c.test.mjs": "import test from 'node:test';\ntest('c', () => {\n"
        "  for (let i = 0; i < 100; i++) console.log('x'.repeat(1e6)); });\n",
    }
    write(repository, files)
    result = verify(repository)
    assert counts(result) == counts_of_node(repository)
    assert facts(result)["failed"] == 1
    assert facts(result)["passed"] == 2
    assert "SIGABRT" in result.findings[0].message


def test_a_package_that_is_not_installed_is_no_failure(repository: Path) -> None:
    add_package(repository, "node --test")
    text = "import test from 'node:test';\nimport 'no-such-package';\ntest('a', () => {});\n"
    write(repository, {"a.test.mjs": text})
    result = verify(repository)
    assert facts(result)["verdict"] == "incomplete"
    assert rules(result) == ["test-dependency-missing"]
    assert "'no-such-package'" in result.findings[0].message


def test_exit_code_0_in_spite_of_a_failing_test_is_told(repository: Path) -> None:
    add_package(repository, "node --test || true")
    text = "import test from 'node:test';\ntest('a', () => { throw new Error('boo'); });\n"
    write(repository, {"a.test.mjs": text})
    result = verify(repository)
    assert facts(result)["verdict"] == "failed"
    assert rules(result) == ["exit-code-disagrees", "test-failed"]


def test_exit_code_1_in_spite_of_passing_tests_is_told(repository: Path) -> None:
    add_package(repository, "node --test && node after.js")
    text = "import test from 'node:test';\ntest('a', () => {});\n"
    write(repository, {"a.test.mjs": text, "after.js": "process.exit(3);\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "failed"
    assert facts(result)["exit_code"] == 3
    assert rules(result) == ["exit-code-disagrees"]


def test_each_package_of_a_workspace_is_a_suite(repository: Path) -> None:
    root = {"private": True, "workspaces": ["packages/*"], "scripts": {"test": "npm test -ws"}}
    text = "import test from 'node:test';\ntest('a', () => {});\n"
    package = json.dumps({"scripts": {"test": "node --test"}})
    files = {"package.json": json.dumps(root)}
    for name in ("a", "b"):
        files[f"packages/{name}/package.json"] = package
        files[f"packages/{name}/it.test.mjs"] = text
    files["packages/b/test/fixtures/x/package.json"] = package
    write(repository, files)
    result = verify(repository)
    assert facts(result)["verdict"] == "passed"
    assert facts(result)["passed"] == 2
    suites = facts(result)["suites"]
    assert isinstance(suites, list)
    assert [one["folder"] for one in suites] == ["packages/a", "packages/b"]
    assert not result.omissions


def own_report(repository: Path, *command: str) -> dict[str, int]:
    answer = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=100)
    report = json.loads(answer.stdout[answer.stdout.index("{") :])
    return {name: value for name, value in report.items() if name.startswith("num")}


@pytest.mark.parametrize("runner", ["jest", "vitest"])
def test_each_outcome_of_jest_and_vitest_is_that_of_their_json_report(
    repository: Path, runner: str
) -> None:
    add_package(repository, f"{runner} --silent", modules_with(runner))
    ending = "js" if runner == "jest" else "mjs"
    add = (
        "exports.add = (a, b) => a + b;"
        if runner == "jest"
        else "export const add = (a, b) => a + b;"
    )
    write(repository, {f"lib.{ending}": add})
    write(repository, {f"test/a.test.{ending}": JEST if runner == "jest" else VITEST})
    write(repository, {f"test/b.test.{ending}": "const x = ;\n"})
    result = verify(repository)
    command = (
        ["npx", "jest", "--json"]
        if runner == "jest"
        else ["npx", "vitest", "run", "--reporter=json"]
    )
    own = own_report(repository, *command)
    assert counts(result) == {
        "passed": own["numPassedTests"],
        "failed": own["numFailedTests"],
        "errors": 0,
        "skipped": own["numPendingTests"] + own["numTodoTests"],
    }
    assert counts(result) == {"passed": 3, "failed": 1, "errors": 0, "skipped": 2}
    assert facts(result)["collection_errors"] == 1
    assert sorted(rules(result)) == ["test-collection-error", "test-failed"]
    bad = next(one for one in result.findings if one.rule == "test-failed")
    assert bad.file == f"test/a.test.{ending}"
    assert bad.line in (5, 6)
    again = subprocess.run(bad.check, shell=True, cwd=repository, capture_output=True, text=True)
    assert "1 failed" in again.stdout + again.stderr


@pytest.mark.parametrize("runner", ["jest", "vitest"])
def test_a_suite_of_jest_or_vitest_without_tests_has_no_tests(
    repository: Path, runner: str
) -> None:
    add_package(repository, runner, modules_with(runner))
    write(repository, {"lib.js": "1;\n"})
    assert facts(verify(repository))["verdict"] == "no_tests"


@pytest.mark.parametrize("runner", ["jest", "vitest"])
def test_a_test_of_jest_or_vitest_that_spins_is_stopped_and_its_file_named(
    repository: Path, runner: str
) -> None:
    add_package(repository, runner, modules_with(runner))
    head = "" if runner == "jest" else "import { test } from 'vitest';\n"
    write(
        repository,
        {"a.test.mjs" if head else "a.test.js": head + "test('spins', () => {for (;;) {}});\n"},
    )
    result = verify(repository, limit_seconds=8)
    assert facts(result)["verdict"] == "incomplete"
    assert facts(result)["passed"] == 0
