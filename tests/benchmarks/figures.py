"""Medians and ratios: every figure has its baseline from the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured beside its baseline. `target` bounds the ratio from above or below."""

    name: str
    ours: str
    baseline: str
    ratio: float
    target: float | None
    at_most: bool = True

    @property
    def verdict(self) -> str:
        """`holds`, `MISSED`, or `-` where there is no target."""
        if self.target is None:
            return "-"
        holds = self.ratio <= self.target if self.at_most else self.ratio >= self.target
        return "holds" if holds else "MISSED"


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def interleaved(rounds: int, *calls: Callable[[], object]) -> list[float]:
    """The median seconds of each call, taken in turns so that noise hits all alike."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for place, call in zip(taken, calls, strict=True):
            place.append(seconds(call))
    return [statistics.median(place) for place in taken]
