"""However events are delivered, one log gives one ledger, and every projection is its sum."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from genesis.storage.database import Database
from genesis_gamification import ingest
from genesis_gamification.plugin import GamificationPlugin
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gamification.logs import (
    NOON,
    Entry,
    Template,
    append,
    busy_log,
    deliver,
    everything,
    finished,
    make_plugin,
    rows,
    started,
    task,
    total,
)

AGENTS = ("agent-0", "agent-1", "agent-2")
_folders = itertools.count()
DRIVER = Path(__file__).parent / "driver.py"


def entries(number: int) -> st.SearchStrategy[Entry]:
    """Any event of a log, the same task or session several times too."""
    sessions = st.sampled_from(("s-1", "s-2", "s-3"))
    moments = st.integers(0, 6 * 24).map(lambda hours: NOON + timedelta(hours=hours))
    agents = st.sampled_from(AGENTS)
    return st.one_of(
        st.builds(started, sessions, moments),
        st.builds(
            task,
            st.integers(0, number).map("t-{}".format),
            agents,
            st.sampled_from(("completed", "completed", "failed", "blocked")),
            sessions,
            moments,
            duration_seconds=st.sampled_from((None, 10.0, 500.0)),
        ),
        st.builds(finished, sessions, moments, st.sampled_from(("completed", "failed"))),
        st.builds(
            lambda agent, name, at: Entry(
                "praise.given", f"t-{name}", None, {"agent_id": agent}, at
            ),
            agents,
            st.integers(0, 3),
            moments,
        ),
        st.builds(lambda at: Entry("message.added", "m", None, {}, at), moments),
    )


def ingested(template: Template, folder: Path, log: Sequence[Entry]) -> dict[str, list[object]]:
    """What an uninterrupted run makes of a log."""
    with template.copy(folder) as database:
        append(database, log)
        make_plugin(database, folder, packs=["base", "penalties"]).catch_up()
        return dict(everything(database))


@settings(max_examples=60)
@given(
    log=st.lists(entries(12), max_size=40),
    parts=st.lists(st.integers(0, 40), max_size=3),
    seed=st.integers(0, 2**32),
    batch=st.integers(1, 7),
)
def test_any_order_repetition_and_restart_of_deliveries_gives_the_same_ledger(
    template: Template, tmp_path: Path, log: list[Entry], parts: list[int], seed: int, batch: int
) -> None:
    folder = tmp_path / str(next(_folders))
    expected = ingested(template, folder / "one", log)
    chance = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch, template.copy(folder / "two") as database:
        patch.setattr(ingest, "BATCH", batch)
        plugin = make_plugin(database, folder / "two", packs=["base", "penalties"])
        cuts = sorted({0, *(cut for cut in parts if cut < len(log)), len(log)})
        for begin, end in itertools.pairwise(cuts):
            events = append(database, log[begin:end])
            told = [*events, *chance.choices(events, k=len(events))] if events else []
            chance.shuffle(told)
            for event in told:
                deliver(plugin, [event])
                if chance.random() < 0.2:
                    plugin = make_plugin(database, folder / "two", packs=["base", "penalties"])
        plugin.catch_up()
        assert everything(database) == expected


@settings(max_examples=60)
@given(log=st.lists(entries(12), max_size=60))
def test_the_ledger_sums_to_every_projection_and_pays_nothing_twice(
    template: Template, tmp_path: Path, log: list[Entry]
) -> None:
    folder = tmp_path / str(next(_folders))
    with template.copy(folder) as database:
        append(database, log)
        plugin = make_plugin(database, folder, packs=["base", "penalties"])
        plugin.catch_up()
        report = plugin.verify()
        assert (report.different, report.lacks) == (0, 0)
        assert plugin.rederive() == []
        per_agent = "SELECT agent_id, sum(amount) FROM xp_transactions GROUP BY 1 ORDER BY 1"
        paid = rows(database, per_agent)
        assert paid == rows(database, "SELECT agent_id, total_xp FROM agent_levels ORDER BY 1")
        assert paid == rows(
            database, "SELECT agent_id, sum(xp) FROM gamification_daily GROUP BY 1 ORDER BY 1"
        )
        assert sum(amount for _, amount in paid) == report.total_xp
        assert rows(
            database,
            "SELECT rule_id, agent_id, source_id, count(*) FROM xp_transactions WHERE rule_id IN "
            "('task-completed', 'quick-completion', 'session-completed', 'perfect-session', "
            "'level-up', 'achievement') GROUP BY 1, 2, 3 HAVING count(*) > 1",
        ) == []  # fmt: skip
        assert rows(
            database,
            "SELECT agent_id, local_day FROM xp_transactions WHERE rule_id = 'first-task-of-day' "
            "GROUP BY 1, 2 HAVING count(*) > 1",
        ) == []  # fmt: skip


def test_two_plugins_that_read_one_log_at_once_write_it_once(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = list(busy_log(600))
    expected = ingested(template, tmp_path / "one", log)
    monkeypatch.setattr(ingest, "BATCH", 11)
    with template.copy(tmp_path / "two") as database:
        events = append(database, log)
        plugins = [
            make_plugin(database, tmp_path / "two", packs=["base", "penalties"]) for _ in range(3)
        ]
        threads = [threading.Thread(target=deliver, args=(each, events)) for each in plugins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert everything(database) == expected


def test_two_processes_that_read_one_log_at_once_write_it_once(
    template: Template, tmp_path: Path
) -> None:
    log = list(busy_log(2000))
    expected = ingested(template, tmp_path / "one", log)
    with template.copy(tmp_path / "two") as database:
        append(database, log)
        make_plugin(database, tmp_path / "two", packs=["base", "penalties"])
        command = [sys.executable, str(DRIVER), str(database.path), "7"]
        processes = [subprocess.Popen(command, cwd=Path.cwd()) for _ in range(2)]
        assert [process.wait(90) for process in processes] == [0, 0]
        assert everything(database) == expected


def test_events_that_no_rule_wants_write_nothing(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    plugin.catch_up()
    before = rows(ledger, "SELECT checkpoint, version FROM gamification_state")
    deliver(plugin, append(ledger, [Entry("message.added", "m")] * 3))
    assert rows(ledger, "SELECT checkpoint, version FROM gamification_state") == before


def test_a_long_backlog_is_read_in_parts_and_ends(
    ledger: Database, plugin: GamificationPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH", 5)
    events = append(ledger, busy_log(50))
    assert plugin.engine.pull(seconds=0) == 5
    deliver(plugin, events)
    assert plugin.engine.pull() == events[-1].id


def test_the_ledger_refuses_to_change_or_lose_a_row(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, [task("t", "agent-1")])
    plugin.catch_up()
    for sql in ("UPDATE xp_transactions SET amount = 1", "DELETE FROM xp_transactions"):
        with pytest.raises(Exception, match="only grows"):
            ledger.writer.write(lambda c, sql=sql: c.exec_driver_sql(sql))
    assert total(ledger, "agent-1") > 0


@pytest.mark.parametrize(
    "payload",
    [
        {}, {"specialist": None, "status": "completed"}, {"specialist": 7, "status": "completed"},
        {"specialist": "agent-1", "status": ["completed"]},
        {"specialist": "agent-1"}, {"specialist": "", "status": "completed"},
    ],
)  # fmt: skip
def test_an_event_with_a_strange_payload_is_passed_over(
    ledger: Database, plugin: GamificationPlugin, payload: dict[str, object]
) -> None:
    append(ledger, [Entry("task.finished", "t", None, payload), task("u", "agent-2")])
    plugin.catch_up()
    assert total(ledger, "agent-1") == 0
    assert total(ledger, "agent-2") == 10 + 5 + 50  # the task, the day, First Steps
