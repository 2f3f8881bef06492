"""Risky calls: planted defects are found among look-alikes that are right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool
from genesis_engineering.risky_rules import RISKY_RULES
from ruff import find_ruff_bin  # type: ignore[import-untyped]

_TOOL = "genesis_engineering.risky_calls:find_risky_calls"


def run_risky(root: Path, files: dict[str, str]) -> TaskResult:
    repository = root / "repository"
    repository.mkdir()
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return run_tool(_TOOL, repository, root / "attempt")


_DEFECTS = {
    ("undefined-name", "high"): "def f():\n    return totl\n",
    ("no-certificate-check", "high"): "import httpx\n\nhttpx.get(1, verify=False, timeout=1)\n",
    ("exception-not-raised", "high"): "def f(x):\n    if x:\n        ValueError('x')\n",
    ("shell-command", "medium"): "import os\n\n\ndef f(x):\n    os.system(f'ls {x}' + input())\n",
    ("sql-from-text", "medium"): "def f(db, n):\n    db.run(f\"DELETE FROM t WHERE n='{n}'\")\n",
    ("unsafe-yaml", "medium"): "import yaml\n\n\ndef f(x):\n    return yaml.load(x)\n",
    ("unsafe-yaml", "low"): "import yaml\n\n\ndef f(x):\n    return yaml.load(x, yaml.Loader)\n",
    ("mutable-default", "low"): "def f(x, found=[]):\n    found.append(x)\n    return found\n",
    ("redefinition", "medium"): "def f():\n    return 1\n\n\ndef f():\n    return 2\n",
    ("is-literal", "medium"): "def f(x):\n    return x is 'a'\n",
    ("broken-format", "medium"): "def f(x):\n    return '{} {}'.format(x)\n",
    ("late-loop-variable", "medium"): "def f(c):\n    for n in c:\n        c.append(lambda: n)\n",
    ("statement-without-effect", "medium"): "from contextlib import suppress\n\n\n"
    "def f(x):\n    with suppress():\n        x()\n",
    ("spent-groupby", "medium"): "import itertools\n\n\ndef f(xs):\n"
    "    for key, group in itertools.groupby(xs):\n        if key:\n            print(*group)\n"
    "        print(list(group))\n",
    ("wrong-special-method", "medium"): "class Shelf:\n    def __contains__(name):\n"
    "        return False\n",
    ("guessable-secret", "medium"): "import random\n\nsecret_key = random.choice('abc')\n",
    ("blocking-call-in-async", "medium"): "import time\n\n\nasync def f():\n    time.sleep(3)\n",
    ("shared-mutable", "medium"): "def f(xs):\n    found = dict.fromkeys(xs, [])\n"
    "    for x in xs:\n        found[x].append(1)\n    return found\n",
    ("shared-mutable", "low"): "def f(xs):\n    found = {}\n    found[1][2] = 3\n"
    "    found = dict.fromkeys(xs, [])\n"
    "    for x in xs:\n        found[x] = [x]\n    return found\n",
    ("broken-log-call", "medium"): "import logging\n\nlogging.warning('a %s', 1, 2)\n",
    ("weak-hash", "low"): "import hashlib\n\n\ndef f(password):\n    hashlib.md5(password)\n",
    ("eval", "low"): "def f(x):\n    return eval(x)\n",
    ("unpickling", "low"): "import pickle\n\n\ndef f(x):\n    return pickle.loads(x)\n",
    ("bare-except", "low"): "def f(x):\n    try:\n        x()\n    except:\n        return None\n",
    ("no-timeout", "low"): "import requests\n\n\ndef f(u):\n    return requests.get(u)\n",
    ("hidden-character", "medium"): "role = 'user\u202e'\n",
    ("syntax-error", "high"): "def f(:\n    pass\n",
}  # fmt: skip
_RIGHT = {
    "a name that a round of the loop binds for the next": "def f(xs):\n    first = True\n"
    "    for x in xs:\n        if first or last > x:\n            last = x\n"
    "        first = False\n",
    "a sleep of no time": "import time\n\n\nasync def f():\n    time.sleep(0)\n",
    "a log that is no logger": "class A:\n    def f(self):\n        self.log.error('a', 1, 2)\n",
    "a call with a literal for the shell": "import os\n\nos.system('clear')\n",
    "a list of arguments": "import subprocess\n\n\ndef f(x):\n    subprocess.run(['ls', x])\n",
    "a statement with placeholders": "def f(db, n):\n    marks = ','.join('?' * len(n))\n"
    "    db.execute(f'SELECT a FROM t WHERE n IN ({marks})', n)\n",
    "a statement with the driver's placeholders": "def f(db, t):\n"
    "    db.execute('SELECT a FROM {} WHERE b=%s'.format(t), (1,))\n",
    "a statement of names with an escaped placeholder": "def f(db, t):\n"
    "    db.execute('DELETE FROM %s WHERE n < %%s' % t, (1,))\n",
    "a mark of the direction of writing": "FORMAT = 'd\u200f/m\u200f/Y'\n",
    "a count and flags in their places": "import re\n\nre.sub('a', 'b', 'c', 0, re.M)\n",
    "no check of a certificate as asked for": "import httpx\n\n\ndef f(u, insecure):\n"
    "    if insecure:\n        httpx.get(u, verify=False)\n",
    "a safe loader with more tags": "import yaml\n\nfrom app import AppLoader\n\n\n"
    "def f(x):\n    return yaml.load(x, Loader=AppLoader)\n",
    "a statement with a table's name": "def f(db, t):\n    db.execute(f'SELECT a FROM {t}')\n",
    "a limit that is a number": "def f(db, n):\n"
    "    db.execute('SELECT a FROM t LIMIT {size}'.format(size=n + 1))\n"
    "    db.execute(f'SELECT a FROM t LIMIT {n + 1}')\n"
    "    db.execute(f'SELECT a FROM t WHERE id = {int(n)}')\n",
    "words that resemble SQL": "def f(x):\n    return f'select one item from {x}'\n",
    "a checksum": "import hashlib\n\n\ndef etag(x):\n    return hashlib.md5(x).hexdigest()\n",
    "a default that stays as it is": "def f(x, names=[]):\n    return [n for n in names if n]\n",
    "a cache on purpose": "def f(x, _cache={}):\n    _cache[x] = 1\n    return _cache\n",
    "a handler that raises again": "def f(x):\n    try:\n        x()\n    except:\n        raise\n",
    "a handler that ends the program": "import sys\n\n\ndef f(x):\n    try:\n        x()\n"
    "    except:\n        sys.exit(1)\n",
    "a sleep for synchronous callers": "import asyncio\nimport time\n\n\nasync def f(is_async):\n"
    "    if is_async:\n        await asyncio.sleep(1)\n    else:\n        time.sleep(1)\n",
    "a parameter of an inner function": "def f(found={}):\n    def g(found):\n"
    "        found['a'] = 1\n\n    return g, found\n",
    "dice": "import random\n\n\ndef f():\n    return random.randint(1, 6)\n",
    "a deep copy by pickle": "import pickle\n\n\ndef f(x):\n"
    "    return pickle.loads(pickle.dumps(x))\n",
    "a line that is accepted": "def f(x):\n    return eval(x)  # noqa: S307\n",
    "a part of a text that is accepted": "def f(a, x):\n    q = (\n        'SELECT a '\n"
    "        'FROM b '\n        f\"WHERE c = '{x}'\"  # nosec\n    )\n    a.execute(q)\n",
    "the number of a row": "def f(a, c):\n"
    "    a.execute(f'SELECT a FROM b WHERE d = {c.lastrowid}')\n",
    "a pause before a password": "import random\nimport time\n\n\ndef reset_password():\n"
    "    time.sleep(random.random())\n",
    "a line that is accepted by bandit": "def f(x):\n    return eval(x)  # nosec\n",
    "a name of Python 2 behind a check": "import sys\n\n"
    "if sys.version_info[0] == 2:\n    text = unicode\n",
    "names that are made": "globals().update(a=1)\n\n\ndef f():\n    return a\n",
    "functions that a decorator registers": "from app import route\n\n\n"
    "@route('/a')\ndef f():\n    return 1\n\n\n@route('/b')\ndef f():\n    return 2\n",
    "a key that is used at once": "def f(xs):\n    for n in range(3):\n"
    "        xs = sorted(xs, key=lambda x: x + n)\n    return xs\n",
    "a context that stands for none": "from contextlib import suppress\n\n\n"
    "def f(x):\n    with suppress(KeyError) if x else suppress():\n        x()\n",
    "a group that an error used before": "import itertools\n\n\ndef f(xs):\n"
    "    for key, group in itertools.groupby(xs):\n        if not key:\n"
    "            raise ValueError(list(group))\n        print(list(group))\n",
    "a method of an interface": "from zope.interface import Interface\n\n\n"
    "class IShelf(Interface):\n    def __contains__(name):\n        \"Whether it is there.\"\n",
    "an interface of another kind": "from zope.interface.common import ABCInterface\n\n\n"
    "class Shelf(ABCInterface):\n    def __contains__(name):\n        \"Whether it is there.\"\n",
    "a newer syntax": "def f[T](x: T) -> T:\n    return x\n\n\ntype A = int\n",
}  # fmt: skip


@pytest.mark.parametrize(("expected", "code"), _DEFECTS.items())
def test_a_defect_is_found_with_its_severity_and_line(
    tmp_path: Path, expected: tuple[str, str], code: str
) -> None:
    result = run_risky(tmp_path, {"shop.py": code})
    assert [(f.rule, str(f.severity)) for f in result.findings] == [expected]
    finding = result.findings[0]
    assert finding.line is not None
    assert finding.evidence == code.splitlines()[finding.line - 1].strip()


@pytest.mark.parametrize("name", _RIGHT)
def test_what_is_right_is_left_alone(tmp_path: Path, name: str) -> None:
    result = run_risky(tmp_path, {"shop.py": _RIGHT[name]})
    assert result.findings == (), result.findings[0].message


def test_what_eval_may_use_gives_the_module_no_names(tmp_path: Path) -> None:
    code = "def f(x):\n    return eval(x, {'__builtins__': {}}) + totl\n"
    given = "setattr(__builtins__, 'totl', 1)\n\n\ndef f():\n    return totl\n"
    result = run_risky(tmp_path, {"shop.py": code, "given.py": given})
    missing = [f.file for f in result.findings if f.rule == "undefined-name"]
    assert missing == ["shop.py"]


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [("reset_code", True), ("verification_pin", True), ("make_2fa_code", True),
     ("author_name", False), ("error_code", False), ("pin_code_length", False)],
)  # fmt: skip
def test_a_code_that_lets_somebody_in_must_not_be_guessable(
    tmp_path: Path, name: str, is_secret: bool
) -> None:
    code = f"import random\n\n\ndef {name}():\n    return random.randint(1, 9999)\n"
    found = [f.rule for f in run_risky(tmp_path, {"shop.py": code}).findings]
    assert found == (["guessable-secret"] if is_secret else [])


def test_a_name_missing_only_in_an_annotation_is_low(tmp_path: Path) -> None:
    result = run_risky(tmp_path, {"shop.py": "def f(x: 'Cart') -> None:\n    return x\n"})
    assert [(f.rule, str(f.severity)) for f in result.findings] == [("undefined-name", "low")]


def test_a_command_of_the_module_s_own_constants_is_low(tmp_path: Path) -> None:
    code = (
        "import os\n\nURL = 'https://a.example/b'\n\n\ndef f():\n    os.system('svn log ' + URL)\n"
    )
    result = run_risky(tmp_path, {"shop.py": code})
    assert [(f.rule, str(f.severity)) for f in result.findings] == [("shell-command", "low")]


def test_tests_are_left_out_and_examples_are_low(tmp_path: Path) -> None:
    code = "import yaml\n\n\ndef f(x):\n    return yaml.load(x)\n"
    paths = ("tests/test_a.py", "e2e-tests/serve.py", "a/Integration_Tests/b.py", "examples/a.py",
             "a/test_utils/b.py", "upgrade-test/c.py")  # fmt: skip
    result = run_risky(tmp_path, dict.fromkeys(paths, code))
    assert [(f.file, str(f.severity)) for f in result.findings] == [("examples/a.py", "low")]


def test_names_of_other_modules_may_be_unpacked_into_all(tmp_path: Path) -> None:
    code = "from . import a, b\n\n__all__ = ({},)\n"
    for number, (names, expected) in enumerate(
        [("'x', *a.__all__, *b.__all__", []), ("'x', *a.__all__, b", ["invalid-all"])]
    ):
        (folder := tmp_path / str(number)).mkdir()
        result = run_risky(
            folder, {"p/__init__.py": code.format(names), "p/a.py": "", "p/b.py": ""}
        )
        assert [f.rule for f in result.findings] == expected


def test_folders_of_tests_that_the_program_itself_runs_are_no_tests(tmp_path: Path) -> None:
    code = "import yaml\n\n\ndef f(x):\n    return yaml.load(x)\n"
    result = run_risky(tmp_path, {"ab_tests/pick.py": code})
    assert [str(f.severity) for f in result.findings] == ["medium"]


@pytest.mark.parametrize(("given", "severity"), [("m", "low"), ("request.args['m']", "medium")])
@pytest.mark.parametrize("hole", ["{n}", "{n + m}", "{str(n)}", "{n + '1'}"])
def test_a_limit_that_may_be_text_is_reported(
    tmp_path: Path, hole: str, given: str, severity: str
) -> None:
    code = (
        f"from flask import request\n\n\ndef f(db, n, m):\n    n = {given}\n"
        f'    db.run(f"SELECT a FROM t LIMIT {hole} OFFSET {{n + 1}}")\n'
    )
    result = run_risky(tmp_path, {"shop.py": code})
    assert [(f.rule, str(f.severity)) for f in result.findings] == [("sql-from-text", severity)]


def test_folders_named_for_what_they_give_examples_of_are_low_too(tmp_path: Path) -> None:
    code = "def f(a, b):\n    a == b\n"
    folders = ("typing-examples", "api_demos", "counterexamples", "src")
    result = run_risky(tmp_path, {f"{folder}/a.py": code for folder in folders})
    assert {f.file: str(f.severity) for f in result.findings} == {
        "typing-examples/a.py": "low",
        "api_demos/a.py": "low",
        "counterexamples/a.py": "medium",
        "src/a.py": "medium",
    }


def test_python_2_and_templates_are_said_and_not_reported(tmp_path: Path) -> None:
    files = {
        "mask.py": "x = 0xFFL\n",
        "old.py": "print 'a'\n",
        "placed.py": "bind(@PACKAGE_NAME@, 1)\n",
        "python2/a.py": "print x\n",
        "skeleton/a.py": "from {{ name }} import x\n",
    }
    result = run_risky(tmp_path, files)
    assert result.findings == ()
    assert "mask.py, old.py, placed.py" in result.omissions[0].what


def test_a_name_that_many_files_miss_is_given_by_something(tmp_path: Path) -> None:
    files = {f"{name}.py": "def f():\n    return __opts__\n" for name in "abc"}
    assert run_risky(tmp_path, files).findings == ()


def test_five_hundred_of_a_rule_are_given_and_the_rest_is_counted(tmp_path: Path) -> None:
    result = run_risky(tmp_path, {"a.py": "def f(x):\n" + "    eval(x)\n" * 503})
    assert len(result.findings) == 500
    assert "and 3 more of eval" in result.summary
    assert result.facts == {"risky-calls": {"eval": 503}}


def test_a_pattern_is_likely_and_what_surely_fails_is_certain(tmp_path: Path) -> None:
    result = run_risky(tmp_path, {"a.py": "def f(x):\n    eval(x)\n    raise 'no'\n"})
    found = {finding.rule: str(finding.confidence) for finding in result.findings}
    assert found == {"eval": "likely", "raise-literal": "certain"}


def test_the_configuration_of_the_repository_does_not_matter(tmp_path: Path) -> None:
    files = {"a.py": "def f(x):\n    return eval(x)\n", "ruff.toml": "exclude = ['a.py']\n"}
    assert len(run_risky(tmp_path, files).findings) == 1


def test_without_python_it_says_so(tmp_path: Path) -> None:
    assert run_risky(tmp_path, {"a.js": "1\n"}).summary == "There are no Python files to look at."


def test_ruff_knows_every_rule(tmp_path: Path) -> None:
    command = [find_ruff_bin(), "check", "--isolated", "--select", ",".join(RISKY_RULES)]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warning: `" not in done.stderr


_HARMLESS = (
    "    now = utcnow()\n    db.run(f\"UPDATE t SET a='{now}'\")\n",
    "    now = datetime.now(UTC).replace(tzinfo=None)\n    db.run(f\"UPDATE t SET a='{now}'\")\n",
    "    db.run(f\"DELETE FROM t WHERE a < '{date.today() - timedelta(days=n)}'\")\n",
    "    db.run(f\"UPDATE t SET a='{datetime.now().isoformat()}'\")\n",
    "    key = uuid4()\n    db.run(f\"UPDATE t SET a='{key}'\")\n",
)
_HARMFUL = (
    "    now = utcnow()\n    now = n\n    db.run(f\"UPDATE t SET a='{now}'\")\n",
    "    for now in n:\n        db.run(f\"UPDATE t SET a='{now}'\")\n",
    "    now = n.replace('a', 'b')\n    db.run(f\"UPDATE t SET a='{now}'\")\n",
    "    db.run(f\"UPDATE t SET a='{now}'\")\n    now = now()\n    n(now := n)\n",
)


def test_a_time_in_a_statement_has_no_quotes_and_a_name_of_something_else_may(
    tmp_path: Path,
) -> None:
    bodies = (*_HARMLESS, *_HARMFUL)
    text = "def f(db, n):\n" + "\n\ndef f(db, n):\n".join(bodies)
    found = [
        one for one in run_risky(tmp_path, {"a.py": text}).findings if one.rule == "sql-from-text"
    ]
    harmful = text.index(_HARMFUL[0])
    assert len(found) == len(_HARMFUL)
    assert all((one.line or 0) > text.count("\n", 0, harmful) for one in found)


@pytest.mark.parametrize(
    ("path", "first", "severity"),
    [("tools/a.py", "", "low"), ("a.py", "", "medium"), ("a.py", "import httpx", "medium"),
     ("b/contrib/a.py", "import httpx", "low")],
)  # fmt: skip
def test_an_archive_that_a_maintainer_s_script_unpacks_is_low(
    tmp_path: Path, path: str, first: str, severity: str
) -> None:
    code = f"import tarfile\n{first}\ntarfile.open(upload_url).extractall('b')\n"
    result = run_risky(tmp_path, {path: code})
    assert [str(f.severity) for f in result.findings if f.rule == "unsafe-unpacking"] == [severity]
