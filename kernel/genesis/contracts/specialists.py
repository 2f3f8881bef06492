"""Specialists and the tools that they work with, as plugins contribute them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Identifier = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class Team(BaseModel):
    """A team of specialists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=Identifier, max_length=40)
    name: str
    domain: str
    description: str = ""


class Tool(BaseModel):
    """A piece of work that specialists share.

    `run` is `package.module:function` and names a `ToolFunction`. It is a name and not the
    function, so that contributing a tool imports nothing and a child process can find it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=Identifier, max_length=40)
    description: str = Field(min_length=1)
    run: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")


class ToolUse(BaseModel):
    """A tool as one specialist uses it: its settings, and for which kinds of task (none: all)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    kinds: tuple[str, ...] = ()
    params: dict[str, JsonValue] = Field(default_factory=dict)


class Specialist(BaseModel):
    """Who does a kind of work: described in data, working through tools.

    `executor` says where its attempts run: `process` (a child of its own, that can be ended at any
    moment) or `inline` (a thread of the kernel; for trusted code of a few milliseconds).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=Identifier, max_length=40)
    team: str = Field(pattern=Identifier, max_length=40)
    role: str = Field(min_length=1)
    kinds: tuple[str, ...] = Field(min_length=1)
    tools: tuple[ToolUse, ...] = Field(min_length=1)
    prompt: str = ""
    emoji: str = ""
    executor: Literal["process", "inline"] = "process"
