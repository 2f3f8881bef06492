"""Code blocks of documents: what cannot parse is reported, what authors shorten is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.contracts import Severity, TaskResult
from genesis.testing import run_tool

_TOOL = "genesis_engineering.documents.code_blocks:check_code_blocks"


def _check(root: Path, files: dict[str, str]) -> TaskResult:
    repository = root / "repository"
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    return run_tool(_TOOL, repository, root / "attempt")


def _block(language: str, code: str) -> str:
    return f"# Title\n\nText.\n\n```{language}\n{code}\n```\n"


def test_python_that_does_not_parse_is_reported_with_line_and_reason(tmp_path: Path) -> None:
    text = _block("python", "import os\n\ndef run(name)\n    return name")
    result = _check(tmp_path, {"docs/a.md": text})
    finding = result.findings[0]
    assert (finding.rule, finding.file, finding.line) == ("broken-code-block", "docs/a.md", 8)
    assert finding.severity is Severity.LOW
    assert finding.evidence == "def run(name)\nexpected ':'"


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial/first.md", "docs/quick-start.md"])
def test_what_new_readers_meet_first_is_more_severe(tmp_path: Path, name: str) -> None:
    result = _check(tmp_path, {name: _block("python", "x = (1,\ny = 2]")})
    assert [finding.severity for finding in result.findings] == [Severity.MEDIUM]


@pytest.mark.parametrize(
    "code",
    [
        "await client.get(url)\nreturn 1",
        "    x = 1\n    if x:\n        y = 2",
        "class A:\n    ...",
        "def run(a, ...):\n    pass",
        "@app.get('/')",
        "def run(a: int) -> str",
        "run(a: int, *, b: str = 'x') -> None",
        "class Point(Base):",
        "class shop.Cart(object):\n    def shop.Cart.add(self, *items):",
        "class Point(Base):\n    def move(self):",
        "else:\n    x = 1",
        "except ValueError:\n    x = 1",
        "'debug': True,\n'port': 80,",
        "name='x',\nport=1,",
        ">>> x = 1\n>>> for i in range(3):\n...     print(i)\n...\n0\nnot python at all !",
        ">>> data = {\n    'a': 1,\n}\n>>> dump(\n        data,\n    )\nb'{}'\n",
        "In [1]: x = 1",
        "%timeit run()",
        "$ python run.py",
        "x = {{ value }}",
        "print 'python 2'",
        "- old(1)\n+ new(1)",
        "f(<your name>)",
        "# this is invalid\nx = = 1",
        "class A[T]:\n    pass",
        "type X = int",
        "async with a as b:\n    async for c in b:\n        yield c",
    ],
)
def test_python_as_documents_show_it_is_not_reported(tmp_path: Path, code: str) -> None:
    assert _check(tmp_path, {"README.md": _block("python", code)}).findings == ()


@pytest.mark.parametrize(
    ("language", "code", "line"),
    [
        ("pycon", ">>> x = 1\n>>> y = = 2\n2", 7),
        ("pycon", ">>> dump(\n    1,\n>>> dump(2)\n", 6),
        ("json", '{\n  "a": 1\n  "b": 2\n}', 8),
        ("json", "{'a': 1}", 6),
        ("toml", '[tool]\nname = "a"\nother = unquoted', 8),
        ("yaml", "a: 1\nb: [1, 2\nc: 3", 8),
        ("bash", "if true; then\n  echo a\nfii\ndone", 9),
    ],
)
def test_each_language_finds_its_own_errors(
    tmp_path: Path, language: str, code: str, line: int
) -> None:
    result = _check(tmp_path, {"README.md": _block(language, code)})
    assert [finding.line for finding in result.findings] == [line]


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("json", '{"a": 1, // a comment\n"b": 2}'),
        ("json", '{"a": 1, ...}'),
        ("json", '"a": 1,\n"b": {"c": 2},'),
        ("json", '{"a": 1}\n{"a": 2}'),
        ("jsonc", '{"a": 1,}'),
        ("toml", "[a]\nb = 1\n\n[a]\nb = 2"),
        ("toml", "[a]\nb = <value>"),
        ("yaml", "a: !custom x\n---\nb: {{ value }}"),
        ("yaml", "on: push\njobs:\n  a: ${{ matrix.x }}"),
        ("bash", "$ run 'x\ndon't"),
        ("bash", "run --name <name>"),
        ("bash", "In [3]: help(shop.Cart)\n\nIn [4]: shop.Cart?"),
        ("sh", "pip install 'a[b]' && cd a"),
        ("console", "if then fi"),
        ("text", "def ("),
    ],
)
def test_data_and_shell_as_documents_show_them_are_not_reported(
    tmp_path: Path, language: str, code: str
) -> None:
    assert _check(tmp_path, {"README.md": _block(language, code)}).findings == ()


def test_a_block_that_the_text_calls_wrong_is_left_alone(tmp_path: Path) -> None:
    text = "This is not valid Python:\n\n```python\nx = = 1\n```\n"
    assert _check(tmp_path, {"README.md": text}).findings == ()


def test_blocks_of_restructured_text_and_myst_keep_their_lines(tmp_path: Path) -> None:
    rst = "A\n=\n\n.. code-block:: python\n   :linenos:\n\n   x = 1\n   y = = 2\n\nEnd.\n"
    myst = "# A\n\n```{code-block} python\n:linenos:\n\nx = 1\ny = = 2\n```\n"
    result = _check(tmp_path, {"a.rst": rst, "b.md": myst})
    assert [(finding.file, finding.line) for finding in result.findings] == [
        ("a.rst", 8),
        ("b.md", 7),
    ]


def test_a_block_of_shell_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    _check(tmp_path, {"README.md": _block("bash", f"touch {mark}\necho $(touch {mark})")})
    assert not mark.exists()


def test_a_repository_without_documents_says_so(tmp_path: Path) -> None:
    assert "no documents to look at" in _check(tmp_path, {"a.py": "x = 1\n"}).summary


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", 'NAMES = dict(\n    ...\n    extras=["tags"],\n    ...\n'),
        ("python", "A = {\n    'db': 0\n    ...  # and more\n}"),
        (
            "python",
            "class A:\n\n    # ...\n        b = 1\n    # ...\n    def f(self):\n        c()\n",
        ),
        ("python", "print(a)\n# => {\n    'b': 'c',\n}\n"),
        ("python", "'anaconda foo bar'\n        ^^ ~~\n"),
        ("python", "a = b.minus(\n    c\n)\n\n(or)\n\na = d\n"),
        ("python", "# Kinds.\npos(arg, help=None):\nflag(arg, help=None):\n"),
        ("python", 'class A:\n    def run(self):\n    """\n    ...\n    - tags\n    """'),
        ("python", "> pip install shop\nDone in 3 s"),
        ("python", "\u276f python run.py\nDone in 3 s"),
        ("bash", "\u276f ./make\nInstalling 'a' to '/b"),
        ("bash", "[WARNING]: Skipping plugin (my.py) as it seems to be invalid"),
        ("bash", "failed: [localhost] (item=1) => {}"),
        ("bash", "app\n|\n|--- a\n|"),
        ("python", "from shop import serve\n\nserve(port=80)\n * Running on http://localhost"),
        ("bash", "ctl status\n+----+------+\n|  ID | NAME |\n+----+------+"),
    ],
)
def test_excerpts_and_what_a_terminal_showed_are_not_reported(
    tmp_path: Path, language: str, code: str
) -> None:
    assert _check(tmp_path, {"README.md": _block(language, code)}).findings == ()


@pytest.mark.parametrize(
    ("language", "code", "line", "severity"),
    [
        ("python", "def run(name)\n    ...", 6, "medium"),
        ("python", "x = (1,\n...\ny = 2]", 8, "medium"),
        ("python", "x = dict(\n    a=1,\n", 6, "medium"),
        ("bash", "make mdg0 (used drive 0 and drive 1)", 6, "low"),
        ("json", '{"a": yes}', 6, "low"),
    ],
)
def test_what_only_looks_like_an_excerpt_or_a_terminal_is_told_and_python_at_medium(
    tmp_path: Path, language: str, code: str, line: int, severity: str
) -> None:
    told = _check(tmp_path, {"README.md": _block(language, code)}).findings
    assert [(str(one.severity), one.line) for one in told] == [(severity, line)]


@pytest.mark.parametrize(
    ("before", "language", "code"),
    [
        ("It becomes an array, somewhat like this:", "json", '{"a": [one, two]}'),
        ("This is what it holds:", "json", '{"a": [Sample 1, Sample 2]}'),
        ("Run:", "python", ">> rsc = RSCodec(12)  # a codec\n>> rsc.check(b'a')\nFalse"),
        ("It says:", "python", "There were two of them by the door."),
        ("Then:", "python", "for case in suite:\n    # look at it\nsuite.write()"),
        ("It waits:", "python", "def wait():\n  do\n    key = read()\n  while key"),
        ("Use it so:", "python", ">>> r.make(\n>>>     1,\n>>> )\n\n>>> r.get()\n"),
    ],
)
def test_a_sketch_and_prompts_where_lines_go_on_are_low(
    tmp_path: Path, before: str, language: str, code: str
) -> None:
    text = f"# Title\n\n{before}\n\n```{language}\n{code}\n```\n"
    told = _check(tmp_path, {"README.md": text}).findings
    assert [str(one.severity) for one in told] == ["low"]


def test_commands_that_are_tagged_as_python_are_told_once_with_their_number(
    tmp_path: Path,
) -> None:
    commands = ("pip install shop", "python manage.py migrate shop", "git clone a b")
    blocks = [f".. code:: python\n\n    {one}\n\nText.\n" for one in (*commands, "x = = 1")]
    told = _check(tmp_path, {"README.rst": "A\n=\n\n" + "\n".join(blocks)}).findings
    assert [(str(one.severity), one.line) for one in told] == [("medium", 6), ("medium", 24)]
    assert "holds commands of a shell" in told[0].message
    assert "3 such blocks" in told[0].message
    assert "such blocks" not in told[1].message
