"""Hostile git repositories: nothing that they configure is run, and each has a definite result."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from pathlib import Path

import genesis_engineering
import pytest
from genesis.contracts import TaskResult

from plugins.engineering.tests.hostile import SECRET, git, make_ordinary, make_outside
from plugins.engineering.tests.reviewing import (
    command_of,
    environment,
    run_review,
    run_session,
)

SIGNED = """tree {tree}
parent {parent}
author Tester <tester@garden.invalid> 1790000000 +0000
committer Tester <tester@garden.invalid> 1790000000 +0000
gpgsig -----BEGIN PGP SIGNATURE-----
 {nothing}
 iQEzBAABCAAdFiEE
 -----END PGP SIGNATURE-----

signed
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one defect."""
    return make_ordinary(tmp_path / "repository")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a file in `ran` when anybody runs it."""
    (tmp_path / "ran").mkdir()
    program = tmp_path / "trap"
    program.write_text(f'#!/bin/sh\necho "$0 $*" > "{tmp_path}/ran/$$"\ncat\n')
    program.chmod(0o755)
    return program


def runs(trap: Path) -> list[str]:
    return [path.read_text() for path in (trap.parent / "ran").iterdir()]


def configure(repository: Path, trap: Path) -> None:
    """Name the program wherever a repository's own configuration can name one."""
    settings = {
        "core.fsmonitor": str(trap), "core.pager": str(trap), "pager.log": str(trap),
        "core.editor": str(trap), "core.sshCommand": str(trap), "core.gitProxy": str(trap),
        "core.askPass": str(trap), "core.alternateRefsCommand": str(trap),
        "credential.helper": f"!{trap}", "diff.external": str(trap), "gpg.program": str(trap),
        "log.showSignature": "true", "diff.trap.textconv": str(trap),
        "diff.trap.command": str(trap), "filter.trap.clean": str(trap),
        "filter.trap.smudge": str(trap), "filter.trap.process": str(trap),
        "merge.trap.driver": str(trap), "interactive.diffFilter": str(trap),
        "sequence.editor": str(trap), "uploadpack.packObjectsHook": str(trap),
        "trailer.trap.command": str(trap), "alias.log": f"!{trap}", "alias.ls-files": f"!{trap}",
    }  # fmt: skip
    for name, value in settings.items():
        git(repository, "config", name, value)
    hooks = repository.parent / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "post-checkout", "pre-auto-gc",
                 "reference-transaction"):  # fmt: skip
        shutil.copy(trap, hooks / name)
    included = repository / "included.config"
    included.write_text(f"[core]\n\thooksPath = {hooks}\n")
    git(repository, "config", "includeIf.gitdir:/.path", str(included))
    git(repository, "config", "core.hooksPath", str(hooks))


def use_drivers(repository: Path) -> None:
    """Let the drivers cover every file, sign the last commit, and leave a change uncommitted."""
    (repository / ".gitattributes").write_text("* filter=trap diff=trap merge=trap\n")
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    parent = git(repository, "rev-parse", "HEAD")
    text = SIGNED.format(tree=tree, parent=parent, nothing="")
    commit = git(repository, "hash-object", "-t", "commit", "-w", "--stdin", given=text)
    (repository / ".git" / "refs" / "heads" / "main").write_text(commit + "\n")
    with (repository / "ordinary.py").open("a") as file:
        file.write("\n\ndef triple(number):\n    return number * 3\n")
    os.utime(repository / "ordinary.py", (1, 1))


def test_no_program_that_a_repository_configures_is_run(repository: Path, trap: Path) -> None:
    # With a suite, so that it is copied and run as well.
    (repository / "test_it.py").write_text("def test_it():\n    assert True\n")
    git(repository, "add", "--all")
    use_drivers(repository)
    configure(repository, trap)
    tasks = run_session(repository, repository.parent)
    assert [(task.specialist, task.error) for task in tasks if task.status == "failed"] == []
    assert "unused-import" in {f.rule for task in tasks for f in task.findings}
    assert runs(trap) == []


def test_the_traps_of_that_test_work(repository: Path, trap: Path) -> None:
    use_drivers(repository)
    configure(repository, trap)
    subprocess.run(["git", "-C", str(repository), "status"], capture_output=True)
    subprocess.run(["git", "-C", str(repository), "log", "-p"], capture_output=True)
    assert len(runs(trap)) >= 3


