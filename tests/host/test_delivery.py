"""Every plugin is told of every event, at least once and in order, at its own pace."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path
from types import ModuleType

import pytest
from genesis import Kernel
from genesis.home import Home
from genesis.host import delivery
from genesis.host.delivery import EventDelivery
from genesis.host.faults import lift_quarantine
from genesis.host.loading import StepLimits
from genesis.storage.event_tables import EventCursorRow
from genesis.storage.events import NewEvent, append_events
from genesis.storage.statements import table
from sqlalchemy import Connection, text

from tests.host.installing import (
    HEADER,
    Site,
    await_end_of_delivery,
    event_ids,
    make_home,
)
from tests.support import until

# What it does at an event can be set from outside.
LISTENER = """
REACT = lambda event: None

class Listener(Plugin[NoSettings]):
    @implements(hookspecs.genesis_event)
    async def hear(self, event):
        REACT(event)
        HEARD.append(event.id)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home."""
    return make_home(tmp_path / "home")


def install(site: Site, plugin: str) -> ModuleType:
    package = site.install(plugin, HEADER + LISTENER, class_name="Listener")
    return importlib.import_module(package)


def happen(kernel: Kernel, count: int) -> list[int]:
    """Write events, as a session does; gives the ids of all there are."""
    news = [NewEvent("test.happened", f"subject {number}") for number in range(count)]
    kernel.database.writer.write(lambda connection: append_events(connection, news))
    kernel.delivery.wake()
    return event_ids(kernel)


def cursor(kernel: Kernel, plugin: str) -> tuple[int, int]:
    query = text("SELECT event_id, failures FROM event_cursors WHERE plugin = :plugin")
    with kernel.database.read() as connection:
        row = connection.execute(query, {"plugin": plugin}).one()
    return row.event_id, row.failures


def test_all_events_come_once_and_in_order_when_nothing_goes_wrong(site: Site, home: Home) -> None:
    module = install(site, "listener")
    with Kernel(home, candidates=site.candidates()) as kernel:
        happen(kernel, 150)
        events = happen(kernel, 150)
    assert events == module.HEARD
    assert len(events) == 300


def test_what_happens_between_the_last_look_and_the_stop_is_told(
    site: Site, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = install(site, "listener")
    read = delivery.events_after
    written = threading.Event()

    def read_and_be_overtaken(*arguments: object) -> object:
        found = read(*arguments)
        if not found and not written.is_set():
            happen(kernel, 1)
            kernel.delivery._stopping.set()
            written.set()
        return found

    with Kernel(home, candidates=site.candidates()) as kernel:
        monkeypatch.setattr(delivery, "events_after", read_and_be_overtaken)
        kernel.delivery.wake()
        assert written.wait(30)
        events = event_ids(kernel)
    assert events == module.HEARD


def test_what_was_told_is_not_told_again_after_a_restart(site: Site, home: Home) -> None:
    module = install(site, "listener")
    for _ in range(2):
        with Kernel(home, candidates=site.candidates()) as kernel:
            events = happen(kernel, 3)
    assert events == module.HEARD
    assert len(events) == 6


def test_a_plugin_that_is_installed_later_catches_up_from_the_first_event(
    site: Site, home: Home
) -> None:
    with Kernel(home, candidates=[]) as kernel:
        events = happen(kernel, 5)
    module = install(site, "late")
    with Kernel(home, candidates=site.candidates()):
        pass
    assert events == module.HEARD


def test_a_new_event_is_delivered_when_delivery_is_woken(
    site: Site, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genesis.host.delivery._IDLE_SECONDS", 3600)
    module = install(site, "listener")
    told = threading.Event()
    module.REACT = lambda event: told.set()
    with Kernel(home, candidates=site.candidates()) as kernel:
        for _ in range(20):
            told.clear()
            happen(kernel, 1)
            assert told.wait(10)


# Writes an event when it starts, and at each event `asked` another one.
ANSWERING = """
class Answering(Plugin[NoSettings]):
    async def start(self):
        self.say("test.begun")

    def say(self, type, session_id=None):
        new = [NewEvent(type, "x", session_id, {"n": 1})]
        self.context.write(lambda c: self.context.append_events(c, new))

    @implements(hookspecs.genesis_event)
    def hear(self, event):
        HEARD.append(event.type)
        if event.type == "test.asked":
            self.say("test.answered", "session-1")
