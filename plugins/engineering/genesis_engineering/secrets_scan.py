"""The tool `secrets`: keys, tokens and passwords in the repository's files, always masked."""

from __future__ import annotations

import re
from itertools import islice

from genesis.contracts import Confidence, Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.files import MAX_BYTES, RepositoryFile, list_files
from genesis_engineering.masking import mask, mask_text
from genesis_engineering.reporting import (
    MOST_OF_A_RULE,
    by_importance,
    count_by_rule,
    count_of,
    is_secondary,
)
from genesis_engineering.secret_contexts import (
    described_lines,
    is_fallback,
    is_of_installed_app,
    is_sample_playbook,
)
from genesis_engineering.secret_detectors import Match, SecretSearch, open_search
from genesis_engineering.secret_filters import is_allowed, looks_real
from genesis_engineering.trial_keys import TrialKeys

_MOST_IN_A_FILE = 200
_LONGEST_KEY = 20_000
_LOCK_FILE = re.compile(
    r"(^|/)([\w.-]*\.lock|package-lock\.json|pnpm-lock\.yaml|npm-shrinkwrap\.json|go\.sum|[\w.-]*\.min\.js"
    r"|[\w.-]*\.(map|svg)|\.secrets\.baseline|\.genesis-baseline\.json)$"
)
_SHOWS = re.compile(
    r"\b(examples?|samples?|format|syntax|looks? like|e\.g\.?|usage)\b|#\s*\w+://", re.IGNORECASE
)
# What pages and programs show to everybody; other secrets are none the less so as a fallback.
_OF_CLIENTS = "google-api-key"
# A key that nobody can use without its passphrase.
_LOCKED = re.compile(r"BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED")
_TEST_LIKE = re.compile(
    r"(^|/)((t|unit|regress|integration|e2e|mocks?|specs|qa)/|\w+tests?/"
    r"|[\w.-]*\b(fake|dummy)[-_][^/]*|(test|sample|example|dummy)[-_.]\w*(key|cert|secret|token|password)|[\w.]*localhost\.key$)",
    re.IGNORECASE,
)
# Documentation in the program itself, or code that is switched off.
_COMMENT = re.compile(r"^\s*(#|//|/?\*|--|;)")
# What tests and examples hold as a matter of course: keys and tokens made for them.
_FIXTURES = frozenset({"private-key", "jwt", "url-password", "password"})
# What is also found by a rule of its own kind is told by that one alone.
_GENERAL = frozenset({"url-password", "password"})
_PROSE = frozenset({".md", ".rst", ".adoc", ".txt"})


def find_secrets(context: ToolContext) -> TaskResult:
    """Report what looks like a real secret; no field holds more than its first four characters.

    detect-secrets finds the candidates, without any network. High in source and configuration, low
    in tests, examples and documentation, where private keys, JSON web tokens and passwords in
    URLs are not reported at all. Lock files are not searched.
    """
    files = [file for file in list_files(context.repository) if not _LOCK_FILE.search(file.path)]
    by_path = {file.path: file for file in files}
    trial_keys = TrialKeys(files)
    if not files:
        return TaskResult(summary="There are no files to search for secrets.")
    found: list[Finding] = []
    omissions = []
    with open_search() as search:
        for index, file in enumerate(files):
            if context.seconds_left < 2:
                left = count_of(len(files) - index, "file")
                omissions.append(Omission(what=left, reason="no time was left to search them"))
                break
            if index % 50 == 0:
                context.progress(index / len(files), f"searching {file.path}")
            found += _search(file, search, by_path, trial_keys)
    kept = by_importance(found)[:MOST_OF_A_RULE]
    more = f", {len(found) - len(kept)} of them not listed" if len(found) > len(kept) else ""
    what = count_of(len(found), "possible secret")
    return TaskResult(
        summary=f"{what} in {count_of(len(files), 'file')}{more}.",
        findings=tuple(kept),
        omissions=(*omissions, *_too_large(files)),
        facts={"secrets": dict(count_by_rule(found))},
    )


