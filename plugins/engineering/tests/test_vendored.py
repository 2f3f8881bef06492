"""The work of others that a repository brings along is left out, and its own folders are not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from genesis_engineering.files import list_files

_GPL = "GNU GENERAL PUBLIC LICENSE\nVersion 3\n\nCopyright (c) 2020-2024 Ada Shop\n"
_OTHER = "Creative Commons Legal Code\n\nCopyright (c) 2009, Gil Tene <gil@example.org>\n"


def own(root: Path, files: dict[str, str], name: str = "shop") -> list[str]:
    """The paths of the source files of a repository that are its own."""
    repository = root / name
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    return [file.path for file in list_files(repository) if file.suffix in (".c", ".php", ".js")]


@pytest.mark.parametrize("bundle", ["deps", "libs", "src/external", "3rdparty"])
@pytest.mark.parametrize("licence", ["LICENSE", "COPYING.txt", "LICENCE-CC0", "Copyright"])
def test_a_bundled_library_with_a_licence_of_its_own_is_left_out(
    tmp_path: Path, bundle: str, licence: str
) -> None:
    files = {
        "LICENSE": _GPL, "main.c": "", f"{bundle}/hist/{licence}": _OTHER,
        f"{bundle}/hist/deep/a.c": "", f"{bundle}/own/b.c": "", f"{bundle}/c.c": "",
    }  # fmt: skip
    assert own(tmp_path, files) == sorted(["main.c", f"{bundle}/own/b.c", f"{bundle}/c.c"])


@pytest.mark.parametrize(
    "licence",
    [
        _GPL,
        _GPL.replace("2020-2024", "2019"),
        "MIT License\n\nCopyright 2011 Ada Shop. All rights reserved.\n\nPermission is ...\n",
    ],
)
def test_a_library_under_the_repository_s_licence_or_by_its_holder_is_its_own(
    tmp_path: Path, licence: str
) -> None:
    files = {"LICENSE.md": _GPL, "libs/cart/LICENSE": licence, "libs/cart/a.js": ""}
    assert own(tmp_path, files) == ["libs/cart/a.js"]


def test_without_a_licence_of_the_repository_nobody_can_say_whose_a_folder_is(
    tmp_path: Path,
) -> None:
    assert own(tmp_path, {"libs/cart/LICENSE": _OTHER, "libs/cart/a.js": ""}) == ["libs/cart/a.js"]


def test_a_licence_in_a_folder_that_bundles_nothing_changes_nothing(tmp_path: Path) -> None:
    files = {"LICENSE": _GPL, "fonts/LICENSE": _OTHER, "fonts/a.js": "", "deps/LICENSE": _OTHER,
             "deps/b.c": "", "libs/x/license.js": "", "libs/x/c.c": ""}  # fmt: skip
    assert own(tmp_path, files) == ["deps/b.c", "fonts/a.js", "libs/x/c.c", "libs/x/license.js"]


def _manifest(**table: object) -> str:
    return json.dumps(table)


@pytest.mark.parametrize(
    ("base", "root", "inner"),
    [
        ("composer.json", {"name": "ada/shop"}, {"name": "laminas/view"}),
        ("package.json", {"name": "@ada/shop"}, {"name": "@vendor/grid"}),
        (
            "package.json",
            {"name": "shop", "repository": {"url": "git+https://github.com/ada/shop.git"}},
            {"name": "grid", "repository": "vendor/grid"},
        ),
    ],
)
def test_a_package_of_another_vendor_under_another_licence_is_left_out(
    tmp_path: Path, base: str, root: dict[str, object], inner: dict[str, object]
) -> None:
    files = {
        "LICENSE": _GPL, base: _manifest(**root),
        f"inc/a/{base}": _manifest(**inner), "inc/a/LICENSE": _OTHER, "inc/a/a.php": "",
        # Another vendor under our licence, our vendor under another licence, and no licence.
        f"inc/b/{base}": _manifest(**inner), "inc/b/LICENSE": _GPL, "inc/b/b.php": "",
        f"inc/c/{base}": _manifest(**root), "inc/c/LICENSE": _OTHER, "inc/c/c.php": "",
        f"inc/d/{base}": _manifest(**inner), "inc/d/d.php": "",
    }  # fmt: skip
    assert own(tmp_path, files) == ["inc/b/b.php", "inc/c/c.php", "inc/d/d.php"]


_README = "=== Spam Stop ===\nContributors: matt\nStable tag: 5.5\n"


def test_a_published_plugin_of_wordpress_is_another_s_where_it_does_not_stand_alone(
    tmp_path: Path,
) -> None:
    files = {
        "wp-includes/version.php": "", "wp-content/plugins/spam/readme.txt": _README,
        "wp-content/plugins/spam/a.php": "", "wp-content/plugins/index.php": "",
        "wp-content/plugins/mine/a.php": "", "wp-content/plugins/shop/readme.txt": _README,
        "wp-content/plugins/shop/a.php": "",
    }  # fmt: skip
    assert own(tmp_path, files) == [
        "wp-content/plugins/index.php", "wp-content/plugins/mine/a.php",
        "wp-content/plugins/shop/a.php", "wp-includes/version.php",
    ]  # fmt: skip


def test_a_repository_of_one_plugin_keeps_it(tmp_path: Path) -> None:
    files = {"wp-content/plugins/spam/readme.txt": _README, "wp-content/plugins/spam/a.php": ""}
    assert own(tmp_path, files) == ["wp-content/plugins/spam/a.php"]


def test_a_cache_of_ansible_is_left_out(tmp_path: Path) -> None:
    assert own(tmp_path, {".ansible/collections/a.js": "", "roles/a.js": ""}) == ["roles/a.js"]


def test_copies_of_the_repository_that_a_tool_checked_out_are_left_out(tmp_path: Path) -> None:
    files = {".claude/worktrees/a/a.js": "", ".worktrees/b/a.js": "", "worktrees/a.js": ""}
    assert own(tmp_path, files) == ["worktrees/a.js"]


def test_hostile_manifests_and_licences_behind_links_say_nothing(tmp_path: Path) -> None:
    files = {"LICENSE": _GPL, "package.json": "[" * 5000, "composer.json": '{"name": [1]}',
             "inc/a/package.json": _manifest(name="@vendor/grid", repository={"url": 7}),
             "inc/a/LICENSE": _OTHER, "inc/a/a.js": "", "libs/b/a.js": ""}  # fmt: skip
    (tmp_path / "shop" / "libs" / "b").mkdir(parents=True)
    (tmp_path / "shop" / "libs" / "b" / "LICENSE").symlink_to("../../inc/a/LICENSE")
    assert own(tmp_path, files) == ["inc/a/a.js", "libs/b/a.js"]


@pytest.mark.parametrize("signed", ["license.txt", "LICENSE", "COPYING", "AUTHORS.txt"])
@pytest.mark.parametrize(
    ("plain", "short"),
    [("g.js", "g.min.js"), ("g_src.js", "g.js"), ("g-src.js", "g.js"), ("g.js", "g-min.js")],
)
def test_a_folder_with_a_licence_and_a_script_plain_and_minified_is_a_copy(
    tmp_path: Path, signed: str, plain: str, short: str
) -> None:
    files = {"LICENSE": _GPL, "shop.js": "", "cart.js": "", f"static/grid/{signed}": _OTHER,
             f"static/grid/{plain}": "", f"static/grid/{short}": "",
             "static/grid/themes/a.js": "", "static/b.js": ""}  # fmt: skip
    assert own(tmp_path, files) == ["cart.js", "shop.js", "static/b.js"]


@pytest.mark.parametrize(
    "others",
    [
        {"a/LICENSE": _GPL, "a/g.js": "", "a/g.min.js": ""},
        {"a/LICENSE": _OTHER, "a/g.js": "", "a/h.min.js": ""},
        {"a/LICENSE": _OTHER, "a/js/g.js": "", "a/js/g.min.js": ""},
        {"a/LICENSE": _OTHER, "a/package.json": '{"name": "g"}', "a/g.js": "", "a/g.min.js": ""},
        {"a/LICENSE": _OTHER, "a/g.js": "", "a/g.min.js": "", "a/c.js": "", "a/d.js": ""},
        {"AUTHORS": "Ada", "g.js": "", "g.min.js": ""},
    ],
)
def test_what_only_looks_like_such_a_copy_is_kept(tmp_path: Path, others: dict[str, str]) -> None:
    """The licence is the root's, no script is there twice, or not beside the licence; a package of
    its own; most of the repository; the repository itself."""
    scripts = sorted(path for path in others if path.endswith(".js"))
    assert own(tmp_path, {"LICENSE": _GPL, **others}) == scripts


@pytest.mark.parametrize(
    ("path", "repository", "is_own"),
    [
        ("shop/static/codemirror/mode/go/index.html", "shop", False),
        ("www/js/jquery-ui-1.12/index.html", "shop", False),
        ("share/web/static/CKEditor/samples/a.html", "shop", False),
        ("static/codemirror/index.html", "codemirror5", True),
        ("shop/codemirror/index.html", "shop", True),
        ("static/shelf/index.html", "shop", True),
    ],
)
def test_a_library_for_pages_that_is_served_is_a_copy(
    tmp_path: Path, path: str, repository: str, is_own: bool
) -> None:
    (tmp_path / repository / path).parent.mkdir(parents=True)
    (tmp_path / repository / path).touch()
    subprocess.run(["git", "init", "-q", str(tmp_path / repository)], check=True)
    assert [file.path for file in list_files(tmp_path / repository)] == ([path] if is_own else [])
