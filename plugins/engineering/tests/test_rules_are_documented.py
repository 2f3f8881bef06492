"""The page about the rules names each rule that the code can report, and no other.

The names are read out of the source: whatever is given where a function, a method or a dataclass
of the plugin takes its `rule`, as a literal, a choice of literals, a constant, a variable `rule`,
or what a function of the same file returns.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import genesis_engineering
import pytest
from genesis import read_specialists

from plugins.engineering.tests.planted.generate import planted_files, take_marks

SOURCE = Path(genesis_engineering.__file__).parent
REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
PAGES = (
    REFERENCE / "engineering-rules.md",
    REFERENCE / "engineering-rules-web-and-builds.md",
)
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| ([a-z, ]+) \| (\S.*) \|$", re.MULTILINE)
SEVERITIES = ("high", "medium", "low", "info")
# Rules that are put together while the program runs, by the file that does it.
RUN_TIME = {
    "command.py": {"command"},
    "dead_code.py": {
        "unused-private-class", "unused-private-function", "unused-private-method",
    },
    "documents/links.py": {"broken-image", "broken-link"},
    "log_triage.py": {"log-error", "log-failure", "log-fatal"},
    "pattern.py": {"pattern"},
    "verification/run_findings.py": {"test-flaky", "test-order-dependent"},
}  # fmt: skip
# Tables of rules: the values are tuples that begin with the rule.
TABLES = {"unused_names.py": "_RULES"}
# Files whose functions give tuples that begin with a rule.
TUPLES = ("pages/css_selectors.py", "pages/css_values.py")


@dataclass
class Module:
    """One file: its tree, and where its functions and classes take a rule, by name."""

    path: str
    tree: ast.Module
    takes: dict[str, int] = field(default_factory=dict)

    def walk(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)


def parameters(node: ast.AST) -> list[str]:
    """What a function is called with in order, or the fields of a class; without `self`."""
    if isinstance(node, ast.ClassDef):
        fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
        return [one.target.id for one in fields if isinstance(one.target, ast.Name)]
    if isinstance(node, ast.FunctionDef):
        names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
        return names[1:] if names[:1] == ["self"] else names
    return []


def modules() -> list[Module]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        one = Module(path.relative_to(SOURCE).as_posix(), tree)
        for node in one.walk():
            names = parameters(node)
            if "rule" in names and isinstance(node, ast.FunctionDef | ast.ClassDef):
                one.takes[node.name] = names.index("rule")
        found.append(one)
    return found


def place_of_rule(module: Module, name: str, known: dict[str, Module]) -> int | None:
    """The place of the argument `rule` of what a file calls `name`, its own or imported."""
    if name in module.takes:
        return module.takes[name]
    for node in module.walk():
        if isinstance(node, ast.ImportFrom) and name in {one.name for one in node.names}:
            path = (node.module or "").removeprefix("genesis_engineering.").replace(".", "/")
            other = known.get(f"{path}.py")
            return other.takes.get(name) if other else None
    return None


def given_as_rule(module: Module, known: dict[str, Module]) -> Iterator[ast.expr]:
    """Every expression that stands where a rule is asked for, or that a name `rule` is given."""
    methods = {name: place for one in known.values() for name, place in one.takes.items()}
    for node in module.walk():
        if isinstance(node, ast.Assign):
            yield from assigned(node)
        if not isinstance(node, ast.Call):
            continue
        yield from (one.value for one in node.keywords if one.arg == "rule")
        if isinstance(node.func, ast.Name):
            place = place_of_rule(module, node.func.id, known)
        else:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            place = methods.get(name)
        if place is not None and place < len(node.args):
            yield node.args[place]


def assigned(node: ast.Assign) -> Iterator[ast.expr]:
    """What a name `rule` is set to, alone or first among others: `rule, severity = "a", LOW`."""
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id == "rule":
            yield node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for name, value in zip(target.elts, node.value.elts, strict=True):
                if isinstance(name, ast.Name) and name.id == "rule":
                    yield value


def literals(value: ast.expr, module: Module) -> Iterator[str]:
    """The texts that an expression may be; a text that is put together comes as its source."""
    match value:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr():
            yield ast.unparse(value)
        case ast.IfExp(body=body, orelse=orelse):
            yield from literals(body, module)
            yield from literals(orelse, module)
        case ast.Name(id=name) if name.isupper():
            for one in constants(module, name):
                yield from literals(one, module)
        case ast.Call(func=ast.Name(id=name)):
            for one in returned(module, name):
                yield from literals(one, module)
        case _:
            pass


def constants(module: Module, name: str) -> Iterator[ast.expr]:
    """What the module sets a name to at its top level."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            yield node.value


