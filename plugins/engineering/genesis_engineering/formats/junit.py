"""JUnit XML, for CI servers: the tests that a session ran, each as its record tells it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from genesis.contracts.reports import ReportedTask, SessionReport
from pydantic import JsonValue

from genesis_engineering.formats.parts import one_line, printable, verifications
from genesis_engineering.verification.records import RecordedTest, RecordReader, Records
from genesis_engineering.verification.report import EVENTS_FILE

_MOST_BYTES = 64 * 2**20
_TAGS = {"failed": "failure", "errors": "error", "skipped": "skipped", "xfailed": "skipped"}
_COUNTS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


@dataclass
class _Case:
    """One test. `tag` is failure, error, skipped, or empty for one that passed."""

    name: str
    group: str = ""
    tag: str = ""
    message: str = ""
    detail: str = ""
    seconds: float = 0.0
    place: dict[str, str] = field(default_factory=dict)


def write_junit(report: SessionReport) -> str:
    """The tests as JUnit XML: a suite for each task that verifies.

    A suite without a record of its tests has the counts that are known, and no test cases. Where
    the run as a whole went wrong and no test did, one more case says so.
    """
    root = Element("testsuites", name=one_line(report.goal))
    for index, facts in verifications(report):
        root.append(_suite(report.tasks[index], facts))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    indent(root)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + tostring(root, encoding="unicode") + "\n"


def _suite(task: ReportedTask, facts: dict[str, JsonValue]) -> Element:
    suite = Element("testsuite", name=one_line(task.key))
    records = _records(task)
    numbers = Counter(_known_numbers(facts)) if records is None else Counter()
    cases = _cases(records) if records is not None else []
    if not numbers["errors"] + numbers["failures"] + sum(_is_bad(case) for case in cases):
        cases += _run_itself(facts)
    suite.extend(_element(case) for case in cases)
    numbers["tests"] += len(cases)
    for tag, name in _COUNTS.items():
        numbers[name] += sum(case.tag == tag for case in cases)
    for name in ("tests", *_COUNTS.values()):
        suite.set(name, str(numbers[name]))
    seconds = facts.get("seconds")
    suite.set("time", f"{seconds if isinstance(seconds, int | float) else 0:.3f}")
    if task.started_at:
        # The schema of JUnit XML has a time without a zone.
        suite.set("timestamp", one_line(task.started_at)[:19])
    told = task.error or (task.result.summary if task.result is not None else "")
    SubElement(suite, "system-out").text = printable(told)
    return suite


def _records(task: ReportedTask) -> Records | None:
    """What was recorded of each test; None where no such record is left that can be read.

    Code of the repository ran in that folder, so a link is not followed.
    """
    artifacts = task.result.artifacts if task.result is not None else ()
    if task.folder is None or not any(one.path == EVENTS_FILE for one in artifacts):
        return None
    path = task.folder / EVENTS_FILE
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return None
    reader = RecordReader(path)
    reader.read()
    return reader.records


def _run_itself(facts: dict[str, JsonValue]) -> list[_Case]:
    """A case for a run that proved nothing although no test of it failed: one that ended with an
    error, or did not reach everything, must not look as if all were well."""
    verdict = str(facts.get("verdict", ""))
    if verdict in ("passed", "no_tests"):
        return []
    reason = f"{verdict.replace('_', ' ')}: {facts.get('reason', '')}"
    return [_Case(name="the test run", tag="error", message=reason)]


def _is_bad(case: _Case) -> bool:
    return case.tag in ("failure", "error")


def _cases(records: Records) -> list[_Case]:
    broken = [
        _Case(
            name=error.id or "collection",
            tag="error",
            message=error.message,
            detail=error.detail,
            place={"file": error.file} if error.file else {},
        )
        for error in records.collection_errors
    ]
    return broken + [_case(test) for test in records.tests.values()]


def _case(test: RecordedTest) -> _Case:
    group, name = _split(test.id)
    case = _Case(name=name, group=group, seconds=test.seconds, detail=test.detail)
    if test.file:
        line = {"line": str(test.line)} if test.line and test.line > 0 else {}
        case.place = {"file": test.file, **line}
    case.tag, case.message = _TAGS.get(test.outcome, ""), test.message
    # A test that failed and never ended, because its teardown hangs, has failed all the same.
    if test.ended and not test.outcome:
        case.tag, case.message = "error", "its outcome was not recorded"
    elif not test.ended and not case.tag:
        began = test.started_at is not None
        case.tag = "error" if began else "skipped"
        case.message = "it did not end" if began else "it was not reached"
    return case


def _split(test_id: str) -> tuple[str, str]:
    """Class and name: pytest names a test `folder/file.py::Class::test[a.b]`, unittest
    `module.Class.test (subtest=1.5)`."""
    file, _, rest = test_id.partition("::")
    named = rest or file
    head = re.split(r"[\[( ]", named, maxsplit=1)[0]
    group, _, name = head.rpartition("::" if rest else ".")
    name += named[len(head) :]
    if not rest:
        return group, name
    module = file.removesuffix(".py").replace("/", ".")
    return f"{module}.{group.replace('::', '.')}" if group else module, name


def _element(case: _Case) -> Element:
    about = {"classname": case.group, "name": case.name, **case.place}
    element = Element("testcase", {name: one_line(value) for name, value in about.items()})
    element.set("time", f"{case.seconds:.3f}")
    if case.tag:
        inner = SubElement(element, case.tag, message=one_line(case.message))
        if case.detail and case.tag != "skipped":
            inner.text = printable(case.detail)
    return element


def _known_numbers(facts: dict[str, JsonValue]) -> dict[str, int]:
    """The counts of the verification, as those of a suite: what did not end is an error."""

    def count(*names: str) -> int:
        numbers = (facts.get(name) for name in names)
        return sum(number for number in numbers if isinstance(number, int))

    skipped = count("skipped", "xfailed", "not_reached")
    failures = count("failed")
    errors = count("errors", "interrupted", "collection_errors")
    tests = count("passed", "xpassed") + skipped + failures + errors
    return {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
