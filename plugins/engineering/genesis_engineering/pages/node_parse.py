"""Asks Node whether scripts parse, without running any of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

_OPTIONS = ("--experimental-vm-modules", "--no-warnings", "--max-old-space-size=512")
_LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Script:
    """A script to parse; `path` is absolute, `code` is for one that is a part of its file.

    `before` is the number of lines in front of the code.
    """

    path: Path
    code: str | None = None
    before: int = 0


class Answer(BaseModel):
    """What Node said about the script with that index; `message` is None where it parses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    message: str | None
    line: int


def find_node() -> str | None:
    """The path of `node` on this machine."""
    return shutil.which("node") or shutil.which("nodejs")


def parse_scripts(
    node: str, scripts: Sequence[Script], folder: Path, seconds: float
) -> list[Answer]:
    """Node's answers in order; fewer than scripts when the time was over or Node gave up.

    Node gets no variable of the user's environment but PATH, and runs in `folder`, where it leaves
    its answers. Raises OSError when it cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = folder / "scripts.jsonl"
    given = folder / "scripts-answers.jsonl"
    asked.write_text("".join(_ask(index, one) for index, one in enumerate(scripts)), "utf-8")
    driver = str(Path(__file__).with_name("parse_scripts.cjs"))
    timeout = max(1.0, min(seconds, _LONGEST_SECONDS))
    with asked.open("rb") as source, given.open("wb") as sink, suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [node, *_OPTIONS, driver], stdin=source, stdout=sink, stderr=subprocess.DEVNULL,
            cwd=folder, env={"PATH": os.environ.get("PATH", os.defpath)}, timeout=timeout,
        )  # fmt: skip
    return _read(given)


def _ask(index: int, script: Script) -> str:
    asked: dict[str, int | str] = {"id": index}
    if script.code is None:
        asked["path"] = str(script.path)
    else:
        asked["code"] = script.code
    return json.dumps(asked) + "\n"


def _read(given: Path) -> list[Answer]:
    answers = []
    for line in given.read_text("utf-8", errors="replace").splitlines():
        try:
            answers.append(Answer.model_validate_json(line))
        except ValidationError:
            break
    return answers
