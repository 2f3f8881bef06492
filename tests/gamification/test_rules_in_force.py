"""Which rules are in force, and what happens when one cannot be used or fails."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from genesis.contracts.events import Event
from genesis.storage.database import Database
from genesis_gamification import Rule, rulesets
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import (
    NOON,
    Entry,
    append,
    everything,
    finished,
    make_plugin,
    rows,
    started,
    task,
    total,
)

OWN = """
[[rule]]
id = "reviews"
event = "task.finished"
amount = 7
reason = "A review"
scope = "task"
when = [{ field = "kind", op = "==", value = "review" }]
"""


def write_own(tmp_path: Path, text: str, name: str = "rules.toml") -> None:
    folder = tmp_path / "plugins" / "gamification"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def paid_by(database: Database, rule: str) -> list[tuple[object, ...]]:
    return rows(
        database,
        "SELECT source_id, amount FROM xp_transactions WHERE rule_id = ? ORDER BY id",
        rule,
    )


def with_check(plugin: GamificationPlugin, check: Callable[[Event], bool], **changes: str) -> None:
    """Have a third party's rule with code in force."""
    values = {"event": "task.finished", "scope": "task", **changes}
    rule = Rule.model_validate(
        {"id": "odd", "amount": 3, "reason": "Odd", "check": check, **values}
    )
    ruleset = plugin.engine.terms().ruleset
    others = tuple(each for each in ruleset.rules if each[1].id != "odd")
    changed = type(ruleset)(
        (*others, ("odd_pack", rule)), ruleset.achievements, ruleset.levels, ruleset.streaks
    )
    plugin.engine.adopt(changed, is_broken=False)


def test_a_rule_of_the_user_holds_from_the_next_event_on(
    ledger: Database, tmp_path: Path, plugin: GamificationPlugin
) -> None:
    append(ledger, [task("t-1", "agent-1", kind="review")])
    plugin.catch_up()
    write_own(tmp_path, OWN)
    append(ledger, [task("t-2", "agent-1", kind="review"), task("t-3", "agent-1", kind="other")])
    make_plugin(ledger, tmp_path).catch_up()
    assert paid_by(ledger, "reviews") == [("t-2", 7)]
    assert rows(ledger, "SELECT from_event FROM gamification_rulesets") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (OWN.replace("amount = 7", "amount = 70_000"), "rules.toml, line 5: rule.0.amount"),
        (OWN.replace('"task"', '"tusk"', 1), "rules.toml, line 7: rule.0.scope"),
        (OWN + "\n[[rule]]\nid = 'x'\n", "rules.toml, line 10: rule.1.event"),
        (OWN.replace('id = "reviews"', 'id = "reviews'), "line 3"),
        (OWN + "counts = 'task'\n", "rules.toml, line 9: rule.0.counts"),
        (OWN + OWN, "two rules 'reviews'"),
    ],
)
def test_a_rule_file_with_an_error_is_reported_and_the_old_rules_stay(
    ledger: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, named: str
) -> None:
    write_own(tmp_path, OWN)
    make_plugin(ledger, tmp_path)
    write_own(tmp_path, text)
    plugin = make_plugin(ledger, tmp_path)
    assert named in plugin.problems[0]
    assert named in caplog.text
    append(ledger, [task("t-1", "agent-1", kind="review")])
    plugin.catch_up()
    assert paid_by(ledger, "reviews") == [("t-1", 7)]


def test_an_achievement_that_names_an_unknown_metric_is_reported(
    ledger: Database, tmp_path: Path
) -> None:
    write_own(
        tmp_path,
        '[[achievement]]\nid = "a"\nname = "A"\ndescription = "d"\nemoji = "x"\n'
        'category = "special"\ntier = "gold"\nxp_reward = 100\n'
        'criteria = [{ metric = "tasks_complete", op = ">=", value = 1 }]\n',
        "achievements.toml",
    )
    plugin = make_plugin(ledger, tmp_path)
    assert "'tasks_complete'" in plugin.problems[0]
    assert "Did you mean" in plugin.problems[0]
    append(ledger, [task("t", "agent-1")])
    plugin.catch_up()
    assert total(ledger, "agent-1") == 65


def test_without_the_base_pack_everything_is_counted_and_worth_nothing(
    ledger: Database, tmp_path: Path
) -> None:
    append(ledger, [started(), task("t-1", "agent-1"), task("t-2", "agent-1"), finished()])
    make_plugin(ledger, tmp_path, packs=[]).catch_up()
    assert rows(
        ledger, "SELECT sum(amount) FROM xp_transactions WHERE source_type <> 'achievement'"
    ) == [(0,)]
    ((record,),) = rows(ledger, "SELECT record FROM gamification_metrics")
    assert json.loads(record)["tasks_completed"] == 2


