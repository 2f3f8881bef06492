"""Which rules of different tools speak of the same thing, and which are the most urgent."""

from __future__ import annotations

SECRETS = frozenset(
    {"aws-key", "azure-storage-key", "url-password", "discord-token", "github-token",
     "gitlab-token", "google-api-key", "hugging-face-token", "jwt", "mailchimp-key", "npm-token",
     "openai-key", "anthropic-key", "password", "private-key", "pypi-token", "sendgrid-key",
     "slack-token", "square-secret", "stripe-key", "telegram-token", "twilio-key"}
)  # fmt: skip
"""The rules of the tool `secrets`."""
FAILURES = frozenset(
    {"test-failed", "test-collection-error", "test-hung", "test-run-died", "exit-code-disagrees"}
)
"""The rules of a test run that is not green."""

_GROUPS: dict[str, frozenset[str]] = {
    "secret": SECRETS | {"ci-secret", "docker-secret"},
    "no such target": frozenset(
        {"broken-link", "broken-image", "missing-asset", "missing-page", "missing-static-file",
         "missing-target"}
    ),
    "no such anchor": frozenset({"broken-anchor", "missing-anchor"}),
    "does not parse": frozenset(
        {"ci-syntax", "json-syntax", "merge-conflict", "script-syntax", "sql-syntax",
         "syntax-error", "unreadable-manifest"}
    ),
}  # fmt: skip
_MEANINGS = {rule: meaning for meaning, rules in _GROUPS.items() for rule in rules}


def is_shared(rule: str) -> bool:
    """Whether other rules speak of the same thing."""
    return rule in _MEANINGS


def meaning_of(rule: str) -> str:
    """What a rule speaks of: the name of its group, or the rule itself."""
    return _MEANINGS.get(rule, rule)