def _search(
    file: RepositoryFile,
    search: SecretSearch,
    files: dict[str, RepositoryFile],
    trial_keys: TrialKeys,
) -> list[Finding]:
    text = file.read_text()
    matches = list(islice(search.find(text), _MOST_IN_A_FILE)) if text else []
    if not text or not matches:
        return []
    is_minor = _is_minor(file, files)
    described = set() if is_minor else described_lines(file.path, text)
    lines = text.split("\n")
    found: dict[tuple[str, str], Finding] = {}
    for match in matches:
        line = lines[match.line - 1]
        following = "\n".join(lines[match.line - 1 : match.line + 100])[:_LONGEST_KEY]
        is_told = _is_told(match, lines)
        is_shown = is_minor or match.line in described or is_told
        if is_shown and match.detector.rule in _FIXTURES:
            continue
        if not is_allowed(line) and looks_real(match, line, following):
            is_locked = _LOCKED.search(following[:200]) is not None
            is_low = is_shown or is_locked or (_is_key(match) and trial_keys.holds(file))
            is_low = is_low or (match.detector.rule == _OF_CLIENTS and is_fallback(line, text))
            if match.detector.rule == "password":
                is_low = is_low or is_of_installed_app(file.path, lines, match.line)
            key = (match.detector.rule, match.value + (str(match.line) if _is_key(match) else ""))
            found.setdefault(key, _finding(file, match, line, is_low=is_low))
    special = [value for rule, value in found if rule not in _GENERAL]
    return [
        finding
        for (rule, value), finding in found.items()
        if rule not in _GENERAL or not any(value in one or one in value for one in special)
    ]


def _is_told(match: Match, lines: list[str]) -> bool:
    """Whether a comment tells it: a password, or a token where it shows how one is written. What
    only switches code off may still hold a real one."""
    if _is_key(match) or not _COMMENT.match(lines[match.line - 1]):
        return False
    around = lines[max(0, match.line - 4) : match.line + 1]
    shown = [line for line in around if _COMMENT.match(line) and _SHOWS.search(line)]
    return match.detector.rule == "password" or bool(shown)


def _is_key(match: Match) -> bool:
    return match.detector.rule == "private-key"


def _finding(file: RepositoryFile, match: Match, line: str, *, is_low: bool) -> Finding:
    where = "it seems to be for tests, examples or everybody; make sure that nothing relies on it"
    what = "whoever can read the repository can use it. Revoke it, then take it out of the history"
    severity = Severity.LOW if is_low else Severity.HIGH
    shown = f"-----{match.value}-----" if _is_key(match) else mask(match.value)
    return Finding(
        rule=match.detector.rule,
        severity=severity,
        message=f"This looks like {match.detector.title}: "
        + (what if severity is Severity.HIGH else where)
        + ".",
        file=file.path,
        line=match.line,
        evidence=f"{_before(match, line)}{shown}"[:300],
        check=f"sed -n {match.line}p {file.path!r}"[:1000],
        # Nobody asked the service whether it is valid, and what lies in tests is mostly made up.
        confidence=Confidence.LIKELY if severity is Severity.HIGH else Confidence.POSSIBLE,
    )


def _before(match: Match, line: str) -> str:
    """Up to 60 characters in front of the secret, masked too: a line may hold a second one."""
    if _is_key(match):
        return ""
    return mask_text(line.split(match.value, 1)[0].strip()[-60:])


def _is_minor(file: RepositoryFile, files: dict[str, RepositoryFile]) -> bool:
    is_test = file.is_test or bool(_TEST_LIKE.search(file.path))
    # An archive of a package has its README once more in these.
    is_copy = re.search(r"(^|/)(PKG-INFO|METADATA)$|\.egg-info/", file.path) is not None
    is_sample = is_copy or is_secondary(file.path) or is_sample_playbook(file.path, files.keys())
    return is_test or is_sample or file.suffix in _PROSE


def _too_large(files: list[RepositoryFile]) -> list[Omission]:
    number = sum(file.size > MAX_BYTES for file in files)
    what = count_of(number, "file")
    return (
        [Omission(what=what, reason="larger than 1 MB, not searched for secrets")] if number else []
    )
