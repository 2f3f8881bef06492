"""SARIF 2.1.0 (OASIS standard), for code hosts and editors: one run, a result for each finding.

Only what stands is a result. The standard has results for what is absent or suppressed too, but
code hosts that ignore these marks would show them as open; so these are properties of the run.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from genesis import __version__
from genesis.contracts import Finding, Severity
from genesis.contracts.judgements import FindingState, JudgedFinding
from genesis.contracts.reports import SessionReport
from pydantic import JsonValue

from genesis_engineering.formats.parts import omissions, printable, seen, unfinished

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.MEDIUM: "warning", Severity.LOW: "note", Severity.INFO: "note"}
_ROOT = "SRCROOT"
_CONTEXT = re.compile(r"(?<=^[0-9a-f]{20}):[0-9a-f]*:(?=[0-9]+$)")
_FINGERPRINT, _UNJUDGED_FINGERPRINT = "genesisFinding/v2", "genesisFinding/v1"
_STATES = {FindingState.NEW: "new", FindingState.KNOWN: "unchanged"}
_SESSIONS = uuid.UUID("3f4dc1c6-7ad0-5f0e-9c1e-2f1b6a0d9b54")


def write_sarif(report: SessionReport) -> str:
    """The report as a SARIF log: JSON, with a line's end behind it."""
    log: dict[str, JsonValue] = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _run(report: SessionReport) -> dict[str, JsonValue]:
    rules = {rule: index for index, rule in enumerate(dict.fromkeys(_rules(report)))}
    results: list[JsonValue] = [
        _result(judged, rules, fingerprints)
        for judged, fingerprints in zip(report.judged, _fingerprints(report), strict=True)
    ]
    driver: dict[str, JsonValue] = {
        "name": "Genesis",
        "version": __version__,
        "rules": [_rule(rule) for rule in rules],
    }
    run: dict[str, JsonValue] = {
        "tool": {"driver": driver},
        # What stands before the last slash is the category in which a code host compares runs.
        "automationDetails": {
            "id": f"genesis/{report.team}/{report.session_id}",
            "guid": _guid(report.session_id),
        },
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if report.repository.startswith("/"):
        uri = "file://" + quote(report.repository.rstrip("/") + "/")
        run["originalUriBaseIds"] = {_ROOT: {"uri": uri}}
    return run | _judgement(report)


def _judgement(report: SessionReport) -> dict[str, JsonValue]:
    """Which run this one was compared with, and what is no result of it."""
    judgement = report.judgement
    if judgement is None:
        return {}
    fixed: list[JsonValue] = [
        {"ruleId": f.rule, "file": f.file, "line": f.line, "message": f.message}
        for f in judgement.fixed
    ]
    counts: dict[str, JsonValue] = {**judgement.counts()}
    said: dict[str, JsonValue] = {"properties": {"judgement": counts, "fixed": fixed}}
    if judgement.compared_with is not None:
        said["baselineGuid"] = _guid(judgement.compared_with)
    return said


def _guid(session_id: str) -> str:
    return str(uuid.uuid5(_SESSIONS, session_id))


def _rules(report: SessionReport) -> list[str]:
    return [finding.rule for finding in report.findings]


def _rule(rule: str) -> dict[str, JsonValue]:
    """A rule as its id tells it: specialists of any plugin name rules as they like."""
    words = re.sub(r"[-_\s]+", " ", printable(rule)).strip() or rule
    return {"id": rule, "shortDescription": {"text": words[:1].upper() + words[1:]}}


def _result(
    judged: JudgedFinding, rules: Mapping[str, int], fingerprints: dict[str, JsonValue]
) -> dict[str, JsonValue]:
    finding = judged.finding
    properties: dict[str, JsonValue] = {
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
    }
    if judged.specialists:
        properties["specialists"] = list(judged.specialists)
    if evidence := seen(finding):
        properties["evidence"] = evidence
    if finding.check:
        properties["check"] = finding.check
    state: dict[str, JsonValue] = {}
    if judged.state is not None:
        state["baselineState"] = _STATES[judged.state]
    return state | {
        "ruleId": finding.rule,
        "ruleIndex": rules[finding.rule],
        "level": _LEVELS.get(finding.severity, "error"),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": fingerprints,
        # From 100 for what is high and certain; 8 less for each doubt, 25 for each severity.
        "rank": 100 - 25 * finding.severity.rank - 8 * finding.confidence.rank,
        "properties": properties,
    }


def _location(finding: Finding) -> dict[str, JsonValue]:
    """Where a finding is; without a file it is the repository's root.

    Code hosts refuse a whole log for one result that has no place.
    """
    if finding.file and PurePosixPath(finding.file).is_absolute():
        artifact: JsonValue = {"uri": "file://" + quote(finding.file)}
    else:
        artifact = {"uri": quote(finding.file or "."), "uriBaseId": _ROOT}
    location: dict[str, JsonValue] = {"artifactLocation": artifact}
    if finding.file and finding.line is not None:
        location["region"] = {"startLine": finding.line}
    return location


def _fingerprints(report: SessionReport) -> list[dict[str, JsonValue]]:
    """For each result its names. Of one that our judge gave, the lines around are left out: they
    change more often than what was found."""
    unjudged = _unjudged_names(report.findings)
    return [
        {_FINGERPRINT: _CONTEXT.sub(":", judged.fingerprint)}
        if judged.fingerprint
        else {_UNJUDGED_FINGERPRINT: name}
        for judged, name in zip(report.judged, unjudged, strict=True)
    ]


def _unjudged_names(findings: tuple[Finding, ...]) -> list[str]:
    """A name for each finding that stays when lines move, and that no other one has.

    Numbers in messages are left out, since many are of lines; findings that are alike then are
    numbered in their order.
    """
    alike: Counter[str] = Counter()
    found = []
    for finding in findings:
        message = re.sub(r"\d+", "0", finding.message)
        what = json.dumps([finding.rule, finding.file, message])
        alike[what] += 1
        found.append(hashlib.sha256(f"{what}:{alike[what]}".encode()).hexdigest()[:32])
    return found


def _invocation(report: SessionReport) -> dict[str, JsonValue]:
    """How the session ended; what was not done or not looked at are its notifications."""
    notes = [
        *(("error", f"{who}: {what}") for who, what in unfinished(report)),
        *(("note", f"{who}: not looked at: {o.what} — {o.reason}") for who, o in omissions(report)),
    ]
    invocation: dict[str, JsonValue] = {
        "executionSuccessful": report.status == "completed" and report.exit_code in (0, None),
        "exitCodeDescription": f"{report.status.value}: {report.reason}".removesuffix(": "),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": text}} for level, text in notes
        ],
    }
    optional: dict[str, JsonValue] = {
        "exitCode": report.exit_code,
        "startTimeUtc": report.started_at,
        "endTimeUtc": report.completed_at,
    }
    return invocation | {name: value for name, value in optional.items() if value is not None}
