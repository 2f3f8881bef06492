"""The document is true: a short attack on the server by what it says of itself.

The long one, with every phase, is in tests/crash.
"""

from __future__ import annotations

from pathlib import Path

from tests.web.api.fuzzing import attack
from tests.web.api.living import Api


def test_a_few_hundred_requests_made_from_the_document_find_nothing(
    api: Api, tmp_path: Path
) -> None:
    outcome = attack(
        api, tmp_path, "--phases", "fuzzing", "--max-examples", "5", "--seed", "1", seconds=110
    )
    assert outcome.code == 0, outcome.output
    assert outcome.cases >= 300
    assert {status for status in outcome.statuses if status >= 500} == set()
    assert outcome.statuses[200] > 50
