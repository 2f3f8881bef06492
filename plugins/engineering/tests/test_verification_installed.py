"""Which copy of a package is tested: the checkout, or what an environment has installed of it."""

from __future__ import annotations

import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from plugins.engineering.tests.test_verification_environment import facts, verify, write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository without an environment."""
    folder = tmp_path / "repository"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@pytest.fixture
def installed(repository: Path) -> Path:
    """A package below `src`, and the site-packages of an environment that has a build of it."""
    venv.create(repository / ".venv", symlinks=True)
    (site,) = (repository / ".venv").glob("lib/python*/site-packages")
    (site / "tools.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    package = "from pathlib import Path\nstyle = Path(__file__).with_name('built.css')\n"
    write(repository, {
        "src/book/__init__.py": package,
        "tests/test_it.py": "import book\ndef test_style(): assert book.style.exists()\n",
    })  # fmt: skip
    write(site, {"book/__init__.py": package, "book/built.css": "a{}\n"})
    return site


def test_an_installed_copy_of_the_same_code_is_tested_with_what_its_build_made(
    repository: Path, installed: Path
) -> None:
    assert facts(verify(repository))["verdict"] == "passed"


def test_an_installed_copy_of_other_code_is_not_what_is_tested(
    repository: Path, installed: Path
) -> None:
    write(repository, {"src/book/new.py": ""})
    result = verify(repository)
    assert facts(result)["failed"] == 1
    assert "PYTHONPATH=src" in result.findings[0].check
