"""Secrets: real-looking ones are found and never shown; placeholders are left alone.

Every secret here is put together when the test runs, so that this file holds none.
"""

from __future__ import annotations

import base64
import json
import random
import string
import subprocess
from pathlib import Path

import pytest
from detect_secrets.settings import get_settings
from genesis.contracts import TaskResult
from genesis.testing import run_tool

_TOOL = "genesis_engineering.secrets_scan:find_secrets"
_LETTERS = string.ascii_letters + string.digits


def _random(length: int, letters: str = _LETTERS) -> str:
    return "".join(random.Random(7).choices(letters, k=length))


def _jwt(claims: dict[str, object]) -> str:
    parts = [json.dumps({"alg": "HS256"}), json.dumps(claims)]
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, _random(43)])


_BODY = base64.b64encode(b"\x30\x82\x02\x00" + random.Random(7).randbytes(512)).decode()
_LINES = "\n".join(_BODY[at : at + 64] for at in range(0, len(_BODY), 64))
_BEGIN, _END = ("-----" + word + " RSA PRIVATE KEY-----" for word in ("BEGIN", "END"))
_KEY = f"{_BEGIN}\n{_LINES}\n{_END}\n"
_SECRETS = {
    "aws-key": "AKIA" + _random(16, string.ascii_uppercase + string.digits),
    "github-token": "ghp_" + _random(36),
    "gitlab-token": "glpat-" + _random(20),
    "google-api-key": "AIza" + _random(35),
    "slack-token": "xoxb-" + "8274619-" * 2 + _random(24).lower(),
    "stripe-key": "sk_live_" + _random(24),
    "pypi-token": "pypi-AgEIcHlwaS5vcmc" + _random(80),
    "url-password": "postgres://shop:" + "kT9" + _random(9) + "@db.shop.io/orders",
    "jwt": _jwt({"sub": "u-77", "role": "admin"}),
}


def _run(root: Path, files: dict[str, str]) -> TaskResult:
    repository = root / "repository"
    repository.mkdir()
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    return run_tool(_TOOL, repository, root / "attempt")


def test_a_key_of_aws_is_no_part_of_a_longer_number(tmp_path: Path) -> None:
    key = _SECRETS["aws-key"]
    result = _run(tmp_path, {"prime.c": f'"30{key}"\n"{key}0"\n'})
    assert result.findings == ()
    (tmp_path / "escaped").mkdir()
    result = _run(tmp_path / "escaped", {"a.py": f'CSV = "id\\n{key},b"\n'})
    assert [one.rule for one in result.findings] == ["aws-key"]


@pytest.mark.parametrize("rule", _SECRETS)
def test_a_secret_is_found_at_its_line_and_never_shown(tmp_path: Path, rule: str) -> None:
    secret = _SECRETS[rule]
    result = _run(tmp_path, {"settings.py": f'import os\n\nKEY = "{secret}"\n'})
    found = [(f.rule, f.file, f.line, f.severity) for f in result.findings]
    assert found == [(rule, "settings.py", 3, "high")]
    shown = result.model_dump_json()
    hidden = secret.split("//shop:")[-1].split("@")[0]
    assert not any(hidden[at : at + 8] in shown for at in range(len(hidden) - 8)), shown


def test_a_private_key_is_found_and_a_marker_alone_is_not(tmp_path: Path) -> None:
    marker = f"MARK = '{_BEGIN}'\nprint(MARK)\n"
    cut = f"{_BEGIN}\n{_LINES[:256]}\n{_END}\n"
    inline = "KEY = '" + _KEY.replace("\n", "\\n") + "'\n"
    files = {"deploy.pem": _KEY, "parse.py": marker, "usage.py": cut, "inline.py": inline}
    result = _run(tmp_path, files)
    assert [(f.file, f.line) for f in result.findings] == [("deploy.pem", 1), ("inline.py", 1)]
    assert _BODY[:12] not in result.model_dump_json()


def test_a_second_secret_on_the_line_is_hidden_too(tmp_path: Path) -> None:
    unknown = "zq" + _random(30)
    line = f"login --secret {unknown} --token {_SECRETS['github-token']}\n"
    result = _run(tmp_path, {"run.sh": line})
    assert len(result.findings) == 1
    assert unknown[4:] not in result.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7" + "EXAMPLE",
        "ghp_" + "x" * 36,
        "sk_live_" + "your" + "0" * 20,
        "postgres://user:" + "password@db.shop.io/x",
        "postgres://user:" + "Tr0ub4dor@localhost/x",
        "amqp://guest:" + "guest@rabbit:5672",
        "https://{user}:" + "{password}@shop.io/",
        "https://shop:" + "$PASSWORD_1@shop.io/",
        _jwt({"sub": "1234567890", "name": "John " + "Doe"}),
        _jwt({"sub": "u-77", "exp": 1}),
        "ghp_" + _random(36) + "  # pragma: allowlist secret",
        "PASSWORD = os.environ['PASSWORD']",
        "sha256 = '" + _random(64, "0123456789abcdef") + "'",
    ],
)
def test_placeholders_and_what_is_no_secret_are_left_alone(tmp_path: Path, text: str) -> None:
    assert _run(tmp_path, {"settings.py": f"# {text}\n", "note.txt": text}).findings == ()


@pytest.mark.parametrize("path", ["tests/test_a.py", "docs/usage.md", "examples/run.py"])
def test_in_tests_examples_and_documentation_it_is_low(tmp_path: Path, path: str) -> None:
    result = _run(tmp_path, {path: _SECRETS["github-token"] + "\n"})
    assert [str(f.severity) for f in result.findings] == ["low"]


def test_keys_made_for_tests_are_left_alone(tmp_path: Path) -> None:
    files = {"tests/server.key": _KEY, "examples/a.py": f"T = '{_SECRETS['jwt']}'\n"}
    assert _run(tmp_path, files).findings == ()


def test_lock_files_are_not_searched(tmp_path: Path) -> None:
    result = _run(tmp_path, {"package-lock.json": _SECRETS["github-token"]})
    assert result.summary == "There are no files to search for secrets."


def test_the_settings_of_the_library_are_as_before(tmp_path: Path) -> None:
    before = get_settings().json()
    _run(tmp_path, {"a.py": _SECRETS["github-token"]})
    assert get_settings().json() == before
