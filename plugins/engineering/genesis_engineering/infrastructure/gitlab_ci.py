"""GitLab's `.gitlab-ci.yml`: jobs that lead nowhere, cannot fail, or name what is not there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.documents.ignored import ignored_paths
from genesis_engineering.infrastructure.images import image_ended
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.plain_secrets import find_assigned
from genesis_engineering.infrastructure.script_paths import is_made, named_paths
from genesis_engineering.infrastructure.tree import Tree, normalise
from genesis_engineering.infrastructure.workflow_model import TEST_COMMAND
from genesis_engineering.infrastructure.yaml_tree import Yaml

_KEYWORDS = frozenset(
    {"default", "include", "stages", "variables", "workflow", "image", "services", "cache",
     "before_script", "after_script", "pages", "spec"}
)  # fmt: skip
_MOST_PATHS = 100
_STAGES = (".pre", "build", "test", "deploy", ".post")
_SWALLOWED = re.compile(r"\|\|\s*(true|:|exit\s+0)\s*(#.*)?$")
_OPTIONAL = re.compile(
    r"experimental|nightly|optional|canary|upstream|devel|beta|next|edge|bench|future",
    re.IGNORECASE,
)


class GitlabFile:
    """One `.gitlab-ci.yml`."""

    def __init__(self, path: str, text: str, node: Yaml) -> None:
        self.path = path
        self._lines = text.split("\n")
        self.node = node
        self.jobs = {
            name: job
            for name, job in node.entries.items()
            if job.entries and (name not in _KEYWORDS or name == "pages")
        }
        # With an include, what is not here may be there.
        self.is_whole = not node.has("include")

    def finding(self, rule: str, severity: Severity, message: str, line: int) -> Finding:
        """A finding at a line, with that line as evidence."""
        evidence = self._lines[line - 1] if line <= len(self._lines) else ""
        check = f"sed -n {line}p {self.path}"
        return make_finding(rule, severity, message, self.path, line, evidence, check)


def find_gitlab_faults(tree: Tree, file: GitlabFile) -> Iterator[Finding]:
    """All findings of one file."""
    for name, job in file.jobs.items():
        if file.is_whole:
            yield from _unknown(file, name, job)
        yield from _cannot_fail(file, name, job)
        if not tree.is_export:
            yield from _missing_paths(tree, file, job)
    for holder in (file.node, *file.jobs.values()):
        variables = holder.get("variables")
        pairs = [(name, one.text, one.line) for name, one in variables.entries.items()]
        yield from find_assigned("ci-secret", "in a CI file", file.path, pairs)
        yield from _old_image(file, holder)


def _unknown(file: GitlabFile, name: str, job: Yaml) -> Iterator[Finding]:
    """`needs`, `dependencies`, `extends` and `stage` that name nothing: GitLab refuses the file."""
    for need in (*job.get("needs").items, *job.get("dependencies").items):
        wanted = need.text or (
            "" if need.has("pipeline") or need.has("project") else need.get("job").text
        )
        is_optional = need.get("optional").text == "true"
        if wanted and wanted not in file.jobs and not is_optional and "$" not in wanted:
            message = f"The job {name} needs {wanted}, and there is no such job: "
            message += "GitLab refuses the whole pipeline."
            yield file.finding("ci-unknown-job", Severity.HIGH, message, need.line)
    extends = job.get("extends")
    for node in extends.items or [extends]:
        if node.text and node.text not in file.node.entries:
            message = f"The job {name} extends {node.text}, which is nowhere: "
            message += "GitLab refuses the whole pipeline."
            yield file.finding("ci-unknown-job", Severity.HIGH, message, node.line)
    if name.startswith("."):
        return  # hidden: it is of a stage only where another job takes it over
    stages = file.node.get("stages").texts or list(_STAGES)
    stage = job.get("stage")
    if stage.text and stage.text not in (*stages, ".pre", ".post") and "$" not in stage.text:
        message = f"The job {name} is of the stage {stage.text}, which `stages` does not list: "
        message += "GitLab refuses the whole pipeline."
        yield file.finding("ci-unknown-job", Severity.HIGH, message, stage.line)


def _script(job: Yaml) -> list[tuple[int, str]]:
    found = []
    for key in ("before_script", "script"):
        node = job.get(key)
        for one in (node, *node.items):
            found += one.text_lines
    return found


def _cannot_fail(file: GitlabFile, name: str, job: Yaml) -> Iterator[Finding]:
    if _OPTIONAL.search(name):
        return
    for line, text in _script(job):
        if TEST_COMMAND.search(text) and _SWALLOWED.search(text):
            message = f"This test command cannot fail the job {name}: its failure is swallowed."
            yield file.finding("ci-cannot-fail", Severity.MEDIUM, message, line)
    if job.get("allow_failure").text.lower() != "true" or not _has_tests(job):
        return
    others = [one for other, one in file.jobs.items() if other != name and _has_tests(one)]
    if all(one.get("allow_failure").text.lower() == "true" for one in others):
        message = f"The tests of the job {name} cannot fail: allow_failure lets the pipeline pass."
        line = job.lines["allow_failure"]
        yield file.finding("ci-cannot-fail", Severity.MEDIUM, message, line)


def _has_tests(job: Yaml) -> bool:
    return any(TEST_COMMAND.search(text) for _, text in _script(job))


def _missing_paths(tree: Tree, file: GitlabFile, job: Yaml) -> Iterator[Finding]:
    lines = _script(job)
    for path, line in itertools.islice(named_paths(lines), _MOST_PATHS):
        before = "\n".join(text for number, text in lines if number < line)
        before += " ".join(one.text for one in file.node.get("before_script").walk())
        clean = normalise(path)
        if not clean or is_made(tree, path, before) or tree.exists(clean) or job.has("extends"):
            continue
        if job.get("dependencies").items or job.get("needs").items:
            continue
        if not ignored_paths(tree.repository, [clean]):
            message = f"The repository has no {clean}, which this command runs: the job fails."
            yield file.finding("ci-missing-path", Severity.MEDIUM, message, line)


def _old_image(file: GitlabFile, holder: Yaml) -> Iterator[Finding]:
    image = holder.get("image")
    name = image.get("name") if image.entries else image
    old = image_ended(name.text)
    if old:
        message = f"{name.text} is {old[0]}, which has had no fixes since {old[1]}."
        yield file.finding("end-of-life-image", Severity.LOW, message, name.line)
