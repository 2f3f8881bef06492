"""What is made of a session's findings: which stand, in which order, and what changed since."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from genesis.contracts.findings import Finding


class FindingState(StrEnum):
    """Whether the session that is compared with had a finding already."""

    NEW = "new"
    KNOWN = "known"


class SuppressedBy(StrEnum):
    """Where the maintainer says that a finding is to be left alone."""

    COMMENT = "comment"
    BASELINE = "baseline"


class JudgedFinding(BaseModel):
    """A finding as a report has it.

    `fingerprint` is the judge's name for it, unique in its judgement and meant to be the same in
    the next session. `state` is None where there is nothing to compare with. `specialists` are all
    who saw it. `is_shown` is False for one that a short report leaves out because others are like
    it; `places_more` counts those, at the last one that is shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    finding: Finding
    fingerprint: str = ""
    state: FindingState | None = None
    specialists: tuple[str, ...] = ()
    is_shown: bool = True
    places_more: int = Field(default=0, ge=0)


class SuppressedFinding(JudgedFinding):
    """A finding that does not stand, since the maintainer said so; `reason` is theirs, or ""."""

    by: SuppressedBy
    reason: str = ""


class Judgement(BaseModel):
    """The findings of a session that stand, in the order in which every report has them.

    `compared_with` is the id of the session that it was compared with, `fixed` what that one had
    and this one looked for in vain. What it had and this one could not look for is in
    `not_comparable`, and is handed on until a session looks again.
    """

    # Texts of findings are not kept for as long as the process runs.
    model_config = ConfigDict(frozen=True, extra="forbid", cache_strings="keys")

    findings: tuple[JudgedFinding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    suppressed: tuple[SuppressedFinding, ...] = ()
    not_comparable: tuple[JudgedFinding, ...] = ()
    compared_with: str | None = None

    def counts(self) -> dict[str, int]:
        """How many there are of each: new, known, fixed, suppressed, not_comparable."""
        states = [judged.state for judged in self.findings]
        return {
            "new": states.count(FindingState.NEW),
            "known": states.count(FindingState.KNOWN),
            "fixed": len(self.fixed),
            "suppressed": len(self.suppressed),
            "not_comparable": len(self.not_comparable),
        }

    def describe(self) -> str:
        """The counts in a sentence without its end; "" when there is nothing to say."""
        counts = self.counts()
        told = []
        if self.compared_with is not None:
            told.append("{new} new, {known} known, {fixed} fixed".format(**counts))
            told[0] += f" since {self.compared_with}"
        if self.not_comparable:
            told.append("{not_comparable} of before not looked at this time".format(**counts))
        if self.suppressed:
            by = [suppressed.by for suppressed in self.suppressed]
            words = [f"{by.count(one)} by {_WORDS[one]}" for one in SuppressedBy if one in by]
            told.append(f"suppressed: {', '.join(words)}")
        return "; ".join(told)


_WORDS = {SuppressedBy.COMMENT: "a comment", SuppressedBy.BASELINE: "the baseline"}
