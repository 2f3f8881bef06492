"""Turn what `go test -json` prints into the recorder's events."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from genesis_engineering.verification.launch import Emit

_KEPT = 6000
_MOST_LINE = 2**20
_PLACE = re.compile(
    r"^\s*(?P<file>\S+_test\.go):(?P<line>\d+)(?:: (?P<said>.*)| \+0x)", re.MULTILINE
)
# The compiler and vet name files from where they ran.
_COMPILED = re.compile(r"^(?:vet: )?(?:\./)?(?P<file>[\w.-][\w./-]*\.go):\d+:", re.MULTILINE)
_PANIC = re.compile(r"^\s*(panic: .*|fatal error: .*)$", re.MULTILINE)
_BUILD_FAILED = re.compile(r"^FAIL\t(\S+) \[(build|setup) failed\]")
# What go says by itself, before any package; `warning: "./..." matched no packages` is no fault.
_NOT_HERE = "module lookup disabled"
# With a go.sum beside it, that is a fault of the repository; without one, nothing was downloaded.
_NO_SUM = "missing go.sum entry"
_WANTED = re.compile(
    r"^go: downloading (\S+)|missing go.sum entry for module providing package (\S+)"
    r"|^(?:go: )?([^\s:@]+)(?:@\S+)?: missing go.sum entry",
    re.MULTILINE,
)
_NAMED = 5
_OUTCOMES = {"pass": "passed", "fail": "failed", "skip": "skipped"}


@dataclass
class _Package:
    """A package while its tests run: what it and each open test printed, and whether any failed."""

    said: str = ""
    of_test: dict[str, str] = field(default_factory=dict)
    failed: bool = False


class GoEvents:
    """The translator. `module` is the module's path, `prefix` its folder in the repository, with a
    slash at its end; `root` is the folder of the copy, which stack traces name."""

    def __init__(self, emit: Emit, *, module: str, prefix: str, root: str) -> None:
        self._emit = emit
        self._module = module
        self._prefix = prefix
        self._root = root
        self._rest = b""
        self._packages: dict[str, _Package] = {}
        self._builds: dict[str, str] = {}
        self._building = ""
        self._said = ""
        self._bad = False

    def feed(self, chunk: bytes) -> None:
        """Take what was printed next."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[:_MOST_LINE]
        for line in lines:
            self._line(line)

    def close(self, exit_code: int | None) -> None:
        """The end; without any package there were no tests."""
        if self._rest:
            self._line(self._rest)
        for package in list(self._builds):
            self._build_failed(package)
        if exit_code and not self._packages:
            self._not_begun()
        if exit_code is not None:
            status = 1 if self._bad else 0 if self._packages else 5
            self._emit({"event": "finish", "exit_status": status})

    def _line(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict) and isinstance(event.get("Action"), str):
            self._event({key: value for key, value in event.items() if isinstance(key, str)})
        else:
            self._plain(line.decode("utf-8", errors="replace"))

    def _plain(self, text: str) -> None:
        """What the compiler says: a heading with the package, then its errors."""
        if failed := _BUILD_FAILED.match(text):
            self._say_failed(failed[1])
        elif text.startswith("# "):
            self._building = text[2:].split(" ")[0]
            self._builds.setdefault(self._building, "")
        elif self._building:
            self._add_build(self._building, text + "\n")
        elif text.strip():
            self._said = f"{self._said}{text}\n"[-_KEPT:]

    def _event(self, event: dict[str, object]) -> None:
        package = str(event.get("Package") or event.get("ImportPath") or "").split(" ")[0]
        test, action = event.get("Test"), event["Action"]
        said = str(event.get("Output", ""))
        if action == "build-output":
            if not said.startswith("# "):
                self._add_build(package, said)
        elif event.get("FailedBuild"):
            self._build_failed(package, str(event["FailedBuild"]).split(" ")[0])
        elif isinstance(test, str):
            self._of_test(package, test, str(action), said, event.get("Elapsed"))
        else:
            self._of_package(package, str(action), said)

    def _add_build(self, package: str, text: str) -> None:
        self._builds[package] = (self._builds.get(package, "") + text)[-_KEPT:]

    def _of_test(self, package: str, test: str, action: str, said: str, elapsed: object) -> None:
        known = self._packages.setdefault(package, _Package())
        name = f"{package}::{test}"
        if action == "run":
            known.of_test[test] = ""
            self._emit({"event": "start", "id": name})
        elif action == "output":
            known.of_test[test] = (known.of_test.get(test, "") + said)[-_KEPT:]
        elif action in _OUTCOMES:
            known.failed |= action == "fail"
            self._bad |= action == "fail"
            text = known.of_test.pop(test, "")
            self._emit(self._phase(package, name, _OUTCOMES[action], text, elapsed))
            self._emit({"event": "end", "id": name})

    def _phase(
        self, package: str, name: str, outcome: str, text: str, elapsed: object
    ) -> dict[str, object]:
        file, line, message = self._place(package, text)
        return {
            "event": "phase",
            "id": name,
            "when": "call",
            "outcome": outcome,
            "seconds": elapsed if isinstance(elapsed, int | float) else 0.0,
            "file": file,
            "line": line,
            "message": "" if outcome == "passed" else message[:1000],
            "detail": text if outcome == "failed" else "",
        }

    def _of_package(self, package: str, action: str, said: str) -> None:
        known = self._packages.setdefault(package, _Package())
        if action == "output":
            if failed := _BUILD_FAILED.match(said):
                self._say_failed(failed[1])
            known.said = (known.said + said)[-_KEPT:]
        elif action == "skip" and "[no test files]" in known.said:
            del self._packages[package]
        elif action == "fail" and not known.failed and not known.of_test:
            known.failed = True
            message = _PANIC.search(known.said)
            lines = [line for line in known.said.splitlines() if line.strip()]
            told = message[1] if message else lines[0] if lines else "no reason was given"
            self._collection(package, told, known.said)

    def _say_failed(self, package: str) -> None:
        """Now when the reason is known, else at the end: it comes by another pipe, maybe later."""
        if self._builds.setdefault(package, ""):
            self._build_failed(package)

    def _build_failed(self, package: str, built: str = "") -> None:
        known = self._packages.setdefault(package, _Package())
        text = self._builds.pop(built or package, "") or known.said
        if known.failed:
            return
        known.failed = True
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        message = lines[0] if lines else "it does not compile"
        self._collection(package, (self._lacking() if self._waits(text) else "") or message, text)

    def _not_begun(self) -> None:
        """Go ended before it came to a package: the modules are not here, or go.mod is broken."""
        lines = [line for line in self._said.splitlines() if "matched no packages" not in line]
        told = [line for line in lines if not line.startswith(("go: downloading", "no packages"))]
        if not told:
            return
        message = " ".join(part.strip() for part in told[:2])
        if self._waits(self._said):
            message = self._lacking() or message
        message = message.replace(self._root + "/", "")
        self._collection("go", message, self._said, self._prefix + "go.mod")

    def _waits(self, said: str) -> bool:
        """Whether Go says that something has to be downloaded first."""
        has_sums = Path(self._root, self._prefix, "go.sum").exists()
        return _NOT_HERE in said or (_NO_SUM in said and not has_sums)

    def _lacking(self) -> str:
        """The modules that Go wanted to download, in words; "" for none."""
        wanted = sorted({one[1] or one[2] or one[3] for one in _WANTED.finditer(self._said)})
        if not wanted:
            return ""
        more = f" and {len(wanted) - _NAMED} more" if len(wanted) > _NAMED else ""
        named = ", ".join(wanted[:_NAMED]) + more
        return f"modules that are not here: {named}. Download them with `go mod download`"

    def _collection(self, package: str, message: str, detail: str, file: str = "") -> None:
        self._bad = True
        place = _COMPILED.search(detail)
        file = file or (self._prefix + place["file"] if place else "")
        self._emit(
            {
                "event": "collection",
                "id": package,
                "outcome": "failed",
                "file": file or None,
                "message": message.strip()[:1000],
                "detail": detail,
            }
        )

    def _place(self, package: str, text: str) -> tuple[str | None, int | None, str]:
        """Where a test says that it failed, and what it says; a panic says it first."""
        place, panic = _PLACE.search(text), _PANIC.search(text)
        message = panic[1].removesuffix(" [recovered]") if panic else "it failed"
        if place is None:
            return None, None, message
        if not panic:
            message = place["said"] or message
        folder = package.removeprefix(self._module).strip("/")
        file = f"{self._prefix}{folder}/{place['file']}" if folder else self._prefix + place["file"]
        if place["file"].startswith("/"):
            file = place["file"].removeprefix(self._root + "/")
        return (None if file.startswith("/") else file), int(place["line"]), message
