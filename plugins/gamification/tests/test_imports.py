"""What `genesis leaderboard --help` loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import sys
import genesis_gamification.cli
print([name for name in ("pydantic", "sqlalchemy", "genesis.kernel") if name in sys.modules])
from genesis_gamification import Achievement, Condition, Criterion, Level, Rule, hookspecs
print(Rule.__module__, hookspecs.gamification_rules.__name__)
"""


def test_the_commands_import_nothing_heavy_and_the_records_are_there_when_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\ngenesis_gamification.records gamification_rules\n"


def test_a_name_that_is_none_is_no_attribute() -> None:
    import genesis_gamification

    with pytest.raises(AttributeError, match="no attribute 'Rulez'"):
        genesis_gamification.Rulez  # noqa: B018
