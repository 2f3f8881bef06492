"""Whether a repository speaks of a package anywhere but where it declares it."""

from __future__ import annotations

import re
import time

from genesis_engineering.infrastructure.python_names import distributions_of
from genesis_engineering.infrastructure.tree import Tree

_NO_EVIDENCE = (
    ".md", ".rst", ".txt", ".adoc", ".lock", ".svg", ".map", ".csv", ".po", ".ipynb", ".sum",
)  # fmt: skip
_LOCKS = re.compile(
    r"(^|/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|npm-shrinkwrap\.json|Pipfile\.lock|"
    r"poetry\.lock|uv\.lock|pdm\.lock|Cargo\.lock|PKG-INFO|METADATA|CHANGE[\w.]*|HISTORY[\w.]*)$"
)
# Files that list packages in a form of their own: each of their lines counts.
_LISTS = re.compile(
    r"(^|/)([\w.-]*\.(toml|cfg|ini|nix)|environment[\w.-]*|Pipfile|noxfile\.py|setup\.py|tasks\.py|"
    r"meson\.build|BUILD|WORKSPACE|\.pre-commit-config\.yaml|conda[\w.-]*|meta\.yaml)$"
)
# Files in which only the lines that install something count.
_SCRIPTS = re.compile(
    r"(^|/)([\w.-]*\.(ya?ml|sh|bat|ps1|json)|[\w.-]*Dockerfile[\w.-]*|Makefile|justfile|Procfile|"
    r"Jenkinsfile|Vagrantfile)$"
)
_INSTALLS = re.compile(r"install|\bpip\b|\bconda\b|\buv\b|\bdeps\b|dependencies|requirements")
_SECONDS = 20.0


class Mentions:
    """Searches texts for whole names; stops after 20 s and then calls everything mentioned."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._until = time.monotonic() + _SECONDS
        self._configuration: str | None = None

    def of_module(self, top: str) -> bool:
        """Whether configuration (tox, CI, conda, Dockerfiles ...) names a module's package."""
        if self._configuration is None:
            texts = (_installing(file.path, self._tree) for file in self._tree.files)
            self._configuration = "\n".join(text.lower() for text in texts if text)
        names = {top.lower(), *distributions_of(top)}
        choices = "|".join(re.sub("[-_.]", "[-_.]", name) for name in sorted(names))
        return bool(re.search(rf"(?<![\w-])(?:{choices})(?![\w-])", self._configuration))

    def unmentioned(self, names: dict[str, set[str]], manifests: set[str]) -> set[str]:
        """The keys of which no word occurs, as a whole word, outside manifests and documents."""
        left = {key: {word.lower() for word in words} for key, words in names.items()}
        for file in self._tree.files:
            if not left:
                break
            if time.monotonic() > self._until:
                return set()
            if file.path in manifests or not _is_evidence(file.path):
                continue
            text = file.read_text()
            if text:
                lower = text.lower()
                left = {key: words for key, words in left.items() if not _names(lower, words)}
        return set(left)


def _names(text: str, words: set[str]) -> bool:
    """Whether one of the words occurs as a whole one."""
    return any(
        word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words
    )


def _is_evidence(path: str) -> bool:
    return not path.lower().endswith(_NO_EVIDENCE) and not _LOCKS.search(path)


def _installing(path: str, tree: Tree) -> str:
    """The text of a file, or those of its lines, where packages are named to be installed."""
    if _LOCKS.search(path):
        return ""
    if _LISTS.search(path):
        return tree.read(path, 200_000) or ""
    if not _SCRIPTS.search(path):
        return ""
    lines = (tree.read(path, 200_000) or "").split("\n")
    return "\n".join(line for line in lines if _INSTALLS.search(line))
