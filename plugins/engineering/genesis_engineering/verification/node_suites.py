"""Find the suites of node's own runner, jest and vitest, from each package.json."""

from __future__ import annotations

import json

from genesis_engineering.files import RepositoryFile
from genesis_engineering.verification.node_script import NodeScript, read_script
from genesis_engineering.verification.suites import OtherSuite, Suite, folder_of, is_below

_SCRIPTS = ("test", "test:unit", "unit", "test:ci")
_FAN_OUT = ("workspace", "-ws", "-w ", "turbo", "lerna", "nx ", "-r ", "--recursive", "wireit")


def node_suites(packages: list[RepositoryFile]) -> tuple[list[Suite], list[OtherSuite]]:
    """The suites that can be run, and those of other runners. `packages` are outermost first.

    A package below another one that runs the same runner over all its files is part of that one.
    """
    found: list[Suite] = []
    others: list[OtherSuite] = []
    for file in packages:
        scripts = _scripts(file)
        name = next((one for one in _SCRIPTS if _is_real(scripts.get(one))), None)
        if name is None:
            continue
        script = read_script(scripts, name)
        folder = folder_of(file.path)
        if script is None:
            others.append(_other(file.path, scripts[name]))
        elif not any(_covers(suite, script, folder) for suite in found):
            found.append(Suite(script.runners[0], folder, config=script.text))
    if found:
        others = [other for other in others if not any(mark in other.name for mark in _FAN_OUT)]
    return found, others


def _scripts(file: RepositoryFile) -> dict[str, str]:
    try:
        package = json.loads(file.read_text() or "")
    except (ValueError, RecursionError):
        return {}
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {name: text for name, text in scripts.items() if isinstance(text, str)}


def _is_real(script: str | None) -> bool:
    return script is not None and bool(script.strip()) and "no test specified" not in script


def _covers(suite: Suite, script: NodeScript, folder: str) -> bool:
    """Whether the script of a package further out runs these tests too: it names no paths."""
    runner = script.runners[0]
    if suite.runner != runner or not is_below(folder, suite.folder):
        return False
    after = suite.config.rpartition(f"\0{runner}\0")[2].split()
    return all(word.startswith("-") for word in after)


def _other(path: str, script: str) -> OtherSuite:
    return OtherSuite(
        f"the test script of {path} ({script[:100]})",
        "not run: of JavaScript, Genesis reads results per test from node's own runner, jest and "
        "vitest only. Run it yourself with npm test.",
    )
