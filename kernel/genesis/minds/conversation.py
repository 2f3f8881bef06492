"""What a mind and its users said to each other: durable when a call returns, the same at any size.

Pages are lists of dicts with the keys `id`, `role`, `content`, `user_email`, `environment_id`,
`timestamp` (UTC text of `genesis.clock`) and `metadata`, in chronological order; messages of one
instant in the order in which they were written. Filters that are None let everything through.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from uuid import uuid4

from pydantic import JsonValue, ValidationError

from genesis.clock import utc_after
from genesis.errors import UsageError
from genesis.home import find_home
from genesis.minds.message_input import (
    MOST_CHARACTERS,
    MOST_ON_A_PAGE,
    MessageValues,
    Moment,
    NewMessage,
    known_filters,
    known_id,
    known_limit,
    message_row,
    require_name,
    tool_call,
)
from genesis.minds.process_marks import is_running, own_mark
from genesis.minds.retention import RetentionPolicy, prune
from genesis.minds.store import shared_store
from genesis.storage.database import Database
from genesis.storage.message_pages import (
    Filters,
    MessageDict,
    Row,
    fetch_message,
    fetch_page,
    message_dict,
)
from genesis.storage.message_words import search
from genesis.storage.messages import (
    Message,
    append_message,
    clear_messages,
    delete_with_event,
    import_messages,
)
from genesis.storage.statements import Values
from genesis.storage.threads import ROLES, count_messages, list_threads, outermost_times
from genesis.storage.tool_calls import AWAITS_RESULT, append_result, append_stand_in, open_calls

_AT_ONCE = 500
_PAIR = 2
_RESULT_SECONDS = 24 * 3600
_NO_RESULT = "The result of this call was never recorded: the program that made it ended before."


class ConversationManager:
    """The messages of one mind. Thread-safe; several processes may write to one mind.

    Every method raises UsageError for arguments that do not fit (nothing is written then) and
    StorageError when the database cannot be read or written.
    """

    def __init__(self, mind_gmid: str, database: Database | None = None) -> None:
        """Without a `database`, that of the home that `find_home` finds."""
        if database is None:
            # Held, since it is closed with the last who uses it.
            self._store = shared_store(find_home())
            database = self._store.database
        self.mind_gmid = mind_gmid
        self._database = database

    def add_message(
        self,
        role: str,
        content: str,
        user_email: str | None = None,
        environment_id: str | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
        timestamp: Moment | None = None,
    ) -> Message:
        """Write a message: by user, assistant, system or tool; without a `timestamp`, from now.

        An answer needs the `user_email` of the user who gets it to be on that user's pages.
        """
        new = NewMessage(role, content, user_email, environment_id, metadata, timestamp)
        return self._append(message_row(self.mind_gmid, new))

    def add_messages(self, messages: Iterable[NewMessage]) -> int:
        """Write what was said before, 500 messages in one transaction; gives how many.

        Each transaction is one event `messages.imported`, so nobody answers them as if they were
        new. After an error, the earlier transactions stand.
        """
        written, rows = 0, []
        for message in messages:
            rows.append(message_row(self.mind_gmid, message))
            if len(rows) == _AT_ONCE:
                written += self._import(rows)
                rows = []
        return written + self._import(rows)

    def get_message(self, message_id: int) -> MessageDict | None:
        """One message, or None."""
        row = fetch_message(self._database, self.mind_gmid, known_id(message_id))
        return None if row is None else message_dict(row)

    def get_messages(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        user_email: str | None = None,
        environment_id: str | None = None,
        role: str | None = None,
        limit: int = 50,
    ) -> list[MessageDict]:
        """The newest `limit` messages from `since` (inclusive) to `until` (exclusive)."""
        return self._page(known_filters(user_email, environment_id, role, since, until), limit)

    def get_recent_messages(
        self,
        limit: int = 50,
        user_email: str | None = None,
        environment_id: str | None = None,
        role: str | None = None,
    ) -> list[MessageDict]:
        """The newest `limit` messages."""
        return self._page(known_filters(user_email, environment_id, role), limit)

    def get_messages_before(
        self,
        before_id: int,
        limit: int = 50,
        user_email: str | None = None,
        environment_id: str | None = None,
        role: str | None = None,
    ) -> list[MessageDict]:
        """The page that ends before a message; empty when the mind has no such message."""
        filters = known_filters(user_email, environment_id, role)
        return self._page({**filters, "before": known_id(before_id)}, limit)

    def get_messages_after(
        self,
        after_id: int,
        limit: int = 50,
        user_email: str | None = None,
        environment_id: str | None = None,
        role: str | None = None,
    ) -> list[MessageDict]:
        """The page that begins after a message; empty when the mind has no such message."""
        filters = known_filters(user_email, environment_id, role)
        return self._page({**filters, "after": known_id(after_id)}, limit, newest=False)

    def get_messages_since(
        self,
        since: Moment,
        user_email: str | None = None,
        environment_id: str | None = None,
        until: Moment | None = None,
        role: str | None = None,
        limit: int | None = None,
    ) -> list[MessageDict]:
        """The oldest `limit` messages from `since` on; without a `limit`, all of them.

        Raises UsageError when all are more than MOST_ON_A_PAGE: a part must not look like all.
        """
        filters = known_filters(user_email, environment_id, role, since, until)
        if limit is not None:
            return self._page(filters, limit, newest=False)
        rows = self._rows(filters, MOST_ON_A_PAGE + 1, newest=False)
        if len(rows) > MOST_ON_A_PAGE:
            raise UsageError(
                f"There are more than {MOST_ON_A_PAGE:,} messages since {filters['since']}; give a "
                "limit and go on with get_messages_after, or use iter_messages."
            )
        return [message_dict(row) for row in rows]

    def iter_messages(
        self,
        since: Moment | None = None,
        until: Moment | None = None,
        user_email: str | None = None,
        environment_id: str | None = None,
        role: str | None = None,
    ) -> Iterator[MessageDict]:
        """Every message from `since` to `until`, oldest first; read in parts, as they are used."""
        filters = known_filters(user_email, environment_id, role, since, until)
        while rows := self._rows(filters, _AT_ONCE, newest=False):
            yield from map(message_dict, rows)
            # The place says all that `since` did; with both, SQLite might follow the wrong one.
            filters.pop("since", None)
            filters |= {"after_id": int(str(rows[-1][0])), "after_time": str(rows[-1][1])}

    def get_conversation_context(
        self,
        max_messages: int = 10,
        user_email: str | None = None,
        environment_id: str | None = None,
    ) -> list[MessageDict]:
        """What a model is told: the newest messages, at most `max_messages`.

        Left out are a tool's result without its call among them and a call without its result,
        which models refuse.
        """
        filters = known_filters(user_email, environment_id, None)
        rows = self._rows(filters, known_limit(max_messages), newest=True)
        return [message_dict(row) for row in _whole_pairs(rows)]

    def search_messages(
        self,
        query: str,
        limit: int = 20,
        user_email: str | None = None,
        environment_id: str | None = None,
        role: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> list[MessageDict]:
        """The newest `limit` messages that hold every word of a query, newest first.

        Words are also found in other forms (run, running) and with other accents. Nothing in the
        query is syntax; without a word it finds nothing.
        """
        if not isinstance(query, str):
            raise UsageError(f"query is {type(query).__name__}, not text; give a str.")
        filters = known_filters(user_email, environment_id, role, since, until)
        rows = search(self._database, self.mind_gmid, query, filters, known_limit(limit))
        return [message_dict(row) for row in rows]

    def add_tool_call(
        self,
        name: str,
        arguments: Mapping[str, JsonValue],
        call_id: str | None = None,
        user_email: str | None = None,
        environment_id: str | None = None,
        content: str | None = None,
        timestamp: Moment | None = None,
    ) -> Message:
        """Write that the assistant calls a tool; `add_tool_result` is to follow.

        `metadata["tool_call"]` has its `id` (drawn, unless given), `name` and `arguments`. The
        `content` is what the assistant said to it; without, the call as text. Raises UsageError
        for a `call_id` that the mind has.
        """
        number = f"call-{uuid4().hex}" if call_id is None else require_name(call_id, "call_id")
        call = tool_call(number, name, arguments)
        said = f"{name}({json.dumps(call['arguments'])})"[:MOST_CHARACTERS]
        new = NewMessage("assistant", content or said, user_email, environment_id, None, timestamp)
        row = message_row(self.mind_gmid, new)
        row["extra_data"] = json.dumps({"tool_call": call, "process": own_mark()})
        return self._append({**row, "tool_call_id": number, "awaits_result": AWAITS_RESULT})

    def add_tool_result(
        self, call_id: str, content: str, timestamp: Moment | None = None
    ) -> Message:
        """Write the result of a tool call, into the call's thread; it may be empty text.

        `metadata["tool_call_id"]` names the call. Raises UsageError when there is no such call,
        when it has a result, and when `timestamp` is before the call. It replaces what `repair`
        wrote.
        """
        row = self._result_row(call_id, content, timestamp, {})
        exact = timestamp is not None
        number, whole = self._database.writer.write(
            lambda connection: append_result(connection, row, exact=exact)
        )
        return _message(number, whole)

    def repair(self) -> int:
        """Give each call whose result will hardly come a stand-in, so that pairs are whole; gives
        how many. Its metadata has `repaired`.

        That is: the process that made the call has ended, or has had 24 hours.
        """
        long_ago, repaired = utc_after(-_RESULT_SECONDS), 0
        for call in open_calls(self._database, self.mind_gmid):
            if call.timestamp > long_ago and call.process and is_running(call.process):
                continue
            row = self._result_row(call.call_id, _NO_RESULT, call.timestamp, {"repaired": True})
            repaired += self._database.writer.write(
                lambda connection, row=row: append_stand_in(connection, row)  # type: ignore[misc]
            )
        return repaired

    def delete_message(self, message_id: int) -> bool:
        """Delete a message, and with a tool call its result or the other way round; gives whether
        the mind had it."""
        ids = [known_id(message_id)]
        return delete_with_event(self._database, self.mind_gmid, ids, "messages.deleted") > 0

    def prune(self, policy: RetentionPolicy) -> int:
        """Delete what is older or more than a policy says; gives how many messages."""
        return prune(self._database, self.mind_gmid, policy)

    def delete_old_messages(self, older_than_days: float = 90, keep_minimum: int = 100) -> int:
        """Delete messages older than so many days, except the newest `keep_minimum`; gives how
        many."""
        try:
            policy = RetentionPolicy(max_age_days=older_than_days, keep_minimum=keep_minimum)
        except ValidationError as error:
            reasons = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())
            raise UsageError(f"Old messages cannot be deleted so: {reasons}.") from None
        return self.prune(policy)

    def clear_all(self) -> int:
        """Delete every message of the mind, its counters, and its words from the search index;
        gives how many messages."""
        return clear_messages(self._database, self.mind_gmid)

    def get_stats(self) -> dict[str, int | str | None]:
        """`total_messages`, `user_messages`, `assistant_messages`, `system_messages`,
        `tool_messages`, and the times `oldest_message` and `newest_message` (None without any)."""
        counts = count_messages(self._database, self.mind_gmid)
        oldest, newest = outermost_times(self._database, self.mind_gmid)
        numbers = {f"{name}_messages": counts[name] for name in ("total", *ROLES)}
        return {**numbers, "oldest_message": oldest, "newest_message": newest}

    def get_conversation_threads(self, user_email: str | None = None) -> list[MessageDict]:
        """The threads, or those with one user; the latest message first. Each has `user_email`,
        `environment_id`, `message_count`, and of its latest message `last_message_time`,
        `last_message_role` and `last_message_preview`, its first 100 characters."""
        known_filters(user_email, None, None)
        threads = list_threads(self._database, self.mind_gmid, user_email)
        return [asdict(thread) for thread in threads]

    def _append(self, row: MessageValues) -> Message:
        number = self._database.writer.write(lambda connection: append_message(connection, row))
        return _message(number, row)

    def _import(self, rows: Sequence[Values]) -> int:
        if rows:
            self._database.writer.write(lambda connection: import_messages(connection, rows))
        return len(rows)

    def _rows(self, filters: Filters, limit: int, *, newest: bool) -> list[Row]:
        return fetch_page(self._database, self.mind_gmid, filters, limit, newest=newest)

    def _page(self, filters: Filters, limit: int, *, newest: bool = True) -> list[MessageDict]:
        return [message_dict(row) for row in self._rows(filters, known_limit(limit), newest=newest)]

    def _result_row(
        self, call_id: str, content: str, timestamp: Moment | None, about: dict[str, JsonValue]
    ) -> MessageValues:
        """A result's row; the call's thread is put in when it is written."""
        number = require_name(call_id, "call_id")
        new = NewMessage("tool", content, None, None, {"tool_call_id": number, **about}, timestamp)
        return {**message_row(self.mind_gmid, new, blank=True), "tool_call_id": number}


def _message(number: int, row: Values) -> Message:
    extra = row["extra_data"]
    return Message(
        id=number,
        role=str(row["role"]),
        content=str(row["content"]),
        user_email=row["user_email"],  # type: ignore[arg-type]  # text or None
        environment_id=row["environment_id"],  # type: ignore[arg-type]  # text or None
        timestamp=str(row["timestamp"]),
        metadata={} if extra is None else json.loads(str(extra)),
    )


def _whole_pairs(rows: Sequence[Row]) -> list[Row]:
    """Messages without results and calls that stand alone; a tool's message of no call is one."""
    halves = Counter(row[3] for row in rows)
    return [
        row for row in rows if (row[2] != "tool" if row[3] is None else halves[row[3]] == _PAIR)
    ]
