"""What is put into a text, and whether a value may come from somebody else."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool
from genesis_engineering.python_source import PythonSource
from genesis_engineering.text_holes import HOLE, is_given_from_outside, template_of
from hypothesis import given
from hypothesis import strategies as st

_TEXTS = [
    ("f'a {x} b {y.z!r:>3}'", "a | b |", ["x", "y.z"]),
    ("'a ' + x + ' b'", "a | b", ["x"]),
    ("'a %s b %-5.2f %%' % (x, y)", "a | b | %", ["x", "y"]),
    ("'a %(k)s' % {'k': x, 'l': y}", "a |", ["x"]),
    ("'a %s' % x", "a |", ["x"]),
    ("'a {} {{}} {1} {k.n}'.format(x, y, k=z)", "a | {} | |", ["x", "y", "z"]),
    ("('a %s ' % x) + 'b'", "a | b", ["x"]),
    ("f'a {x} %s' % y", "a | |", ["x", "y"]),
    ("x", "|", ["x"]),
    ("'a'", "a", []),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "holes"), _TEXTS)
def test_every_way_to_put_a_text_together_is_read_with_its_holes(
    code: str, text: str, holes: list[str]
) -> None:
    found = template_of(ast.parse(code, mode="eval").body)
    assert found.text.replace(HOLE, "|") == text
    assert [ast.unparse(hole) for hole in found.holes] == holes


_WORDS = st.text(st.characters(exclude_characters="{}%\\'\"" + HOLE, codec="utf-8"), max_size=5)


@given(st.lists(_WORDS, min_size=1, max_size=5), st.sampled_from(["f", "%", "+", "format"]))
def test_the_same_text_is_read_alike_however_it_is_written(words: list[str], way: str) -> None:
    names = [f"n{place}" for place in range(len(words) - 1)]
    # repr, as a line feed may be among the characters
    quoted = [repr(word) for word in words]
    if way == "f":
        parts = [word[1:-1] + "{" + name + "}" for word, name in zip(quoted, names, strict=False)]
        code = "f'" + "".join(parts) + quoted[-1][1:-1] + "'"
    elif way == "+":
        code = " + ".join(one for pair in zip(quoted, [*names, ""], strict=True) for one in pair)
        code = code.removesuffix(" + ")
    else:
        mark = "%s" if way == "%" else "{}"
        code = repr(mark.join(words))
        arguments = "".join(name + ", " for name in names)
        code += f" % ({arguments})" if way == "%" else f".format({arguments})"
    found = template_of(ast.parse(code, mode="eval").body)
    assert found.text == HOLE.join(words)
    assert [ast.unparse(hole) for hole in found.holes] == names


_SOURCES = {
    "def f(x):\n    use(x)\n": True,
    "def f(self, x):\n    y = clean(x)\n    use(y)\n": True,
    "def f(xs):\n    for y in xs:\n        use(y)\n": True,
    "def f():\n    x = request.args['x']\n    use(x)\n": True,
    "def f(self):\n    use(self.x)\n": False,
    "X = 'a'\ndef f():\n    use(X)\n": False,
    "def f():\n    x = mkstemp()\n    use(x)\n": False,
    "@click.command()\ndef f(x):\n    use(x)\n": False,
    "@app.task\ndef f(x):\n    use(x)\n": True,
}


@pytest.mark.parametrize("code", _SOURCES)
def test_what_a_function_is_given_comes_from_outside_and_what_it_has_does_not(code: str) -> None:
    source = PythonSource("a.py", code)
    row = code.count("\n")
    (call,) = (one for one in source.calls_at(row) if ast.unparse(one.func) == "use")
    assert is_given_from_outside(source, row, call.args[0]) == _SOURCES[code]


def risky(folder: Path, files: dict[str, str]) -> TaskResult:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return run_tool("genesis_engineering.risky_calls:find_risky_calls", folder, folder / "attempt")


_SEVERITIES = {
    "os.system(f'ls {x}')": "low",
    "x = input(); os.system(f'ls {x}')": "medium",
    "os.system('ls ' + self.folder)": "low",
    "os.system(f'{sys.executable} {path} -v')": "low",
    "os.system(x % self.y)": "low",
    "db.run(\"SELECT a FROM t WHERE b = '%s'\" % x)": "medium",
    "# no placeholder works\n        db.run(\"SELECT a FROM t WHERE b = '%s'\" % x)": "low",
    "db.run(\"SELECT a FROM %s WHERE b = '%s'\" % (x, self.b))": "low",
    "db.run(\"SELECT 1 FROM pg_class WHERE name = '%s'\" % x)": "low",
    "db.run('SELECT a FROM %s WHERE b = %s' % (x, int(x)))": None,
    "db.run('SELECT a FROM t WHERE %s=%s' % (x, self.b))": "low",
    "db.run(f'DELETE FROM t WHERE a={x} AND {self.b}=3')": "low",
    "x = input(); db.run(f'DELETE FROM t WHERE a={x}')": "medium",
    "m = ','.join([self.arg for a in x]); db.run(f'INSERT INTO t VALUES ({m})', x)": None,
    "m = ','.join(['?'] * len(x)); db.run(f'INSERT INTO t VALUES ({m})', x)": None,
    "m = ','.join(a for a in x); db.run(f'INSERT INTO t VALUES ({m})')": "low",
    "os.chmod(x, 0o777)": "medium",
    "os.chmod(x, 0o777)  # any user may write": "low",
}


@pytest.mark.parametrize("line", _SEVERITIES)
def test_only_what_comes_from_outside_is_medium(tmp_path: Path, line: str) -> None:
    code = "import os, sys\n\npath = 'a'\n\n\nclass A:\n    def f(self, db, x):\n        "
    found = [str(one.severity) for one in risky(tmp_path, {"a.py": f"{code}{line}\n"}).findings]
    assert found == ([_SEVERITIES[line]] if _SEVERITIES[line] else [])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({"pyproject.toml": "[tool.ruff]\nextend-exclude = ['lib/taken']\n"}, "low"),
     ({"ruff.toml": "[lint]\nexclude = ['taken/**']\n"}, "low"),
     ({".flake8": "[flake8]\nexclude =\n    */taken,\n    build\n"}, "low"),
     ({"pyproject.toml": "[tool.ruff]\nexclude = ['other', 'take']\n"}, "high"),
     ({"pyproject.toml": "[tool.ruff]\nexclude = ['*']\n"}, "high"),
     ({"pyproject.toml": "[tool.ruff\n", "tox.ini": "[flake8\n"}, "high")],
)  # fmt: skip
def test_what_the_repository_s_linters_leave_alone_is_low(
    tmp_path: Path, settings: dict[str, str], expected: str
) -> None:
    files = {"lib/taken/a.py": "def f():\n    return totl\n", "lib/b.py": "", "c.py": ""}
    result = risky(tmp_path, files | settings)
    assert [(f.rule, str(f.severity)) for f in result.findings] == [("undefined-name", expected)]


@pytest.mark.parametrize(
    ("second", "severity"), [("g = f", "low"), ("def g():\n    return 2", "medium")]
)
def test_another_name_in_the_place_of_a_function_is_low(
    tmp_path: Path, second: str, severity: str
) -> None:
    code = f"def f():\n    return 0\n\n\ndef g():\n    return 1\n\n\n{second}\n"
    result = risky(tmp_path, {"a.py": code})
    assert [(x.rule, str(x.severity)) for x in result.findings] == [("redefinition", severity)]


_PLACES = {
    "def f(x):\n    tarfile.open(x).extractall('b')\n": "low",
    "def f(version):\n    tarfile.open(fileobj=urlopen(URL % version)).extractall('b')\n": "low",
    "def f(url):\n    tarfile.open(fileobj=urlopen(url)).extractall('b')\n": "medium",
    "import os\n\n\ndef f(x):\n    if os.name == 'nt':\n        os.chmod(x, 0o777)\n": "low",
    "def f():\n    try:\n        if a():\n            return True\n    finally:\n        b()\n"
    "        return False\n": "medium",
    "def f():\n    try:\n        a()\n        return b\n    finally:\n        return b\n": "low",
    "def f():\n    try:\n        a()\n    finally:\n        return b\n": "low",
    "import urllib2\nx = totl\n": "low",
    "import a1, new\nx = totl\n": "low",
    "import a1, news\nx = totl\n": "high",
    "try:\n    a()\nexcept KeyError:\n    b()\nexcept (KeyError, OSError):\n    c()\n": "low",
    "try:\n    a()\nexcept KeyError:\n    b()\nexcept KeyError:\n    c()\n": "medium",
}


@pytest.mark.parametrize("code", _PLACES)
def test_the_place_of_a_line_tells_how_much_it_matters(tmp_path: Path, code: str) -> None:
    given = "import tarfile\nfrom here import URL, a, b, c, urlopen\n"
    found = [one for one in risky(tmp_path, {"a.py": given + code}).findings if one.line != 2]
    assert [str(one.severity) for one in found] == [_PLACES[code]]


def test_a_test_that_checks_nothing_is_told_and_nothing_else_of_tests(tmp_path: Path) -> None:
    code = (
        "import pytest\n\n\ndef test_a(a, b):\n    assert f'{a}'\n    a == b\n    totl\n"
        "    with pytest.raises(TypeError):\n        a < b\n\n\ndef helper(a, b):\n    a == b\n"
    )
    found = risky(tmp_path, {"tests/test_a.py": code, "tests/data/a.py": code, "b.py": ""}).findings
    told = [(one.rule, str(one.severity), one.line) for one in found]
    assert sorted(told) == [
        ("assert-on-text", "medium", 5),
        ("statement-without-effect", "medium", 6),
    ]


@pytest.mark.parametrize(
    ("change", "is_told"),
    [("d.pop('a', None)", False), ("del d['a']", False), ("d['a'] = 1", True),
     ("d.update(a=1)", True)],
)  # fmt: skip
def test_what_takes_away_from_an_empty_default_changes_nothing(
    tmp_path: Path, change: str, is_told: bool
) -> None:
    result = risky(tmp_path, {"a.py": f"def f(d={{}}):\n    {change}\n    return d\n"})
    assert [f.rule for f in result.findings] == (["mutable-default"] if is_told else [])


_ODD = {
    "import sys\nfor n in ('totl',):\n    setattr(sys.modules[__name__], n, 1)\nprint(totl)\n": [],
    "def f():\n    x: int\n\n    def g():\n        nonlocal x\n        x = 1\n\n    g()\n"
    "    return x\n": [],
    "try:\n    text = totl\nexcept NameError:\n    text = str\n": [],
    "def f(a):\n    a == a\n    return a.hash\n": [],
    "from b import setter\n\n\nclass A:\n    __slots__ = ['c']\n\n    def __init__(self):\n"
    "        self.d = 1\n\n    @setter\n    def d(self, e):\n        return e\n": [],
    "class A:\n    __slots__ = ['c']\n\n    def __init__(self):\n        self.d = 1\n": [
        ("not-in-slots", "medium")
    ],
    "class A:\n    def __len__(self):\n        raise TypeError\n": [],
    "class A:\n    def __len__(self):\n        assert 0\n": [],
    "class A:\n    def __len__(self):\n        return 'a'\n": [("wrong-special-method", "medium")],
    "def f(a):\n    return 'text' % a\n": [],
    "class A:\n    def __gt__(self, other):\n        self.to = other\n\n    def f(self, a, b):\n"
    "        a > b\n": [],
    "class A:\n    def f(self, b):\n        self > b\n": [],
    'def f():\n    """Finds \u200b such marks."""\n': [("hidden-character", "low")],
    "x = 'a\u200b'\n": [("hidden-character", "low")],
    "def f(x, found={}):\n    if x not in found:\n        found[x] = 1\n    return found[x]\n": [],
    "def f(found=[]):\n    if not found:\n        found.append(1)\n    return found\n": [],
    "def f(x, found={}):\n    if 'a' not in found:\n        found.update(a=x)\n": [
        ("mutable-default", "low")
    ],
    "x = 1\ny = -(-x)\nz = - -x\n": [("double-sign", "medium")],
    "def f(name, xs):\n    return {name: x for x in xs if x.a == name}\n": [],
    "def f(x):\n    if x:\n        return\n        print(x)\n        print(x)\n": [],
    "import random\n\n\ndef nonce():\n    return random.choice('abc')\n": [
        ("guessable-secret", "low")
    ],
    "import os\nimport sys\n\nos.system('jhead ' + sys.argv[1])\n": [("shell-command", "low")],
    "import ssl\n\n\ndef unverified_context():\n    return ssl._create_unverified_context()\n": [],
    "class A:\n    def __contains__(self):\n        raise NotImplementedError()\n": [],
    "class A:\n    def __init__(self):\n        super.__setattr__(self, 'a', 1)\n": [],
    "try:\n    kinds = (dict, frozendict)\nexcept Exception:\n    kinds = dict\n": [],
    "from a import *\n\ndel (\n    gone,\n)\n": [],
    "from here import Weak\n\n\nclass A:\n    b: Weak = Weak('_b')\n    __slots__ = ('_b',)\n\n"
    "    def __init__(self, b):\n        self.b = b\n": [],
    "import _winreg\n\nfor x in xrange(3):\n    print(x)\n": [("undefined-name", "low")],
    "class A: ...\n__all__ = [A.__name__]\n": [],
    "SLOW = False\nif SLOW:\n    print(gone)\n": [],
    "SLOW = False\nif SLOW:\n    print(1)\nelse:\n    print(gone)\n": [("undefined-name", "high")],
    "_has_unicode = 0\n\n\ndef f(x):\n    return _has_unicode and isinstance(x, unicode)\n": [],
    "def f(x):\n    return x and isinstance(x, unicode)\n": [("undefined-name", "low")],
    "if str is bytes:\n    print(unichr(1))\n": [],
    "x = 'ວັນ\u200bສຸກ'\n": [],
    "from itertools import groupby\n\n\ndef f(a):\n    for k, g in groupby(a):\n"
    "        first = next(g)\n        yield first, list(g)\n": [],
}


@pytest.mark.parametrize("code", _ODD)
def test_what_only_looks_like_a_mistake_is_left_alone(tmp_path: Path, code: str) -> None:
    found = risky(tmp_path, {"a.py": code}).findings
    assert [(one.rule, str(one.severity)) for one in found] == _ODD[code]


def test_a_program_for_python_2_is_no_broken_one(tmp_path: Path) -> None:
    code = "def f():\n    try:\n        totl()\n    except OSError, e:\n        print e\n"
    result = risky(tmp_path, {"a.py": code, "b.py": ""})
    assert result.findings == ()
    assert any("Python 3 cannot read" in one.what for one in result.omissions)


def test_a_name_that_a_function_quotes_is_no_value(tmp_path: Path) -> None:
    code = "def f(db, qn, x):\n    db.run('SELECT a FROM t WHERE b = %s' % qn(x))\n"
    assert risky(tmp_path, {"a.py": code}).findings == ()


def test_what_a_script_of_zope_declares_in_comments_is_defined(tmp_path: Path) -> None:
    code = (
        '## Script (Python) "a"\n##bind context=context\n##parameters=time\nx = context.a(time)\n'
    )
    assert risky(tmp_path, {"a.py": code, "b.py": "x = context.a\n"}).findings[0].file == "b.py"


@pytest.mark.parametrize(("name", "severity"), [("salt", "low"), ("password", "medium")])
def test_a_salt_by_chance_is_low(tmp_path: Path, name: str, severity: str) -> None:
    code = f"import random\n\n\ndef hash_password(p):\n    {name} = random.choice('abc')\n"
    code += f"    return p + {name}\n"
    assert [str(one.severity) for one in risky(tmp_path, {"a.py": code}).findings] == [severity]


def test_all_of_a_program_for_python_2_alone_is_low(tmp_path: Path) -> None:
    setup = (
        "from setuptools import setup\nsetup(classifiers=['Programming Language :: Python :: 2'])\n"
    )
    found = risky(tmp_path, {"setup.py": setup, "a.py": "def f():\n    return totl\n"}).findings
    assert [str(one.severity) for one in found] == ["low"]


def test_a_group_that_an_inner_loop_takes_again_and_again_is_spent(tmp_path: Path) -> None:
    code = (
        "from itertools import groupby\n\n\ndef f(a, times):\n    for k, g in groupby(a):\n"
        "        for _ in times:\n            yield k, list(g)\n"
    )
    assert [one.rule for one in risky(tmp_path, {"a.py": code}).findings] == ["spent-groupby"]
