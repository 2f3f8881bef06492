"""Each kind of hook has its own policy for order, results and implementations that fail."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Iterator
from pathlib import Path

import pluggy
import pytest
from genesis import Kernel, hookspecs
from genesis.contracts import PlannedTask, SessionPlan, Team
from genesis.contracts.events import Event
from genesis.contracts.plugins import SessionRequest, Veto
from genesis.errors import HookTimeoutError, PluginError
from genesis.host import faults
from genesis.host.dispatch import Dispatcher, Limits
from genesis.host.hooks import PROJECT
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate

from tests.host.installing import HEADER, Site, make_home

LIMITS = Limits(decide=0.1, gate=0.1, notify=0.1)
TASK = PlannedTask(key="k", kind="work", description="d")
REQUEST = SessionRequest(session_id="s", goal="g", team="t", repository=Path())
PLAN = SessionPlan(tasks=())
EVENT = Event(id=1, type="t", subject="s", session_id=None, payload={}, created_at="")
mark = pluggy.HookimplMarker(PROJECT)


class Handler:
    """Remembers how calls went."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []
        self.successes: list[str] = []
        self.quarantined: set[str] = set()

    def failed(self, plugin: str, hook: str, error: BaseException, duration_ms: float) -> None:
        self.faults.append((plugin, faults.describe(error)))

    def succeeded(self, plugin: str) -> None:
        self.successes.append(plugin)

    def is_quarantined(self, plugin: str) -> bool:
        return plugin in self.quarantined


