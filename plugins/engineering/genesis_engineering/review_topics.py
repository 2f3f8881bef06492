"""What each of the team's own reviewers looks at, and whether a repository has any of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genesis.contracts import Priority

from genesis_engineering.survey import Survey


@dataclass(frozen=True)
class Topic:
    """What one reviewer looks at: how many there are, their name (plural and singular), and the
    task, with `{}` for the number and the name.
    """

    count: Callable[[Survey], int]
    what: str
    single: str
    task: str
    priority: Priority = Priority.MEDIUM

    def describe(self, survey: Survey) -> str:
        """The task in one sentence, for that repository."""
        count = self.count(survey)
        return self.task.format(f"{count} {self.single if count == 1 else self.what}") + "."


TOPICS: dict[str, Topic] = {
    "backend": Topic(
        lambda survey: survey.source_files,
        "source files",
        "source file",
        "Look for code that is never used or reached, and for errors in logs, in {}",
        Priority.HIGH,
    ),
    "frontend": Topic(
        lambda survey: survey.page_files,
        "files of pages, styles and scripts",
        "file of a page, a style or a script",
        "Check the references, the markup and the weight of {}",
    ),
    "infrastructure": Topic(
        lambda survey: len(survey.manifests),
        "manifests, CI files and Dockerfiles",
        "manifest, CI file or Dockerfile",
        "Check the declared packages, the lock files, the workflows and the images in {}",
    ),
    "senior-reviewer": Topic(
        lambda survey: survey.files,
        "files",
        "file",
        "Look for secrets, risky constructs and hotspots in {}",
        Priority.HIGH,
    ),
    "db-architect": Topic(
        lambda survey: survey.database_files,
        "database and migration files",
        "database or migration file",
        "Check the schema, the keys and the indexes in {}",
    ),
    "ux-designer": Topic(
        lambda survey: sum(survey.languages[name] for name in ("HTML", "Vue", "Svelte", "PHP")),
        "pages and templates",
        "page or template",
        "Check the contrast, the labels and the sizes in {}",
        Priority.LOW,
    ),
    "docs-expert": Topic(
        lambda survey: survey.documents,
        "documents",
        "document",
        "Check the links, anchors and code blocks of {}",
        Priority.LOW,
    ),
}
