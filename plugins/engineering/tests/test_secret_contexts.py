"""Secrets that only show how something is used, and keys that come with their own certificate."""

from __future__ import annotations

import base64
import random
import subprocess
from pathlib import Path

import pytest
from genesis.testing import run_tool
from genesis_engineering.trial_keys import _decoded, _is_signed_by_itself
from hypothesis import given
from hypothesis import strategies as st

PASSWORD = "w4!" + "kR8vZt2" + "mQ6x"
TOKEN = "ghp_" + "".join(random.Random(7).choices("abcdefGHIJKL0123456789mnopQRS", k=36))
_SET = f"password: '{PASSWORD}'"


def _pem(kind: str, raw: bytes) -> str:
    body = base64.b64encode(b"\x30\x82" + len(raw).to_bytes(2) + raw).decode()
    begin, end = (f"-----{word} {kind}-----" for word in ("BEGIN", "END"))
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"{begin}\n{lines}\n{end}\n"


KEY = _pem("PRIVATE " + "KEY", random.Random(7).randbytes(600))


def told(root: Path, files: dict[str, str]) -> list[tuple[str, str, str]]:
    repository = root / "repository"
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    tool = "genesis_engineering.secrets_scan:find_secrets"
    findings = run_tool(tool, repository, root / "attempt").findings
    return [(one.rule, str(one.severity), f"{one.file}:{one.line}") for one in findings]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("modules/user.py", f'EXAMPLES = r"""\n- user:\n    {_SET}\n"""\n'),
        ("modules/user.py", f'DOCUMENTATION = """\n{_SET}\n"""\n'),
        ("connection/tools.py", f'example = r"""\n{_SET}\n"""\n'),
        ("modules/user.yml", f"DOCUMENTATION:\n  a: b\nEXAMPLES: |\n  - a:\n      {_SET}\n"),
        ("shop/api.py", f'def connect():\n    """Connect.\n\n    >>> {_SET}\n    """\n'),
        ("shop/api.py", f'"""How to use it.\n\n{_SET}\n"""\n'),
        ("molecule/default/prepare.yml", f"{_SET}\n"),
    ],
)
def test_a_password_that_shows_how_something_is_used_is_left_alone(
    tmp_path: Path, path: str, text: str
) -> None:
    assert told(tmp_path, {path: text}) == []


def test_a_token_in_a_description_is_low(tmp_path: Path) -> None:
    text = f'EXAMPLES = """\ntoken: {TOKEN}\n"""\nLIVE = 1\n'
    assert told(tmp_path, {"a.py": text}) == [("github-token", "low", "a.py:2")]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("shop/api.py", f'EXAMPLES = """\na\n"""\nPASSWORD = "{PASSWORD}"\n', 4),
        ("shop/api.py", f'SETTINGS = """\n{_SET}\n"""\n', 2),
        ("shop/api.py", f'def run():\n    """Run."""\n    password = "{PASSWORD}"\n', 3),
        ("conf/user.yml", f"EXAMPLES:\n  a: b\nlive:\n  {_SET}\n", 4),
        ("conf/user.yml", f"live:\n  EXAMPLES:\n    {_SET}\n", 3),
        ("playbooks/site.yml", f"{_SET}\n", 1),
        ("broken.py", f'EXAMPLES = """\n{_SET}\n"""\ndef (\n', 2),
    ],
)
def test_a_password_beside_a_description_is_high(
    tmp_path: Path, path: str, text: str, line: int
) -> None:
    assert told(tmp_path, {path: text}) == [("password", "high", f"{path}:{line}")]


@pytest.mark.parametrize("mark", ["galaxy.yml", "MANIFEST.json", "meta/runtime.yml"])
def test_a_playbook_of_a_collection_is_a_sample(tmp_path: Path, mark: str) -> None:
    files = {"a/playbooks/login.yml": f"{_SET}\n", f"a/{mark}": "{}\n"}
    assert told(tmp_path, files) == []
    files["a/roles/x/vars/main.yml"] = f"{_SET}\n"
    assert [place for _, _, place in told(tmp_path, files)] == ["a/roles/x/vars/main.yml:1"]


