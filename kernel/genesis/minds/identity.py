"""Who a mind is: its GMID, its name, where it comes from.

A GMID becomes the name of files and folders. Only the two forms below are one, in capital
letters: nothing in them can lead out of a folder, and no two of them can meet in one file where
the file system does not tell capital letters from small ones.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from genesis.clock import parse_time, utc_now
from genesis.errors import UsageError
from genesis.minds.text import require_text

MOST_NAME_CHARACTERS = 200
MOST_FACT_CHARACTERS = 10_000
DEFAULT_TEMPLATE = "base/curious_explorer"
_GMID = re.compile(r"GMD-[0-9]{4}-[0-9A-F]{4}-[0-9A-F]{4}|GMID-[0-9A-Z]{8}")
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
# What turns the direction of writing can make a name look like another one.
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class MindStatus(StrEnum):
    """Whether a mind takes part: it does, it rests, or it is only kept."""

    ACTIVE = "active"
    DORMANT = "dormant"
    ARCHIVED = "archived"


_OLDER_STATUS = {
    "alive": MindStatus.ACTIVE,
    "sleeping": MindStatus.DORMANT,
    "terminated": MindStatus.ARCHIVED,
}


def is_gmid(text: str) -> bool:
    """Whether a text is a GMID: `GMD-YYYY-XXXX-XXXX` (hex) or the older `GMID-XXXXXXXX`."""
    return _GMID.fullmatch(text) is not None


def parse_gmid(text: str) -> str:
    """The GMID that a person meant: without blanks around it, in capital letters.

    Raises UsageError when it is none; a GMID may then be used as the name of a file.
    """
    meant = text.strip()
    # Capital letters of other scripts' letters can be ASCII.
    if meant.isascii() and is_gmid(meant.upper()):
        return meant.upper()
    raise UsageError(
        f"{text[:60]!r} is no GMID. A GMID looks like GMD-2026-B361-F5F0 or GMID-12345678."
    )


def new_gmid(now: str | None = None) -> str:
    """A GMID of the year of `now` (a UTC timestamp; None: the present) with 32 random bits.

    Two of 10,000 minds of one year share one with a chance of about 1 % (birthday bound), so
    who keeps minds must refuse one that is taken and draw again.
    """
    drawn = f"{secrets.randbits(32):08X}"
    return f"GMD-{parse_time(now or utc_now())[:4]}-{drawn[:4]}-{drawn[4:]}"


def parse_name(text: str) -> str:
    """A mind's name: NFC, without blanks around it. Raises UsageError for what is no name."""
    try:
        return _name(text)
    except ValueError as error:
        raise UsageError(f"The name {text!r:.60} cannot be used: {error}.") from None


def fingerprint(gmid: str, birth_timestamp: str, creator: str) -> str:
    """The first 128 bits of a SHA-256 over the facts of a birth, as eight groups of hex digits.

    It can be computed again: a file whose fingerprint differs says something else about its
    mind's birth than it did then. (Older files hold random ones.)
    """
    facts = f"{gmid}\n{birth_timestamp}\n{creator}"
    digits = hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest().upper()
    return ":".join(digits[place : place + 4] for place in range(0, 32, 4))


def _name(text: str) -> str:
    if not isinstance(text, str):
        raise ValueError("it is no text")
    name = unicodedata.normalize("NFC", text).strip()
    if len(name) > MOST_NAME_CHARACTERS:
        raise ValueError(f"it has more than {MOST_NAME_CHARACTERS} characters")
    if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        raise ValueError("it holds a control character or the end of a line")
    if any(unicodedata.bidirectional(character) in _TURNING for character in name):
        raise ValueError("it holds a character that turns the direction of writing")
    if not any(character.isprintable() and not character.isspace() for character in name):
        raise ValueError("it holds nothing that can be seen")
    return name


def _gmid(text: str) -> str:
    if not is_gmid(text):
        raise ValueError("it is no GMID like GMD-2026-B361-F5F0 or GMID-12345678")
    return text


def _status(value: object) -> object:
    return _OLDER_STATUS.get(value, value) if isinstance(value, str) else value


class Identity(BaseModel):
    """Who a mind is. Keys of older files that are not named here are kept.

    `birth_timestamp` is a UTC timestamp of `genesis.clock`; older files' local times become one.
    A `status` that this release does not know is kept as it stands, and is not active.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    gmid: Annotated[str, AfterValidator(_gmid)]
    name: Annotated[str, AfterValidator(_name)]
    digital_fingerprint: str = ""
    birth_timestamp: Annotated[str, AfterValidator(parse_time)]
    creator: str = "anonymous"
    creator_email: str | None = None
    template: str = DEFAULT_TEMPLATE
    primary_purpose: str | None = None
    primary_role: str | None = None
    status: Annotated[
        MindStatus | str, Field(union_mode="left_to_right"), BeforeValidator(_status)
    ] = MindStatus.ACTIVE


def new_identity(
    name: str,
    *,
    creator: str = "anonymous",
    creator_email: str | None = None,
    template: str = DEFAULT_TEMPLATE,
    primary_purpose: str | None = None,
    primary_role: str | None = None,
    now: str | None = None,
) -> Identity:
    """The identity of a mind that is born at `now` (None: the present).

    Raises UsageError when the name or another text cannot be used.
    """
    require_text(creator, "creator", MOST_FACT_CHARACTERS, blank=True)
    others = {
        "creator_email": creator_email, "template": template, "primary_purpose": primary_purpose,
        "primary_role": primary_role,
    }  # fmt: skip
    for what, text in others.items():
        if text is not None:
            require_text(text, what, MOST_FACT_CHARACTERS, blank=True)
    born = parse_time(now or utc_now())
    gmid = new_gmid(born)
    return Identity(
        gmid=gmid,
        name=parse_name(name),
        digital_fingerprint=fingerprint(gmid, born, creator),
        birth_timestamp=born,
        creator=creator,
        creator_email=creator_email,
        template=template,
        primary_purpose=primary_purpose,
        primary_role=primary_role,
    )
