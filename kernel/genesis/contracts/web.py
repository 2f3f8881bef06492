"""Endpoints of the HTTP API, as the kernel itself and plugins describe them.

An endpoint is data: the routes, the checks of what comes in and the OpenAPI document are made
from it, so none of them can disagree with another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, Never, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
PATH_PART = r"^[^/\\\x00-\x1f\x7f]{1,200}$"
"""What a variable part of a path may be, where the endpoint has no pattern of its own for it."""

_PATH = re.compile(r"(/([a-z0-9][a-z0-9._-]*|\{[a-z][a-z0-9_]*\}))*")
_VARIABLE = re.compile(r"\{([a-z0-9_]+)\}")


class NoInput(BaseModel):
    """Query or body of an endpoint that takes none."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Query = TypeVar("Query", bound=BaseModel, covariant=True)
Body = TypeVar("Body", bound=BaseModel, covariant=True)
AskedQuery = TypeVar("AskedQuery", bound=BaseModel, contravariant=True)
AskedBody = TypeVar("AskedBody", bound=BaseModel, contravariant=True)


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """A request whose parts have been checked: parts of the path by name, query, and body; and of
    one that creates its `Idempotency-Key`, None where it has none."""

    path: Mapping[str, str]
    query: Query
    body: Body
    key: str | None = None


@dataclass(frozen=True)
class Endpoint(Generic[AskedQuery, AskedBody]):
    """One method of one path.

    `path` is relative to where the endpoints are mounted, with `{name}` for its variable parts
    ("" for the mount itself); `path_patterns` has the regular expressions of those that are more
    than `PATH_PART`. `call` runs in a thread; what it returns is the JSON of the answer and has
    the shape of `answer` (a pydantic model, a TypedDict or a dataclass; None for an answer without
    content). What it raises becomes problem details: NotFoundError 404, ConflictError 409, any
    other UsageError 422, any other GenesisError 503. `problems` lists the statuses, besides
    those that every endpoint can have, that it answers with on purpose. `creates` says that a POST
    makes something, so that it takes an `Idempotency-Key`; `location` is then the path of what it
    made, such as `/api/minds/{gmid}` with members of the answer. Raises ValueError for a
    description that is none.
    """

    method: Method
    path: str
    summary: str
    call: Callable[[Call[AskedQuery, AskedBody]], object]
    answer: type | None
    query: type[BaseModel] = NoInput
    body: type[BaseModel] | None = None
    status: int = 200
    problems: tuple[int, ...] = ()
    creates: bool = False
    path_patterns: Mapping[str, str] = field(default_factory=dict)
    location: str | None = None

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise ValueError(f"{self.method!r} is no method; use one of {get_args(Method)}")
        if not _PATH.fullmatch(self.path):
            raise ValueError(
                f"{self.path!r} is no path of an endpoint; write it as /leads/{{id}}, in small "
                "letters, below the place where the endpoints are mounted"
            )
        names = self.variables
        if len(set(names)) != len(names) or not set(self.path_patterns) <= set(names):
            raise ValueError(f"{self.path}: each variable part has one name, and patterns name it")
        if self.creates and self.method != "POST":
            raise ValueError(f"{self.method} {self.path}: only a POST creates")
        if self.body is not None and self.method in ("GET", "DELETE"):
            raise ValueError(f"{self.method} {self.path}: a {self.method} has no body")
        if not 200 <= self.status < 300:
            raise ValueError(f"{self.path}: an answer has a status from 200 to 299")

    @property
    def variables(self) -> list[str]:
        """The names of the variable parts of the path, in their order."""
        return _VARIABLE.findall(self.path)


AnyEndpoint: TypeAlias = Endpoint[Never, Never]
"""An endpoint, whatever it takes."""


class Endpoints(BaseModel):
    """What a plugin adds to the API.

    They are mounted below `/api/` and the plugin's id, or below `prefix` where the plugin has one
    of its own, such as `rl`. The kernel's guard stands before all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    endpoints: tuple[AnyEndpoint, ...] = Field(min_length=1)
    prefix: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$")
