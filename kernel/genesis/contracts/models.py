"""Models that answer in words, as plugins contribute them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ChatMessage(BaseModel):
    """One message as a model reads it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    content: str


class ChatModel(BaseModel):
    """A model that a mind can talk with.

    `missing` says in one or two sentences what it lacks at this moment and how to get it, None when
    it can be used; it answers within two seconds. `reply` gives the answer piece by piece as the
    model makes it, without what the model thinks before. When the answer fails or is cut short, it
    raises ModelError after the pieces that came, whose message says what to do. If what it gives
    has a `close`, that is called when nobody wants the rest, and ends the model's work. Neither
    function is called while plugins load; both may be called from several threads.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    description: str = Field(min_length=1)
    missing: Callable[[], str | None]
    reply: Callable[[Sequence[ChatMessage]], Iterator[str]]
