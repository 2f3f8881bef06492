"""What a key of a mind's file calls a secret is read, never written, and told of by its key."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from genesis.minds.mind_file import MindDocument, read_mind_file, write_mind_file
from genesis.minds.secret_keys import is_secret

IDENTITY = {
    "gmid": "GMD-2026-B361-F5F0", "name": "Atlas", "birth_timestamp": "2026-11-22T12:00:00Z",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mind.json"


def test_secrets_of_an_older_file_are_read_and_never_written(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(json.dumps({
        "identity": IDENTITY,
        "intelligence": {"max_tokens": 8000, "api_keys": {"openai": "sk-one"}, "apiKey": "sk-two"},
        "plugins": {"mail": {"smtp": [{"password": "sk-three", "host": "h"}]},
                    "secrets": {"days": 5, "of": "x"}},
        "conversation_history": [{"content": "c", "metadata": {"auth_token": "sk-four"}}],
        "api_key": "sk-five",
    }))  # fmt: skip
    read = read_mind_file(path)
    assert read.intelligence["api_keys"] == {"openai": "sk-one"}
    with caplog.at_level(logging.WARNING):
        write_mind_file(path, read)
    data = path.read_bytes()
    assert b"sk-" not in data
    assert json.loads(data)["intelligence"] == {"max_tokens": 8000}
    assert json.loads(data)["plugins"] == {
        "mail": {"smtp": [{"host": "h"}]}, "secrets": {"days": 5, "of": "x"},
    }  # fmt: skip
    (told,) = [record.getMessage() for record in caplog.records]
    assert "sk-" not in told
    assert "environment variables" in told
    for name in ("intelligence.api_keys", "intelligence.apiKey", "plugins.mail.smtp[0].password",
                 "conversation_history[0].metadata.auth_token", " api_key"):  # fmt: skip
        assert name in told
    # Nothing beside it holds them either.
    assert os.listdir(path.parent) == [path.name]


def test_a_save_without_secrets_says_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_mind_file(path, MindDocument.model_validate({
        "identity": IDENTITY, "intelligence": {"api_keys": {}, "max_tokens": 8000},
    }))  # fmt: skip
    assert caplog.records == []


@pytest.mark.parametrize(
    "key",
    ["api_keys", "api_key", "apikey", "apiKey", "API-KEY", "OPENAI_API_KEY", "api_key_openai",
     "token", "authToken", "bot tokens", "password", "dbPassword", "smtp.passwd", "passphrase",
     "secret", "client_secret", "clientSecret", "secrets", "private_key", "aws_secret_access_key",
     "credentials", "Authorization"],
)  # fmt: skip
def test_a_key_that_names_a_secret_is_one_when_it_holds_something(key: str) -> None:
    for value in ("x", ["x"], {"a": {"b": "x"}}):
        assert is_secret(key, value)
    for value in (None, "", [], {}, {"a": None}, True, False):
        assert not is_secret(key, value)


@pytest.mark.parametrize(
    "key",
    ["max_tokens", "tokens_used", "token_budget", "default_max_tokens", "secretary", "tokenizer",
     "api_key_env", "password_policy", "secret_name", "keys", "sort_key", "passport", "author",
     "access", "api", "private", "keyboard", "credential_count", "token_path"],
)  # fmt: skip
def test_a_key_that_only_sounds_like_one_is_none(key: str) -> None:
    assert not is_secret(key, 8000)
    if key not in ("max_tokens", "default_max_tokens"):
        assert not is_secret(key, "text")


def test_counts_of_tokens_are_kept_and_a_numeric_password_is_not() -> None:
    assert not is_secret("tokens", {"prompt": 5, "answer": 7})
    assert is_secret("password", 1234)
