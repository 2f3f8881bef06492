"""Modules of the standard library that a Python which the repository names does not have."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from genesis_engineering.removed_modules import _REMOVED

from plugins.engineering.tests.test_vain_tests import found

_SETUP = (
    "from setuptools import setup\nsetup(classifiers=['Programming Language :: Python :: 3.{}'])\n"
)
_CODE = {
    "import imp\n": [("removed-module", 1)],
    "import os, imp\n": [("removed-module", 1)],
    "from imp import reload\n": [("removed-module", 1)],
    "def f():\n    import imp\n    imp.reload(f)\n": [("removed-module", 2)],
    "try:\n    import imp\nexcept ImportError:\n    imp = None\n": [],
    "import sys\nif sys.version_info < (3, 12):\n    import imp\n": [],
    "from . import imp\nfrom .imp import a\nimport important\n": [],
    "import cgi\n": [],
    '"""Needs the package telnetlib-313-and-up."""\nimport imp\n': [("removed-module", 2)],
    '"""Needs the package standard-imp."""\nimport imp\n': [],
}


@pytest.mark.parametrize("code", _CODE)
def test_a_module_that_a_named_python_lacks_is_told(tmp_path: Path, code: str) -> None:
    told = found(tmp_path, {"setup.py": _SETUP.format(12), "a.py": code})
    assert [one for one in told if one[0] == "removed-module"] == _CODE[code]


@pytest.mark.parametrize(
    "setup", ["", _SETUP.format(11), _SETUP.format(13).replace("setup(", "setup('legacy-cgi', ")]
)
def test_nothing_is_told_where_no_such_python_is_named_or_a_backport_is(
    tmp_path: Path, setup: str
) -> None:
    told = found(tmp_path, {"setup.py": setup, "a.py": "import cgi\n"})
    assert [one for one in told if one[0] == "removed-module"] == []


def test_a_backport_may_stand_among_the_requirements(tmp_path: Path) -> None:
    files = {"setup.py": _SETUP.format(13), "a.py": "import cgi\n"}
    files["requirements.txt"] = "legacy-cgi; python_version >= '3.13'\n"
    assert [one for one in found(tmp_path, files) if one[0] == "removed-module"] == []


def test_the_table_holds_modules_that_python_had() -> None:
    had = sys.stdlib_module_names | {"imp", "asynchat", "asyncore", "smtpd"}
    if sys.version_info < (3, 12):
        assert set(_REMOVED) <= had
