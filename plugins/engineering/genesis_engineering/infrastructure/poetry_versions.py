"""Poetry's version constraints in the notation of PEP 440."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version


def poetry_specifier(text: str) -> str:
    """`^1.2` as `>=1.2,<2`, `~1.2` as `>=1.2,<1.3`, `1.2` as `==1.2`, `*` as "".

    Poetry's documentation ("Dependency specification") has the rules. An alternative (`||`) and
    anything that cannot be read allow any version here.
    """
    if "|" in text:
        return ""
    parts = [part.strip() for part in text.replace(" ", "").split(",")]
    try:
        return ",".join(filter(None, (_part(part) for part in parts if part)))
    except InvalidVersion:
        return ""


def _part(text: str) -> str:
    if text == "*":
        return ""
    if text.startswith("~="):
        return text
    if text.startswith("^"):
        return f">={Version(text[1:])},<{_next(text[1:], caret=True)}"
    if text.startswith("~"):
        return f">={Version(text[1:])},<{_next(text[1:], caret=False)}"
    if text[0] in "<>=!":
        return text if not text.startswith("=") or text.startswith("==") else f"={text}"
    if text.endswith(".*"):
        return f"=={text}"
    return f"=={Version(text)}"


def _next(text: str, *, caret: bool) -> str:
    """The first version that a caret or a tilde leaves out."""
    release = list(Version(text).release)
    if caret:
        place = next((i for i, number in enumerate(release) if number), len(release) - 1)
    else:
        place = min(1, len(release) - 1)
    return ".".join(str(number) for number in [*release[:place], release[place] + 1])
