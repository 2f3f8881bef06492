"""At least 20,000 requests made from the document, in every phase and with every check of
schemathesis: no failure, no answer of 5xx. Two attacks at once on two homes; about six minutes
on two cores."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.host.installing import Site
from tests.web.api.fuzzing import attack
from tests.web.api.living import install_kit, living

CASES = 20_000
SECONDS = 1500.0
ATTACKS = {
    "positive": ("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "170"),
    "negative": ("--phases", "coverage,fuzzing", "--max-examples", "170"),
}


@pytest.mark.crash
@pytest.mark.timeout(SECONDS + 60)
def test_twenty_thousand_requests_made_from_the_document_find_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(site.folder), *sys.path])
    install_kit(site)
    with ExitStack() as stack:
        apis = {mode: stack.enter_context(living(tmp_path / mode, site)) for mode in ATTACKS}
        with ThreadPoolExecutor() as pool:
            running = {
                mode: pool.submit(
                    attack, api, tmp_path / mode, "--mode", mode, *ATTACKS[mode], seconds=SECONDS
                )
                for mode, api in apis.items()
            }
    outcomes = {mode: future.result() for mode, future in running.items()}
    for mode, outcome in outcomes.items():
        print(f"{mode}: {outcome.cases:,} cases, {sorted(outcome.statuses.items())}")
        assert outcome.code == 0, outcome.output
        assert {status for status in outcome.statuses if status >= 500} == set()
    assert sum(outcome.cases for outcome in outcomes.values()) >= CASES
    assert outcomes["positive"].statuses[200] > 1000
    assert outcomes["positive"].statuses[201] > 50
