"""The home folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

from genesis.home import Home


def test_a_home_in_a_checkout_is_not_seen_by_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    Home(tmp_path / ".genesis").prepare()
    (tmp_path / ".genesis" / "genesis.db").write_bytes(b"precious")
    told = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain"], capture_output=True, check=True
    )
    assert told.stdout == b""
