"""The contrast of two colours, and pairs of colours that a rule of CSS sets together."""

from __future__ import annotations

from collections.abc import Iterable

from genesis_engineering.pages.css_blocks import Declaration

LEAST = 4.5
LEAST_LARGE = 3.0
"""WCAG 2.2, 1.4.3: for text, and for text of 24 px or bold text of 18.66 px."""

Colour = tuple[float, float, float]


def ratio(one: Colour, other: Colour) -> float:
    """The contrast ratio of two sRGB colours (0 to 1 each part), from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def literal_pair(declarations: Iterable[Declaration]) -> tuple[Colour, Colour] | None:
    """Text and background colour of a block that sets both, each opaque and written out."""
    found: dict[str, Colour | None] = {}
    for one in declarations:
        if one.name in ("background-image", "opacity", "-webkit-text-fill-color", "filter"):
            return None
        if one.name in ("color", "background-color", "background"):
            name = "color" if one.name == "color" else "background"
            found[name] = _literal("".join(token.serialize() for token in one.value).strip())
    text, background = found.get("color"), found.get("background")
    return (text, background) if text and background else None


def _literal(text: str) -> Colour | None:
    from tinycss2.color3 import parse_color  # type: ignore[import-untyped]

    colour = parse_color(text)
    if colour is None or colour == "currentColor" or colour.alpha < 1:
        return None
    return (float(colour.red), float(colour.green), float(colour.blue))


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
