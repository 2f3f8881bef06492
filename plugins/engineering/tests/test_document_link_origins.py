"""Links that lead nowhere here, and why: an archive, a site, a wrong folder, a borrowed text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from genesis.testing import run_tool


def told(root: Path, files: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Severity and message of each finding, by the target of its link."""
    repository = root / "repository"
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    tool = "genesis_engineering.documents.links:check_links"
    findings = run_tool(tool, repository, root / "attempt").findings
    return {
        one.evidence.removeprefix("](").removesuffix(")"): (str(one.severity), one.message)
        for one in findings
    }


_LINKS = (
    "[a](.github/workflows/ci.yml) [b](CONTRIBUTING.md) [c](docs/SECURITY.md) [d](guide.md)"
    " [e](security/model.md) [f](.travis.yml)"
)


def test_a_release_without_any_file_of_a_checkout_left_out_dot_files_and_community_files(
    tmp_path: Path,
) -> None:
    found = told(tmp_path, {"README.md": _LINKS})
    assert {target: severity for target, (severity, _) in found.items()} == {
        ".github/workflows/ci.yml": "low", "CONTRIBUTING.md": "low", "docs/SECURITY.md": "low",
        "guide.md": "medium", "security/model.md": "medium", ".travis.yml": "low",
    }  # fmt: skip
    assert "was not packed into this source archive" in found["CONTRIBUTING.md"][1]


@pytest.mark.parametrize("mark", [".gitignore", ".gitattributes", ".github/dependabot.yml"])
def test_in_a_checkout_such_files_are_missing(tmp_path: Path, mark: str) -> None:
    found = told(tmp_path, {"README.md": _LINKS, mark: "\n"})
    assert {severity for severity, _ in found.values()} == {"medium"}


@pytest.mark.parametrize("archive", [{"PKG-INFO": "Name: a\n"}, {}])
def test_a_path_that_begins_at_the_root_is_wrong_in_a_folder_whatever_an_archive_lacks(
    tmp_path: Path, archive: dict[str, str]
) -> None:
    files = {
        "doc/README-ru.md": "[a](doc/other.md) [b](LICENSE-MIT) [c](doc/absent.md)",
        "doc/other.md": "", "LICENSE-MIT": "", **archive,
    }  # fmt: skip
    found = told(tmp_path, files)
    assert [found["doc/other.md"][0], found["LICENSE-MIT"][0]] == ["medium", "medium"]
    assert found["doc/other.md"][1].endswith("the path to that file is other.md.")
    assert found["LICENSE-MIT"][1].endswith("the path to that file is ../LICENSE-MIT.")
    assert found["doc/absent.md"][0] == ("low" if archive else "medium")


def test_the_published_address_of_a_page_beside_is_low(tmp_path: Path) -> None:
    files = {
        "docs/query/examples.md": "[a](../basics/#selectors) [b](../gone/) [c](../../flags.md)",
        "docs/query/basics.md": "", "docs/flags.md": "", ".gitignore": "\n",
    }  # fmt: skip
    found = told(tmp_path, files)
    assert found["../basics/#selectors"][0] == "low"
    assert "docs/query/basics.md" in found["../basics/#selectors"][1]
    assert [found["../gone/"][0], found["../../flags.md"][0]] == ["medium", "medium"]


def test_the_text_of_a_borrowed_action_is_low(tmp_path: Path) -> None:
    text = "See [this](dictionary.txt)."
    files = {".github/actions/spelling/README.md": text, ".github/SUPPORT.md": text}
    assert told(tmp_path, {".github/SUPPORT.md": text})["dictionary.txt"][0] == "medium"
    del files[".github/SUPPORT.md"]
    assert told(tmp_path / "b", files)["dictionary.txt"][0] == "low"


def test_nikola_makes_pages_of_more_than_documents(tmp_path: Path) -> None:
    text = "See [a] and [b](/man/b.html).\n\n[a]:/man/a.html\n"
    files = {"www/pages/a.md": text, "man/shop.1": "", "www/conf.py": "TITLE = 1\n"}
    assert set(told(tmp_path, files)) == {"[a]:/man/a.html", "/man/b.html"}
    files["www/conf.py"] = 'PAGES = (\n    ("man/*.xml", "man", "story.tmpl"),\n)\n'
    assert told(tmp_path, files) == {}


def test_several_links_into_one_missing_folder_are_low_and_two_are_not(tmp_path: Path) -> None:
    lost = "".join(f"[a](gone/deep/{n}.md)\n" for n in range(3))
    two = "".join(f"[b](lost/{n}.md)\n" for n in range(2))
    found = told(tmp_path, {"README.md": lost + two, ".gitignore": "x\n"})
    assert sorted(severity for severity, _ in found.values()) == ["low"] * 3 + ["medium"] * 2


def test_a_page_whose_source_stands_in_its_place_is_low(tmp_path: Path) -> None:
    files = {"README.md": "[a](b.html)\n[c](d.html)\n", "b.html.erb": "", ".gitignore": "x\n"}
    found = told(tmp_path, files)
    assert (found["b.html"][0], found["d.html"][0]) == ("low", "medium")
