"""All that is planted for infrastructure is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.testing import run_tool

from plugins.engineering.tests.infrastructure_runs import ALL
from plugins.engineering.tests.planted._packages import CRATES
from plugins.engineering.tests.planted.generate import plant
from plugins.engineering.tests.planted.infrastructure import PLANTED
from plugins.engineering.tests.planted.scoring import compare


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_planted_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    project = tmp_path / "project"
    dues = plant(project, seed, {"infrastructure": {**PLANTED, **CRATES}})
    assert len(dues) == 62
    assert len({due.rule for due in dues}) == 31
    findings = [
        finding
        for tool in ALL
        for finding in run_tool(
            f"genesis_engineering.infrastructure.{tool}", project, tmp_path / "attempt"
        ).findings
    ]
    (score,) = compare(dues, {"infrastructure": findings})
    assert (score.missed, score.false) == ((), ())


def test_no_secret_is_shown(tmp_path: Path) -> None:
    project = tmp_path / "project"
    plant(project, 1, {"infrastructure": PLANTED})
    shown = "".join(
        run_tool(
            f"genesis_engineering.infrastructure.{tool}", project, tmp_path / "attempt"
        ).model_dump_json()
        for tool in ALL
    )
    secrets = [
        line.split()[-1].rpartition("=")[2]
        for path in (".github/workflows/checks.yml", ".gitlab-ci.yml", "depot/Dockerfile")
        for line in (project / path).read_text().split("\n")
        if any(name in line for name in ("DEPLOY_TOKEN", "STAGING_API_KEY", "MAPS_API_KEY"))
    ]
    assert len(secrets) == 3
    for secret in secrets:
        assert len(secret) >= 32
        assert not any(secret[at : at + 8] in shown for at in range(len(secret) - 8))
