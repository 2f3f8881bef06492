"""Ask git about a repository that nobody has vouched for: nothing that it configures is run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# They name a repository, or a part of one, whatever `-C` says.
_ELSEWHERE = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
     "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF"}
)  # fmt: skip
# What a repository's own configuration could name a program by (git-config(1)).
_SETTINGS = (
    "core.fsmonitor=false", f"core.hooksPath={os.devnull}", "core.untrackedCache=keep",
    "core.quotePath=false", "core.pager=cat", "core.sshCommand=false", "core.gitProxy=",
    "log.showSignature=false", "gpg.program=false", "diff.external=", "interactive.diffFilter=",
    "credential.helper=", "protocol.allow=never",
)  # fmt: skip
_DIFFING = frozenset({"diff", "log", "show"})


def run_git(
    repository: Path, *arguments: str, seconds: float, given: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a git command that reads, with bytes `given` as its input.

    Neither hooks, monitors, pagers, filters for diffs nor remotes of the repository are used, and
    the index is not refreshed. Raises OSError when git cannot be started
    or does not end within `seconds`.
    """
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command, *rest = arguments
    if command in _DIFFING:
        rest = ["--no-ext-diff", "--no-textconv", *rest]
    try:
        return subprocess.run(
            ["git", "-C", str(repository), "--no-pager", *settings, command, *rest],
            input=given if given is not None else b"",
            capture_output=True, timeout=seconds, env=_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise OSError(
            f"git {command} did not answer within {seconds:.0f} s for {repository}. "
            "Look whether a file in its .git is a pipe or a device."
        ) from None


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return kept | {
        # No protocol at all: what a partial clone lacks is not fetched.
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }
