"""Secrets in the clear in CI files, Dockerfiles and compose files; never shown whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from genesis.contracts import Finding, Severity

from genesis_engineering.infrastructure.outcome import make_finding
from genesis_engineering.masking import mask, mask_text
from genesis_engineering.secret_detectors import open_search
from genesis_engineering.secret_filters import is_allowed, looks_real

# Session keys of a web framework are left out: tests need some value, and any will do.
_NAME = re.compile(
    r"(^|_)((ACCESS_|AUTH_|API_|DEPLOY_|BOT_|PUBLISH_)?TOKEN|PASSWORD|PASSWD|API_?KEY|"
    r"SECRET_ACCESS_KEY|CLIENT_SECRET|PRIVATE_KEY|WEBHOOK_SECRET)$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"[$<>{}*]|\.\.\.|example|sample|dummy|fake|placeholder|change-?_?me|redacted|your|xxx|insecure|"
    r"test|secret|password|passw0rd|1234567|abcdef|foobar|default|postgres|root|admin|local|"
    r"not-?_?real|deadbeef|throwaway|ci-|development",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"\bdocker\s+login\b.*?\s(?:-p|--password)[ =]+[\"']?([^\s\"'$<{]{6,})")


def looks_random(value: str) -> bool:
    """Whether a program drew a literal: it is long, with many letters and digits."""
    if not 16 <= len(value) <= 500 or re.search(r"\s|://", value) or _PLACEHOLDER.search(value):
        return False
    digits = sum(one.isdigit() for one in value)
    letters = sum(one.isalpha() for one in value)
    return digits >= 2 and letters >= 4 and len(set(value)) >= 10


def find_assigned(
    rule: str, where: str, path: str, assigned: Iterable[tuple[str, str, int]]
) -> Iterator[Finding]:
    """Literal values (name, value, line) of names that are for secrets."""
    for name, value, line in assigned:
        if _NAME.search(name) and looks_random(value.strip()):
            # Many projects show this one on purpose, so that forks can upload, too.
            severity = Severity.LOW if "CODECOV" in name.upper() else Severity.HIGH
            yield _secret(rule, severity, f"{name} has its value", where, path, line,
                          f"{name}: {mask(value.strip())}")  # fmt: skip


def find_formats(rule: str, where: str, path: str, text: str) -> Iterator[Finding]:
    """Values in the formats that providers give their secrets, and passwords of `docker login`."""
    lines = text.split("\n")
    with open_search() as search:
        for match in search.find(text):
            line = lines[match.line - 1]
            following = "\n".join(lines[match.line - 1 : match.line + 100])
            if not is_allowed(line) and looks_real(match, line, following):
                what = match.detector.title
                yield _secret(rule, Severity.HIGH, f"{what} is", where, path, match.line,
                              mask(match.value))  # fmt: skip
    for number, line in enumerate(lines, start=1):
        login = _LOGIN.search(line[:2000])
        if login and not _PLACEHOLDER.search(login[1]):
            shown = mask_text(line.replace(login[1], mask(login[1])))
            yield _secret(rule, Severity.HIGH, "a registry's password is", where, path, number,
                          shown)  # fmt: skip


def _secret(
    rule: str, severity: Severity, what: str, where: str, path: str, line: int, shown: str
) -> Finding:
    return make_finding(
        rule,
        severity,
        f"{what[0].upper()}{what[1:]} in the clear {where}. Revoke it, then hand it over as a "
        "secret of the build.",
        path,
        line,
        shown,
        f"sed -n {line}p {path}",
    )
