"""Random conversations against a list: pages, counters and search always say what the list says."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from genesis.clock import parse_time, utc_now
from genesis.minds.conversation import ConversationManager
from genesis.minds.message_input import NewMessage
from genesis.minds.retention import RetentionPolicy
from genesis.storage.database import Database
from genesis.storage.message_pages import MessageDict
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import text

GMID, OTHER = "GMD-2026-AAAA-0001", "GMD-2026-BBBB-0002"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
USERS = st.sampled_from([None, "anna@example.org", "ben@example.org"])
PLACES = st.sampled_from([None, "home", "office"])
ROLES = st.sampled_from(["user", "assistant", "system", "tool"])
WORDS = ("alpha", "beta", "gamma", "delta")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
DAYS = st.integers(min_value=0, max_value=6)


@dataclass(frozen=True)
class Said:
    """What the model knows of a message."""

    time: str
    id: int
    role: str
    content: str
    user: str | None
    place: str | None
    call: str | None = None
    awaits: bool = False

    @property
    def key(self) -> tuple[str, int]:
        return self.time, self.id


@cache
def empty_database() -> Path:
    """A migrated file with two minds, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="genesis-model-"))
    atexit.register(shutil.rmtree, folder)
    path = folder / "empty.db"
    database = Database(path, durability="normal")
    migrate(database, "kernel", KERNEL_REVISIONS)
    for gmid in (GMID, OTHER):
        mind = MindRecord(gmid, gmid, "t", None, "", None, None, "active", utc_now(), utc_now(), "")
        database.writer.write(lambda c, mind=mind: register_mind(c, mind))
    database.close()
    return path


def expired(
    said: list[Said], cutoff: str | None, max_count: int | None, keep_minimum: int
) -> set[int]:
    """The rule of retention, in plain words: what is too old or too many goes, the newest stay,
    pairs go together, calls that await a result stay."""
    ordered = sorted(said, key=lambda s: s.key, reverse=True)
    goes = {
        one.id
        for newer, one in enumerate(ordered)
        if newer >= keep_minimum
        and ((cutoff is not None and one.time < cutoff)
             or (max_count is not None and newer >= max_count))
    }  # fmt: skip
    for one in ordered:
        halves = [s.id for s in said if one.call is not None and s.call == one.call]
        if one.awaits or not all(half in goes for half in halves):
            goes.discard(one.id)
    return goes


