"""Embedders: what turns text into vectors, as plugins contribute it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Embed: TypeAlias = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts to as many vectors of unit length, in the same order. Called from several threads."""


class Embedder(BaseModel):
    """A model that memories can be searched with.

    `name` and `dimension` are stored with every vector: vectors of two models are never compared,
    so a new model, or another version of it, has another name. `load` is `package.module:function`;
    the function takes nothing and gives an `Embed`. It is called once, when the first text is to
    be embedded, and does no network access.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$")
    dimension: int = Field(ge=1, le=8192)
    load: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
