"""What a plugin's author does wrong with a hook is an error of the type checker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from genesis import hookspecs
from genesis.host.hooks import declared_hooks, hook, hook_info, implements
from mypy import api

ROOT = Path(__file__).parents[2]
HEAD = """
from genesis import NoSettings, Plugin, hook, hookspecs, implements
from genesis.contracts import PlannedTask, SessionPlan, Team, Tool
from genesis.contracts.events import Event
from genesis.contracts.plugins import SessionRequest, Veto
from genesis.host.dispatch import Dispatcher
"""
CLASS = HEAD + "\n\nclass Example(Plugin[NoSettings]):\n"

SNIPPETS = {
    "right": CLASS
    + """
    @implements(hookspecs.genesis_teams)
    def any_name(self) -> list[Team]:
        return []

    @implements(hookspecs.genesis_event)
    async def hear(self, event: Event) -> None:
        self.context.logger.info("%s", event.type)

    @implements(hookspecs.genesis_before_session)
    async def guard(self, request: SessionRequest, plan: SessionPlan) -> Veto | None:
        return Veto(reason=request.goal)

    @implements(hookspecs.genesis_route_task)
    async def route(self, task: PlannedTask, candidates: tuple[str, ...]) -> str | None:
        return candidates[0]


def ask(hooks: Dispatcher, task: PlannedTask) -> str:
    return hooks.decide(hookspecs.genesis_route_task, task, ("a",)) or "nobody"


def gather(hooks: Dispatcher) -> list[str]:
    return [team.id for _, teams in hooks.collect(hookspecs.genesis_teams) for team in teams]
""",
    "misspelt_argument": CLASS
    + """
    @implements(hookspecs.genesis_event)
    async def hear(self, evnt: Event) -> None: ...
""",
    "wrong_argument_type": CLASS
    + """
    @implements(hookspecs.genesis_event)
    async def hear(self, event: Team) -> None: ...
""",
    "missing_argument": CLASS
    + """
    @implements(hookspecs.genesis_before_session)
    async def guard(self, request: SessionRequest) -> Veto | None: ...
""",
    "wrong_return_type": CLASS
    + """
    @implements(hookspecs.genesis_teams)
    def teams(self) -> list[Tool]:
        return []
""",
    "not_async": CLASS
    + """
    @implements(hookspecs.genesis_event)
    def hear(self, event: Event) -> None: ...
""",
    "async_where_it_must_not_be": CLASS
    + """
    @implements(hookspecs.genesis_teams)
    async def teams(self) -> list[Team]:
        return []
""",
    "wrong_use_of_a_result": HEAD
    + """
def ask(hooks: Dispatcher, request: SessionRequest, plan: SessionPlan) -> str:
    return hooks.gate(hookspecs.genesis_before_session, request, plan).reason
""",
    "wrong_use_of_records": HEAD
    + """
def gather(hooks: Dispatcher) -> list[str]:
    return [team.run for _, teams in hooks.collect(hookspecs.genesis_teams) for team in teams]
""",
    "wrong_argument_of_a_call": HEAD
    + """
def ask(hooks: Dispatcher) -> Veto | None:
    return hooks.gate(hookspecs.genesis_before_session, "request", "plan")
""",
    "wrong_kind_of_dispatch": HEAD
    + """
def ask(hooks: Dispatcher) -> object:
    return hooks.gate(hookspecs.genesis_teams)
""",
    "no_such_hook": HEAD + "\nspec = hookspecs.genesis_evnt\n",
}
CODES = {
    "right": None,
    "misspelt_argument": "arg-type",
    "wrong_argument_type": "arg-type",
    "missing_argument": "arg-type",
    "wrong_return_type": "arg-type",
    "not_async": "arg-type",
    "async_where_it_must_not_be": "arg-type",
    "wrong_use_of_a_result": "union-attr",
    "wrong_use_of_records": "attr-defined",
    "wrong_argument_of_a_call": "arg-type",
    "wrong_kind_of_dispatch": "arg-type",
    "no_such_hook": "attr-defined",
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The codes of mypy's errors in each snippet, from one run of it."""
    folder = tmp_path_factory.mktemp("snippets")
    for name, code in SNIPPETS.items():
        (folder / f"snippet_{name}.py").write_text(code)
    files = sorted(str(path) for path in folder.glob("*.py"))
    # The project's own settings and cache, in which its libraries are already.
    settings = str(ROOT / "pyproject.toml")
    output, problem, _ = api.run(["--config-file", settings, "--no-error-summary", *files])
    assert problem == ""
    found: dict[str, set[str]] = {name: set() for name in SNIPPETS}
    for name, code in re.findall(r"snippet_(\w+)\.py:\d+: error: .*\[([\w-]+)\]", output):
        found[name].add(code)
    assert output.count(": error:") == len(re.findall(r"snippet_\w+\.py:\d+: error:", output))
    return found


@pytest.mark.parametrize("name", sorted(SNIPPETS))
def test_mypy_tells_a_right_use_of_hooks_from_a_wrong_one(
    errors: dict[str, set[str]], name: str
) -> None:
    expected = CODES[name]
    assert errors[name] == ({expected} if expected else set())


def test_a_hook_whose_kind_does_not_fit_its_function_cannot_be_declared() -> None:
    def plain() -> None: ...

    async def later() -> None: ...

    with pytest.raises(TypeError, match="all others 'async def'"):
        hook("gate")(plain)
    with pytest.raises(TypeError, match="collect hooks are 'def'"):
        hook("collect")(later)
    with pytest.raises(TypeError, match="names its record type"):
        hook("collect")(plain)


def test_only_a_declared_hook_can_be_implemented() -> None:
    def plain() -> None: ...

    with pytest.raises(TypeError, match="is not a hook"):
        implements(plain)


def test_a_hooks_declaration_tells_its_arguments_and_colour() -> None:
    info = hook_info(hookspecs.genesis_route_task)
    assert (info.kind, info.arguments, info.is_async) == ("decide", ("task", "candidates"), True)
    assert all(name.startswith("genesis_") for name in declared_hooks(hookspecs))
