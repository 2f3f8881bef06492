"""Try to load the plugins in a process of its own, and tell what became of each.

`python -m genesis.host.probe TABLES PLUGINS SKIP` is that process. It works in a folder that is
thrown away, stops short of starting anything, and says what it is about to load: so a plugin
that ends or hangs the interpreter can be named.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from genesis.contracts.plugins import PluginState, PluginStatus
from genesis.executors.process_tree import kill_tree
from genesis.home import Home
from genesis.host.discovery import discover
from genesis.host.selection import select_by_settings
from genesis.settings import load_kernel_settings, read_settings_file

_SECONDS = 60.0
_LOADING = "loading "
_RESULT = "result "
_OF_THE_HOME = ("construct", "migrate", "requires", "start")
"""Steps that may fail for what is in the home, which a trial in another folder cannot show."""


def probe_plugins(home: Home, plugins: str | None = None) -> list[PluginStatus]:
    """Every installed plugin's state and reason, by id. Raises SettingsError and UsageError.

    What a trial cannot show is taken from the last real start: quarantine, and what failed there
    for the content of the home.
    """
    tables = read_settings_file(home.settings_file)
    settings = load_kernel_settings(home.settings_file, tables, plugins)
    candidates = discover()
    fatal: dict[str, PluginStatus] = {}
    while True:
        selection = select_by_settings(candidates, settings, fatal)
        if not selection.load:
            found = list(selection.excluded)
            break
        statuses, blamed = _try(home, plugins, fatal)
        if blamed is None:
            found = statuses
            break
        candidate = next(c for c in selection.load if c.id == blamed[0])
        fatal[candidate.id] = PluginStatus(
            id=candidate.id, distribution=candidate.distribution, version=candidate.version,
            state=PluginState.FAILED, step="import", reason=blamed[1],
        )  # fmt: skip
    merged = {status.id: status for status in found} | fatal
    recorded = _recorded(home)
    return [_with_record(merged[key], recorded.get(key)) for key in sorted(merged)]


def main() -> None:
    """The trial itself."""
    settings_file, plugins, skip = Path(sys.argv[1]), sys.argv[2] or None, set(sys.argv[3].split())
    # Imported here, so that asking for a probe costs no database library.
    from genesis.host.host import PluginHost
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate

    handler = logging.StreamHandler(sys.stdout)
    # On a line of its own, even after a plugin that printed without an end of line.
    handler.setFormatter(logging.Formatter("\n%(message)s"))
    logging.getLogger("genesis.host").addHandler(handler)
    logging.getLogger("genesis.host").setLevel(logging.DEBUG)
    tables = read_settings_file(settings_file)
    settings = load_kernel_settings(settings_file, tables, plugins)
    with tempfile.TemporaryDirectory(prefix="genesis-probe-") as folder:
        database = Database(Path(folder) / "probe.db", durability="normal")
        migrate(database, "kernel", KERNEL_REVISIONS)
        host = PluginHost(database, tables, Path(folder))
        host.load(select_by_settings(discover(), settings, skip))
        statuses = [status.model_dump(mode="json") for status in host.statuses()]
        sys.stdout.write(f"\n{_RESULT}{json.dumps(statuses)}\n")
        sys.stdout.flush()
        host.stop()
        database.close()
    # A thread that a plugin left behind cannot hold the trial up.
    os._exit(0)


def _try(
    home: Home, plugins: str | None, skip: Collection[str]
) -> tuple[list[PluginStatus], tuple[str, str] | None]:
    """One trial: the states, or who ended it and how."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "genesis.host.probe", str(home.settings_file), plugins or "",
         " ".join(sorted(skip))],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        output, errors = process.communicate(timeout=_SECONDS)
        how = f"ended the interpreter with exit code {process.returncode}"
    except subprocess.TimeoutExpired:
        kill_tree(process.pid)
        output, errors = process.communicate()
        how = f"did not return within {_SECONDS:g} s"
    lines = output.splitlines()
    for line in lines:
        if line.startswith(_RESULT):
            values = json.loads(line.removeprefix(_RESULT))
            return [PluginStatus.model_validate(value) for value in values], None
    loading = [line.removeprefix(_LOADING) for line in lines if line.startswith(_LOADING)]
    if not loading:
        raise RuntimeError(f"the trial start failed before any plugin: {errors[-2000:]}")
    return [], (loading[-1], f"it {how} while it was loaded")


def _recorded(home: Home) -> dict[str, PluginStatus]:
    """Quarantine, and what failed at the last real start."""
    if not home.database.exists():
        return {}
    from genesis.errors import StorageError
    from genesis.host.faults import recorded_troubles
    from genesis.storage.database import Database

    try:
        database = Database(home.database)
        try:
            with database.read() as connection:
                found = recorded_troubles(connection)
        finally:
            database.close()
    except StorageError:
        return {}
    return {status.id: status for status in found}


def _with_record(status: PluginStatus, recorded: PluginStatus | None) -> PluginStatus:
    if status.state != PluginState.ACTIVE or recorded is None:
        return status
    if recorded.version != status.version:
        return status
    if recorded.state == PluginState.FAILED:
        if recorded.step not in _OF_THE_HOME:
            return status
        reason = f"{recorded.reason} (at the last start)"
        recorded = recorded.model_copy(update={"reason": reason})
    return recorded.model_copy(update={"distribution": status.distribution})


if __name__ == "__main__":
    main()
