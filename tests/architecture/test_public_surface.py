"""What Genesis offers can be imported, answers at once, and is documented as it is."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import genesis
import pytest
from genesis import commands, contracts, hookspecs, testing
from genesis.host.hooks import declared_hooks

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "hooks.md"
HEAVY = ("sqlmodel", "sqlalchemy", "chromadb", "starlette", "pydantic", "rich", "alembic", "pluggy")
PARTS = ("Called", "Returns", "If it fails", "Since")
HOOKS = sorted(declared_hooks(hookspecs))


@pytest.mark.parametrize("name", genesis.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(genesis, name) is not None


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Krenel'"):
        getattr(genesis, "Krenel")  # noqa: B009 - mypy would not let us write it


def test_the_names_of_public_modules_resolve_and_are_sorted() -> None:
    for module in (commands, contracts, testing, genesis):
        assert all(hasattr(module, name) for name in module.__all__)
        assert sorted(module.__all__) == list(module.__all__)


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["run", "--help"], ["plugins", "-h"]])
def test_an_answer_without_work_imports_no_heavy_library(words: list[str]) -> None:
    code = (
        "import json, sys\n"
        f"sys.argv = ['genesis', *{words!r}]\n"
        "from genesis.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "sys.stderr.write(json.dumps([code, sorted(sys.modules)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    exit_code, modules = json.loads(done.stderr)
    assert not exit_code
    assert "genesis" in done.stdout
    assert [name for name in HEAVY if name in modules] == []


@pytest.mark.parametrize("module", ["genesis", "genesis.commands"])
def test_importing_what_is_public_imports_no_heavy_library(module: str) -> None:
    code = f"import {module}, sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert "genesis" in modules
    assert [name for name in HEAVY if name in modules] == []


# --- the reference of hooks ---------------------------------------------------------------------


def spec_of(name: str) -> Callable[..., object]:
    found: Callable[..., object] = getattr(hookspecs, name)
    return found


def signature_of(name: str) -> str:
    """The line with which a hook is declared, from its source."""
    source = inspect.getsource(spec_of(name))
    return source[source.index("\n") + 1 : source.index('"""')].strip().removesuffix(":")


def parts_of(docstring: str) -> dict[str, str]:
    """A docstring's parts, each as one line; the sentence before them is under the empty name."""
    pattern = rf"^({'|'.join(PARTS)}): "
    pieces = re.split(pattern, inspect.cleandoc(docstring), flags=re.MULTILINE)
    found = {"": pieces[0], **dict(zip(pieces[1::2], pieces[2::2], strict=True))}
    return {name: " ".join(text.split()) for name, text in found.items()}


def sections() -> dict[str, str]:
    """The reference's sections by their headings of third rank."""
    pieces = re.split(r"^### `(\w+)`\n", REFERENCE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts = [re.split(r"^## ", text, flags=re.MULTILINE)[0] for text in pieces[2::2]]
    return dict(zip(pieces[1::2], texts, strict=True))


def test_the_reference_has_exactly_the_hooks_in_the_order_in_which_they_are_declared() -> None:
    assert list(sections()) == list(declared_hooks(hookspecs))


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_with_its_signature_kind_and_all_parts(name: str) -> None:
    parts = parts_of(spec_of(name).__doc__ or "")
    assert tuple(parts) == ("", *PARTS)
    section = sections()[name]
    assert f"```python\n{signature_of(name)}: ...\n```" in section
    info = declared_hooks(hookspecs)[name]
    flat = " ".join(section.split())
    assert f"Kind: **{info.kind}**" in flat
    assert parts[""] in flat
    for part in PARTS:
        assert f"**{part}:** {parts[part]}" in flat


def test_every_hook_is_in_the_diagram() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    diagram = text[text.index("```mermaid") :].split("```")[1]
    assert [name for name in HOOKS if name not in diagram] == []


def test_the_plugin_of_the_reference_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(# greeter/plugin\.py\n.*?)```", text, flags=re.DOTALL)
    (metadata,) = re.findall(r"```toml\n(\[project\].*?)```", text, flags=re.DOTALL)
    import importlib
    import tomllib

    from genesis.host.discovery import Candidate

    from tests.host.installing import make_home, make_repository, run_session

    project = tomllib.loads(metadata)["project"]
    ((plugin, value),) = project["entry-points"]["genesis.plugins"].items()
    package = tmp_path / "site" / "greeter"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(code)
    monkeypatch.syspath_prepend(str(package.parent))
    found = Candidate(plugin, value, project["name"], project["version"],
                      tuple(project["dependencies"]))  # fmt: skip
    home = make_home(tmp_path / "home", '[plugins.greeter]\nforbidden = "secret"\n')
    repository = make_repository(tmp_path / "repository")
    with genesis.Kernel(home, candidates=[found]) as kernel:
        assert [status.reason for status in kernel.host.statuses()] == [""]
        session = run_session(kernel, "greeters", repository)
        assert session.status == "completed"
        session_id = kernel.create_session("a secret goal", "greeters", repository, {})
        runner = kernel.runner()
        runner.open(session_id)
        runner.run()
        with kernel.database.read() as connection:
            query = "SELECT status, reason FROM sessions ORDER BY created_at DESC, id DESC LIMIT 1"
            row = connection.exec_driver_sql(query).one()
    assert tuple(row) == ("blocked", "the goal says 'secret'")
    assert importlib.import_module("greeter.plugin").__doc__
