"""Homes that cannot be used: told in one line with exit code 3, and nothing is damaged."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_bad_input import run, told
from tests.support import Command, acting, write_plan

_NEW_MOUNTS = 0x00020000  # CLONE_NEWNS of unshare(2)


@pytest.fixture(scope="module")
def mounts() -> None:
    """Mounts of this process and its children only, gone with it even if it is killed."""
    if sys.platform != "linux" or shutil.which("mount") is None:
        pytest.skip("needs Linux's mount")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS) != 0:
        pytest.skip(f"no mounts of our own here: {os.strerror(ctypes.get_errno())}")
    done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no mounts of our own here: {done.stderr.strip()}")


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """A small file system of its own; needs the fixture `mounts`."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a tmpfs may not be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def sessions(genesis: Command, *more: str) -> list[dict[str, object]]:
    """What the home still tells of its sessions, oldest first."""
    done = genesis("sessions", "list", "--json", *more)
    assert done.returncode == 0, done.stderr
    return list(reversed(json.loads(done.stdout)))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that is more than SQLite's scratch or a mark of life."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal", ".lock"))
    }


def test_a_home_that_is_a_file_is_named(genesis: Command, repository: Path) -> None:
    genesis.home.write_text("precious")
    told(run(genesis, repo=str(repository)), 3, str(genesis.home), "--home")
    told(genesis("sessions", "list"), 2, str(genesis.home), "--home")
    assert genesis("doctor").returncode == 1
    assert genesis.home.read_text() == "precious"


def test_a_home_of_nobody_is_named(genesis: Command, repository: Path) -> None:
    home = "~nobody-of-this-name/x"
    told(run(genesis, repo=str(repository), home=home), 3, home, "--home")
    told(genesis("sessions", "list", "--home", home), 3, home)


@pytest.mark.usefixtures("mounts")
def test_a_read_only_home_is_named_and_stays_as_it_was(
    used: Command, repository: Path, tmp_path: Path
) -> None:
    with mounted(tmp_path / "mount") as folder:
        shutil.copytree(used.home, folder / "home")
        before = contents(folder)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        home = str(folder / "home")
        told(run(used, repo=str(repository), home=home), 3, home, "Read-only", "--home")
        told(run(used, repo=str(repository), home=str(folder / "new")), 3, "Read-only")
        listed = used("sessions", "list", "--home", home)
        if listed.returncode != 0:
            told(listed, 3, home)
        told(used("cancel", "latest", "--home", home), listed.returncode or 2)
        assert contents(folder) == before


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("free", [0, 30, 500])
def test_a_full_disk_is_told_and_loses_nothing(
    used: Command, repository: Path, tmp_path: Path, free: int
) -> None:
    with mounted(tmp_path / "mount") as folder:
        shutil.copytree(used.home, folder / "home")
        home = str(folder / "home")
        ballast = folder / "ballast"
        room = shutil.disk_usage(folder).free // 1024 - free
        ballast.write_bytes(b"\0" * 1024 * room)
        write_plan(repository, *(acting(f"t{n}", *[["find", "x" * 2000]] * 150) for n in range(4)))
        failed = run(used, "fills the disk", repo=str(repository), home=home)
        told(failed, 3, home, "ree ", "space")
        ballast.unlink()
        first, *others = sessions(used, "--home", home)
        assert (first["goal"], first["status"]) == ("a goal", "completed")
        write_plan(repository, acting("a"))
        assert run(used, "afterwards", repo=str(repository), home=home).returncode == 0
        after = sessions(used, "--home", home)
        assert len(after) == len(others) + 2
        assert {session["status"] for session in after} == {"completed"}


def test_a_locked_database_is_told_after_a_while(used: Command, repository: Path) -> None:
    write_plan(repository, acting("a"))
    holder = sqlite3.connect(used.home / "genesis.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        waiting = used.start("run", "a goal", "--repo", str(repository), "--team", "probe")
        assert len(sessions(used)) == 1
        output, errors = waiting.communicate(timeout=60)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    done = subprocess.CompletedProcess((), waiting.returncode, output, errors)
    told(done, 3, str(used.home / "genesis.db"), "another program has held its write lock")
    assert run(used, repo=str(repository)).returncode == 0


def overwrite(path: Path) -> None:
    path.write_text("This is a diary.\n" * 500)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scramble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xa5" * 3996
    path.write_bytes(bytes(data))


def make_newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version_kernel SET version_num = '9999'")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (overwrite, "is not a SQLite database"),
        (cut, "is damaged"),
        (scramble, "is damaged"),
        (make_newer, "newer than this release knows"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_and_left_alone(
    used: Command, repository: Path, spoil: Callable[[Path], None], word: str
) -> None:
    path = used.home / "genesis.db"
    spoil(path)
    before = path.read_bytes()
    told(run(used, repo=str(repository)), 3, str(path), word)
    told(used("sessions", "list"), 3, str(path), word)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["logs", "locks"])
def test_a_file_in_the_place_of_a_folder_is_named_and_can_be_mended(
    used: Command, repository: Path, name: str
) -> None:
    write_plan(repository, acting("a"))
    shutil.rmtree(used.home / name)
    (used.home / name).write_text("precious")
    told(run(used, "a second goal", repo=str(repository)), 3, str(used.home))
    assert (used.home / name).read_text() == "precious"
    (used.home / name).unlink()
    assert run(used, "a third goal", repo=str(repository)).returncode == 0
    assert {session["status"] for session in sessions(used)} == {"completed"}


def test_a_mirror_that_cannot_be_written_is_told_and_stops_no_session(
    used: Command, repository: Path
) -> None:
    """The JSON files only repeat what the database holds."""
    write_plan(repository, acting("a", ["find", "in the database"], kind="quick"))
    shutil.rmtree(used.home / "sessions")
    (used.home / "sessions").write_text("precious")
    done = run(used, "a second goal", repo=str(repository))
    assert "Traceback" not in done.stderr
    assert str(used.home / "sessions") in done.stderr
    assert (used.home / "sessions").read_text() == "precious"
    assert done.returncode == 0
    assert "in the database" in used("sessions", "show").stdout


def test_the_doctor_names_a_damaged_database(used: Command) -> None:
    cut(used.home / "genesis.db")
    report = used("doctor")
    assert report.returncode == 1
    assert str(used.home / "genesis.db") in report.stdout
    assert "Traceback" not in report.stdout + report.stderr
