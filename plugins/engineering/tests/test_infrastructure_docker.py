"""Dockerfiles and compose files."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.infrastructure.dockerfile_parser import fill, parse_dockerfile
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.infrastructure_runs import DOCKERFILES, found, run


def _rules(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    places = found(root, DOCKERFILES, files)
    return [(rule, place) for rule, _, place in places]


def test_instructions_are_read_over_lines_comments_and_documents() -> None:
    text = (
        "# syntax=x\nARG V=3.13\nFROM --platform=linux/amd64 python:$V AS Base\n"
        "RUN --mount=type=cache,target=/a --mount=type=bind,target=/b a && \\\n"
        "# a remark\n\n  b\n"
        "RUN <<EOF\nFROM nothing\nEOF\nCOPY [\"a b\", \"c/\"]\nfrom base\n"
    )  # fmt: skip
    file = parse_dockerfile("Dockerfile", text)
    stages = [(stage.base, stage.name, stage.line) for stage in file.stages]
    assert stages == [("python:3.13", "Base", 3), ("base", "", 12)]
    names = [(one.name, one.line) for one in file.stages[0].instructions]
    assert names == [("FROM", 3), ("RUN", 4), ("RUN", 8), ("COPY", 11)]
    assert file.stages[0].instructions[2].body == "FROM nothing"
    assert file.stages[0].instructions[3].words == ["a b", "c/"]


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=200)
def test_any_text_is_read_as_a_dockerfile(text: str) -> None:
    file = parse_dockerfile("Dockerfile", text)
    last = text.count("\n") + 1
    for stage in file.stages:
        assert all(1 <= one.line <= last and one.words is not None for one in stage.instructions)
    fill(text, {"a": text})


_COPIES = {
    "there": ("COPY a.txt folder /x/", True),
    "a pattern": ("COPY a.* f*/b.txt ./", True),
    "a folder as a whole": ("COPY . .", True),
    "from the root": ("COPY /a.txt /x", True),
    "of a build": ("COPY dist/app /app", True),
    "ignored": ("COPY made.bin /", True),
    "of another image": ("COPY --from=nginx:1.27 /etc/none /", True),
    "a variable": ("ARG NAME\nCOPY ${NAME}.txt /", True),
    "a variable with a default": ("ARG NAME=a\nCOPY ${NAME}.txt /", True),
    "from the network": ("ADD https://x.io/y.tar /", True),
    "absent": ("COPY b.txt /", False),
    "absent with a default": ("ARG NAME=b\nCOPY $NAME.txt /", False),
    "one of two absent": ("COPY a.txt b.txt /", False),
    "a pattern for nothing": ("COPY *.rs /", False),
}


@pytest.mark.parametrize("what", _COPIES)
def test_what_is_copied_must_be_there(tmp_path: Path, what: str) -> None:
    instruction, is_fine = _COPIES[what]
    files = {
        "Dockerfile": f"FROM me/base:1\n{instruction}\n",
        "a.txt": "",
        "folder/b.txt": "",
        ".gitignore": "*.bin\n",
    }
    line = instruction.count("\n") + 2
    expected = [] if is_fine else [("docker-missing-source", f"Dockerfile:{line}")]
    assert _rules(tmp_path, files) == expected


def test_what_a_step_before_makes_of_a_template_is_no_missing_source(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM me/base:1\nCOPY os-release gone /\n", "os-release.in": ""}
    assert _rules(tmp_path, files) == [("docker-missing-source", "Dockerfile:2")]
    files["Dockerfile"] = "FROM me/base:1\nCOPY os-release /\n"
    (tmp_path / "made").mkdir()
    assert _rules(tmp_path / "made", files) == []


def test_any_folder_up_to_the_root_may_be_built_from_unless_compose_says_which(
    tmp_path: Path,
) -> None:
    files = {"a/b/Dockerfile": "FROM me/x:1\nCOPY top.txt /\nCOPY near.txt /\n",
             "top.txt": "", "a/b/near.txt": ""}  # fmt: skip
    (tmp_path / "one").mkdir()
    assert _rules(tmp_path / "one", files) == []
    files["compose.yml"] = "services:\n  x:\n    build: a/b\n"
    assert _rules(tmp_path, files) == [("docker-missing-source", "a/b/Dockerfile:2")]


_INSTALL = "RUN pip install -r requirements.txt"
_BUILDS = {
    "update apart": ("RUN apt-get update\nRUN apt-get install -y x", ["docker-stale-lists"]),
    "update with": ("RUN apt-get update && apt-get install -y x", []),
    "update twice": ("RUN apt-get update\nRUN apt-get update && apt-get install -y x", []),
    "update alone": ("RUN apt-get update", []),
    "piped": ("RUN curl -sSf https://x.io/i | sh", ["docker-piped-script"]),
    "piped over lines": ("RUN wget -O- https://x.io/i \\\n | sudo bash -", ["docker-piped-script"]),
    "piped elsewhere": ("RUN curl https://x.io/k | gpg --dearmor", []),
    "no such number": ("COPY --from=3 /a /b", ["docker-unknown-stage"]),
    "a number": ("COPY --from=0 /a /b", []),
    "an image": ("COPY --from=busybox /a /b", []),
    "a slip": ("COPY --from=biulder /a /b", ["docker-unknown-stage"]),
    "too late": (f"{_INSTALL}\nCOPY requirements.txt .", ["docker-copied-too-late"]),
    "in time": (f"COPY requirements.txt .\n{_INSTALL}", []),
    "by a folder": ("COPY . .\nRUN npm ci", []),
    "mounted": ("RUN --mount=type=bind,target=. npm ci\nCOPY package-lock.json .", []),
    "never copied": ("RUN npm ci", []),
}  # fmt: skip


@pytest.mark.parametrize("what", _BUILDS)
def test_builds_that_break_or_grow_stale_are_told_from_good_ones(tmp_path: Path, what: str) -> None:
    instructions, rules = _BUILDS[what]
    head = "FROM me/base:1 AS builder\nFROM python:3.13\n"
    files = {"Dockerfile": head + instructions + "\n", "requirements.txt": "flask==3\n"}
    files["package-lock.json"] = "{}"
    assert [rule for rule, _ in _rules(tmp_path, files)] == rules


@pytest.mark.parametrize(
    ("base", "rules"),
    [("debian", ["docker-unpinned-base"]), ("me/x:latest", ["docker-unpinned-base"]),
     ("scratch", []), ("me/x@sha256:" + "a" * 64, []), ("${BASE}", []), ("node:22", [])],
)  # fmt: skip
def test_a_base_should_name_its_version(tmp_path: Path, base: str, rules: list[str]) -> None:
    files = {"Dockerfile": f"FROM {base} AS one\nFROM one\n"}
    assert [rule for rule, _ in _rules(tmp_path, files)] == rules


def test_overlays_and_optional_parts_of_compose_are_left_alone(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    depends_on:\n      b: {required: false}\n"
        "    env_file:\n      - .env\n      - {path: none.env, required: false}\n      - own.env\n"
        "    build: https://x.io/y.git\n",
        "own.env.example": "",
        "docker-compose.override.yml": "services:\n  a:\n    depends_on: [far]\n",
    }
    assert _rules(tmp_path, files) == []


def test_templates_and_fixtures_are_not_built(tmp_path: Path) -> None:
    bad = "FROM python:2.7\nCOPY none /\n"
    files = {
        "tests/Dockerfile": bad,
        "templates/Dockerfile": bad,
        "Dockerfile.j2": bad,
        "deploy/Dockerfile": "FROM {{ base }}\nCOPY none /\n",
        "Dockerfile.dockerignore": "none\n",
    }
    assert _rules(tmp_path, files) == []


def test_a_compose_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = run(tmp_path, DOCKERFILES, {"compose.yml": "services: [\n"})
    assert result.findings == ()
    assert "does not parse" in result.omissions[0].reason


def test_a_file_for_each_release_of_a_system_is_there_for_the_old_ones_too(tmp_path: Path) -> None:
    text = "FROM debian:10\nRUN true\n"
    places = found(tmp_path, DOCKERFILES, {"debs/Debian_10/Dockerfile": text, "Dockerfile": text})
    ended = [(severity, place) for rule, severity, place in places if rule == "end-of-life-image"]
    assert sorted(ended) == [("low", "debs/Debian_10/Dockerfile:1"), ("medium", "Dockerfile:1")]


@pytest.mark.parametrize(
    ("path", "base", "severity"),
    [
        ("images/debian-buster.dockerfile", "debian:buster", "low"),
        ("docker/debian10/Dockerfile", "debian:buster", "low"),
        ("docker/ubuntu18.04/Dockerfile", "ubuntu:bionic", "low"),
        ("docker/bionic-asan.Dockerfile", "ubuntu:18.04", "low"),
        ("docker/debian100/Dockerfile", "debian:buster", "medium"),
        ("docker/alpine/Dockerfile", "golang:1.16-alpine", "medium"),
    ],
)
def test_a_file_named_after_a_release_may_be_for_it(
    tmp_path: Path, path: str, base: str, severity: str
) -> None:
    text = f"FROM {base} AS one\nRUN true\nFROM {base}\nRUN true\n"
    places = found(tmp_path, DOCKERFILES, {path: text})
    assert places == [("end-of-life-image", severity, f"{path}:1")]
