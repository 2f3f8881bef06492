"""Minds: who there is, and a new one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genesis.clock import utc_now
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import MindError, NotFoundError
from genesis.mind import Mind
from genesis.minds.finding import file_of
from genesis.minds.identity import DEFAULT_TEMPLATE
from genesis.minds.mind_file import read_mind_file
from genesis.storage.listing import JsonRow, Listing
from genesis.storage.mind_tables import MindRow
from genesis.storage.minds import find_minds
from genesis.web.api.fields import GMID, Answer, Input, Name, Page, PageQuery
from genesis.web.services import Services

# A letter or digit, and none of what cannot be seen or turns the direction of writing.
_SEEN = r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*"
_MIND_NAME = rf"^{_SEEN}[^\W_]{_SEEN}$"
ONE_MIND = {"gmid": GMID}


class KnownMind(Answer):
    """A mind of this home."""

    gmid: str
    name: str
    creator: str
    creator_email: str | None
    template: str
    primary_purpose: str | None
    primary_role: str | None
    status: str
    birth_date: str
    last_active: str


class MindDetail(KnownMind):
    """A mind, and what it feels at this moment; null while its file cannot be read."""

    emotion: str | None


class NewMind(Input):
    """A mind to be born. The name has a letter or digit."""

    name: Annotated[str, Field(pattern=_MIND_NAME, max_length=64)]
    creator: Name = "anonymous"
    creator_email: Name | None = None
    template: Name = DEFAULT_TEMPLATE
    primary_purpose: Name | None = None
    primary_role: Name | None = None


_MINDS = Listing(MindRow, tuple(KnownMind.model_fields), key="gmid")


class MindRoutes:
    """The endpoints of minds themselves."""

    def __init__(self, services: Services) -> None:
        self._kernel = services.kernel
        self._database = services.kernel.database

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        return (
            Endpoint("GET", "/minds", "List minds", self.page, Page[KnownMind], PageQuery),
            Endpoint("POST", "/minds", "Let a mind be born", self.create, MindDetail,
                     body=NewMind, status=201, creates=True, location="/api/minds/{gmid}"),
            Endpoint("GET", "/minds/{gmid}", "Show a mind", self.show, MindDetail,
                     problems=(404,), path_patterns=ONE_MIND),
        )  # fmt: skip

    def page(self, call: Call[PageQuery, NoInput]) -> object:
        """A page, by GMID."""
        return _MINDS.page(self._database, call.query.limit, call.query.cursor)

    def create(self, call: Call[NoInput, NewMind]) -> object:
        """A new mind with its file."""
        mind = Mind.birth(**call.body.model_dump(), store=self._kernel.minds)
        self._kernel.delivery.wake()
        return self._detail(mind.gmid)

    def show(self, call: Call[NoInput, NoInput]) -> object:
        """One."""
        return self._detail(call.path["gmid"])

    def find(self, gmid: str) -> JsonRow:
        """A mind by its GMID. Raises NotFoundError."""
        found = _MINDS.find(self._database, gmid)
        if found is None:
            raise NotFoundError(f"There is no mind {gmid!r}. `/api/minds` lists them.")
        return found

    def _detail(self, gmid: str) -> JsonRow:
        found = self.find(gmid)
        (record, *_) = find_minds(self._database, gmid)
        try:
            document = read_mind_file(file_of(self._kernel.home.minds, record))
        except MindError:
            return {**found, "emotion": None}
        return {**found, "emotion": str(document.emotional_state.at(utc_now()).felt)}