def test_penalties_are_taken_only_when_they_are_chosen(ledger: Database, tmp_path: Path) -> None:
    append(ledger, [task("t-1", "agent-1", "failed")])
    make_plugin(ledger, tmp_path).catch_up()
    assert total(ledger, "agent-1") == 0
    append(ledger, [task("t-2", "agent-1", "failed")])
    make_plugin(ledger, tmp_path, packs=["base", "penalties"]).catch_up()
    assert total(ledger, "agent-1") == -5
    assert rows(ledger, "SELECT level, current_xp FROM agent_levels") == [(1, -5)]


def test_a_rule_that_fails_is_reported_and_replayed_and_stops_nothing_else(
    ledger: Database, plugin: GamificationPlugin, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Event) -> bool:
        raise ZeroDivisionError(event.subject)

    with_check(plugin, broken)
    append(ledger, [task("t-1", "agent-1"), task("t-2", "agent-1")])
    plugin.catch_up()
    assert total(ledger, "agent-1") == 75
    assert "the rule odd failed on event 1" in caplog.text
    assert rows(ledger, "SELECT event_id, rule_id, error FROM gamification_faults") == [
        (1, "odd", "ZeroDivisionError: t-1"), (2, "odd", "ZeroDivisionError: t-2"),
    ]  # fmt: skip
    assert plugin.replay() == (0, 2)
    with_check(plugin, lambda event: event.subject == "t-2")
    assert plugin.replay() == (2, 0)
    assert plugin.replay() == (0, 0)
    assert paid_by(ledger, "odd") == [("t-2", 3)]
    assert plugin.verify().differences == []


def test_a_rule_whose_code_is_gone_waits_until_it_is_back(
    ledger: Database, tmp_path: Path, plugin: GamificationPlugin
) -> None:
    with_check(plugin, lambda _: True)
    # Its file is broken: what the database keeps, without the code, stays in force.
    write_own(tmp_path, "[[rule]")
    other = make_plugin(ledger, tmp_path)
    append(ledger, [task("t-1", "agent-1")])
    other.catch_up()
    assert paid_by(ledger, "odd") == []
    with_check(plugin, lambda _: True)
    assert plugin.replay() == (1, 0)
    assert paid_by(ledger, "odd") == [("t-1", 3)]


def test_a_daily_cap_ends_what_a_rule_pays_on_a_day(ledger: Database, tmp_path: Path) -> None:
    write_own(tmp_path, OWN + "daily_cap = 2\n")
    late = NOON + timedelta(days=1)
    log = [task(f"t-{n}", "agent-1", session=f"s-{n}", kind="review") for n in range(4)]
    log += [task("t-9", "agent-1", session="s-9", at=late, kind="review")]
    for entry in log:
        append(ledger, [entry])
        make_plugin(ledger, tmp_path).catch_up()
    assert paid_by(ledger, "reviews") == [("t-0", 7), ("t-1", 7), ("t-9", 7)]


def test_a_change_of_the_zone_dates_nothing_anew(ledger: Database, tmp_path: Path) -> None:
    append(ledger, [task("t-1", "agent-1", session="s-1")])
    make_plugin(ledger, tmp_path).catch_up()
    append(ledger, [task("t-2", "agent-1", session="s-2")])
    plugin = make_plugin(ledger, tmp_path, time_zone="Pacific/Kiritimati", day_start="00:00")
    plugin.catch_up()
    days = "SELECT DISTINCT source_id, local_day FROM xp_transactions WHERE source_id LIKE 't-%'"
    assert rows(ledger, days) == [("t-1", "2026-03-02"), ("t-2", "2026-03-03")]
    assert plugin.rederive() == []
    assert rows(ledger, "SELECT from_event, zone FROM gamification_zones") == [
        (1, "UTC"), (2, "Pacific/Kiritimati"),
    ]  # fmt: skip


def test_a_log_that_was_there_before_is_read_in_later_to_the_same_ledger(
    ledger: Database, tmp_path: Path, plugin: GamificationPlugin,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.WARNING)
    log = [started(), task("t", "agent-1"), Entry("message.added", "m"), finished()]
    append(ledger, log)
    plugin.catch_up()
    before = everything(ledger)
    make_plugin(ledger, tmp_path).catch_up()
    assert everything(ledger) == before
    assert caplog.text == ""


