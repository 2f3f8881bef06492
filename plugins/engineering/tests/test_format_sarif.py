"""The SARIF report: valid by the official schema, which pydantic-sarif has as models."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote, urljoin

import pytest
from genesis.contracts import Finding, Severity, Status
from genesis.contracts.reports import SessionReport
from genesis_engineering.formats.sarif import write_sarif
from hypothesis import given
from pydantic import ValidationError
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

from plugins.engineering.tests.reports import (
    expected,
    markers,
    report_of,
    report_task,
    reports,
    some,
)

URI = re.compile(r"(file://)?[A-Za-z0-9/._~%-]+")


def run_of(report: SessionReport) -> dict[str, object]:
    """The one run of a log that was found valid."""
    text = write_sarif(report)
    Log.model_validate_json(text)
    (run,) = json.loads(text)["runs"]
    return run


def of(*findings: Finding) -> SessionReport:
    return report_of(report_task(findings=findings))


def finding(message: str = "m", **more: object) -> Finding:
    return Finding.model_validate(
        {"rule": "some-rule", "severity": "high", "message": message} | more
    )


def fingerprints(*findings: Finding) -> list[str]:
    return [
        one["partialFingerprints"]["genesisFinding/v1"] for one in run_of(of(*findings))["results"]
    ]


@some
@given(reports())
def test_any_report_is_valid_and_has_every_finding_once_and_in_order(report: SessionReport) -> None:
    run = run_of(report)
    results = run["results"]
    assert markers("".join(one["message"]["text"] for one in results)) == expected(report)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    assert set(rules) == {one.rule for one in report.findings}
    prints = set()
    for one, result in zip(report.findings, results, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == one.rule
        assert result["message"]["text"] == one.message
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert URI.fullmatch(artifact["uri"])
        prints.add(result["partialFingerprints"]["genesisFinding/v1"])
    assert len(prints) == len(results)


def test_the_validation_can_fail() -> None:
    log = json.loads(write_sarif(of(finding())))
    log["runs"][0]["results"][0]["level"] = "high"
    with pytest.raises(ValidationError, match="level"):
        Log.model_validate(log)


@pytest.mark.parametrize(
    ("severity", "level"),
    [("high", "error"), ("medium", "warning"), ("low", "note"), ("info", "note")],
)
def test_the_severity_decides_the_level(severity: str, level: str) -> None:
    (result,) = run_of(of(finding(severity=severity)))["results"]
    assert (result["level"], result["properties"]["severity"]) == (level, severity)
    assert severity in {one.value for one in Severity}


def test_a_place_is_relative_to_the_root_and_percent_encoded() -> None:
    run = run_of(of(finding(file="src/a b%20#?:ü.py", line=7)))
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "src/a%20b%2520%23%3F%3A%C3%BC.py"
    assert place["artifactLocation"]["uriBaseId"] == "SRCROOT"
    assert place["region"] == {"startLine": 7}
    base = run["originalUriBaseIds"]["SRCROOT"]["uri"]
    whole = unquote(urljoin(base, place["artifactLocation"]["uri"]))
    assert whole == "file:///home/me/a b/src/a b%20#?:ü.py"


def test_a_finding_without_a_file_is_at_the_root_since_hosts_refuse_one_without_a_place() -> None:
    (result,) = run_of(of(finding()))["results"]
    location = {"artifactLocation": {"uri": ".", "uriBaseId": "SRCROOT"}}
    assert result["locations"] == [{"physicalLocation": location}]
    (result,) = run_of(of(finding(file="/var/log/a b")))["results"]
    location = {"artifactLocation": {"uri": "file:///var/log/a%20b"}}
    assert result["locations"] == [{"physicalLocation": location}]


def test_a_fingerprint_outlives_moved_lines_and_is_never_shared() -> None:
    before = fingerprints(finding("line 3 is long", file="a.py", line=3))
    assert fingerprints(finding("line 30 is long", file="a.py", line=30)) == before
    same = finding(file="a.py", line=1)
    others = fingerprints(same, same, finding(file="b.py"), finding("n", file="a.py"))
    assert len(set(others)) == 4
    assert fingerprints(same) == others[:1]


def test_the_run_tells_how_the_session_ended_and_which_runs_compare() -> None:
    report = of(finding()).model_copy(
        update={"status": Status.FAILED, "exit_code": 1, "reason": "no tools"}
    )
    run = run_of(report)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 1
    assert invocation["exitCodeDescription"] == "failed: no tools"
    assert invocation["startTimeUtc"] == "2026-11-22T00:46:08.123456Z"
    assert run["automationDetails"]["id"] == f"genesis/engineering/{report.session_id}"
    assert run_of(of())["invocations"][0]["executionSuccessful"] is True
    assert run["tool"]["driver"]["rules"] == [
        {"id": "some-rule", "shortDescription": {"text": "Some rule"}}
    ]


def test_a_task_that_failed_is_told_of_as_an_error() -> None:
    (invocation,) = run_of(report_of(report_task(error="it broke")))["invocations"]
    assert invocation["toolExecutionNotifications"] == [
        {"level": "error", "message": {"text": "debugger: failed: it broke"}}
    ]
