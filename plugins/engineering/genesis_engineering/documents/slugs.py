"""The anchors that a Markdown renderer makes from headings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_KEPT_CATEGORIES = ("L", "M", "Nd", "Pc")


def github_slug(heading: str) -> str:
    r"""The anchor of a heading's text on GitHub, before duplicates are numbered.

    The rule is html-pipeline's table of contents filter: lower case, `[^\p{Word}\- ]` removed,
    each space a hyphen.
    """
    return "".join(
        "-" if character == " " else character
        for character in heading.strip().lower()
        if character in " -" or _is_word(character)
    )


def github_slugs(headings: Iterable[str]) -> set[str]:
    """The anchors of a document's headings in order; the second `usage` becomes `usage-1`."""
    seen: Counter[str] = Counter()
    slugs = set()
    for heading in headings:
        slug = github_slug(heading)
        slugs.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return slugs


def site_slugs(headings: Iterable[str]) -> set[str]:
    """The anchors that Python-Markdown's `toc` and docutils would make of the same headings."""
    seen: Counter[str] = Counter()
    slugs = set()
    for heading in headings:
        ascii_only = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
        kept = re.sub(r"[^\w\s-]", "", ascii_only).strip().lower()
        slug = re.sub(r"[-\s]+", "-", kept)
        slugs.add(f"{slug}_{seen[slug]}" if seen[slug] else slug)
        slugs.add(re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-"))
        seen[slug] += 1
    return slugs


def comparable(anchor: str) -> str:
    """An anchor as browsers' and authors' spellings of it agree: case and emoji variants aside."""
    return anchor.replace("\ufe0f", "").replace("\u200d", "").casefold()


def _is_word(character: str) -> bool:
    return unicodedata.category(character).startswith(_KEPT_CATEGORIES)
