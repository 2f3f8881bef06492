"""`genesis up`, `status` and `down` as processes: one for each home, and none of them hangs."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from genesis import Mind
from genesis.home import Home
from genesis.kernel import Kernel
from genesis.minds.store import shared_store
from genesis.scheduling.schedules import add_schedule
from genesis.service.instance import Instance, InstanceLock, lock_path
from genesis.service.up import Service, shown_host
from genesis.storage.schedules import add_schedule_row
from genesis.web.feed import Feed, Stream, feed_of

from tests.cli.minded import install_tasks
from tests.service.running import running
from tests.support import Command, acting, install_probe, until, write_plan

HANGING = '''
"""A plugin whose threads never end."""
import os, signal, threading, time
from genesis import NoSettings, Plugin, hookspecs, implements
from genesis.contracts.service import Periodic

class Hanging(Plugin[NoSettings]):
    async def start(self):
        threading.Thread(target=time.sleep, args=(3600,), daemon=False).start()
        if "HANGING_INTERRUPTS" in os.environ:
            os.kill(os.getpid(), signal.SIGINT)

    @implements(hookspecs.genesis_periodic)
    def periodic(self):
        return [Periodic(name="stuck", every_seconds=1, run=lambda: time.sleep(3600))]
'''


FAILING = '''
"""A plugin that cannot start."""
from genesis import NoSettings, Plugin

class Failing(Plugin[NoSettings]):
    async def start(self):
        raise RuntimeError("it found no key")
'''


@pytest.fixture(scope="session")
def service_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugins `probe` (sessions), `tasks` (background tasks), `hanging` and `failing`."""
    folder = install_tasks(install_probe(tmp_path_factory.mktemp("service")))
    for name, code in (("hanging", HANGING), ("failing", FAILING)):
        (folder / f"{name}.py").write_text(code)
        about = folder / f"genesis_{name}-1.0.dist-info"
        shutil.copytree(folder / "genesis_tasks-1.0.dist-info", about)
        (about / "METADATA").write_text(
            (about / "METADATA").read_text().replace("genesis-tasks", f"genesis-{name}")
        )
        entry = f"{name} = {name}:{name.title()}"
        (about / "entry_points.txt").write_text(f"[genesis.plugins]\n{entry}\n")
    return folder


