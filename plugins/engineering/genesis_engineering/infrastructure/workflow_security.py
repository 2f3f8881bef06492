"""Where strangers can reach into a GitHub workflow, or read what it should keep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.workflow_model import Step, Workflow, WorkflowJob
from genesis_engineering.infrastructure.yaml_tree import Yaml

_BRANCHES = frozenset(
    {"main", "master", "develop", "development", "dev", "trunk", "head", "next", "nightly", "edge"}
)
_FIRST_PARTY = frozenset({"actions", "github"})
# Their manuals say to follow the branch: there are no versions.
_BY_NAME = frozenset({"dtolnay/rust-toolchain", "google/oss-fuzz"})
_HEAD = re.compile(
    r"github\.event\.pull_request\.head\.(sha|ref)|github\.head_ref|refs/pull/\$\{\{"
)
_GUARD = re.compile(
    r"label|author_association|head\.repo\.(full_name|fork)|github\.actor|user\.login|sender\.login"
    r"|github\.event\.action\s*==\s*'closed'|merged\s*==\s*true|\.merged\b"
)
# What anyone may write into an issue, a comment, a branch or a commit (GitHub's documentation,
# "Script injections"); numbers, ids and hashes are GitHub's own.
_ISSUE = (
    r"github\.event\.(issue|discussion)\.(title|body)"
    r"|github\.event\.(comment|review|review_comment)\.body"
)
_PULL = (
    r"github\.event\.pull_request\.(title|body|head\.ref|head\.label|head\.repo\.default_branch)"
    r"|github\.head_ref"
)
_COMMIT = r"github\.event\.(head_commit|workflow_run\.head_commit)\.(message|author\.(name|email))"
_RUN = r"github\.event\.workflow_run\.(head_branch|display_title)"
_INJECTED = (
    (re.compile(_ISSUE), {"issues", "issue_comment", "discussion", "discussion_comment",
                          "pull_request_review", "pull_request_review_comment"}, Severity.HIGH),
    (re.compile(_PULL), {"pull_request_target"}, Severity.HIGH),
    (re.compile(_RUN), {"workflow_run"}, Severity.HIGH),
    (re.compile(_PULL), {"pull_request", "pull_request_review"}, Severity.MEDIUM),
    (re.compile(_COMMIT), {"push", "workflow_run"}, Severity.LOW),
)  # fmt: skip
_SANITISED = re.compile(
    r"^\s*(toJSON\(|contains\(|startsWith\(|endsWith\(|hashFiles\()", re.IGNORECASE
)
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


def find_exposures(workflow: Workflow, owners: frozenset[str]) -> Iterator[Finding]:
    """All of them, job by job; `owners` are the accounts (lower case) that the project is of."""
    seen: set[str] = set()
    for job in workflow.jobs:
        uses = [(job.node.get("uses")), *(step.node.get("uses") for step in job.steps)]
        for node in uses:
            if node.text and node.text not in seen:
                seen.add(node.text)
                yield from _pinning(workflow, node, owners)
        yield from _untrusted_checkout(workflow, job)
        for step in job.steps:
            yield from _injection(workflow, job, step)


def _pinning(workflow: Workflow, node: Yaml, owners: frozenset[str]) -> Iterator[Finding]:
    name, _, reference = node.text.partition("@")
    owner, _, rest = name.partition("/")
    if not rest or not reference or name.startswith((".", "docker:")) or "${{" in node.text:
        return
    is_own = any(owner.lower() == one or owner.lower().startswith(f"{one}-") for one in owners)
    if is_own or re.fullmatch(r"[0-9a-f]{40,64}", reference):
        return
    repository = "/".join(name.split("/")[:2]).lower()
    is_branch = reference.lower() in _BRANCHES and repository not in _BY_NAME
    # The host's own tags are trusted as the host is; its branches hold what is not released yet.
    if owner.lower() in _FIRST_PARTY and not is_branch:
        return
    if is_branch:
        rule = "ci-branch-action"
        how = f"follows the branch {reference}: whatever is pushed there runs here next"
    else:
        rule = "ci-unpinned-action"
        how = f"follows {reference}, which its owner can move to other code"
    yield make_finding(
        rule,
        Severity.LOW,
        f"{name} {how}. Pin the commit, with the version in a comment.",
        workflow.path,
        node.line,
        workflow.line(node.line),
        f"grep -rn '{name}@' .github/workflows",
    )


def _untrusted_checkout(workflow: Workflow, job: WorkflowJob) -> Iterator[Finding]:
    """`pull_request_target` has the repository's secrets, and its head is a stranger's code."""
    if "pull_request_target" not in workflow.triggers:
        return
    steps = job.steps
    guards = job.node.get("if").text + job.node.get("environment").text
    # A workflow with several events may be held back by a condition on the event's name.
    if _GUARD.search(guards) or job.node.has("environment"):
        return
    if re.search(
        r"event_name\s*(==\s*'(?!pull_request_target)|!=\s*'pull_request_target')", guards
    ):
        return
    types = workflow.node.get("on", "pull_request_target", "types").texts
    if types and set(types) <= {"labeled", "closed"}:
        return
    for index, step in enumerate(steps):
        reference = step.node.get("with", "ref")
        if step.action != "actions/checkout" or not _HEAD.search(reference.text):
            continue
        if _GUARD.search(step.node.get("if").text):
            continue
        runs = any(one.run.text or one.uses.startswith("./") for one in steps[index + 1 :])
        yield make_finding(
            "ci-untrusted-checkout",
            Severity.HIGH if runs else Severity.MEDIUM,
            "pull_request_target runs with this repository's token and secrets, and this step "
            "checks out the code of whoever opened the pull request"
            + (", which later steps run or build." if runs else "."),
            workflow.path,
            reference.line,
            workflow.line(reference.line),
            f"grep -n 'pull_request_target' {workflow.path}",
        )


def _injection(workflow: Workflow, job: WorkflowJob, step: Step) -> Iterator[Finding]:
    scripts = [step.run]
    if step.action == "actions/github-script":
        scripts.append(step.node.get("with", "script"))
    if _GUARD.search(job.node.get("if").text + step.node.get("if").text):
        return
    for script in scripts:
        for line, text in script.text_lines:
            for found in _EXPRESSION.finditer(text):
                severity = _injected(found[1], workflow.triggers)
                if severity:
                    yield _injection_at(workflow, line, found[1].strip(), severity)


def _injected(expression: str, triggers: set[str]) -> Severity | None:
    """How bad an expression in a script is, given what can start the workflow; None: harmless."""
    if _SANITISED.match(expression) or "==" in expression:
        return None
    for pattern, events, severity in _INJECTED:
        if events & triggers and pattern.search(expression):
            return severity
    return None


def _injection_at(workflow: Workflow, line: int, expression: str, severity: Severity) -> Finding:
    return make_finding(
        "ci-script-injection",
        severity,
        f"{expression} is written into the script before the shell reads it: its author can add "
        "commands of their own. Hand it over in `env` and use the variable.",
        workflow.path,
        line,
        workflow.line(line),
        f"sed -n {line}p {workflow.path}",
    )
