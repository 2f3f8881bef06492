"""Tests that check nothing, and coroutines that nobody awaits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.testing import run_tool

_TESTS = {
    "def test_a(a):\n    assert a == 1 or 'a is wrong'\n": [("assert-on-text", 2)],
    "def test_a(a, b):\n    assert a == 1 or b\n": [],
    "def test_a(self, a):\n    self.assertTrue(a, 3)\n": [("assert-on-text", 2)],
    "def test_a(self, a):\n    self.assertTrue(a, 'a is wrong')\n": [],
    "def test_a(self, a):\n    self.assertTrue(a, True)\n": [],
    "def test_a(a):\n    a == 1\n    1 == a\n    assert a.asked\n": [],
    "def test_a(a, b):\n    a==b; b==a\n": [],
    "def test_a(m):\n    assert m.called_once_with(1)\n": [("assert-on-mock", 2)],
    "def test_a(m):\n    m.assert_called_once_with(1)\n": [],
    "def test_a():\n    pass\n\n\ndef test_a():\n    assert 1\n": [("redefinition", 5)],
    "def go():\n    pass\n\n\ndef go():\n    pass\n": [],
    "def test_a(f):\n    with raises(OSError) as e:\n        f()\n        assert e.value\n": [
        ("unreachable-assert", 4)
    ],
    "def test_a(f):\n    with raises(OSError) as e:\n        f()\n    assert e.value\n": [],
    "def test_a(f):\n    with open('a') as e:\n        f()\n        assert e.name\n": [],
    "def test_a(f, g):\n    with raises(OSError) as e:\n        g()\n        assert f()\n": [],
    "import unittest\n\n\nclass TestA(unittest.TestCase):\n    async def test_a(self):\n"
    "        self.fail()\n": [("test-never-run", 5)],
    "import unittest\n\n\nclass TestA(unittest.IsolatedAsyncioTestCase):\n"
    "    async def test_a(self):\n        self.fail()\n": [],
    "from unittest import IsolatedAsyncioTestCase as TestCase\n\n\nclass TestA(TestCase):\n"
    "    async def test_a(self):\n        self.fail()\n": [],
    "import unittest\n\n\ndef f():\n    class TestA(unittest.TestCase):\n"
    "        async def test_a(self):\n            self.fail()\n\n    return TestA\n": [],
    "from unittest import mock, TestCase\n\n\nclass TestA(TestCase):\n"
    "    async def test_a(self):\n        self.fail()\n": [("test-never-run", 5)],
    "class TestA:\n    def __init__(self):\n        self.a = 1\n\n    def test_a(self):\n"
    "        assert self.a\n": [("test-never-run", 2)],
    "class Testing(Base):\n    def __init__(self):\n        self.a = 1\n\n    def test_a(self):\n"
    "        assert self.a\n": [],
}
_TESTS |= {
    "def test_a(a, b):\n    a < b\n": [],
    "def test_a(a, b):\n    # exercises __eq__\n    a == b\n": [],
    "def test_a(a, b):\n    a.c == b\n": [("statement-without-effect", 2)],
    "def test_a(a, b):\n    a in b.c\n": [],
    "def test_a(a, capfd):\n    a.c == 1\n    assert not capfd.readouterr().err\n": [],
}
_COROUTINES = {
    "async def f():\n    pass\n\n\nasync def g():\n    f()\n": [("never-awaited", 6)],
    "async def f():\n    pass\n\n\nasync def g():\n    await f()\n    a = f()\n    return a\n": [],
    "class A:\n    async def f(self):\n        pass\n\n    def g(self):\n        self.f()\n": [
        ("never-awaited", 6)
    ],
    "class A:\n    @task\n    async def f(self):\n        pass\n\n    def g(self):\n"
    "        self.f()\n": [],
    "class A:\n    async def f(self):\n        pass\n\n\nclass B:\n    def f(self):\n"
    "        pass\n\n    def g(self):\n        self.f()\n": [],
    # What another class or an assignment puts in its place may be no coroutine.
    "class A:\n    async def f(self):\n        pass\n\n    def g(self):\n        self.f()\n\n\n"
    "class B(A):\n    def f(self):\n        pass\n": [],
    "class A:\n    async def f(self):\n        pass\n\n    def g(self, f):\n        self.f = f\n"
    "        self.f()\n": [],
    "import asyncio\n\n\nasync def f():\n    asyncio.sleep(1)\n": [("never-awaited", 5)],
    "class A:\n    async def f(self):\n        pass\n\n    def __del__(self):\n"
    "        if not iscoroutinefunction(self.f):\n            self.f()\n": [],
    "class A:\n    async def f(self):\n        pass\n\n    async def g(self, b):\n"
    "        if iscoroutinefunction(b):\n            self.f()\n": [("never-awaited", 7)],
}


def found(folder: Path, files: dict[str, str]) -> list[tuple[str, int | None]]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    run = "genesis_engineering.risky_calls:find_risky_calls"
    result = run_tool(run, folder, folder / "attempt")
    return [(one.rule, one.line) for one in result.findings if one.severity == "medium"]


@pytest.mark.parametrize("code", _TESTS)
def test_what_a_test_only_seems_to_check_is_told(tmp_path: Path, code: str) -> None:
    assert found(tmp_path, {"tests/test_a.py": code, "a.py": ""}) == _TESTS[code]


@pytest.mark.parametrize("code", _COROUTINES)
def test_a_coroutine_that_is_built_and_dropped_is_told(tmp_path: Path, code: str) -> None:
    told = found(tmp_path, {"a.py": code})
    assert [one for one in told if one[0] == "never-awaited"] == _COROUTINES[code]


_SCRIPTS = {
    "describe('a', () => {\n  it.only('b', () => {});\n});\n": [("focused-test", 2)],
    "fit('b', () => {});\n": [("focused-test", 1)],
    "function fit(a) {}\nfit('b', () => {});\n": [],
    "test('b', () => {\n  // it.only('b')\n  a.only('it');\n});\n": [],
    "test('b', () => {\n  expect(f(1)).not.toBeNull;\n});\n": [("matcher-not-called", 2)],
    "test('b', () => {\n  expect(f(1)).toBe(2);\n  expect(a).to.be.true;\n});\n": [],
    "test('b', () => {\n  expect(f(1) > 2);\n});\n": [("matcher-not-called", 2)],
    "test('b', () => {\n  expect(2);\n});\n": [],
    "test('b', () => {\n  expect(2 * n.length);\n  equal(a, b);\n});\n": [],
}


@pytest.mark.parametrize("code", _SCRIPTS)
def test_what_a_test_of_javascript_only_seems_to_check_is_told(tmp_path: Path, code: str) -> None:
    assert found(tmp_path, {"src/a.test.ts": code, "src/a.ts": code}) == _SCRIPTS[code]


@pytest.mark.parametrize(
    ("log", "is_told"),
    [("import logging\n\nlogger = logging.getLogger('a')\n", True),
     ("import logging\n\n\nclass Log(logging.Logger): ...\n\n\nlogger = Log('a')\n", False),
     ("import logging\nfrom loguru import logger\n\nlogging.getLogger('a')\n", False),
     ("from somewhere import logger\n", False)],
)  # fmt: skip
def test_a_log_that_another_file_makes_is_judged_by_what_the_repository_uses(
    tmp_path: Path, log: str, is_told: bool
) -> None:
    code = "def f(self):\n    self.logger.error('a', 1)\n"
    told = found(tmp_path, {"log.py": log, "a.py": code})
    assert told == ([("broken-log-call", 2)] if is_told else [])


def test_a_repository_of_tests_alone_is_read_too(tmp_path: Path) -> None:
    code = "def test_a(a):\n    a == 1\n"
    assert found(tmp_path, {"test_a.py": code}) == [("statement-without-effect", 2)]


def test_a_helper_of_tests_that_asserts_is_read_and_what_others_test_is_not(tmp_path: Path) -> None:
    helper = "def check(a):\n    assert a.b\n    a.c == 1\n"
    files = {
        "t/common.py": helper,
        "t/data/bad.py": helper,
        "t/plain.py": "def f(a):\n    a.c == 1\n",
        "t/test_b.py": "from twisted.trial import unittest\n\n\nclass TestB(unittest.TestCase):\n"
        "    async def test_b(self):\n        self.fail()\n",
    }
    assert found(tmp_path, files) == [("statement-without-effect", 3)]


@pytest.mark.parametrize(
    ("path", "count"), [("tests/test_app.py", 1), ("shop/testing/app.py", 0), ("shop/app.py", 0)]
)
def test_a_class_is_left_out_only_where_pytest_looks(tmp_path: Path, path: str, count: int) -> None:
    code = (
        "class TestApp:\n    def __init__(self):\n        self.a = 1\n\n"
        "    def test_client(self):\n        pass\n"
    )
    told = [rule for rule, _ in found(tmp_path, {path: code})]
    assert told == ["test-never-run"] * count
