"""What keeps a GitHub workflow from doing its work: it does not start, or nothing can fail it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.infrastructure.end_of_life import today
from genesis_engineering.infrastructure.images import image_ended
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.workflow_model import (
    TEST_COMMAND,
    Step,
    Workflow,
    WorkflowJob,
    expressions,
)
from genesis_engineering.infrastructure.yaml_tree import Yaml

# The days on which GitHub took images away, as the announcements of actions/runner-images say.
_REMOVED_RUNNERS = {
    "ubuntu-16.04": "2021-09-20", "ubuntu-18.04": "2023-04-03", "ubuntu-20.04": "2025-04-15",
    "macos-10.15": "2022-12-01", "macos-11": "2024-06-28", "macos-12": "2024-12-03",
    "macos-13": "2025-12-08", "macos-14": "2026-11-02", "windows-2016": "2022-04-01",
    "windows-2019": "2025-06-30",
}  # fmt: skip
# Versions whose service GitHub has switched off; "v3" alone moved on for actions/cache.
# The first two of artifacts were refused before the third: issues tell of it from that day on.
_ARTIFACTS = (
    (re.compile(r"v[12](\.[\d.]+)?"), "2024-09-10"), (re.compile(r"v3(\.[\d.]+)?"), "2025-01-30")
)  # fmt: skip
_DEAD_ACTIONS = {
    "actions/upload-artifact": _ARTIFACTS,
    "actions/download-artifact": _ARTIFACTS,
    "actions/cache": (
        (re.compile(r"v[12](\.[\d.]+)?|v3\.[0-3](\.\d+)?|v4\.[01](\.\d+)?"), "2025-03-01"),
    ),
}
_REMOVED_COMMAND = re.compile(r"::(set-env\s+name=|add-path::)")
_OLD_COMMAND = re.compile(r"::(set-output|save-state)\s+name=")
_SWALLOWED = re.compile(r"\|\|\s*(true|:|exit\s+0|echo\b[^|&;]*)\s*(#.*)?$")
_PIPE = re.compile(r"(?<![|>])\|(?![|&])\s*(tee|cat|head|tail|grep|sed|awk|tr|sort|ts)\b")
_INNER = re.compile(r"\$\([^()]*\)|`[^`]*`|\"[^\"]*\"|'[^']*'")
_PIPEFAIL = re.compile(r"pipefail|PIPESTATUS")
_OPTIONAL = re.compile(
    r"experimental|nightly|optional|canary|allow|upstream|devel|beta|pre-?release|latest|next|edge|"
    r"bench|future|unstable|informational|advisory|non-?blocking|flaky",
    re.IGNORECASE,
)


def find_breaks(workflow: Workflow) -> Iterator[Finding]:
    """All of them, job by job; what is gone (a runner, an action, an image) once in a file."""
    known = {job.id for job in workflow.jobs}
    seen: set[str] = set()
    for job in workflow.jobs:
        yield from _needs(workflow, job, known)
        yield from _references(workflow, job)
        yield from _runners(workflow, job, seen)
        yield from _old_images(workflow, job, seen)
        for step in job.steps:
            yield from _dead_action(workflow, job, step, seen)
            yield from _old_commands(workflow, step)
            yield from _cannot_fail(workflow, job, step)
        yield from _job_cannot_fail(workflow, job)


def _needs(workflow: Workflow, job: WorkflowJob, known: set[str]) -> Iterator[Finding]:
    needs = job.node.get("needs")
    for node in needs.items or [needs]:
        if node.text and node.text not in known and "${{" not in node.text:
            yield make_finding(
                "ci-unknown-job",
                Severity.HIGH,
                f"The job {job.id} needs {node.text}, and there is no such job: GitHub refuses the "
                "whole workflow, so that none of its jobs runs.",
                workflow.path,
                node.line,
                workflow.line(node.line),
                f"sed -n {node.line}p {workflow.path}",
            )


def _references(workflow: Workflow, job: WorkflowJob) -> Iterator[Finding]:
    """`needs.x` without such a need, `steps.x` without such an id: both are silently empty."""
    needs = set(job.node.get("needs").texts)
    ids = {step.node.get("id").text for step in job.steps}
    for text, line in expressions(job.node):
        for found in re.finditer(r"\b(needs|steps)\.([\w-]+)\.(?:outputs|result|outcome)", text):
            kind, name = found[1], found[2]
            if name in (needs if kind == "needs" else ids):
                continue
            if kind == "steps" and not job.steps:
                continue
            what = "lists no such need" if kind == "needs" else "has no step with that id"
            yield make_finding(
                "ci-empty-reference",
                Severity.MEDIUM,
                f"{found[0]} is always empty here: the job {job.id} {what}.",
                workflow.path,
                line,
                workflow.line(line),
                f"grep -n '{kind}.{name}' {workflow.path}",
            )


def _runners(workflow: Workflow, job: WorkflowJob, seen: set[str]) -> Iterator[Finding]:
    if any(label == "self-hosted" for label, _ in job.runners):
        return
    gone = {label: day for label, _ in job.runners if (day := _removed_on(label))}
    in_part = job.has_legs and any(label not in gone for label, _ in job.runners)
    for label, line in job.runners:
        if label in gone and label not in seen:
            seen.add(label)
            never = f"the job {job.id} never starts"
            if in_part:
                never = f"only these legs of the job {job.id} never start, the others do"
            yield make_finding(
                "ci-removed-runner",
                Severity.MEDIUM,
                f"GitHub has had no {label} runners since {gone[label]}: {never}.",
                workflow.path,
                line,
                workflow.line(line),
                f"grep -n '{label}' {workflow.path}",
            )


def _removed_on(label: str) -> str:
    """The day on which GitHub took the runners of a label away, if it is past; "" otherwise."""
    day = _REMOVED_RUNNERS.get(re.sub(r"-(x?large|arm64|intel)$", "", label.lower()), "")
    return day if day and datetime.date.fromisoformat(day) < today() else ""


def _old_images(workflow: Workflow, job: WorkflowJob, seen: set[str]) -> Iterator[Finding]:
    """The image that a job runs in and those of its services."""
    holders = [job.node.get("container"), *job.node.get("services").entries.values()]
    for holder in holders:
        image = holder.get("image") if holder.entries else holder
        old = image_ended(image.text)
        if old and image.text not in seen:
            seen.add(image.text)
            yield make_finding(
                "end-of-life-image",
                Severity.LOW,
                f"{image.text} is {old[0]}, which has had no fixes since {old[1]}.",
                workflow.path,
                image.line,
                workflow.line(image.line),
                f"grep -n '{image.text}' {workflow.path}",
            )


def _dead_action(
    workflow: Workflow, job: WorkflowJob, step: Step, seen: set[str]
) -> Iterator[Finding]:
    version = step.uses.partition("@")[2]
    ended = [day for gone, day in _DEAD_ACTIONS.get(step.action, ()) if gone.fullmatch(version)]
    # A server of one's own still has the old service.
    is_hosted = "self-hosted" not in job.node.get("runs-on").texts
    if ended and is_hosted and step.uses not in seen:
        seen.add(step.uses)
        line = step.node.get("uses").line
        yield make_finding(
            "ci-dead-action",
            Severity.MEDIUM,
            f"{step.uses} has failed on github.com since {ended[0]}: the service behind that "
            f"version is gone. Use the newest major version{_everywhere(workflow, step.uses)}.",
            workflow.path,
            line,
            workflow.line(line),
            f"grep -n '{step.uses}' {workflow.path}",
        )


def _everywhere(workflow: Workflow, uses: str) -> str:
    """In how many places, where it is more than one."""
    count = len(re.findall(rf"uses:\s*[\"']?{re.escape(uses)}(?![\w.-])", workflow.text))
    return f" in all {count} places of this file" if count > 1 else ""


def _old_commands(workflow: Workflow, step: Step) -> Iterator[Finding]:
    for line, text in step.run.text_lines:
        if _REMOVED_COMMAND.search(text) and "ALLOW_UNSECURE_COMMANDS" not in workflow.text:
            message = "set-env and add-path have been refused since 2020-11-16: the step fails. "
            message += "Write to $GITHUB_ENV or $GITHUB_PATH."
            yield _command(workflow, line, Severity.MEDIUM, message)
        elif _OLD_COMMAND.search(text):
            message = "set-output and save-state are deprecated and warn in each run. "
            message += "Write to $GITHUB_OUTPUT or $GITHUB_STATE."
            yield _command(workflow, line, Severity.LOW, message)


def _command(workflow: Workflow, line: int, severity: Severity, message: str) -> Finding:
    return make_finding(
        "ci-removed-command",
        severity,
        message,
        workflow.path,
        line,
        workflow.line(line),
        f"sed -n {line}p {workflow.path}",
    )


def _cannot_fail(workflow: Workflow, job: WorkflowJob, step: Step) -> Iterator[Finding]:
    """`pytest || true`, and `pytest | tee log` in a shell that ignores what fails before a pipe."""
    named = step.node.get("name").text + job.id + job.node.get("name").text
    if _OPTIONAL.search(named):
        return
    for line, text in step.run.text_lines:
        if not TEST_COMMAND.search(text) or text.lstrip().startswith(("#", "echo")):
            continue
        if _SWALLOWED.search(text):
            why = "its failure is swallowed by what follows"
        elif _pipes_tests(text) and _lacks_pipefail(workflow, job, step):
            why = (
                "the step's status is that of the last command of the pipe (no `pipefail` without "
            )
            why += "`shell: bash`)"
        else:
            continue
        yield _green(workflow, line, f"This test command cannot fail the job {job.id}: {why}.")
    if _ignores_errors(step.node) and not _outcome_is_read(workflow, step):
        line = step.node.lines["continue-on-error"]
        if any(TEST_COMMAND.search(text) for _, text in step.run.text_lines):
            why = "continue-on-error lets it pass whatever the tests say"
            yield _green(workflow, line, f"This test step cannot fail the job {job.id}: {why}.")


def _pipes_tests(text: str) -> bool:
    """Whether the output of a test command goes into another command, outside `$()` and quotes."""
    plain = _INNER.sub(" ", text)
    pipe = _PIPE.search(plain)
    return pipe is not None and bool(TEST_COMMAND.search(plain[: pipe.start()]))


def _lacks_pipefail(workflow: Workflow, job: WorkflowJob, step: Step) -> bool:
    shells = (
        step.node.get("shell").text,
        job.node.get("defaults", "run", "shell").text,
        workflow.node.get("defaults", "run", "shell").text,
    )
    posix = any(label.startswith(("ubuntu", "macos")) for label, _ in job.runners)
    return posix and not any(shells) and not _PIPEFAIL.search(step.run.text)


def _outcome_is_read(workflow: Workflow, step: Step) -> bool:
    name = step.node.get("id").text
    return bool(name) and f"steps.{name}.outcome" in workflow.text


def _ignores_errors(node: Yaml) -> bool:

    return node.get("continue-on-error").text.lower() == "true"


def _job_cannot_fail(workflow: Workflow, job: WorkflowJob) -> Iterator[Finding]:
    """`continue-on-error: true` on a job with tests, unless other jobs run tests in earnest."""
    if not _ignores_errors(job.node) or not _has_tests(job):
        return
    others = [one for one in workflow.jobs if one.id != job.id and _has_tests(one)]
    if any(not _ignores_errors(one.node) for one in others):
        return
    if not _OPTIONAL.search(job.id + job.node.get("name").text):
        line = job.node.lines["continue-on-error"]
        why = "continue-on-error lets the workflow pass whatever they say"
        yield _green(workflow, line, f"The tests of the job {job.id} cannot fail: {why}.")


def _has_tests(job: WorkflowJob) -> bool:
    lines = (text for step in job.steps for _, text in step.run.text_lines)
    return any(TEST_COMMAND.search(text) for text in lines)


def _green(workflow: Workflow, line: int, message: str) -> Finding:
    return make_finding(
        "ci-cannot-fail",
        Severity.MEDIUM,
        message,
        workflow.path,
        line,
        workflow.line(line),
        f"sed -n {line}p {workflow.path}",
    )