"""


def test_what_a_plugin_writes_is_in_its_log_and_is_delivered_at_once(
    site: Site, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genesis.host.delivery._IDLE_SECONDS", 3600)
    head = HEADER + "from genesis.contracts.events import NewEvent\n"
    module = importlib.import_module(
        site.install("answering", head + ANSWERING, class_name="Answering")
    )
    with Kernel(home, candidates=site.candidates()) as kernel:
        plugin = kernel.host.plugin_of(module.Answering)
        assert plugin is not None
        for _ in range(10):
            # Only a wake can end its wait.
            until(lambda: kernel.delivery._wake._waiters, "a delivery that waits")  # type: ignore[attr-defined]
            module.HEARD.clear()
            plugin.say("test.asked")
            until(lambda: module.HEARD[-2:] == ["test.asked", "test.answered"], "the answer")
        found = plugin.context.events_after(0)
        assert [event.type for event in found[:3]] == ["test.begun", "test.asked", "test.answered"]
        assert (found[2].subject, found[2].session_id, found[2].payload) == (
            "x", "session-1", {"n": 1},
        )  # fmt: skip
        assert plugin.context.events_after(found[1].id, at_most=1) == found[2:3]
        assert plugin.context.events_after(found[-1].id) == []


def test_a_plugin_that_writes_no_events_wakes_nobody(site: Site, home: Home) -> None:
    module = install(site, "listener")
    with Kernel(home, candidates=site.candidates()) as kernel:
        plugin = kernel.host.plugin_of(module.Listener)
        assert plugin is not None
        context, news = plugin.context, [NewEvent("test.happened", "x")]

        def undone(connection: Connection) -> None:
            context.append_events(connection, news)
            raise OSError("undone")

        before = kernel.delivery._wakes
        context.write(lambda c: c.exec_driver_sql("CREATE TABLE notes (id INTEGER)"))
        with pytest.raises(OSError, match="undone"):
            context.write(undone)
        assert context.write(lambda c: 7) == 7
        assert kernel.delivery._wakes == before
        context.write(lambda c: context.append_events(c, news))
        assert kernel.delivery._wakes == before + 1
        events = event_ids(kernel)
    assert events == module.HEARD
    assert len(events) == 1


def test_a_kernel_that_does_not_deliver_leaves_events_to_the_next(site: Site, home: Home) -> None:
    module = install(site, "listener")
    with Kernel(home, candidates=site.candidates(), deliver=False) as kernel:
        events = happen(kernel, 2)
    assert module.HEARD == []
    with Kernel(home, candidates=site.candidates()):
        pass
    assert events == module.HEARD


def test_a_failing_event_is_tried_again_and_nothing_after_it_comes_first(
    site: Site, home: Home
) -> None:
    module = install(site, "listener")
    tried: list[int] = []
    done = threading.Event()

    def react(event: object) -> None:
        number = event.id  # type: ignore[attr-defined]
        tried.append(number)
        if number == 2 and tried.count(2) < 3:
            raise OSError("not yet")
        if number == 4:
            done.set()

    module.REACT = react
    with Kernel(home, candidates=site.candidates()) as kernel:
        events = happen(kernel, 4)
        assert done.wait(10)
        assert kernel.host.statuses()[0].state == "active"
    assert tried == [1, 2, 2, 2, 3, 4]
    assert events == module.HEARD


def test_after_three_failures_it_is_in_quarantine_and_reads_on_there_after_a_reset(
    site: Site, home: Home
) -> None:
    module = install(site, "listener")
    tried: list[int] = []

    def react(event: object) -> None:
        number = event.id  # type: ignore[attr-defined]
        tried.append(number)
        if number == 3:
            raise OSError("broken")

    module.REACT = react
    candidates = site.candidates()
    with Kernel(home, candidates=candidates) as kernel:
        happen(kernel, 5)
        await_end_of_delivery(kernel, "listener")
        assert kernel.host.statuses()[0].state == "quarantined"
        assert cursor(kernel, "listener") == (2, 3)
    assert tried == [1, 2, 3, 3, 3]
    module.REACT = tried.append
    with Kernel(home, candidates=candidates) as kernel:
        assert kernel.host.statuses()[0].state == "quarantined"
        assert kernel.host.subscribers() == []
        events = happen(kernel, 1)
        assert kernel.database.writer.write(lambda c: lift_quarantine(c, "listener"))
        assert not kernel.database.writer.write(lambda c: lift_quarantine(c, "listener"))
    assert module.HEARD == [1, 2]
    with Kernel(home, candidates=candidates) as kernel:
        assert kernel.host.statuses()[0].state == "active"
    assert module.HEARD == events == [1, 2, 3, 4, 5, 6]


def test_a_new_version_of_a_plugin_is_out_of_quarantine(site: Site, home: Home) -> None:
    module = install(site, "listener")

    def react(event: object) -> None:
        raise OSError("broken")

    module.REACT = react
    with Kernel(home, candidates=site.candidates()) as kernel:
        happen(kernel, 1)
        await_end_of_delivery(kernel, "listener")
    mended = Site(site.folder.parent / "mended")
    package = mended.install("listener", HEADER + LISTENER, class_name="Listener", version="1.1")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(mended.folder))
        with Kernel(home, candidates=mended.candidates()) as kernel:
            assert kernel.host.statuses()[0].state == "active"
        assert importlib.import_module(package).HEARD == [1]


def test_a_slow_plugin_does_not_delay_another(site: Site, home: Home) -> None:
    slow, quick = install(site, "slow"), install(site, "the_quick")
    release, done = threading.Event(), threading.Event()
    slow.REACT = lambda event: release.wait()  # blocks its loop, as no plugin should
    quick.REACT = lambda event: done.set() if event.id == 10 else None
    with Kernel(home, candidates=site.candidates()) as kernel:
        events = happen(kernel, 10)
        assert done.wait(10)
        assert slow.HEARD == []
        release.set()
    assert slow.HEARD == quick.HEARD == events


def test_the_end_does_not_wait_for_a_plugin_that_hangs_and_it_is_told_again(
    site: Site, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    module = install(site, "listener")
    release, entered = threading.Event(), threading.Event()

    def react(event: object) -> None:
        if event.id == 2:  # type: ignore[attr-defined]
            entered.set()
            release.wait()

    module.REACT = react
    limits = StepLimits(stop=0.05)
    with Kernel(home, candidates=site.candidates(), step_limits=limits) as kernel:
        threads = list(kernel.delivery._threads)
        happen(kernel, 3)
        assert entered.wait(10)
        kernel.delivery.stop(seconds=0.05)
        kernel.delivery._threads.clear()  # stopped already
    release.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    # Nothing is told after the end, and the thread that was left behind ends without a word.
    assert module.HEARD == [1, 2]
    assert "no longer delivered" not in caplog.text
    module.REACT = lambda event: None
    with Kernel(home, candidates=site.candidates()):
        pass
    assert module.HEARD[2:] in ([1, 2, 3], [2, 3], [3])


def test_a_plugin_that_listens_twice_is_told_twice_of_each_event(site: Site, home: Home) -> None:
    second = """
    @implements(hookspecs.genesis_event)
    async def hear_too(self, event):
        HEARD.append(-event.id)
"""
    package = site.install("twice", HEADER + LISTENER + second, class_name="Listener")
    with Kernel(home, candidates=site.candidates()) as kernel:
        assert kernel.host.subscribers() == ["twice"]
        happen(kernel, 2)
    assert importlib.import_module(package).HEARD == [1, -1, 2, -2]


def test_delivery_goes_on_once_a_database_that_could_not_be_read_can_be_again(
    site: Site, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    module = install(site, "listener")
    with Kernel(home, candidates=site.candidates()) as kernel:
        kernel.delivery.stop()
        kernel.database.writer.write(lambda c: c.exec_driver_sql("DROP TABLE event_cursors"))
        delivery = EventDelivery(kernel.host, kernel.database)
        delivery.start()
        until(lambda: "events wait to be delivered to listener" in caplog.text, "a word about it")
        assert "event_cursors" in caplog.text
        kernel.database.writer.write(lambda c: table(EventCursorRow).create(c))
        happen(kernel, 2)
        until(lambda: module.HEARD == [1, 2], "the events")
        delivery.stop()
