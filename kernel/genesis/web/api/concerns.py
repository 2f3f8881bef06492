"""What a mind cares about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from genesis.clock import parse_time, utc_now
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import NotFoundError
from genesis.minds.concerns import Concerns
from genesis.storage.concerns import NEWEST, OLDEST, Concern, due_concerns, page_concerns
from genesis.storage.concerns import Page as Stretch
from genesis.web.api.fields import (
    RECORD_ID,
    Input,
    Limit,
    Moment,
    Name,
    Page,
    PageQuery,
    Text,
)
from genesis.web.api.minds import ONE_MIND, MindRoutes
from genesis.web.services import Services

ConcernType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Remark = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=10_000)]
# The time and the id of a concern: it may get another time while somebody pages.
_PLACE = r"^[0-9TZ:.-]{20,32}~[^/\\\x00-\x1f\x7f]{1,200}$"


class ConcernsQuery(PageQuery):
    """Which concerns, newest first."""

    status: Literal["active", "monitoring", "resolved"] | None = None


class DueQuery(Input):
    """Which concerns that are due `at` a time, by default now; the earliest first."""

    limit: Limit = 50
    cursor: Annotated[str, Field(pattern=_PLACE)] | None = None
    at: Moment | None = None


class NewConcern(Input):
    """Something to care about; `concern_type` is such as health, emotion, task, relationship."""

    content: Text
    concern_type: ConcernType
    user_email: Name | None = None
    context: Remark = ""
    priority: Literal["low", "medium", "high"] = "medium"
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    next_check_at: Moment | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class Resolution(Input):
    """Why it is resolved."""

    reason: Remark = ""


class ConcernRoutes:
    """The endpoints of concerns."""

    def __init__(self, services: Services, minds: MindRoutes) -> None:
        self._database = services.kernel.database
        self._delivery = services.kernel.delivery
        self._minds = minds

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        path, one = "/minds/{gmid}/concerns", {**ONE_MIND, "id": RECORD_ID}
        return (
            Endpoint("GET", path, "List concerns, newest first", self.page, Page[Concern],
                     ConcernsQuery, problems=(404,), path_patterns=ONE_MIND),
            Endpoint("POST", path, "Begin to care", self.create, Concern, body=NewConcern,
                     status=201, problems=(404,), creates=True, path_patterns=ONE_MIND),
            Endpoint("GET", f"{path}/due", "List concerns that are due", self.due, Page[Concern],
                     DueQuery, problems=(404,), path_patterns=ONE_MIND),
            Endpoint("GET", f"{path}/{{id}}", "Show a concern", self.show, Concern,
                     problems=(404,), path_patterns=one),
            Endpoint("POST", f"{path}/{{id}}/resolve", "Resolve a concern", self.resolve, Concern,
                     body=Resolution, problems=(404, 409), path_patterns=one),
        )  # fmt: skip

    def page(self, call: Call[ConcernsQuery, NoInput]) -> object:
        """A page of one status, or of all."""
        gmid, query = call.path["gmid"], call.query
        until, before = NEWEST, ""
        if query.cursor is not None:
            last = self._find(gmid, query.cursor)
            until, before = last.created_at, last.concern_id
        stretch = Stretch(OLDEST, until, before, query.limit + 1)
        found = page_concerns(self._database, gmid, stretch, status=query.status)
        return self._page(gmid, found, query.limit)

    def due(self, call: Call[DueQuery, NoInput]) -> object:
        """A page of those to come back to."""
        gmid, query = call.path["gmid"], call.query
        time, _, last = (query.cursor or "").partition("~")
        now = utc_now() if query.at is None else parse_time(query.at)
        found = due_concerns(self._database, gmid, now, query.limit + 1, (time, last))
        page = self._page(gmid, found, query.limit)
        if page["next"] is not None:
            page["next"] = f"{found[query.limit - 1].next_check_at}~{page['next']}"
        return page

    def create(self, call: Call[NoInput, NewConcern]) -> object:
        """Write one."""
        added = self._of(call.path["gmid"]).add(**call.body.model_dump())
        self._delivery.wake()
        return added

    def show(self, call: Call[NoInput, NoInput]) -> object:
        """One."""
        return self._find(call.path["gmid"], call.path["id"])

    def resolve(self, call: Call[NoInput, Resolution]) -> object:
        """End one."""
        concerns = self._of(call.path["gmid"])
        resolved = concerns.resolve(call.path["id"], call.body.reason)
        self._delivery.wake()
        return resolved

    def _of(self, gmid: str) -> Concerns:
        self._minds.find(gmid)
        return Concerns(gmid, self._database)

    def _find(self, gmid: str, concern_id: str) -> Concern:
        found = self._of(gmid).get(concern_id)
        if found is None:
            raise NotFoundError(f"This mind has no concern {concern_id!r}.")
        return found

    def _page(self, gmid: str, found: list[Concern], limit: int) -> dict[str, object]:
        if not found:
            self._minds.find(gmid)
        more = len(found) > limit
        return {"items": found[:limit], "next": found[limit - 1].concern_id if more else None}
