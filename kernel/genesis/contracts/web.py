"""Endpoints of the HTTP API, as the kernel itself and plugins describe them.

An endpoint is data: the routes, the checks of what comes in and the OpenAPI document are made
from it, so none of them can disagree with another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class NoInput(BaseModel):
    """Query or body of an endpoint that takes none."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Query = TypeVar("Query", bound=BaseModel)
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """A request whose parts have been checked: parts of the path by name, query, and body."""

    path: Mapping[str, str]
    query: Query
    body: Body


@dataclass(frozen=True)
class Endpoint(Generic[Query, Body]):
    """One method of one path.

    `path` is relative to where the endpoints are mounted, with `{name}` for its variable parts.
    `call` runs in a thread; what it returns is the JSON of the answer and has the shape of
    `answer` (a pydantic model, a TypedDict or a dataclass; None for an answer without content).
    What it raises becomes problem details: NotFoundError 404, ConflictError 409, any other
    UsageError 422, StorageError and HomeError 503. `problems` lists the statuses, besides those
    that every endpoint can have, that it answers with on purpose. `creates` says that a POST makes
    something, so that it takes an `Idempotency-Key`.
    """

    method: Method
    path: str
    summary: str
    call: Callable[[Call[Query, Body]], object]
    answer: type | None
    query: type[BaseModel] = NoInput
    body: type[BaseModel] | None = None
    status: int = 200
    problems: tuple[int, ...] = ()
    creates: bool = False
    path_patterns: Mapping[str, str] = field(default_factory=dict)


class Endpoints(BaseModel):
    """What a plugin adds to the API.

    They are mounted below `/api/` and the plugin's id, or below `prefix` where the plugin has one
    of its own, such as `rl`. The kernel's guard stands before all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    endpoints: tuple[Endpoint[BaseModel, BaseModel], ...] = Field(min_length=1)
    prefix: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$")