def test_what_a_partial_clone_lacks_is_not_fetched(repository: Path, trap: Path) -> None:
    (repository / "ordinary.py").write_text("import os\n\n\ndef half(x):\n    return x / 2\n")
    # How often a complex function was changed is asked of the history, which needs every tree.
    branches = "".join(f"    if x > {number}:\n        x += 1\n" for number in range(30))
    (repository / "complex.py").write_text(f"def f(x):\n{branches}    return x\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=second")
    lacking = git(repository, "rev-parse", "HEAD~1^{tree}")
    (repository / ".git" / "objects" / lacking[:2] / lacking[2:]).unlink()
    # A program that answers nothing: git would wait for one that reads on.
    trap.write_text(trap.read_text().removesuffix("cat\n"))
    configuration = repository / ".git" / "config"
    with configuration.open("a") as file:
        file.write(
            '[extensions]\n\tpartialClone = origin\n[remote "origin"]\n'
            f"\turl = {repository.parent}\n\tpromisor = true\n\tuploadpack = {trap}\n"
            '[protocol "ext"]\n\tallow = always\n[core]\n\trepositoryformatversion = 1\n'
        )
    found = run_review(repository, repository.parent / "attempt")
    assert any(f.rule == "unused-import" for result in found.values() for f in result.findings)
    assert runs(trap) == []
    # git would have fetched it:
    subprocess.run(["git", "-C", str(repository), "log", "--name-only"], capture_output=True)
    assert runs(trap) != []


def test_every_git_of_the_plugin_is_started_where_that_is_prevented() -> None:
    folder = Path(genesis_engineering.__file__).parent
    starting = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_command = isinstance(node, ast.List) and bool(node.elts)
            first = node.elts[0] if is_command and isinstance(node, ast.List) else None
            if isinstance(first, ast.Constant) and first.value == "git":
                starting.append(path.relative_to(folder).as_posix())
    # The working copy is cloned into the session's folder: that writes, and has its own test above.
    assert set(starting) - {"verification/working_copy.py"} == {"git.py"}


def refused(path: Path, folder: Path) -> str:
    """What the command says about a repository that it does not take."""
    done = subprocess.run(
        command_of(path), cwd=folder, capture_output=True, text=True, timeout=60,
        env=environment(folder),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_bare_repository_is_refused(repository: Path) -> None:
    bare = repository.parent / "bare.git"
    git(repository, "clone", "--quiet", "--bare", ".", str(bare))
    assert "is a bare repository" in refused(bare, repository.parent)


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "is not a git checkout" in refused(tmp_path / "folder", tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [("HEAD", "ref: ../../../etc/passwd\n"), ("config", "[core\n"), ("HEAD", "")],
)
def test_a_damaged_repository_is_refused(repository: Path, name: str, text: str) -> None:
    (repository / ".git" / name).write_text(text)
    assert "is not a git checkout" in refused(repository, repository.parent)


def test_a_repository_of_another_user_is_refused(repository: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files to another user")
    for path in (repository, repository / ".git"):
        os.chown(path, 12_345, 12_345)
    assert "safe.directory" in refused(repository, repository.parent)


def test_of_a_repository_that_says_its_files_are_elsewhere_none_of_them_is_read(
    repository: Path,
) -> None:
    outside = make_outside(repository.parent / "outside")
    git(repository, "config", "core.worktree", str(outside))
    done = subprocess.run(
        command_of(repository), cwd=repository.parent, capture_output=True, text=True, timeout=60,
        env=environment(repository.parent),
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert SECRET[:8] not in done.stdout
    assert "secret.py" not in done.stdout


def test_an_index_that_is_damaged_fails_with_a_reason(repository: Path) -> None:
    (repository / ".git" / "index").write_bytes(b"DIRC" + b"\xff" * 100)
    tasks = run_session(repository, repository.parent)
    assert [task.status for task in tasks] == ["failed"]
    assert "git cannot list the files" in tasks[0].error


def ordinary_findings(found: dict[str, TaskResult]) -> list[tuple[str, str | None]]:
    return [(f.rule, f.file) for result in found.values() for f in result.findings]


def test_a_shallow_clone_is_reviewed(repository: Path) -> None:
    (repository / "more.py").write_text("import sys\n\n\ndef half(x):\n    return x / 2\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=second")
    shallow = repository.parent / "shallow"
    git(repository, "clone", "--quiet", "--depth=1", f"file://{repository}", str(shallow))
    assert git(shallow, "rev-parse", "--is-shallow-repository") == "true"
    found = ordinary_findings(run_review(shallow, repository.parent / "attempt"))
    assert ("unused-import", "more.py") in found


def test_a_repository_without_commits_is_reviewed(tmp_path: Path) -> None:
    repository = make_ordinary(tmp_path / "repository")
    shutil.rmtree(repository / ".git")
    git(repository, "init", "--quiet")
    found = ordinary_findings(run_review(repository, tmp_path / "attempt"))
    assert ("unused-import", "ordinary.py") in found


def test_a_checkout_whose_git_folder_lies_elsewhere_is_reviewed(repository: Path) -> None:
    linked = repository.parent / "linked"
    git(repository, "worktree", "add", "--quiet", str(linked))
    assert (linked / ".git").is_file()
    found = ordinary_findings(run_review(linked, repository.parent / "attempt"))
    assert ("unused-import", "ordinary.py") in found
