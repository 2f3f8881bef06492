"""Names in documents: what the code surely lacks is reported, what it may have is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

from genesis.contracts import TaskResult
from genesis.testing import run_tool

_TOOL = "genesis_engineering.documents.stale_names:check_stale_names"
_CODE = {
    "pyproject.toml": '[project]\nname = "pack"\n[project.entry-points."pack.plugins"]\na = "b"\n',
    "src/pack/__init__.py": "from .core import Engine as Motor\nfrom .many import *\n",
    "src/pack/core.py": """import json
import logging
from dataclasses import dataclass
from pydantic import BaseModel

log = logging.getLogger("pack.trace")

class Base:
    def inherited(self): ...

class Engine(Base):
    kind: str = "a"
    def __init__(self):
        self.speed = 1
    @property
    def state(self): ...
    class Inner: ...

class Model(BaseModel): ...

class Loose:
    def __getattr__(self, name): ...

@dataclass
class Row:
    field: int

class Broken(ValueError): ...
""",
    "src/pack/many.py": "star = 1\n",
    "src/pack/lazy.py": "def __getattr__(name): ...\n",
    "src/pack/fast.pyx": "",
    "src/pack/deep/__init__.py": "",
    "src/pack/deep/inner.py": "value = 1\n",
    "scripts/run.sh": "",
    ".gitignore": "src/pack/_made.py\nscripts/local.sh\n",
}


def _check(root: Path, documents: dict[str, str]) -> TaskResult:
    repository = root / "repository"
    for name, text in {**_CODE, **documents}.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    return run_tool(_TOOL, repository, root / "attempt")


def _told(result: TaskResult) -> list[tuple[str, int | None, str]]:
    return [(finding.rule, finding.line, finding.evidence) for finding in result.findings]


def test_names_that_the_code_lacks_are_reported(tmp_path: Path) -> None:
    text = """# A

Call `pack.core.launch()` first.

Then `pack.core.Engine.halt` and `pack.Motor.stop()`.

Also `pack.missing`.
"""
    assert _told(_check(tmp_path, {"README.md": text})) == [
        ("stale-name", 3, "`pack.core.launch()`"),
        ("stale-name", 5, "`pack.core.Engine.halt`"),
        ("stale-name", 5, "`pack.Motor.stop()`"),
        ("stale-name", 7, "`pack.missing`"),
    ]


def test_names_that_the_code_has_or_may_have_are_not_reported(tmp_path: Path) -> None:
    names = """pack.core pack.core.Engine pack.core.Engine.speed pack.core.Engine.kind pack.star
pack.core.Engine.state pack.core.Engine.inherited() pack.Motor.inherited pack.core.Engine.Inner
pack.core.Model.anything pack.core.Loose.anything pack.core.Row.field pack.core.Broken.args
pack.lazy.anything pack.fast.anything pack.deep.inner.value pack.plugins pack.trace pack.toml
pack.pot pack.tests.shapes pack.tests pack.core.Engine.__weakref__
pack.core.FILE.CLASS
pack.core.log.name pack._version.x pack.core.json other.package.name pack.core.Engine.__init__
pack.readthedocs.io pack.core.Engine.speed.real"""
    text = "# A\n\n" + "\n".join(f"- `{name}`" for name in names.split())
    assert _told(_check(tmp_path, {"README.md": text})) == []


def test_a_module_may_go_by_the_name_of_its_package(tmp_path: Path) -> None:
    files = {"src/pack/pack.py": "class Box:\n    size = 1\n"}
    text = "# A\n\n`pack.Box` and `pack.Box.size`, not `pack.Lid`.\n"
    assert _told(_check(tmp_path, {**files, "README.md": text})) == [
        ("stale-name", 3, "`pack.Lid`")
    ]


def test_a_name_that_the_document_has_in_quotes_may_be_a_text_there(tmp_path: Path) -> None:
    text = "# A\n\nIt gives `pack.anchor` and `pack.gone`.\n\n    silent = ['pack.anchor']\n"
    found = _check(tmp_path, {"README.md": text}).findings
    assert {one.evidence: str(one.severity) for one in found} == {
        "`pack.anchor`": "low",
        "`pack.gone`": "medium",
    }


def test_an_import_of_what_only_looks_like_python_s_own_is_told(tmp_path: Path) -> None:
    lines = ["test", "PATH", "tests"]
    code = "".join(f"from pack.core import {one}\n" for one in lines)
    told = _told(_check(tmp_path, {"README.md": f"# A\n\n```python\n{code}```\n"}))
    assert [rule for rule, _, _ in told] == ["stale-import"] * 3


def test_imports_in_python_blocks_are_followed(tmp_path: Path) -> None:
    text = """# A

