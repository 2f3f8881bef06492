"""`genesis doctor`: look at everything that can be wrong, and say what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import click

from genesis.cli.options import home_option, json_option
from genesis.errors import ConflictError, GenesisError, PluginError, UsageError

if TYPE_CHECKING:
    from genesis.home import Home

Level = Literal["ok", "warning", "error"]
_WAL_FAULT_FIXED = (3, 51, 3)
_LITTLE_SPACE = 500 * 1024 * 1024


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    message: str


@click.command()
@home_option
@json_option
def doctor(home: str | None, *, as_json: bool) -> None:
    """Check the environment, the home, its database and the plugins. Exit code 1 on an error."""
    import json

    from genesis.home import find_home

    checks = list(run_checks(find_home(home)))
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            click.echo(f"{check.level:<8} {check.name:<12} {check.message}")
    if any(check.level == "error" for check in checks):
        sys.exit(1)


def run_checks(home: Home) -> Iterator[Check]:
    """Every check; one that cannot be made is an error of its own, and the others go on."""
    for name, look in _CHECKS.items():
        try:
            yield from look(home)
        except GenesisError as error:
            yield Check(name, "error", str(error))
        except Exception as error:  # noqa: BLE001 - a doctor reports and does not fall ill
            yield Check(name, "error", f"{type(error).__name__}: {error}")


def _check_python(_home: Home) -> Iterator[Check]:
    import sqlite3

    version = sys.version.split()[0]
    yield Check("python", "ok", f"{version} at {sys.executable}")
    if sqlite3.sqlite_version_info < _WAL_FAULT_FIXED:
        yield Check(
            "sqlite",
            "warning",
            f"{sqlite3.sqlite_version} has the WAL-reset fault that 3.51.3 mends; Genesis avoids "
            "it with one writer for each process. Do not write to genesis.db with other programs "
            "while Genesis runs.",
        )
    else:
        yield Check("sqlite", "ok", sqlite3.sqlite_version)


def _check_git(_home: Home) -> Iterator[Check]:
    import shutil
    import subprocess

    if shutil.which("git") is None:
        yield Check("git", "error", "git is not installed; sessions need it to read repositories")
        return
    done = subprocess.run(["git", "--version"], capture_output=True, text=True)
    yield Check("git", "ok", done.stdout.strip().removeprefix("git version "))


def _check_names(_home: Home) -> Iterator[Check]:
    """Other distributions also ship a package or a command named genesis."""
    from importlib.metadata import packages_distributions

    owners = sorted(set(packages_distributions().get("genesis", [])) - {"genesis-kernel"})
    for owner in owners:
        yield Check(
            "names",
            "error",
            f"the distribution {owner!r} ships a package 'genesis' too; uninstall it, or use "
            "another virtual environment",
        )
    if not owners:
        yield Check("names", "ok", "no other distribution ships a package 'genesis'")


def _check_home(home: Home) -> Iterator[Check]:
    import shutil

    from genesis.host.discovery import discover
    from genesis.settings import load_kernel_settings, read_settings_file

    if not home.root.exists():
        yield Check("home", "ok", f"{home.root} does not exist yet; the first run makes it")
        return
    home.prepare()
    free = shutil.disk_usage(home.root).free
    level: Level = "warning" if free < _LITTLE_SPACE else "ok"
    yield Check("home", level, f"{home.root} can be written, {free // 1024**2} MiB are free")
    tables = read_settings_file(home.settings_file)
    settings = load_kernel_settings(home.settings_file, tables)
    named = {*settings.disabled, *settings.order, *_tables_of_plugins(tables)}
    for absent in sorted(named - {candidate.id for candidate in discover()}):
        told = f"genesis.toml names the plugin {absent!r}, which is not installed"
        yield Check("settings", "warning", told)
    what = "is valid" if home.settings_file.exists() else "is not there; defaults are used"
    yield Check("settings", "ok", f"{home.settings_file} {what}")


def _tables_of_plugins(tables: Mapping[str, object]) -> list[str]:
    plugins = tables.get("plugins", {})
    return list(plugins) if isinstance(plugins, dict) else []


def _check_database(home: Home) -> Iterator[Check]:
    from genesis.home import is_owner_alive
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate
    from genesis.storage.records import open_sessions

    if not home.database.exists():
        return
    database = Database(home.database)
    try:
        with database.read() as connection:
            verdict = connection.exec_driver_sql("PRAGMA quick_check").scalar()
        if verdict != "ok":
            yield Check("database", "error", f"{home.database} is damaged ({verdict}); restore it")
            return
        migrate(database, "kernel", KERNEL_REVISIONS)
        yield Check("database", "ok", f"{home.database} is sound")
        with database.read() as connection:
            for session in open_sessions(connection):
                if session.owner is None or not is_owner_alive(home, session.owner):
                    how = "waits for" if session.owner is None else "was interrupted; go on with"
                    way = f"`genesis up` or `genesis run --resume {session.id}`"
                    yield Check("sessions", "warning", f"{session.id} {how} {way}")
    finally:
        database.close()


def _check_plugins(home: Home) -> Iterator[Check]:
    from genesis.contracts.plugins import PluginState
    from genesis.host.probe import probe_plugins

    statuses = probe_plugins(home)
    if not statuses:
        yield Check("plugins", "warning", "none is installed; sessions need one with specialists")
    for status in statuses:
        at = f" at {status.step}" if status.step else ""
        told = f"{status.id} {status.version} is {status.state}"
        if status.state in (PluginState.ACTIVE, PluginState.DISABLED):
            yield Check("plugins", "ok", told)
        else:
            way_out = f"; `genesis plugins disable {status.id}` does without it"
            yield Check("plugins", "error", f"{told}{at}: {status.reason}{way_out}")


def _check_commands(home: Home) -> Iterator[Check]:
    from genesis.cli.main import cli
    from genesis.cli.plugin_commands import choose_command
    from genesis.host.discovery import discover_commands

    for command in discover_commands():
        if command.id in cli.commands:
            told = f"{command.distribution} has a command `{command.id}`, which is the kernel's own"
            yield Check("commands", "error", f"{told}: it is never called; tell who made it")
            continue
        try:
            choose_command(command.id, str(home.root))
        except (ConflictError, PluginError) as error:
            yield Check("commands", "error", str(error))
        except UsageError:
            continue  # Its plugin takes no part, which is shown there.


def _check_agents(home: Home) -> Iterator[Check]:
    from genesis.sessions.specialist_files import read_specialist

    for path in sorted(home.agents.glob("*.md")):
        try:
            specialist = read_specialist(path)
        except GenesisError as error:
            yield Check("agents", "error", str(error))
        else:
            yield Check("agents", "ok", f"{path.name} describes {specialist.id}")


_CHECKS: dict[str, Callable[[Home], Iterator[Check]]] = {
    "python": _check_python,
    "git": _check_git,
    "names": _check_names,
    "home": _check_home,
    "database": _check_database,
    "plugins": _check_plugins,
    "commands": _check_commands,
    "agents": _check_agents,
}
