"""Links of documents: what leads nowhere is reported, what leads somewhere never is."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool
from genesis_engineering.documents.slugs import github_slug, github_slugs
from hypothesis import given, settings
from hypothesis import strategies as st

_TOOL = "genesis_engineering.documents.links:check_links"


def _check(root: Path, files: dict[str, str], *, seconds: float = 60) -> TaskResult:
    repository = root / "repository"
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    repository.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return run_tool(_TOOL, repository, root / "attempt", time_limit_seconds=seconds)


def _places(result: TaskResult) -> list[tuple[str, str | None, int | None]]:
    return [(finding.rule, finding.file, finding.line) for finding in result.findings]


def test_a_link_to_a_missing_file_is_reported_with_its_line_and_text(tmp_path: Path) -> None:
    result = _check(tmp_path, {"README.md": "# A\n\nSee\nthe [guide](docs/gone.md) now.\n"})
    assert _places(result) == [("broken-link", "README.md", 4)]
    finding = result.findings[0]
    assert "docs/gone.md" in finding.message
    assert finding.evidence == "](docs/gone.md)"
    assert finding.check


def test_a_link_of_a_changelog_is_low_for_it_tells_of_what_was(tmp_path: Path) -> None:
    text = "# A\n\n[a](travis-ci.org/a) [b](gone.md)\n"
    result = _check(tmp_path, {"CHANGELOG.md": text, "README.md": text})
    told = [(one.file, str(one.severity)) for one in result.findings]
    assert sorted(told) == [("CHANGELOG.md", "low")] * 2 + [("README.md", "medium")] * 2


_NPM = '{"name": "a", "version": "1.0.0", "license": "MIT", "repository": "o/a"}'


def test_what_a_site_finds_from_a_folder_above_is_low(tmp_path: Path) -> None:
    files = {
        "docs/pages/card.md": "![a](assets/a.png) ![b](assets/b.png) ![c](top.png)",
        "docs/assets/a.png": "", "top.png": "",
    }  # fmt: skip
    told = {f.message.split()[4]: str(f.severity) for f in _check(tmp_path, files).findings}
    assert told == {
        "docs/pages/assets/a.png,": "low",
        "docs/pages/assets/b.png,": "medium",
        "docs/pages/top.png,": "medium",
    }


def test_an_image_in_a_missing_folder_at_the_top_is_low_and_a_link_is_not(tmp_path: Path) -> None:
    text = "![a](shots/a.png) [b](notes/b.md) ![c](docs/shots/c.png) [d](apidocs/server/index.html)"
    found = _check(tmp_path, {"README.md": text, "docs/a.md": ""}).findings
    assert {f.message.split()[4]: str(f.severity) for f in found} == {
        "shots/a.png,": "low",
        "notes/b.md,": "medium",
        "apidocs/server/index.html,": "low",
        "docs/shots/c.png,": "medium",
    }


@pytest.mark.parametrize("packed", [{"PKG-INFO": "Name: a\n"}, {"package.json": _NPM}])
def test_a_link_out_of_an_unpacked_archive_is_low_for_its_repository_may_have_the_file(
    tmp_path: Path, packed: dict[str, str]
) -> None:
    text = "# A\n\n[guide](docs/gone.md) [license](license.txt)\n"
    result = _check(tmp_path, {"README.md": text, "LICENSE.txt": "MIT\n", **packed})
    severities = {
        finding.message.split(" leads")[1]: finding.severity for finding in result.findings
    }
    assert severities == {
        " to docs/gone.md, which was not packed into this source archive.": "low",
        " to license.txt; the repository spells it LICENSE.txt.": "medium",
    }


def test_a_document_of_a_copied_library_is_low(tmp_path: Path) -> None:
    text = "# A\n\n[guide](gone.md)\n"
    files = {"lib/a/README.md": text, "lib/a/LICENSE.txt": "", "lib/b/README.md": text}
    found = [(one.file, str(one.severity)) for one in _check(tmp_path, files).findings]
    assert sorted(found) == [("lib/a/README.md", "low"), ("lib/b/README.md", "medium")]


def test_the_name_of_a_version_is_a_page_of_the_host(tmp_path: Path) -> None:
    text = "# A\n\n[then](5631123d66d96) and [there](deadbeef.md)\n"
    assert _places(_check(tmp_path, {"README.md": text})) == [("broken-link", "README.md", 3)]


def test_a_copy_of_the_document_above_has_links_that_are_right_there(tmp_path: Path) -> None:
    text = "# A\n\n[guide](guide.md)\n"
    files = {
        "README.md": text,
        "guide.md": "",
        "docs/lib/README.md": text,
        "b/README.md": text + "B",
    }
    found = [(one.file, str(one.severity)) for one in _check(tmp_path, files).findings]
    assert sorted(found) == [("b/README.md", "medium"), ("docs/lib/README.md", "low")]


@pytest.mark.parametrize("mark", [".gitignore", "package-lock.json", ".npmrc"])
def test_a_package_with_what_npm_never_packs_is_a_checkout(tmp_path: Path, mark: str) -> None:
    files = {"README.md": "# A\n\n[guide](docs/gone.md)\n", "package.json": _NPM, mark: "\n"}
    assert [one.severity for one in _check(tmp_path, files).findings] == ["medium"]


def test_documents_of_crates_that_cargo_copied_are_not_the_repository_s(tmp_path: Path) -> None:
    crate = "include/cargo/a-1.0.0"
    text = "# A\n\n[guide](gone.md)\n"
    files = {
        f"{crate}/.cargo-checksum.json": "{}",
        f"{crate}/README.md": text,
        f"{crate}/doc/more.md": text,
        "include/cargo/README.md": text,
    }
    places = _places(_check(tmp_path, files))
    assert places == [("broken-link", "include/cargo/README.md", 3)]


def test_what_looks_like_a_broken_link_and_is_none_stays_unreported(tmp_path: Path) -> None:
    readme = """---