@pytest.fixture
def command(tmp_path: Path, service_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in a folder of its own; this process finds the same plugins."""
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.syspath_prepend(service_path)
    (tmp_path / "work").mkdir()
    return Command(tmp_path / "work", service_path, {"GENESIS_PLUGINS": "probe,tasks"})


@contextmanager
def kernel_of(command: Command) -> Iterator[Kernel]:
    """The same home in this process."""
    with Kernel(Home(command.home), plugins="probe") as kernel:
        yield kernel


def create_session(command: Command, repository: Path, *tasks: dict[str, object]) -> str:
    write_plan(repository, *tasks)
    with kernel_of(command) as kernel:
        session_id, write = kernel.prepare_session("a goal", "probe", repository, {})
        kernel.database.writer.write(write)
    return session_id


def ask(command: Command, query: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(command.home / "genesis.db", timeout=10)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def status_of(command: Command, session_id: str) -> object:
    return ask(command, "SELECT status FROM sessions WHERE id = ?", session_id)[0][0]


def until_status(command: Command, session_id: str, status: str) -> None:
    until(lambda: status_of(command, session_id) == status, f"{session_id} is {status}")


def runs(command: Command, key: str) -> Callable[[], bool]:
    query = "SELECT count(*) FROM tasks WHERE key = ? AND status = 'in_progress'"
    return lambda: ask(command, query, key) == [(1,)]


def test_it_says_where_it_listens_answers_and_ends_with_a_signal(command: Command) -> None:
    with running(command) as up:
        assert (up.get("/healthz"), up.get("/readyz")) == (200, 200)
        assert up.get("/api/sessions") == 401
        until(lambda: len(up.output) >= 3, "all that it says")
        text = "".join(up.output)
        assert str(command.home) in text
        assert f"{up.url}/login?ticket=" in text
        assert (command.home / "token").stat().st_mode & 0o777 == 0o600
        up.signal()
        assert up.wait() == 0
        messages = [line["message"] for line in up.log(command.home)]
        assert messages[-1] == "ended"
        assert any(up.url in message for message in messages)


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_status_and_down_tell_what_runs_and_end_it(
    command: Command, arguments: tuple[str, ...]
) -> None:
    assert command("status").returncode == 2
    with running(command) as up:
        url = up.url
        shown = command("status", *arguments)
        assert shown.returncode == 0
        if arguments:
            found = json.loads(shown.stdout)
            assert found["running"] is True
            assert found["process"]["pid"] == up.process.pid
            assert found["process"]["url"] == url
            assert found["process"]["answers"] is True
            assert found["process"]["memory_bytes"] > 10_000_000
            assert found["problems"] == []
        else:
            assert str(up.process.pid) in shown.stdout
            assert f"{url}/login?ticket=" in shown.stdout
        done = command("down")
        assert (done.returncode, up.wait()) == (0, 0)
        assert str(up.process.pid) in done.stdout
    shown = command("status", *arguments)
    assert shown.returncode == 1
    assert "Nothing runs" in command("down").stdout


def test_status_tells_of_one_that_does_not_answer(command: Command) -> None:
    with running(command) as up:
        assert up.url
        up.signal(signal.SIGSTOP)
        found = json.loads(command("status", "--json").stdout)
        assert (found["running"], found["process"]["answers"]) == (True, False)
        assert "nothing answers" in found["problems"][0]
        late = command("down", "--wait", "0.2")
        assert late.returncode == 1
        assert f"kill -9 {up.process.pid}" in late.stderr
        up.signal(signal.SIGCONT)
        assert up.wait() == 0


def test_status_tells_which_schedules_come_next_of_however_many(
    command: Command, repository: Path
) -> None:
    with kernel_of(command) as kernel:
        last = add_schedule(
            kernel, repository=repository, goal="g", team="probe", cron="0 0 1 1 *", name="a"
        )
        first = replace(last, id="z", next_at=last.created_at)
        many = [replace(last, id=f"b-{number}") for number in range(110)]
        kernel.database.writer.write(lambda c: [add_schedule_row(c, s) for s in (*many, first)])
    found = json.loads(command("status", "--json").stdout)
    assert [each["id"] for each in found["schedules"]] == ["z", "a", "b-0", "b-1", "b-10"]


def test_down_ends_no_other_process_that_has_the_number_by_now(command: Command) -> None:
    home = Home(command.home)
    home.prepare()
    with closing(InstanceLock(home)), subprocess.Popen(["sleep", "60"]) as other:
        # As a process in a container says it, or one whose predecessor was killed, for a moment.
        told = Instance(pid=other.pid, started_at="2026-01-01T00:00:00Z", version="1")
        lock_path(home).write_text(told.model_dump_json())
        done = command("down")
        assert other.poll() is None
        other.kill()
        other.wait()
        gone = command("down")
    assert (done.returncode, gone.returncode) == (2, 2)
    assert f"says that it is {other.pid}, which is another one here" in done.stderr


def test_ctrl_c_while_it_starts_ends_it_whatever_a_plugin_left_behind(
    command: Command,
) -> None:
    command.environment |= {"GENESIS_PLUGINS": "hanging", "HANGING_INTERRUPTS": "1"}
    with running(command) as up:
        assert up.wait(60) == 1
    assert "genesis: cancelled." in "".join(up.errors)


def test_a_plugin_that_cannot_start_is_told_in_the_log_and_on_stderr(command: Command) -> None:
    command.environment["GENESIS_PLUGINS"] = "failing"
    with running(command) as up:
        assert up.get("/readyz") == 200
        (line,) = [line for line in up.log(command.home) if line.get("plugin") == "failing"]
        assert (line["level"], line["logger"]) == ("error", "genesis.plugins.failing")
        assert "'failing' is failed at start: RuntimeError: it found no key" in line["message"]
        until(lambda: "".join(up.errors).count("it found no key") == 1, "the same on stderr")


def test_all_interfaces_are_no_name_under_which_it_answers(command: Command) -> None:
    command.environment["GENESIS_HOSTS"] = "2001:DB8:0::1,proxy.example"
    with running(command, "--host", "0.0.0.0") as up:
        port = urlsplit(up.url).port
        assert up.url == f"http://127.0.0.1:{port}"
        asked = {
            f"127.0.0.1:{port}": 200, f"[2001:db8::1]:{port}": 200, "proxy.example": 200,
            f"0.0.0.0:{port}": 421, f"[::]:{port}": 421, f"evil.example:{port}": 421,
            # The usual port is another one.
            "127.0.0.1": 421,
        }  # fmt: skip
        assert {host: up.get("/healthz", host) for host in asked} == asked


@pytest.mark.parametrize(
    ("host", "address", "shown"),
    [
        ("0.0.0.0", "0.0.0.0", "127.0.0.1"), ("0", "0.0.0.0", "127.0.0.1"),
        ("::", "::", "[::1]"), ("0:0::0", "::", "[::1]"), ("::1", "::1", "[::1]"),
        ("2001:DB8::1", "2001:db8::1", "[2001:db8::1]"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"), ("box.example", "192.0.2.1", "box.example"),
    ],
)  # fmt: skip
def test_a_link_leads_to_where_it_listens(host: str, address: str, shown: str) -> None:
    assert shown_host(host, address) == shown


def test_streams_of_events_have_their_end_before_the_server_has_its(command: Command) -> None:
    async def follow(feed: Feed) -> None:
        assert [event async for event in feed.follow(Stream([], None), None)] == []

    with kernel_of(command) as kernel:
        service = Service(kernel)
        service.start()
        feed = feed_of(kernel)
        client = threading.Thread(target=lambda: asyncio.run(follow(feed)))
        client.start()
        until(lambda: feed._streams, "it follows")
        service.stop()
        client.join(30)
        assert not client.is_alive()
        assert not feed.take_place()


def test_a_second_start_says_who_runs_the_home(command: Command) -> None:
    with running(command) as up:
        url = up.url
        second = command("up", "--port", "0")
        assert second.returncode == 3
        for part in (str(up.process.pid), url, "genesis down"):
            assert part in second.stderr
        assert up.get("/healthz") == 200


def test_a_port_in_use_is_named_with_the_way_out(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("up", "--port", str(port))
    assert done.returncode == 3
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    # What a system's service says on stderr, nobody reads.
    (line,) = (command.home / "logs/genesis.log").read_text().splitlines()
    assert json.loads(line)["level"] == "error"
    assert f"port {port} on 127.0.0.1 is in use" in json.loads(line)["message"]


def test_an_address_that_is_not_of_this_machine_is_refused_with_a_warning(
    command: Command,
) -> None:
    done = command("up", "--host", "192.0.2.1", "--port", "0")
    assert done.returncode == 3
    assert "WARNING" in done.stderr
    assert "Cannot listen on 192.0.2.1" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("GENESIS_DRAIN_SECONDS", "-1"), ("GENESIS_LOG_LEVEL", "loud"),
        ("GENESIS_LOG_LEVELS", "probe=loud"), ("GENESIS_LOG_FILES", "x"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(command: Command, setting: str, value: str) -> None:
    command.environment[setting] = value
    done = command("up", "--port", "0")
    assert done.returncode == 3
    assert setting in done.stderr


def test_after_a_kill_the_next_start_goes_on_without_a_word(
    command: Command, repository: Path, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    with running(command) as up:
        assert up.url
        session_id = create_session(command, repository, acting("one", ["wait", str(go)]))
        until(runs(command, "one"), "the task runs")
        up.signal(signal.SIGKILL)
        up.wait()
    assert json.loads(command("status", "--json").stdout)["sessions_waiting"] == 1
    go.touch()
    with running(command) as up:
        until_status(command, session_id, "completed")
        up.signal(signal.SIGINT)
        assert up.wait() == 0
    assert ask(command, "SELECT attempt FROM tasks WHERE key = 'one'") == [(2,)]


def test_what_runs_may_finish_and_the_rest_waits_for_the_next_start(
    command: Command, repository: Path, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    with running(command) as up:
        assert up.url
        session_id = create_session(
            command, repository, acting("one", ["wait", str(go)]),
            {"key": "two", "depends_on": ["one"]},
        )  # fmt: skip
        until(runs(command, "one"), "the task runs")
        up.signal()
        until(lambda: "ending" in "".join(up.errors), "it has begun to end")
        go.touch()
        assert up.wait() == 0
    assert status_of(command, session_id) == "in_progress"
    rows = ask(command, "SELECT key, status, attempt FROM tasks WHERE phase = 'run' ORDER BY key")
    assert rows == [("one", "completed", 1), ("two", "pending", 0)]
    with running(command) as up:
        until_status(command, session_id, "completed")


def test_what_does_not_finish_in_time_is_begun_again_at_the_next_start(
    command: Command, repository: Path, tmp_path: Path
) -> None:
    command.environment["GENESIS_DRAIN_SECONDS"] = "0.2"
    go = tmp_path / "go"
    with running(command) as up:
        assert up.url
        session_id = create_session(command, repository, acting("one", ["stay", str(go)]))
        until(runs(command, "one"), "the task runs")
        # It is begun in the database before its process is.
        process = psutil.Process(up.process.pid)
        children = until(lambda: process.children(recursive=True), "its process")
        up.signal()
        assert up.wait(30) == 0
        left = [child for child in children if child.is_running()]
        assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []
    assert status_of(command, session_id) == "in_progress"
    go.touch()
    with running(command):
        until_status(command, session_id, "completed")


def test_a_second_ctrl_c_does_not_wait(command: Command, repository: Path, tmp_path: Path) -> None:
    command.environment["GENESIS_DRAIN_SECONDS"] = "600"
    with running(command) as up:
        assert up.url
        session_id = create_session(
            command, repository, acting("one", ["stay", str(tmp_path / "never")])
        )
        until(runs(command, "one"), "the task runs")
        up.signal(signal.SIGINT)
        until(lambda: "ending" in "".join(up.errors), "it has begun to end")
        assert up.process.poll() is None
        up.signal(signal.SIGINT)
        assert up.wait(60) == 0
    assert status_of(command, session_id) == "in_progress"


def test_threads_in_which_a_plugin_hangs_do_not_keep_it_alive(command: Command) -> None:
    command.environment |= {"GENESIS_PLUGINS": "hanging", "GENESIS_DRAIN_SECONDS": "0.2"}
    with running(command) as up:
        assert up.url
        up.signal()
        assert up.wait(60) == 0
        # Not by the last resort, which ends it whatever hangs.
        assert "ended although" not in "".join(up.errors)


def test_a_log_folder_that_cannot_be_written_ends_nothing(
    command: Command, repository: Path
) -> None:
    command.home.mkdir(parents=True)
    (command.home / "logs").write_text("in the way")
    with running(command) as up:
        assert up.get("/healthz") == 200
        errors = "".join(up.errors)
        assert errors.count("genesis.log cannot be written") == 1
        assert "Traceback" not in errors
        session_id = create_session(command, repository, acting("one", ["pause", 0], kind="quick"))
        until_status(command, session_id, "completed")


def test_background_tasks_and_what_other_processes_remember_are_seen_to(
    command: Command, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    with running(command) as up:
        assert up.url
        store = shared_store(Home(command.home))
        mind = Mind.birth("Ann", creator="tests", primary_purpose="to remember", store=store)
        task = mind.background.submit("do it", handler="note", context={"file": str(note)})
        until(lambda: note.exists() and note.read_text() == "do it 1\n", "the task was done")
        assert task
        up.signal()
        assert up.wait() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("may not mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full_for_a_while_ends_nothing_and_loses_nothing(
    command: Command, repository: Path, tmp_path: Path, small_disk: Path
) -> None:
    command.folder = small_disk
    go = tmp_path / "go"
    # Results that need room of their own.
    work = [["wait", str(go)], *(["find", "x" * 2000] for _ in range(50))]
    with running(command) as up:
        assert up.url
        session_id = create_session(command, repository, acting("one", *work), {"key": "two"})
        until(runs(command, "one"), "the task runs")
        with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        go.touch()
        until(lambda: "sessions wait for" in "".join(up.errors), "sessions wait")
        assert up.get("/healthz") == 200
        assert json.loads(command("status", "--json").stdout)["running"] is True
        (small_disk / "filler").unlink()
        until_status(command, session_id, "completed")
        until_status(command, create_session(command, repository, {"key": "three"}), "completed")
        up.signal()
        assert up.wait() == 0
        assert "Traceback" not in "".join(up.errors)
    finished = "SELECT count(*) FROM events WHERE type = 'session.finished'"
    assert ask(command, finished) == [(2,)]


def test_what_another_process_remembered_is_taken_into_the_index(command: Command) -> None:
    changes = "SELECT count(*) FROM memory_changes"
    script = (
        "from genesis import Mind; mind = Mind.birth('Ann', creator='t', primary_purpose='p')\n"
        "mind.memory.add_memory('the cat sat on the mat')\n"
    )
    # Of a process that is gone before its own index takes it in.
    environment = {**os.environ, "GENESIS_PLUGINS": "tasks", "PYTHONPATH": str(command.plugin_path)}
    killed = script + "import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    subprocess.run([sys.executable, "-c", killed], cwd=command.folder, env=environment)
    assert ask(command, changes) == [(1,)]
    with running(command) as up:
        assert up.url
        until(lambda: ask(command, changes) == [(0,)], "the index has it")
        up.signal()
        assert up.wait() == 0


def test_while_nothing_is_to_be_indexed_no_library_for_it_is_loaded(command: Command) -> None:
    with running(command) as up:
        assert up.get("/readyz") == 200
        maps = Path(f"/proc/{up.process.pid}/maps")
        if not maps.exists():
            pytest.skip("needs /proc")
        loaded = maps.read_text()
        assert [name for name in ("chromadb", "onnxruntime", "numpy") if name in loaded] == []
