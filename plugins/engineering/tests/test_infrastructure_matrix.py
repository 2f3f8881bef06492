"""Runners of a matrix, images of services, branches of the host's own actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.engineering.tests.infrastructure_runs import CI_FILES, run

_PATH = ".github/workflows/main.yml"


def told(root: Path, job: str) -> list[tuple[str, str, str]]:
    """(rule, severity, message) for a workflow whose one job is this, indented by four."""
    text = f"on: push\npermissions: {{}}\njobs:\n  build:\n{job}    steps: [{{run: make}}]\n"
    findings = run(root, CI_FILES, {_PATH: text}).findings
    return [(one.rule, str(one.severity), one.message) for one in findings]


def _job(runs_on: str, matrix: str) -> str:
    return f"    runs-on: {runs_on}\n    strategy:\n      matrix: {matrix}\n"


_JOBS = "[{os: macos-12, target: a}, {os: ubuntu-24.04, target: b}]"


@pytest.mark.parametrize(
    ("runs_on", "matrix", "gone"),
    [
        ("${{ matrix.job.os }}", f"{{job: {_JOBS}}}", ["macos-12"]),
        ("${{matrix.a.b.os}}", "{a: [{b: {os: macos-11}}, {b: {os: x}}]}", ["macos-11"]),
        ("${{ matrix.os || 'x' }}", "{os: [windows-2019, ubuntu-24.04]}", ["windows-2019"]),
        ("${{ matrix.os }}", "{os: [x], include: [{os: macos-12}]}", ["macos-12"]),
        ("${{ matrix.job.os }}", "{py: [1, 2], include: [{job: {os: macos-12}}, "
         "{job: {os: x}}]}", ["macos-12"]),
        ("${{ matrix.os }}", "{os: [x, macos-12], exclude: [{os: macos-12}]}", []),
        ("${{ matrix.os }}", "{os: [x, macos-12], py: [1, 2], exclude: "
         "[{os: macos-12, py: 1}, {os: macos-12, py: 2}]}", []),
        ("${{ matrix.os }}", "{os: [x, macos-12], py: [1, 2], exclude: "
         "[{os: macos-12, py: 1}]}", ["macos-12"]),
        ("${{ matrix.job.os }}", f"{{job: {_JOBS}, exclude: [{{job: {{target: a}}}}]}}", []),
        ("${{ matrix.os }}", "{target: [macos-12], os: [x]}", []),
    ],
)  # fmt: skip
def test_the_legs_of_a_matrix_that_never_start_are_named(
    tmp_path: Path, runs_on: str, matrix: str, gone: list[str]
) -> None:
    found = told(tmp_path, _job(runs_on, matrix))
    assert [rule for rule, _, _ in found] == ["ci-removed-runner"] * len(gone)
    for (_, severity, message), label in zip(found, gone, strict=True):
        assert severity == "medium"
        assert f"no {label} runners" in message
        assert "only these legs of the job build never start" in message


def test_a_job_all_of_whose_legs_are_gone_never_starts(tmp_path: Path) -> None:
    found = told(tmp_path, _job("${{ matrix.os }}", "{os: [macos-11, macos-12]}"))
    assert [message.endswith("the job build never starts.") for _, _, message in found] == [
        True
    ] * 2


def test_a_matrix_of_millions_of_legs_is_read_in_passing(tmp_path: Path) -> None:
    axes = ", ".join(f"a{number}: [{', '.join(map(str, range(30)))}]" for number in range(8))
    matrix = f"{{os: [x, macos-12], {axes}, exclude: [{{os: macos-12}}]}}"
    assert len(told(tmp_path, _job("${{ matrix.os }}", matrix))) == 1


def test_images_of_services_and_containers_that_get_no_fixes_are_low(tmp_path: Path) -> None:
    job = (
        "    runs-on: ubuntu-24.04\n    container: {image: 'node:16'}\n    services:\n"
        "      db: {image: 'postgres:13'}\n      again: {image: 'postgres:13'}\n"
        "      new: {image: 'postgres:99'}\n      any: {image: 'postgres:${{ matrix.pg }}'}\n"
    )
    found = told(tmp_path, job)
    assert [(rule, severity) for rule, severity, _ in found] == [("end-of-life-image", "low")] * 2
    assert ["node:16" in found[0][2], "postgres:13" in found[1][2]] == [True, True]


def test_a_container_may_be_named_alone(tmp_path: Path) -> None:
    found = told(tmp_path, "    runs-on: ubuntu-24.04\n    container: python:3.7-slim\n")
    assert [rule for rule, _, _ in found] == ["end-of-life-image"]


@pytest.mark.parametrize(
    ("uses", "rules"),
    [
        ("actions/upload-artifact@master", ["ci-branch-action"]),
        ("github/codeql-action/init@main", ["ci-branch-action"]),
        ("actions/checkout@v4", []),
    ],
)
def test_a_branch_of_the_host_s_own_action_is_told_and_its_tags_are_not(
    tmp_path: Path, uses: str, rules: list[str]
) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{{uses: {uses}}}]\n"
    findings = run(tmp_path, CI_FILES, {_PATH: text}).findings
    assert [one.rule for one in findings] == rules
