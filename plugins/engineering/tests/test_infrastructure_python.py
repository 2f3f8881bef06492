"""Python packages: what is declared against what is imported, locked and required elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.infrastructure.poetry_versions import poetry_specifier
from genesis_engineering.infrastructure.python_conflicts import exclude_each_other
from genesis_engineering.infrastructure.python_imports import quick_imports, read_imports
from genesis_engineering.infrastructure.requirements_files import read_requirements
from genesis_engineering.infrastructure.setup_files import read_setup_py
from genesis_engineering.python_source import PythonSource
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from plugins.engineering.tests.infrastructure_runs import DEPENDENCIES, found, run

_PROJECT = '[project]\nname = "shop"\ndependencies = [{}]\n'


def _shop(init: str, *dependencies: str, **files: str) -> dict[str, str]:
    declared = ", ".join(f'"{one}"' for one in dependencies)
    others = {name.replace("__", "/"): text for name, text in files.items()}
    manifest = {"pyproject.toml": _PROJECT.format(declared)}
    return {**manifest, "shop/__init__.py": init, **others}


def _missing(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (severity, place)
        for rule, severity, place in found(root, DEPENDENCIES, files)
        if rule == "missing-dependency"
    ]


def test_what_every_user_imports_and_nothing_can_bring_is_high(tmp_path: Path) -> None:
    assert _missing(tmp_path, _shop("import yaml\n")) == [("high", "shop/__init__.py:1")]


def test_what_an_unknown_package_may_bring_is_medium(tmp_path: Path) -> None:
    files = _shop("import yaml\nimport acme_base\n", "acme-base")
    assert _missing(tmp_path, files) == [("medium", "shop/__init__.py:1")]


def test_what_a_declared_package_brings_along_is_low(tmp_path: Path) -> None:
    files = _shop("import flask\nimport werkzeug\n", "flask")
    assert _missing(tmp_path, files) == [("low", "shop/__init__.py:2")]


@pytest.mark.parametrize(
    ("declared", "module"),
    [("gevent", "greenlet"), ("scrapy", "twisted"), ("fabric", "nacl"),
     ("langchain", "pydantic"), ("fabric", "cryptography")],
)  # fmt: skip
def test_what_a_well_known_package_brings_along_at_any_remove_is_low(
    tmp_path: Path, declared: str, module: str
) -> None:
    files = _shop(f"import {module}\nimport yaml\n", declared, "pyyaml")
    assert _missing(tmp_path, files) == [("low", "shop/__init__.py:1")]
    (again := tmp_path / "again").mkdir()
    assert _missing(again, _shop(f"import {module}\n", "six")) == [("medium", "shop/__init__.py:1")]


def test_a_part_that_importing_the_package_does_not_reach_is_low(tmp_path: Path) -> None:
    files = _shop("import flask\n", "flask", shop__extra="")
    files["shop/extra.py"] = "import yaml\n"
    assert _missing(tmp_path, files) == [("low", "shop/extra.py:1")]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [("tox-to-shop", []), ("tox", [("medium", "shop/__init__.py:1")])],
)
def test_an_extra_named_like_a_command_is_for_those_who_run_it(
    tmp_path: Path, extra: str, expected: list[tuple[str, str]]
) -> None:
    files = _shop("import flask\n")
    files["pyproject.toml"] += (
        f'optional-dependencies.{extra} = ["flask"]\nscripts.tox-to-shop = "shop:main"\n'
    )
    assert _missing(tmp_path, files) == expected


def test_what_only_developers_get_is_missing_for_users(tmp_path: Path) -> None:
    files = _shop("from . import core\n", "flask")
    files["shop/core.py"] = "import flask\nimport tqdm\n"
    files["pyproject.toml"] += '[dependency-groups]\ndev = ["tqdm"]\n'
    assert _missing(tmp_path, files) == [("medium", "shop/core.py:2")]


def test_an_application_needs_what_any_of_its_files_imports(tmp_path: Path) -> None:
    files = {"requirements.txt": "flask\n", "app.py": "import flask\nimport requests\n"}
    assert _missing(tmp_path, files) == [("medium", "app.py:2")]


_INNOCENT = {
    "guarded": "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n",
    "suppressed": "from contextlib import suppress\nwith suppress(ImportError):\n    import yaml\n",
    "for types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml\n",
    "on demand": "def load():\n    import yaml\n    return yaml\n",
    "for a version": "import sys\nif sys.version_info < (3, 11):\n    import tomli\n",
    "in a docstring": '"""Try this:\n\nimport yaml\n"""\n',
    "own": "from shop import core\nimport shop.core\n",
    "standard": "import tomllib\nimport distutils\nimport urllib2\nimport _winreg\n",
    "of a host": "import bpy\nimport gdb\nimport gi\n",
    "asked for": "import importlib.util\nif importlib.util.find_spec('yaml'):\n    import yaml\n",
}


@pytest.mark.parametrize("what", _INNOCENT)
def test_imports_that_need_no_declaration_are_left_alone(tmp_path: Path, what: str) -> None:
    assert _missing(tmp_path, _shop(_INNOCENT[what], shop__core="")) == []


@pytest.mark.parametrize(
    "path",
    ["tests/test_a.py", "docs/conf.py", "examples/a.py", "setup.py", "noxfile.py", "scripts/a.py",
     "shop/tests/test_a.py", "shop/conftest.py", "benchmarks/run.py", "{{cookiecutter.x}}/a.py"],
)  # fmt: skip
def test_files_that_users_never_run_are_left_alone(tmp_path: Path, path: str) -> None:
    files = {**_shop("", "flask"), path: "import yaml\n"}
    assert _missing(tmp_path, files) == []


@pytest.mark.parametrize(
    ("dependency", "module"),
    [("PyYAML>=6", "yaml"), ("python-dateutil", "dateutil"), ("Pillow", "PIL.Image"),
     ("google-cloud-storage", "google.cloud.storage"), ("scikit_learn", "sklearn"),
     ("acme-client-py", "acme_client"), ("beautifulsoup4[lxml]>=4", "bs4"),
     ("attrs", "attr"), ("types-boto; python_version<'3'\", \"boto3", "boto3")],
)  # fmt: skip
def test_a_package_gives_modules_of_other_names(
    tmp_path: Path, dependency: str, module: str
) -> None:
    assert found(tmp_path, DEPENDENCIES, _shop(f"import {module}\n", dependency)) == []


def test_stubs_and_plugins_do_not_give_what_they_are_named_after(tmp_path: Path) -> None:
    files = _shop("import requests\n", "types-requests", "pytest-requests")
    assert _missing(tmp_path, files) == [("medium", "shop/__init__.py:1")]


def test_what_tox_or_a_workflow_installs_counts_as_known(tmp_path: Path) -> None:
    files = _shop("import yaml\nimport requests\n", "flask")
    files["tox.ini"] = "[testenv]\ndeps =\n    yaml\n"
    files[".github/workflows/a.yml"] = "permissions:\n  pull-requests: write\non: push\njobs: {}\n"
    assert _missing(tmp_path, files) == [("medium", "shop/__init__.py:2")]


def test_metadata_that_code_computes_is_not_judged(tmp_path: Path) -> None:
    files = {
        "setup.py": "from setuptools import setup\nsetup(install_requires=read())\n",
        "shop/__init__.py": "import yaml\n",
    }
    assert _missing(tmp_path, files) == []


def test_vendored_modules_are_there(tmp_path: Path) -> None:
    files = _shop("import yaml\n", "flask")
    files["shop/_vendor/yaml/__init__.py"] = ""
    assert _missing(tmp_path, files) == []


def test_a_comment_a_mention_or_a_known_tool_keeps_a_package(tmp_path: Path) -> None:
    files = _shop("import flask\n", "flask", "left-over", "named-here", "pytest-cov", "mkdocs-x")
    files["requirements.txt"] = "kept-by-a-word  # a plugin of ours\nlonely>=1\n"
    files["settings.ini"] = "backend = named_here.Backend\n"
    files["README.md"] = "left-over and lonely were useful once\n"
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("unused-dependency", "low", "pyproject.toml:3"),
        ("unused-dependency", "low", "requirements.txt:2"),
    ]


def test_files_that_a_tool_filled_are_not_judged_line_by_line(tmp_path: Path) -> None:
    frozen = "flask==3.0\nwerkzeug==3.0\nblinker==1.8\n"
    files = {"app.py": "import flask\n", "requirements.txt": frozen}
    assert found(tmp_path, DEPENDENCIES, files) == []


def test_two_requirements_that_are_installed_together_may_not_clash(tmp_path: Path) -> None:
    files = _shop("import flask\n", "flask>=3")
    files["pyproject.toml"] += (
        '[project.optional-dependencies]\nold = ["flask<2"]\n'
        'one = ["click<7"]\ntwo = ["click>8"]\nthree = ["flask<2; python_version<\'3.5\'"]\n'
    )
    files["requirements.txt"] = "flask==2.3.0\n"
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("conflicting-requirements", "high", "pyproject.toml:5"),
        ("conflicting-requirements", "medium", "requirements.txt:1"),
    ]


@pytest.mark.parametrize(
    ("path", "others", "severity"),
    [
        ("requirements-docs.txt", {}, "low"),
        ("requirements/doc.txt", {}, "low"),
        ("requirements-docs.txt", {"doc/conf.py": "import sys\nsys.path.append('..')\n"
                                   "from shop import version\n"}, "low"),
        ("requirements-docs.txt", {"doc/conf.py": "import shopping\n"}, "low"),
        ("requirements-docs.txt", {"doc/conf.py": "import shop\nimport sys\n"
                                   "sys.path.insert(0, '..')\n"}, "medium"),
        ("requirements-docs.txt", {"docs/source/conf.py": "from importlib.metadata import version\n"
                                   "release = version('shop')\n"}, "medium"),
        ("requirements-docs.txt", {"+": "-e .[docs]\n"}, "medium"),
        ("requirements-docs.txt", {"+": "shop\n"}, "medium"),
        ("requirements-dev.txt", {}, "medium"),
    ],
)  # fmt: skip
def test_requirements_of_documentation_clash_only_where_it_needs_the_package(
    tmp_path: Path, path: str, others: dict[str, str], severity: str
) -> None:
    own = "flask==2.3.0\n" + others.get("+", "")
    files = {**_shop("import flask\n", "flask>=3"), path: own, **others}
    files.pop("+", None)
    told = found(tmp_path, DEPENDENCIES, files)
    assert told == [("conflicting-requirements", severity, f"{path}:1")]


def test_a_requirement_that_nothing_meets_is_reported_once(tmp_path: Path) -> None:
    files = _shop("import flask\n", "flask>=3,<2")
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("conflicting-requirements", "high", "pyproject.toml:3"),
    ]


@pytest.mark.parametrize(
    ("requires", "is_old"),
    [(">=3.6,<3.9", True), ("==3.7.*", True), (">=2.7", False), (">=3.8", False),
     (">=3.8,<4", False), ("<3.10,>=3.8", True), ("~=3.6.2", True), (">=3.13.1", False)],
)  # fmt: skip
def test_a_project_for_outlived_pythons_only_is_reported(
    tmp_path: Path, requires: str, is_old: bool
) -> None:
    files = _shop("")
    files["pyproject.toml"] += f'requires-python = "{requires}"\n'
    rules = [rule for rule, _, _ in found(tmp_path, DEPENDENCIES, files)]
    assert rules == (["end-of-life-runtime"] if is_old else [])


def test_outlived_pythons_in_the_classifiers_alone_are_low_for_they_keep_nobody_out(
    tmp_path: Path,
) -> None:
    files = _shop("")
    files["pyproject.toml"] += 'classifiers = ["Programming Language :: Python :: 3.6"]\n'
    told = found(tmp_path, DEPENDENCIES, files)
    assert [(rule, severity) for rule, severity, _ in told] == [("end-of-life-runtime", "low")]


def test_poetry_its_groups_and_its_lock_are_read(tmp_path: Path) -> None:
    manifest = (
        '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.11"\n'
        'flask = "^3.0"\nclick = {version = "~8.1", optional = true}\n'
        '[tool.poetry.group.dev.dependencies]\npytest = ">=8"\nmypy = "*"\n'
    )
    lock = "".join(
        f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in [("flask", "2.3.1"), ("click", "8.1.7"), ("pytest", "8.3.0")]
    )
    files = {"pyproject.toml": manifest, "poetry.lock": f"# @generated\n{lock}"}
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("lock-drift", "medium", "pyproject.toml:5"),
        ("lock-drift", "medium", "pyproject.toml:9"),
    ]


def test_a_pipfile_and_its_lock_are_compared(tmp_path: Path) -> None:
    files = {
        "Pipfile": '[packages]\nflask = "==3.0.0"\nclick = "*"\n',
        "Pipfile.lock": '{"default": {"flask": {"version": "==2.0.0"}}, "develop": {}}',
    }
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("lock-drift", "medium", "Pipfile:2"),
        ("lock-drift", "medium", "Pipfile:3"),
    ]


def test_a_manifest_that_does_not_parse_is_high(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[project]\nname = 'a'\nversion = 1.0.0\n"}
    assert found(tmp_path, DEPENDENCIES, files) == [
        ("unreadable-manifest", "high", "pyproject.toml:3")
    ]


def test_fixtures_and_templates_are_nobodys_manifests(tmp_path: Path) -> None:
    broken = "[project\n"
    files = {
        "tests/fixtures/a/pyproject.toml": broken,
        "tests/data/package.json": "{",
        "templates/new/pyproject.toml": broken,
        "{{cookiecutter.name}}/pyproject.toml": broken,
        "src/skeleton/Cargo.toml": broken,
        "generator/pyproject.toml": '[project]\nname = "{{ name }}"\n{% if x %}\n',
    }
    assert found(tmp_path, DEPENDENCIES, files) == []


def test_in_an_unpacked_archive_absent_files_are_not_missed(tmp_path: Path) -> None:
    files = {"requirements-dev.txt": "-r requirements.txt\n", "PKG-INFO": "Name: shop\n"}
    assert run(tmp_path, DEPENDENCIES, files).findings == ()


def test_what_other_ecosystems_declare_is_named_as_not_looked_at(tmp_path: Path) -> None:
    result = run(tmp_path, DEPENDENCIES, {"Gemfile": "gem 'x'\n", "pom.xml": "<project/>\n"})
    assert [one.what for one in result.omissions] == ["Ruby gems", "Maven packages"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("^1.2.3", ">=1.2.3,<2"), ("^0.2.3", ">=0.2.3,<0.3"), ("^0.0.3", ">=0.0.3,<0.0.4"),
     ("^0", ">=0,<1"), ("~1.2", ">=1.2,<1.3"), ("~1", ">=1,<2"), ("1.2.*", "==1.2.*"),
     ("*", ""), ("1.4", "==1.4"), (">=1,<2", ">=1,<2"), ("=1.0", "==1.0"), ("~=1.4", "~=1.4"),
     ("^1 || ^2", ""), ("nonsense", "")],
)  # fmt: skip
def test_poetrys_notation_is_translated(text: str, expected: str) -> None:
    assert poetry_specifier(text) == expected


_VERSIONS = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(
    lambda parts: ".".join(map(str, parts))
)
_SPECIFIERS = st.lists(
    st.tuples(st.sampled_from(["==", ">=", "<=", "<", ">", "!="]), _VERSIONS).map("".join),
    max_size=3,
).map(",".join)


@given(_SPECIFIERS, _SPECIFIERS)
@settings(deadline=None, max_examples=200)
def test_specifiers_that_share_a_version_do_not_clash(one: str, other: str) -> None:
    both = SpecifierSet(",".join(filter(None, [one, other])))
    grid = [f"{a}.{b}.{c}" for a in range(6) for b in range(6) for c in range(6)]
    if any(both.contains(version) for version in grid):
        assert not exclude_each_other(one, other)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_no_text_breaks_the_readers_of_requirements_and_setup(text: str) -> None:
    read_requirements("requirements.txt", text)
    read_setup_py("setup.py", text)
    poetry_specifier(text or "*")


_NAMES = st.sampled_from(["yaml", "os.path", "a.b.c", "numpy"])


@given(
    st.lists(
        st.one_of(
            _NAMES.map("import {}".format),
            _NAMES.map("from {} import x".format),
            _NAMES.map("if x:\n    import {}".format),
            st.tuples(_NAMES, _NAMES).map(lambda two: f"import {two[0]} as q, {two[1]}"),
        )
    ).map("\n".join)
)
@settings(deadline=None)
def test_the_quick_look_misses_no_import(text: str) -> None:
    exact = {one.module for one in read_imports(PythonSource("a.py", text))}
    assert exact <= quick_imports(text)
