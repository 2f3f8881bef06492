"""SARIF 2.1.0 (OASIS standard), for code hosts and editors: one run, a result for each finding."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from genesis import __version__
from genesis.contracts import Finding, Severity
from genesis.contracts.reports import SessionReport
from pydantic import JsonValue

from genesis_engineering.formats.parts import omissions, printable, seen, unfinished

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.MEDIUM: "warning", Severity.LOW: "note", Severity.INFO: "note"}
_ROOT = "SRCROOT"
_FINGERPRINT = "genesisFinding/v1"


def write_sarif(report: SessionReport) -> str:
    """The report as a SARIF log: JSON, with a line's end behind it."""
    log: dict[str, JsonValue] = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _run(report: SessionReport) -> dict[str, JsonValue]:
    rules = {rule: index for index, rule in enumerate(dict.fromkeys(_rules(report)))}
    prints = _fingerprints(report.findings)
    results: list[JsonValue] = [
        _result(finding, rules, fingerprint)
        for finding, fingerprint in zip(report.findings, prints, strict=True)
    ]
    driver: dict[str, JsonValue] = {
        "name": "Genesis",
        "version": __version__,
        "rules": [_rule(rule) for rule in rules],
    }
    run: dict[str, JsonValue] = {
        "tool": {"driver": driver},
        # What stands before the last slash is the category in which a code host compares runs.
        "automationDetails": {"id": f"genesis/{report.team}/{report.session_id}"},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if report.repository.startswith("/"):
        uri = "file://" + quote(report.repository.rstrip("/") + "/")
        run["originalUriBaseIds"] = {_ROOT: {"uri": uri}}
    return run


def _rules(report: SessionReport) -> list[str]:
    return [finding.rule for finding in report.findings]


def _rule(rule: str) -> dict[str, JsonValue]:
    """A rule as its id tells it: specialists of any plugin name rules as they like."""
    words = re.sub(r"[-_\s]+", " ", printable(rule)).strip() or rule
    return {"id": rule, "shortDescription": {"text": words[:1].upper() + words[1:]}}


def _result(finding: Finding, rules: Mapping[str, int], fingerprint: str) -> dict[str, JsonValue]:
    properties: dict[str, JsonValue] = {"severity": finding.severity.value}
    if evidence := seen(finding):
        properties["evidence"] = evidence
    if finding.check:
        properties["check"] = finding.check
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules[finding.rule],
        "level": _LEVELS.get(finding.severity, "error"),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
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


def _fingerprints(findings: tuple[Finding, ...]) -> list[str]:
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
