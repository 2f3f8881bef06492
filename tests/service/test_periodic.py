"""What is periodic is called again and again, never twice at once, whatever it does."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from genesis import Kernel
from genesis.home import Home
from genesis.service.periodic import Rounds, begin_periodic

from tests.host.installing import HEADER, Site, make_home
from tests.support import until

PERIODIC = """
from genesis.contracts.service import Periodic
CALLS = []
REACT = lambda: None

class Ticking(Plugin[NoSettings]):
    @implements(hookspecs.genesis_periodic)
    def periodic(self):
        return [Periodic(name="tick", every_seconds=0.1, run=self.tick)]

    def tick(self):
        CALLS.append(1)
        REACT()
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    found = Site(tmp_path / "site")
    found.folder.mkdir()
    monkeypatch.syspath_prepend(str(found.folder))
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def test_something_is_called_at_once_and_never_twice_at_a_time() -> None:
    rounds = Rounds()
    at_work, most, calls = 0, 0, 0
    enough = threading.Event()

    def run() -> None:
        nonlocal at_work, most, calls
        at_work += 1
        most = max(most, at_work)
        calls += 1
        if calls >= 20:
            enough.set()
        at_work -= 1

    rounds.begin("counting", 0.001, run)
    assert enough.wait(30)
    rounds.stop(10)
    assert most == 1
    seen = calls
    assert not any(thread.is_alive() for thread in rounds._threads)
    assert calls == seen


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), KeyboardInterrupt()])
def test_what_it_raises_is_logged_and_it_is_called_again(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = Rounds()
    again = threading.Event()
    calls = 0

    def run() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise error
        again.set()

    rounds.begin("sick", 0.001, run)
    assert again.wait(30)
    rounds.stop(10)
    assert "sick failed" in caplog.text


def test_one_that_hangs_holds_up_neither_the_others_nor_the_end() -> None:
    rounds = Rounds()
    forever, called = threading.Event(), threading.Event()
    rounds.begin("hanging", 0.1, lambda: bool(forever.wait()) and None)
    rounds.begin("well", 0.1, called.set)
    assert called.wait(30)
    rounds.stop(0.05)
    assert [thread.name for thread in rounds._threads if thread.is_alive()] == ["hanging"]
    forever.set()


def test_a_fault_is_recorded_as_the_plugins_and_three_in_a_row_end_it(
    site: Site, home: Home
) -> None:
    import importlib

    code = HEADER + PERIODIC
    module = importlib.import_module(site.install("ticking", code, class_name="Ticking"))

    def react() -> None:
        raise RuntimeError("the clock stands still")

    module.REACT = react
    with Kernel(home, candidates=site.candidates()) as kernel:
        rounds = Rounds()
        assert begin_periodic(rounds, kernel.host) == 1
        until(lambda: kernel.host.is_quarantined("ticking"), "quarantine")
        rounds.stop(10)
        with kernel.database.read() as connection:
            rows = connection.exec_driver_sql("SELECT plugin, hook, error FROM plugin_faults").all()
    assert [tuple(row) for row in rows] == [
        ("ticking", "periodic tick", "RuntimeError: the clock stands still")
    ] * 3
    assert len(module.CALLS) == 3


def test_other_kernels_never_call_what_is_periodic(site: Site, home: Home) -> None:
    import importlib

    code = HEADER + PERIODIC
    module = importlib.import_module(site.install("ticking", code, class_name="Ticking"))
    with Kernel(home, candidates=site.candidates()) as kernel:
        assert [s.state for s in kernel.host.statuses()] == ["active"]
    assert module.CALLS == []
