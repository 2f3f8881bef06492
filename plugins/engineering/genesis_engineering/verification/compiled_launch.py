"""Run the suites of `go test` and `cargo test`. Without permission to install, nothing is
downloaded: modules and crates come from the user's caches."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from genesis_engineering.verification.cargo_events import CargoEvents
from genesis_engineering.verification.child_environment import scrubbed_environment, search_path
from genesis_engineering.verification.go_events import GoEvents
from genesis_engineering.verification.launch import CannotRunError, Launch, Stage
from genesis_engineering.verification.suites import Suite


def launch_go(suite: Suite, stage: Stage) -> Launch:
    """How to run the tests of a module. Raises CannotRunError without Go."""
    go = _find("go", "no Go here. Install Go from its site or as golang-go.")
    version = _version([go, "version"], r"go(\d[\w.]*)")
    environment = scrubbed_environment(stage.temporary, stage.pass_on)
    environment |= {"GOFLAGS": "", "GOTOOLCHAIN": "local"}
    for name in ("GOPATH", "GOMODCACHE", "GOCACHE"):
        environment[name] = _go_variable(go, name)
    if stage.build:
        environment["GOMODCACHE"] = str(stage.temporary / "go-modules")
    else:
        environment["GOPROXY"] = "off"
    module = _module(stage.place(suite) / "go.mod")
    whole = [go, "test", "-json", "-count=1"]

    def alone(name: str) -> list[str]:
        package, _, test = name.partition("::")
        return [*whole, "-run", _go_pattern(test), package]

    def check(name: str) -> str:
        package, _, test = name.partition("::")
        folder = package.removeprefix(module).strip("/")
        only = f" -run {shlex.quote(_go_pattern(test))}" if test else ""
        return _in_folder(suite, f"go test{only} ./{shlex.quote(folder) if folder else ''}")

    return Launch(
        command=[*whole, "./..."],
        folder=stage.place(suite),
        environment=environment,
        program="go",
        version=version,
        reason="`go` on PATH",
        check=check,
        alone=alone,
        shuffled=[*whole, "-shuffle=on", "./..."],
        translate=lambda emit: GoEvents(
            emit, module=module, prefix=suite.prefix, root=str(stage.copy)
        ),
        covered=lambda data: [*whole, f"-coverprofile={data}", "./..."],
    )


def launch_cargo(suite: Suite, stage: Stage) -> Launch:
    """How to run the tests of a workspace. Raises CannotRunError without cargo."""
    cargo = _find("cargo", "no Rust here. Install it with rustup or as cargo.")
    version = _version([cargo, "--version"], r"cargo (\d[\w.]*)")
    home = os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
    environment = scrubbed_environment(stage.temporary, stage.pass_on) | {
        "CARGO_HOME": str(stage.temporary / "cargo") if stage.build else home,
        "CARGO_TARGET_DIR": str(stage.temporary / "target"),
        "CARGO_TERM_COLOR": "never",
        "CARGO_TERM_PROGRESS_WHEN": "never",
        "CARGO_INCREMENTAL": "0",
    }
    if not stage.build:
        environment["CARGO_NET_OFFLINE"] = "true"
    whole = [cargo, "test", "--no-fail-fast"]
    if "[workspace]" in (stage.place(suite) / "Cargo.toml").read_text("utf-8", errors="replace"):
        whole.append("--workspace")

    def alone(name: str) -> list[str]:
        return [*whole, "--", "--exact", name.partition("::")[2]]

    def check(name: str) -> str:
        test = name.partition("::")[2]
        known = test and not test.startswith("(")
        return _in_folder(
            suite, "cargo test" + (f" -- --exact {shlex.quote(test)}" if known else "")
        )

    return Launch(
        command=whole,
        folder=stage.place(suite),
        environment=environment,
        program="cargo",
        version=version,
        reason="`cargo` on PATH",
        check=check,
        alone=alone,
        translate=lambda emit: CargoEvents(emit, prefix=suite.prefix),
    )


def _find(program: str, otherwise: str) -> str:
    found = shutil.which(program, path=search_path())
    if found is None:
        raise CannotRunError(f"not looked at: {otherwise}")
    return found


def _version(command: list[str], pattern: str) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"not looked at: {command[0]} does not start: {error}") from error
    match = re.search(pattern, answer.stdout)
    return match[1] if match else ""


def _go_variable(go: str, name: str) -> str:
    answer = subprocess.run([go, "env", name], capture_output=True, text=True, timeout=60)
    return answer.stdout.strip()


def _module(manifest: Path) -> str:
    text = manifest.read_text("utf-8", errors="replace")
    match = re.search(r'^module\s+"?([^\s"]+)', text, re.MULTILINE)
    return match[1] if match else ""


def _go_pattern(test: str) -> str:
    return "/".join(f"^{re.escape(part)}$" for part in test.split("/"))


def _in_folder(suite: Suite, line: str) -> str:
    return line if suite.folder == "." else f"cd {shlex.quote(suite.folder)} && {line}"
