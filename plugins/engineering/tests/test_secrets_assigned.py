"""Passwords that a name is set to: random ones are found, words and references are not."""

from __future__ import annotations

import random
import string
import subprocess
from pathlib import Path

import pytest
from genesis.contracts import TaskResult
from genesis.testing import run_tool

_DRAWN = "".join(random.Random(3).choices(string.ascii_letters + string.digits, k=24))
PASSWORD = "w4!" + "kR8vZt2" + "mQ6x"


def run(root: Path, path: str, text: str) -> TaskResult:
    repository = root / "repository"
    (repository / path).parent.mkdir(parents=True)
    (repository / path).write_text(text)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    tool = "genesis_engineering.secrets_scan:find_secrets"
    return run_tool(tool, repository, root / "attempt")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("settings.py", f'DB_PASSWORD = "{PASSWORD}"'),
        ("config.yaml", f"  password: {PASSWORD}"),
        ("config.yaml", f"  password: {PASSWORD}  # of the store"),
        ("app.ini", f"passwd={PASSWORD}"),
        ("app.js", f"  password: '{PASSWORD}',"),
        ("main.go", f'\tsecret := "{PASSWORD}"'),
        ("conf.json", f'  "api_key": "{PASSWORD}",'),
    ],
)
def test_a_random_password_is_found_and_hidden(tmp_path: Path, path: str, line: str) -> None:
    result = run(tmp_path, path, f"\n{line}\n")
    assert [(f.rule, f.file, f.line) for f in result.findings] == [("password", path, 2)]
    assert PASSWORD[4:] not in result.model_dump_json()


@pytest.mark.parametrize(
    "line",
    [
        'PASSWORD = "correct horse 4 Battery"',
        "E_INVALID_PASSWORD = 0xC00D2751",
        'PASSWORD_HINT = "' + PASSWORD + '"',
        'password = "Sunshine-Reggae1"',
        'password = "forgotPassword2Url"',
        "password: ${STORE_Pw1x9Zq}",
        "password: {{ vault.Pw1x9Zq2 }}",
        "reset_password: /accounts/Rs2/x9Zq4",
        "password = get_Pw1(x9, Zq4)",
        'password = "8d3c1f52-6a0e-4a8e-9f0f-2d1c3b5a7e90"',
        'password = "' + PASSWORD + '"  # nosec',
        'password = "your' + PASSWORD + '"',
        "Passwords: a1B2c3D4e5F6",
    ],
)
def test_words_and_references_are_no_passwords(tmp_path: Path, line: str) -> None:
    assert run(tmp_path, "settings.txt", f"{line}\n").findings == ()
    assert run(tmp_path / "again", "settings.py", f"{line}\n").findings == ()


@pytest.mark.parametrize(
    ("value", "is_found"),
    [("Hx7!pq" + "92_Lmv", True), ("Kr#9tz" + "!Q4bn", True), ("Hx7_pq" + "92_Lmv", False),
     ("Retry!Later2", False), ("v2.Hx7-pq-Lm", False)],
)  # fmt: skip
def test_a_sign_in_the_midst_makes_a_password_of_few_digits(
    tmp_path: Path, value: str, is_found: bool
) -> None:
    result = run(tmp_path, "app.properties", f"store.password={value}\n")
    assert [f.rule for f in result.findings] == (["password"] if is_found else [])


def test_in_tests_it_is_left_alone(tmp_path: Path) -> None:
    assert run(tmp_path, "tests/test_login.py", f'password = "{PASSWORD}"\n').findings == ()


def test_a_token_in_a_url_is_told_once_by_its_own_kind(tmp_path: Path) -> None:
    token = "ghp_" + _DRAWN + _DRAWN[:12]
    result = run(tmp_path, "push.sh", f"git push https://bot:{token}@git.shop.io/x.git\n")
    assert [f.rule for f in result.findings] == ["github-token"]
