"""The file with which systemd, or launchd on macOS, starts `genesis up` and keeps it running."""

from __future__ import annotations

import os
import plistlib
import sys
from dataclasses import dataclass
from pathlib import Path

from genesis.errors import HomeError
from genesis.home import Home

_LABEL = "org.genesis.up"
# Longer than any `drain_seconds`: whatever hangs in it, the process ends itself before.
_STOP_SECONDS = 620


@dataclass(frozen=True)
class Unit:
    """A service file: where it belongs, what is in it, and what to type afterwards."""

    path: Path
    text: str
    start: tuple[str, ...]
    stop: tuple[str, ...]


def find_unit(home: Home, port: int, plugins: str | None = None) -> Unit:
    """The file for this system, this Python and this home."""
    command = [sys.executable, "-P", "-m", "genesis.cli.main", "up"]
    command += ["--home", str(home.root), "--port", str(port)]
    command += ["--plugins", plugins] if plugins is not None else []
    return _launchd(home, command) if sys.platform == "darwin" else _systemd(command)


def _systemd(command: list[str]) -> Unit:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    # Not network-online.target: a user's manager has none, and loopback is always there.
    text = f"""\
[Unit]
Description=Genesis, a kernel for AI agents
StartLimitIntervalSec=0

[Service]
ExecStart={" ".join(quoted(word) for word in command)}
Restart=on-failure
RestartSec=5
TimeoutStopSec={_STOP_SECONDS}
# What a session started is ended by genesis itself, in order.
KillMode=mixed
UMask=0077

[Install]
WantedBy=default.target
"""
    return Unit(
        Path(base) / "systemd" / "user" / "genesis.service",
        text,
        start=(
            "systemctl --user daemon-reload",
            "systemctl --user enable --now genesis",
            "loginctl enable-linger    # so that it runs while you are not logged in",
        ),
        stop=("systemctl --user disable --now genesis",),
    )


def _launchd(home: Home, command: list[str]) -> Unit:
    path = Path.home() / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
    text = plistlib.dumps(
        {
            "Label": _LABEL,
            "ProgramArguments": command,
            "RunAtLoad": True,
            # Again after a crash, but not after `genesis down`.
            "KeepAlive": {"SuccessfulExit": False},
            "ExitTimeOut": _STOP_SECONDS,
            "Umask": 0o077,
            # All of it is in logs/genesis.log, which is begun anew before it grows large.
            "StandardErrorPath": "/dev/null",
            "StandardOutPath": "/dev/null",
            "WorkingDirectory": str(home.root),
        }
    ).decode()
    domain = f"gui/{os.getuid()}"
    return Unit(
        path,
        text,
        start=(f"launchctl bootstrap {domain} {path}",),
        stop=(f"launchctl bootout {domain}/{_LABEL}",),
    )


def quoted(word: str) -> str:
    """A word of ExecStart= as systemd reads it: quotes, backslashes, and its own % and $."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'


def write_unit(unit: Unit) -> None:
    """Write the file. Raises HomeError."""
    try:
        unit.path.parent.mkdir(parents=True, exist_ok=True)
        unit.path.write_text(unit.text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(unit, error) from error


def remove_unit(unit: Unit) -> None:
    """Remove the file. Raises HomeError."""
    try:
        unit.path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(unit, error) from error


def _unwritable(unit: Unit, error: OSError) -> HomeError:
    return HomeError(
        f"{unit.path} cannot be changed: {error.strerror}. Correct the permissions of its folder; "
        "`genesis service install --print` shows what belongs there."
    )
