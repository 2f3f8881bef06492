"""The rule `ci-missing-path`: workflows that name files of the repository that are not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.documents.ignored import ignored_paths
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.script_paths import is_made, named_paths
from genesis_engineering.infrastructure.tree import Tree, normalise
from genesis_engineering.infrastructure.workflow_model import Step, Workflow, WorkflowJob
from genesis_engineering.infrastructure.yaml_tree import Yaml

_MOST_PATHS = 100


def find_missing_paths(tree: Tree, workflow: Workflow) -> Iterator[Finding]:
    """Scripts, requirements files, folders, actions and workflows of the repository's own.

    Judged only where the job checks out this repository as it is, and nothing that ran before
    speaks of the path; what git ignores may be made by the build.
    """
    for job in workflow.jobs:
        called = job.node.get("uses")
        if called.text.startswith("./") and _is_absent(tree, called.text):
            yield _missing(workflow, called.text, called.line, "this reusable workflow")
        if _is_plain_checkout(job):
            yield from _of_job(tree, workflow, job)


def _is_plain_checkout(job: WorkflowJob) -> bool:
    checkouts = [step for step in job.steps if step.action == "actions/checkout"]
    if not checkouts or job.node.get("container").text or job.node.has("container"):
        return False
    options = ("repository", "path", "ref", "sparse-checkout")
    return not any(step.node.get("with").has(one) for step in checkouts for one in options)


def _of_job(tree: Tree, workflow: Workflow, job: WorkflowJob) -> Iterator[Finding]:
    before = ""
    left = _MOST_PATHS
    for step in job.steps:
        for path, line, what in _named(workflow, job, step):
            left -= 1
            if left < 0:
                return
            above = "\n".join(text for number, text in step.run.text_lines if number < line)
            if not is_made(tree, path, before + above) and _is_absent(tree, path):
                yield _missing(workflow, path, line, what)
        before += "\n".join(one.text for one in step.node.walk()) + "\n"


def _named(workflow: Workflow, job: WorkflowJob, step: Step) -> Iterator[tuple[str, int, str]]:
    uses = step.node.get("uses")
    if uses.text.startswith("./"):
        yield uses.text, uses.line, "this action"
    folder = _folder(workflow, job, step)
    if folder.text and step.run.text:
        yield folder.text, folder.line, "the working directory"
    if step.node.get("shell").text in ("pwsh", "powershell", "cmd", "python"):
        return
    for path, line in named_paths(step.run.text_lines):
        yield posixpath.join(folder.text, path), line, "this file"


def _folder(workflow: Workflow, job: WorkflowJob, step: Step) -> Yaml:
    own = step.node.get("working-directory")
    of_job = job.node.get("defaults", "run", "working-directory")
    return next(
        (one for one in (own, of_job) if one.text),
        workflow.node.get("defaults", "run", "working-directory"),
    )


def _is_absent(tree: Tree, path: str) -> bool:
    clean = normalise(path)
    if not clean or any(mark in clean for mark in "$*{}~ \\"):
        return False
    return not tree.exists(clean) and not ignored_paths(tree.repository, [clean])


def _missing(workflow: Workflow, path: str, line: int, what: str) -> Finding:
    return make_finding(
        "ci-missing-path",
        Severity.MEDIUM,
        f"The repository has no {normalise(path)}, and {what} is expected there: the step fails.",
        workflow.path,
        line,
        workflow.line(line),
        f"ls {normalise(path)}",
    )
