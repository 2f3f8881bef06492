"""Imports go one way, plugins know only the public surface, and files stay small."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "kernel" / "genesis"
PLUGINS = ROOT / "plugins"
MOST_LINES = 400

# What the parts of `genesis` may import from it, apart from themselves.
BASE = {"errors", "clock", "home", "settings", "settings_file", "__version__"}
LOW = BASE | {"contracts"}
ALLOWED = {
    "errors": set(),
    "clock": set(),
    "home": {"errors"},
    "settings": {"errors"},
    "settings_file": {"errors", "settings"},
    "contracts": set(),
    # The decorator with which it declares hooks belongs to the host.
    "hookspecs": {"contracts", "host.hooks"},
    "storage": LOW,
    "executors": LOW,
    "host": LOW | {"hookspecs", "storage", "executors.process_tree"},
    "minds": LOW | {"hookspecs", "storage", "host"},
    "importing": LOW | {"storage", "minds"},
    # A mind as a program holds it is put together like the kernel.
    "mind": LOW | {"storage", "minds", "importing"},
    "sessions": LOW | {"hookspecs", "storage", "host", "executors"},
    "testing": LOW | {"executors"},
    "kernel": LOW | {"hookspecs", "storage", "host", "minds", "sessions", "executors"},
    # What stands on an open kernel: it hands in sessions, answers on a port, runs for months.
    "scheduling": LOW | {"storage", "host", "sessions", "kernel"},
    "web": LOW
    | {"hookspecs", "storage", "host", "minds", "mind", "sessions", "kernel", "scheduling"},
    "service": LOW
    | {"storage", "host", "minds", "sessions", "executors", "kernel", "scheduling", "web"},
    "cli": LOW
    | {"hookspecs", "storage", "host", "minds", "importing", "mind", "sessions", "executors"}
    | {"kernel", "scheduling", "web", "service"},
    "migrate": LOW | {"storage", "importing", "cli"},
    # What commands of plugins may use of the command line.
    "commands": LOW | {"host", "kernel", "cli"},
    # Only names for type checkers; at run time they are resolved on first use.
    "__init__": {"hookspecs", "host", "kernel", "mind", "minds", "sessions"},
}
# The host only passes on the minds of its kernel to plugins, which need to know their type.
ONLY_TYPES = {"host": {"minds.store.MindStore"}}
CONTRACT_LIBRARIES = {*sys.stdlib_module_names, "pydantic"}
# Errors are a base module: a tool raises them, and their messages are the user's.
PUBLIC_MODULES = {"genesis.clock", "genesis.commands", "genesis.contracts", "genesis.errors"}
# `run_attempt` until `genesis.testing` can cancel an attempt.
TEST_MODULES = {"genesis.testing", "genesis.executors.attempt.run_attempt"}


def sources(folder: Path) -> list[Path]:
    """The Python files of a folder that are no tests."""
    return sorted(p for p in folder.rglob("*.py") if "tests" not in p.relative_to(folder).parts)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it; `from a import b` is `a.b`, and what is
    imported from one's own folder starts with a dot."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from (f"{origin}.{name.name}" for name in node.names)


def part_of(path: Path) -> str:
    return path.relative_to(KERNEL).parts[0].removesuffix(".py")


def is_under(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in allowed)


def forbidden(path: Path) -> list[str]:
    """What a file of the kernel imports from `genesis` against the direction."""
    part = part_of(path)
    own = [name.removeprefix("genesis.") for name in imported(path) if name.startswith("genesis.")]
    types = ONLY_TYPES.get(part, set()) & set(only_for_types(path))
    return [name for name in own if not is_under(name, ALLOWED[part] | {part} | types)]


def only_for_types(path: Path) -> Iterator[str]:
    """What a file imports for type checkers alone, without the leading `genesis.`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom):
                    module = (statement.module or "").removeprefix("genesis.")
                    yield from (f"{module}.{name.name}" for name in statement.names)


@pytest.mark.parametrize("path", sources(KERNEL), ids=lambda p: str(p.relative_to(KERNEL)))
def test_the_kernel_imports_in_one_direction_and_never_a_plugin(path: Path) -> None:
    assert forbidden(path) == []
    assert [name for name in imported(path) if name.startswith(("genesis_", "."))] == []


def test_the_parts_of_the_kernel_do_not_depend_on_each_other_in_a_circle() -> None:
    order = list(ALLOWED)
    for part, allowed in ALLOWED.items():
        if part not in ("hookspecs", "__init__"):
            for name in allowed - {"__version__", "host.hooks", "executors.process_tree"}:
                assert order.index(name) < order.index(part), (part, name)
    assert {part_of(path) for path in sources(KERNEL)} == set(ALLOWED)


@pytest.mark.parametrize("path", sources(KERNEL / "contracts"), ids=lambda p: p.name)
def test_contracts_need_nothing_but_pydantic(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imported(path)} - {"genesis"}
    assert tops <= CONTRACT_LIBRARIES


def plugin_files() -> list[Path]:
    return [p for p in sorted(PLUGINS.rglob("*.py")) if "site-packages" not in p.parts]


@pytest.mark.parametrize("path", plugin_files(), ids=lambda p: str(p.relative_to(PLUGINS)))
def test_plugins_use_the_public_surface_only(path: Path) -> None:
    import genesis

    public = {f"genesis.{name}" for name in genesis.__all__} | PUBLIC_MODULES
    if "tests" in path.parts:
        public |= TEST_MODULES
    used = [name for name in imported(path) if name.partition(".")[0] == "genesis"]
    assert [name for name in used if not is_under(name, public)] == []


def hook_calls(path: Path) -> list[int]:
    """The lines in which `something.hook.name` stands: pluggy's own way to call."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "hook"
    ]


def test_only_the_dispatcher_calls_implementations_of_hooks() -> None:
    dispatcher = KERNEL / "host" / "dispatch.py"
    assert hook_calls(dispatcher)
    for path in [*sources(KERNEL), *sources(PLUGINS)]:
        assert path == dispatcher or hook_calls(path) == [], path


def test_no_file_is_longer_than_one_can_take_in() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in [*sources(KERNEL), *sources(PLUGINS)]
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_direction_is_really_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "KERNEL", tmp_path)
    wrong = tmp_path / "storage" / "wrong.py"
    wrong.parent.mkdir()
    wrong.write_text("from genesis.host.host import PluginHost\nimport genesis.contracts.work\n")
    assert forbidden(wrong) == ["host.host.PluginHost"]
    wrong.write_text("def later():\n    from genesis.cli import run\n    x.hook.genesis_event()\n")
    assert forbidden(wrong) == ["cli.run"]
    assert hook_calls(wrong) == [3]