def test_a_cap_counts_what_adoption_paid(ledger: Database, tmp_path: Path) -> None:
    log = [task(f"t-{n}", "agent-1", kind="review") for n in range(6)]
    append(ledger, log[:2])
    make_plugin(ledger, tmp_path).catch_up()
    write_own(tmp_path, OWN + "daily_cap = 3\n")
    plugin = make_plugin(ledger, tmp_path)
    append(ledger, log[2:3])
    plugin.catch_up()
    assert len(plugin.adopt("ann")) == 2
    append(ledger, log[3:])
    plugin.catch_up()
    assert sorted(paid_by(ledger, "reviews")) == [("t-0", 7), ("t-1", 7), ("t-2", 7)]


def test_a_check_may_be_any_object_that_can_be_called(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    @dataclass
    class Starts:  # it has no hash
        with_: str

        def __call__(self, event: Event) -> bool:
            return event.subject.startswith(self.with_)

    with_check(plugin, Starts("t"))
    append(ledger, [task("t-1", "agent-1"), task("u-1", "agent-1")])
    plugin.catch_up()
    assert paid_by(ledger, "odd") == [("t-1", 3)]


@pytest.mark.parametrize("name", ["achievement", "level-up", "manual"])
def test_a_rule_cannot_have_the_name_of_what_no_rule_gives(
    ledger: Database, tmp_path: Path, name: str
) -> None:
    write_own(tmp_path, OWN.replace('"reviews"', f'"{name}"'))
    plugin = make_plugin(ledger, tmp_path)
    assert f"'{name}' of 'own' is left out" in plugin.problems[0]


def test_other_levels_hold_for_who_has_earned_before(
    ledger: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(ledger, [task(f"t-{n}", "agent-1") for n in range(6)])
    make_plugin(ledger, tmp_path).catch_up()
    level = "SELECT level FROM agent_levels"
    assert rows(ledger, level) == [(2,)]
    dear = [each.model_copy(update={"xp_required": 9 * each.xp_required})
            for each in rulesets.load_levels()]  # fmt: skip
    monkeypatch.setattr(rulesets, "load_levels", lambda: tuple(dear))
    plugin = make_plugin(ledger, tmp_path)
    assert rows(ledger, level) == [(1,)]
    assert plugin.verify().different == 0


def test_what_another_process_puts_in_force_holds_here_from_the_next_event_on(
    ledger: Database, tmp_path: Path, plugin: GamificationPlugin
) -> None:
    append(ledger, [task("t-1", "agent-1", session="s-1", kind="review")])
    plugin.catch_up()
    assert plugin.engine.terms().zone.key == "UTC"
    write_own(tmp_path, OWN)
    make_plugin(ledger, tmp_path, time_zone="Pacific/Kiritimati", day_start="00:00")
    append(ledger, [task("t-2", "agent-1", session="s-2", kind="review")])
    plugin.catch_up()
    assert paid_by(ledger, "reviews") == [("t-2", 7)]
    days = "SELECT DISTINCT source_id, local_day FROM xp_transactions WHERE source_id LIKE 't-%'"
    assert rows(ledger, days) == [("t-1", "2026-03-02"), ("t-2", "2026-03-03")]
    report = plugin.verify()
    assert (report.different, report.lacks) == (0, 0)


def test_an_award_by_hand_counts_for_the_day_that_another_process_has_put_in_force(
    ledger: Database, tmp_path: Path, plugin: GamificationPlugin
) -> None:
    plugin.award_xp("agent-1", 5, "r", "k-1", "ann")
    # Zones that are a day apart at every hour.
    for number, zone in enumerate(("Pacific/Kiritimati", "Etc/GMT+12")):
        make_plugin(ledger, tmp_path, time_zone=zone, day_start="00:00")
        plugin.award_xp("agent-1", 5, "r", f"z-{number}", "ann")
    days = {day for (day,) in rows(
        ledger, "SELECT local_day FROM xp_transactions WHERE dedup_key LIKE 'manual:z-%'"
    )}  # fmt: skip
    assert len(days) == 2


def test_a_replay_knows_of_a_session_what_was_true_at_the_event(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    def broken(_event: Event) -> bool:
        raise ValueError

    of_session = {"event": "session.finished", "scope": "session", "who": "participants"}
    with_check(plugin, broken, **of_session)
    append(ledger, [started(), task("t-1", "agent-1"), finished(), task("t-2", "agent-2")])
    plugin.catch_up()
    with_check(plugin, lambda _: True, **of_session)
    assert plugin.replay() == (1, 0)
    assert rows(ledger, "SELECT agent_id FROM xp_transactions WHERE rule_id = 'odd'") == [
        ("agent-1",)
    ]  # fmt: skip
    assert plugin.rederive() == []
