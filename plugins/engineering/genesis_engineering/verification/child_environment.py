"""The environment variables of a test suite: a list of harmless ones, and folders of its own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

# Whatever is not named here may be a secret, by whatever name.
_ALLOWED = re.compile(
    r"PATH|LANG|LANGUAGE|LC_\w+|TZ|TZDIR|TERM|USER|LOGNAME|SHELL|LD_LIBRARY_PATH|DYLD_\w+|"
    r"SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|"
    r"CC|CXX|CPPFLAGS|CFLAGS|CXXFLAGS|LDFLAGS|PKG_CONFIG_PATH|C_INCLUDE_PATH|LIBRARY_PATH|"
    r"JAVA_HOME|GOROOT|CONDA_PREFIX|SOURCE_DATE_EPOCH|"
    r"(PYENV|NODENV|GOENV)_(ROOT|VERSION)|NVM_DIR|VOLTA_HOME|ASDF_DIR|ASDF_DATA_DIR|"
    r"RUSTUP_HOME|RUSTUP_TOOLCHAIN"
)
_PROXY = re.compile(r"(https?|all|no)_proxy", re.IGNORECASE)
# Where these tools are installed, when no variable says so: in the user's real home folder.
_TOOL_HOMES = {
    "RUSTUP_HOME": ".rustup",
    "PYENV_ROOT": ".pyenv",
    "VOLTA_HOME": ".volta",
    "ASDF_DATA_DIR": ".asdf",
}


def scrubbed_environment(temporary: Path, extra: Iterable[str] = ()) -> dict[str, str]:
    """What any program of the repository gets. Whatever it leaves behind goes to `temporary`.

    `extra` names variables of the user's that are handed on as well.
    """
    wanted = set(extra)
    kept = {
        name: value for name, value in os.environ.items() if name in wanted or _is_allowed(name)
    }
    kept = {
        name: value for name, value in kept.items() if not (_PROXY.fullmatch(name) and "@" in value)
    }
    for name, folder in _TOOL_HOMES.items():
        if name not in kept and (Path.home() / folder).is_dir():
            kept[name] = str(Path.home() / folder)
    home = temporary / "home"
    home.mkdir(parents=True, exist_ok=True)
    (temporary / "tmp").mkdir(exist_ok=True)
    return kept | {
        "HOME": str(home),
        "TMPDIR": str(temporary / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        # Packages that were installed for the user alone are part of an interpreter.
        "PYTHONUSERBASE": os.environ.get("PYTHONUSERBASE", str(Path.home() / ".local")),
        "COVERAGE_FILE": str(temporary / "coverage"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(temporary / "hypothesis"),
        "RUSTUP_AUTO_INSTALL": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _is_allowed(name: str) -> bool:
    return bool(_ALLOWED.fullmatch(name) or _PROXY.fullmatch(name))


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