class Hooks:
    """A dispatcher with implementations that a test adds, in that order."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.handler = Handler()
        self.dispatcher = Dispatcher(self.manager, self.handler, LIMITS)

    def add(self, plugin: str, spec: object, method: object) -> None:
        name = spec.__name__  # type: ignore[attr-defined]
        made = type(plugin, (), {"method": mark(method, specname=name)})()
        self.manager.register(made, name=plugin)
        self.dispatcher.forget()

    def route(self) -> str | None:
        return self.dispatcher.decide(hookspecs.genesis_route_task, TASK, ("a", "b"))

    def gate(self) -> Veto | None:
        return self.dispatcher.gate(hookspecs.genesis_before_session, REQUEST, PLAN)


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    """A dispatcher that is closed at the end."""
    found = Hooks()
    yield found
    found.dispatcher.close()


async def raising(self: object) -> str | None:
    raise OSError("out of order")


def test_everyone_is_asked_in_the_order_of_registration(hooks: Hooks) -> None:
    for name in ("one", "two", "three"):
        team = Team(id=name, name=name, domain="d")
        hooks.add(name, hookspecs.genesis_teams, lambda self, team=team: iter([team]))
    found = hooks.dispatcher.collect(hookspecs.genesis_teams)
    assert [(plugin, records[0].id) for plugin, records in found] == [
        ("one", "one"), ("two", "two"), ("three", "three"),
    ]  # fmt: skip
    assert hooks.handler.successes == ["one", "two", "three"]


def test_collecting_leaves_out_who_fails_and_who_is_in_quarantine(hooks: Hooks) -> None:
    def leaving(self: object) -> list[Team]:
        raise SystemExit("bye")

    hooks.add("quits", hookspecs.genesis_teams, leaving)
    hooks.add("junk", hookspecs.genesis_teams, lambda self: 42)
    hooks.add("quarantined", hookspecs.genesis_teams, lambda self: [])
    hooks.add("good", hookspecs.genesis_teams, lambda self: [])
    hooks.handler.quarantined = {"quarantined"}
    assert hooks.dispatcher.collect(hookspecs.genesis_teams) == [("good", ())]
    assert hooks.handler.faults == [
        ("quits", "SystemExit: bye"),
        ("junk", "PluginError: genesis_teams returned int, not an iterable"),
    ]


def test_the_first_answer_wins_and_nobody_is_asked_after_it(hooks: Hooks) -> None:
    asked = []

    def answering(name: str, answer: str | None) -> None:
        async def route(self: object, candidates: tuple[str, ...]) -> str | None:
            asked.append((name, candidates))
            return answer

        hooks.add(name, hookspecs.genesis_route_task, route)

    answering("shy", None)
    answering("sure", "b")
    answering("late", "a")
    assert hooks.route() == "b"
    assert asked == [("shy", ("a", "b")), ("sure", ("a", "b"))]


def test_who_fails_to_decide_or_is_in_quarantine_is_skipped(hooks: Hooks) -> None:
    async def route(self: object) -> str | None:
        return "b"

    hooks.add("raises", hookspecs.genesis_route_task, raising)
    hooks.add("hangs", hookspecs.genesis_route_task, lambda self: threading.Event().wait())
    hooks.add("quarantined", hookspecs.genesis_route_task, lambda self: "a")
    hooks.add("good", hookspecs.genesis_route_task, route)
    hooks.handler.quarantined = {"quarantined"}
    assert hooks.route() == "b"
    assert [plugin for plugin, _ in hooks.handler.faults] == ["raises", "hangs"]
    assert hooks.handler.successes == ["good"]


def test_without_an_answer_nobody_has_decided(hooks: Hooks) -> None:
    assert hooks.route() is None
    hooks.add("raises", hookspecs.genesis_route_task, raising)
    assert hooks.route() is None


def test_a_gate_opens_only_when_everyone_allows(hooks: Hooks) -> None:
    assert hooks.gate() is None
    hooks.add("allows", hookspecs.genesis_before_session, lambda self: None)
    assert hooks.gate() is None
    hooks.add("forbids", hookspecs.genesis_before_session, lambda self, plan: Veto(reason="no"))
    assert hooks.gate() == Veto(reason="no")


def test_a_gate_that_fails_is_a_veto_and_a_fault(hooks: Hooks) -> None:
    hooks.add("raises", hookspecs.genesis_before_session, raising)
    veto = hooks.gate()
    assert veto is not None
    assert "'raises'" in veto.reason
    assert "out of order" in veto.reason
    assert "genesis plugins disable raises" in veto.reason
    assert hooks.handler.faults == [("raises", "OSError: out of order")]


def test_a_gate_that_gives_junk_is_a_veto_and_a_fault_not_a_success(hooks: Hooks) -> None:
    hooks.add("junk", hookspecs.genesis_before_session, lambda self: False)
    assert "returned bool" in (hooks.gate() or Veto(reason="open")).reason
    assert [plugin for plugin, _ in hooks.handler.faults] == ["junk"]
    assert hooks.handler.successes == []


def test_a_gate_of_a_plugin_in_quarantine_vetoes_without_being_asked(hooks: Hooks) -> None:
    asked = []
    hooks.add("guard", hookspecs.genesis_before_session, lambda self: asked.append(1))
    hooks.handler.quarantined = {"guard"}
    assert "is in quarantine" in (hooks.gate() or Veto(reason="open")).reason
    assert asked == []


def test_a_plain_function_may_implement_an_async_hook_and_has_its_time_limit(hooks: Hooks) -> None:
    heard: list[int] = []
    hooks.add("quick", hookspecs.genesis_event, lambda self, event: heard.append(event.id))
    hooks.add("stuck", hookspecs.genesis_event, lambda self, event: threading.Event().wait())
    hooks.dispatcher.notify("quick", hookspecs.genesis_event, EVENT)
    assert heard == [1]
    begun = time.monotonic()
    with pytest.raises(HookTimeoutError, match=r"within 0.1 s"):
        hooks.dispatcher.notify("stuck", hookspecs.genesis_event, EVENT)
    assert time.monotonic() - begun < 2


def test_a_plain_function_may_hand_on_a_coroutine_which_is_awaited(hooks: Hooks) -> None:
    heard = []

    async def later(event: Event) -> None:
        await asyncio.sleep(0)
        heard.append(event.id)

    def now(self: object, event: Event) -> Awaitable[None]:
        return later(event)

    hooks.add("hands on", hookspecs.genesis_event, now)
    hooks.dispatcher.notify("hands on", hookspecs.genesis_event, EVENT)
    assert heard == [1]


def test_only_the_named_plugin_is_told_and_its_error_reaches_the_caller(hooks: Hooks) -> None:
    heard: list[str] = []
    hooks.add("other", hookspecs.genesis_event, lambda self: heard.append("other"))
    hooks.add("named", hookspecs.genesis_event, lambda self: heard.append("named"))
    hooks.add("quits", hookspecs.genesis_event, lambda self: exit("bye"))
    hooks.dispatcher.notify("named", hookspecs.genesis_event, EVENT)
    assert heard == ["named"]
    with pytest.raises(PluginError, match="SystemExit: bye"):
        hooks.dispatcher.notify("quits", hookspecs.genesis_event, EVENT)


def test_a_plugin_that_blocks_its_loop_does_not_hold_up_another(hooks: Hooks) -> None:
    entered = threading.Event()
    release = threading.Event()

    async def block(self: object) -> None:
        entered.set()
        release.wait()

    async def quick(self: object) -> str:
        return "b"

    hooks.add("blocks", hookspecs.genesis_event, block)
    hooks.add("quick", hookspecs.genesis_route_task, quick)
    hooks.dispatcher._limits = Limits(decide=5, notify=5)
    thread = threading.Thread(
        target=hooks.dispatcher.notify, args=("blocks", hookspecs.genesis_event, EVENT)
    )
    thread.start()
    assert entered.wait(5)
    assert hooks.route() == "b"
    assert thread.is_alive()  # it blocked all the while
    release.set()
    thread.join(5)
    assert hooks.handler.faults == []


def test_a_timeout_of_the_plugins_own_is_told_as_what_it_is(hooks: Hooks) -> None:
    async def connect(self: object) -> None:
        raise TimeoutError("the server did not answer")

    hooks.add("client", hookspecs.genesis_event, connect)
    with pytest.raises(TimeoutError, match="the server"):
        hooks.dispatcher.notify("client", hookspecs.genesis_event, EVENT)


def test_a_call_of_something_that_is_no_hook_is_refused(hooks: Hooks) -> None:
    with pytest.raises(TypeError, match="is not a hook"):
        hooks.dispatcher.collect(lambda: ())


# --- quarantine ---------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with the kernel's tables."""
    found = Database(tmp_path / "genesis.db", durability="normal")
    migrate(found, "kernel", KERNEL_REVISIONS)
    yield found
    found.close()


