"""Run a suite of node's own runner, jest or vitest, with a reporter that records."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from genesis_engineering.verification.child_environment import scrubbed_environment, search_path
from genesis_engineering.verification.launch import CannotRunError, Launch, Stage
from genesis_engineering.verification.node_modules import find_package
from genesis_engineering.verification.suites import Suite

_RECORDERS = Path(__file__).with_name("node_recorder")
_LEAST_NODE = (18, 15)
_SHUFFLE = "--sequence.shuffle --sequence.seed=1"
_SPECIAL = re.compile(r"[.*+?^${}()|\[\]\\/]")


def launch_node(suite: Suite, stage: Stage) -> Launch:
    """How to run the script of a package.json. Raises CannotRunError without node or the runner."""
    node = shutil.which("node", path=search_path())
    if node is None:
        raise CannotRunError("not looked at: no Node here. Install Node.js 20 or later.")
    version = _version(node)
    if tuple(int(part) for part in version.split(".")[:2]) < _LEAST_NODE:
        raise CannotRunError(f"not looked at: Node {version} is too old; 18.15 is needed.")
    runners = [one for one in ("jest", "vitest") if f"\0{one}\0" in suite.config]
    packages = {name: _installed(name, suite, stage) for name in runners}
    tests = _NodeTests(suite, stage, version)
    folder = stage.place(suite)
    # As npm does it: the packages' own programs are found first, from the inside out.
    above = [folder, *folder.parents]
    inside = [place for place in above if place.is_relative_to(stage.copy)]
    bins = [str(place / "node_modules" / ".bin") for place in inside]
    environment = scrubbed_environment(stage.temporary, stage.pass_on) | {
        "PATH": os.pathsep.join([*bins, search_path()]),
        "GENESIS_TEST_ROOT": os.path.realpath(stage.copy),
        "NO_COLOR": "1",
        "npm_config_cache": str(stage.temporary / "npm"),
    }
    used = ", ".join(f"{name} {number}" for name, number in packages.items())
    return Launch(
        command=tests.command(""),
        folder=folder,
        environment=environment,
        program="node",
        version=version,
        reason=f"`node` on PATH{' with ' + used if used else ''}",
        check=tests.check,
        alone=tests.alone,
        shuffled=tests.command(_SHUFFLE) if suite.runner == "vitest" else None,
    )


def _version(node: str) -> str:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"not looked at: node does not start: {error}") from error
    match = re.match(r"v(\d+\.\d+\.\d+)", answer.stdout)
    return match[1] if match else "0.0.0"


def _installed(name: str, suite: Suite, stage: Stage) -> str:
    """The version of an installed runner."""
    found = find_package(stage.repository / suite.folder, name, stage.repository)
    if found is None:
        raise CannotRunError(
            f"not looked at: {name} is not installed in {suite.prefix}node_modules. Install the "
            "project's packages there (npm ci, pnpm install or yarn), and run this again."
        )
    text = (found / "package.json").read_text("utf-8", errors="replace")
    match = re.search(r'"version":\s*"([^"]+)"', text)
    return match[1] if match else ""


class _NodeTests:
    """The command lines of one script: its marks replaced by options."""

    def __init__(self, suite: Suite, stage: Stage, version: str) -> None:
        self._suite = suite
        self._stage = stage
        self._version = version

    def command(self, extra: str) -> list[str]:
        """The script, with `extra` for the suite's first runner."""
        text = self._suite.config
        for runner, options in _OPTIONS.items():
            more = extra if runner == self._suite.runner else ""
            text = text.replace(f"\0{runner}\0", f"{options} {more}".strip())
        return ["/bin/sh", "-c", text]

    def alone(self, name: str) -> list[str]:
        """One test, by its name; what is named alike in the same file runs with it."""
        return self.command(self._only(name))

    def check(self, name: str) -> str:
        """A shell line that runs one test, from the repository."""
        file, _, title = name.partition("::")
        runner = {"node": "node --test", "jest": "npx jest", "vitest": "npx vitest run"}
        own = shlex.quote(file.removeprefix(self._suite.prefix))
        line = f"{runner[self._suite.runner]} {own}"
        if title and self._suite.runner == "node":
            line = f"node --test {self._only(name)}" + (
                "" if own in self._only(name) else f" {own}"
            )
        elif title:
            line += f" -t {shlex.quote(self._pattern(title))}"
        return (
            line if self._suite.folder == "." else f"cd {shlex.quote(self._suite.folder)} && {line}"
        )

    def _only(self, name: str) -> str:
        file, _, title = name.partition("::")
        own = shlex.quote(file.removeprefix(self._suite.prefix))
        if self._suite.runner == "node":
            # A test in a test runs only when the outer one does; each is matched by its own name.
            parts = "|".join(_SPECIAL.sub(r"\\\g<0>", part) for part in _plain(title).split(" > "))
            return f"--test-name-pattern={shlex.quote(f'^({parts})$')}" if title else ""
        pattern = shlex.quote(self._pattern(title))
        return f"-t {pattern} {own}" if title else own

    def _pattern(self, title: str) -> str:
        whole = " ".join(_plain(title).split(" > "))
        return "^" + _SPECIAL.sub(r"\\\g<0>", whole) + "$"


def _plain(title: str) -> str:
    """A name without the number of a second test that is named alike."""
    return re.sub(r" \(\d+\)$", "", title)


_OPTIONS = {
    "node": f"--test-reporter=spec --test-reporter-destination=stdout "
    f"--test-reporter={shlex.quote(str(_RECORDERS / 'node_reporter.mjs'))} "
    "--test-reporter-destination=stderr",
    "jest": f"--reporters=default --reporters={shlex.quote(str(_RECORDERS / 'jest_reporter.cjs'))}",
    "vitest": "--reporter=default "
    f"--reporter={shlex.quote(str(_RECORDERS / 'vitest_reporter.mjs'))}",
}
