"""The team as a whole: the page about it names each specialist with its tools."""

from __future__ import annotations

import re
from pathlib import Path

import genesis_engineering
from genesis import read_specialists

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "engineering-team.md"
ROW = re.compile(r"^\| ([a-z-]+) \| ((?:`[a-z-]+`(?:, )?)+) \|", re.MULTILINE)


def test_the_page_names_all_ten_specialists_with_their_tools() -> None:
    specialists = read_specialists(Path(genesis_engineering.__file__).parent / "specialists")
    told = {
        name: set(re.findall("`(.+?)`", tools)) for name, tools in ROW.findall(PAGE.read_text())
    }
    assert told == {one.id: {use.tool for use in one.tools} for one in specialists}
    assert len(told) == 10
