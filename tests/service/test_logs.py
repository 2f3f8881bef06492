"""The log: JSON lines that say who spoke, without secrets, and nothing that ends the process."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from genesis.service.logs import LogFile, Secrets, begin_logging
from genesis.settings import KernelSettings
from hypothesis import given
from hypothesis import strategies as st

Begin = Callable[..., Secrets]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    """Begins logging as `genesis up` does, and takes it back after the test."""
    import threading
    import warnings

    root, levels = logging.getLogger(), {}
    names = ["", "genesis", "genesis.plugins.loud", "genesis.plugins.quiet"]
    for name in names:
        levels[name] = logging.getLogger(name).level
    handlers, hook, show = root.handlers[:], threading.excepthook, warnings.showwarning

    def start(level: str | None = None, **settings: Any) -> Secrets:
        return begin_logging(folder, KernelSettings(**settings), level)

    yield start
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    threading.excepthook = hook
    logging.captureWarnings(False)
    assert warnings.showwarning is show


def lines(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "genesis.log").read_text().splitlines()]


def test_a_line_says_when_how_bad_who_and_what(folder: Path, begin: Begin) -> None:
    begin()
    logging.getLogger("genesis.plugins.loud.part").warning("it is %s", "hot")
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        logging.getLogger("genesis.storage").exception("could not")
    first, second = lines(folder)
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "warning", "logger": "genesis.plugins.loud.part", "message": "it is hot",
        "plugin": "loud",
    }  # fmt: skip
    assert "plugin" not in second
    assert second["exception"].endswith("ValueError: broken\nin two")


def test_each_plugin_has_a_level_of_its_own(folder: Path, begin: Begin) -> None:
    begin(log_level="warning", log_levels="loud=debug, quiet=error")
    for name in ("loud", "quiet", "other"):
        for level in ("debug", "warning", "error"):
            getattr(logging.getLogger(f"genesis.plugins.{name}"), level)(f"{name} {level}")
    logging.getLogger("httpx").info("GET https://example.org/?key=1")
    assert [line["message"] for line in lines(folder)] == [
        "loud debug", "loud warning", "loud error", "quiet error", "other warning", "other error",
    ]  # fmt: skip


def test_an_option_stands_above_the_settings(folder: Path, begin: Begin) -> None:
    begin("error", log_level="debug")
    logging.getLogger("genesis").warning("no")
    logging.getLogger("genesis").error("yes")
    assert [line["message"] for line in lines(folder)] == ["yes"]


def test_a_full_file_is_put_aside_and_only_so_many_are_kept(folder: Path, begin: Begin) -> None:
    begin(log_megabytes=0.01, log_files=2)
    for number in range(400):
        logging.getLogger("genesis").warning("%d %s", number, "x" * 100)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["genesis.log", "genesis.log.1", "genesis.log.2"]
    assert all(path.stat().st_size <= 10_500 for path in folder.iterdir())
    assert lines(folder)[-1]["message"].startswith("399 ")


def test_a_file_that_was_moved_away_is_begun_anew(folder: Path, begin: Begin) -> None:
    begin()
    logging.getLogger("genesis").warning("one")
    (folder / "genesis.log").rename(folder / "kept")
    logging.getLogger("genesis").warning("two")
    assert [line["message"] for line in lines(folder)] == ["two"]


@pytest.mark.parametrize(
    "text",
    [
        "GET /?api_key=hunter22hunter22&x=1",
        'config {"password": "hunter22hunter22"}',
        "Authorization: Bearer hunter22hunter22",
        "sent bearer hunter22hunter22",
        "/login?ticket=hunter22hunter22",
        "OPENAI_API_KEY=hunter22hunter22",
        "client_secret: 'hunter22hunter22'",
    ],
)
def test_what_is_named_like_a_secret_is_hidden(text: str) -> None:
    assert "hunter22" not in Secrets().hide(text)


def test_secrets_of_the_environment_and_the_token_are_hidden_wherever_they_stand(
    folder: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-environment")
    secrets = begin()
    secrets.add("the-token-of-the-home")
    try:
        raise RuntimeError("with the-token-of-the-home")
    except RuntimeError:
        logging.getLogger("genesis").exception("sent %s", "sk-environment")
    written = (folder / "genesis.log").read_text() + capsys.readouterr().err
    assert "***" in written
    assert "sk-environment" not in written
    assert "the-token" not in written


@given(st.text())
def test_text_without_names_of_secrets_stays_as_it_is(text: str) -> None:
    plain = text.replace(":", "").replace("=", "").replace("earer", "").replace("EARER", "")
    plain = "".join(c for c in plain if c.lower() != "b")
    assert Secrets().hide(plain) == plain or any(v in plain for v in Secrets()._known)


def test_what_cannot_be_put_into_words_is_logged_all_the_same(folder: Path, begin: Begin) -> None:
    class Mute:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    begin()
    logging.getLogger("genesis").warning("%d things", "no number")
    logging.getLogger("genesis").warning("it is %s", Mute())
    logging.getLogger("genesis").warning("caf\udce9")
    assert [line["message"] for line in lines(folder)] == [
        "%d things (its arguments do not fit: TypeError)",
        "it is %s (its arguments do not fit: RuntimeError)",
        "caf\udce9",
    ]


def test_a_log_that_cannot_be_written_is_said_once_and_written_as_soon_as_it_can_be(
    folder: Path, begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("in the way")
    begin()
    for number in range(50):
        logging.getLogger("genesis").warning("%d", number)
    error = capsys.readouterr().err
    assert error.count("cannot be written") == 1
    assert str(folder / "genesis.log") in error
    folder.unlink()
    logging.getLogger("genesis").warning("at last")
    assert [line["message"] for line in lines(folder)] == ["at last"]


FULL = """
import logging, resource, signal, sys
from pathlib import Path
from genesis.service.logs import begin_logging
from genesis.settings import KernelSettings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
begin_logging(folder, KernelSettings())
log = logging.getLogger("genesis")
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
logging.getLogger().handlers[1].setLevel("CRITICAL")
for number in range(2000):
    log.warning("%d %s", number, "x" * 200)
size = (folder / "genesis.log").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.warning("room again")
print(size, flush=True)
"""


def test_a_full_disk_neither_ends_nor_fills_the_process(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= 2000
    assert done.stderr.count("cannot be written") == 1
    *before, last = (folder / "genesis.log").read_text().splitlines()
    assert json.loads(last)["message"] == "room again"
    assert len(before) < 10, "what could not be written was kept"


def test_the_end_of_a_thread_by_an_error_is_logged(folder: Path, begin: Begin) -> None:
    import threading

    begin()
    thread = threading.Thread(target=lambda: 1 // 0, name="dividing")
    thread.start()
    thread.join()
    (line,) = lines(folder)
    assert line["message"] == "dividing ended with an error"
    assert "ZeroDivisionError" in line["exception"]


def test_a_handler_keeps_no_file_open_that_it_cannot_write(tmp_path: Path) -> None:
    handler = LogFile(tmp_path / "a" / "x.log", 1000, 1)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    (tmp_path / "a").write_text("a file")
    for _ in range(20):
        handler.emit(logging.makeLogRecord({"msg": "x"}))
    assert handler.stream is None
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