def fail(log: faults.FaultLog, plugin: str = "a") -> bool:
    return log.record(plugin, "hook", OSError("no"), 1.0)


def test_three_faults_in_a_row_are_too_many_and_a_success_starts_a_new_row(
    database: Database,
) -> None:
    log = faults.FaultLog(database)
    assert [fail(log), fail(log)] == [False, False]
    assert fail(log, "b") is False
    log.clear("a")
    assert [fail(log), fail(log), fail(log)] == [False, False, True]


def test_five_faults_within_ten_minutes_are_too_many_with_successes_between(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("genesis.host.faults.time.monotonic", lambda: now)

    def five(seconds_between: float) -> list[bool]:
        nonlocal now
        log, found = faults.FaultLog(database), []
        for _ in range(5):
            now += seconds_between
            log.clear("a")
            found.append(fail(log))
        return found

    assert five(149) == [False, False, False, False, True]
    assert five(151) == [False, False, False, False, False]


def test_faults_are_kept_with_their_traceback_and_old_ones_go(database: Database) -> None:
    log = faults.FaultLog(database)
    for _ in range(205):
        fail(log)
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT error, traceback FROM plugin_faults").all()
    assert len(rows) == 200
    assert rows[0].error == "OSError: no"
    assert "OSError: no" in rows[0].traceback


# --- hooks that a plugin declares ---------------------------------------------------------------

OWNER = """
from genesis.contracts.events import Event

class Badge(BaseModel):
    name: str

class Hooks:
    @staticmethod
    @hook("collect", record=Badge)
    def owner_badges(word: str):
        return ()

    @staticmethod
    @hook("decide")
    async def owner_favourite(word: str) -> str | None:
        return None

class Owner(Plugin[NoSettings]):
    own_hooks = Hooks

    @implements(Hooks.owner_favourite)
    async def own(self, word):
        return None

    @implements(hookspecs.genesis_route_task)
    async def route(self, task, candidates):
        found = self.context.hooks.collect(Hooks.owner_badges, "w")
        names = [f"{plugin}:{badge.name}" for plugin, badges in found for badge in badges]
        # Asked from a coroutine of the same plugin, whose loop waits meanwhile.
        return ",".join([*names, self.context.hooks.decide(Hooks.owner_favourite, "w")])
"""
USER = """
from {package} import Badge, Hooks

class User(Plugin[NoSettings]):
    @implements(Hooks.owner_badges)
    def badges(self, word):
        return [Badge(name=word + "1"), Badge(name=word + "2")]

    @implements(Hooks.owner_favourite)
    async def favourite(self, word):
        return word + "!"
"""


def test_a_plugin_calls_the_hooks_that_it_declared_through_its_context(
    site: Site, tmp_path: Path
) -> None:
    package = site.install("owner", HEADER + OWNER, class_name="Owner")
    site.install(
        "a_user",
        HEADER + USER.replace("{package}", package),
        class_name="User",
        requires=("genesis-kernel", "genesis-owner"),
    )
    with Kernel(make_home(tmp_path / "home"), candidates=site.candidates()) as kernel:
        assert {status.reason for status in kernel.host.statuses()} == {""}
        answer = kernel.host.hooks.decide(hookspecs.genesis_route_task, TASK, ())
    assert answer == "a_user:w1,a_user:w2,w!"
