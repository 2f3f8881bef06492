"""Whether a version meets a range of npm; the one place that needs nodesemver."""

from __future__ import annotations

_LONGEST = 200


def meets(version: str, wanted: str) -> bool | None:
    """Whether a version meets a range as npm's semver reads it; None when either cannot be read."""
    if max(len(version), len(wanted)) > _LONGEST:
        return None
    import nodesemver  # type: ignore[import-untyped]

    try:
        return bool(nodesemver.satisfies(version, wanted, loose=True))
    except (ValueError, RecursionError, AttributeError, TypeError, IndexError, KeyError):
        return None