```python
from pack.core import (
    Engine,
    Turbine,
)
import pack.gone
from pack import Motor, star
from pack.lazy import x
import os
```

```python
>>> from pack.deep import other
```
"""
    assert _told(_check(tmp_path, {"README.md": text})) == [
        ("stale-import", 6, "Turbine,"),
        ("stale-import", 8, "import pack.gone"),
        ("stale-import", 15, ">>> from pack.deep import other"),
    ]


def test_roles_of_sphinx_and_myst_are_names_too(tmp_path: Path) -> None:
    rst = "A\n=\n\n:func:`~pack.core.launch` :class:`!pack.core.X` :ref:`pack.core.y`\n"
    myst = "# A\n\n{func}`pack.core.start` {ref}`pack.core.place`\n"
    result = _check(tmp_path, {"a.rst": rst, "b.md": myst})
    assert [finding.evidence for finding in result.findings] == [
        ":func:`~pack.core.launch`",
        "{func}`pack.core.start`",
    ]


def test_a_template_s_file_is_no_name(tmp_path: Path) -> None:
    documents = {"docs/a.md": "# A\n\nIt goes into `pack.tpl`, and `pack.gone`.\n"}
    assert [one[2] for one in _told(_check(tmp_path, documents))] == ["`pack.gone`"]


def test_a_name_of_a_script_in_another_language_is_left_alone(tmp_path: Path) -> None:
    documents = {
        "docs/a.md": "# A\n\nCall `pack.addCallback()`, or `pack.addGone()`.\n",
        "static/pack.js": "var pack = {\n  addCallback: function () {}\n};\n",
    }
    assert [one[2] for one in _told(_check(tmp_path, documents))] == ["`pack.addGone()`"]


def test_a_permission_of_django_is_no_name(tmp_path: Path) -> None:
    documents = {
        "docs/a.md": "# A\n\nThe user needs the permission `pack.delete_cart` for it.\n",
        "docs/b.md": "# B\n\nThe user calls `pack.delete_cart` for it.\n",
    }
    result = _check(tmp_path, documents)
    assert [one.file for one in result.findings] == ["docs/b.md"]


def test_what_tells_of_the_past_or_the_future_is_left_alone(tmp_path: Path) -> None:
    named = "`pack.core.launch` and `scripts/gone.sh`\n"
    documents = {
        "CHANGELOG.md": named,
        "docs/release-notes/2.0.md": named,
        "docs/migration.md": named,
        "docs/plans/next.md": named,
        "docs/a.md": f"# A\n\n## Removed in 2.0\n\n### Core\n\n{named}",
        "docs/b.md": f"# B\n\nThis was renamed: {named}",
        "docs/c.md": f"# C\n\nThe next one will provide {named}",
    }
    assert _told(_check(tmp_path, documents)) == []


def test_paths_of_this_repository_that_are_gone_are_reported(tmp_path: Path) -> None:
    text = """# A

Run `scripts/release.sh` to publish.

The rest: `scripts/run.sh`, `scripts/*.sh`, `app/main.py`, `scripts/<name>.sh`, `pack/core.py`,
`scripts/local.sh`, `scripts/my_script.sh`, `and/or`, `src/pack`, `text/plain`, `scripts/dist/a.sh`
"""
    result = _check(tmp_path, {"README.md": text})
    assert _told(result) == [("stale-path", 3, "`scripts/release.sh`")]


def test_a_path_that_the_reader_shall_make_is_not_reported(tmp_path: Path) -> None:
    text = "# A\n\nCreate a file `scripts/extra.sh` for it.\n"
    assert _told(_check(tmp_path, {"README.md": text})) == []


def test_a_module_that_does_not_parse_proves_nothing(tmp_path: Path) -> None:
    documents = {"src/pack/core.py": "def (", "README.md": "# A\n\n`pack.core.launch`\n"}
    assert _told(_check(tmp_path, documents)) == []


def test_a_repository_without_documents_says_so(tmp_path: Path) -> None:
    assert "no documents to look at" in _check(tmp_path, {}).summary


def test_a_role_leads_to_what_a_directive_describes_whatever_the_code_has(tmp_path: Path) -> None:
    described = """Making
