"""A mind's file is the old or the new one, whoever is killed, and nobody leaves anything behind."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from genesis.errors import MindError
from genesis.minds.durable_file import LEFTOVER, replace_file
from genesis.minds.identity import new_identity
from genesis.minds.mind_file import MindDocument, read_mind_file, write_mind_file

from tests.support import until

KILLS = 30
# Its children write without end; it forks one for each line that it reads.
WRITERS = """
import os, sys
from pathlib import Path
from genesis.minds.mind_file import read_mind_file, write_mind_file
path = Path(sys.argv[1])
for line in sys.stdin:
    if line.startswith("end "):
        os.waitpid(int(line.split()[1]), 0)
        print("ended", flush=True)
        continue
    parent, child = os.getpid(), os.fork()
    if child == 0:
        document = read_mind_file(path)
        count = 0
        while os.getppid() == parent:
            count += 1
            text = f"{os.getpid()}.{count} " * 2000
            state = {"text": text[:40000], "check": text[:40000][::-1]}
            write_mind_file(path, document.model_copy(update={"state": state}))
    print(child, flush=True)
"""
SAVER = """
import sys
from pathlib import Path
from genesis.minds.mind_file import read_mind_file, write_mind_file
path = Path(sys.argv[1])
for count in range(60):
    document = read_mind_file(path)
    write_mind_file(path, document.model_copy(update={"state": {sys.argv[2]: count}}))
"""
FULL = """
import resource, sys
from pathlib import Path
from genesis.errors import MindError
from genesis.minds.mind_file import read_mind_file, write_mind_file
path = Path(sys.argv[1])
document = read_mind_file(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_mind_file(path, document)
except MindError as error:
    print(error)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A mind's file in its folder."""
    file = tmp_path / "minds" / "GMD-2026-B361-F5F0.json"
    write_mind_file(file, MindDocument(identity=new_identity("Atlas")))
    return file


def leftovers(path: Path) -> list[str]:
    return [name for name in os.listdir(path.parent) if name != path.name]


def run(program: str, *arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_file_and_its_new_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = tmp_path / "a" / "minds" / "mind.json"
        replace_file(path, b"{}")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_by_the_next_save(path: Path) -> None:
    path.chmod(0o644)
    write_mind_file(path, read_mind_file(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_content_is_durable_before_the_name_and_the_name_before_the_return(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        seen.append("folder" if stat.S_ISDIR(status.st_mode) else f"file {status.st_size}")
        assert stat.S_ISDIR(status.st_mode) or stat.S_IMODE(status.st_mode) == 0o600
        fsync(descriptor)

    def note_replace(source: Path, target: Path) -> None:
        seen.append("replace")
        assert LEFTOVER.fullmatch(Path(source).name)
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    size = write_mind_file(path, read_mind_file(path))
    assert seen == [f"file {size}", "replace", "folder"]
    seen.clear()
    replace_file(path.parent / "new" / "mind.json", b"{}")
    assert seen == ["folder", "file 2", "replace", "folder"]


def test_a_write_that_fails_halfway_keeps_the_old_file_and_leaves_nothing(path: Path) -> None:
    before = path.read_bytes()
    told = run(FULL, path).communicate()[0]
    assert "could not be written: File too large" in told
    assert path.read_bytes() == before
    assert leftovers(path) == []


def test_a_folder_that_is_a_file_is_named(path: Path) -> None:
    with pytest.raises(MindError, match="could not be written"):
        write_mind_file(path / "mind.json", read_mind_file(path))


def test_only_what_belongs_to_nobody_is_cleared(path: Path) -> None:
    folder = path.parent
    held, stale, dead, other = (folder / f".{path.name}.{n}aaaaaaa.tmp" for n in "0123")
    mine = [folder / name for name in (".note.tmp", f"{path.name}.aaaaaaaa.tmp", "x.json.tmp")]
    kept = [held, *mine]
    for file in [stale, dead, other, *kept]:
        file.write_text("{")
    target = folder / "target"
    target.write_text("precious")
    other.unlink()
    other.symlink_to(target)
    os.utime(stale, (time.time() - 90_000,) * 2)
    with held.open() as living, stale.open() as hanging:
        fcntl.flock(living, fcntl.LOCK_EX)
        fcntl.flock(hanging, fcntl.LOCK_EX)
        write_mind_file(path, read_mind_file(path))
        assert not dead.exists()
        assert not stale.exists()
        assert all(file.exists() for file in kept)
        assert target.read_text() == "precious"
    write_mind_file(path, read_mind_file(path))
    assert not held.exists()


def test_a_leftover_of_another_mind_is_cleared_too(path: Path) -> None:
    dead = path.parent / ".GMID-12345678.json.abcdefgh.tmp"
    dead.touch()
    write_mind_file(path, read_mind_file(path))
    assert leftovers(path) == []


def test_processes_that_save_the_same_mind_at_once_never_fail_each_other(path: Path) -> None:
    savers = [run(SAVER, path, name) for name in ("one", "two", "three", "four")]
    ends = [(saver.communicate()[0], saver.returncode) for saver in savers]
    assert ends == [("", 0)] * 4
    assert list(read_mind_file(path).state.values()) == [59]
    assert leftovers(path) == []


def test_no_kill_leaves_half_a_file_or_anything_that_the_next_save_does_not_clear(
    path: Path,
) -> None:
    rng = random.Random(20261122)
    left = 0
    with run(WRITERS, path) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for _ in range(KILLS):
            print("write", file=program.stdin, flush=True)
            child = int(program.stdout.readline())
            own = f'"text": "{child}.'.encode()
            until(lambda own=own: own in path.read_bytes(), "the first save of a writer")
            time.sleep(rng.uniform(0.0, 0.02))
            os.kill(child, signal.SIGKILL)
            print("end", child, file=program.stdin, flush=True)
            assert program.stdout.readline() == "ended\n"
            state = read_mind_file(path).state
            assert str(state["check"]) == str(state["text"])[::-1]
            left = max(left, len(leftovers(path)))
    assert program.returncode == 0
    # Some were killed in the middle of a write, and what one left the next one cleared.
    assert left == 1
    write_mind_file(path, read_mind_file(path))
    assert leftovers(path) == []
