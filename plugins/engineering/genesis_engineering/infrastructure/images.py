"""References to container images: their parts, and whether what they hold still gets fixes."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from genesis_engineering.infrastructure.end_of_life import ended, today

_PRODUCTS = {
    "python": "python", "node": "node", "debian": "debian", "ubuntu": "ubuntu",
    "alpine": "alpine", "centos": "centos", "postgres": "postgres", "mysql": "mysql",
    "mongo": "mongo", "php": "php", "ruby": "ruby", "golang": "golang",
}  # fmt: skip
_SYSTEMS = ("debian", "ubuntu", "alpine")


@dataclass(frozen=True)
class Image:
    """`name` is without registry for Docker's official images; `tag` "" means none was given."""

    name: str
    tag: str
    digest: str

    @property
    def is_official(self) -> bool:
        return "/" not in self.name


def read_image(reference: str) -> Image | None:
    """The parts of a reference; None when it holds a variable or is no reference."""
    if not re.fullmatch(r"[\w./:@-]{1,300}", reference):
        return None
    rest, _, digest = reference.partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    full = f"{head}{slash}{name}"
    return Image(re.sub(r"^(docker\.io/)?(library/)?", "", full) or full, tag, digest)


def image_ended(reference: str, day: datetime.date | None = None) -> tuple[str, str] | None:
    """What in an official image is past its end of life, and since when; None otherwise.

    First the product that the image is named after, then the system that its tag names
    (`3.12-slim-buster`, `20-alpine3.15`).
    """
    image = read_image(reference)
    if image is None or not image.is_official or not image.tag:
        return None
    day = day or today()
    found = ended(_PRODUCTS.get(image.name, ""), image.tag, day)
    for word in image.tag.split("-"):
        for system in _SYSTEMS:
            version = word.removeprefix(system) if word.startswith(system) else word
            if found is None and (version != word or word.isalpha()):
                found = ended(system, version, day)
    return (found[0], found[1].isoformat()) if found else None
