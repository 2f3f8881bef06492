"""What is surely wrong in a Dockerfile by itself, without a look at the files around it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.infrastructure.dockerfile_parser import Dockerfile, Instruction, Stage
from genesis_engineering.infrastructure.end_of_life import codenames
from genesis_engineering.infrastructure.images import image_ended, read_image
from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.infrastructure.plain_secrets import find_assigned

_UNTAGGED = frozenset({"", "latest"})
_UPDATE = re.compile(r"^\s*(sudo\s+)?(apt-get|apt)(\s+-\S+)*\s+update(\s+-\S+)*\s*$")
_INSTALL = re.compile(r"(?:^|[\s;&|])(apt-get|apt)\s+(-\S+\s+)*install\b")
_PIPED = re.compile(
    r"\b(curl|wget)\b[^|;&]*\|\s*(sudo\s+(-\S+\s+)*)?((/usr)?/bin/)?(ba|da|z|a)?sh\b",
    re.IGNORECASE,
)
_PLAIN_HTTP = re.compile(r"\b(curl|wget)\b[^|;&]*\bhttp://(?!localhost|127\.)")
_MOST_CHARACTERS = 5000
_PAIR = re.compile(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S*)")


def find_dockerfile_faults(file: Dockerfile, text: str) -> Iterator[Finding]:
    """All of them, stage by stage."""
    lines = text.split("\n")
    bases: set[str] = set()
    for index, stage in enumerate(file.stages):
        if stage.base not in bases:
            yield from _base(file, index, stage, lines)
        bases.add(stage.base)
        yield from _copies_from(file, index, stage, lines)
        yield from _package_lists(file, stage, lines)
        for instruction in stage.instructions:
            if instruction.name == "RUN":
                yield from _piped(file, instruction, lines)
    yield from find_assigned("docker-secret", "in a Dockerfile", file.path, _assigned(file, lines))


def _evidence(lines: list[str], line: int) -> str:
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _at(
    file: Dockerfile, rule: str, severity: Severity, message: str, line: int, lines: list[str]
) -> Finding:
    check = f"sed -n {line}p {file.path}"
    return make_finding(rule, severity, message, file.path, line, _evidence(lines, line), check)


def _base(file: Dockerfile, index: int, stage: Stage, lines: list[str]) -> Iterator[Finding]:
    if stage.base.lower() in file.stage_names(index) | {"scratch"} or "$" in stage.base:
        return
    old = image_ended(stage.base)
    if old:
        message = f"{stage.base} is {old[0]}, which has had no security fixes since {old[1]}."
        severity = (
            Severity.LOW if _names_release(file.path, stage.base, old[0]) else Severity.MEDIUM
        )
        yield _at(file, "end-of-life-image", severity, message, stage.line, lines)
    image = read_image(stage.base)
    if image and not image.digest and image.tag in _UNTAGGED:
        message = f"The base image {stage.base} names no version: each build may start from "
        message += "another one. Name at least its major version."
        yield _at(file, "docker-unpinned-base", Severity.LOW, message, stage.line, lines)


def _names_release(path: str, base: str, title: str) -> bool:
    """Whether a file is named after a release (`debian10/Dockerfile`, `ubuntu-bionic.dockerfile`):
    one for each release of a system is there for the old ones, too."""
    tag = base.partition(":")[2]
    names = [*re.findall(r"\d+(?:\.\d+)?", title), *codenames(title), tag]
    words = [re.escape(one) for one in names if one]
    return any(re.search(rf"(?<![\d.]){one}(?![\d.]\d|\d)", path) for one in words)


def _copies_from(file: Dockerfile, index: int, stage: Stage, lines: list[str]) -> Iterator[Finding]:
    """`COPY --from=` a stage that is not there: a number too high, or a name with a slip."""
    names = file.stage_names(index)
    for one in stage.instructions:
        source = one.flags.get("from", "").lower() if one.name == "COPY" else ""
        if not source or source in names or "$" in source or re.search(r"[/:.@]", source):
            continue
        if source.isdigit():
            if int(source) < index:
                continue
        elif not difflib.get_close_matches(source, sorted(names), 1, 0.75):
            continue
        message = f"There is no stage {source} in front of this one, so the build stops here."
        yield _at(file, "docker-unknown-stage", Severity.MEDIUM, message, one.line, lines)


def _package_lists(file: Dockerfile, stage: Stage, lines: list[str]) -> Iterator[Finding]:
    """A layer with only `apt-get update`, installs in a later one: its cache outlives the lists."""
    runs = [one for one in stage.instructions if one.name == "RUN" and not one.body]
    for index, one in enumerate(runs):
        if "mount" in one.flags or not _UPDATE.match(one.value.strip()):
            continue
        later = [other for other in runs[index + 1 :] if _INSTALL.search(other.value)]
        if later and not re.search(r"(apt-get|apt)\s+(-\S+\s+)*update", later[0].value):
            message = "apt-get update has a layer of its own: once cached, the later install asks "
            message += "for packages that are no longer there. Do both in one RUN."
            yield _at(file, "docker-stale-lists", Severity.LOW, message, one.line, lines)


def _piped(file: Dockerfile, one: Instruction, lines: list[str]) -> Iterator[Finding]:
    # Cut, as the search for an end that never comes would take the square of the length.
    script = " ".join(f"{one.value}\n{one.body}".split("\n"))[:_MOST_CHARACTERS]
    if not _PIPED.search(script):
        return
    is_open = bool(_PLAIN_HTTP.search(script))
    message = "A script from the network is run as it comes, without a checksum"
    message += ", over plain HTTP." if is_open else "."
    line = next(
        (n for n in range(one.line, min(one.line + 60, len(lines) + 1))
         if re.search(r"\b(curl|wget)\b", lines[n - 1])),
        one.line,
    )  # fmt: skip
    severity = Severity.MEDIUM if is_open else Severity.LOW
    yield _at(file, "docker-piped-script", severity, message, line, lines)


def _assigned(file: Dockerfile, lines: list[str]) -> Iterator[tuple[str, str, int]]:
    for stage in file.stages:
        for one in stage.instructions:
            if one.name not in ("ENV", "ARG"):
                continue
            pairs = _PAIR.findall(one.value)
            if not pairs and one.name == "ENV" and len(one.value.split()) == 2:
                pairs = [tuple(one.value.split())]
            for name, value in pairs:
                yield name, value.strip("\"'"), _line_of(name, one.line, lines)


def _line_of(name: str, start: int, lines: list[str]) -> int:
    """The line of a pair in an instruction of several lines."""
    span = range(start, min(start + 60, len(lines) + 1))
    return next((n for n in span if re.search(rf"\b{re.escape(name)}\b", lines[n - 1])), start)
