"""Time zones by their IANA names, and the one of this machine."""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from genesis.errors import UsageError

_FOLDER = "zoneinfo/"
# Listing them walks a folder of hundreds of files.
_names = cache(available_timezones)
_COPIES = ("posix/", "right/")


def find_zone(name: str) -> ZoneInfo:
    """A time zone such as `Europe/Stockholm`. Raises UsageError that suggests a similar name."""
    try:
        zone = ZoneInfo(name)
        # Other files beside those of zones can be opened as one, e.g. `posixrules`.
        if ("/" in name and not name.startswith(_COPIES)) or name in _names():
            return zone
    except (KeyError, ValueError, OSError):
        pass
    known = {zone.lower(): zone for zone in _names()}
    similar = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    meant = f" Did you mean {known[similar[0]]!r}?" if similar else ""
    raise UsageError(
        f"There is no time zone {name[:80]!r}.{meant} Give a name such as Europe/Stockholm or UTC."
    )


def local_zone(localtime: Path = Path("/etc/localtime")) -> str:
    """The zone of this machine: TZ, or where the link `/etc/localtime` leads; UTC when neither
    names one."""
    named = os.environ.get("TZ", "").removeprefix(":")
    for candidate in (named, str(localtime.resolve())):
        name = candidate.rpartition(_FOLDER)[2]
        for copy in _COPIES:
            name = name.removeprefix(copy)
        if name in _names():
            return name
    return "UTC"
