"""The environment variables of a test suite: the user's, without secrets and without ours."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_SECRET = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|PRIVATE_?KEY|ACCESS_?KEY|AUTH_SOCK",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"GENESIS_|AWS_|PYTEST_|COVERAGE_|COV_CORE_|PYTHONPATH$|PYTHONHOME$|PYTHONSTARTUP$|"
    r"VIRTUAL_ENV|GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)$"
)


def scrubbed_environment(temporary: Path) -> dict[str, str]:
    """What any program of the repository gets. Whatever it leaves behind goes to `temporary`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not _SECRET.search(name) and not _OURS.match(name)
    }
    return kept | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(temporary),
        "COVERAGE_FILE": str(temporary / "coverage"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(temporary / "hypothesis"),
    }


def search_path() -> str:
    """PATH without the folder of Genesis' own virtual environment, if it runs in one."""
    path = os.environ.get("PATH", os.defpath)
    if sys.prefix == sys.base_prefix:
        return path
    own = Path(sys.prefix).resolve()
    folders = path.split(os.pathsep)
    return os.pathsep.join(
        folder for folder in folders if folder and Path(folder).resolve().parent != own
    )


def with_interpreter(environment: dict[str, str], python: Path) -> dict[str, str]:
    """As if the interpreter's environment were activated: its programs are found first."""
    bin_folder = python.parent
    values = {"PATH": os.pathsep.join([str(bin_folder), search_path()])}
    if (bin_folder.parent / "pyvenv.cfg").is_file():
        values["VIRTUAL_ENV"] = str(bin_folder.parent)
    return environment | values
