"""Tell what looks real from placeholders and examples."""

from __future__ import annotations

import base64
import json
import re
import time

from pydantic import JsonValue

from genesis_engineering.secret_detectors import Match

_ALLOWED = re.compile(
    r"pragma:\s*(allowlist|whitelist)|gitleaks:allow|nosec|noqa:?\s*S10", re.IGNORECASE
)
_PLACEHOLDER = re.compile(
    r"example|sample|dummy|fake|placeholder|changeme|change_me|redacted|your|xxx|\*\*|\.\.\.|<|>|\$"
    r"|\{|\}|%|1234567|abcdef|fedcba|foobar|testtest|insert|replace|notreal|not_real|deadbeef",
    re.IGNORECASE,
)
_WEAK_PASSWORDS = re.compile(
    r"(my|the|some|your|test|db|super)?[-_]?(pass(word|wd|phrase)?|pwd|secret|token|key|user(name)?|admin"
    r"|root|guest|test(ing)?|foo|bar|baz|postgres(ql)?|mysql|redis|rabbit(mq)?|scott|tiger|me|pw|p|x+|"
    r"hunter2|s3cret|secure|hello|world|letmein|qwerty|trustno1|[a-z]|@?ss)[-_]?\d{0,4}!?",
    re.IGNORECASE,
)
_HOST = re.compile(r"://[^\s@]*@(\[?[\w.:-]+)")
_PRIVATE_HOST = re.compile(
    r"^(localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[?::1)"
    r"|example|\.(test|invalid|local|localhost|internal)(:|$)|^[\w-]+(:\d*)?$"
    r"|^(host(name)?|my\w*|your\w*|some\w*|foo|bar|domain|(server|proxy|site)(?=\.(com|net|org)))\.",
    re.IGNORECASE,
)
_KEY_BODY = re.compile(r"PRIVATE KEY(?: BLOCK)?-----(.{40,20000}?)-----END", re.DOTALL)


def is_allowed(line: str) -> bool:
    """Whether a comment on the line says that the value is meant to be there."""
    return bool(_ALLOWED.search(line))


def looks_real(match: Match, line: str, following: str) -> bool:
    """Whether a match is more than a placeholder; `following` is the text from its line on."""
    if match.detector.rule == "private-key":
        return _is_whole_key(match.value, following)
    if match.detector.rule == "url-password":
        return _is_real_password(match.value, line)
    if match.detector.rule == "password":
        return _is_random(match.value)
    if match.detector.rule == "aws-key" and re.search(
        rf"(?<!\\)[A-Za-z0-9]{re.escape(match.value)}|{re.escape(match.value)}[A-Za-z0-9]", line
    ):
        return False  # a part of a longer number
    if _PLACEHOLDER.search(match.value) or len(set(match.value[4:])) < 10:
        return False
    return match.detector.rule != "jwt" or _is_live_token(match.value)


def _is_whole_key(marker: str, following: str) -> bool:
    """Whether base64 follows that is as long as its own header says (DER, X.690 8.1.3).

    Keys of other formats (OpenSSH, PGP, encrypted ones) are told from cut examples by length.
    """
    body = _KEY_BODY.search(following)
    if body is None or _PLACEHOLDER.search(body[1][:200]):
        return False
    text = re.sub(r"\\n|[^A-Za-z0-9+/=]", "", body[1])
    if "OPENSSH" in marker or "PGP" in marker or "ENCRYPTED" in body[1]:
        return len(text) >= (200 if "OPENSSH" in marker else 800)
    try:
        raw = base64.b64decode(text[: len(text) // 4 * 4])
    except ValueError:
        return False
    if len(raw) < 4 or raw[0] != 0x30:
        return False
    octets = raw[1] & 0x7F if raw[1] & 0x80 else 0
    length = int.from_bytes(raw[2 : 2 + octets]) if octets else raw[1]
    return len(raw) >= length


def _is_real_password(password: str, line: str) -> bool:
    before = line.split(f":{password}@", 1)[0]
    user = before.rsplit("//", 1)[-1]
    host = _HOST.search(line[max(len(before) - len(user) - 3, 0) :])
    if host is None or _PRIVATE_HOST.search(host[1]) or "." not in host[1]:
        return False
    if password.lower() == user.lower() or _WEAK_PASSWORDS.fullmatch(password):
        return False
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[^\w]"))
    is_plain = re.fullmatch(r"[\w.~!*+=:;,-]+", password) is not None
    return is_plain and len(password) >= 8 and kinds >= 2 and not _PLACEHOLDER.search(password)


def _is_random(value: str) -> bool:
    """Whether nobody would call it a word, a name or a path: all kinds of characters in a mix."""
    if _PLACEHOLDER.search(value) or re.match(
        r"[/.~@#]|\w+://|[\w.]+[(\[]|0[xX][\da-fA-F]{1,16}$", value
    ):
        return False
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", r"\d"))
    changes = len(re.findall(r"(?<=\d)[a-zA-Z]|(?<=[a-zA-Z])\d|(?<=[a-z])[A-Z]", value))
    # People put a sign into the midst; other signs are those of expressions and addresses.
    changes += 2 * len(re.findall(r"(?<=[a-zA-Z0-9])[!#^](?=[a-zA-Z0-9])", value))
    is_wordy = re.search(r"[a-z]{5}|[A-Za-z]{9}|[A-Z]{6}|^[\w-]{36}$", value)
    return kinds == 3 and changes >= 4 and not is_wordy and len(set(value)) >= 8


def _is_live_token(token: str) -> bool:
    """A signed token with a subject of its own that has not expired."""
    parts = token.split(".")
    if len(parts) != 3 or len(parts[2]) < 20:
        return False
    claims = _claims(parts[1])
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires < time.time():
        return False
    text = json.dumps(claims)
    return bool(claims) and not re.search(
        r"John Doe|1234567890|example|test|\"anon\"", text, re.IGNORECASE
    )


def _claims(part: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
