"""Put the recorder where the environment under test can import it, and nothing else of Genesis."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from genesis_engineering.verification.genesis_recorder.events import RECORD_VARIABLE

_SOURCE = Path(__file__).with_name("genesis_recorder")


@dataclass(frozen=True)
class Recorder:
    """The folder to put on PYTHONPATH and the file of events, which does not exist yet."""

    import_folder: Path
    events: Path

    def environment(self, python_path: tuple[Path, ...]) -> dict[str, str]:
        """The variables that make it importable and tell it where to write."""
        paths = (*python_path, self.import_folder)
        return {
            "PYTHONPATH": ":".join(str(path) for path in paths),
            RECORD_VARIABLE: str(self.events),
        }


def install_recorder(folder: Path, events_name: str) -> Recorder:
    """Copy the recorder below `folder`, in place of what an earlier attempt left there."""
    import_folder = folder / "recorder"
    target = import_folder / _SOURCE.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source in _SOURCE.glob("*.py"):
        shutil.copyfile(source, target / source.name)
    events = folder / events_name
    events.unlink(missing_ok=True)
    return Recorder(import_folder, events)
