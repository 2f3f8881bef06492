"""What a mind and its users said to each other."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import NotFoundError
from genesis.minds.conversation import ConversationManager
from genesis.minds.message_input import known_filters
from genesis.storage.message_pages import fetch_page, has_message, message_dict
from genesis.web.api.fields import Answer, Input, Limit, Moment, Name, Text
from genesis.web.api.minds import ONE_MIND, MindRoutes
from genesis.web.services import Services

MessageId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class SaidMessage(Answer):
    """A message; `content` is text, whatever it looks like."""

    id: int
    role: Literal["user", "assistant", "system", "tool"]
    content: str
    user_email: str | None
    environment_id: str | None
    timestamp: str
    metadata: dict[str, JsonValue]


class MessagePage(Answer):
    """Messages in the order in which they were said. `next` is the id to read on with: as `after`
    where that was given, otherwise as `before`; null at the end."""

    items: list[SaidMessage]
    next: int | None


class MessagesQuery(Input):
    """Which messages: with `after` the first that follow that message, otherwise the newest,
    before the message `before`. From `since` on (included), until `until` (not included)."""

    limit: Limit = 50
    before: MessageId | None = None
    after: MessageId | None = None
    since: Moment | None = None
    until: Moment | None = None
    user_email: Name | None = None
    environment_id: Name | None = None
    role: Literal["user", "assistant", "system", "tool"] | None = None


class NewMessage(Input):
    """A message said now. An answer needs the `user_email` of who gets it."""

    role: Literal["user", "assistant", "system"]
    content: Text
    user_email: Name | None = None
    environment_id: Name | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class MessageRoutes:
    """The endpoints of conversations."""

    def __init__(self, services: Services, minds: MindRoutes) -> None:
        self._database = services.kernel.database
        self._delivery = services.kernel.delivery
        self._minds = minds

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        path = "/minds/{gmid}/messages"
        return (
            Endpoint("GET", path, "Read messages", self.page, MessagePage, MessagesQuery,
                     problems=(404,), path_patterns=ONE_MIND),
            Endpoint("POST", path, "Say something", self.create, SaidMessage, body=NewMessage,
                     status=201, problems=(404,), creates=True, path_patterns=ONE_MIND),
        )  # fmt: skip

    def page(self, call: Call[MessagesQuery, NoInput]) -> object:
        """A page; costs its SQL and little more."""
        query, gmid = call.query, call.path["gmid"]
        filters = known_filters(
            query.user_email, query.environment_id, query.role, query.since, query.until
        )
        for name, place in (("before", query.before), ("after", query.after)):
            if place is not None:
                filters[name] = place
        forward, limit = query.after is not None, query.limit
        rows = fetch_page(self._database, gmid, filters, limit + 1, newest=not forward)
        if not rows:
            self._explain(gmid, query)
        kept = rows[:limit] if forward else rows[-limit:]
        last = (kept[-1] if forward else kept[0])[0] if len(rows) > limit else None
        return {"items": [message_dict(row) for row in kept], "next": last}

    def create(self, call: Call[NoInput, NewMessage]) -> object:
        """Write one."""
        new = call.body
        message = ConversationManager(call.path["gmid"], self._database).add_message(
            new.role, new.content, new.user_email, new.environment_id, new.metadata
        )
        self._delivery.wake()
        return message

    def _explain(self, gmid: str, query: MessagesQuery) -> None:
        """Why a page is empty: raises NotFoundError for a mind or a place that is not there."""
        self._minds.find(gmid)
        for place in (query.before, query.after):
            if place is not None and not has_message(self._database, gmid, place):
                raise NotFoundError(
                    f"{gmid} has no message {place}. It may have been deleted: begin again, or "
                    "read on from a time with `since` or `until`."
                )
