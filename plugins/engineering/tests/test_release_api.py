"""The version follows from the public names: what breaks callers, what is new, what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.release.advice import advise, is_calendar, least_step, step_between
from genesis_engineering.release.commits import Changes
from genesis_engineering.release.sources import find_packages
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from plugins.engineering.tests.release_repository import ReleaseRepository

_NOTHING = Changes((), 0, 0, is_cut=False)


@pytest.fixture
def repo(tmp_path: Path) -> ReleaseRepository:
    return ReleaseRepository(tmp_path)


def changed(
    repo: ReleaseRepository, old: str, new: str, tag: str = "v1.2.3", path: str = "shop/__init__.py"
) -> dict[str, tuple[str, bool]]:
    """What the kit says of the names of a module that was `old` at the tag and is `new` now."""
    repo.write("shop/__init__.py", "")
    repo.write(path, old)
    repo.commit("old")
    repo.git("tag", tag)
    repo.write(path, new)
    repo.commit("new")
    repo.kit()
    return repo.names()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("def sell(bread): ...\n", "", "is gone"),
        ("class Till: ...\n", "class Drawer: ...\n", "is gone"),
        ("def sell(bread): ...\n", "def sell(bread, price): ...\n",
         "it requires the new parameter `price`"),
        ("def sell(bread, price=1): ...\n", "def sell(bread): ...\n",
         "the parameter `price` is gone"),
        ("def sell(bread, price=1): ...\n", "def sell(bread, price): ...\n",
         "the parameter `price` is required now"),
        ("def sell(bread, price): ...\n", "def sell(price, bread): ...\n",
         "`bread`, `price` stand at another position"),
        ("def sell(bread, price=1): ...\n", "def sell(bread, *, price=1): ...\n",
         "the parameter `price` was positional or keyword and is keyword-only"),
        ("class Sell: ...\n", "def Sell(): ...\n", "it was a class and is a function"),
        ("PRICE = 1\n", "", "is gone"),
    ],
)  # fmt: skip
def test_what_breaks_callers_asks_for_a_major_version(
    repo: ReleaseRepository, old: str, new: str, what: str
) -> None:
    found = changed(repo, old, new)
    assert (what, True) in found.values(), found
    assert repo.data["next"] == "2.0.0"


def test_methods_properties_and_inherited_names_break_where_they_are_defined(
    repo: ReleaseRepository,
) -> None:
    old = ("class Base:\n    def sell(self, a): ...\n    @property\n    def price(self): ...\n"
           "class Till(Base): ...\nclass Drawer(Base): ...\n")  # fmt: skip
    new = ("class Base:\n    def price(self): ...\n"
           "class Till(Base): ...\nclass Drawer(Base): ...\n")  # fmt: skip
    assert changed(repo, old, new) == {
        "shop.Base.sell": ("is gone", True),
        "shop.Base.price": ("it was a property and is a function", True),
    }


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("", "def sell(): ...\n", "shop.sell"),
        ("class Till: ...\n", "class Till:\n    def open(self): ...\n", "shop.Till.open"),
        ("def sell(bread): ...\n", "def sell(bread, price=1): ...\n", "shop.sell()"),
        ("def sell(bread): ...\n", "def sell(bread, *, price=1): ...\n", "shop.sell()"),
    ],
)
def test_what_is_new_asks_for_a_minor_version(
    repo: ReleaseRepository, old: str, new: str, name: str
) -> None:
    found = changed(repo, old, new)
    assert (list(found), repo.data["next"]) == ([name], "1.3.0")
    assert found[name][1] is False


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def _sell(bread): ...\n", "def _sell(): ...\n"),
        ("def sell(bread):\n    return 1\n", "def sell(bread):\n    return 2\n"),
        ("def sell(self, __x): ...\n", "def sell(self, x, /): ...\n"),
        ("import os\nX = os.sep\n", "X = '/'\n"),
        ("__all__ = ['sell']\ndef sell(): ...\ndef help_sell(): ...\n",
         "__all__ = ['sell']\ndef sell(): ...\n"),
        ("import logging\nlogger = logging.getLogger()\n", ""),
        ("from typing import TypeVar\nT = TypeVar('T')\n", ""),
        ("__version__ = '1'\n", ""),
        ("class A:\n    def _x(self): ...\n", "class A: ...\n"),
    ],
)  # fmt: skip
def test_what_nobody_may_use_and_what_stays_the_same_asks_for_a_patch(
    repo: ReleaseRepository, old: str, new: str
) -> None:
    assert not any(breaking for _what, breaking in changed(repo, old, new).values())
    assert repo.data["next"] == "1.2.4"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def sell(price=1): ...\n", "def sell(price=2): ...\n"),
        ("class A(dict): ...\n", "class A: ...\n"),
        ("def sell() -> int: ...\n", "def sell() -> str: ...\n"),
        ("def sell(a, **more): ...\n", "def sell(a): ...\n"),
        ("def sell(): ...\n", "def __getattr__(name): ...\n"),
        ("sell = lambda: 1\n", "def sell(): ...\n"),
    ],
)
def test_what_may_break_is_told_but_decides_nothing(
    repo: ReleaseRepository, old: str, new: str
) -> None:
    found = changed(repo, old, new)
    assert not any(breaking for _what, breaking in found.values())


def test_names_from_private_modules_are_told_as_users_know_them(repo: ReleaseRepository) -> None:
    repo.write("src/shop/__init__.py", "from shop._core import Till\n__all__ = ['Till']\n")
    repo.write("src/shop/_core.py", "class Till:\n    def sell(self, bread, price): ...\n")
    repo.commit("old")
    repo.git("tag", "v1.0.0")
    repo.write("src/shop/_core.py", "class Till:\n    def sell(self, bread): ...\n")
    repo.commit("new")
    repo.kit()
    assert repo.names() == {"shop.Till.sell": ("the parameter `price` is gone", True)}


def test_names_that_an_init_without_all_imports_are_public(repo: ReleaseRepository) -> None:
    repo.write("shop/__init__.py", "from ._core import sell, _count\n")
    repo.write("shop/_core.py", "def sell(): ...\ndef _count(): ...\n")
    repo.commit("old")
    repo.git("tag", "v1.0.0")
    repo.write("shop/__init__.py", "")
    repo.write("shop/_core.py", "")
    repo.commit("new")
    repo.kit()
    assert repo.names() == {"shop.sell": ("is gone", True)}
    assert repo.data["next"] == "2.0.0"


def test_a_package_that_moved_into_src_is_compared_all_the_same(repo: ReleaseRepository) -> None:
    repo.write("shop/__init__.py", "def sell(): ...\n")
    repo.commit("old")
    repo.git("tag", "v1.0.0")
    (repo.path / "src").mkdir()
    repo.git("mv", "shop", "src/shop")
    repo.commit("moved")
    result = repo.kit()
    assert (repo.names(), result.omissions) == ({}, ())


def test_sources_that_do_not_parse_are_said_and_the_rest_is_compared(
    repo: ReleaseRepository,
) -> None:
    repo.write("shop/__init__.py", "def sell(): ...\n")
    repo.write("cart/__init__.py", "def fill(): ...\n")
    repo.commit("old")
    repo.git("tag", "v1.0.0")
    repo.write("shop/__init__.py", "def sell(:\n")
    repo.write("cart/__init__.py", "")
    repo.commit("new")
    result = repo.kit()
    assert repo.names() == {"cart.fill": ("is gone", True)}
    assert "the public names of shop" in [omission.what for omission in result.omissions]


def test_nothing_of_the_repository_is_run(repo: ReleaseRepository, tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')\n"
    found = changed(repo, trap + "def sell(): ...\n", trap)
    assert found["shop.sell"] == ("is gone", True)
    assert not (tmp_path / "sprung").exists()


def test_without_python_the_commits_decide_and_that_is_said(repo: ReleaseRepository) -> None:
    repo.commit("start", index_dot_js="")
    repo.git("tag", "v1.2.3")
    repo.commit("feat: more", index_dot_js="1")
    result = repo.kit()
    assert result.facts["release-next"] == "1.3.0"
    assert "only Python is compared" in result.omissions[0].reason


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["shop/__init__.py", "shop/cart/__init__.py", "tests/__init__.py"], ["shop"]),
        (["src/shop/__init__.py", "docs/x/__init__.py", "examples/y/__init__.py"], ["src/shop"]),
        (["plugins/a/genesis_a/__init__.py", "plugins/b/genesis_b/__init__.py"],
         ["plugins/a/genesis_a", "plugins/b/genesis_b"]),
        (["six.py", "setup.py", "test_six.py", "conftest.py"], ["six"]),
        (["_hidden/__init__.py", "my-dir/__init__.py"], []),
    ],
)  # fmt: skip
def test_packages_that_are_shipped_are_found(paths: list[str], names: list[str]) -> None:
    assert [package.folder for package in find_packages(paths)] == names


@pytest.mark.parametrize(
    ("last", "year", "expected"),
    [("1.2.3", "2026", "1.2.4"), ("1.2", "2026", "1.2.1"), ("0.4.1", "2026", "0.4.2"),
     ("2.0.0rc1", "2026", "2.0.0"), ("26.1", "2026", None), ("2026.4", "2026", None),
     ("26.1", "2020", "26.1.1"), ("58.0.1", "2026", "58.0.2")],
)  # fmt: skip
def test_the_next_version_follows_from_the_last(last: str, year: str, expected: str | None) -> None:
    advice = advise(Version(last), year, (), _NOTHING)
    assert advice.version == (None if expected is None else Version(expected))


_VERSIONS = st.builds(
    "{}.{}.{}".format, st.integers(0, 14), st.integers(0, 50), st.integers(0, 50)
).map(Version)


@given(_VERSIONS)
def test_advice_is_always_newer_and_moves_as_far_as_it_must(last: Version) -> None:
    advice = advise(last, "2026", (), _NOTHING)
    assert advice.version is not None
    assert advice.version > last
    moved = step_between(last, advice.version)
    assert moved is not None
    assert moved >= least_step(last, advice.step)


@given(_VERSIONS, _VERSIONS)
def test_a_step_is_there_exactly_when_the_version_is_newer(one: Version, other: Version) -> None:
    assert (step_between(one, other) is not None) == (other > one)
    assert not is_calendar(one, "2026")
