"""Commands of plugins as a person runs them: found by metadata, imported when called."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from genesis import Kernel
from genesis.commands import open_plugin
from genesis.errors import UsageError
from genesis.home import Home
from genesis.host.faults import quarantine
from genesis.storage.events import NewEvent, append_events

from tests.host.installing import HEADER, Site, event_ids, make_home
from tests.host.terminal import Terminal

ROOT = Path(__file__).parents[2]
# The plugin hears of events, and says in its own folder when it was imported.
PLUGIN = (
    HEADER
    + """
(Path(__file__).parent / "imported").touch()

class Sick(Plugin[NoSettings]):
    @implements(hookspecs.genesis_event)
    def hear(self, event):
        HEARD.append(event.id)
"""
)
SHOW = """
import json
import click
from genesis.commands import home_option, json_option, open_plugin
from . import Sick

@click.command()
@home_option
@json_option
@click.option("--colour", type=click.Choice(["red", "green"]))
def show(home, colour, *, as_json):
    "Show who it is."
    with open_plugin(Sick, home) as plugin:
        click.echo(json.dumps({"id": plugin.context.id}) if as_json else plugin.context.id)
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal with a home that was used before, and no plugins of its own."""
    found = Terminal(tmp_path)
    with Kernel(found.home, candidates=[]):
        pass
    return found


def install(terminal: Terminal, plugin: str, code: str = SHOW, command: str = "show") -> Path:
    """A plugin with one command in a module of its own; gives the package's folder."""
    package = terminal.site.install(
        plugin, PLUGIN, files={"cli.py": code}, commands={command: ".cli:show"}
    )
    return terminal.site.folder / package


def line_of(told: str, command: str) -> str:
    """What the help says of a command."""
    lines = (line.strip() for line in told.splitlines())
    (found,) = (line for line in lines if line.split(" ")[0] == command)
    return " ".join(found.split()).removeprefix(command).strip()


def test_the_help_names_a_command_and_its_plugin_and_imports_nothing_of_it(
    terminal: Terminal,
) -> None:
    folder = install(terminal, "shower")
    told = terminal.ask("--help")
    assert line_of(told, "show") == "(plugin shower)"
    names = [line.split()[0] for line in told.split("Commands:")[1].splitlines()[1:] if line]
    assert names.index("service") < names.index("show") < names.index("status")
    terminal.run("sessions", "list")
    assert (folder / "imported").exists() is False
    assert "Show who it is." in terminal.ask("show", "--help")
    assert (folder / "imported").exists()


def test_a_command_opens_its_plugin_in_the_home_that_is_named(terminal: Terminal) -> None:
    install(terminal, "shower")
    assert terminal.run("show") == "shower\n"
    assert json.loads(terminal.run("show", "--json")) == {"id": "shower"}


def test_a_folder_that_is_no_home_stays_as_it_is(terminal: Terminal, tmp_path: Path) -> None:
    install(terminal, "shower")
    told = terminal.ask("show", "--home", str(tmp_path / "none"), exit_code=2)
    assert "There is no home" in told
    assert not (tmp_path / "none").exists()


def test_a_command_of_the_kernel_is_not_replaced_and_doctor_says_so(terminal: Terminal) -> None:
    folder = install(terminal, "usurper", command="sessions")
    assert "List sessions" in line_of(terminal.ask("--help"), "sessions")
    assert "List sessions" in terminal.ask("sessions", "--help")
    assert not (folder / "imported").exists()
    told = terminal.run("doctor", exit_code=1)
    assert "genesis-usurper has a command `sessions`, which is the kernel's own" in told


def test_two_plugins_with_one_command_are_both_named_until_one_is_disabled(
    terminal: Terminal,
) -> None:
    install(terminal, "first")
    install(terminal, "second")
    assert line_of(terminal.ask("--help"), "show") == "(plugin first, second)"
    told = terminal.run("show", exit_code=2)
    assert "genesis-first (plugin first) and genesis-second (plugin second)" in told
    assert "`genesis plugins disable ID`" in told
    assert told in terminal.run("doctor", exit_code=1).replace(
        "error    commands     ", "genesis: "
    )
    terminal.run("plugins", "disable", "first")
    assert terminal.run("show") == "second\n"
    terminal.run("plugins", "disable", "second")
    told = terminal.run("show", exit_code=2)
    assert "belongs to the plugin first, which is disabled" in told
    assert "and to the plugin second, which is disabled" in told