class Conversation(RuleBasedStateMachine):
    """Two minds in one file; the second one must stay as it is whatever happens to the first."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="genesis-model-"))
        shutil.copy(empty_database(), self.folder / "genesis.db")
        self.database = Database(self.folder / "genesis.db", durability="normal")
        self.mind = ConversationManager(GMID, self.database)
        self.other = ConversationManager(OTHER, self.database)
        self.other.add_messages(
            NewMessage("user", " ".join(WORDS), "anna@example.org", "home") for _ in range(3)
        )
        self.said: list[Said] = []
        self.calls = 0

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def note(self, message: MessageDict, call: str | None = None, awaits: bool = False) -> None:
        m = message
        one = Said(
            str(m["timestamp"]), int(str(m["id"])), str(m["role"]), str(m["content"]),
            m["user_email"], m["environment_id"], call, awaits,  # type: ignore[arg-type]
        )  # fmt: skip
        self.said.append(one)

    @rule(role=ROLES, content=TEXTS, user=USERS, place=PLACES, day=DAYS)
    def add(self, role: str, content: str, user: str | None, place: str | None, day: int) -> None:
        moment = START + timedelta(days=day)
        message = self.mind.add_message(role, content, user, place, None, moment)
        self.note(message.to_dict())

    @rule(content=TEXTS, user=USERS, place=PLACES, days=st.lists(DAYS, min_size=1, max_size=5))
    def add_many(self, content: str, user: str | None, place: str | None, days: list[int]) -> None:
        known = {one.id for one in self.said}
        self.mind.add_messages(
            NewMessage("user", content, user, place, None, START + timedelta(days=day))
            for day in days
        )
        for message in self.mind.iter_messages():
            if message["id"] not in known:
                self.note(message)

    @rule(user=USERS, day=DAYS, answered=st.booleans(), later=DAYS)
    def call(self, user: str | None, day: int, answered: bool, later: int) -> None:
        self.calls += 1
        name, moment = f"c{self.calls}", START + timedelta(days=day)
        call = self.mind.add_tool_call("f", {}, name, user, None, "alpha call", moment)
        self.note(call.to_dict(), name, not answered)
        if answered:
            end = moment + timedelta(days=later)
            self.note(self.mind.add_tool_result(name, "beta result", end).to_dict(), name)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.said:
            one = data.draw(st.sampled_from(self.said))
            assert self.mind.delete_message(one.id) is True
            self.said = [
                s for s in self.said
                if s.id != one.id and (one.call is None or s.call != one.call)
            ]  # fmt: skip

    @rule(
        day=st.none() | DAYS,
        most=st.none() | st.integers(min_value=0, max_value=8),
        least=st.integers(min_value=0, max_value=8),
    )
    def prune(self, day: int | None, most: int | None, least: int) -> None:
        # Half a day beside every message: how long the test takes makes no difference.
        cutoff = None if day is None else START + timedelta(days=day, hours=-12)
        age = None if cutoff is None else (datetime.now(UTC) - cutoff) / timedelta(days=1)
        goes = expired(self.said, cutoff and parse_time(cutoff), most, least)
        policy = RetentionPolicy(max_age_days=age, max_count=most, keep_minimum=least)
        assert self.mind.prune(policy) == len(goes)
        self.said = [s for s in self.said if s.id not in goes]

    @rule()
    def clear(self) -> None:
        assert self.mind.clear_all() == len(self.said)
        self.said = []

    @rule(word=st.sampled_from(WORDS), user=USERS, since=st.none() | DAYS)
    def search(self, word: str, user: str | None, since: int | None) -> None:
        start = None if since is None else START + timedelta(days=since)
        found = self.mind.search_messages(word, 1000, user_email=user, since=start)
        assert [m["id"] for m in found] == [
            s.id for s in sorted(self.said, key=lambda s: s.key, reverse=True)
            if word in s.content.split() and user in (None, s.user)
            and (start is None or s.time >= parse_time(start))
        ]  # fmt: skip

    @rule(
        size=st.integers(min_value=1, max_value=4), user=USERS, place=PLACES,
        role=st.none() | ROLES,
    )  # fmt: skip
    def page_through(
        self, size: int, user: str | None, place: str | None, role: str | None
    ) -> None:
        wanted = [
            s.id for s in sorted(self.said, key=lambda s: s.key)
            if user in (None, s.user) and place in (None, s.place) and role in (None, s.role)
        ]  # fmt: skip
        back: list[object] = []
        page = self.mind.get_recent_messages(size, user, place, role)
        while page:
            back = [m["id"] for m in page] + back
            page = self.mind.get_messages_before(int(str(back[0])), size, user, place, role)
        assert back == wanted
        page = self.mind.get_messages_since(START, user, place, role=role, limit=size)
        forth: list[object] = []
        while page:
            forth += [m["id"] for m in page]
            page = self.mind.get_messages_after(int(str(forth[-1])), size, user, place, role)
        assert forth == wanted

    @rule(size=st.integers(min_value=0, max_value=9), user=USERS)
    def context(self, size: int, user: str | None) -> None:
        context = self.mind.get_conversation_context(size, user)
        calls = [m["metadata"]["tool_call"]["id"] for m in context if "tool_call" in m["metadata"]]  # type: ignore[index, operator, call-overload]
        results = [m["metadata"].get("tool_call_id") for m in context if m["role"] == "tool"]  # type: ignore[union-attr]
        assert sorted(calls) == sorted(results)

    @invariant()
    def counters_are_true(self) -> None:
        if not hasattr(self, "said"):
            return
        stats = self.mind.get_stats()
        roles = Counter(s.role for s in self.said)
        assert stats["total_messages"] == len(self.said)
        assert {role: stats[f"{role}_messages"] for role in roles} == dict(roles)
        times = sorted(s.time for s in self.said)
        outermost = (times[0], times[-1]) if times else (None, None)
        assert (stats["oldest_message"], stats["newest_message"]) == outermost
        threads = {}
        for one in sorted(self.said, key=lambda s: s.key):
            count = threads.get((one.user, one.place), (0,))[0]
            threads[one.user, one.place] = (count + 1, one.time, one.content[:100], one.role)
        assert threads == {
            (t["user_email"], t["environment_id"]): (
                t["message_count"], t["last_message_time"], t["last_message_preview"],
                t["last_message_role"],
            )
            for t in self.mind.get_conversation_threads()
        }  # fmt: skip
        assert self.other.get_stats()["total_messages"] == 3

    @invariant()
    def the_index_of_words_agrees_with_the_messages(self) -> None:
        if hasattr(self, "said"):
            assert len(self.other.search_messages("alpha")) == 3
            check = "INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)"
            self.database.writer.write(lambda c: c.execute(text(check)))


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
