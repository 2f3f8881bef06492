"""Read specialists from Markdown files with YAML front matter."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from genesis.contracts.specialists import Specialist
from genesis.errors import UsageError

_FENCE = "---"


def read_specialist(path: Path) -> Specialist:
    """Read one file: front matter between two lines `---`, then the prompt.

    The front matter has `id` (default: the file's name), `team` (default: engineering), `role`,
    `kinds`, `tools` (names, or mappings with `tool`, `kinds`, `params`) and optionally `emoji`
    and `executor`. Raises UsageError naming the file and the key.
    """
    front, prompt = _split(path)
    try:
        values = yaml.safe_load(front)
    except Exception as error:
        # Not only YAMLError: a value such as `!!int ""` fails inside the reader.
        raise UsageError(
            f"{path}: the front matter is not valid YAML: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(values, dict):
        raise UsageError(f"{path}: the front matter must be a mapping such as 'role: Reviewer'.")
    values = {"id": path.stem, "team": "engineering", **values, "prompt": prompt}
    tools = values.get("tools")
    if isinstance(tools, list):
        values["tools"] = [{"tool": use} if isinstance(use, str) else use for use in tools]
    try:
        return Specialist.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{path}: {where or 'the front matter'}: {first['msg']}. Correct that key."
        ) from error


def read_specialists(folder: Path) -> list[Specialist]:
    """Read every `*.md` of a folder, by name; a missing folder holds none."""
    return [read_specialist(path) for path in sorted(folder.glob("*.md"))]


def _split(path: Path) -> tuple[str, str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    if not lines or lines[0].strip() != _FENCE:
        raise UsageError(f"{path}: the first line must be '---', the start of the front matter.")
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == _FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]).strip()
    raise UsageError(f"{path}: the front matter has no closing line '---'.")