SICK = {
    "import a_module_that_nobody_has": "ModuleNotFoundError: No module named",
    "raise SystemExit(7)": "SystemExit: 7",
    "raise ValueError('first line\\nsecond line')": "ValueError: first line. Correct",
    "def broken(": "SyntaxError",
    "other = 1": "has no attribute 'show'",
    "def show(): pass": "is no click command but function",
    "import click\nraise click.UsageError('no')": "UsageError: no",
}


@pytest.mark.parametrize(("code", "reason"), SICK.items(), ids=SICK.values())
def test_a_command_that_cannot_be_loaded_is_told_in_one_line_with_the_way_out(
    terminal: Terminal, code: str, reason: str
) -> None:
    install(terminal, "ill", code)
    told = terminal.run("show", exit_code=1)
    assert told.startswith("genesis: The command `show` of genesis-ill cannot be loaded: ")
    assert reason in told
    assert told.endswith("`genesis plugins disable ill` does without it.\n")
    assert told.count("\n") == 1
    assert line_of(terminal.ask("--help"), "show") == "(plugin ill)"
    terminal.run("plugins", "disable", "ill")
    assert "which is disabled" in terminal.run("show", exit_code=2)


def test_the_command_of_a_plugin_that_takes_no_part_says_why_and_is_not_imported(
    terminal: Terminal,
) -> None:
    folder = install(terminal, "shower")
    other = make_home(terminal.home.root.parent / "other")
    terminal.run("plugins", "disable", "shower")
    told = terminal.run("show", exit_code=2)
    assert told == (
        "genesis: `show` belongs to the plugin shower, which is disabled; "
        "`genesis plugins enable shower` enables it.\n"
    )
    assert told == terminal.ask("show", f"--home={terminal.home.root}", exit_code=2)
    terminal.settings.write_text("[kernel]\nplugins = []\n")
    told = terminal.run("show", "--home", str(other.root), exit_code=2)
    assert "which is disabled: not in the chosen set of plugins." in told
    assert not (folder / "imported").exists()
    terminal.ask("show", "--help", "--home", str(other.root))
    assert (folder / "imported").exists()


def test_the_command_of_a_plugin_for_another_kernel_is_refused(terminal: Terminal) -> None:
    terminal.site.install(
        "old", PLUGIN, requires=["genesis-kernel<0.1"], commands={"show": ".cli:show"}
    )
    told = terminal.run("show", exit_code=2)
    assert "the plugin old, which is incompatible: made for genesis-kernel<0.1" in told


@pytest.mark.parametrize("plugins", [0, 2])
def test_a_distribution_with_a_command_has_exactly_one_plugin(
    terminal: Terminal, plugins: int
) -> None:
    package = install(terminal, "one").name
    (info,) = terminal.site.folder.glob("*.dist-info")
    points = "".join(f"plugin{number} = {package}:Sick\n" for number in range(plugins))
    (info / "entry_points.txt").write_text(
        f"[genesis.plugins]\n{points}[genesis.commands]\nshow = {package}.cli:show\n"
    )
    told = terminal.run("show", exit_code=1)
    assert f"genesis-one has the command `show` and {plugins} plugins" in told
    assert told.removeprefix("genesis: ") in terminal.run("doctor", exit_code=1)


def test_what_nobody_offers_is_a_wrong_command_line(terminal: Terminal) -> None:
    install(terminal, "shower")
    assert "No such command 'shout'" in terminal.run("shout", exit_code=2)


