"""The tool `dead-code`: Python code that nothing uses or reaches."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from genesis.contracts import Confidence, Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.dead_definitions import Candidate, find_candidates
from genesis_engineering.files import RepositoryFile, has_long_line, list_files
from genesis_engineering.name_usage import PrivateNames
from genesis_engineering.python_only import other_programs
from genesis_engineering.python_source import PythonSource
from genesis_engineering.reporting import (
    EVIDENCE_LENGTH,
    MOST_OF_A_RULE,
    count_by_rule,
    count_of,
    limit_per_rule,
    line_at,
)
from genesis_engineering.ruff_run import list_python_files
from genesis_engineering.unreachable_lines import LANGUAGES as OTHER_LANGUAGES
from genesis_engineering.unreachable_lines import find_unreachable_lines
from genesis_engineering.unused_names import find_unused_names

_MOST_BYTES = 300_000
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
_RESERVE_SECONDS = 2.0


@dataclass
class _Scan:
    candidates: list[Candidate] = field(default_factory=list)
    evidence: dict[tuple[str, int], str] = field(default_factory=dict)
    # How often each name occurs inside of what it names: a function that calls itself is no use.
    own: Counter[str] = field(default_factory=Counter)
    names: PrivateNames = field(default_factory=PrivateNames)
    too_deep: list[str] = field(default_factory=list)


def find_dead_code(context: ToolContext) -> TaskResult:
    """Report unreachable code, unused private definitions, unused imports and variables.

    In other languages than Python only lines behind `return` and its like, see
    `unreachable_lines`. Findings lie in files that are not tests; tests, documentation and every
    other text of the repository count as use. Public names of a package are its interface and
    never reported.
    """
    files, omissions = list_python_files(context.repository)
    omissions += other_programs(context.repository, "unused code")
    own = [file for file in files if not file.is_test]
    others = [file for file in list_files(context.repository) if _is_other(file)]
    if not own and not others:
        return TaskResult(summary="There are no programs to look at.", omissions=tuple(omissions))
    unused, skipped = find_unused_names(context, own)
    omissions += skipped
    scan = _Scan()
    if _read_everything(context, scan, {file.path for file in own}, omissions):
        unused += _dead_definitions(scan)
    if scan.too_deep:
        what = f"dead code in {', '.join(scan.too_deep[:5])}"[:500]
        omissions.append(Omission(what=what, reason="its expressions are nested too deeply"))
    unused += [_unreachable(one, scan) for one in scan.candidates if one.kind == "unreachable"]
    for file in others:
        if context.seconds_left < _RESERVE_SECONDS:
            what = "lines that never run in other languages"
            omissions.append(Omission(what=what, reason="no time was left"))
            break
        unused += _never_run(file)
    kept, more = limit_per_rule(unused, MOST_OF_A_RULE)
    found = (
        f"{count_of(len(unused), 'piece')} of dead code in {count_of(len(own + others), 'program')}"
    )
    return TaskResult(
        summary=f"{found}, {more}."[:2000] if more else f"{found}.",
        findings=kept,
        omissions=tuple(omissions),
        facts={"dead-code": dict(count_by_rule(unused))},
    )


def _is_other(file: RepositoryFile) -> bool:
    is_minified = ".min." in file.path or file.size > _MOST_BYTES
    is_declared = file.path.endswith(_DECLARATIONS)
    return file.suffix in OTHER_LANGUAGES and not (file.is_test or is_minified or is_declared)


def _never_run(file: RepositoryFile) -> list[Finding]:
    """What stands behind `return` and its like in a file of another language."""
    text = file.read_text()
    if text is None or has_long_line(text):
        return []
    return [
        Finding(
            rule="unreachable-code",
            severity=Severity.LOW,
            message=f"This line can never run: `{one.after[:200]}` stands before it.",
            file=file.path,
            line=one.line,
            evidence=line_at(text, one.line),
            check=f"sed -n {max(1, one.line - 3)},{one.line}p {file.path!r}"[:1000],
        )
        for one in find_unreachable_lines(text, file.suffix)
    ]


def _read_everything(
    context: ToolContext, scan: _Scan, own: set[str], omissions: list[Omission]
) -> bool:
    """Read every text; False when time was short, as then nothing can be called unused."""
    files = list_files(context.repository)
    limit = context.seconds_left * 0.2
    for index, file in enumerate(files):
        if index % 50 == 0:
            context.progress(0.3 + 0.7 * index / len(files), f"reading {file.path}")
        if context.seconds_left < limit:
            left = f"unused definitions: {count_of(len(files) - index, 'file')} were not read"
            omissions.append(Omission(what=left, reason="no time was left"))
            return False
        _read(file, scan, own)
    return True


def _read(file: RepositoryFile, scan: _Scan, own: set[str]) -> None:
    text = file.read_text()
    if text is None:
        return
    scan.names.add(text)
    if file.path not in own:
        return
    source = PythonSource(file.path, text)
    try:
        found = list(find_candidates(source))
    except RecursionError:  # expressions nested by the hundred, as only generators write them
        scan.too_deep.append(file.path)
        return
    scan.candidates += found
    scan.own.update(_mentions_of_themselves(source, found))
    for one in found:
        scan.evidence[one.path, one.line] = source.line(one.line)[:EVIDENCE_LENGTH]


def _mentions_of_themselves(source: PythonSource, found: list[Candidate]) -> Counter[str]:
    # By lines, as one definition may lie in another of the same name.
    lines: defaultdict[str, set[int]] = defaultdict(set)
    for one in found:
        lines[one.name].update(range(one.line, one.last_line + 1))
    counts: Counter[str] = Counter()
    for name, numbers in lines.items():
        inside = PrivateNames()
        inside.add("\n".join(source.lines[number - 1] for number in numbers))
        counts[name] = inside.counts[name]
    return counts


def _dead_definitions(scan: _Scan) -> list[Finding]:
    definitions = [one for one in scan.candidates if one.kind != "unreachable"]
    return [
        Finding(
            rule=f"unused-private-{one.kind}",
            severity=Severity.LOW,
            message=f"The {one.message} is used nowhere in the repository: its name occurs only "
            f"in itself ({count_of(one.last_line - one.line + 1, 'line')} to delete).",
            file=one.path,
            line=one.line,
            evidence=scan.evidence[one.path, one.line],
            check=f"git grep -nw {one.name}",
            # vulture says 60 %: a name can be put together at run time.
            confidence=Confidence.LIKELY,
        )
        for one in definitions
        if scan.names.is_only_defined(one.name, scan.own[one.name])
    ]


def _unreachable(one: Candidate, scan: _Scan) -> Finding:
    length = one.last_line - one.line + 1
    return Finding(
        rule="unreachable-code",
        severity=Severity.LOW,
        message=f"{one.message.capitalize()}: {count_of(length, 'line')} can never run.",
        file=one.path,
        line=one.line,
        evidence=scan.evidence[one.path, one.line],
        check=f"vulture --min-confidence 100 {one.path!r}"[:1000],
    )
