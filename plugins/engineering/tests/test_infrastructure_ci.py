"""CI files: what is unsafe, broken or always green, and what only looks so."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.infrastructure.plain_secrets import looks_random
from genesis_engineering.infrastructure.yaml_tree import YamlSyntaxError, parse_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.infrastructure_runs import CI_FILES, found, run

_SHA = "5a4ac9002d0be2fb38bd78e4b4dbde5606d7042f"


def _workflow(steps: str, *, on: str = "push", job: str = "") -> dict[str, str]:
    indented = "\n".join(f"      {line}" for line in steps.strip().split("\n"))
    extra = "".join(f"    {line}\n" for line in job.split("\n") if line)
    head = f"on: {on}\njobs:\n  main:\n    runs-on: ubuntu-latest\n"
    text = f"{head}{extra}    steps:\n{indented}\n"
    return {".github/workflows/main.yml": text, "run.py": "", "tools/lint.sh": ""}


def _rules(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    return [(rule, severity) for rule, severity, _ in found(root, CI_FILES, files)]


_PINNED = {
    "third-party branch": ("- uses: some/action@master", [("ci-branch-action", "low")]),
    "third-party tag": ("- uses: some/action@v1", [("ci-unpinned-action", "low")]),
    "release branch": ("- uses: pypa/publish@release/v1", [("ci-unpinned-action", "low")]),
    "toolchain by name": ("- uses: dtolnay/rust-toolchain@master", [("ci-unpinned-action", "low")]),
    "commit": (f"- uses: some/action@{_SHA} # v1", []),
    "first party": ("- uses: actions/checkout@v4", []),
    "docker": ("- uses: docker://alpine:3.23", []),
    "local": ("- uses: actions/checkout@v4\n- uses: ./tools", [("ci-missing-path", "medium")]),
}


@pytest.mark.parametrize("what", _PINNED)
def test_actions_of_others_are_to_be_pinned(tmp_path: Path, what: str) -> None:
    steps, expected = _PINNED[what]
    files = _workflow(steps)
    if what == "local":
        del files["tools/lint.sh"]
    assert _rules(tmp_path, files) == expected


_HOME = "https://github.com/acme/"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("package.json", f'{{"repository": "{_HOME}shop"}}', []),
        ("package.json", '{"repository": "github:Acme/shop"}', []),
        ("package.json", '{"repository": "github:ac/shop"}', [("ci-branch-action", "low")]),
        ("README.md", f"{_HOME}a {_HOME}b {_HOME}c https://github.com/d/e\n", []),
        ("README.md", f"{_HOME}a\n", [("ci-branch-action", "low")]),
    ],
)
def test_actions_of_the_projects_own_account_are_trusted(
    tmp_path: Path, name: str, text: str, expected: list[tuple[str, str]]
) -> None:
    files = _workflow("- uses: Acme/tools/build@main")
    files[name] = text
    assert _rules(tmp_path, files) == expected


_GREEN = {
    "swallowed": ("- run: pytest || true", 1),
    "swallowed with a word": ("- run: npm test || echo failed", 1),
    "swallowed in a block": ("- run: |\n    go vet ./...\n    go test ./... || exit 0", 1),
    "a pipe": ("- run: cargo test | tee out.log", 1),
    "a pipe with pipefail": ("- run: |\n    set -o pipefail\n    cargo test | tee out.log", 0),
    "a pipe in bash": ("- shell: bash\n  run: cargo test | tee out.log", 0),
    "a pipe inside of an argument": ("- run: tox -e py$(echo 3.12 | tr -d .)", 0),
    "a pipe into the tests": ("- run: cat list | xargs pytest", 0),
    "another command": ("- run: ruff check . || true", 0),
    "a step": ("- run: pytest\n  continue-on-error: true", 1),
    "a step that is read": (
        "- id: t\n  run: pytest\n  continue-on-error: true\n"
        "- run: exit 1\n  if: steps.t.outcome == 'failure'",
        0,
    ),
    "an experiment": ("- name: experimental\n  run: pytest || true", 0),
    "no tests by default": ("- run: pytest || [ $? -eq 5 ]", 0),
}  # fmt: skip


@pytest.mark.parametrize("what", _GREEN)
def test_tests_that_cannot_fail_are_told_from_steps_that_may(tmp_path: Path, what: str) -> None:
    steps, count = _GREEN[what]
    assert _rules(tmp_path, _workflow(steps)) == [("ci-cannot-fail", "medium")] * count


def test_a_job_may_ignore_failures_when_another_one_does_not(tmp_path: Path) -> None:
    files = _workflow("- run: pytest", job="continue-on-error: true")
    (tmp_path / "one").mkdir()
    assert _rules(tmp_path / "one", files) == [("ci-cannot-fail", "medium")]
    path = ".github/workflows/main.yml"
    files[path] += "  other:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"
    assert _rules(tmp_path, files) == []


_INJECTIONS = {
    "title of an issue": ("issues", "github.event.issue.title", "high"),
    "comment": ("issue_comment", "github.event.comment.body", "high"),
    "branch with secrets": ("pull_request_target", "github.head_ref", "high"),
    "branch": ("pull_request", "github.head_ref", "medium"),
    "message": ("push", "github.event.head_commit.message", "low"),
    "number": ("issues", "github.event.issue.number", ""),
    "title that is never there": ("push", "github.event.issue.title", ""),
    "a comparison": ("issues", "github.event.issue.title == 'x' && 1 || 2", ""),
    "as JSON": ("issues", "contains(github.event.issue.title, 'x')", ""),
}


@pytest.mark.parametrize("what", _INJECTIONS)
def test_what_strangers_write_may_not_become_a_script(tmp_path: Path, what: str) -> None:
    event, expression, severity = _INJECTIONS[what]
    rules = _rules(tmp_path, _workflow(f"- run: echo ${{{{ {expression} }}}}", on=event))
    assert rules == ([("ci-script-injection", severity)] if severity else [])


_CHECKOUT = (
    "- uses: actions/checkout@v4\n  with:\n    ref: ${{ github.event.pull_request.head.sha }}\n"
)
_UNTRUSTED = {
    "then runs": (_CHECKOUT + "- run: make", "pull_request_target", "", ["high"]),
    "runs nothing": (_CHECKOUT, "pull_request_target", "", ["medium"]),
    "after a label": (_CHECKOUT + "- run: make", "pull_request_target",
                      "if: contains(github.event.pull_request.labels.*.name, 'ok')", []),
    "after an approval": (_CHECKOUT + "- run: make", "pull_request_target",
                          "environment: review", []),
    "without secrets": (_CHECKOUT + "- run: make", "pull_request", "", []),
    "of the base": ("- uses: actions/checkout@v4\n- run: make", "pull_request_target", "", []),
}  # fmt: skip


@pytest.mark.parametrize("what", _UNTRUSTED)
def test_strangers_code_may_not_run_with_secrets(tmp_path: Path, what: str) -> None:
    steps, event, job, severities = _UNTRUSTED[what]
    expected = [("ci-untrusted-checkout", severity) for severity in severities]
    assert _rules(tmp_path, _workflow(steps, on=event, job=job)) == expected


_PATHS = {
    "a script": ("- run: bash tools/gone.sh", 1),
    "a folder": ("- run: make\n  working-directory: gone", 1),
    "requirements": ("- run: pip install -U -r gone/requirements.txt", 1),
    "in its folder": ("- run: ./gone.sh\n  working-directory: tools", 1),
    "there": ("- run: bash tools/lint.sh && python run.py", 0),
    "there in its folder": ("- run: ./lint.sh\n  working-directory: tools", 0),
    "a program": ("- run: python -m build\n- run: node --version", 0),
    "made before": ("- run: make out\n- run: bash out/gone.sh", 0),
    "made above": ("- run: |\n    wget https://x.io/gone.sh\n    bash gone.sh", 0),
    "after a change of folder": ("- run: |\n    cd tools\n    ./gone.sh", 0),
    "a variable": ("- run: bash tools/$NAME.sh\n- run: bash ${{ matrix.x }}/gone.sh", 0),
    "ignored": ("- run: python made/gone.py", 0),
    "elsewhere": ("- uses: actions/checkout@v4\n  with: {repository: a/b}\n- run: bash gone.sh", 0),
}


@pytest.mark.parametrize("what", _PATHS)
def test_files_that_a_workflow_names_must_be_there(tmp_path: Path, what: str) -> None:
    steps, count = _PATHS[what]
    files = _workflow("- uses: actions/checkout@v4\n" + steps) | {".gitignore": "made/\n"}
    assert _rules(tmp_path, files) == [("ci-missing-path", "medium")] * count


def test_an_unpacked_archive_lacks_files_and_says_so(tmp_path: Path) -> None:
    files = _workflow("- uses: actions/checkout@v4\n- run: bash gone.sh") | {"PKG-INFO": "x"}
    result = run(tmp_path, CI_FILES, files)
    assert result.findings == ()
    assert "source archive" in result.omissions[0].reason


def test_outlived_runners_actions_and_commands_are_named_once(tmp_path: Path) -> None:
    steps = (
        "- uses: actions/cache@v2\n- uses: actions/cache@v2\n- uses: actions/cache@v4\n"
        '- run: echo "::add-path::x"\n- run: echo "::save-state name=a::b"'
    )
    files = _workflow(steps)
    path = ".github/workflows/main.yml"
    files[path] = files[path].replace("ubuntu-latest", "[macos-12]")
    assert _rules(tmp_path, files) == [
        ("ci-dead-action", "medium"), ("ci-removed-command", "medium"),
        ("ci-removed-runner", "medium"), ("ci-removed-command", "low"),
    ]  # fmt: skip
    (again := tmp_path / "again").mkdir()
    told = [one.message for one in run(again, CI_FILES, files).findings]
    assert any("newest major version in all 2 places of this file." in one for one in told)


@pytest.mark.parametrize(
    ("action", "day"),
    [
        ("actions/upload-artifact@v2.3.1", "2024-09-10"),
        ("actions/download-artifact@v3", "2025-01-30"),
        ("actions/cache@v3.2.3", "2025-03-01"),
    ],
)
def test_a_dead_action_is_told_with_the_day_of_its_version(
    tmp_path: Path, action: str, day: str
) -> None:
    told = run(tmp_path, CI_FILES, _workflow(f"- uses: {action}")).findings
    assert [f"has failed on github.com since {day}:" in one.message for one in told] == [True]


def test_machines_of_ones_own_may_be_of_any_age(tmp_path: Path) -> None:
    files = _workflow("- uses: actions/upload-artifact@v3")
    path = ".github/workflows/main.yml"
    files[path] = files[path].replace("ubuntu-latest", "[self-hosted, macos-12]")
    assert _rules(tmp_path, files) == []


def test_only_live_workflows_are_read_and_the_rest_is_named(tmp_path: Path) -> None:
    broken = "on: push\n  jobs: [\n"
    files = {
        "examples/.github/workflows/a.yml": broken,
        ".github/ISSUE_TEMPLATE/a.yml": broken,
        "sub/.gitlab-ci.yml": broken,
        ".travis.yml": "language: python\n",
    }
    result = run(tmp_path, CI_FILES, files)
    assert result.findings == ()
    assert [one.what for one in result.omissions] == ["the CI file of Travis CI"]


def test_a_pipeline_with_includes_may_name_what_they_have(tmp_path: Path) -> None:
    text = "include: [other.yml]\nunit:\n  stage: ship\n  extends: .far\n  needs: [far]\n"
    assert _rules(tmp_path, {".gitlab-ci.yml": text}) == []


def test_a_hidden_job_of_gitlab_is_of_no_stage_until_another_takes_it_over(tmp_path: Path) -> None:
    text = "stages: [build]\n.image: &image\n  stage: image\n  script: [a]\n"
    assert _rules(tmp_path, {".gitlab-ci.yml": text}) == []
    text += "made:\n  <<: *image\n"
    (tmp_path / "used").mkdir()
    assert _rules(tmp_path / "used", {".gitlab-ci.yml": text}) == [("ci-unknown-job", "high")]


def test_references_and_anchors_of_gitlab_are_read(tmp_path: Path) -> None:
    text = (
        ".base: &base\n  script:\n    - make\n"
        "unit:\n  <<: *base\n  script:\n    - !reference [.base, script]\n  needs: []\n"
        "late:\n  <<: *base\n  stage: .post\n  needs: [unit, {job: maybe, optional: true}]\n"
    )
    assert _rules(tmp_path, {".gitlab-ci.yml": text}) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [("k9Xq2LmP7vRt4WsZ8bNc", True), ("postgres", False), ("${{ secrets.X }}", False),
     ("my-long-password-for-tests-1", False), ("https://example.org/a1b2c3d4e5f6", False),
     ("aaaaaaaaaaaaaaaaaaaa12", False), ("correcthorsebatterystaple", False), ("k9Xq2LmP7", False)],
)  # fmt: skip
def test_only_what_a_program_drew_looks_random(value: str, expected: bool) -> None:
    assert looks_random(value) is expected


def test_aliases_that_would_fill_the_memory_are_read_in_passing() -> None:
    levels = "".join(
        f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" if n else "l0: &l0 [x]\n"
        for n in range(30)
    )
    assert len(list(parse_yaml(levels).walk())) == 32


def test_an_alias_of_itself_ends() -> None:
    node = parse_yaml("a: &a\n  b: *a\n  c: [*a, text]\n")
    assert node.get("a", "b", "c").texts == ["text"]


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "a: " + "{b: " * 20_000, "\x00", "a: b: c", "\t- x"]
)
def test_hostile_yaml_is_refused(text: str) -> None:
    with pytest.raises(YamlSyntaxError):
        parse_yaml(text)


_SCALARS = st.text(alphabet="abc", min_size=1, max_size=5)


@given(st.dictionaries(_SCALARS, st.lists(_SCALARS, max_size=4), max_size=5))
@settings(deadline=None)
def test_keys_and_items_keep_their_lines(data: dict[str, list[str]]) -> None:
    lines: list[str] = []
    places = {}
    for key, items in data.items():
        lines.append(f"{key}:")
        places[key] = len(lines)
        lines += [f"  - {item}" for item in items]
    node = parse_yaml("\n".join(lines))
    assert node.lines == places
    for key, items in data.items():
        read = [(one.text, one.line) for one in node.get(key).items]
        assert read == [(item, places[key] + n) for n, item in enumerate(items, start=1)]