def returned(module: Module, name: str) -> Iterator[ast.expr]:
    """What the module's function of that name returns."""
    for node in module.walk():
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value is not None:
                    yield one.value


def first_of_tuples(module: Module) -> Iterator[str]:
    """The first text of each tuple that is yielded or returned."""
    for node in module.walk():
        if isinstance(node, ast.Yield | ast.Return) and isinstance(node.value, ast.Tuple):
            yield from literals(node.value.elts[0], module)


def rules_of_table(module: Module, name: str) -> Iterator[str]:
    """The first text of each value of a dictionary of tuples."""
    for table in constants(module, name):
        assert isinstance(table, ast.Dict)
        for value in table.values:
            assert isinstance(value, ast.Tuple)
            yield from literals(value.elts[0], module)


@cache
def in_code() -> dict[str, frozenset[str]]:
    """The rules that the code names, by file; what is put together is there as its source."""
    known = {one.path: one for one in modules()}
    found = {}
    for path, module in known.items():
        names = {text for one in given_as_rule(module, known) for text in literals(one, module)}
        if path in TABLES:
            names |= set(rules_of_table(module, TABLES[path]))
        if path in TUPLES:
            names |= set(first_of_tuples(module))
        found[path] = frozenset(names)
    return found


def put_together(name: str) -> bool:
    return re.fullmatch("[a-z0-9-]+", name) is None


def all_rules() -> set[str]:
    written = {name for names in in_code().values() for name in names if not put_together(name)}
    return written.union(*RUN_TIME.values())


def rows() -> list[tuple[str, str, str]]:
    return [row for page in PAGES for row in ROW.findall(page.read_text(encoding="utf-8"))]


def on_page() -> set[str]:
    return {rule for rule, _, _ in rows()}


def test_each_rule_that_the_code_can_report_is_on_the_page() -> None:
    assert sorted(all_rules() - on_page()) == []


def test_the_page_has_no_rule_that_the_code_cannot_report() -> None:
    assert sorted(on_page() - all_rules()) == []


def test_files_that_put_a_rule_together_are_told_to_this_test() -> None:
    making = {path for path, names in in_code().items() if any(map(put_together, names))}
    # Those of `command` and `pattern` are what a setting says, with the name of the tool without.
    assert making == RUN_TIME.keys() - {"command.py", "pattern.py"}


def test_more_than_two_hundred_and_fifty_rules_are_read_out_of_the_code() -> None:
    assert len(all_rules()) > 250
    assert len([names for names in in_code().values() if names]) >= 40


def test_each_rule_that_is_planted_is_on_the_page() -> None:
    planted = {
        due.rule
        for name, files in planted_files().items()
        for path, text in files.items()
        for due in take_marks(name, path, text)[1]
    }
    assert len(planted) >= 150
    assert sorted(planted - on_page()) == []


def test_severities_are_named_highest_first() -> None:
    wrong = []
    for rule, severities, _ in rows():
        named = severities.split(", ")
        if named != sorted(set(named), key=SEVERITIES.index):
            wrong.append(rule)
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_row_of_a_table_is_read(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| `")]
    assert [line for line in table if not ROW.match(line)] == []


def test_a_tool_names_a_rule_once_and_no_tool_is_missing() -> None:
    tools: dict[str, list[str]] = {}
    for page in PAGES:
        for part in re.split(r"^#+ ", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
            title = re.match(r"`([a-z-]+)`", part)
            if title:
                tools[title[1]] = [rule for rule, _, _ in ROW.findall(part)]
    assert [name for name, rules in tools.items() if len(rules) != len(set(rules))] == []
    specialists = read_specialists(SOURCE / "specialists")
    # The plan of a session reports nothing.
    own = {use.tool for one in specialists for use in one.tools} - {"plan-review"}
    assert own <= tools.keys()
