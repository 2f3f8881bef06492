"""Go: imports that go.mod does not require, requirements that nothing imports, holes in go.sum."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from genesis.contracts import Finding, Severity

from genesis_engineering.files import RepositoryFile
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.python_locks import MAX_LOCK_BYTES
from genesis_engineering.infrastructure.tree import Tree

_REQUIRE = re.compile(r"^\s*(?:require\s+)?([\w.~/-]+\.[\w.~/-]+)\s+(v[\w.+-]+)\s*(//.*)?$")
_REPLACE = re.compile(r"^\s*(?:replace\s+)?(\S+)(?:\s+v\S+)?\s*=>\s*(\S+)")
_BLOCK = re.compile(r"^(\w+)\s*\($")
_COMMENT = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)")
# Imports come first in a file.
_HEAD_CHARACTERS = 50_000
_LONGEST_LINE = 1000
_IMPORTS = re.compile(r"^import\s*(?:\(([^)]*)\)|([^\n]*))", re.MULTILINE)
_QUOTED = re.compile(r"[\"`]([^\"`\s]+)[\"`]")
_IGNORED = re.compile(r"^//\s*(go:build\s+|\+build\s+).*\b(ignore|tools|generate)\b", re.MULTILINE)


@dataclass
class GoModule:
    """A go.mod: `required` is path to (version, line, whether only indirect)."""

    folder: str
    path: str
    name: str = ""
    required: dict[str, tuple[str, int, bool]] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    tools: set[str] = field(default_factory=set)
    files: list[RepositoryFile] = field(default_factory=list)


def read_go_mod(path: str, text: str) -> GoModule:
    """The module; lines that cannot be read are left out."""
    module = GoModule(posixpath.dirname(path), path)
    block = ""
    for number, raw in enumerate(text.split("\n")[:20_000], start=1):
        line = raw.strip()[:_LONGEST_LINE]
        opened = _BLOCK.match(line)
        if opened:
            block = opened[1]
        elif line == ")":
            block = ""
        else:
            _read_line(module, line, block or line.partition(" ")[0], number)
    return module


def _read_line(module: GoModule, line: str, verb: str, number: int) -> None:
    if verb == "module":
        module.name = line.removeprefix("module").split("//")[0].strip().strip('"')
    elif verb == "require" and (found := _REQUIRE.match(line)):
        is_indirect = "indirect" in (found[3] or "")
        module.required[found[1]] = (found[2], number, is_indirect)
    elif verb == "replace" and (swap := _REPLACE.match(line)):
        module.replaced[swap[1]] = swap[2]
    elif verb == "tool":
        module.tools.add(line.removeprefix("tool").strip())


def find_go_modules(tree: Tree) -> list[GoModule]:
    """The modules with their files; innermost first. Go itself ignores `testdata`, `_x`, `.x`."""
    modules = []
    for file in tree.named("go.mod"):
        text = tree.read(file.path)
        if text and "{{" not in text:
            modules.append(read_go_mod(file.path, text))
    modules.sort(key=lambda one: -len(one.folder))
    for file in tree.files:
        if file.suffix == ".go" and not re.search(
            r"(^|/)(testdata|[_.][^/]*)/|(^|/)[_.]", file.path
        ):
            owner = next(
                (
                    one
                    for one in modules
                    if not one.folder or file.path.startswith(one.folder + "/")
                ),
                None,
            )
            if owner:
                owner.files.append(file)
    return modules


def go_imports(text: str) -> Iterator[tuple[str, int]]:
    """The import paths of a file and their lines; comments are left out."""
    head = text[:_HEAD_CHARACTERS]
    code = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), head)
    for block in _IMPORTS.finditer(code):
        group = 1 if block[1] is not None else 2
        for quoted in _QUOTED.finditer(block[group]):
            yield quoted[1], code.count("\n", 0, block.start(group) + quoted.start()) + 1


def check_go_module(tree: Tree, module: GoModule, others: set[str]) -> Iterator[Finding]:
    """Findings of one module; `others` are the modules of the repository itself."""
    used: set[str] = set()
    missing: dict[str, Finding] = {}
    for file in module.files:
        tree.check_time()
        text = file.read_text() or ""
        is_left_out = bool(_IGNORED.search(text[:2000]))
        for path, line in go_imports(text):
            owner = _owner(path, module, others)
            used.add(owner or "")
            if owner is None and not is_left_out and path not in missing:
                missing[path] = _missing(module, file, path, line, text)
    if not any(tree.exists(posixpath.join(one, "go.work")) for one in {"", module.folder}):
        yield from missing.values()
    used |= {owner for tool in module.tools if (owner := _owner(tool, module, others))}
    yield from _unused(module, used)
    yield from _sum_drift(tree, module)


def _owner(path: str, module: GoModule, others: set[str]) -> str | None:
    """The module that gives a package: "" for Go's own and for cgo, None when there is none."""
    first = path.partition("/")[0]
    if "." not in first or path.startswith("."):
        return ""
    names = [module.name, *module.required, *module.replaced, *others]
    fitting = [name for name in names if path == name or path.startswith(name + "/")]
    return max(fitting, key=len) if fitting else None


def _missing(module: GoModule, file: RepositoryFile, path: str, line: int, text: str) -> Finding:
    return make_finding(
        "missing-dependency",
        Severity.LOW if file.is_test else Severity.HIGH,
        f"{path} is imported, and {module.path} requires no module that has it: the build stops. "
        "Run `go mod tidy`.",
        file.path,
        line,
        text.split("\n")[line - 1],
        f"cd {module.folder or '.'} && go mod tidy -diff",
    )


def _unused(module: GoModule, used: set[str]) -> Iterator[Finding]:
    if not module.files:
        return
    for name, (version, line, is_indirect) in module.required.items():
        if name not in used and not is_indirect:
            yield make_finding(
                "unused-dependency",
                Severity.LOW,
                f"{name} is required as if the module imported it, and no file does: "
                "`go mod tidy` takes it out or marks it `// indirect`.",
                module.path,
                line,
                f"{name} {version}",
                f"grep -rn '{name}' --include='*.go' {module.folder or '.'}",
            )


def _sum_drift(tree: Tree, module: GoModule) -> Iterator[Finding]:
    """Required modules without a line in go.sum, which a build may not add."""
    path = posixpath.join(module.folder, "go.sum")
    text = tree.read(path, MAX_LOCK_BYTES)
    vendored = tree.exists(posixpath.join(module.folder, "vendor/modules.txt"))
    if text is None or vendored or tree.exists("go.work"):
        return
    locked = {tuple(line.split()[:2]) for line in text.split("\n") if line.strip()}
    for name, (version, line, _) in module.required.items():
        if name in module.replaced or {(name, version), (name, f"{version}/go.mod")} & locked:
            continue
        yield make_finding(
            "lock-drift",
            Severity.MEDIUM,
            f"{name} {version} is required, and {path} has no checksum of it: builds fail with "
            "`missing go.sum entry`. Run `go mod tidy`.",
            module.path,
            line,
            f"{name} {version}",
            f"grep -n '{name} {version}' {path}",
        )
