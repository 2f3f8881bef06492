"""How long a mind keeps its messages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from genesis.clock import utc_after
from genesis.storage.database import Database
from genesis.storage.pruning import prune_messages

_DAY_SECONDS = 86_400
_MOST_DAYS = 365_000
_MOST_MESSAGES = 2**53


class RetentionPolicy(BaseModel):
    """What `prune` deletes: messages older than `max_age_days`, and all but the `max_count`
    newest. None: no such limit. The `keep_minimum` newest stay in any case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_age_days: Annotated[float, Field(ge=0, le=_MOST_DAYS)] | None = None
    max_count: Annotated[int, Field(ge=0, le=_MOST_MESSAGES)] | None = None
    keep_minimum: Annotated[int, Field(ge=0, le=_MOST_MESSAGES)] = 100


def prune(database: Database, mind_gmid: str, policy: RetentionPolicy) -> int:
    """Delete what a policy says, in short transactions, each with the event `messages.pruned`;
    gives how many messages they were. A tool call and its result are deleted together."""
    age = policy.max_age_days
    return prune_messages(
        database,
        mind_gmid,
        before=None if age is None else utc_after(-age * _DAY_SECONDS),
        max_count=policy.max_count,
        keep_minimum=policy.keep_minimum,
    )
