"""What can be wrong with a repository's files: each function spoils a repository in one way.

`outside` is a folder beside the repository that nothing may be read from or written to.
"""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

SECRET = "ghp_" + "k3J9xQ2mV7tB5nR8wL4zH6cD1fG0pY3sA9uE"
"""Stands in a file outside: whoever reads that would report it."""


def git(repository: Path, *arguments: str, given: str | None = None) -> str:
    """Run git in a repository, as somebody."""
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@garden.invalid")
    done = subprocess.run(
        ["git", "-C", str(repository), *identity, *arguments],
        input=given, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def make_ordinary(folder: Path) -> Path:
    """A repository with one commit; its only defect is the unused import of `ordinary.py`."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "ordinary.py").write_text(
        "import os\n\n\ndef double(number):\n    return number * 2\n"
    )
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


def make_outside(folder: Path) -> Path:
    """Files with findings of several specialists, which are nobody's business."""
    folder.mkdir()
    (folder / "secret.py").write_text(f"import sys\ntoken = '{SECRET}'\n")
    (folder / "page.md").write_text("# Page\n\n[gone](gone.md)\n")
    return folder


def links_out(repository: Path, outside: Path) -> None:
    """Links to a file and to a folder outside, and a folder that became a link."""
    (repository / "linked.py").symlink_to(outside / "secret.py")
    (repository / "linked").symlink_to(outside)
    (repository / "README.md").write_text(f"# Here\n\n[page](linked/page.md#page) {outside}\n")
    became = repository / "became"
    became.mkdir()
    (became / "secret.py").write_text("x = 1\n")
    (became / "page.md").write_text("# Page\n")
    git(repository, "add", "--all")
    (became / "secret.py").unlink()
    (became / "page.md").unlink()
    became.rmdir()
    became.symlink_to(outside)


def link_loops(repository: Path, outside: Path) -> None:
    """Links that lead to themselves, to each other, and to the folder that they lie in."""
    (repository / "self.py").symlink_to("self.py")
    (repository / "one.py").symlink_to("two.py")
    (repository / "two.py").symlink_to("one.py")
    (repository / "logs").mkdir()
    (repository / "logs" / "again").symlink_to("..")
    (repository / "zero.py").symlink_to("/dev/zero")
    (repository / "pyproject.toml").symlink_to("/dev/zero")


def sparse_files(repository: Path, outside: Path) -> None:
    """Files of 5 GB that take no room."""
    names = ("huge.py", "HUGE.md", "pyproject.toml", "huge.sql", "huge.html", "Dockerfile",
             "package.json", "huge.db", "huge.css", ".gitlab-ci.yml")  # fmt: skip
    for name in names:
        with (repository / name).open("wb") as file:
            file.truncate(5_000_000_000)


def odd_names(repository: Path, outside: Path) -> None:
    """Names with line ends, dashes, quotes, control characters and bytes that are no UTF-8."""
    names = [
        b"two\nlines.py", b"-rf.py", b"--select=ALL.py", b"quo'te.py", b'quo"te.py', b"$(id).py",
        b"`id`.py", b":(glob)x.py", b"bad\xff\xfe.py", b"bad\xff.md", b"bad\xff.js", b"\x1b[31m.py",
        b"tab\t.md", b" .py", b"back\\slash.py", b"*.py", b"#.md", b"a" * 250 + b".py",
        "\u202eyp.py".encode(), b"Readme.md", b"README.md", b"readme.MD",
    ]  # fmt: skip
    for number, name in enumerate(names):
        path = os.path.join(os.fsencode(repository), name)
        with open(path, "wb") as file:
            file.write(f"# {number}\n\n[gone](gone-{number}.md)\n".encode())
    folder = os.path.join(os.fsencode(repository), b"dir\xff\n")
    os.mkdir(folder)
    with open(os.path.join(folder, b"in\xff.py"), "wb") as file:
        file.write(b"import sys\n")
    git(repository, "add", "--all")


def special_files(repository: Path, outside: Path) -> None:
    """Pipes, a socket and devices under the names of files that everybody reads."""
    (repository / "logs").mkdir()
    names = ("pipe.py", "pyproject.toml", "package.json", "pipe.md", "Dockerfile", "logs/pipe.log",
             "tox.ini", "requirements.txt", ".coveragerc", "pipe.db", ".gitattributes", "setup.cfg",
             "genesis-baseline.json", ".genesis-baseline.json", "pytest.ini")  # fmt: skip
    for name in names:
        os.mkfifo(repository / name)
    with socket.socket(socket.AF_UNIX) as server, suppress(OSError):
        server.bind(str(repository / "socket.py"))
    with suppress(PermissionError):
        os.mknod(repository / "zero.py", 0o644 | stat.S_IFCHR, os.makedev(1, 5))


def long_lines(repository: Path, outside: Path) -> None:
    """Files of one line: 50 MB, and 900 kB of what parsers find hardest."""
    (repository / "all.js").write_text("let a=1;" * 6_250_000)
    fillings = {
        "ticks.md": "` a", "stars.md": "*a ", "open.md": "[", "roles.rst": ":a:`",
        "angles.html": "<a ", "comments.html": "<!--", "equal.py": "x=", "hashes.py": "# noqa: ",
        "open.py": "(", "ands.js": "if(a&&b)", "keys.py": "-----BEGIN RSA PRIVATE KEY-----",
        "urls.yaml": "://u:p@", "open.json": "[", "braces.css": "a{", "selects.sql": "SELECT (",
        "names.toml": "a.", "words.txt": "password = 'aB1", "open.ts": "<T,", "open.xml": "<a>",
        "steps.go": "if a && b {", "tags.svg": "<g>", "quotes.sh": "\"'", "keys.yml": "? - ",
    }  # fmt: skip
    for name, filling in fillings.items():
        (repository / name).write_text(filling * (900_000 // len(filling)))


def deep_nesting(repository: Path, outside: Path) -> None:
    """What parsers that call themselves cannot hold, and documents that grow when they are read."""
    (repository / "pyproject.toml").write_text("a = " + "[" * 50_000 + "]" * 50_000)
    for name in ("package.json", "docs.json", "composer.json", "tsconfig.json", "renovate.json"):
        (repository / name).write_text("[" * 100_000 + "]" * 100_000)
    (repository / "deep.py").write_text("x = " + "(" * 9_000 + ")" * 9_000 + "\n")
    (repository / "deeper.py").write_text("".join(f"{' ' * n}if x:\n" for n in range(900)))
    (repository / "minus.py").write_text("x = " + "-" * 19_000 + "1\n")
    (repository / "deep.html").write_text("<div>\n" * 50_000)
    (repository / "deep.md").write_text("> " * 9_000 + "x\n\n" + "- " * 9_000 + "\n")
    laughs = ["a: &a0 [lol, lol]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 64)]
    for name in ("mkdocs.yml", ".github/workflows/ci.yml", "docker-compose.yml", "openapi.yaml"):
        target = repository / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(laughs) + "\n")
    entities = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY b0 "lol">{entities}]><svg><text>&b11;</text></svg>'
    (repository / "bomb.svg").write_text(bomb)
    (repository / "pom.xml").write_text(bomb)
    (repository / "schema.sql").write_text("SELECT " + "(" * 100_000)


def ignored_folders(repository: Path, outside: Path) -> None:
    """Thousands of files that the repository does not call its own."""
    (repository / ".gitignore").write_text("cache/\n")
    for name in ("cache", "node_modules"):
        (repository / name).mkdir()
        for number in range(2_000):
            (repository / name / f"n{number}.py").write_text("import sys\n")


def missing_submodule(repository: Path, outside: Path) -> None:
    """A submodule that was never fetched, and one of which only the folder is there."""
    (repository / ".gitmodules").write_text(
        '[submodule "lib"]\n\tpath = lib\n\turl = https://nowhere.invalid/lib.git\n'
    )
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "add", ".gitmodules")
    for name in ("lib", "other"):
        git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},{name}")
    (repository / "lib").mkdir()


def vanished_files(repository: Path, outside: Path) -> None:
    """Files that git knows and nobody else does, and one that became a folder."""
    for number in range(20):
        (repository / f"gone{number}.py").write_text("import sys\n")
    (repository / "page.md").write_text("# Page\n")
    git(repository, "add", "--all")
    for number in range(20):
        (repository / f"gone{number}.py").unlink()
    (repository / "page.md").unlink()
    (repository / "page.md").mkdir()
    (repository / "secret.py").write_text("x = 1\n")
    (repository / "secret.py").chmod(0)


SPOILERS = (
    links_out, link_loops, sparse_files, odd_names, special_files, long_lines, deep_nesting,
    ignored_folders, missing_submodule, vanished_files,
)  # fmt: skip