_CERTIFICATE = _pem("CERTIFICATE", b"\x30\x14CN=localhost" + random.Random(1).randbytes(300))
_LIVE = _pem("CERTIFICATE", b"\x30\x14CN=www.shop.io" + random.Random(1).randbytes(300))


@pytest.mark.parametrize(
    ("key", "certificate", "text", "severity"),
    [
        ("lib/Web/resources/server.key", "lib/Web/resources/server.crt", _CERTIFICATE, "low"),
        ("src/web/resources/dev.key", "src/web/resources/dev.pem", _CERTIFICATE, "low"),
        ("lib/Web/resources/server.key", "lib/Web/resources/server.crt", _LIVE, "high"),
        ("lib/Web/resources/server.key", "lib/Web/resources/server.crt", "gone", "high"),
        ("lib/Web/resources/server.key", "lib/Web/resources/other.crt", _CERTIFICATE, "high"),
        ("deploy/tls/server.key", "deploy/tls/server.crt", _CERTIFICATE, "low"),
        ("certs/client_key.pem", "certs/client_cert.pem", _CERTIFICATE, "low"),
        ("certs/client_key.pem", "certs/client_cert.pem", _LIVE, "high"),
        ("certs/server.key.org", "certs/server.crt", _CERTIFICATE, "low"),
        ("certs/a.key", "certs/a.crt", _pem("CERTIFICATE", b"\x30\x14CN=Shop"), "high"),
        ("certs/a.key", "certs/a.crt", _pem("CERTIFICATE", b"\x30\x14CN=Shop CA"), "high"),
    ],
)
def test_only_a_key_for_nobody_s_host_is_low(
    tmp_path: Path, key: str, certificate: str, text: str, severity: str
) -> None:
    found = told(tmp_path, {key: KEY, certificate: text})
    assert found == [("private-key", severity, f"{key}:1")]


def test_a_token_in_a_comment_that_shows_how_one_is_written_is_low(tmp_path: Path) -> None:
    told_of = f"# Tokens look like this:\n#   {TOKEN}\n"
    assert [severity for _, severity, _ in told(tmp_path, {"a.py": told_of})] == ["low"]
    left = f"# def f():\n#     token = '{TOKEN}'\n#     return token\n"
    assert [severity for _, severity, _ in told(tmp_path, {"a.py": left})] == ["high"]


@pytest.mark.parametrize(
    ("more", "severity"),
    [("    key = config.key or self.API_KEY\n", "low"), ("    key = self.API_KEY\n", "high")],
)
def test_a_key_for_whoever_sets_none_is_low(tmp_path: Path, more: str, severity: str) -> None:
    key = "AIza" + "".join(random.Random(7).choices("abcdefGHIJKL0123456789mnopQRS", k=35))
    text = f"class A:\n    API_KEY = '{key}'\n{more}"
    assert told(tmp_path, {"a.py": text}) == [("google-api-key", severity, "a.py:2")]
    (asked := tmp_path / "asked").mkdir()
    lines = f"def f(key):\n    if key is None:\n        key = '{key}'\n    return key\n"
    assert told(asked, {"a.py": lines}) == [("google-api-key", "low", "a.py:3")]
    text = text.replace(key, TOKEN)
    assert told(tmp_path, {"a.py": text}) == [("github-token", "high", "a.py:2")]


def test_a_key_that_stands_beside_its_certificate_in_a_program_is_low(tmp_path: Path) -> None:
    text = "\n".join(f'"{line}\\n"' for line in (_CERTIFICATE + KEY).splitlines())
    assert [severity for _, severity, _ in told(tmp_path, {"a.c": text})] in ([], ["low"])
    assert told(tmp_path, {"a.pem": _CERTIFICATE + KEY})[0][1] == "low"
    assert told(tmp_path, {"a.pem": _LIVE + KEY})[0][1] == "high"


