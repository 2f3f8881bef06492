"""A name for each finding that it keeps while lines move and other files change.

A fingerprint is `base:context:number`. The base is made of the rule's meaning, the file, and the
text of the line; of findings with the same base, the context (of three lines before and after it)
tells which is which, and the number makes the name unique.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence

from genesis.contracts import Finding
from genesis.contracts.judgements import JudgedFinding

from genesis_engineering.judgement.meanings import meaning_of
from genesis_engineering.judgement.merging import Seen
from genesis_engineering.judgement.places import NEIGHBOURS, Place, Places
from genesis_engineering.judgement.suppressing import without_marker

_BASE, _LINE = 20, 4
_NO_LINE = "0" * _LINE


def name_findings(seen: Sequence[Seen], places: Places) -> list[JudgedFinding]:
    """The findings by place, with their fingerprints; numbers go from the top of a file down."""
    ordered = sorted(
        seen, key=lambda one: (one.finding.file or "", one.finding.line or 0, one.finding.message)
    )
    numbers: Counter[str] = Counter()
    named = []
    for one in ordered:
        place = places.of(one.finding)
        base = _base(one.finding, place)
        numbers[base] += 1
        fingerprint = f"{base}:{_context(place)}:{numbers[base]}"
        named.append(
            JudgedFinding(finding=one.finding, fingerprint=fingerprint, specialists=one.specialists)
        )
    return named


def base_of(fingerprint: str) -> str:
    """What is the same for all findings of a meaning on lines of the same text in a file."""
    return fingerprint.partition(":")[0]


def context_of(fingerprint: str) -> str:
    """What tells the lines around from others; "" without a line."""
    return fingerprint.partition(":")[2].partition(":")[0]


def shared_lines(one: str, other: str) -> int:
    """How many lines before and after are the same in two contexts; 0 if it is less than half of
    the smaller one, as the parts of a file have some lines in common."""
    middle = NEIGHBOURS * _LINE
    sides = [
        (_lines(one[part]), _lines(other[part])) for part in (slice(middle), slice(middle, None))
    ]
    shared = sum(len(lines & others) for lines, others in sides)
    fewer = min(sum(len(side[which]) for side in sides) for which in (0, 1))
    return shared if shared * 2 >= fewer else 0


def _lines(context: str) -> set[str]:
    return {context[i : i + _LINE] for i in range(0, len(context), _LINE)} - {_NO_LINE}


def base_of_line(finding: Finding, line: str) -> str:
    """The base of a finding if it were on a line of this text."""
    return _hash([meaning_of(finding.rule), finding.file, "line", _words(line)], _BASE)


def _base(finding: Finding, place: Place | None) -> str:
    """Without a line to read, the message is taken, and its numbers left out: counts change."""
    if place is not None:
        return base_of_line(finding, place.text)
    said = re.sub(r"\d+", "0", finding.message)
    return _hash([meaning_of(finding.rule), finding.file, "message", said], _BASE)


def _context(place: Place | None) -> str:
    if place is None:
        return ""
    padding = [_NO_LINE] * NEIGHBOURS
    sides = [
        [*(_short(_words(line)) for line in side), *padding][:NEIGHBOURS]
        for side in (place.before, place.after)
    ]
    return "".join(name for side in sides for name in side)


def _words(line: str) -> str:
    return " ".join(without_marker(line).split())


def _short(line: str) -> str:
    """A few signs for a line: they only tell neighbours apart, and there are many."""
    return f"{zlib.crc32(line.encode()) & 0xFFFF:0{_LINE}x}"


def _hash(parts: Sequence[str | None], length: int) -> str:
    text = json.dumps(parts).encode("ascii")
    return hashlib.sha256(text).hexdigest()[:length]
