"""Secrets in the files of a gateway, and what only looks like one."""

from __future__ import annotations

import base64
import json
import random
import string

_LETTERS = string.ascii_letters + string.digits
_UPPER = string.ascii_uppercase + string.digits


def _draw(length: int, seed: int, letters: str = _LETTERS) -> str:
    """Put together when it is planted, so that no file of ours holds a secret."""
    return "".join(random.Random(seed).choices(letters, k=length))


def _encoded(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _jwt(claims: dict[str, object]) -> str:
    return ".".join(
        [_encoded('{"alg":"HS256","typ":"JWT"}'), _encoded(json.dumps(claims)), _draw(43, 5)]
    )


def _key(kind: str, newline: str = "\n", mark: str = "") -> str:
    body = base64.b64encode(b"\x30\x82\x02\x00" + random.Random(11).randbytes(512)).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    begin, end = (f"-----{word} {kind}-----" for word in ("BEGIN", "END"))
    return newline.join([begin + mark, *lines, end])


# Lock files, hashes, identifiers, examples, placeholders and keys that everybody may know.
_INNOCENT = {
    "gateway/config/sample.env": "\n".join(
        [
            "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
            "STRIPE_KEY=sk_test_" + _draw(24, 21),
            "GITHUB_TOKEN=ghp_" + "x" * 36,
            "DATABASE_URL=postgres://{a}:password@localhost:5432/{a}",
            "REDIS_URL=redis://:${REDIS_PASSWORD}@cache.{a}.io:6379/0",
            "SLACK_TOKEN=<your token>",
            "",
        ]
    ),
    "gateway/config/images.yaml": "\n".join(
        [
            "images:",
            f"  gateway: registry.{{a}}.io/gateway@sha256:{_draw(64, 22, '0123456789abcdef')}",
            f"  commit: {_draw(40, 23, '0123456789abcdef')}",
            "  id: 8d3c1f52-6a0e-4a8e-9f0f-2d1c3b5a7e90",
            f"  integrity: sha512-{base64.b64encode(random.Random(3).randbytes(64)).decode()}",
            "",
        ]
    ),
    "gateway/certs/public.pem": _key("PUBLIC KEY") + "\n",
    "gateway/tests/server.key": _key("RSA PRIVATE KEY") + "\n",
    "gateway/tests/tokens.json": json.dumps({"token": _jwt({"sub": "test-user"})}) + "\n",
    "gateway/web/session.js": "\n".join(
        [
            "// An expired token, as the server answers it.",
            f'export const last = "{_jwt({"sub": "u-9", "exp": 1_500_000_000})}";',
            "export const header = (token) => `Bearer ${token}`;",
            'export const docs = "https://user:pass@{b}.example.com/";',
            "",
        ]
    ),
}

FILES: dict[str, str] = {
    **_INNOCENT,
    "gateway/config/production.yaml": "\n".join(
        [
            "storage:",
            "  bucket: {a}-parcels",
            f"  access_key: {'AKIA' + _draw(16, 1, _UPPER)} ⟦aws-key⟧",
            "database:",
            f"  url: postgres://{{a}}:kT9{_draw(9, 2)}@db.{{a}}-parcels.io/orders ⟦url-password⟧",
            "  pool: 20",
            "broker:",
            "  user: {a}",
            "  password: 7hG-pW2z!qLx9 ⟦password⟧",
            "  old_password: ${{ secrets.BROKER }}",
            "  reset_password: /accounts/Reset2/form",
            f"chat: {'xoxb-' + '8274619035-' * 2 + _draw(24, 3).lower()} ⟦slack-token⟧",
            "",
        ]
    ),
    "gateway/web/pay.js": "\n".join(
        [
            'import { load } from "./session.js";',
            "",
            f'const key = "{"sk_live_" + _draw(24, 4)}"; ⟦stripe-key⟧',
            f'const maps = "{"AIza" + _draw(35, 6)}"; ⟦google-api-key⟧',
            "export const pay = (basket) => load(basket, key, maps);",
            "",
        ]
    ),
    "gateway/.npmrc": f"//registry.{{b}}.io/:_authToken=npm_{_draw(36, 7)} ⟦npm-token⟧\n"
    "save-exact=true\n",
    "gateway/deploy.sh": "\n".join(
        [
            "#!/bin/sh",
            "set -eu",
            f"export GITHUB_TOKEN={'ghp_' + _draw(36, 8)} ⟦github-token⟧",
            f"origin=https://oauth2:{'glpat-' + _draw(20, 9)}@git.{{b}}.io/shop.git ⟦gitlab-token⟧",
            'git push "$origin"',
            'curl -H "Authorization: Bearer $DEPLOY_TOKEN" https://{b}.io/deploy',
            "",
        ]
    ),
    "gateway/certs/server.key": _key("RSA PRIVATE KEY", mark=" ⟦private-key⟧") + "\n",
    "gateway/config/account.json": "\n".join(
        [
            "{",
            '  "type": "service_account",',
            f'  "private_key": "{_key("PRIVATE KEY", chr(92) + "n")}", ⟦private-key⟧',
            '  "client_id": "104512874"',
            "}",
            "",
        ]
    ),
    "gateway/mail/sender.go": "\n".join(
        [
            "package mail",
            "",
            f'const key = "{"SG." + _draw(22, 12) + "." + _draw(43, 13)}" ⟦sendgrid-key⟧',
            "",
            "func Key() string { return key }",
            "",
        ]
    ),
    "gateway/session.py": "\n".join(
        [
            '"""The token with which the gateway speaks to itself."""',
            "",
            f'SERVICE = "{_jwt({"sub": "u-77", "role": "admin"})}" ⟦jwt⟧',
            'MAIL_PASSWORD = "wq8!Zt4vRm2k" ⟦password⟧',
            'MAIL_USER = "{b}@{b}.io"',
            'PASSWORD_FIELD = "new_password2"',
            'PASSWORD_HINT = "12 Signs, 1 Digit!"',
            'TOKEN_URL = "/oauth2/Token-v1.0"',
            f'UPLOAD = "{"pypi-AgEIcHlwaS5vcmc" + _draw(80, 14)}" ⟦pypi-token⟧',
            "",
        ]
    ),
}