======

.. module:: pack.core

.. class:: Maker()

   .. method:: make(a)

.. autoclass:: Engine

   .. attribute:: steam

.. currentmodule:: pack

.. py:function:: start
"""
    guide = """Guide
=====

:meth:`~pack.core.Maker.make` :class:`pack.core.Maker` :attr:`pack.core.Engine.steam`
:func:`pack.start` :attr:`pack.Motor.steam`
:meth:`pack.core.Engine.halt` :class:`pack.core.Taker`

.. code-block:: python

   from pack.core import Maker
"""
    files = {"docs/guide.rst": guide, "docs/making.rst": described}
    result = _check(tmp_path, files)
    assert _told(result) == [
        ("stale-name", 6, ":meth:`pack.core.Engine.halt`"),
        ("stale-name", 6, ":class:`pack.core.Taker`"),
        ("stale-import", 10, "from pack.core import Maker"),
    ]


def test_names_of_an_example_s_project_mean_the_reader_s_own(tmp_path: Path) -> None:
    example = {
        "examples/django/setup.py": "",
        "examples/django/proj/__init__.py": "",
        "examples/django/proj/tasks.py": "def add(): ...\n",
    }
    guide = "# Guide\n\n```python\nfrom proj.tasks import send\nfrom proj.models import A\n```\n"
    result = _check(tmp_path, {**example, "docs/guide.md": guide})
    assert result.findings == ()


def test_a_name_above_a_note_of_what_changed_is_of_the_past(tmp_path: Path) -> None:
    note = ".. versionchanged:: 2.9\n\n   It is part of the language now.\n"
    far = "\n\n".join("A paragraph." for _ in range(3))
    text = f"A\n=\n\n``pack.with_``\n\n{note}\n``pack.gone``\n\n{far}\n\n{note}"
    assert _told(_check(tmp_path, {"docs/a.rst": text})) == [("stale-name", 10, "``pack.gone``")]


def test_a_document_that_says_at_its_top_that_it_is_unfinished_is_a_plan(tmp_path: Path) -> None:
    said = "The `app` branch is a work-in-progress.\n"
    name = "\nCall `pack.gone` here.\n"
    far = "\n" * 12
    documents = {"docs/a.md": f"# A\n\n{said}{name}", "docs/b.md": f"# B\n{name}{far}{said}"}
    result = _check(tmp_path, documents)
    assert [(one.file, one.line) for one in result.findings] == [("docs/b.md", 3)]


def test_what_keys_of_the_code_begin_with_is_no_stale_name(tmp_path: Path) -> None:
    files = {
        "src/pack/settings.py": "KEYS = ['pack.debug_all', 'pack.debug_routes']\n"
        "RUN = 'pack.settings.launch_all'\n\n\ndef launch_all(): ...\n",
        "README.md": "# A\n\nAll `pack.debug` settings start with `pack.debug_`.\n\n"
        "Set `pack.bug_`, or call `pack.settings.launch`.\n",
    }
    assert _told(_check(tmp_path, files)) == [
        ("stale-name", 5, "`pack.bug_`"),
        ("stale-name", 5, "`pack.settings.launch`"),
    ]


def test_who_is_thanked_for_what_is_gone_is_left_alone(tmp_path: Path) -> None:
    text = "# A\n\n- Ada: a fix of `pack.missing`\n"
    assert _told(_check(tmp_path, {"AUTHORS.md": text, "docs/CREDITS.md": text})) == []
    assert len(_told(_check(tmp_path / "b", {"docs/authoring.md": text}))) == 1


def test_parts_of_what_documents_make_a_variable_of_are_no_names_of_the_package(
    tmp_path: Path,
) -> None:
    named = "Then call `pack.gone()`."
    assert len(_told(_check(tmp_path / "one", {"docs/a.md": named}))) == 1
    made = "```python\npack = Engine()\n```\n"
    assert _told(_check(tmp_path / "two", {"docs/a.md": named, "docs/b.md": made})) == []


def test_parts_of_what_a_package_gives_its_own_name_are_no_names_of_the_package(
    tmp_path: Path,
) -> None:
    files = {"src/pack/__init__.py": "from .core import Engine as pack\n"}
    assert _told(_check(tmp_path, files | {"docs/a.md": "Call `pack.gone()`."})) == []


def test_a_name_of_a_file_and_one_that_stands_for_any_name_are_no_stale_names(
    tmp_path: Path,
) -> None:
    text = "It writes the file `pack.core.Engine.svg`.\n\nCall `pack.core.Engine.method_name()`."
    assert _told(_check(tmp_path, {"docs/a.md": text})) == []


def test_a_method_named_after_the_package_may_be_one_of_an_object(tmp_path: Path) -> None:
    document = "Call `pack.inherited` over the wire, or `pack.lost`.\n"
    found = [one.message for one in _check(tmp_path, {"docs/a.md": document}).findings]
    assert len(found) == 1
    assert "pack.lost" in found[0]


def test_a_name_is_stale_only_when_no_folder_of_its_package_s_name_has_it(tmp_path: Path) -> None:
    files = {
        "other/pack/core.py": "class Wheel: ...\n",
        "other/pack/parts/hub.py": "size = 1\n",
        "tests/pack/core.py": "class Lost: ...\n",
        "other/docs/a.md": "`pack.core.Wheel` `pack.parts.hub.size` `pack.core.Lost`\n"
        "`pack.parts.hub.gone`\n",
    }
    assert _told(_check(tmp_path, files)) == [
        ("stale-name", 1, "`pack.core.Lost`"),
        ("stale-name", 2, "`pack.parts.hub.gone`"),
    ]


def test_a_key_of_a_file_of_data_is_no_name_of_the_code(tmp_path: Path) -> None:
    text = (
        "Update `config/MANIFEST.yml`. The `pack.api` property names it.\n"
        "Note: the property `pack.version` is text, and `pack.lost` fails.\n\n\n\n"
        "The property `pack.speed` of the package.\n\n\n\n"
        "The option `pack.core.Engine.gone` of `a.toml`.\n"
    )
    assert _told(_check(tmp_path, {"docs/a.md": text})) == [
        ("stale-name", 2, "`pack.lost`"),
        ("stale-name", 6, "`pack.speed`"),
        ("stale-name", 10, "`pack.core.Engine.gone`"),
    ]


def test_names_that_stand_for_the_reader_s_own_are_no_stale_names(tmp_path: Path) -> None:
    text = (
        "Write `pack.yourmodule.run`, `pack.somepackage.test`, `pack.my_plugin`, `pack.foo`.\n\n"
        "Or `pack.MyThing`.\n\n"
        "```python\nfrom pack.mymodule import run\n```\n\n"
        "A second engine might be named `pack.core.Turbine`.\n\n"
        "For example, a shop with a clock gets `pack.core.Clock` (e.g. for `pack.core.Bell`).\n\n"
        "Some are quick; for example, `pack.core.Quick`, e.g. `pack.core.Rapid`.\n\n"
        "Call `pack.example_gone`, `pack.mystery`, `pack.somewhat`.\n"
    )
    told = _check(tmp_path, {"docs/a.md": text}).findings
    assert [(one.rule, one.evidence) for one in told] == [
        ("stale-name", "`pack.core.Quick`"), ("stale-name", "`pack.core.Rapid`"),
        ("stale-name", "`pack.example_gone`"), ("stale-name", "`pack.mystery`"),
        ("stale-name", "`pack.somewhat`"),
    ]  # fmt: skip


def test_a_unit_of_systemd_is_no_part_of_a_package(tmp_path: Path) -> None:
    document = "Put it into `pack.service`, and see `pack.serving`.\n"
    found = [one.message for one in _check(tmp_path, {"docs/a.md": document}).findings]
    assert len(found) == 1
    assert "pack.serving" in found[0]