link: "[x](front-matter.md)"
---
# A

[ok](docs/a%20b.md) [query](docs/guide.md?plain=1) [pretty](docs/guide/) [html](docs/guide.html)
[bare](docs/guide) [folder](docs) [angle](<docs/a b.md>) [template]({{ url }}/x.md) [t](<x>.md)
`[code](gone.md)` \\[escaped](gone.md) dict[str](value) [web](https://example.org/gone.md)
[mail](mailto:a@example.org) [issues](../../issues) [host](blob/main/gone.md) [up](../../x.md)

    [indented](gone.md)

```text
[fenced](gone.md)
```

<!-- [comment](gone.md) <img src="gone.png"> -->
[made](docs/made.md)
"""
    files = {
        "README.md": readme,
        ".gitignore": "made.md\n",
        "docs/a b.md": "x",
        "docs/guide.md": "# Guide\n",
        "tests/data/broken.md": "[x](gone.md)\n",
        ".github/PULL_REQUEST_TEMPLATE.md": "[x](gone.md)\n",
    }
    result = _check(tmp_path, files)
    assert result.findings == ()
    assert any("1 links to the web" in omission.what for omission in result.omissions)


def test_images_are_a_rule_of_their_own_also_in_html(tmp_path: Path) -> None:
    text = '# A\n\n![logo](logo.png)\n\n<p>\n<img width="3"\n     src="other.png">\n</p>\n'
    result = _check(tmp_path, {"README.md": text})
    assert _places(result) == [
        ("broken-image", "README.md", 3),
        ("broken-image", "README.md", 7),
    ]


def test_a_name_in_another_case_is_reported_as_such(tmp_path: Path) -> None:
    result = _check(tmp_path, {"README.md": "[c](Docs/GUIDE.md)\n", "docs/guide.md": "x\n"})
    assert "spells it docs/guide.md" in result.findings[0].message


def test_a_broken_definition_is_reported_where_it_stands(tmp_path: Path) -> None:
    text = "[a][one] and [b][two]\n\n[one]: README.md\n[two]: gone.md 'title'\n"
    assert _places(_check(tmp_path, {"README.md": text})) == [("broken-link", "README.md", 4)]


def test_the_same_broken_link_twice_in_a_document_is_one_finding(tmp_path: Path) -> None:
    result = _check(tmp_path, {"README.md": "[a](gone.md)\n\n[b](gone.md)\n"})
    assert _places(result) == [("broken-link", "README.md", 1)]
    assert "2 times" in result.findings[0].message


def test_a_link_whose_end_is_a_symlink_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "link.md").symlink_to("nowhere.md")
    assert _check(tmp_path, {"README.md": "[a](link.md)\n"}).findings == ()


def test_anchors_follow_the_rules_of_github(tmp_path: Path) -> None:
    readme = """# Set up & run `it`!

## Use

## Use

## 🚀 Go

<a name="by-hand"></a> <h3>In HTML</h3>

### Given {#given-id}

[1](#set-up--run-it) [2](#use) [3](#use-1) [4](#-go) [5](#by-hand) [6](#in-html) [7](#given-id)
[8](#top) [9](other.md#there) [10](#Use)

[bad](#set-up-run-it) [bad](#use-2)
[bad](other.md#gone)
"""
    result = _check(tmp_path, {"README.md": readme, "other.md": "There\n=====\n"})
    assert [(f.rule, f.line) for f in result.findings] == [
        ("broken-anchor", 16),
        ("broken-anchor", 16),
        ("broken-anchor", 17),
    ]


def test_a_label_without_definition_is_reported_only_when_meant_as_a_link(tmp_path: Path) -> None:
    text = "Read [the guide][guide] and items[0][key] and [x][1] `[a][b]`.\n\n[1]: other.md\n"
    result = _check(tmp_path, {"README.md": text, "other.md": "[`f`][pkg.f] x\n"})
    assert _places(result) == [("undefined-reference", "README.md", 1)]
    assert "[guide]" in result.findings[0].message


def test_pages_of_a_site_may_be_linked_as_the_site_shows_them(tmp_path: Path) -> None:
    page = "[up](../start/) [image](img/a.png) [root](/api/) [made](reference) [x](../gone.md)\n"
    files = {
        "mkdocs.yml": "site_name: A\n",
        "docs/start.md": "# Start\n",
        "docs/img/a.png": "png",
        "docs/usage.md": page,
    }
    result = _check(tmp_path, files)
    assert _places(result) == [("broken-link", "docs/usage.md", 1)]
    assert any("site generator" in omission.what for omission in result.omissions)


@pytest.mark.parametrize(
    ("text", "count"),
    [("See guide_.", 1), ("See `my guide`_.", 1), ("See `it <my guide_>`_.", 1), ("See it.", 0),
     ("See guide_v2.", 0), ("See |guide|_.", 1)],
)  # fmt: skip
def test_a_target_that_nothing_refers_to_is_no_link(tmp_path: Path, text: str, count: int) -> None:
    name = "my guide" if "my guide" in text else "guide"
    found = _check(tmp_path, {"a.rst": f"{text}\n\n.. _{name}: gone.txt\n"}).findings
    assert [one.rule for one in found] == ["broken-link"] * count


def test_restructured_text_is_read_without_its_literal_blocks(tmp_path: Path) -> None:
    text = """Title
=====

See `here <guide.rst>`_ and `there <gone.rst>`__, not ``<`x <gone.rst>`_>``.

.. image:: gone.png
   :alt: text

.. include:: guide.rst
.. include:: <isonum.txt>
.. _label: missing.txt

Example::

    `x <literal.rst>`_

.. code-block:: rst

   .. image:: shown.png

.. a comment
   .. image:: hidden.png

:doc:`elsewhere` and :ref:`place <label>`
"""
    result = _check(tmp_path, {"readme.rst": text, "guide.rst": "x\n"})
    assert sorted(_places(result)) == [
        ("broken-image", "readme.rst", 6),
        ("broken-link", "readme.rst", 4),
        ("broken-link", "readme.rst", 11),
    ]


def test_an_include_that_git_ignores_in_the_site_that_includes_it_is_not_missing(
    tmp_path: Path,
) -> None:
    files = {
        "CHANGES.rst": ".. include:: draft.rst\n",
        "docs/conf.py": "project = 'a'\n",
        ".gitignore": "docs/draft.rst\n",
    }
    assert _check(tmp_path, files).findings == ()


def test_a_repository_without_documents_says_so(tmp_path: Path) -> None:
    assert "no documents to look at" in _check(tmp_path, {"a.py": "x = 1\n"}).summary


def test_more_than_five_hundred_findings_of_a_rule_are_counted(tmp_path: Path) -> None:
    text = "\n\n".join(f"[a](gone-{number}.md)" for number in range(507))
    result = _check(tmp_path, {"README.md": text})
    assert len(result.findings) == 500
    assert "7 more broken-link" in result.summary


def test_documents_left_when_the_time_is_up_are_an_omission(tmp_path: Path) -> None:
    result = _check(tmp_path, {"README.md": "[a](gone.md)\n", "b.md": "x"}, seconds=0.5)
    assert result.findings == ()
    assert "2 of 2 documents" in result.omissions[0].what


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("a  b", "a--b"),
        ("C++ & C#", "c--c"),
        ("snake_case-kept", "snake_case-kept"),
        ("Ünïcode ÄÖ", "ünïcode-äö"),
        ("1.2.3 (2024)", "123-2024"),
    ],
)
def test_known_headings_have_the_anchors_that_github_gives_them(heading: str, slug: str) -> None:
    assert github_slug(heading) == slug


@given(st.text())
def test_a_slug_holds_no_space_and_no_ascii_punctuation_but_two(heading: str) -> None:
    slug = github_slug(heading)
    assert not set(slug) & set(" !\"#$%&'()*+,./:;<=>?@[\\]^`{|}~")
    assert github_slug(slug) == slug


@given(st.lists(st.sampled_from(["Use", "use", "Use!", "Other"]), max_size=8))
def test_every_heading_of_a_document_has_an_anchor_of_its_own(headings: list[str]) -> None:
    assert len(github_slugs(headings)) == len(headings)


_PART = st.text(
    st.characters(
        categories=["Ll", "Lu", "Nd"], include_characters=" -_.+&'(),", max_codepoint=500
    ),
    min_size=1,
    max_size=8,
).map(lambda part: f"n{part}z")


@settings(max_examples=25, deadline=None)
@given(st.lists(_PART, min_size=1, max_size=3), st.lists(_PART, max_size=2))
def test_a_link_to_an_existing_file_is_never_reported(
    target: list[str], document: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = "/".join(["a", *target]) + ".txt"
        up = "../" * len(document)
        source = "/".join([*(f"d{part}" for part in document), "page.md"])
        link = up + quote(path)
        text = f"[x]({link}) ![y](<{up}{path}>)\n\n[z][r]\n\n[r]: {link}\n"
        result = _check(Path(folder), {path: "x", source: text})
        assert result.findings == ()
        assert "3 links" in result.summary
