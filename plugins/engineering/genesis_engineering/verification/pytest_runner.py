"""The command that runs a pytest suite so that it leaves nothing in the checkout."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

_NEEDS_CACHE = re.compile(
    r"cache_dir|--(lf|ff|nf|sw|last-failed|failed-first|new-first|stepwise)\b"
)


def pytest_command(python: Path, folder: Path, temporary: Path, config: str) -> list[str]:
    """Pytest with the recorder. `config` is the text of the pytest configuration in `folder`.

    A configuration that uses the cache keeps it, in `temporary`; otherwise there is none.
    """
    cache = ["-o", f"cache_dir={temporary / 'cache'}"]
    if not _NEEDS_CACHE.search(config):
        cache = ["-p", "no:cacheprovider"]
    return [
        str(python), "-m", "pytest", "-p", "genesis_recorder.pytest_plugin", *cache,
        f"--rootdir={folder}", f"--basetemp={temporary / 'pytest'}",
        "--tb=short", "--color=no", "--continue-on-collection-errors",
    ]  # fmt: skip


def pytest_check(python: str, node_id: str, python_path: str) -> str:
    """A shell line that runs one test, from the suite's folder."""
    prefix = f"PYTHONPATH={shlex.quote(python_path)} " if python_path else ""
    return f"{prefix}{shlex.quote(python)} -m pytest {shlex.quote(node_id)}"
