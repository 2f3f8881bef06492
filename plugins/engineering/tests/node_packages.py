"""Where the packages of node are that some tests need.

`GENESIS_TEST_NODE_MODULES` names a folder with a `node_modules` that has jest and vitest; with
`GENESIS_TEST_NPM=1` they are installed once for the test session. Without both, such tests skip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

_WANTED = ("jest@29", "vitest@2")


@cache
def _installed() -> Path | None:
    given = os.environ.get("GENESIS_TEST_NODE_MODULES")
    if given:
        return Path(given)
    if os.environ.get("GENESIS_TEST_NPM") != "1" or shutil.which("npm") is None:
        return None
    folder = Path(mkdtemp(prefix="genesis-node-"))
    (folder / "package.json").write_text('{"name": "fixture", "private": true}')
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", *_WANTED],
        cwd=folder, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return folder


def modules_with(name: str) -> Path:
    """The `node_modules` that has a package; skips the test that asks when there is none."""
    folder = _installed()
    if folder is None or not (folder / "node_modules" / name).is_dir():
        pytest.skip(f"{name} is not here: set GENESIS_TEST_NPM=1, or GENESIS_TEST_NODE_MODULES")
    return folder / "node_modules"
