"""Suites that delete, kill, fork and fill: no harm is done, and what is known is reported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from genesis_engineering.verification.scratch import scratch_folder

from plugins.engineering.tests.verifying import (
    counts,
    counts_of_pytest,
    facts,
    make_repository,
    rules,
    verify,
    write,
)

GOOD = "def test_a(): pass\ndef test_b(): pass\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def snapshot(folder: Path) -> dict[str, str]:
    """Every file below a folder, with what it holds."""
    return {
        str(path.relative_to(folder)): path.read_text(errors="replace") if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
        if ".git" not in path.parts and ".venv" not in path.parts
    }


@pytest.mark.parametrize("levels", [1, 2])
def test_a_conftest_that_deletes_its_folder_deletes_only_a_copy(
    repository: Path, levels: int
) -> None:
    above = ".parent" * levels
    text = f"import pathlib, shutil\nshutil.rmtree(pathlib.Path(__file__){above})\n"
    write(repository, {"tests/conftest.py": text, "tests/test_it.py": GOOD, "thing.py": "x = 1\n"})
    before = snapshot(repository)
    result = verify(repository)
    assert snapshot(repository) == before
    assert facts(result)["verdict"] in ("could_not_run", "no_tests", "incomplete", "failed")
    assert facts(result)["passed"] == 0 if "passed" in facts(result) else True


def test_a_test_that_empties_the_working_directory_empties_a_copy(repository: Path) -> None:
    text = "import os, shutil\ndef test_a():\n    folder = os.getcwd()\n    os.chdir('/')\n"
    text += "    shutil.rmtree(folder)\n"
    write(repository, {"test_it.py": text, "thing.py": "x = 1\n"})
    before = snapshot(repository)
    result = verify(repository)
    assert snapshot(repository) == before
    assert facts(result)["passed"] == 1


def test_what_the_tests_write_and_commit_stays_out_of_the_checkout(repository: Path) -> None:
    text = "import subprocess\ndef test_a():\n    open('made', 'w').write('x')\n"
    text += "    subprocess.run(['git', 'add', '-A'], check=True)\n"
    text += "    subprocess.run(['git', '-c', 'user.name=a', '-c', 'user.email=b', 'commit', '-qm',"
    text += " 'made by a test'], check=True)\n"
    write(repository, {"test_it.py": text})
    git = ["git", "-C", str(repository), "-c", "user.name=me", "-c", "user.email=me@example.org"]
    subprocess.run([*git, "add", "test_it.py"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    assert facts(verify(repository))["verdict"] == "passed"
    log = subprocess.run([*git, "log", "--format=%s"], capture_output=True, text=True)
    assert log.stdout == "first\n"
    assert not (repository / "made").exists()


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGSTOP"])
def test_a_conftest_that_kills_its_parent_kills_only_a_supervisor(
    repository: Path, number: str
) -> None:
    text = f"import os, signal, time\nos.kill(os.getppid(), signal.{number})\ntime.sleep(1)\n"
    write(repository, {"conftest.py": text, "test_it.py": GOOD})
    us = (os.getpid(), os.getppid())
    result = verify(repository, limit_seconds=20)
    assert (os.getpid(), os.getppid()) == us
    if number == "SIGKILL":
        assert facts(result)["verdict"] == "incomplete"
        assert rules(result) == ["test-run-died"]
    else:
        # It pays no attention, or is woken.
        assert facts(result)["verdict"] == "passed"
        assert facts(result)["passed"] == 2


def test_a_test_that_kills_the_supervisor_is_named_and_ended(repository: Path) -> None:
    pids = repository.parent / "pids"
    text = GOOD + "import os, time\ndef test_kills():\n"
    text += f"    open({str(pids)!r}, 'w').write(str(os.getpid()))\n    os.kill(os.getppid(), 9)\n"
    write(repository, {"test_it.py": text + "    time.sleep(30)\n"})
    result = verify(repository)
    assert facts(result)["verdict"] == "incomplete"
    assert facts(result)["passed"] == 2
    assert rules(result) == ["test-run-died"]
    assert "test_it.py::test_kills" in result.findings[0].message
    until = time.monotonic() + 5
    while psutil.pid_exists(int(pids.read_text())) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(pids.read_text()))


def test_processes_that_detach_themselves_are_ended_with_the_suite(repository: Path) -> None:
    pids = repository.parent / "pids"
    text = "import os, time\ndef test_a():\n    if os.fork() == 0:\n        os.setsid()\n"
    text += "        if os.fork() == 0:\n            os.setsid()\n"
    text += f"            open({str(pids)!r}, 'w').write(str(os.getpid()))\n"
    text += "            time.sleep(300)\n        os._exit(0)\n    time.sleep(0.5)\n"
    write(repository, {"test_it.py": text})
    assert facts(verify(repository))["passed"] == 1
    assert not psutil.pid_exists(int(pids.read_text()))


def test_forks_of_the_test_process_do_not_change_the_counts(repository: Path) -> None:
    text = "import os, pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_a(n):\n"
    text += "    pid = os.fork()\n    if pid == 0:\n        os._exit(n)\n    os.waitpid(pid, 0)\n"
    text += "    assert n != 2\ndef test_skipped(): pytest.skip('later')\n"
    write(repository, {"test_it.py": text})
    result = verify(repository)
    expected = {"passed": 2, "failed": 1, "errors": 0, "skipped": 1}
    assert counts(result) == counts_of_pytest(repository) == expected


def test_a_suite_that_prints_100_megabytes_has_the_runners_counts(repository: Path) -> None:
    text = "import sys\ndef test_a():\n    for _ in range(100): sys.stdout.write('x' * 1_000_000)\n"
    text += "def test_b():\n    for _ in range(100): print('y' * 1_000_000)\n    assert 0\n"
    write(repository, {"test_it.py": text})
    result = verify(repository)
    expected = {"passed": 1, "failed": 1, "errors": 0, "skipped": 0}
    assert counts(result) == counts_of_pytest(repository) == expected
    assert (repository.parent / "attempt" / "test-output.txt").stat().st_size < 2_100_000
    assert (repository.parent / "attempt" / "test-events.jsonl").stat().st_size < 100_000


def test_a_suite_that_needs_the_network_counts_as_its_own_runner_does_and_says_so(
    repository: Path,
) -> None:
    text = GOOD + "import socket\ndef test_net():\n"
    text += "    socket.create_connection(('host.invalid', 80), timeout=5)\n"
    write(repository, {"test_it.py": text})
    result = verify(repository)
    expected = {"passed": 2, "failed": 1, "errors": 0, "skipped": 0}
    assert counts(result) == counts_of_pytest(repository) == expected
    assert rules(result) == ["test-needs-network"]


def test_a_suite_that_passes_with_exit_code_1_has_its_counts_and_is_not_passed(
    repository: Path,
) -> None:
    conftest = "def pytest_sessionfinish(session): session.exitstatus = 1\n"
    write(repository, {"conftest.py": conftest, "test_it.py": GOOD})
    result = verify(repository)
    expected = {"passed": 2, "failed": 0, "errors": 0, "skipped": 0}
    assert counts(result) == counts_of_pytest(repository) == expected
    assert facts(result)["verdict"] == "failed"
    assert rules(result) == ["exit-code-disagrees"]


def test_a_process_that_takes_more_memory_than_it_may_is_refused_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "genesis_engineering.verification.suite_process.usable_memory", lambda: 700 * 2**20
    )
    text = GOOD + "def test_much():\n    x = bytearray(2**30)\n"
    write(repository, {"test_it.py": text})
    result = verify(repository)
    assert facts(result)["passed"] == 2
    assert "MemoryError" in result.findings[0].message


def test_tests_have_no_core_dumps_and_a_home_of_their_own(repository: Path) -> None:
    text = "import os, resource, tempfile\ndef test_a():\n"
    text += "    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
    text += f"    assert os.environ['HOME'] != {str(Path.home())!r}\n"
    text += "    assert os.listdir(os.environ['HOME']) == []\n"
    text += "    open(os.path.expanduser('~/left'), 'w').write('x')\n"
    text += "    assert tempfile.gettempdir() == os.environ['TMPDIR']\n"
    write(repository, {"test_it.py": text})
    assert facts(verify(repository))["verdict"] == "passed"
    assert not (Path.home() / "left").exists()


def test_a_folder_of_the_attempt_that_a_test_deletes_or_links_away_costs_only_itself(
    repository: Path,
) -> None:
    victim = repository.parent / "victim"
    victim.write_text("precious")
    attempt = repository.parent / "attempt"
    text = "import os, shutil\ndef test_a():\n"
    text += f"    shutil.rmtree({str(attempt)!r})\n    os.mkdir({str(attempt)!r})\n"
    text += f"    os.symlink({str(victim)!r}, {str(attempt / 'test-output.txt')!r})\n"
    write(repository, {"test_it.py": text})
    verify(repository)
    assert victim.read_text() == "precious"


def test_a_pipe_in_place_of_the_record_stops_nobody(repository: Path) -> None:
    text = "import os\ndef test_a():\n    path = os.environ['GENESIS_TEST_RECORD']\n"
    text += "    os.unlink(path)\n    os.mkfifo(path)\n"
    write(repository, {"test_it.py": text})
    assert facts(verify(repository, limit_seconds=20))["verdict"] != "passed"


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
def test_a_suite_that_deletes_the_copy_does_not_keep_the_next_one_from_running(
    repository: Path,
) -> None:
    text = "import os, shutil\nfolder = os.getcwd()\nos.chdir('/')\nshutil.rmtree(folder)\n"
    node = "import test from 'node:test';\ntest('a', () => {});\n"
    package = '{"scripts": {"test": "node --test"}}'
    write(repository, {"conftest.py": text, "test_it.py": GOOD})
    write(repository, {"package.json": package, "it.test.mjs": node})
    result = verify(repository)
    assert facts(result)["passed"] == 1
    assert facts(result)["verdict"] != "passed"


def test_a_tree_too_deep_to_walk_is_removed_with_the_rest(repository: Path) -> None:
    told = repository.parent / "told"
    text = "import os, tempfile\ndef test_a():\n    folder = tempfile.gettempdir()\n"
    text += f"    open({str(told)!r}, 'w').write(folder)\n    os.chdir(folder)\n"
    text += "    for _ in range(1500):\n        os.mkdir('d')\n        os.chdir('d')\n"
    write(repository, {"test_it.py": text})
    assert facts(verify(repository))["passed"] == 1
    assert not Path(told.read_text()).exists()


def test_the_folder_of_a_run_that_was_killed_is_removed_by_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_folder() as living:
        for name in ("genesis-run-dead", "genesis-run-new", "other"):
            (tmp_path / name / "much").mkdir(parents=True)
            (tmp_path / name / "lock").touch()
        for name in ("genesis-run-dead", "other", living.name):
            os.utime(tmp_path / name, (1, 1))
        with scratch_folder():
            assert living.exists()
            names = {path.name for path in tmp_path.iterdir()}
            assert "genesis-run-dead" not in names
            assert {"genesis-run-new", "other", living.name} <= names
    assert not living.exists()


def test_killing_the_attempt_ends_what_detached_itself(repository: Path) -> None:
    pids = repository.parent / "pids"
    text = "import os, time\ndef test_a():\n    if os.fork() == 0:\n        os.setsid()\n"
    text += f"        open({str(pids)!r}, 'w').write(str(os.getpid()))\n"
    text += "        time.sleep(300)\n    time.sleep(300)\n"
    write(repository, {"test_it.py": text})
    code = "import sys; from pathlib import Path; from genesis.testing import run_tool\n"
    code += "run_tool('genesis_engineering.verification:run_tests', Path(sys.argv[1]),"
    code += " Path(sys.argv[2]))"
    folder = repository.parent / "attempt"
    attempt = subprocess.Popen([sys.executable, "-c", code, str(repository), str(folder)])
    until = time.monotonic() + 30
    while not (pids.exists() and pids.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    attempt.kill()
    attempt.wait()
    pid = int(pids.read_text())
    while psutil.pid_exists(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)
