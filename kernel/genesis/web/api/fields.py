"""What the kernel's endpoints share: the forms of values, as their schemas say and code accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

Item = TypeVar("Item")
Json = dict[str, JsonValue]

RECORD_ID = r"^[0-9A-Za-z][^/\\\x00-\x1f\x7f]{0,199}$"
GMID = r"^(GMD-[0-9]{4}-[0-9A-F]{4}-[0-9A-F]{4}|GMID-[0-9A-Z]{8})$"
# Something that can be seen, and no NUL, which not every reader survives.
_VISIBLE = r"^[^\x00]*[^\s\x00-\x1f][^\x00]*$"
_LEAP_YEAR = r"([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)"
_DAY = (
    r"([12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    rf"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
_OFFSET = r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"


def _whole(value: object) -> object:
    """JSON has one kind of number: 2.0 is as whole as 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
Cursor = Annotated[str, Field(pattern=RECORD_ID, description="`next` of the page before.")]
RecordId = Annotated[str, Field(pattern=RECORD_ID)]
Limit = Annotated[int, Field(ge=1, le=200, description="The most items of one page.")]
Name = Annotated[str, Field(pattern=_VISIBLE, max_length=300)]
"""An e-mail address, an id that others gave, a word."""
Line = Annotated[str, Field(pattern=_VISIBLE, max_length=2000)]
Text = Annotated[str, Field(pattern=_VISIBLE, max_length=100_000)]
Moment = Annotated[
    str,
    Field(
        pattern=rf"^{_DAY}T{_TIME}{_OFFSET}$",
        description="A time as RFC 3339 writes it, e.g. 2026-05-01T10:00:00+02:00.",
    ),
]
RepositoryPath = Annotated[
    str,
    Field(
        pattern=r"^/[^\x00]*$", max_length=4096,
        description="The folder of a git checkout on this machine, an absolute path.",
    ),
]  # fmt: skip


class Input(BaseModel):
    """A query or a body."""

    # Else pydantic keeps thousands of texts that it read, for as long as the process runs.
    model_config = ConfigDict(frozen=True, extra="forbid", cache_strings="keys")


class Answer(BaseModel):
    """What an endpoint gives; only its schema is used, the JSON is made without it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Answer, Generic[Item]):
    """Some of the items; `next` reads on, and is null at the end."""

    items: list[Item]
    next: str | None


class PageQuery(Input):
    """Which page."""

    limit: Limit = 50
    cursor: Cursor | None = None


def whole(items: Sequence[Mapping[str, JsonValue]]) -> Json:
    """A page that has everything."""
    return {"items": [dict(item) for item in items], "next": None}
