"""Put the recorder where the environment under test can import it, and nothing else of Genesis."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_SOURCE = Path(__file__).with_name("genesis_recorder")


def install_recorder(folder: Path, python_path: tuple[Path, ...]) -> dict[str, str]:
    """Copy the recorder below `folder`, and give the variable that makes it importable."""
    import_folder = folder / "recorder"
    target = import_folder / _SOURCE.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source in _SOURCE.glob("*.py"):
        shutil.copyfile(source, target / source.name)
    return {"PYTHONPATH": os.pathsep.join(str(path) for path in (*python_path, import_folder))}
