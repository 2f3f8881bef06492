"""What users of a program see is told apart from pages that only readers of a repository open."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.engineering.tests.page_files import check, places

_SETUP = {"setup.py": "from setuptools import setup\n"}
_STYLED = "<html>\n<head><title>t</title><style>p { top: 0 }</style></head><body>x</body></html>"
_ENTRY = _STYLED.replace("</head>", '<script type="module" src="/src/main.js"></script></head>')


@pytest.mark.parametrize(
    ("path", "text", "more", "severity"),
    [
        ("index.html", _STYLED, {}, "medium"),
        ("index.html", _STYLED, _SETUP, "low"),
        ("index.html", _ENTRY, _SETUP | {"src/main.js": "start();"}, "medium"),
        ("www/notes.html", _STYLED, _SETUP, "low"),
        ("server/public/status.html", _STYLED, _SETUP, "medium"),
        ("shop/data/status.html", _STYLED, _SETUP | {"shop/__init__.py": ""}, "medium"),
        ("shop/data/status.html", _STYLED, _SETUP, "low"),
        ("src/help/status.html", _STYLED, _SETUP, "low"),
        ("tools/status.html", _STYLED, _SETUP, "low"),
        ("shop/tools/status.html", _STYLED, _SETUP | {"shop/__init__.py": ""}, "low"),
        ("src/tools/status.html", _STYLED, _SETUP, "medium"),
        ("shop/templates/reports/a.html", _STYLED, _SETUP, "medium"),
        ("index.html", _STYLED, {"package.json": '{"devDependencies": {"prettier": "^3"}}'},
         "medium"),
        ("index.html", _STYLED, {"package.json": '{"main": "shop.js", "private": true}'}, "low"),
        ("shop/templates/a.html", _STYLED.replace("x<", "{{ x }}<"), _SETUP, "medium"),
        ("index.html", _STYLED.replace("x<", "{{ x }}<"), _SETUP, "low"),
        ("a.html.j2", _STYLED.replace("x<", "{{ x }}<"), _SETUP, "medium"),
        ("docs-built/index.html", _STYLED, {}, "low"),
        ("demo-bootstrap.html", _STYLED, {}, "low"),
        ("shop/help/a.html", _STYLED.replace("x<", "{{ x }}<"), _SETUP, "low"),
    ],
)  # fmt: skip
def test_a_page_that_users_do_not_see_has_low_findings(
    tmp_path: Path, path: str, text: str, more: dict[str, str | bytes], severity: str
) -> None:
    result = check("accessibility", tmp_path, {path: text, **more})
    told = [one for one in places(result) if "page-without-language" in one]
    assert told == [f"{severity} page-without-language {path}:1"]


def test_pages_in_folders_of_tests_are_not_looked_at(tmp_path: Path) -> None:
    result = check("accessibility", tmp_path, {"parser_tests/sheets/a.html": _STYLED})
    assert result.findings == ()
    (own := tmp_path / "own").mkdir()
    files: dict[str, str | bytes] = {
        "ab_tests/a.html": _STYLED,
        "public/speed-test/a.html": _STYLED,
    }
    assert {one.file for one in check("accessibility", own, files).findings} == set(files)


@pytest.mark.parametrize(("more", "severity"), [({}, "medium"), (_SETUP, "low")])
def test_a_missing_doctype_and_a_missing_page_are_low_for_readers(
    tmp_path: Path, more: dict[str, str | bytes], severity: str
) -> None:
    text = _STYLED.replace("x</body>", '<a href="gone.html">x</a></body>')
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert places(check("markup", tmp_path / "a", {"index.html": text, **more})) == [
        f"{severity} missing-doctype index.html:1"
    ]
    assert places(check("assets", tmp_path / "b", {"index.html": text, **more})) == [
        f"{severity} missing-page index.html:2"
    ]
