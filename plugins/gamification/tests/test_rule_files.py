"""What is said of a rule file that has a mistake; see also tests/gamification."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.errors import SettingsError
from genesis_gamification.rule_files import load_own_rules

RULE = """[[rule]]
id = "tests-run"
event = "task.finished"
when = [{ field = "kind", op = "==", value = "verify" }]
amount = 5
reason = "Ran the tests"
scope = "task"
"""


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("reason", "reson", "line 6: rule.0.reson: there is no such key"),
        ("field", "feild", "line 4: rule.0.when.0.feild: there is no such key"),
        ('reason = "Ran the tests"\n', "", "line 1: rule.0.reason: Field required"),
        ('"=="', '"="', "line 4: rule.0.when.0.op: Input should be '=='"),
    ],
)
def test_a_misspelt_key_is_named_rather_than_the_one_that_is_missing(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULE)
    assert [rule.id for rule in load_own_rules(path)] == ["tests-run"]
    path.write_text(RULE.replace(right, wrong))
    with pytest.raises(SettingsError, match=r"rules\.toml, ") as raised:
        load_own_rules(path)
    assert said in str(raised.value)
