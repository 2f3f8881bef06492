"""Concerns beside a model of them, in any order of steps, and changed by two processes at once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from genesis.errors import UsageError
from genesis.minds.concerns import Concerns
from genesis.storage.database import Database
from genesis.storage.minds import MindRecord, register_mind
from genesis.storage.statements import Statement
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)


@pytest.fixture
def concerns(minds: Database, gmid: str) -> Concerns:
    return Concerns(gmid, minds)


RACE = """
import sys
from pathlib import Path
from genesis.errors import UsageError
from genesis.minds.concerns import Concerns
from genesis.storage.database import Database
database = Database(Path(sys.argv[1]), durability="normal")
concerns = Concerns(sys.argv[2], database)
print("ready", flush=True)
sys.stdin.readline()
won = 0
for number in range(50):
    try:
        concerns.resolve(f"c{number}", sys.argv[3])
        won += 1
    except UsageError:
        pass
    concerns.check("counted", "2026-01-01T00:00:00Z")
print(won, flush=True)
database.close()
"""


def test_of_two_processes_that_resolve_one_concern_one_does(
    concerns: Concerns, minds: Database, gmid: str
) -> None:
    for number in range(50):
        concerns.add("x", "task", concern_id=f"c{number}")
    concerns.add("x", "task", concern_id="counted")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(minds.path), gmid, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    wins = [int(process.communicate("go\n", timeout=60)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(wins) == 50
    counted = concerns.get("counted")
    assert counted is not None
    assert counted.check_count == 100
    reasons = [c.metadata["resolution"] for c in concerns.by_status("resolved")]
    assert [reasons.count("one"), reasons.count("two")] == wins
    resolutions = Statement("SELECT count(*) FROM events WHERE type = 'concern.resolved'")
    assert minds.fetch(resolutions, {}) == [(50,)]


class AnyOrderOfSteps(RuleBasedStateMachine):
    """Concerns beside a dictionary of (status, next check, checks)."""

    names = st.sampled_from("abcd")
    moments = st.none() | st.integers(0, 5).map(lambda day: f"2026-01-0{day + 1}T00:00:00.000000Z")

    database: Database
    born = 0

    def __init__(self) -> None:
        super().__init__()
        # Each run has a mind of its own: a database takes longer than a run.
        type(self).born += 1
        gmid = f"GMD-2026-CCCC-{self.born:04X}"
        mind = MindRecord(gmid, "A", "t", None, "", None, None, "active", "2026", "2026", "a")
        self.database.writer.write(lambda c: register_mind(c, mind))
        self.concerns = Concerns(gmid, self.database)
        self.model: dict[str, tuple[str, str | None, int]] = {}

    def own(self, name: str) -> str:
        """Ids are unique over all minds."""
        return f"{self.born}.{name}"

    @rule(name=names, moment=moments)
    def add(self, name: str, moment: str | None) -> None:
        if name in self.model:
            with pytest.raises(UsageError):
                self.concerns.add("x", "task", concern_id=self.own(name))
        else:
            self.concerns.add("x", "task", concern_id=self.own(name), next_check_at=moment)
            self.model[name] = ("active", moment, 0)

    @rule(name=names, moment=moments, step=st.sampled_from(["monitor", "reopen", "check"]))
    def move(self, name: str, moment: str | None, step: str) -> None:
        status, before, checks = self.model.get(name, ("", None, 0))
        possible = {"monitor": {"active"}, "reopen": {"monitoring", "resolved"},
                    "check": {"active", "monitoring"}}  # fmt: skip
        if status not in possible[step]:
            with pytest.raises(UsageError):
                getattr(self.concerns, step)(self.own(name), moment)
            return
        getattr(self.concerns, step)(self.own(name), moment)
        if step == "check":
            self.model[name] = (status, moment, checks + 1)
        else:
            becomes = "monitoring" if step == "monitor" else "active"
            self.model[name] = (becomes, moment or before, checks)

    @rule(name=names)
    def resolve(self, name: str) -> None:
        status, _, checks = self.model.get(name, ("", None, 0))
        if status not in ("active", "monitoring"):
            with pytest.raises(UsageError):
                self.concerns.resolve(self.own(name))
        else:
            self.concerns.resolve(self.own(name))
            self.model[name] = ("resolved", None, checks)

    @rule(name=names)
    def delete(self, name: str) -> None:
        assert self.concerns.delete(self.own(name)) is (self.model.pop(name, None) is not None)

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        now = "2026-01-04T00:00:00.000000Z"
        due = [(moment, self.own(name)) for name, (status, moment, _) in self.model.items()
               if status != "resolved" and moment is not None and moment <= now]  # fmt: skip
        assert [c.concern_id for c in self.concerns.due(now)] == [name for _, name in sorted(due)]
        found = {c.concern_id: (c.status, c.next_check_at, c.check_count)
                 for c in self.concerns.by_type("task")}  # fmt: skip
        assert found == {self.own(name): state for name, state in self.model.items()}
        stats = self.concerns.stats()
        assert stats == {s: sum(m[0] == s for m in self.model.values()) for s in stats}


def test_any_order_of_steps_leaves_what_the_rules_say(database: Database) -> None:
    AnyOrderOfSteps.database = database
    run_state_machine_as_test(
        AnyOrderOfSteps, settings=settings(max_examples=40, stateful_step_count=30)
    )
