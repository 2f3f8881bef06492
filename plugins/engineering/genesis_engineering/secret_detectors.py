"""Which detectors of detect-secrets are used, and where in a text they may find something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from detect_secrets.core.plugins import initialize
from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector
from detect_secrets.settings import transient_settings

_SHORTEST = 12
# A name that ends so, and all that it is set to: in quotes, or bare up to the end of the line.
ASSIGNED = (
    r"(?im)(?:password|passwd|passphrase|secret(?:_?key)?|api_?key|auth_?token)[\"']?[ \t]*"
    r"(?::=|=>|=|:)[ \t]*(?:\"([^\s\"]{10,80})\"|'([^\s']{10,80})'"
    r"|([^\s\"'`,;(){}<>$\[\]]{10,80})(?=[ \t\r]*$|[ \t]+#))"
)


@dataclass(frozen=True)
class Detector:
    """`marks`: lower-case texts of which a file must hold one before its lines are searched."""

    rule: str
    title: str
    marks: tuple[str, ...]
    plugin: str = ""
    pattern: str = ""


# Keyword and entropy detectors are left out: most of what they report is no secret.
DETECTORS = (
    Detector("aws-key", "an AWS key", ("akia", "asia", "abia", "acca", "aws"), "AWSKeyDetector"),
    Detector("aws-key", "an AWS key", ("aws_secret_access_key",),
             pattern=r"(?i)aws_secret_access_key[\"']?[ \t]*[=:][ \t]*[\"']?"
             r"([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    Detector("azure-storage-key", "an Azure storage key", ("accountkey=",),
             "AzureStorageKeyDetector"),
    Detector("url-password", "a password in a URL", ("://",), "BasicAuthDetector"),
    Detector("discord-token", "a Discord bot token", ("discord",), "DiscordBotTokenDetector"),
    Detector("github-token", "a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
             "GitHubTokenDetector"),
    Detector("github-token", "a GitHub token", ("github_pat_",),
             pattern=r"github_pat_[A-Za-z0-9_]{70,90}"),
    Detector("gitlab-token", "a GitLab token",
             ("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "gr1348941",
              "glcbt-", "glptt-", "gloas-"),
             "GitLabTokenDetector"),
    Detector("google-api-key", "a Google API key", ("aiza",), pattern=r"\bAIza[0-9A-Za-z_-]{35}\b"),
    Detector("hugging-face-token", "a Hugging Face token", ("hf_",),
             pattern=r"\bhf_[A-Za-z]{34}\b"),
    Detector("jwt", "a JSON web token", ("eyj",),
             pattern=r"\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]{20,}"),
    Detector("mailchimp-key", "a Mailchimp key", ("-us",), "MailchimpDetector"),
    Detector("npm-token", "an npm token", ("_authtoken",), "NpmDetector"),
    Detector("openai-key", "an OpenAI key", ("t3blbkfj",), "OpenAIDetector"),
    Detector("anthropic-key", "an Anthropic key", ("sk-ant-",),
             pattern=r"\bsk-ant-[A-Za-z0-9]+-[\w-]{60,}"),
    Detector("password", "a password",
             ("password", "passwd", "passphrase", "secret", "api_key", "apikey", "auth_token"),
             pattern=ASSIGNED),
    Detector("private-key", "a private key", ("private key", "putty-user-key"),
             "PrivateKeyDetector"),
    Detector("pypi-token", "a PyPI token", ("pypi-age",), "PypiTokenDetector"),
    Detector("sendgrid-key", "a SendGrid key", ("sg.",), "SendGridDetector"),
    Detector("slack-token", "a Slack token", ("xox", "hooks.slack.com"), "SlackDetector"),
    Detector("square-secret", "a Square secret", ("sq0csp-",), "SquareOAuthDetector"),
    Detector("stripe-key", "a Stripe live key", ("k_live_",), "StripeDetector"),
    Detector("telegram-token", "a Telegram bot token", ("telegram",), "TelegramBotTokenDetector"),
    Detector("twilio-key", "a Twilio key", ("twilio",), "TwilioKeyDetector"),
)  # fmt: skip


@dataclass(frozen=True)
class Match:
    """A possible secret; `line` counts from 1. Never print `value`."""

    detector: Detector
    line: int
    value: str


class SecretSearch:
    """Searches texts; made by `open_search`."""

    def __init__(self) -> None:
        self._patterns = {one: _patterns_of(one) for one in DETECTORS}

    def find(self, text: str) -> Iterator[Match]:
        """Every possible secret of a text, line by line; nothing is sent anywhere."""
        lower = text.lower()
        possible = [one for one in DETECTORS if any(mark in lower for mark in one.marks)]
        possible = [one for one in possible if next(self._values(one, text), None)]
        if not possible:
            return
        for number, line in enumerate(text.split("\n"), start=1):
            for detector in possible:
                for value in dict.fromkeys(self._values(detector, line)):
                    yield Match(detector, number, value)

    def _values(self, detector: Detector, text: str) -> Iterator[str]:
        for pattern in self._patterns[detector]:
            for found in pattern.finditer(text):
                yield _secret_part(found)


def _patterns_of(detector: Detector) -> list[re.Pattern[str]]:
    if detector.pattern:
        return [re.compile(detector.pattern)]
    plugin: BasePlugin = initialize.from_plugin_classname(detector.plugin)
    assert isinstance(plugin, RegexBasedDetector)
    return list(plugin.denylist)


def _secret_part(found: re.Match[str]) -> str:
    """The group that holds the secret; a group of a few letters is a kind of token's prefix.

    `analyze_string` of detect-secrets gives that prefix alone for tokens of GitHub and GitLab.
    """
    longest = max((group for group in found.groups() if group), key=len, default="")
    is_whole = len(longest) >= _SHORTEST or found[0].startswith("://")
    return longest if is_whole or found.re.pattern == ASSIGNED else found[0]


@contextmanager
def open_search() -> Iterator[SecretSearch]:
    """A search under settings of its own: those of detect-secrets are global to the process."""
    with transient_settings({"plugins_used": [], "filters_used": []}):
        yield SecretSearch()