def test_the_documented_command_does_what_the_page_says(terminal: Terminal) -> None:
    page = (ROOT / "docs" / "how-to" / "write-a-plugin.md").read_text(encoding="utf-8")
    package = terminal.site.folder / "genesis_greeter"
    package.mkdir()
    for name in ("__init__.py", "cli.py"):
        (code,) = re.findall(rf"```python\n(# genesis_greeter/{name}\n.*?)```", page, re.DOTALL)
        (package / name).write_text(code)
    terminal.site.install(
        "greeter",
        "from genesis_greeter import Greeter\nfrom genesis_greeter.cli import greetings",
        class_name="Greeter",
        commands={"greetings": ":greetings"},
    )
    variables = {"GENESIS_PLUGINS__GREETER__GREETING": "Bravo"}
    assert terminal.run("greetings", **variables) == "Bravo\n"
    assert json.loads(terminal.run("greetings", "--json")) == {"greeting": "Well done"}


def complete(terminal: Terminal, words: str) -> list[str]:
    """What a shell is offered after some words, the last of them incomplete."""
    done = subprocess.run(
        [sys.executable, "-c", "from genesis.cli.main import main; main()"],
        env={
            **os.environ, "PYTHONPATH": str(terminal.site.folder),
            "GENESIS_HOME": str(terminal.home.root), "_GENESIS_COMPLETE": "bash_complete",
            "COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")),
        },
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_a_shell_completes_commands_of_plugins_and_their_options(terminal: Terminal) -> None:
    install(terminal, "shower")
    install(terminal, "ill", "raise ValueError", command="shovel")
    assert complete(terminal, "genesis sho") == ["shovel", "show"]
    assert complete(terminal, "genesis show --col") == ["--colour"]
    assert complete(terminal, "genesis show --colour ") == ["red", "green"]
    assert complete(terminal, "genesis shovel --col") == []


# --- open_plugin in this process ----------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that was used before, with three events."""
    found = make_home(tmp_path / "home")
    news = [NewEvent("test.happened", f"subject {number}") for number in range(3)]
    with Kernel(found, candidates=[]) as kernel:
        kernel.database.writer.write(lambda c: append_events(c, news))
    return found


def plugin_class(site: Site, code: str = PLUGIN) -> type:
    """Install a plugin and give its class."""
    found: type = importlib.import_module(site.install("opened", code)).Sick
    return found


def test_a_command_is_told_of_no_events_and_leaves_them_for_the_next_process(
    site: Site, home: Home
) -> None:
    opened = plugin_class(site)
    heard = sys.modules[opened.__module__].HEARD
    with open_plugin(opened, str(home.root)) as plugin:
        assert type(plugin) is opened
        context = plugin.context
        context.write(lambda c: context.append_events(c, [NewEvent("test.praised", "x")]))
        assert [event.id for event in context.events_after(0)] == [1, 2, 3, 4]
    assert heard == []
    with Kernel(home, candidates=site.candidates()) as kernel:
        events = event_ids(kernel)
    assert heard == events == [1, 2, 3, 4]


def test_a_plugin_that_is_not_active_is_told_with_its_state_and_reason(
    site: Site, home: Home
) -> None:
    failing = """
    def __init__(self, context):
        raise OSError("no such wire")
"""
    opened = plugin_class(site, PLUGIN + failing)
    with pytest.raises(UsageError, match="the plugin opened, which is failed: OSError: no such"):
        open_plugin(opened, str(home.root)).__enter__()


def test_a_plugin_in_quarantine_or_disabled_is_not_opened(site: Site, home: Home) -> None:
    opened = plugin_class(site)
    with Kernel(home, candidates=site.candidates()) as kernel:
        kernel.database.writer.write(lambda c: quarantine(c, "opened", "1.0", "too many faults"))
    with pytest.raises(UsageError, match="which is quarantined: too many faults"):
        open_plugin(opened, str(home.root)).__enter__()
    home.settings_file.write_text('[kernel]\ndisabled = ["opened"]\n')
    with pytest.raises(UsageError, match="which is disabled; `genesis plugins enable opened`"):
        open_plugin(opened, str(home.root)).__enter__()


def test_a_class_that_is_no_installed_plugin_is_refused(site: Site, home: Home) -> None:
    plugin_class(site)
    with pytest.raises(UsageError, match="Terminal is not the class of an installed plugin"):
        open_plugin(Terminal, str(home.root)).__enter__()