@pytest.mark.parametrize(
    ("path", "text", "severities"),
    [
        ("shop/login.py", 'flow = {{"installed": {{"client_id": "a", "client_secret": "{}"}}}}\n',
         ["low"]),
        ("shop/login.py", 'ID = {{"client_id": "a", "client_secret": "{}"}}\n', ["high"]),
        ("shop/login.py", 'ID = {{"client_secret": "{}"}}\n', ["high"]),
        ("shop/login.py", 'client_id = 1\npassword = "{}"\n', ["high"]),
        ("conf/login.yml", 'client_id: a\nclient_secret: "{}"\n', ["high"]),
    ],
)  # fmt: skip
def test_the_secret_of_an_installed_application_is_no_secret(
    tmp_path: Path, path: str, text: str, severities: list[str]
) -> None:
    assert [one for _, one, _ in told(tmp_path, {path: text.format(PASSWORD)})] == severities


def _der(tag: int, body: bytes) -> bytes:
    return bytes([tag, 0x82]) + len(body).to_bytes(2) + body


def _certificate(issuer: str, subject: str, *, version: bool) -> str:
    names = [_der(0x30, name.encode()) for name in (issuer, subject)]
    start = _der(0xA0, b"\x02\x01\x02") if version else b""
    rest = names[0] + _der(0x30, b"from until") + names[1] + _der(0x30, b"key")
    signed = _der(0x30, start + _der(2, b"\x07") + _der(0x30, b"sha") + rest)
    begin, end = (f"-----{word} CERTIFICATE-----" for word in ("BEGIN", "END"))
    body = base64.b64encode(_der(0x30, signed + _der(0x30, b"sha") + _der(3, b"x"))).decode()
    return f"{begin}\n{body}\n{end}\n"


@pytest.mark.parametrize("version", [True, False])
def test_a_key_with_a_certificate_signed_by_itself_is_what_a_program_brings_along(
    tmp_path: Path, *, version: bool
) -> None:
    own = _certificate("CN=shop.io", "CN=shop.io", version=version)
    assert told(tmp_path, {"share/a.pem": own + KEY})[0][1] == "low"
    other = _certificate("CN=Trust", "CN=shop.io", version=version)
    assert told(tmp_path, {"share/a.pem": other + KEY})[0][1] == "high"
    for number, (key, severity) in enumerate(
        [("share/a.key", "low"), ("share/ca.key", "high"), ("other/a.key", "high")]
    ):
        (beside := tmp_path / str(number)).mkdir()
        assert told(beside, {key: KEY, "share/b.crt": own})[0][1] == severity
    (issued := tmp_path / "issued").mkdir()
    files = {"share/a.key": KEY, "share/a.crt": other, "share/ca.crt": own}
    assert told(issued, files) == [("private-key", "high", "share/a.key:1")]
    (authority := tmp_path / "authority").mkdir()
    assert told(authority, {"share/cakey.pem": own + KEY})[0][1] == "high"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("These keys are for testing.", "low"),
        ("Key features\n\n* easy testing", "high"),
        ("Do NOT use the certificates.", "low"),
        ("The keys of our servers.", "high"),
    ],
)
def test_a_key_beside_a_warning_is_for_tests(tmp_path: Path, text: str, severity: str) -> None:
    found = told(tmp_path, {"certs/a.key": KEY, "certs/README": text})
    assert found == [("private-key", severity, "certs/a.key:1")]


@given(st.binary(max_size=200))
def test_any_bytes_may_stand_for_a_certificate(raw: bytes) -> None:
    body = base64.b64encode(raw).decode()
    text = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
    assert _is_signed_by_itself(_decoded(text)) in (True, False)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("caddytest/a.key", KEY, []),
        ("lib/sample_keys.h", KEY, []),
        ("server/regress/a.key", KEY, []),
        (
            "lib/a.key",
            KEY.replace(
                "PRIVATE " + "KEY-----\n", "PRIVATE " + "KEY-----\nProc-Type: 4,ENCRYPTED\n", 1
            ),
            ["low"],
        ),
        ("gcs/gcs-fake-service.json", KEY, []),
        ("lib/server.key", KEY, ["high"]),
        ("lib/secure.rb", f"  # {_SET}\n", []),
        ("lib/secure.rb", f"  {_SET}\n", ["high"]),
    ],
)
def test_keys_named_as_samples_and_passwords_in_comments_are_no_secrets(
    tmp_path: Path, path: str, text: str, expected: list[str]
) -> None:
    assert [severity for _, severity, _ in told(tmp_path, {path: text})] == expected
