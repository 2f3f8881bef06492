"""Repositories of pages for the tests of frontend and ux-designer."""

from __future__ import annotations

import subprocess
from pathlib import Path

from genesis.contracts import TaskResult
from genesis.testing import run_tool

TOOLS = {
    "markup": "genesis_engineering.pages.markup:check_markup",
    "assets": "genesis_engineering.pages.assets:check_assets",
    "styles": "genesis_engineering.pages.styles:check_styles",
    "scripts": "genesis_engineering.pages.scripts:check_scripts",
    "accessibility": "genesis_engineering.pages.accessibility:check_accessibility",
}


def build(root: Path, files: dict[str, str | bytes]) -> Path:
    """A git repository with these files; a text is written as UTF-8."""
    repository = root / "repository"
    repository.mkdir(exist_ok=True)
    for name, content in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return repository


def check(
    tool: str, root: Path, files: dict[str, str | bytes], *, seconds: float = 60
) -> TaskResult:
    """What one of the tools says about these files."""
    return run_tool(TOOLS[tool], build(root, files), root / "attempt", time_limit_seconds=seconds)


def places(result: TaskResult) -> list[str]:
    """`severity rule file:line` of each finding, in order of place."""
    found = sorted(result.findings, key=lambda one: (one.file or "", one.line or 0, one.rule))
    return [f"{one.severity} {one.rule} {one.file}:{one.line}" for one in found]


def page(body: str, head: str = "") -> str:
    """A page without a fault: its body begins in line 4."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>{head}\n'
        f'<meta name="viewport" content="width=device-width">\n</head><body>\n'
        f"{body}\n</body></html>\n"
    )
