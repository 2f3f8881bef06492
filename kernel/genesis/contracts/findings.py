"""What a specialist reports: findings with evidence, and what it could not look at."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Severity(StrEnum):
    """How much a finding would cost the maintainer; `info` costs nothing and is good to know."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the most severe; sorts findings."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure it is that a finding is true: `certain` was seen, `likely` is what it nearly always
    means, and `possible` has to be looked at by somebody."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"

    @property
    def rank(self) -> int:
        """0 for what is certain; sorts findings."""
        return list(Confidence).index(self)


class Finding(BaseModel):
    """One thing that deserves attention.

    `file` is relative to the repository, with forward slashes; `line` counts from 1. `evidence`
    is what was seen, literally; `check` is how a reader can see it again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str = Field(min_length=1, max_length=80)
    severity: Severity
    message: str = Field(min_length=1, max_length=2000)
    file: str | None = None
    line: int | None = Field(default=None, ge=1)
    evidence: str = Field(default="", max_length=8000)
    check: str = Field(default="", max_length=1000)
    confidence: Confidence = Confidence.CERTAIN


class Omission(BaseModel):
    """Something that was not looked at, and why: a report without these claims too much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str = Field(min_length=1, max_length=500)
    reason: str = Field(min_length=1, max_length=2000)
