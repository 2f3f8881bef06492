"""How long a mind keeps its messages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genesis.clock import utc_after
from genesis.errors import MindError
from genesis.minds.mind_file import MindDocument
from genesis.storage.database import Database

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

    @property
    def is_set(self) -> bool:
        """Whether there is anything to delete by it."""
        return self.max_age_days is not None or self.max_count is not None


def retention_of(document: MindDocument) -> RetentionPolicy:
    """The rule in a mind's file: `config.retention`. Raises MindError when it is none."""
    try:
        return RetentionPolicy.model_validate(document.config.get("retention") or {})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["config", "retention", *(str(part) for part in first["loc"])])
        raise MindError(
            f"The rule {key} of the mind {document.identity.gmid} cannot be used: {first['msg']}. "
            "Correct it and save the mind."
        ) from None


def prune(database: Database, mind_gmid: str, policy: RetentionPolicy) -> int:
    """Delete what a policy says, in short transactions, each with the event `messages.pruned`;
    gives how many messages they were. A tool call and its result are deleted together."""
    from genesis.storage.pruning import prune_messages

    age = policy.max_age_days
    return prune_messages(
        database,
        mind_gmid,
        before=None if age is None else utc_after(-age * _DAY_SECONDS),
        max_count=policy.max_count,
        keep_minimum=policy.keep_minimum,
    )
