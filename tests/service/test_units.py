"""The files with which the system starts Genesis, and the command that writes them."""

from __future__ import annotations

import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from genesis.home import Home
from genesis.service import units
from genesis.service.units import find_unit, quoted
from hypothesis import given
from hypothesis import strategies as st

from tests.support import Command

AWKWARD = 'a home "with" 100% $HOME \\ and more'


def command_of(text: str) -> list[str]:
    """What systemd makes of ExecStart=, by its rules for quotes and specifiers."""
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    words = shlex.split(line.removeprefix("ExecStart="))
    return [word.replace("%%", "%").replace("$$", "$") for word in words]


@given(st.text(st.characters(exclude_categories=("C",)), min_size=1))
def test_a_quoted_word_is_read_as_what_it_was(word: str) -> None:
    assert command_of(f"ExecStart={quoted(word)}") == [word]


@pytest.mark.skipif(sys.platform == "darwin", reason="systemd")
def test_a_systemd_unit_starts_this_python_with_this_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    unit = find_unit(Home(tmp_path / AWKWARD), 3031, "a,b")
    assert unit.path == tmp_path / "config" / "systemd" / "user" / "genesis.service"
    assert command_of(unit.text) == [
        sys.executable, "-P", "-m", "genesis.cli.main", "up", "--home", str(tmp_path / AWKWARD),
        "--port", "3031", "--plugins", "a,b",
    ]  # fmt: skip
    assert "\nRestart=on-failure\n" in unit.text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = tmp_path / "genesis.service"
    path.write_text(find_unit(Home(tmp_path / AWKWARD), 3030).text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(path)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_launchd_file_can_be_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units.sys, "platform", "darwin")
    unit = find_unit(Home(tmp_path / AWKWARD), 3030)
    found = plistlib.loads(unit.text.encode())
    assert found["ProgramArguments"][0] == sys.executable
    assert found["ProgramArguments"][-3] == str(tmp_path / AWKWARD)
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    # It has no way to begin a file anew; logs/genesis.log has all of it.
    assert (found["StandardErrorPath"], found["StandardOutPath"]) == ("/dev/null", "/dev/null")
    assert unit.path.parts[-3:] == ("Library", "LaunchAgents", "org.genesis.up.plist")


@pytest.mark.skipif(sys.platform == "darwin", reason="systemd")
def test_the_service_is_installed_shown_and_removed(genesis: Command, tmp_path: Path) -> None:
    genesis.environment["XDG_CONFIG_HOME"] = str(tmp_path)
    path = tmp_path / "systemd" / "user" / "genesis.service"
    printed = genesis("service", "install", "--print", "--port", "3040")
    assert (printed.returncode, path.exists()) == (0, False)
    assert command_of(printed.stdout)[-2:] == ["--port", "3040"]
    assert "not installed" in genesis("service", "status").stdout
    done = genesis("service", "install", "--yes", "--port", "3040")
    assert done.returncode == 0
    assert path.read_text() == printed.stdout
    for command in ("systemctl --user enable --now genesis", "loginctl enable-linger"):
        assert command in done.stdout
    assert f"installed: {path}" in genesis("service", "status").stdout
    gone = genesis("service", "uninstall", "--yes")
    assert "systemctl --user disable --now genesis" in gone.stdout
    assert not path.exists()
    assert "No service is installed" in genesis("service", "uninstall", "--yes").stdout


@pytest.mark.skipif(sys.platform == "darwin", reason="systemd")
def test_nothing_is_written_without_a_yes(genesis: Command, tmp_path: Path) -> None:
    genesis.environment["XDG_CONFIG_HOME"] = str(tmp_path)
    done = genesis("service", "install", stdin=subprocess.DEVNULL)
    assert done.returncode == 130
    assert "Nothing was changed" in done.stderr
    assert list(tmp_path.glob("systemd")) == []


@pytest.mark.skipif(sys.platform == "darwin", reason="systemd")
def test_a_folder_in_which_nothing_can_be_written_is_named(
    genesis: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    genesis.environment["XDG_CONFIG_HOME"] = str(tmp_path / "file")
    done = genesis("service", "install", "--yes")
    assert done.returncode == 3
    assert f"{tmp_path}/file/systemd/user/genesis.service cannot be changed" in done.stderr
